//! The executor of a store that has none: it says so before anything is started, and what to do.
//!
//! Invariant: it never has a session.

use crate::contract::hooks::FailureClass;
use crate::contract::lifecycle::AdoptedRun;
use crate::contract::types::SpawnEffect;

use super::port::{Adoption, Executor, KnownAgent, News, SessionId, StartFailure};

/// Refuses every start for the same reason.
#[derive(Debug, Clone)]
pub struct Unset {
    reason: String,
    agents: Option<Vec<KnownAgent>>,
}

impl Unset {
    /// Refuses for this reason.
    pub fn because(reason: &str) -> Self {
        Self {
            reason: reason.to_owned(),
            agents: None,
        }
    }

    /// It knows who could be started elsewhere.
    #[must_use]
    pub fn knowing(self, agents: Option<Vec<KnownAgent>>) -> Self {
        Self { agents, ..self }
    }
}

impl Executor for Unset {
    fn start(&mut self, _spawn: &SpawnEffect) -> Result<SessionId, StartFailure> {
        // A start that was decided before is nobody's fault: the task is given back.
        Err(StartFailure {
            class: FailureClass::Capacity,
            message: self.reason.clone(),
        })
    }

    fn missing(&self) -> Option<String> {
        Some(self.reason.clone())
    }

    fn agents(&self) -> Option<Vec<KnownAgent>> {
        self.agents.clone()
    }

    fn cancel(&mut self, _run: &str, _reason: &str) {}

    fn adopt(&mut self, _run: &AdoptedRun) -> Adoption {
        Adoption::Unknown
    }

    fn news(&mut self) -> Vec<News> {
        Vec::new()
    }

    fn live(&self) -> usize {
        0
    }

    fn next_wake_ms(&self) -> Option<u64> {
        None
    }
}
