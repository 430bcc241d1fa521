//! In which order ready tasks are looked at.
//!
//! Never decides whether a task can start. Urgency first, which waiting raises; then what has stood
//! in the queue for too long; then whoever has had less of its share, projects before teams; then
//! age and id. Costs grow with the number of queues and of late tasks, not with that of ready ones.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::iter::Peekable;
use std::rc::Rc;

use crate::id::{TaskId, TeamId};
use crate::index::{Destination, QueueKey, Row};
use crate::instant::Instant;
use crate::plan::Snapshot;
use crate::plan::ledger::{Ledger, Served};
use crate::priority::Priority;

/// Where a task stands: the smaller one goes first.
type Rank<'a> = (u8, bool, u64, u64, Instant, &'a TaskId);

/// Ready tasks of one project for one destination, of one urgency.
struct Lane<'a> {
    key: &'a QueueKey,
    priority: Priority,
    team: Option<&'a TeamId>,
    /// All of it has stood in the queue for too long.
    is_late: bool,
    rest: Peekable<Box<dyn Iterator<Item = &'a (Instant, TaskId)> + 'a>>,
}

/// All ready tasks, the next one at hand.
pub(super) struct Order<'a> {
    snapshot: Snapshot<'a>,
    lanes: Vec<Lane<'a>>,
    heap: BinaryHeap<Reverse<(Rank<'a>, usize)>>,
    /// What this plan has given out is part of what somebody has had.
    given: Ledger,
}

impl<'a> Order<'a> {
    pub(super) fn new(snapshot: Snapshot<'a>) -> Self {
        let mut order = Order {
            snapshot,
            lanes: Vec::new(),
            heap: BinaryHeap::new(),
            given: snapshot.ledger.clone(),
        };
        let mut late = BTreeSet::new();
        for (id, row) in snapshot.index.late(snapshot.now) {
            if let Some((key, place)) = snapshot.index.queued(id, row) {
                late.insert(id);
                order.open((key, row.priority), true, Box::new(std::iter::once(place)));
            }
        }
        let late = Rc::new(late);
        for (key, queue) in snapshot.index.queues() {
            for (priority, tasks) in Priority::ALL.into_iter().zip(queue.by_priority()) {
                let late = late.clone();
                let in_time = tasks.iter().filter(move |(_, id)| !late.contains(id));
                order.open((key, priority), false, Box::new(in_time));
            }
        }
        order
    }

    fn open(
        &mut self,
        (key, priority): (&'a QueueKey, Priority),
        is_late: bool,
        rest: Box<dyn Iterator<Item = &'a (Instant, TaskId)> + 'a>,
    ) {
        let lane = Lane {
            key,
            priority,
            team: team_behind(self.snapshot, key),
            is_late,
            rest: rest.peekable(),
        };
        self.lanes.push(lane);
        self.queue_up(self.lanes.len() - 1);
    }

    /// Puts the head of a lane among the heads of all.
    fn queue_up(&mut self, number: usize) {
        if let Some(rank) = self.rank(number) {
            self.heap.push(Reverse((rank, number)));
        }
    }

    fn rank(&mut self, number: usize) -> Option<Rank<'a>> {
        let lane = self.lanes.get_mut(number)?;
        let (made_at, id) = lane.rest.peek()?;
        let urgency = self.snapshot.urgency(lane.priority, *made_at);
        let of_project = self.given.had_by_project(&lane.key.project);
        let of_team = lane.team.map_or(0, |team| self.given.had_by_team(team));
        Some((urgency, !lane.is_late, of_project, of_team, *made_at, id))
    }

    /// The next task, and the lane that it comes from.
    pub(super) fn next(&mut self) -> Option<(usize, &'a TaskId, &'a Row)> {
        loop {
            let Reverse((stood, number)) = self.heap.pop()?;
            let Some(rank) = self.rank(number) else {
                continue;
            };
            // Somebody of the same project or team was served meanwhile.
            if rank > stood {
                self.heap.push(Reverse((rank, number)));
                continue;
            }
            let (_, id) = self.lanes.get_mut(number)?.rest.next()?;
            if let Some(row) = self.snapshot.index.row(id) {
                return Some((number, id, row));
            }
            self.queue_up(number);
        }
    }

    /// Leaves a lane, or goes on with one task of it if that is there.
    pub(super) fn skip_to(&mut self, number: usize, id: &TaskId) {
        let row = self.snapshot.index.row(id);
        let Some((lane, row)) = self.lanes.get_mut(number).zip(row) else {
            return;
        };
        if lane.priority != row.priority || *lane.key != QueueKey::of(row) {
            return;
        }
        while lane.rest.next_if(|(_, other)| other != id).is_some() {}
        self.queue_up(number);
    }

    /// Goes on with a lane after its head was looked at.
    pub(super) fn go_on(&mut self, number: usize) {
        self.queue_up(number);
    }

    /// Notes that somebody was served.
    pub(super) fn served(&mut self, served: Served<'_>) {
        self.given.served(served, self.snapshot.now);
    }
}

/// The team whose share the tasks of a queue are taken from, as far as the queue tells.
fn team_behind<'a>(snapshot: Snapshot<'a>, key: &'a QueueKey) -> Option<&'a TeamId> {
    let named = key.team.as_ref().and_then(|team| snapshot.chart.team(team));
    match (&key.destination, named) {
        (_, Some(team)) => Some(&team.id),
        (Destination::Agent(agent), None) => snapshot.chart.agent(agent)?.team.as_ref(),
        (_, None) => None,
    }
}
