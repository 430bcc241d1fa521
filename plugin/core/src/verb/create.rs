//! A new task.

use serde_json::{Map, Value, json};

use crate::card::{Card, Routing};
use crate::dependency::DependencyPolicy;
use crate::event::EventDraft;
use crate::id::{ProjectId, TaskId};
use crate::instant::Instant;
use crate::priority::Priority;
use crate::sla::CardSla;
use crate::status::Status;
use crate::verb::Step;

/// What a new task is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Identity, fresh.
    pub id: TaskId,
    /// Where it belongs.
    pub project: ProjectId,
    /// `backlog` or `ready`.
    pub status: Status,
    /// One line for people.
    pub title: String,
    /// Markdown for the agent.
    pub body: String,
    /// Order of dispatch.
    pub priority: Priority,
    /// Who should do it.
    pub routing: Routing,
    /// What it waits for.
    pub depends_on: Vec<TaskId>,
    /// When one of them counts as met.
    pub dependency_policy: DependencyPolicy,
    /// What it is a part of.
    pub parent_id: Option<TaskId>,
    /// Two running tasks never share one.
    pub resource: Option<String>,
    /// Open map.
    pub metadata: Map<String, Value>,
    /// Who makes it.
    pub created_by: String,
}

/// Makes the card.
#[must_use]
pub fn create(draft: Draft, content_hash: String, now: Instant) -> Step {
    let routing = json!({
        "agent": draft.routing.agent.as_ref().map(ToString::to_string),
        "role": draft.routing.role.as_ref().map(ToString::to_string),
        "team": draft.routing.team.as_ref().map(ToString::to_string),
        "tags": draft.routing.tags,
    });
    let event = EventDraft::new(
        "task.created",
        json!({
            "title": draft.title,
            "priority": draft.priority.as_str(),
            "status": draft.status.as_str(),
            "routing": routing,
        }),
    );
    let card = Card {
        schema_version: 2,
        id: draft.id,
        project: Some(draft.project),
        title: draft.title,
        status: draft.status,
        priority: draft.priority,
        routing: draft.routing,
        lease: None,
        created_at: now,
        updated_at: now,
        last_transition_at: now,
        created_by: draft.created_by,
        parent_id: draft.parent_id,
        depends_on: draft.depends_on,
        dependency_policy: draft.dependency_policy,
        sla: CardSla::default(),
        content_hash: Some(content_hash),
        metadata: draft.metadata,
        resource: draft.resource,
        workflow: None,
        hop: None,
        budget: None,
        revision: 1,
        body: draft.body,
    };
    Step {
        card,
        events: vec![event],
    }
}
