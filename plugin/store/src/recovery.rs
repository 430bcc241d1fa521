//! Opening a store: mend what a crash left half done, then read the cards.
//!
//! Decides by content alone, never by time. Invariant: after it no staged file is left, and every
//! card is in the index or in the quarantine.

mod scan;
mod stages;

use std::collections::BTreeMap;

use aof_core::id::{ProjectId, TaskId};
use aof_core::project::Project;
use aof_core::status::Status;

use crate::port::{Op, Store, StoreError};
use crate::shelf::Shelf;

pub use scan::{absorb_project, read_cards, shelve};

/// What opening found.
#[derive(Debug, Default)]
pub struct Recovered {
    /// All cards.
    pub shelf: Shelf,
    /// All projects.
    pub projects: BTreeMap<ProjectId, Project>,
    /// What was mended, a line each.
    pub repairs: Vec<String>,
    /// Transitions that were finished; the log may not know them.
    pub finished: Vec<FinishedMove>,
}

/// A transition whose rename had happened when the crash came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FinishedMove {
    /// Project of the task.
    pub project: ProjectId,
    /// The task.
    pub task: TaskId,
    /// Where it came from.
    pub from: Status,
    /// Where it went.
    pub to: Status,
    /// The revision that it has now.
    pub revision: u64,
}

/// Mends and reads everything. A reader (`epoch` is none) mends nothing.
///
/// # Errors
/// What the store says.
pub fn recover<S: Store>(store: &mut S, epoch: Option<u64>) -> Result<Recovered, StoreError> {
    let mut recovered = Recovered::default();
    let roots = scan::find_roots(store, &mut recovered)?;
    let mut listings = scan::list_statuses(store, &roots)?;
    if let Some(epoch) = epoch {
        let missing = scan::missing_directories(store, &listings)?;
        if !missing.is_empty() {
            store.commit(missing, epoch)?;
            listings = scan::list_statuses(store, &roots)?;
        }
    }
    if let Some(epoch) = epoch {
        let mended = stages::mend(store, &listings)?;
        if !mended.ops.is_empty() {
            recovered.repairs = mended.lines;
            recovered.finished = mended.finished;
            store.commit(mended.ops, epoch)?;
            listings = scan::list_statuses(store, &roots)?;
        }
    }
    scan::read_projects(store, &roots, &mut recovered)?;
    scan::shelve(store, &listings, &mut recovered.shelf)?;
    Ok(recovered)
}

/// Operations that mend, and what they do, for people.
#[derive(Debug, Default)]
struct Mending {
    ops: Vec<Op>,
    lines: Vec<String>,
    finished: Vec<FinishedMove>,
}
