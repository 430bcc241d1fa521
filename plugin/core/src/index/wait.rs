//! Who waits for whom: dependencies, parts of a whole, and cycles of both.
//!
//! A question about the neighbours of one task costs a look-up and its answer. Cycles are looked
//! for only from tasks whose edges changed. Invariant: the sets kept here agree with the rows.

use std::collections::BTreeMap;

use crate::dependency::{Cycle, Snag};
use crate::gather::gathered;
use crate::id::TaskId;
use crate::index::{Row, TaskIndex};
use crate::status::Status;

/// A task as it will be once a change is committed.
#[derive(Debug, Clone, Copy)]
pub struct Assumed<'a> {
    /// The task.
    pub id: &'a TaskId,
    /// Where it will stand.
    pub status: Status,
}

impl TaskIndex {
    /// Backlog tasks that name a target and wait for nothing: they may be promoted.
    pub fn promotable(&self) -> impl Iterator<Item = (&TaskId, &Row)> {
        let ids = self.promotable.iter();
        ids.filter_map(|id| Some((id, self.row(id)?)))
    }

    /// Tasks in the backlog or ready that wait in vain.
    pub fn stranded(&self) -> impl Iterator<Item = (&TaskId, &Row)> {
        let ids = self.stranded.iter();
        ids.filter_map(|id| Some((id, self.row(id)?)))
    }

    /// Tasks that the scheduler blocked for their dependencies, which are met by now.
    pub fn released(&self) -> impl Iterator<Item = (&TaskId, &Row)> {
        let ids = self.released.iter();
        ids.filter_map(|id| Some((id, self.row(id)?)))
    }

    /// Unfinished tasks that depend on this one.
    pub fn dependents(&self, id: &TaskId) -> impl Iterator<Item = (&TaskId, &Row)> {
        let ids = self.waiting_for.get(id).into_iter().flatten();
        ids.filter_map(|id| Some((id, self.row(id)?)))
    }

    /// The unfinished tasks that are parts of this one.
    pub fn open_parts(&self, id: &TaskId) -> impl Iterator<Item = (&TaskId, &Row)> {
        let range = self.parts.range((id.clone(), TaskId::LEAST)..);
        let of_this = id.clone();
        range
            .take_while(move |(whole, _)| *whole == of_this)
            .filter_map(|(_, part)| Some((part, self.row(part)?)))
    }

    /// The dependencies of a row that are not met, with what is known of each.
    pub fn open_dependencies<'a>(
        &'a self,
        row: &'a Row,
    ) -> impl Iterator<Item = (&'a TaskId, Option<Status>)> {
        let policy = row.dependency_policy;
        row.depends_on
            .iter()
            .map(|id| (id, self.status(id)))
            .filter(move |(_, status)| !policy.is_met(*status))
    }

    /// Whether nothing that a row waits for keeps it from starting.
    #[must_use]
    pub fn is_free(&self, id: &TaskId, row: &Row) -> bool {
        row.is_forced
            || (self.open_dependencies(row).next().is_none()
                && self.open_parts(id).next().is_none())
    }

    /// What a row waits for in vain, if so.
    #[must_use]
    pub fn snag(&self, id: &TaskId, row: &Row) -> Option<Snag> {
        if let Some(cycle) = self.cycles.get(id) {
            return Some(Snag::Cycle(cycle.clone()));
        }
        let mut open = self.open_dependencies(row);
        let (blocker, status) = open.find(|(_, status)| {
            self.is_known(*status) && row.dependency_policy.is_hopeless(*status)
        })?;
        Some(Snag::Dependency(blocker.clone(), status))
    }

    /// From now on a task that is not here may be somewhere else.
    pub const fn set_partial(&mut self) {
        self.is_partial = true;
    }

    const fn is_known(&self, status: Option<Status>) -> bool {
        status.is_some() || !self.is_partial
    }

    /// The neighbours of a task that is about to move, each with whether it may become ready by it:
    /// those that depend on it, and the one that it is a part of.
    pub fn freed_by<'a>(
        &'a self,
        assumed: Assumed<'a>,
        whole: Option<&'a TaskId>,
    ) -> impl Iterator<Item = (&'a TaskId, &'a Row, bool)> {
        let whole = whole.filter(|whole| *whole != assumed.id);
        let whole = whole.and_then(|whole| Some((whole, self.row(whole)?)));
        let whole = whole.filter(|(_, row)| row.status == Status::Backlog);
        let is_dependent = move |id: &TaskId| {
            let dependents = self.waiting_for.get(assumed.id);
            dependents.is_some_and(|dependents| dependents.contains(id))
        };
        let whole = whole.filter(move |(id, _)| !is_dependent(id));
        let waits = |row: &Row| row.status == Status::Backlog || row.is_held;
        let neighbours = self.dependents(assumed.id).chain(whole);
        neighbours
            .filter(move |(_, row)| waits(row))
            .map(move |(id, row)| (id, row, self.becomes_ready(id, row, assumed)))
    }

    fn becomes_ready(&self, id: &TaskId, row: &Row, assumed: Assumed<'_>) -> bool {
        let is_met = row.dependency_policy.is_met(Some(assumed.status));
        let mut open = self.open_dependencies(row);
        let met = open.all(|(blocker, _)| is_met && blocker == assumed.id);
        let is_over = assumed.status.is_terminal();
        let mut parts = self.open_parts(id);
        let is_whole = parts.all(|(part, _)| is_over && part == assumed.id);
        match row.status {
            Status::Backlog => row.routing.names_target() && (row.is_forced || (met && is_whole)),
            Status::Blocked => row.is_held && met && !self.is_cyclic_without(id, assumed.id),
            _ => false,
        }
    }

    /// Whether a task waits for itself in a way that does not lead over the other one.
    fn is_cyclic_without(&self, id: &TaskId, other: &TaskId) -> bool {
        let cycle = self.cycles.get(id);
        cycle.is_some_and(|cycle| !cycle.contains(other))
    }

    /// Whether `from` waits for `to`, over whatever stands between them: the way there. Both ends
    /// are in it.
    #[must_use]
    pub fn way(&self, from: &TaskId, to: &TaskId) -> Option<Vec<TaskId>> {
        // Each task that was reached, with the place of the one that it was reached from.
        let mut reached = vec![(from.clone(), 0)];
        let mut seen: BTreeMap<TaskId, usize> = gathered([(from.clone(), 0)]);
        let mut at = 0;
        while let Some((id, _)) = reached.get(at) {
            if id == to {
                let mut way = Vec::new();
                let mut place = at;
                while let Some((id, before)) = reached.get(place) {
                    way.push(id.clone());
                    if place == 0 {
                        break;
                    }
                    place = *before;
                }
                way.reverse();
                return Some(way);
            }
            for next in self.edges(id) {
                if !seen.contains_key(&next) {
                    seen.insert(next.clone(), reached.len());
                    reached.push((next, at));
                }
            }
            at += 1;
        }
        None
    }

    /// Unfinished tasks that keep this one from starting. What is under way, or over, waits for
    /// nobody.
    fn waits_on(&self, id: &TaskId) -> Vec<TaskId> {
        match self.row(id) {
            Some(row) if is_waiting(row) => self.edges(id),
            _ => Vec::new(),
        }
    }

    /// Unfinished tasks that must be over before this one can start.
    fn edges(&self, id: &TaskId) -> Vec<TaskId> {
        let Some(row) = self.row(id) else {
            return Vec::new();
        };
        let open = self.open_dependencies(row).map(|(blocker, _)| blocker);
        let open = open.filter(|blocker| self.active.contains_key(*blocker));
        let parts = self.open_parts(id).map(|(part, _)| part);
        open.chain(parts).cloned().collect()
    }

    /// Whether a row waits for the same tasks as the one that it replaces.
    pub(super) fn waits_alike(&self, id: &TaskId, row: &Row) -> bool {
        self.active.get(id).is_some_and(|old| {
            is_waiting(old) == is_waiting(row)
                && old.depends_on == row.depends_on
                && old.parent_id == row.parent_id
                && old.dependency_policy == row.dependency_policy
                && !row.status.is_terminal()
        })
    }

    /// Notes a task whose edges changed, if a cycle can lead through it at all.
    pub(super) fn note_edges(&mut self, id: &TaskId) {
        let Some(row) = self.row(id) else { return };
        let waits = !row.depends_on.is_empty() || self.open_parts(id).next().is_some();
        let is_waited_for = row.parent_id.is_some() || self.waiting_for.contains_key(id);
        if waits && is_waited_for {
            self.unchecked.insert(id.clone());
        }
    }

    /// Forgets what cycle a task is in; it and the others are looked at again.
    pub(super) fn dissolve(&mut self, id: &TaskId) {
        let Some(cycle) = self.cycles.get(id).cloned() else {
            return;
        };
        for member in cycle.iter() {
            self.cycles.remove(member);
            self.unchecked.insert(member.clone());
            self.refresh(member);
        }
    }

    /// Looks for cycles through tasks whose edges changed. Has to be called before a plan is made.
    pub fn find_cycles(&mut self) {
        let mut walk = Walk::default();
        for start in std::mem::take(&mut self.unchecked) {
            if !walk.is_known(&start) {
                walk.from(start, self);
            }
        }
        for cycle in walk.found {
            // One that shares a task with another is found again when that one is dissolved.
            if cycle.iter().any(|member| self.cycles.contains_key(member)) {
                continue;
            }
            for member in cycle.iter() {
                self.cycles.insert(member.clone(), cycle.clone());
                self.refresh(member);
            }
        }
    }

    /// Puts a task into the sets that its row belongs to.
    pub(super) fn refresh(&mut self, id: &TaskId) {
        let Some(row) = self.active.get(id) else {
            return;
        };
        let snag = || !row.is_forced && self.snag(id, row).is_some();
        let (promotable, stranded, released) = match row.status {
            Status::Backlog => {
                // One that neither names anybody nor waits for anything was put there to be kept.
                let is_meant = row.routing.names_target() || !row.depends_on.is_empty();
                let is_free = is_meant && self.is_free(id, row);
                (is_free, snag(), false)
            }
            Status::Ready => (false, snag(), false),
            Status::Blocked => {
                let is_met = || self.open_dependencies(row).next().is_none();
                let is_cyclic = self.cycles.contains_key(id);
                (false, false, row.is_held && !is_cyclic && is_met())
            }
            _ => (false, false, false),
        };
        for (set, is_in) in [
            (&mut self.promotable, promotable),
            (&mut self.stranded, stranded),
            (&mut self.released, released),
        ] {
            if is_in {
                set.insert(id.clone());
            } else {
                set.remove(id);
            }
        }
    }

    /// The same for those that wait for a task: its dependents, and what it is a part of.
    pub(super) fn refresh_dependents(&mut self, id: &TaskId) {
        let dependents = self.waiting_for.get(id).cloned().unwrap_or_default();
        let whole = self.row(id).and_then(|row| row.parent_id.clone());
        for dependent in &dependents {
            self.refresh(dependent);
        }
        if let Some(whole) = whole {
            self.refresh(&whole);
        }
    }
}

/// Whether a task may have to wait for others before it starts.
fn is_waiting(row: &Row) -> bool {
    matches!(
        row.status,
        Status::Backlog | Status::Ready | Status::Blocked
    ) && !row.is_forced
}

/// All ways from a task were followed.
const KNOWN: usize = usize::MAX;

/// A search in depth that remembers where it has been.
#[derive(Debug, Default)]
struct Walk {
    /// Where a task stands on the way that is being followed, or [`KNOWN`].
    seen: BTreeMap<TaskId, usize>,
    found: Vec<Cycle>,
}

impl Walk {
    fn is_known(&self, id: &TaskId) -> bool {
        self.seen.contains_key(id)
    }

    fn from(&mut self, start: TaskId, index: &TaskIndex) {
        let mut way: Vec<(TaskId, Vec<TaskId>)> = Vec::new();
        self.step(start, index, &mut way);
        while let Some((_, ahead)) = way.last_mut() {
            match ahead.pop() {
                Some(next) => match self.seen.get(&next) {
                    None => self.step(next, index, &mut way),
                    Some(&KNOWN) => {}
                    Some(begin) => {
                        let members = way.get(*begin..).unwrap_or_default();
                        let members = members.iter().map(|(id, _)| id.clone());
                        self.found.push(from_the_smallest(members.collect()));
                    }
                },
                None => {
                    if let Some((id, _)) = way.pop() {
                        self.seen.insert(id, KNOWN);
                    }
                }
            }
        }
    }

    fn step(&mut self, id: TaskId, index: &TaskIndex, way: &mut Vec<(TaskId, Vec<TaskId>)>) {
        self.seen.insert(id.clone(), way.len());
        let ahead = index.waits_on(&id);
        way.push((id, ahead));
    }
}

/// The same circle, told from its smallest id on.
fn from_the_smallest(mut members: Vec<TaskId>) -> Cycle {
    let smallest = members.iter().enumerate().min_by_key(|(_, id)| *id);
    let at = smallest.map_or(0, |(at, _)| at);
    members.rotate_left(at);
    members.into()
}

#[cfg(test)]
mod tests;
