//! `state/migrate.jsonl`: what is being done, written before it is done, and that it is finished.
//!
//! Written as a whole, never appended to, so that no torn line stays. Invariant: a plan that goes
//! on after a crash adds nothing to it.

use std::collections::BTreeSet;

use aof_core::json::ToLine as _;
use serde_json::{Value, json};

use super::step::{Kind, Step};

const SCHEMA: u32 = 1;

/// The journal before and after a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Journal {
    before: Vec<u8>,
    lines: Vec<u8>,
    was_open: bool,
}

impl Journal {
    /// Reads what is there.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let last = lines(bytes).last();
        let is_open = last.is_some_and(|line| line.get("line") != Some(&json!("finished")));
        Journal {
            before: bytes.to_vec(),
            lines: Vec::new(),
            was_open: is_open,
        }
    }

    /// Whether a migration was begun and not finished.
    pub(super) fn is_open(&self) -> bool {
        self.was_open
    }

    /// Where cards have gone to, or are on their way to.
    pub(super) fn arrivals(&self) -> BTreeSet<String> {
        let cards = lines(&self.before).filter(|line| line.get("kind") == Some(&json!(Kind::Card)));
        let text = |line: &Value, key| line.get(key).and_then(Value::as_str).map(str::to_owned);
        cards
            .filter_map(|line| {
                text(&line, "to").filter(|to| text(&line, "from").as_ref() != Some(to))
            })
            .collect()
    }

    /// Adds what is going to be done, as far as it is not in it.
    pub(super) fn plan(&mut self, steps: &[Step]) {
        let unfinished = if self.was_open {
            self.before.as_slice()
        } else {
            &[]
        };
        let known: BTreeSet<(String, String)> = lines(unfinished)
            .filter_map(|line| Some((line.get("kind")?.to_line(), line.get("from")?.to_line())))
            .collect();
        for step in steps {
            let key = (json!(step.kind).to_line(), json!(step.from).to_line());
            if known.contains(&key) {
                continue;
            }
            if !self.was_open && self.lines.is_empty() {
                push(&mut self.lines, &json!({"line": "begun", "schema": SCHEMA}));
            }
            let line = json!({
                "line": "step", "kind": step.kind, "from": step.from, "to": step.to,
                "changes": step.changes,
            });
            push(&mut self.lines, &line);
        }
    }

    /// Whether there is something to add before the first step.
    pub(super) fn is_grown(&self) -> bool {
        !self.lines.is_empty()
    }

    /// Whether nothing is left to be written.
    pub(super) fn is_finished(&self) -> bool {
        self.lines.is_empty() && !self.was_open
    }

    /// The journal before the first step.
    pub(super) fn begun(&self) -> Vec<u8> {
        [self.before.as_slice(), &self.lines].concat()
    }

    /// The journal after the last step.
    pub(super) fn finished(&self) -> Vec<u8> {
        let mut all = self.begun();
        push(&mut all, &json!({"line": "finished"}));
        all
    }
}

fn push(text: &mut Vec<u8>, line: &Value) {
    text.extend_from_slice(line.to_line().as_bytes());
    text.push(b'\n');
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = Value> {
    bytes
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice(line).ok())
}
