//! Which workflows are to be taken further: what planning knows of them, and of the cards of their
//! hops.
//!
//! A change of a hop's card costs a look-up of its task. Invariant: the set kept here agrees with
//! the rows.

use crate::id::{HopId, TaskId};
use crate::index::{Row, TaskIndex};
use crate::instant::Instant;
use crate::status::Status;
use crate::workflow::advance::progress_of;
use crate::workflow::{Flow, FlowStatus, HopOf};

/// What planning knows of the workflow that a task carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowRow {
    /// Hops are at work, or waited for.
    pub is_running: bool,
    /// The cards of hops that are at work or may be.
    pub open: Vec<TaskId>,
    /// Tasks that plans became, each list of one hop: it is over once they are.
    pub children: Vec<Vec<TaskId>>,
    /// Something follows from how its hops stand: one that may be done has no card, somebody wrote
    /// into the card what became of one, or tasks are still to be given up.
    pub is_behind: bool,
    /// When a hop waits no longer for others.
    pub due: Option<Instant>,
}

impl FlowRow {
    /// Tasks with which it goes on.
    pub(super) fn awaited(&self) -> impl Iterator<Item = &TaskId> {
        self.open.iter().chain(self.children.iter().flatten())
    }

    pub(super) fn of(flow: &Flow) -> Self {
        let progress = progress_of(flow.graph(), flow);
        let mut hops = flow.graph().hops().iter().zip(&flow.state.hops);
        let children = flow.state.hops.iter().map(|record| &record.children);
        let children = children.filter(|children| !children.is_empty());
        FlowRow {
            is_running: flow.state.status == FlowStatus::Running,
            open: flow.open().map(|(_, task)| task.clone()).collect(),
            children: children.cloned().collect(),
            is_behind: progress.is_behind()
                || !flow.state.dropped.is_empty()
                || hops.any(|(hop, it)| it.lacks_card(hop)),
            due: progress.due(),
        }
    }
}

/// What planning knows of a hop, by its card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HopRow {
    /// The task that carries the workflow.
    pub of: TaskId,
    /// Which hop.
    pub id: HopId,
    /// Only a person does it.
    pub is_human: bool,
    /// How long it may take, as long as nobody was told that it takes longer.
    timeout_ms: Option<u64>,
}

impl HopRow {
    pub(super) fn of(hop: &HopOf) -> Self {
        HopRow {
            of: hop.of.clone(),
            id: hop.id.clone(),
            is_human: hop.is_human,
            timeout_ms: hop.timeout_ms.filter(|_| hop.timed_out_at.is_none()),
        }
    }

    /// When its time is up if it was begun then.
    #[must_use]
    pub fn deadline(&self, begun_at: Instant) -> Option<Instant> {
        Some(begun_at.plus_ms(self.timeout_ms?))
    }
}

impl TaskIndex {
    /// Tasks whose workflow is to be taken further, and cards of hops that nobody waits for.
    pub fn stepping(&self) -> impl Iterator<Item = (&TaskId, &Row)> {
        let ids = self.stepping.iter();
        ids.filter_map(|id| Some((id, self.row(id)?)))
    }

    /// The unfinished cards of hops of a task's workflow.
    pub fn hops_of(&self, whole: &TaskId) -> impl Iterator<Item = (&TaskId, &Row)> {
        let range = self.hops.range((whole.clone(), TaskId::LEAST)..);
        let of_this = whole.clone();
        range
            .take_while(move |(whole, _)| *whole == of_this)
            .filter_map(|(_, hop)| Some((hop, self.row(hop)?)))
    }

    /// Whether the card of a hop belongs to a workflow that goes on and waits for it.
    #[must_use]
    pub fn is_waited_for(&self, id: &TaskId, of: &TaskId) -> bool {
        let whole = self.row(of).filter(|row| row.status == Status::InProgress);
        let flow = whole.and_then(|row| row.flow.as_deref());
        flow.is_some_and(|flow| flow.is_running && flow.open.contains(id))
    }

    /// Puts a task, the workflow that it is a hop of, and the hops of its own into the set that
    /// they belong to.
    pub(super) fn refresh_flows(&mut self, id: &TaskId) {
        self.refresh_flow(id);
        let row = self.active.get(id);
        let of = row.and_then(|row| Some(row.hop.as_ref()?.of.clone()));
        if let Some(of) = of {
            self.refresh_flow(&of);
        }
        let hops: Vec<TaskId> = self.hops_of(id).map(|(hop, _)| hop.clone()).collect();
        for hop in &hops {
            self.refresh_flow(hop);
        }
        let waiting = self.awaited.get(id).cloned();
        if let Some(of) = waiting {
            self.refresh_flow(&of);
        }
    }

    fn refresh_flow(&mut self, id: &TaskId) {
        let steps = self.active.get(id).is_some_and(|row| self.is_due(id, row));
        if steps {
            self.stepping.insert(id.clone());
        } else {
            self.stepping.remove(id);
        }
    }

    fn is_due(&self, id: &TaskId, row: &Row) -> bool {
        if let Some(hop) = &row.hop {
            return row.status != Status::Deadletter && self.is_abandoned(id, &hop.of);
        }
        let Some(flow) = row.flow.as_deref() else {
            return false;
        };
        let is_over = |task: &TaskId| self.has_ended(task);
        let are_over = |tasks: &Vec<TaskId>| tasks.iter().all(is_over);
        row.status == Status::InProgress
            && (!flow.is_running
                || flow.is_behind
                || flow.open.iter().any(is_over)
                || flow.children.iter().any(are_over))
    }

    /// Whether nothing more comes of a task, or it is not there. One that cannot be read may be
    /// anything.
    #[must_use]
    pub fn has_ended(&self, id: &TaskId) -> bool {
        match self.status(id) {
            Some(status) => status.is_terminal() || status == Status::Deadletter,
            None => !self.is_unreadable(id),
        }
    }

    /// Whether the card of a task lies there and cannot be read.
    #[must_use]
    pub fn is_unreadable(&self, id: &TaskId) -> bool {
        self.unreadable.contains(id)
    }

    /// Whether nobody waits for the card of a hop: its task is over, or went on without it. A task
    /// that stands still may go on, and so may one that cannot be read.
    #[must_use]
    pub fn is_abandoned(&self, id: &TaskId, of: &TaskId) -> bool {
        match self.row(of) {
            None => {
                let is_lost = self.is_partial || self.is_unreadable(of);
                self.status(of).is_some() || !is_lost
            }
            Some(row) if row.status == Status::Deadletter => true,
            Some(row) => row
                .flow
                .as_deref()
                .is_none_or(|flow| !flow.open.contains(id)),
        }
    }
}
