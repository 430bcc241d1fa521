//! Limits on what runs at the same time, counted in one place.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::id::{AgentId, TaskId};
use crate::index::{Row, TaskIndex};
use crate::plan::Snapshot;
use crate::settings::SchedulerSettings;

/// One limit and how much of it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cap {
    /// Which limit.
    pub name: String,
    /// Used now.
    pub used: u32,
    /// Allowed.
    pub limit: u32,
}

/// What this plan has given out so far, on top of what runs already.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) dispatched: u32,
    by_agent: BTreeMap<AgentId, u32>,
    resources: BTreeSet<String>,
}

impl Tally {
    pub(super) fn take(&mut self, row: &Row, agent: &AgentId) {
        self.dispatched += 1;
        *self.by_agent.entry(agent.clone()).or_default() += 1;
        if let Some(resource) = &row.resource {
            self.resources.insert(resource.clone());
        }
    }

    pub(super) fn of_agent(&self, agent: &AgentId) -> u32 {
        self.by_agent.get(agent).copied().unwrap_or_default()
    }

    /// Why nothing more can start at all, if so.
    pub(super) fn exhausted(
        &self,
        index: &TaskIndex,
        settings: &SchedulerSettings,
    ) -> Option<Exhausted> {
        let running = index.running() + self.dispatched;
        let limit = settings.max_concurrent_dispatches;
        if running >= limit {
            return Some(Exhausted::Runs { running, limit });
        }
        let limit = settings.max_dispatches_per_poll;
        (self.dispatched >= limit).then_some(Exhausted::Dispatches { limit })
    }

    /// Why this row cannot start beside what runs, if so.
    pub(super) fn resource_taken<'a>(
        &self,
        index: &'a TaskIndex,
        row: &'a Row,
    ) -> Option<Taken<'a>> {
        let resource = row.resource.as_deref()?;
        if let Some(holder) = index.holder_of(resource) {
            return Some(Taken::Held { resource, holder });
        }
        self.resources
            .contains(resource)
            .then_some(Taken::Promised { resource })
    }
}

/// Why nothing more can start in this poll.
#[derive(Debug, Clone, Copy)]
pub(super) enum Exhausted {
    Runs { running: u32, limit: u32 },
    Dispatches { limit: u32 },
}

impl fmt::Display for Exhausted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Exhausted::Runs { running, limit } => write!(
                f,
                "{running} of {limit} runs are taken (scheduler.maxConcurrentDispatches)"
            ),
            Exhausted::Dispatches { limit } => write!(
                f,
                "{limit} dispatches in one poll are the limit (scheduler.maxDispatchesPerPoll)"
            ),
        }
    }
}

/// Who has the resource that a task wants.
#[derive(Debug, Clone, Copy)]
pub(super) enum Taken<'a> {
    Held {
        resource: &'a str,
        holder: &'a TaskId,
    },
    Promised {
        resource: &'a str,
    },
}

impl fmt::Display for Taken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Taken::Held { resource, holder } => {
                write!(f, "resource `{resource}` is held by {holder}")
            }
            Taken::Promised { resource } => {
                write!(f, "resource `{resource}` goes to another task in this poll")
            }
        }
    }
}

pub(super) fn of(snapshot: &Snapshot<'_>, row: &Row, agent: Option<&AgentId>) -> Vec<Cap> {
    let index = snapshot.index;
    let mut caps = vec![Cap {
        name: "scheduler.maxConcurrentDispatches".to_owned(),
        used: index.running(),
        limit: snapshot.settings.max_concurrent_dispatches,
    }];
    if let Some(agent) = agent.and_then(|agent| snapshot.chart.agent(agent)) {
        caps.push(Cap {
            name: format!("agent {}", agent.id),
            used: index.running_of(&agent.id),
            limit: agent.concurrency_max,
        });
    }
    if let Some(resource) = &row.resource {
        let used = u32::from(index.holder_of(resource).is_some());
        caps.push(Cap {
            name: format!("resource {resource}"),
            used,
            limit: 1,
        });
    }
    caps
}
