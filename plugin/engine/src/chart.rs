//! Tells people, once, that the org chart or the notification rules were saved in a form that
//! cannot be used.
//!
//! Never judges a file; whoever read it did. Invariant: as long as it stays unusable nothing more
//! is said, and the last good version stays in force.

use aof_core::caller::Context;
use aof_core::effect::{Effect, Notify, Severity};
use aof_core::event::EventDraft;
use aof_core::refusal::Refusal;
use aof_store::layout::{NOTIFICATION_RULES, ORG_CHART};
use aof_store::port::Store;
use serde_json::json;

use crate::batches::Batches;
use crate::session::Session;
use crate::work::Work;

/// A file, and what is said of it.
struct File {
    path: &'static str,
    refused: &'static str,
    accepted: &'static str,
    key: &'static str,
    message: &'static str,
}

const FILES: [File; 2] = [
    File {
        path: ORG_CHART,
        refused: "org.chart-refused",
        accepted: "org.chart-accepted",
        key: "org-chart",
        message: "the org chart cannot be used, the last good one is",
    },
    File {
        path: NOTIFICATION_RULES,
        refused: "notification.rules-refused",
        accepted: "notification.rules-accepted",
        key: "notification-rules",
        message: "the notification rules cannot be used, the last good ones are",
    },
];

/// Says of each file that it cannot be used, or that it can again; nothing if that was said before.
pub(crate) fn tell<S: Store>(
    store: &mut S,
    session: &mut Session,
    ctx: &Context,
    batches: &mut Batches,
) -> Result<(), Refusal> {
    for file in &FILES {
        let held = session.shelf.quarantine.get(file.path);
        let is_broken = held.is_some();
        if is_broken == session.refusals_told.contains(&file.path) {
            continue;
        }
        let first = held.and_then(|held| held.findings.first());
        let why = first.map_or(String::new(), ToString::to_string);
        let mut work = Work::default();
        let draft = if is_broken {
            work.effect(Effect::Notify(Notify {
                key: format!("{}:{}", file.key, ctx.now.ms()),
                severity: Severity::Warn,
                audience: None,
                channel: None,
                task: None,
                message: format!("{}: {why}", file.message),
            }));
            EventDraft::new(file.refused, json!({"error": why}))
        } else {
            EventDraft::new(file.accepted, json!({}))
        };
        work.event_of(session, ctx, (None, None), draft);
        batches.add(store, session, work)?;
        batches.flush(store, session)?;
        session.refusals_told.retain(|path| *path != file.path);
        session.refusals_told.extend(is_broken.then_some(file.path));
    }
    Ok(())
}
