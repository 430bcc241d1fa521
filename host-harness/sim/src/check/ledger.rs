//! What is known to have happened: acknowledged events, and what people did by hand.
//!
//! It only remembers. Invariant: nothing is acknowledged that a living host did not report.

use std::collections::{BTreeMap, BTreeSet};

use aof_core::status::Status;
use aof_host::contract::types::Event;

/// How a person has changed a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Touch {
    /// Text was added; front matter and place are as AOF left them.
    Text,
    /// It was moved, copied, broken or put back: where it stands is the person's business.
    Place,
    /// It may be gone: a person deleted it, or power was lost over an edit that was not flushed.
    Gone,
}

/// A text of a person that must not get lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// In the card of this task.
    pub task: String,
    /// The person's program flushed it.
    pub synced: bool,
}

/// A lease as it was acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Promise {
    /// The machine's own time.
    pub(crate) since_ms: u64,
}

/// Everything that is remembered.
#[derive(Debug, Default)]
pub struct Ledger {
    /// Status and revision at the beginning.
    pub initial: BTreeMap<String, (Status, u64)>,
    /// Ids of the events that were reported, each with what it is about.
    pub acknowledged: BTreeMap<String, String>,
    /// Cards that people changed.
    pub touched: BTreeMap<String, Touch>,
    /// Texts of people.
    pub marks: BTreeMap<String, Mark>,
    /// Texts that nobody can have noticed yet, by the file that a host is just about to change.
    pub(crate) unseen: BTreeMap<String, Vec<String>>,
    /// Cards with an edit that was not flushed since the machine last lost its power.
    pub unsynced: BTreeSet<String>,
    /// By task.
    pub(crate) promises: BTreeMap<String, Promise>,
    /// Tasks whose lease lapsed, and how long after it was promised.
    pub(crate) expired: Vec<(String, u64)>,
    pub(crate) created: BTreeSet<String>,
    /// A commit of somebody who was no longer the owner.
    pub(crate) trespass: Option<String>,
}

impl Ledger {
    /// A person changed a card.
    pub fn touch(&mut self, task: &str, touch: Touch) {
        let known = self.touched.entry(task.to_owned()).or_insert(touch);
        *known = (*known).max(touch);
    }

    /// What a person did to a card at the most.
    #[must_use]
    pub fn touch_of(&self, task: &str) -> Option<Touch> {
        self.touched.get(task).copied()
    }

    /// True if AOF alone decides where the card stands.
    #[must_use]
    pub fn is_ours(&self, task: &str) -> bool {
        matches!(self.touch_of(task), None | Some(Touch::Text))
    }

    /// A host reported an event.
    pub fn acknowledge(&mut self, event: &Event, now_ms: u64) {
        let task = event.task.clone().unwrap_or_default();
        if event.kind == "task.created" {
            self.created.insert(task.clone());
        }
        if matches!(event.kind.as_str(), "task.assigned" | "lease.renewed") {
            let promise = Promise { since_ms: now_ms };
            self.promises.insert(task.clone(), promise);
        }
        if event.kind == "lease.expired"
            && let Some(promise) = self.promises.remove(&task)
        {
            let lasted_ms = now_ms.saturating_sub(promise.since_ms);
            self.expired.push((task.clone(), lasted_ms));
        }
        let about = format!("{} {task} {}", event.kind, event.payload);
        self.acknowledged.insert(event.id.clone(), about);
    }

    /// The machine lost its power: what people did not flush may be gone. `there` tells whether a
    /// text is still to be found.
    pub fn lose_power(&mut self, there: impl Fn(&str) -> bool) {
        self.unseen.clear();
        for task in std::mem::take(&mut self.unsynced) {
            self.touch(&task, Touch::Gone);
        }
        self.marks.retain(|text, mark| mark.synced || there(text));
    }

    /// A person replaced `before` by `after`: texts that are missing now are missing on purpose.
    pub fn replaced(&mut self, before: &[u8], after: &[u8]) {
        self.marks
            .retain(|text, _| !contains(before, text) || contains(after, text));
    }
}

/// Whether a content has a text in it.
pub(crate) fn contains(content: &[u8], text: &str) -> bool {
    // Much faster than looking at every window, and this is most of what a checker does.
    match std::str::from_utf8(content) {
        Ok(content) => content.contains(text),
        Err(_) => {
            let mut windows = content.windows(text.len());
            windows.any(|window| window == text.as_bytes())
        }
    }
}
