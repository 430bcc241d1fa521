//! I18: a call with a key is made once.
//!
//! Remembers what callers were answered. Invariant: a task that a person's hand took part in is
//! nobody's promise.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Violation;

/// A caller, its tool and its key.
pub type Key = (String, &'static str, String);

/// A call that was answered.
#[derive(Debug)]
struct Made {
    arguments: Value,
    task: String,
}

/// What came of a call with a key.
#[derive(Debug)]
pub struct Answered<'a> {
    /// With these arguments.
    pub arguments: &'a Value,
    /// The task that it was answered with; none if it was refused.
    pub task: Option<String>,
    /// Nothing but logs has changed.
    pub is_idle: bool,
}

/// Calls with keys.
#[derive(Debug, Default)]
pub struct Keyed(BTreeMap<Key, Made>);

impl Keyed {
    /// Judges an answer, and remembers it. `is_ours` tells of tasks that no hand has touched.
    ///
    /// # Errors
    /// What does not hold.
    pub fn judge(
        &mut self,
        key: Key,
        answered: &Answered<'_>,
        is_ours: impl Fn(&str) -> bool,
    ) -> Result<(), Violation> {
        let (caller, tool, name) = &key;
        let wrong = |found: &str| {
            let found = format!("{caller} called {tool} with key {name} again, {found}");
            Err(Violation::new("I18", found))
        };
        let (Some(made), task) = (self.0.get(&key), &answered.task) else {
            if let Some(task) = answered.task.clone() {
                let arguments = answered.arguments.clone();
                self.0.insert(key, Made { arguments, task });
            }
            return Ok(());
        };
        let is_same = made.arguments == *answered.arguments;
        match task {
            Some(_) if !is_same => wrong("with other arguments, and got it"),
            Some(task) if *task != made.task => {
                wrong(&format!("and got {task} instead of {}", made.task))
            }
            Some(_) if !answered.is_idle => wrong("and something has changed"),
            None if is_same && is_ours(&made.task) => wrong("and was refused"),
            _ => Ok(()),
        }
    }
}
