//! What the host should do in the world, as data.
//!
//! Invariant: an effect is recorded in the same commit as the state that justifies it, and its key
//! makes repeating it harmless. Nothing here is ever executed by the component.

use crate::id::{AgentId, ProjectId, RunId, TaskId};
use crate::org::Method;

/// Reach an agent for one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spawn {
    /// Project of the task.
    pub project: ProjectId,
    /// The task.
    pub task: TaskId,
    /// Its title.
    pub title: String,
    /// The run; the effect's key begins with it.
    pub run: RunId,
    /// Number of the run among the task's runs, from 1.
    pub attempt: u32,
    /// Who works.
    pub agent: AgentId,
    /// Session of the agent, if the org chart names one.
    pub session_key: Option<String>,
    /// The card, relative to the data root.
    pub card_path: String,
    /// Where the agent works; stays valid while the card moves.
    pub work_dir: String,
    /// Where the run's records lie.
    pub run_dir: String,
    /// Limit of the run.
    pub timeout_ms: u64,
    /// What the agent is told.
    pub prompt: String,
    /// The ways to reach the agent, in order; empty if the chart does not say.
    pub methods: Vec<Method>,
    /// How those failed that were tried before this one, a line each.
    pub passed: Vec<String>,
}

impl Spawn {
    /// The way to try, where the chart says.
    #[must_use]
    pub fn method(&self) -> Option<Method> {
        self.methods.get(self.passed.len()).copied()
    }

    /// The same by the next way, after this one failed.
    ///
    /// # Errors
    /// There is no other; how each of them failed.
    pub fn next(mut self, why: String) -> Result<Spawn, Vec<String>> {
        self.passed.push(why);
        match self.method() {
            Some(_) => Ok(self),
            None => Err(self.passed),
        }
    }

    /// The idempotency key.
    #[must_use]
    pub fn key(&self) -> String {
        match self.passed.len() {
            0 => self.run.to_string(),
            at => format!("{}/{at}", self.run),
        }
    }
}

/// End the session of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancel {
    /// The run.
    pub run: RunId,
    /// Its session, if it was reported.
    pub session: Option<String>,
    /// Why, for logs.
    pub reason: String,
}

/// How loud a notice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
pub enum Severity {
    /// Good to know.
    Info,
    /// Someone should look.
    Warn,
    /// Someone must look.
    Critical,
}

impl Severity {
    /// The name in files and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warn => "warn",
            Severity::Critical => "critical",
        }
    }
}

/// Tell people something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notify {
    /// Idempotency key.
    pub key: String,
    /// How loud.
    pub severity: Severity,
    /// Whom it is for; none for whoever runs it.
    pub audience: Option<String>,
    /// Where it is told, such as a channel of the host; none for wherever it tells such things.
    pub channel: Option<String>,
    /// The task it is about.
    pub task: Option<TaskId>,
    /// The text.
    pub message: String,
}

/// One thing for the host to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Start a session.
    Spawn(Box<Spawn>),
    /// End a session.
    Cancel(Cancel),
    /// Tell people.
    Notify(Notify),
}

impl Effect {
    /// The idempotency key.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Effect::Spawn(spawn) => spawn.key(),
            Effect::Cancel(cancel) => format!("cancel:{}", cancel.run),
            Effect::Notify(notify) => notify.key.clone(),
        }
    }
}
