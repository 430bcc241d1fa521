//! The answers of the component, as far as they are shown to people.
//!
//! Only reading: `--json` prints what the component said, not these. Invariant: a field that is
//! missing or new is no error; an older or newer component can still be shown.

pub mod inbox;
pub mod notification;
pub mod org;
pub mod usage;
pub mod workflow;

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use usage::{Budget, Sum};

/// The statuses, in the order of a task's life.
pub const STATUSES: [&str; 8] = [
    "backlog",
    "ready",
    "in-progress",
    "blocked",
    "review",
    "done",
    "cancelled",
    "deadletter",
];

/// How many tasks are in each status.
pub type Counts = BTreeMap<String, u64>;

/// Reads what stands under `noun` in an answer; what cannot be read is empty.
pub fn read<T: DeserializeOwned + Default>(answer: &Value, noun: &str) -> T {
    let found = answer.get(noun).cloned().unwrap_or_default();
    serde_json::from_value(found).unwrap_or_else(|error| {
        tracing::warn!(noun, %error, "the answer has a shape that this version does not know");
        T::default()
    })
}

/// A task in one line.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Summary {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Where it stands.
    pub status: String,
    /// How urgent it is.
    pub priority: String,
    /// The project that it belongs to.
    pub project: Option<String>,
    /// Who has it, or should get it.
    pub agent: Option<String>,
    /// The role that should get it.
    pub role: Option<String>,
    /// The team that should get it.
    pub team: Option<String>,
    /// Its current run's number.
    pub attempt: Option<u64>,
    /// Why it is blocked, given up or waiting.
    pub reason: Option<String>,
    /// What must be done before.
    pub depends_on: Vec<String>,
    /// When it was made.
    pub created_at: Option<String>,
    /// When it came into its status.
    pub last_transition_at: Option<String>,
    /// The workflow that it is a hop of.
    pub hop: Option<HopOf>,
}

impl Summary {
    /// Who it is for, in one word.
    pub fn whom(&self) -> String {
        match (&self.agent, &self.role, &self.team) {
            (Some(agent), _, _) => agent.clone(),
            (None, Some(role), _) => format!("role {role}"),
            (None, None, Some(team)) => format!("team {team}"),
            (None, None, None) => String::new(),
        }
    }
}

/// One thing that a check found.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Finding {
    /// A stable word for programs.
    pub kind: String,
    /// `info`, `warning` or `error`.
    pub level: String,
    /// Stable code, if there is one.
    pub code: Option<String>,
    /// The task.
    pub task: Option<String>,
    /// `path` or `path:line`.
    pub location: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl Finding {
    /// Whether something is lost, doubled or wrong.
    pub fn is_error(&self) -> bool {
        self.level == "error"
    }
}

/// One page of an audit.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AuditPage {
    /// What was found.
    pub findings: Vec<Finding>,
    /// The page that follows.
    pub next: Option<u32>,
    /// Events read so far.
    pub events: u64,
    /// Cards compared so far.
    pub cards: u64,
    /// Findings that were too many to be kept.
    pub dropped: u64,
}

/// One column of the board.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Column {
    /// Its status.
    pub status: String,
    /// How many cards it has, shown or not.
    pub count: u64,
    /// The cards that are shown.
    pub cards: Vec<Summary>,
}

/// A file that could not be understood.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Quarantined {
    /// The file.
    pub path: String,
    /// Stable code.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
    /// Where in the file.
    pub location: Option<String>,
}

/// The board.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Board {
    /// A column for each status.
    pub columns: Vec<Column>,
    /// Tasks per status.
    pub counts: Counts,
    /// Runs that live.
    pub running: u64,
    /// What could not be read.
    pub quarantined: Vec<Quarantined>,
    /// What is in force although something about it should be known.
    pub notices: Vec<Quarantined>,
    /// Budgets that are nearly spent, or are.
    pub budgets: Vec<Budget>,
}

impl Board {
    /// All cards that are shown.
    pub fn cards(&self) -> impl Iterator<Item = &Summary> {
        self.columns.iter().flat_map(|column| &column.cards)
    }
}

/// What is wrong with a project.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Flaw {
    /// `manifest`, `structure`, `hierarchy` or `tasks`.
    pub category: String,
    /// `warning` or `error`.
    pub level: String,
    /// Where.
    pub location: String,
    /// What.
    pub message: String,
    /// What to do.
    pub hint: String,
}

/// A project.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Project {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// `active`, `paused` or `archived`.
    pub status: String,
    /// The project that it is a part of.
    pub parent_id: Option<String>,
    /// The team that owns it.
    pub team: Option<String>,
    /// The agent that owns it.
    pub lead: Option<String>,
    /// Tasks that are not finished.
    pub open: u64,
    /// Tasks that are.
    pub finished: u64,
    /// Its folder.
    pub path: Option<String>,
    /// What above it keeps its tasks from being dispatched.
    pub rests_because: Option<String>,
    /// What is wrong with it, if that was asked.
    pub findings: Vec<Flaw>,
}

/// One setting.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SettingValue {
    /// Its path.
    pub key: String,
    /// What it is.
    pub value: Value,
    /// Where it comes from.
    pub origin: String,
}

/// The settings in force.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Settings {
    /// Each with its origin.
    pub values: Vec<SettingValue>,
    /// What should be known about the file.
    pub findings: Vec<Quarantined>,
    /// Why the file as it lies there now did not take effect.
    pub rejected: Vec<Quarantined>,
}

/// A page of tasks.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Page {
    /// Those that fit.
    pub tasks: Vec<Summary>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

/// What is said of all tasks.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Report {
    /// How many there are.
    pub total: u64,
    /// What could not be read.
    pub quarantined: Vec<Quarantined>,
}

/// One run of a task.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Run {
    /// Its id.
    pub run: String,
    /// Its number.
    pub attempt: u64,
    /// Who ran.
    pub agent: String,
    /// `requested`, `started` or `ended`.
    pub state: String,
    /// How it ended.
    pub outcome: Option<String>,
    /// When it started.
    pub started_at: Option<String>,
    /// Why it ended like that.
    pub reason: Option<String>,
    /// What the agent said at the end.
    pub summary: Option<String>,
    /// Where its records lie.
    pub run_dir: Option<String>,
}

/// A task in full, besides what [`Summary`] has.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Detail {
    /// The Markdown of the card.
    pub body: String,
    /// Counts our writes.
    pub revision: u64,
    /// The card.
    pub path: Option<String>,
    /// Where its work lies.
    pub work_dir: Option<String>,
    /// The task that it is a part of.
    pub parent_id: Option<String>,
    /// What it must not share.
    pub resource: Option<String>,
    /// Who made it.
    pub created_by: Option<String>,
    /// When its content changed.
    pub updated_at: Option<String>,
    /// Words that describe the work.
    pub tags: Vec<String>,
    /// What they used.
    pub usage: Option<Sum>,
    /// How its budget stands.
    pub budgets: Vec<Budget>,
    /// Its runs, oldest first.
    pub runs: Vec<Run>,
    /// The workflow that it carries.
    pub workflow: Option<Carried>,
    /// The workflow that it is a hop of.
    pub hop: Option<HopOf>,
}

/// Which hop of another task's workflow a task is.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HopOf {
    /// The task that carries the workflow.
    pub of: String,
    /// The hop.
    pub id: String,
}

/// How far the workflow of a task has come.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Carried {
    /// Its name.
    pub name: String,
    /// As a whole.
    pub status: String,
    /// Hop by hop.
    pub hops: Vec<CarriedHop>,
}

/// How far a hop has come.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CarriedHop {
    /// Its name.
    pub id: String,
    /// Where it stands.
    pub state: String,
    /// What came of it.
    pub outcome: Option<String>,
    /// Why it was skipped.
    pub skipped: Option<String>,
    /// Who did it.
    pub by: Option<String>,
    /// Its card.
    pub task: Option<String>,
    /// How often it was begun.
    pub pass: u64,
    /// How often it sent work back.
    pub rejections: u64,
    /// Why it failed.
    pub reason: Option<String>,
}

/// One thing that a poll did.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Action {
    /// `dispatch`, `promote`, `requeue`, `expire`, `review` or another word.
    pub kind: String,
    /// The task; none of one that would be made.
    pub task: Option<String>,
    /// Its title.
    pub title: String,
    /// Who got it.
    pub agent: Option<String>,
    /// Why.
    pub reason: String,
}

/// What a poll did.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Poll {
    /// Nothing was really done.
    pub dry_run: bool,
    /// What was done.
    pub actions: Vec<Action>,
    /// What could not be started; the first 50.
    pub waiting: Vec<Action>,
    /// How many could not be started.
    pub waiting_total: u64,
    /// Runs that live.
    pub running: u64,
    /// Tasks per status.
    pub counts: Counts,
    /// Why nothing was done.
    pub reason: Option<String>,
}

/// An agent that was considered.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Candidate {
    /// Who.
    pub agent: String,
    /// `chosen`, `eligible` or `rejected`.
    pub verdict: String,
    /// Why.
    pub reason: String,
}

/// A bound on how much runs at once.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Cap {
    /// What is bounded.
    pub name: String,
    /// How much is in use.
    pub used: u64,
    /// How much there is.
    pub limit: u64,
}

/// A task that another one waits for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Dependency {
    /// Which.
    pub id: String,
    /// Where it stands.
    pub status: String,
}

/// Why a task stands where it stands.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Decision {
    /// The task.
    pub task: String,
    /// Its title; none of what is finished or not understood.
    pub title: Option<String>,
    /// Where it stands; none of what is not understood.
    pub status: Option<String>,
    /// What would happen at the next poll.
    pub verdict: String,
    /// Who would get it.
    pub agent: Option<String>,
    /// Why, a line each.
    pub reasons: Vec<String>,
    /// What led to the candidates.
    pub via: Option<String>,
    /// Who was considered.
    pub candidates: Vec<Candidate>,
    /// Bounds that apply.
    pub caps: Vec<Cap>,
    /// What its runs used.
    pub usage: Option<Sum>,
    /// What it waits for.
    pub dependencies: Vec<Dependency>,
    /// The card.
    pub path: Option<String>,
}

/// One line of the event log.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Event {
    /// What happened.
    #[serde(rename = "type")]
    pub kind: String,
    /// When.
    pub timestamp: String,
    /// Who did it.
    pub actor: String,
    /// To which task.
    pub task_id: Option<String>,
    /// What else is known.
    pub payload: Value,
}

/// A tool.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Tool {
    /// What to call it by.
    pub name: String,
    /// What it is called by people.
    pub title: String,
    /// What it does.
    pub description: String,
    /// What it takes, as a JSON Schema.
    pub input_schema: Value,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn unknown_and_missing_fields_are_no_error() {
        let answer = json!({"poll": {"dryRun": true, "somethingNew": [1, 2]}});
        let poll: Poll = read(&answer, "poll");
        assert!(poll.dry_run && poll.actions.is_empty());
    }

    #[test]
    fn an_answer_of_another_shape_is_empty() {
        let report: Report = read(&json!({"report": "what?"}), "report");
        assert_eq!(report.total, 0);
        let board: Board = read(&json!(null), "board");
        assert!(board.columns.is_empty());
    }

    #[test]
    fn a_task_is_for_its_agent_before_its_role_before_its_team() {
        let whom = |value: Value| read::<Summary>(&json!({ "t": value }), "t").whom();
        assert_eq!(whom(json!({"agent": "a", "role": "r", "team": "t"})), "a");
        assert_eq!(
            whom(json!({"agent": null, "role": "r", "team": "t"})),
            "role r"
        );
        assert_eq!(whom(json!({"team": "t"})), "team t");
        assert_eq!(whom(json!({})), "");
    }
}
