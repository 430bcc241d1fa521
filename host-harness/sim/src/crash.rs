//! Every point at which an operation can be cut off, and every state that the disk may then be in.
//!
//! Never samples points, only states: at each call that changes the disk the process is killed, and
//! at each the power is cut. Invariant: an operation that was acknowledged has happened in every
//! state, and one that was not has happened whole or not at all.

mod act;
mod case;
mod hop;
mod judge;
mod point;
mod rig;
mod scene;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde::Serialize;

pub(crate) use case::Case;
pub(crate) use judge::{log_is_kept, sound_but_for, spawns_belong_to_leases, workflows_hold};
pub(crate) use point::Reference;
pub(crate) use rig::{OUTSIDE, Rig, WRITER, files};
pub(crate) use scene::TTL_MS;
#[cfg(test)]
pub(crate) use tests::tell;

/// Findings that are told of one operation; the rest is counted.
const FINDINGS_MAX: usize = 8;

/// How far an enumeration goes.
#[derive(Debug, Clone, Copy)]
pub struct Depth {
    /// States of the disk for each power cut and kind of file system; above it they are sampled.
    pub states_max: usize,
    /// In one of so many states recovery is cut off too, at each of its calls.
    pub nested_every: u64,
    /// States of the disk for each power cut during recovery.
    pub nested_states_max: usize,
    /// In one of so many states the operation is repeated.
    pub repeat_every: u64,
}

impl Depth {
    /// Every state up to 64 for each point.
    #[must_use]
    pub fn full() -> Self {
        Self {
            states_max: 64,
            nested_every: 997,
            nested_states_max: 4,
            repeat_every: 4,
        }
    }

    /// The same for an operation that takes so many times as long.
    pub(crate) fn lighter(self, weight: u32) -> Self {
        let states_max = self.states_max / weight.max(1) as usize;
        Self {
            states_max: states_max.max(1),
            nested_every: self.nested_every * u64::from(weight),
            ..self
        }
    }

    /// What fits into every change's tests.
    #[must_use]
    pub fn quick() -> Self {
        Self {
            states_max: 2,
            nested_every: 1_000_000,
            nested_states_max: 1,
            repeat_every: 8,
        }
    }
}

/// What was found for one operation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The operation.
    pub operation: String,
    /// Its calls that change the disk or flush it.
    pub mutating_calls: u64,
    /// Its flushes.
    pub flushes: u64,
    /// Points at which it was cut off.
    pub points: u64,
    /// States of the disk from which the store was opened and judged.
    pub states: u64,
    /// Among them those after a recovery that was cut off itself.
    pub nested: u64,
    /// How many were wrong.
    pub wrong: u64,
    /// The first of them.
    pub findings: Vec<String>,
}

impl Row {
    pub(crate) fn of(operation: &str) -> Self {
        Self {
            operation: operation.to_owned(),
            ..Self::default()
        }
    }

    pub(crate) fn take(&mut self, verdict: Result<(), String>, place: impl FnOnce() -> String) {
        let Err(found) = verdict else {
            return;
        };
        self.wrong += 1;
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(format!("{}: {found}", place()));
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            to,
            "{:<24} {:>6} {:>8} {:>7} {:>9} {:>8} {:>6}",
            self.operation,
            self.mutating_calls,
            self.flushes,
            self.points,
            self.states,
            self.nested,
            self.wrong,
        )
    }
}

/// The heading of a table of rows.
#[must_use]
pub fn heading() -> String {
    let columns = (
        "operation",
        "calls",
        "flushes",
        "points",
        "states",
        "nested",
    );
    let (operation, calls, flushes, points, states, nested) = columns;
    format!("{operation:<24} {calls:>6} {flushes:>8} {points:>7} {states:>9} {nested:>8}  wrong")
}

/// Every operation, those on hops last.
pub(crate) fn cases() -> impl Iterator<Item = &'static Case> {
    let of_hops = [hop::CASES, hop::decide::CASES, hop::plan::CASES];
    case::CASES.iter().chain(of_hops.into_iter().flatten())
}

/// The names of all operations, in the order of the table.
#[must_use]
pub fn operations() -> Vec<&'static str> {
    cases().map(|case| case.name).collect()
}

/// Which operations are looked at, and on how many threads.
#[derive(Debug, Clone, Copy)]
pub struct Extent<'a> {
    /// The only one; all if it is none.
    pub operation: Option<&'a str>,
    /// Threads.
    pub jobs: usize,
}

/// Cuts off every operation everywhere; `told` hears of each as it is done.
pub fn enumerate(depth: Depth, extent: Extent<'_>, told: impl Fn(&Row) + Sync) -> Vec<Row> {
    in_parallel(extent, |case| {
        let row = point::enumerate(case, depth);
        told(&row);
        row
    })
}

/// One row for each case, in their order.
pub(crate) fn in_parallel(extent: Extent<'_>, row: impl Fn(&Case) -> Row + Sync) -> Vec<Row> {
    let is_wanted = |case: &&Case| extent.operation.is_none_or(|name| name == case.name);
    let cases: Vec<&Case> = cases().filter(is_wanted).collect();
    let next = AtomicUsize::new(0);
    let rows = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..extent.jobs.max(1) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(at) else { return };
                    let row = row(case);
                    let mut rows = rows.lock().unwrap_or_else(PoisonError::into_inner);
                    rows.push((at, row));
                }
            });
        }
    });
    let mut rows = rows.into_inner().unwrap_or_else(PoisonError::into_inner);
    rows.sort_by_key(|(at, _)| *at);
    rows.into_iter().map(|(_, row)| row).collect()
}
