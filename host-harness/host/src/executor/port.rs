//! The port between the gateway and whatever runs agents.
//!
//! It never blocks: starting, cancelling and asking for news return at once.
//! Invariant: `start` with a run that was started before answers the same session.

use std::sync::Arc;

use crate::contract::hooks::{FailureClass, SessionEnd};
use crate::contract::lifecycle::AdoptedRun;
use crate::contract::types::SpawnEffect;

/// Names one session; derived from the run, so that repeating a start gives the same one.
pub type SessionId = String;

/// Called by an executor, from any thread, when there is news to fetch.
pub type Waker = Arc<dyn Fn() + Send + Sync>;

/// Why a session could not be started.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct StartFailure {
    /// Whether a retry makes sense.
    pub class: FailureClass,
    /// What went wrong, for people.
    pub message: String,
}

impl StartFailure {
    /// A failure that will repeat.
    pub fn permanent(message: impl Into<String>) -> Self {
        Self {
            class: FailureClass::Permanent,
            message: message.into(),
        }
    }

    /// A way to reach an agent that this executor does not have.
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self {
            class: FailureClass::Unsupported,
            message: message.into(),
        }
    }

    /// A failure that may not repeat.
    pub fn transient(message: impl Into<String>) -> Self {
        Self {
            class: FailureClass::Transient,
            message: message.into(),
        }
    }
}

/// An agent that an executor knows, by the name that it has there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownAgent {
    /// Its id.
    pub id: String,
    /// Its name for people, if there is one.
    pub name: Option<String>,
    /// Model that it runs on, if known.
    pub model: Option<String>,
    /// Who serves that model, if known.
    pub provider: Option<String>,
    /// Whether it can be used.
    pub is_active: bool,
    /// Whether it is held to a profile of permissions; none if that cannot be said.
    pub has_profile: Option<bool>,
}

impl KnownAgent {
    /// One of which nothing is known but its id.
    pub fn bare(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            name: None,
            model: None,
            provider: None,
            is_active: true,
            has_profile: None,
        }
    }
}

/// What became of a run that an earlier host left behind.
#[derive(Debug, Clone)]
pub enum Adoption {
    /// Its session lives and is watched from now on.
    Alive(SessionId),
    /// Its session ended while nobody looked.
    Ended(SessionEnd),
    /// Nothing is known of it, and nothing of it can start any more.
    Unknown,
}

/// Something that happened in a session.
#[derive(Debug, Clone)]
pub enum News {
    /// The session of this run is over.
    Ended {
        /// The run.
        run: String,
        /// How it ended.
        end: SessionEnd,
    },
    /// The session of this run lives.
    Heartbeat {
        /// The run.
        run: String,
    },
    /// The session calls a tool; the executor vouches for the run.
    Tool {
        /// The run.
        run: String,
        /// The tool's name.
        name: String,
        /// The arguments, a JSON object.
        arguments: String,
    },
}

/// Runs agents.
pub trait Executor: Send {
    /// Starts the session of a run by the method that the effect names, or finds the one that was
    /// started before.
    ///
    /// # Errors
    /// Says why there is no session, and whether a retry makes sense; a method that the executor
    /// does not have is `unsupported`.
    fn start(&mut self, spawn: &SpawnEffect) -> Result<SessionId, StartFailure>;

    /// Ends the session of a run; its end arrives as news. An unknown run is left alone.
    fn cancel(&mut self, run: &str, reason: &str);

    /// Takes over a run that an earlier host started.
    fn adopt(&mut self, run: &AdoptedRun) -> Adoption;

    /// Hands out what happened since the last call, oldest first.
    fn news(&mut self) -> Vec<News>;

    /// Why no session can be started at all, if so. Asked before every poll.
    fn missing(&self) -> Option<String> {
        None
    }

    /// The agents that it knows; none if it cannot say, as when it starts whoever is asked for.
    /// Asked before every poll.
    fn agents(&self) -> Option<Vec<KnownAgent>> {
        None
    }

    /// How many sessions live.
    fn live(&self) -> usize;

    /// When there will be news without anybody calling the waker.
    fn next_wake_ms(&self) -> Option<u64>;

    /// Asks to be told when news arrives.
    fn on_news(&mut self, _waker: Waker) {}

    /// The process whose descendants belong to this run, if it has one.
    fn process_of(&self, _run: &str) -> Option<u32> {
        None
    }
}
