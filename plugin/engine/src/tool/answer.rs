//! Answers of tools. Every answer is an object under a noun, because gateways reserve names such as
//! `status` and `error` on top.

use aof_core::card::Card;
use serde::Serialize;
use serde_json::{Map, Value};

/// A task that was made or changed.
#[derive(Debug, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub(super) struct Touched {
    /// The task.
    pub(super) task: TouchedTask,
}

/// What is new of a task.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct TouchedTask {
    /// Its id.
    pub(super) task_id: String,
    /// Where it stands now.
    pub(super) status: String,
    /// Its project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) project: Option<String>,
    /// Its card, relative to the data directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file_path: Option<String>,
    /// When it was changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) updated_at: Option<String>,
    /// Whether the body was replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) body_updated: Option<bool>,
    /// Whether the status changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) transitioned: Option<bool>,
    /// What it waits for now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) depends_on: Option<Vec<String>>,
    /// Who is told how it ends is changed under this name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) subscription_id: Option<String>,
    /// The revision of its card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) revision: Option<u64>,
    /// Why it is blocked or cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
}

/// A task as a whole.
#[derive(Debug, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub(super) struct Whole {
    /// Card, body, metadata, runs.
    pub(super) task: Map<String, Value>,
}

/// A part of a list.
#[derive(Debug, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub(super) struct List {
    /// The page.
    pub(super) list: Page,
}

/// Tasks, and where to go on.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub(super) struct Page {
    /// As in a report, in the order of their ids. There may be fewer than asked for although
    /// `next` is given.
    pub(super) tasks: Vec<Value>,
    /// The cursor of the next page; null if nothing is left.
    pub(super) next: Option<String>,
}

/// A run that holds a task.
#[derive(Debug, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub(super) struct Held {
    /// Its lease.
    pub(super) lease: HeldTask,
}

/// A lease.
#[derive(Debug, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct HeldTask {
    /// What is held.
    pub(super) task_id: String,
    /// By which run.
    pub(super) run: String,
    /// Until when, unless it is extended again.
    pub(super) expires_at: Option<String>,
}

/// What a poll would do with a task, and why.
#[cfg(not(target_arch = "wasm32"))]
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(super) struct Decision {
    /// `task`, `status`, `verdict`, `agent`, `reasons`, `via`, `rule`, `candidates`, `caps`,
    /// `dependencies`.
    pub(super) decision: Map<String, Value>,
}

/// The org chart.
#[cfg(not(target_arch = "wasm32"))]
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(super) struct Org {
    /// What `aof org show` shows.
    pub(super) org: Map<String, Value>,
}

/// A workflow, or a condition.
#[cfg(not(target_arch = "wasm32"))]
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(super) struct Workflow {
    /// `path`, `usable`, `errors`, `findings`, `definition`, `template`, `isDefault`; `templates`
    /// and `default` of a project; `condition`, `holds` and `part` of a condition.
    pub(super) workflow: Map<String, Value>,
}

/// What is different in the workflow of a task.
#[cfg(not(target_arch = "wasm32"))]
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(super) struct Upgrade {
    /// `taskId`, `status`, `upgraded`, the names of hops: `added`, `removed`, `changed`, and the
    /// `fields` of the workflow itself that differ.
    pub(super) upgrade: Map<String, Value>,
}

/// Counts and tasks.
#[derive(Debug, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub(super) struct Report {
    /// `total`, `byStatus`, `tasks`, `truncated`, `quarantined`.
    pub(super) report: Map<String, Value>,
}

/// What every change answers.
pub(super) fn touched(card: &Card) -> TouchedTask {
    TouchedTask {
        task_id: card.id.to_string(),
        status: card.status.to_string(),
        ..TouchedTask::default()
    }
}

/// An answer as JSON.
pub(super) fn json<T: Serialize>(answer: &T) -> Value {
    // Plain structs of text, numbers and maps always become JSON.
    serde_json::to_value(answer).unwrap_or_default()
}
