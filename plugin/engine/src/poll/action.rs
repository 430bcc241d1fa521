//! What a poll did, one action at a time, for its report.

use aof_core::id::{AgentId, RunId};
use aof_core::plan::Action;
use serde_json::{Value, json};

use crate::session::Session;

/// One action, with the run that it started.
pub(super) fn json(session: &Session, action: &Action, run: Option<&RunId>) -> Value {
    let (kind, agent, reason) = match action {
        Action::Expire(_) => ("expire", None, "the lease lapsed".to_owned()),
        Action::Requeue(_) => {
            let reason = "the delay after a failure is over";
            ("requeue", None, reason.to_owned())
        }
        Action::Strand { snag, .. } => ("block", None, snag.to_string()),
        Action::Free(_) => ("unblock", None, "all dependencies are done".to_owned()),
        Action::Promote(_) => ("promote", None, "all dependencies are done".to_owned()),
        Action::Overdue { policy, .. } => {
            let reason = format!("it stands too long where it is: {}", policy.as_str());
            ("sla", None, reason)
        }
        Action::Begin(_) => ("begin", None, "its workflow begins".to_owned()),
        Action::Advance(_) => ("advance", None, "a hop ended, or its time came".to_owned()),
        Action::Drop(_) => {
            let reason = "its workflow waits for it no longer";
            ("drop", None, reason.to_owned())
        }
        Action::Timeout(_) => ("timeout", None, "the time of the hop is up".to_owned()),
        Action::Dispatch { agent, .. } => (
            "dispatch",
            Some(agent),
            "ready, and there is room".to_owned(),
        ),
    };
    let task = action.task();
    json!({
        "kind": kind,
        "task": task.as_str(),
        "title": session.shelf.index.row(task).map(|row| row.title.as_str()),
        "agent": agent.map(AgentId::as_str),
        "run": run.map(RunId::as_str),
        "reason": reason,
    })
}
