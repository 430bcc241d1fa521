//! Tasks as reports, boards and mailboxes show them.

use aof_core::card::Card;
use aof_core::diagnostic::Diagnostic;
use aof_core::gather::gathered;
use aof_core::id::{AgentId, RoleId, RunId, TaskId, TeamId};
use aof_core::index::{Finished, Row, TaskIndex};
use aof_core::refusal::{Kind, Refusal};
use aof_core::status::Status;
use aof_store::shelf::Shelf;
use serde_json::{Map, Value, json};

use crate::opening::quarantined;
use crate::view::flow;

/// Tasks per status.
pub(crate) fn counts(index: &TaskIndex) -> Value {
    let entries = Status::ALL.map(|status| (status.as_str().to_owned(), index.count_of(status)));
    let entries = entries.into_iter();
    Value::Object(gathered(entries.map(|(name, count)| (name, count.into()))))
}

/// A task that is not finished.
pub(crate) fn of_row(id: &TaskId, row: &Row) -> Value {
    let lease = row.lease.as_ref();
    let agent = lease
        .map(|lease| &lease.agent)
        .or(row.routing.agent.as_ref());
    json!({
        "id": id.as_str(),
        "title": row.title,
        "status": row.status.as_str(),
        "priority": row.priority.as_str(),
        "project": row.project.as_str(),
        "agent": agent.map(AgentId::as_str),
        "run": lease.and_then(|lease| lease.run.as_ref()).map(RunId::as_str),
        "attempt": lease.map(|lease| lease.attempt),
        "leaseExpiresAt": lease.map(|lease| lease.expires_at.to_string()),
        "role": row.routing.role.as_ref().map(RoleId::as_str),
        "team": row.routing.team.as_ref().map(TeamId::as_str),
        "hop": row.hop.as_ref().map(|hop| json!({"of": hop.of.as_str(), "id": hop.id.as_str()})),
        "reason": row.reason,
        "dependsOn": ids(&row.depends_on),
        "createdAt": row.created_at.to_string(),
        "lastTransitionAt": row.last_transition_at.to_string(),
    })
}

/// A finished task whose card was read for the occasion.
pub(crate) fn of_card(card: &Card, finished: &Finished) -> Value {
    of_row(
        &card.id,
        &Row::of(card, finished.project.clone(), finished.status),
    )
}

/// Files that are not served.
pub(crate) fn of_quarantine(shelf: &Shelf) -> Vec<Value> {
    quarantined(shelf)
        .into_iter()
        .map(|file| {
            json!({
                "path": file.path,
                "code": file.error.code,
                "message": file.error.message,
                "hint": file.error.hint,
                "location": file.error.location,
            })
        })
        .collect()
}

/// What is in force although something about it should be known.
pub(crate) fn of_notices(shelf: &Shelf) -> Vec<Value> {
    let findings = shelf.notices.values().flatten();
    findings.map(of_finding).collect()
}

/// The whole card, for `aof_task_get`.
pub(crate) fn of_whole(
    index: &TaskIndex,
    (card, row): (&Card, &Row),
    (path, work_dir): (&str, &str),
) -> Map<String, Value> {
    let mut task = match of_row(&card.id, row) {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    let more = json!({
        "metadata": card.metadata,
        "body": card.body,
        "revision": card.revision,
        "path": path,
        "workDir": work_dir,
        "parentId": card.parent_id.as_ref().map(TaskId::as_str),
        "resource": card.resource,
        "createdBy": card.created_by,
        "updatedAt": card.updated_at.to_string(),
        "tags": card.routing.tags,
        "renewCount": card.lease.as_ref().map(|lease| lease.renew_count),
    });
    if let Value::Object(more) = more {
        task.extend(more);
    }
    if let Some(flow) = card.workflow.as_deref() {
        task.insert("workflow".to_owned(), flow::of(index, flow));
    }
    if let Some(result) = card.hop.as_ref().and_then(|hop| hop.result.clone()) {
        task.insert("result".to_owned(), Value::Object(result));
    }
    task
}

/// Why something broke off.
pub(crate) fn of_refusal(refusal: &Refusal) -> Value {
    let kind = match refusal.kind {
        Kind::Refused => "refused",
        Kind::Conflict => "conflict",
        Kind::Broken => "broken",
    };
    json!({
        "code": refusal.code,
        "kind": kind,
        "message": refusal.message,
        "hint": refusal.hint,
        "where": refusal.location,
        "retryable": refusal.is_retryable(),
    })
}

/// A diagnostic as a list entry.
pub(crate) fn of_finding(finding: &Diagnostic) -> Value {
    let refusal = Refusal::from(finding);
    json!({
        "code": refusal.code,
        "message": refusal.message,
        "hint": refusal.hint,
        "location": refusal.location,
    })
}

/// Ids as text.
pub(crate) fn ids(ids: &[TaskId]) -> Vec<&str> {
    ids.iter().map(TaskId::as_str).collect()
}
