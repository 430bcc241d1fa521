//! What the notification rules would make of an event.
//!
//! Tells nobody and remembers nothing. Invariant: the answer is what would be told if the event
//! happened now.

use aof_core::caller::Context;
use aof_core::event::KINDS;
use aof_core::json::ToLine as _;
use aof_core::refusal::Refusal;
use aof_core::suggest;
use aof_store::layout::NOTIFICATION_RULES;
use aof_store::port::Store;
use serde_json::{Value, json};

use crate::engine::Engine;
use crate::session::Session;

/// The task of an event of which nothing else is said.
const SAMPLE: &str = "TASK-2026-01-01-001";

impl<S: Store> Engine<S> {
    /// `{"notifications": {"rules": n, "events": [{"type", "outcome", "rule", …}]}}`, for one event
    /// or every type of event.
    ///
    /// # Errors
    /// What makes the file of the rules unusable; `AOF-1002` for what is no event, `AOF-1004` for
    /// a type that there is not.
    pub fn notifications(&mut self, ctx: &Context, event: Option<&str>) -> Result<String, Refusal> {
        let (_, session) = self.fresh()?;
        let held = session.shelf.quarantine.get(NOTIFICATION_RULES);
        if let Some(finding) = held.and_then(|held| held.findings.first()) {
            return Err(finding.into());
        }
        let mut events: Vec<Value> = Vec::new();
        match event {
            Some(text) => events.push(trial(session, ctx, given(text)?)),
            None => {
                for kind in KINDS {
                    events.push(trial(session, ctx, json!({"type": kind})));
                }
            }
        }
        let rules = session.desk.count();
        Ok(json!({"notifications": {"rules": rules, "events": events}}).to_line())
    }
}

fn given(text: &str) -> Result<Value, Refusal> {
    let event: Value = serde_json::from_str(text).unwrap_or_default();
    let Some(kind) = event.get("type").and_then(Value::as_str) else {
        let message = "an event is a JSON object with a `type`".to_owned();
        let hint = "give a type of docs/events.md, or a line of the event log";
        return Err(Refusal::refused("AOF-1002", message, hint).at("event"));
    };
    if KINDS.contains(&kind) {
        return Ok(event);
    }
    let hint = match suggest::nearest(kind, KINDS.iter().copied()) {
        Some(known) => format!("did you mean `{known}`?"),
        None => "docs/events.md has all types".to_owned(),
    };
    let message = "no event is of this type".to_owned();
    Err(Refusal::refused("AOF-1004", message, &hint).at("event.type"))
}

/// What becomes of an event, with a sample of whatever it does not say.
fn trial(session: &Session, ctx: &Context, mut event: Value) -> Value {
    let sample = [
        ("timestamp", ctx.now.to_string().into()),
        ("actor", ctx.caller.actor().into()),
        ("project", "_inbox".into()),
        ("taskId", SAMPLE.into()),
    ];
    if let Value::Object(fields) = &mut event {
        for (field, value) in sample {
            fields.entry(field).or_insert(value);
        }
    }
    let kind = event.get("type").cloned();
    let Some(trial) = session.desk.trial(&event, ctx.now) else {
        return json!({"type": kind, "outcome": "nobody"});
    };
    let rule = trial.rule;
    json!({
        "type": kind, "outcome": trial.outcome, "rule": trial.number, "match": rule.event,
        "severity": rule.severity.as_str(), "channel": rule.channel, "audience": rule.audience,
        "message": trial.message,
    })
}
