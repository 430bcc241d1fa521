//! Configuration of one data directory: `aof.yaml` with the host's overrides laid over it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::budget::Budget;
use crate::sla::Sla;

/// Knobs of the scheduler. Defaults: AOF 1.20, "Default constants".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchedulerSettings {
    /// Runs at the same time, over all projects.
    pub max_concurrent_dispatches: u32,
    /// Dispatches in one poll.
    pub max_dispatches_per_poll: u32,
    /// Least time between two dispatches; 0 for none.
    pub min_dispatch_interval_ms: u64,
    /// How long a task waits until it counts as one step more urgent, up to high; 0 for never.
    pub aging_ms: u64,
    /// Life of a lease without a sign of life.
    pub default_lease_ttl_ms: u64,
    /// Limit of one run unless the card says otherwise.
    pub run_timeout_ms: u64,
    /// Longest wait between two polls when nothing happens.
    pub poll_interval_ms: u64,
    /// First delay before a failed task is tried again; it triples each time.
    pub retry_base_ms: u64,
    /// Failures of one task before it becomes a dead letter.
    pub failures_max: u32,
    /// Whether blocking a task blocks those that depend on it.
    pub cascade_blocks: bool,
}

impl Default for SchedulerSettings {
    fn default() -> Self {
        SchedulerSettings {
            max_concurrent_dispatches: 3,
            max_dispatches_per_poll: 10,
            min_dispatch_interval_ms: 0,
            aging_ms: 86_400_000,
            default_lease_ttl_ms: 600_000,
            run_timeout_ms: 300_000,
            poll_interval_ms: 30_000,
            retry_base_ms: 60_000,
            failures_max: 3,
            cascade_blocks: false,
        }
    }
}

/// The whole configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Knobs of the scheduler.
    pub scheduler: SchedulerSettings,
    /// How long tasks may stand in one status.
    pub sla: Sla,
    /// How much may be used by everybody together.
    pub budgets: Vec<Budget>,
    /// Section for the host, checked only in outline here: an object with a `kind`.
    pub executor: Value,
    /// Where each value that is no default comes from, by its path: `aof.yaml:3`, or what the host
    /// calls its override.
    pub origins: BTreeMap<String, String>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            scheduler: SchedulerSettings::default(),
            sla: Sla::system(),
            budgets: Vec::new(),
            executor: Value::Null,
            origins: BTreeMap::new(),
        }
    }
}
