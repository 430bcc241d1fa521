//! A run: one attempt of one agent at one task.
//!
//! Invariant: a run ends once; whatever is reported of it later is `late` and changes nothing.

use crate::id::{AgentId, ProjectId, RunId, TaskId};
use crate::instant::Instant;
use crate::lease::Lease;
use crate::org::Method;
use crate::usage::Usage;

/// How far a run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunState {
    /// The spawn effect is recorded.
    Requested,
    /// The host reported a session.
    Started,
    /// It is over.
    Ended,
}

impl RunState {
    /// The name as written in `run.json`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            RunState::Requested => "requested",
            RunState::Started => "started",
            RunState::Ended => "ended",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [RunState::Requested, RunState::Started, RunState::Ended]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// How a run came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunOutcome {
    /// The agent completed the task.
    Completed,
    /// The agent, or a person, blocked the task.
    Blocked,
    /// The task was given back or handed on.
    Released,
    /// The task was cancelled or finished by somebody else.
    Cancelled,
    /// The session ended although the task was not completed.
    Exited,
    /// The session was killed.
    Killed,
    /// The run exceeded its limit.
    TimedOut,
    /// The host does not know the session.
    Lost,
    /// No session could be started.
    FailedToStart,
    /// The lease lapsed.
    Expired,
}

impl RunOutcome {
    const ALL: [RunOutcome; 10] = [
        RunOutcome::Completed,
        RunOutcome::Blocked,
        RunOutcome::Released,
        RunOutcome::Cancelled,
        RunOutcome::Exited,
        RunOutcome::Killed,
        RunOutcome::TimedOut,
        RunOutcome::Lost,
        RunOutcome::FailedToStart,
        RunOutcome::Expired,
    ];

    /// The outcome of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        RunOutcome::ALL
            .into_iter()
            .find(|outcome| outcome.as_str() == text)
    }

    /// The name as written in `run.json`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            RunOutcome::Completed => "completed",
            RunOutcome::Blocked => "blocked",
            RunOutcome::Released => "released",
            RunOutcome::Cancelled => "cancelled",
            RunOutcome::Exited => "exited",
            RunOutcome::Killed => "killed",
            RunOutcome::TimedOut => "timed-out",
            RunOutcome::Lost => "lost",
            RunOutcome::FailedToStart => "failed-to-start",
            RunOutcome::Expired => "expired",
        }
    }
}

/// The record of one run, as kept in `runs/<task>/<run>/run.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Identity; also the key of its spawn effect.
    pub id: RunId,
    /// Project of the task.
    pub project: ProjectId,
    /// The task.
    pub task: TaskId,
    /// Who works.
    pub agent: AgentId,
    /// How the agent is reached, where the chart says.
    pub method: Option<Method>,
    /// From 1.
    pub attempt: u32,
    /// How far it has come.
    pub state: RunState,
    /// Session, once reported.
    pub session: Option<String>,
    /// When it was decided.
    pub requested_at: Instant,
    /// When its session was reported.
    pub started_at: Option<Instant>,
    /// When it ended.
    pub ended_at: Option<Instant>,
    /// How it ended.
    pub outcome: Option<RunOutcome>,
    /// Exit code of the agent's program, where there is one.
    pub exit_code: Option<i32>,
    /// Why it ended that way, or what the agent summed up.
    pub reason: Option<String>,
    /// What it used, once somebody told.
    pub usage: Option<Usage>,
}

impl Run {
    /// A run that was just decided, or of which only the lease is known. None if the lease names no
    /// run, as in cards of AOF 1.20.
    #[must_use]
    pub fn requested(project: ProjectId, task: TaskId, lease: &Lease) -> Option<Self> {
        Some(Run {
            id: lease.run.clone()?,
            project,
            task,
            agent: lease.agent.clone(),
            method: None,
            attempt: lease.attempt,
            state: RunState::Requested,
            session: None,
            requested_at: lease.acquired_at,
            started_at: None,
            ended_at: None,
            outcome: None,
            exit_code: None,
            reason: None,
            usage: None,
        })
    }
}
