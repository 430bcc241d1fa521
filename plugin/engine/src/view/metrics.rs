//! Numbers for dashboards.

use aof_core::json::ToLine as _;
use aof_core::refusal::Refusal;
use aof_store::port::Store;
use serde_json::json;

use crate::engine::Engine;
use crate::summary;

impl<S: Store> Engine<S> {
    /// `{"metrics": {…}}`: tasks now, and counts since opening.
    ///
    /// # Errors
    /// `AOF-2010` if the store is not open.
    pub fn metrics(&mut self) -> Result<String, Refusal> {
        let (_, session) = self.fresh()?;
        let index = &session.shelf.index;
        let counters = &session.counters;
        Ok(json!({"metrics": {
            "tasks": summary::counts(index),
            "running": index.running(),
            "runsMax": session.settings.scheduler.max_concurrent_dispatches,
            "platformLimit": session.ledger.platform_limit(),
            "polls": counters.polls,
            "dispatches": counters.dispatches,
            "completions": counters.completions,
            "failures": counters.failures,
            "quarantined": session.shelf.quarantine.len(),
            "epoch": session.opening.epoch,
        }})
        .to_line())
    }
}
