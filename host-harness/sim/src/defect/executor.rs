//! An executor that forgets what an earlier host started.
//!
//! Never touches the sessions themselves. Invariant: only adoption is wrong.

use aof_host::contract::lifecycle::AdoptedRun;
use aof_host::contract::types::SpawnEffect;
use aof_host::executor::{Adoption, Executor, News, SessionId, StartFailure};

use crate::agent::SimExecutor;

/// Finds nothing of a run that lives.
pub(super) struct FlawedExecutor(SimExecutor);

impl FlawedExecutor {
    pub(super) fn new(whole: SimExecutor) -> Self {
        Self(whole)
    }
}

impl Executor for FlawedExecutor {
    fn start(&mut self, spawn: &SpawnEffect) -> Result<SessionId, StartFailure> {
        self.0.start(spawn)
    }

    fn cancel(&mut self, run: &str, reason: &str) {
        self.0.cancel(run, reason);
    }

    fn adopt(&mut self, _run: &AdoptedRun) -> Adoption {
        Adoption::Unknown
    }

    fn news(&mut self) -> Vec<News> {
        self.0.news()
    }

    fn live(&self) -> usize {
        self.0.live()
    }

    fn next_wake_ms(&self) -> Option<u64> {
        self.0.next_wake_ms()
    }
}
