//! One task that waits for a person: what it is about, what is known so far, what decides it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::access::Access;
use crate::exit::Failure;
use crate::render::text::quoted;
use crate::shape::{HopOf, Summary};

/// The workflows that were looked at already, by the tasks that carry them.
#[derive(Debug, Default)]
pub(super) struct Wholes(BTreeMap<String, Value>);

impl Wholes {
    /// What is said of a task that waits.
    pub(super) fn item(&mut self, access: &mut Access, task: &Summary) -> Result<Value, Failure> {
        let about = json!({ "taskId": task.id });
        let card = known(access.tool("aof_task_get", &about))?;
        let card = card.get("task").unwrap_or(&Value::Null);
        let carried = match &task.hop {
            Some(hop) => self.workflow(access, &hop.of)?,
            None => &Value::Null,
        };
        let asked = task.hop.as_ref().map(|hop| Asked::of(carried, hop));
        let answers = asked.as_ref().map(|asked| asked.answers(task));
        let handed_in = card
            .pointer("/metadata/submittedBy")
            .and_then(Value::as_str);
        let before = asked.as_ref().map(Asked::before);
        Ok(json!({
            "task": task.id,
            "title": task.title,
            "project": task.project,
            "kind": kind(task, asked.as_ref()),
            "for": task.whom(),
            "since": task.last_transition_at,
            "hop": task.hop,
            "question": asked.as_ref().and_then(Asked::question),
            "suggestion": asked.as_ref().and_then(|asked| asked.said("explanation")),
            "before": before.unwrap_or_default(),
            "by": handed_in,
            "result": card.get("result"),
            "workDir": card.get("workDir"),
            "path": card.get("path"),
            "answers": answers,
            "commands": match &answers {
                Some(answers) => decided(&task.id, answers),
                None => done(task),
            },
        }))
    }

    /// The workflow of a task: as it was written, and how its hops stand.
    fn workflow(&mut self, access: &mut Access, whole: &str) -> Result<&Value, Failure> {
        if !self.0.contains_key(whole) {
            let about = json!({ "taskId": whole });
            let found = known(access.tool("aof_workflow_check", &about))?;
            self.0.insert(whole.to_owned(), found);
        }
        let found = self.0.get(whole).and_then(|it| it.get("workflow"));
        Ok(found.unwrap_or(&Value::Null))
    }
}

/// Nothing is known of what was taken away meanwhile, or cannot be read.
fn known(answer: Result<Value, Failure>) -> Result<Value, Failure> {
    match answer {
        Err(failure) if failure.fault().kind == "refused" => Ok(Value::Null),
        answer => answer,
    }
}

/// A hop of a workflow that a person ends.
struct Asked<'a> {
    written: &'a Value,
    record: &'a Value,
    all: &'a [Value],
}

impl<'a> Asked<'a> {
    fn of(workflow: &'a Value, hop: &HopOf) -> Self {
        let all = list(workflow.pointer("/state/hops"));
        let written = list(workflow.pointer("/definition/hops"));
        // A plan that became hops says what they are, as a workflow does.
        let planned = all
            .iter()
            .filter_map(|it| it.pointer("/result/payload/plan"));
        let planned = planned.flat_map(|plan| list(Some(plan)));
        let is_it = |it: &&Value| word(it, "id") == Some(&hop.id);
        Asked {
            written: written
                .iter()
                .chain(planned)
                .find(is_it)
                .unwrap_or(&Value::Null),
            record: all.iter().find(is_it).unwrap_or(&Value::Null),
            all,
        }
    }

    fn question(&self) -> Option<&'a str> {
        word(self.written, "description")
    }

    fn said(&self, key: &str) -> Option<&'a str> {
        word(self.record.get("result")?, key)
    }

    fn decides(&self) -> bool {
        word(self.written, "kind") == Some("decide")
    }

    /// What the hops that it depends on came to.
    fn before(&self) -> Vec<Value> {
        let before = list(self.record.get("dependsOn")).iter();
        let hops = before.filter_map(|id| self.all.iter().find(|hop| hop.get("id") == Some(id)));
        let told = hops.map(|hop| {
            let said = |key: &str| word(hop.get("result")?, key);
            let sure = hop.pointer("/result/confidence").and_then(Value::as_f64);
            json!({
                "hop": hop.get("id"), "state": hop.get("state"), "outcome": hop.get("outcome"),
                "by": hop.get("by"), "verdict": said("verdict"),
                "confidence": sure, "notes": said("notes"),
            })
        });
        told.collect()
    }

    /// Outcomes that end it; of one that is not known at least that it may pass.
    fn answers(&self, task: &Summary) -> Vec<String> {
        let is_it = word(self.record, "task") == Some(&task.id);
        let answers = list(self.record.get("answers").filter(|_| is_it)).iter();
        let mut answers: Vec<String> = answers
            .filter_map(|it| it.as_str().map(str::to_owned))
            .collect();
        // A vote is chosen by the name of who cast it.
        if self.decides() {
            let before = list(self.record.get("dependsOn"));
            let is_name = |word: &String| before.iter().any(|id| id == word);
            if answers.iter().any(is_name) {
                answers.retain(|word| GENERAL.contains(&&**word) || is_name(word));
            }
        }
        if answers.is_empty() {
            answers.push(SUCCESS.to_owned());
        }
        answers
    }
}

const SUCCESS: &str = "success";
const REJECTED: &str = "rejected";
/// Answers that have a command of their own.
const GENERAL: [&str; 2] = [SUCCESS, REJECTED];

/// What kind of waiting it is.
fn kind(task: &Summary, asked: Option<&Asked<'_>>) -> &'static str {
    let written = asked.map(|asked| asked.written);
    let is_human = |it: &Value| {
        word(it, "kind") == Some("human") || it.get("requireHuman") == Some(&Value::Bool(true))
    };
    match asked {
        Some(asked) if asked.decides() => "decision",
        Some(_) if written.is_some_and(is_human) => "question",
        _ if task.status == "review" => "review",
        _ => "work",
    }
}

/// The commands by which a person ends a hop.
fn decided(task: &str, answers: &[String]) -> Vec<String> {
    let command = |answer: &String| match answer.as_str() {
        SUCCESS => format!("aof approve {task}"),
        REJECTED => format!("aof reject {task} --notes TEXT"),
        other => format!("aof choose {task} {}", quoted(other)),
    };
    answers.iter().map(command).collect()
}

/// The commands by which a person ends a task without a workflow, or hands it back.
fn done(task: &Summary) -> Vec<String> {
    let id = &task.id;
    match task.status.as_str() {
        "review" => vec![
            format!("aof task complete {id}"),
            format!("aof task block {id} --reason TEXT && aof task unblock {id}"),
        ],
        _ => vec![
            format!("aof task complete {id} --summary TEXT"),
            format!("aof task block {id} --reason TEXT"),
        ],
    }
}

fn list(value: Option<&Value>) -> &[Value] {
    value
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice)
}

fn word<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str()
}
