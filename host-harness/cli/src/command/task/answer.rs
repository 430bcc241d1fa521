//! Calls a tool that changes one task and says in one line what became of it.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::command::Session;
use crate::exit::Ending;
use crate::render::{style, text};
use crate::shape::read;

use super::sure::{self, Aim};

/// What the tools say about a changed task.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Changed {
    task_id: String,
    status: String,
    file_path: Option<String>,
    reason: Option<String>,
}

/// Arguments of a tool: only what was given.
#[derive(Debug, Default)]
pub struct Given(Map<String, Value>);

impl Given {
    /// Arguments about one task.
    pub fn about(task: &str, project: Option<&String>) -> Self {
        Given::default()
            .with("taskId", task)
            .with_any("project", project)
    }

    /// Adds an argument.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// Adds an argument if it was given.
    pub fn with_any<T: Into<Value> + Clone>(self, name: &str, value: Option<&T>) -> Self {
        match value {
            Some(value) => self.with(name, value.clone()),
            None => self,
        }
    }

    /// Adds a list if it is not empty.
    pub fn with_all(self, name: &str, values: &[String]) -> Self {
        if values.is_empty() {
            self
        } else {
            self.with(name, values.to_vec())
        }
    }

    /// The arguments as a JSON object.
    pub fn into_value(self) -> Value {
        Value::Object(self.0)
    }
}

/// Calls the tool and shows what became of the task.
///
/// # Errors
/// The component cannot be reached or refuses.
pub fn change(session: &Session<'_>, tool: &str, given: Given, aim: Aim) -> anyhow::Result<Ending> {
    let answer = sure::call(session, tool, &given.into_value(), aim)?;
    session
        .console
        .show(&answer, |_| sentence(&read(&answer, "task")))?;
    Ok(Ending::Done)
}

fn sentence(changed: &Changed) -> String {
    let (head, dim, of) = (style::HEAD, style::DIM, style::of_status(&changed.status));
    let (id, status) = (text::clean(&changed.task_id), text::clean(&changed.status));
    let mut line = format!("{head}{id}{head:#} is {of}{status}{of:#}");
    if let Some(reason) = &changed.reason {
        line += &format!(": {}", text::clean(reason));
    }
    if let Some(path) = &changed.file_path {
        line += &format!("\n{dim}{}{dim:#}", text::clean(path));
    }
    line + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_was_given_is_sent() {
        let given = Given::about("TASK-1", None).with_any("summary", Some(&"ok".to_owned()));
        let given = given
            .with_any::<String>("reason", None)
            .with_all("tags", &[]);
        assert_eq!(
            given.into_value(),
            json!({"taskId": "TASK-1", "summary": "ok"})
        );
    }

    #[test]
    fn the_sentence_names_task_status_and_reason() {
        let answer =
            json!({"task": {"taskId": "TASK-1", "status": "blocked", "reason": "no data"}});
        let plain = anstream::adapter::strip_str(&sentence(&read(&answer, "task"))).to_string();
        assert_eq!(plain, "TASK-1 is blocked: no data\n");
    }
}
