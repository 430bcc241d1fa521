//! The event log folded into what it says of each task, to be compared with the store.
//!
//! Never touches the store and never decides who is right. Invariant: a part may be fed in pieces,
//! and what is kept grows with the tasks, not with the events.

use std::collections::BTreeMap;

use aof_core::id::TaskId;
use aof_core::status::Status;
use serde::Deserialize;
use serde_json::Value;

/// Findings that are kept; further ones are counted.
pub const FINDINGS_MAX: usize = 1_000;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Good to know: a person did this by hand.
    Info,
    /// Somebody should look.
    Warning,
    /// Something is lost, doubled or wrong.
    Error,
}

impl Weight {
    /// The word in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Weight::Info => "info",
            Weight::Warning => "warning",
            Weight::Error => "error",
        }
    }
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// A stable word for programs.
    pub kind: &'static str,
    /// How much it matters.
    pub weight: Weight,
    /// The task it is about.
    pub task: Option<TaskId>,
    /// `path` or `path:line`.
    pub location: String,
    /// What is wrong: a lower-case fragment.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

/// Findings up to [`FINDINGS_MAX`], and how many there were.
#[derive(Debug, Default)]
pub struct Findings {
    kept: Vec<Finding>,
    /// Warnings and errors that were not kept.
    pub dropped: u64,
}

impl Findings {
    /// Notes one.
    pub fn note(&mut self, finding: Finding) {
        if self.kept.len() < FINDINGS_MAX {
            self.kept.push(finding);
        } else if finding.weight > Weight::Info {
            self.dropped += 1;
        }
    }

    /// What was noted since the last call.
    pub fn take(&mut self) -> Vec<Finding> {
        std::mem::take(&mut self.kept)
    }
}

/// What the log says of one task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folded {
    /// Where it stands.
    pub status: Status,
    /// Revision of its last write.
    pub revision: u64,
    /// Number of its last run.
    pub attempt: u64,
    /// Its last run.
    pub run: Option<String>,
    part: u32,
    line: u32,
}

/// The log as far as it was read.
#[derive(Debug, Default)]
pub struct LogFold {
    tasks: BTreeMap<TaskId, Folded>,
    parts: Vec<String>,
    line: u32,
    last_id: Option<(u64, u64)>,
    begins_whole: bool,
    has_foreign: bool,
    /// Events that were folded.
    pub events: u64,
    /// What was found.
    pub findings: Findings,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    schema: Option<u32>,
    #[serde(default)]
    event_id: Value,
    #[serde(rename = "type")]
    kind: String,
    task_id: Option<String>,
    run_id: Option<String>,
    revision: Option<u64>,
    #[serde(default)]
    payload: Value,
}

impl Line {
    fn text(&self, key: &str) -> Option<&str> {
        self.payload.get(key).and_then(Value::as_str)
    }

    fn status(&self, key: &str) -> Option<Status> {
        self.text(key).and_then(Status::parse)
    }
}

impl LogFold {
    /// What the log says of each task.
    #[must_use]
    pub fn tasks(&self) -> &BTreeMap<TaskId, Folded> {
        &self.tasks
    }

    /// Whether the log reaches back to the first opening of the store and holds only our events, so
    /// that a task it does not know was not made by AOF here.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.begins_whole && !self.has_foreign
    }

    /// Where the last event of a task stands, as `path:line`.
    #[must_use]
    pub fn place_of(&self, task: &Folded) -> String {
        let part = self.parts.get(task.part as usize);
        format!("{}:{}", part.map_or("events", String::as_str), task.line)
    }

    /// Begins with the next part.
    pub fn begin_part(&mut self, path: &str) {
        self.parts.push(path.to_owned());
        self.line = 0;
    }

    /// Folds the whole lines of `bytes`, and returns how many bytes they take.
    pub fn feed(&mut self, bytes: &[u8]) -> usize {
        let mut used = 0;
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            let Some(text) = line.strip_suffix(b"\n") else {
                break;
            };
            used += line.len();
            self.line += 1;
            self.take_in(text);
        }
        used
    }

    /// Says that bytes without a newline are left at the end of the part.
    pub fn torn_end(&mut self) {
        self.line += 1;
        let hint = "a crash cut it off; the next writer ends the line, nothing that counts is lost";
        self.say(
            "torn-line",
            Weight::Warning,
            (None, "the last line is not complete"),
            hint,
        );
    }

    fn take_in(&mut self, text: &[u8]) {
        if text.iter().all(u8::is_ascii_whitespace) {
            return;
        }
        let line: Line = match serde_json::from_slice(text) {
            Ok(line) => line,
            Err(error) => {
                let message = format!("is no event: {error}");
                let hint = "readers pass over it; if nobody edited the log, a crash cut it off";
                self.say("torn-line", Weight::Warning, (None, &message), hint);
                return;
            }
        };
        let Some(id) = line.schema.and_then(|_| id_of(&line.event_id)) else {
            self.has_foreign = true;
            return;
        };
        self.check_order(id, &line);
        self.events += 1;
        let task = line.task_id.as_deref().map(TaskId::parse);
        if let Some(Ok(task)) = task {
            self.fold(task, &line);
        }
    }

    /// Ids only grow, so that one comparison tells doubled lines from new ones.
    fn check_order(&mut self, id: (u64, u64), line: &Line) {
        match self.last_id {
            None => self.begins_whole = id.0 <= 1,
            Some(last) if id > last => {}
            Some(_) => {
                let shown = line.event_id.as_str().unwrap_or_default();
                let message = format!("event {shown} is there twice or out of order");
                let hint = "find out who copied lines in the log; the log itself is never mended";
                self.say("event-order", Weight::Error, (None, &message), hint);
            }
        }
        self.last_id = self.last_id.max(Some(id));
    }

    fn fold(&mut self, task: TaskId, line: &Line) {
        let at = (
            u32::try_from(self.parts.len())
                .unwrap_or(u32::MAX)
                .saturating_sub(1),
            self.line,
        );
        let known = self.tasks.get(&task).cloned();
        let is_new = known.is_none();
        let first_status = match line.kind.as_str() {
            "task.created" => line.status("status"),
            "task.transitioned" => line.status("from"),
            "task.assigned" => Some(Status::InProgress),
            _ => None,
        };
        let Some(mut folded) = known.or_else(|| {
            Some(Folded {
                status: first_status?,
                revision: line.revision?.saturating_sub(1),
                attempt: 0,
                run: None,
                part: at.0,
                line: at.1,
            })
        }) else {
            return;
        };
        if is_new {
            self.check_beginning(&task, line);
        }
        match line.kind.as_str() {
            "task.created" if !is_new => {
                let hint = "two tasks cannot share an id; see who copied the event";
                self.say(
                    "created-twice",
                    Weight::Error,
                    (Some(&task), "was created twice"),
                    hint,
                );
            }
            "task.transitioned" => self.transition(&task, &mut folded, line),
            "task.assigned" => self.assign(&task, &mut folded, (line, is_new)),
            _ => {}
        }
        if let Some(revision) = line.revision {
            self.check_revision(&task, folded.revision, (revision, line));
            folded.revision = folded.revision.max(revision);
        }
        (folded.part, folded.line) = at;
        self.tasks.insert(task, folded);
    }

    /// A log that reaches back to the first opening knows how each task came to be: it was created,
    /// or a person's card was changed for the first time.
    fn check_beginning(&mut self, task: &TaskId, line: &Line) {
        let is_first = line.revision.is_none_or(|revision| revision <= 1);
        let is_mended = line.payload.get("recovered") == Some(&Value::Bool(true));
        if !self.is_whole() || is_first || is_mended || line.kind == "task.created" {
            return;
        }
        let hint = "events are missing: take the log from a backup; or its card was put there by \
                    hand from another store";
        let message = "begins in the middle: the log does not know how it came to be";
        self.say(
            "created-missing",
            Weight::Error,
            (Some(task), message),
            hint,
        );
    }

    fn transition(&mut self, task: &TaskId, folded: &mut Folded, line: &Line) {
        let (Some(from), Some(to)) = (line.status("from"), line.status("to")) else {
            let hint = "the log was edited, or written by something else";
            let what = (Some(task), "names no statuses");
            return self.say("transition-shape", Weight::Error, what, hint);
        };
        if from != folded.status {
            let message = format!("was in {}, then left {from}", folded.status);
            if folded.status.may_become(from) {
                let message = format!("{message}: moved by hand in between");
                self.say("moved-by-hand", Weight::Info, (Some(task), &message), "");
            } else {
                let hint = "events are missing, or somebody changed the card's status by hand";
                self.say("history-jump", Weight::Error, (Some(task), &message), hint);
            }
        }
        if !from.may_become(to) {
            let message = format!("went from {from} to {to}, which is not allowed");
            let hint = "report this with the event: no operation does that";
            self.say(
                "illegal-transition",
                Weight::Error,
                (Some(task), &message),
                hint,
            );
        }
        folded.status = to;
    }

    fn assign(&mut self, task: &TaskId, folded: &mut Folded, (line, is_new): (&Line, bool)) {
        let attempt = line
            .payload
            .get("attempt")
            .and_then(Value::as_u64)
            .unwrap_or(0);
        let run = line
            .text("run")
            .map(str::to_owned)
            .or_else(|| line.run_id.clone());
        if attempt <= folded.attempt && !is_new {
            let message = format!("run {attempt} was handed out after run {}", folded.attempt);
            let hint = "a run may have been started twice; compare the records in runs/";
            self.say("attempt-order", Weight::Error, (Some(task), &message), hint);
        } else if folded.attempt > 0 && attempt > folded.attempt + 1 {
            let message = format!("run {attempt} follows run {}", folded.attempt);
            let hint = "the events of the runs in between are missing, or the card was edited";
            self.say("run-gap", Weight::Warning, (Some(task), &message), hint);
        }
        if folded.run.is_some() && folded.run == run {
            let hint = "a run was handed out twice; compare the records in runs/";
            self.say(
                "run-twice",
                Weight::Error,
                (Some(task), "got the same run again"),
                hint,
            );
        }
        (folded.attempt, folded.run) = (attempt, run);
    }

    /// Every write of a card has an event with its revision; one write may have several.
    fn check_revision(&mut self, task: &TaskId, known: u64, (revision, line): (u64, &Line)) {
        let is_mended = line.payload.get("recovered") == Some(&Value::Bool(true));
        if revision < known && !is_mended {
            let message = format!("revision {revision} follows revision {known}");
            let hint = "an older version of the card was put back, by hand or from a backup";
            self.say(
                "revision-order",
                Weight::Warning,
                (Some(task), &message),
                hint,
            );
        } else if revision > known + 1 && !is_mended {
            let message = format!("revision {revision} follows revision {known}");
            let hint = "the events in between are missing, or the card was edited by hand";
            self.say("revision-gap", Weight::Error, (Some(task), &message), hint);
        }
    }

    fn say(
        &mut self,
        kind: &'static str,
        weight: Weight,
        (task, message): (Option<&TaskId>, &str),
        hint: &str,
    ) {
        let part = self.parts.last().map_or("events", String::as_str);
        let location = format!("{part}:{}", self.line);
        let message = task.map_or_else(|| message.to_owned(), |task| format!("{task} {message}"));
        self.findings.note(Finding {
            kind,
            weight,
            task: task.cloned(),
            location,
            message,
            hint: hint.to_owned(),
        });
    }
}

/// Epoch and counter of an id, which grow together; the milliseconds follow a clock that may not.
fn id_of(id: &Value) -> Option<(u64, u64)> {
    let mut parts = id.as_str()?.split('-').skip(1);
    let epoch = parts.next()?.parse().ok()?;
    let counter = parts.next()?.parse().ok()?;
    parts.next().is_none().then_some((epoch, counter))
}

#[cfg(test)]
mod tests;
