//! What waits for a person.

use serde::Deserialize;
use serde_json::Value;

use super::HopOf;

/// All of it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Inbox {
    /// How much there is, shown or not.
    pub count: u64,
    /// What is shown, the oldest first.
    pub items: Vec<Item>,
}

/// One task.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Item {
    /// The task.
    pub task: String,
    /// Its title.
    pub title: String,
    /// `decision`, `question`, `review` or `work`.
    pub kind: String,
    /// Who should do it.
    pub r#for: String,
    /// Since when it waits.
    pub since: Option<String>,
    /// The hop that it is, of which task's workflow.
    pub hop: Option<HopOf>,
    /// What the workflow says that is to be done.
    pub question: Option<String>,
    /// What led to a decision so far.
    pub suggestion: Option<String>,
    /// What the hops before it came to.
    pub before: Vec<Before>,
    /// Who handed it in.
    pub by: Option<String>,
    /// What that one said.
    pub result: Value,
    /// Where its files lie.
    pub work_dir: Option<String>,
    /// What decides it.
    pub commands: Vec<String>,
}

/// What a hop came to.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Before {
    /// The hop.
    pub hop: String,
    /// Where it stands.
    pub state: String,
    /// Its outcome.
    pub outcome: Option<String>,
    /// Who did it.
    pub by: Option<String>,
    /// What it voted for.
    pub verdict: Option<String>,
    /// How sure it was.
    pub confidence: Option<f64>,
    /// What it said.
    pub notes: Option<String>,
}
