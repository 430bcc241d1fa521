//! Opening a store: finish what the journal holds, then read the cards.
//!
//! Decides by content alone, never by time. Invariant: after it the disk has every commit of the
//! journal, and every card is in the index or in the quarantine.

mod decide;
mod history;
mod log;
mod redo;
mod scan;
mod stray;

use std::collections::BTreeMap;

use aof_core::id::ProjectId;
use aof_core::project::Project;

use crate::journal::CardChange;
use crate::port::{Op, Opening, Store, StoreError};
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
}

/// Mends and reads everything. A reader (`writer` is none) mends nothing. What was mended is not
/// flushed: that, and a new part of the journal, is the checkpoint's work.
///
/// # Errors
/// What the store says.
pub fn recover<S: Store>(store: &mut S, writer: Option<Opening>) -> Result<Recovered, StoreError> {
    let mut recovered = Recovered::default();
    if let Some(opening) = writer {
        recovered.repairs = redo::redo(store, opening)?;
    }
    let roots = scan::find_roots(store, &mut recovered)?;
    let mut listings = scan::list_statuses(store, &roots)?;
    let mut blocked = Vec::new();
    if let Some(opening) = writer {
        let mut ops = scan::missing_directories(store, &roots, &listings)?;
        let leftovers = scan::leftovers(&listings);
        let lines = leftovers
            .iter()
            .map(|path| format!("removed `{path}`, left over from an unfinished write"));
        recovered.repairs.extend(lines);
        ops.extend(leftovers.into_iter().map(Op::Remove));
        if !ops.is_empty() {
            blocked = make(store, ops, opening.epoch)?;
            listings = scan::list_statuses(store, &roots)?;
        }
    }
    scan::read_projects(store, &roots, &mut recovered)?;
    for path in blocked {
        scan::rest(&path, &roots, &mut recovered);
    }
    scan::shelve(store, listings, &mut recovered.shelf)?;
    Ok(recovered)
}

/// Carries out what does not depend on one another. Where something else lies in the way of a
/// project's directory, the path is returned and nothing else is held up.
fn make<S: Store>(store: &mut S, ops: Vec<Op>, epoch: u64) -> Result<Vec<String>, StoreError> {
    match store.commit(ops.clone(), epoch) {
        Err(StoreError::BadPath(_) | StoreError::Exists(_)) => {}
        made => return made.map(|_| Vec::new()),
    }
    let mut blocked = Vec::new();
    for op in ops {
        let dir = match &op {
            Op::MakeDir(dir) => Some(dir.clone()),
            _ => None,
        };
        match (store.commit(vec![op], epoch), dir) {
            (Err(StoreError::BadPath(_) | StoreError::Exists(_)), Some(dir))
                if dir.contains("/tasks/") =>
            {
                blocked.push(dir);
            }
            (made, _) => drop(made?),
        }
    }
    Ok(blocked)
}

/// Operations that mend, and what they do, for people.
#[derive(Debug, Default)]
struct Mending {
    /// Files that must be on disk before the journal has the merges.
    aside: Vec<Op>,
    /// Changes that were made anew from what a person wrote. The journal has to have them first.
    merges: Vec<CardChange>,
    ops: Vec<Op>,
    /// New contents of logs, most of which is in no journal.
    logs: Vec<Op>,
    lines: Vec<String>,
}

impl Mending {
    fn is_empty(&self) -> bool {
        self.ops.is_empty() && self.logs.is_empty() && self.merges.is_empty()
    }

    fn merged_bytes(&self) -> usize {
        self.merges.iter().map(|change| change.content.len()).sum()
    }

    fn absorb(&mut self, other: Mending) {
        self.aside.extend(other.aside);
        self.merges.extend(other.merges);
        self.ops.extend(other.ops);
        self.logs.extend(other.logs);
        self.lines.extend(other.lines);
    }
}

#[cfg(test)]
mod tests;
