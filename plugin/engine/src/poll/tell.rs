//! What a poll says besides what it does: each thing once, not in every poll.
//!
//! Never moves a task. Invariant: a reason that was told is not told again until it has changed.

use aof_core::caller::Context;
use aof_core::effect::{Effect, Notify, Severity};
use aof_core::event::EventDraft;
use aof_core::id::TaskId;
use aof_core::plan::{WaitKind, Waiting};
use aof_core::refusal::Refusal;
use serde_json::json;

use crate::session::Session;
use crate::work::Work;

/// Says once, not in every poll, that an action on a card was refused.
pub(super) fn report_failures(
    session: &mut Session,
    ctx: &Context,
    failed: &[(TaskId, Refusal)],
    work: &mut Work,
) {
    for (task, refusal) in failed {
        let reason = refusal.to_string();
        if session.announced.get(task) == Some(&reason) {
            continue;
        }
        let project = session.shelf.index.project(task).cloned();
        let draft = EventDraft::new("scheduler.action-failed", json!({"error": reason}));
        work.event_of(session, ctx, (project, Some(task.clone())), draft);
    }
}

/// Says once, not in every poll, that a task finds nobody.
pub(super) fn announce(session: &mut Session, ctx: &Context, waiting: &[Waiting], work: &mut Work) {
    for task in waiting.iter().filter(|task| task.kind == WaitKind::NoMatch) {
        if session.announced.get(&task.task) == Some(&task.reason) {
            continue;
        }
        let project = session.shelf.index.project(&task.task).cloned();
        let draft = EventDraft::new("dispatch.no-match", json!({"reason": task.reason}));
        work.event_of(session, ctx, (project, Some(task.task.clone())), draft);
        work.effect(Effect::Notify(Notify {
            key: format!("no-match:{}:{}", task.task, ctx.now.ms()),
            severity: Severity::Warn,
            audience: None,
            channel: None,
            task: Some(task.task.clone()),
            message: format!("{} finds nobody: {}", task.task, task.reason),
        }));
    }
}

/// Says once that nothing can be started, as soon as that keeps somebody waiting, and once that it
/// is over.
pub(super) fn announce_hold(session: &mut Session, ctx: &Context, waiting: usize, work: &mut Work) {
    let reason = session.lasting_hold().map(str::to_owned);
    match (&session.hold_told, &reason) {
        (told, Some(reason)) if told.as_ref() != Some(reason) && waiting > 0 => {
            let payload = json!({"reason": reason, "waiting": waiting});
            let draft = EventDraft::new("dispatch.held", payload);
            work.event_of(session, ctx, (None, None), draft);
            work.effect(Effect::Notify(Notify {
                key: format!("held:{}", ctx.now.ms()),
                severity: Severity::Warn,
                audience: None,
                channel: None,
                task: None,
                message: format!("{waiting} ready tasks wait: {reason}"),
            }));
        }
        (Some(reason), None) => {
            let draft = EventDraft::new("dispatch.resumed", json!({"reason": reason}));
            work.event_of(session, ctx, (None, None), draft);
        }
        _ => {}
    }
}

pub(super) fn remember(session: &mut Session, waiting: &[Waiting], failed: &[(TaskId, Refusal)]) {
    for (task, refusal) in failed {
        session.announced.insert(task.clone(), refusal.to_string());
    }
    for task in waiting.iter().filter(|task| task.kind == WaitKind::NoMatch) {
        session
            .announced
            .insert(task.task.clone(), task.reason.clone());
    }
}
