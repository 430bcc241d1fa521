//! The event log: one JSON object a line, one file a UTC day, parts of bounded size.
//!
//! Never reads back what it wrote except for views. Invariant: event ids sort in the order of
//! writing and are never used twice, also across restarts, because the epoch is part of them.

use std::collections::BTreeSet;

use aof_core::id::{ProjectId, RunId, TaskId};
use aof_core::instant::Instant;
use serde_json::{Value, json};

use crate::layout::{EVENTS_DIR, event_log};

/// A part is closed when it has grown to this size.
pub const PART_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// A part that is read whole: it is closed at [`PART_BYTES_MAX`] and then grows by one batch at
/// most.
pub const PART_BYTES_READ_MAX: u64 = 2 * PART_BYTES_MAX;
/// Lines of the log that opening looks at: more than the largest batch writes.
const TAIL_LINES_MAX: usize = 2_000;
/// Largest line of the log, without its newline.
pub const EVENT_LINE_BYTES_MAX: usize = 64 * 1024;
/// Version of the line format.
const SCHEMA: u32 = 1;

/// One numbered and dated event.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// `<milliseconds>-<epoch>-<counter>`, zero-padded.
    pub id: String,
    /// When.
    pub at: Instant,
    /// What kind.
    pub kind: String,
    /// Who did it.
    pub actor: String,
    /// Project of the task.
    pub project: Option<ProjectId>,
    /// The task.
    pub task: Option<TaskId>,
    /// The run.
    pub run: Option<RunId>,
    /// Revision that the card has afterwards.
    pub revision: Option<u64>,
    /// A JSON object.
    pub payload: Value,
}

impl Event {
    /// The event as an object with the names of the log.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "schema": SCHEMA,
            "eventId": self.id,
            "type": self.kind,
            "timestamp": self.at.to_string(),
            "actor": self.actor,
            "project": self.project.as_ref().map(ProjectId::as_str),
            "taskId": self.task.as_ref().map(TaskId::as_str),
            "runId": self.run.as_ref().map(RunId::as_str),
            "revision": self.revision,
            "payload": self.payload,
        })
    }
}

/// Where the next event goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventLog {
    epoch: u64,
    counter: u64,
    day: String,
    part: u32,
    part_bytes: u64,
}

impl EventLog {
    /// A log that goes on in `part` of `day`, which has `part_bytes` already.
    #[must_use]
    pub fn resume(epoch: u64, day: String, part: u32, part_bytes: u64) -> Self {
        EventLog {
            epoch,
            counter: 0,
            day,
            part,
            part_bytes,
        }
    }

    /// The id of the next event.
    pub fn next_id(&mut self, now: Instant) -> String {
        self.counter += 1;
        format!("{:013}-{:06}-{:06}", now.ms(), self.epoch, self.counter)
    }

    /// The file that the next line goes to if the day stays the same and the part is not full.
    #[must_use]
    pub fn path(&self) -> String {
        event_log(&self.day, self.part)
    }

    /// The file for lines of this size, written at `now`.
    pub fn file_for(&mut self, now: Instant, bytes: u64) -> String {
        let day = now.day();
        if day != self.day {
            (self.day, self.part, self.part_bytes) = (day, 0, 0);
        } else if self.part_bytes >= PART_BYTES_MAX {
            self.part = self.part.saturating_add(1);
            self.part_bytes = 0;
        }
        self.part_bytes = self.part_bytes.saturating_add(bytes);
        event_log(&self.day, self.part)
    }
}

/// What the end of the log knows: enough to tell which recent changes it misses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tail {
    /// When the last event happened.
    pub last_at: Option<Instant>,
    known: BTreeSet<(TaskId, u64)>,
}

impl Tail {
    /// Reads the last lines of a part. Lines that make no sense, such as a torn one, are passed
    /// over.
    #[must_use]
    pub fn read(part: &[u8]) -> Self {
        let mut tail = Tail::default();
        for line in part.rsplit(|byte| *byte == b'\n').take(TAIL_LINES_MAX) {
            let Ok(event) = serde_json::from_slice::<Value>(line) else {
                continue;
            };
            let text = |key: &str| event.get(key).and_then(Value::as_str);
            let at = text("timestamp").and_then(Instant::parse);
            tail.last_at = tail.last_at.max(at);
            let task = text("taskId").and_then(|id| TaskId::parse(id).ok());
            let revision = event.get("revision").and_then(Value::as_u64);
            tail.known.extend(task.zip(revision));
        }
        tail
    }

    /// Whether an event with this revision of the task is there.
    #[must_use]
    pub fn knows(&self, task: &TaskId, revision: u64) -> bool {
        self.known.contains(&(task.clone(), revision))
    }
}

/// Reads the name of a part: `YYYY-MM-DD.jsonl` or `YYYY-MM-DD.NNN.jsonl`, nothing that is only
/// alike.
#[must_use]
pub fn parse_part_name(name: &str) -> Option<(&str, u32)> {
    let stem = name.strip_suffix(".jsonl")?;
    let (day, part) = match stem.split_once('.') {
        None => (stem, 0),
        Some((day, part)) => (day, part.parse().ok()?),
    };
    let is_day = Instant::parse(&format!("{day}T00:00:00Z")).is_some_and(|at| at.day() == day);
    let is_ours = event_log(day, part)
        .strip_prefix(EVENTS_DIR)?
        .strip_prefix('/')
        == Some(name);
    (is_day && is_ours).then_some((day, part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_part_is_followed_by_the_next() {
        let now = Instant::parse("2026-02-17T10:00:00Z").unwrap();
        let mut log = EventLog::resume(3, now.day(), 0, 0);
        assert_eq!(log.file_for(now, PART_BYTES_MAX), "events/2026-02-17.jsonl");
        assert_eq!(log.file_for(now, 1), "events/2026-02-17.001.jsonl");
        let tomorrow = now.plus_ms(86_400_000);
        assert_eq!(log.file_for(tomorrow, 1), "events/2026-02-18.jsonl");
        assert_eq!(
            parse_part_name("2026-02-17.001.jsonl"),
            Some(("2026-02-17", 1))
        );
        assert_eq!(parse_part_name("2026-02-17.jsonl"), Some(("2026-02-17", 0)));
        assert_eq!(parse_part_name("events.jsonl"), None);
    }

    #[test]
    fn only_names_that_the_log_itself_would_write_are_parts() {
        for name in [
            "2026-02-17.jsonl",
            "2026-12-31.001.jsonl",
            "2028-02-29.4294967295.jsonl",
        ] {
            assert!(parse_part_name(name).is_some(), "{name}");
        }
        for name in [
            "2026-13-01.jsonl",
            "2026-00-10.jsonl",
            "2026-02-32.jsonl",
            "2026-02-00.jsonl",
            "2026-02-30.jsonl",
            "zzzz-zz-zz.jsonl",
            "9999999999.jsonl",
            "2026-2-017.jsonl",
            "2026/02/17.jsonl",
            "2026-02-17.000.jsonl",
            "2026-02-17.1.jsonl",
            "2026-02-17.+01.jsonl",
            "2026-02-17.4294967296.jsonl",
            "2026-02-17.001.jsonl~",
            "\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}.jsonl",
        ] {
            assert_eq!(parse_part_name(name), None, "{name}");
        }
    }

    #[test]
    fn the_number_of_a_part_ends_at_its_largest() {
        let now = Instant::parse("2026-02-17T10:00:00Z").unwrap();
        let mut log = EventLog::resume(3, now.day(), u32::MAX, PART_BYTES_MAX);
        let path = "events/2026-02-17.4294967295.jsonl";
        assert_eq!(log.file_for(now, 1), path);
        assert_eq!(log.path(), path);
    }

    #[test]
    fn ids_sort_in_the_order_of_writing() {
        let now = Instant::parse("2026-02-17T10:00:00Z").unwrap();
        let mut log = EventLog::resume(3, now.day(), 0, 0);
        let (first, second) = (log.next_id(now), log.next_id(now));
        let mut reopened = EventLog::resume(4, now.day(), 0, 0);
        assert!(first < second && second < reopened.next_id(now));
    }

    #[test]
    fn the_last_2_000_lines_are_known() {
        let event = r#"{"taskId":"TASK-2026-02-17-001","revision":4}"#;
        let knows = |after: usize| {
            let part = [event].into_iter().chain(std::iter::repeat_n("{}", after));
            let part = part.collect::<Vec<_>>().join("\n");
            let task = TaskId::parse("TASK-2026-02-17-001").unwrap();
            Tail::read(part.as_bytes()).knows(&task, 4)
        };
        assert!(knows(TAIL_LINES_MAX - 1));
        assert!(!knows(TAIL_LINES_MAX));
    }
}
