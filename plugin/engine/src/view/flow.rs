//! How far the workflow of a task has come, for whoever looks at the task.

use aof_core::id::TaskId;
use aof_core::index::TaskIndex;
use aof_core::instant::Instant;
use aof_core::status::Status;
use aof_core::workflow::{Flow, SkipReason, State, answer};
use serde_json::{Value, json};

/// `name`, `template`, `status`, `startedAt`, `completedAt`, `hops` in declared order.
pub(crate) fn of(index: &TaskIndex, flow: &Flow) -> Value {
    let graph = flow.graph();
    let name = |at: usize| graph.hop(at).map(|hop| hop.id.as_str());
    let hops = graph.hops().iter().zip(&flow.state.hops).enumerate();
    let hops = hops.map(|(at, (hop, record))| {
        let standing = &record.standing;
        let status = record.task.as_ref().and_then(|task| index.status(task));
        let is_held = status == Some(Status::InProgress) && standing.state == State::Ready;
        let (outcome, skipped) = match &standing.state {
            State::Complete(outcome) => (Some(outcome.as_str()), None),
            State::Skipped(reason) => (None, Some(skip(*reason))),
            _ => (None, None),
        };
        let is_open = record.task.is_some() && !standing.state.is_final();
        json!({
            "id": hop.id.as_str(),
            "answers": is_open.then(|| answer::answers(flow, at)),
            "state": if is_held { State::Dispatched.as_str() } else { standing.state.as_str() },
            "outcome": outcome,
            "skipped": skipped,
            "task": record.task.as_ref().map(TaskId::as_str),
            "taskStatus": status.map(Status::as_str),
            "by": record.by,
            "pass": record.pass,
            "rejections": standing.rejections,
            "reason": record.reason,
            "startedAt": record.started_at.as_ref().map(Instant::to_string),
            "completedAt": record.completed_at.as_ref().map(Instant::to_string),
            "result": record.result,
            "dependsOn": hop.edges.iter().map(|edge| name(edge.from)).collect::<Vec<_>>(),
        })
    });
    let state = &flow.state;
    json!({
        "name": flow.definition.name,
        "template": flow.template,
        "status": state.status.as_str(),
        "startedAt": state.started_at.as_ref().map(Instant::to_string),
        "completedAt": state.completed_at.as_ref().map(Instant::to_string),
        "hops": hops.collect::<Vec<_>>(),
    })
}

const fn skip(reason: SkipReason) -> &'static str {
    match reason {
        SkipReason::Condition => "condition",
        SkipReason::DeadPath => "dead-path",
        SkipReason::Failure => "failure",
    }
}
