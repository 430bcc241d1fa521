//! Ready tasks, those together that wait for the same.
//!
//! Never decides who gets one. Invariant: a task is in exactly one queue, by what its card says.

use std::collections::BTreeSet;

use crate::card::Routing;
use crate::id::{AgentId, ProjectId, RoleId, TaskId, TeamId};
use crate::index::Row;
use crate::instant::Instant;
use crate::order;
use crate::priority::Priority;

/// Where a ready task wants to go, as its card says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Destination {
    /// To one agent.
    Agent(AgentId),
    /// To whoever fills a role.
    Role(RoleId),
    /// To whoever of a team has these tags.
    Team(TeamId, Tags),
    /// To whomever the chart says for these tags.
    Open(Tags),
    /// To nobody: its workflow begins.
    Workflow,
}

impl Destination {
    fn of(row: &Row) -> Self {
        let routing = &row.routing;
        if row.flow.is_some() {
            return Destination::Workflow;
        }
        match (&routing.agent, &routing.role, &routing.team) {
            (Some(agent), _, _) => Destination::Agent(agent.clone()),
            (None, Some(role), _) => Destination::Role(role.clone()),
            (None, None, Some(team)) => Destination::Team(team.clone(), Tags::of(routing)),
            (None, None, None) => Destination::Open(Tags::of(routing)),
        }
    }
}

/// The tags of a card, in one order whatever the card's is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tags(Box<[String]>);

impl Tags {
    fn of(routing: &Routing) -> Self {
        let mut tags = routing.tags.clone();
        order::sort_by(&mut tags, &|left, right| left.cmp(right));
        tags.dedup();
        Tags(tags.into())
    }
}

/// What the ready tasks of a queue have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct QueueKey {
    /// Their project.
    pub project: ProjectId,
    /// Where they want to go.
    pub destination: Destination,
    /// The team that they name, which they count for wherever they go.
    pub team: Option<TeamId>,
}

impl QueueKey {
    /// Of a task.
    #[must_use]
    pub fn of(row: &Row) -> Self {
        QueueKey {
            project: row.project.clone(),
            destination: Destination::of(row),
            team: row.routing.team.clone(),
        }
    }
}

/// Ready tasks that wait for the same.
#[derive(Debug, Default)]
pub struct Queue([BTreeSet<(Instant, TaskId)>; 4]);

impl Queue {
    /// The tasks of each urgency, most urgent first; the older one first in each.
    #[must_use]
    pub const fn by_priority(&self) -> &[BTreeSet<(Instant, TaskId)>; 4] {
        &self.0
    }

    pub(super) fn of(&mut self, priority: Priority) -> Option<&mut BTreeSet<(Instant, TaskId)>> {
        self.0.get_mut(priority as usize)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(BTreeSet::is_empty)
    }
}
