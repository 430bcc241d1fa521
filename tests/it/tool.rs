//! Every tool through the real component: what it answers, what it refuses, what it leaves alone.
//!
//! Invariant: what is refused has changed no file.

mod block;
mod cancel;
mod complete;
mod dispatch;
mod edit;
mod get;
mod heartbeat;
mod list;
mod log;
mod look;
mod once;
mod permission;
mod project;
mod report;
mod rule;
mod schema;
mod unblock;
mod update;

use serde_json::{Value, json};

use crate::stage::{CardText, Stage};

/// A legacy id, for cards written by hand.
const ONE: &str = "TASK-2026-02-17-001";
const TWO: &str = "TASK-2026-02-17-002";
const THREE: &str = "TASK-2026-02-17-003";

/// Three cards by hand: one ready, one blocked, one done.
fn three() -> Stage {
    beginning_in("ready")
}

/// The same with the first card in another status.
fn beginning_in(status: &str) -> Stage {
    let ready = CardText::new(ONE, status).agent("writer").made_at(1);
    let blocked = CardText::new(TWO, "blocked")
        .agent("reader")
        .line("metadata: {blockReason: no ink}")
        .made_at(2);
    let done = CardText::new(THREE, "done").agent("reader").made_at(3);
    Stage::with(&[ready.fixture(), blocked.fixture(), done.fixture()].concat())
}

/// An answer with what differs from call to call by nature covered up.
fn covered(mut answer: Value, id: &str) -> String {
    cover(&mut answer, id);
    serde_json::to_string_pretty(&answer).expect("json")
}

fn cover(value: &mut Value, id: &str) {
    match value {
        Value::String(text) => *text = text.replace(id, "[id]"),
        Value::Array(list) => list.iter_mut().for_each(|item| cover(item, id)),
        Value::Object(fields) => fields.values_mut().for_each(|item| cover(item, id)),
        _ => {}
    }
}

/// Arguments that name the task and have one more field.
fn with(id: &str, field: &str, value: Value) -> Value {
    let mut arguments = json!({"taskId": id});
    arguments[field] = value;
    arguments
}
