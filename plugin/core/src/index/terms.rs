//! How long tasks may stand where they are, and which stand longer.
//!
//! Invariant: the sets kept here agree with the rows and the terms of their projects.

use crate::gather::gathered;
use crate::id::{ProjectId, TaskId};
use crate::index::{Row, TaskIndex};
use crate::instant::Instant;
use crate::sla::{self, Terms};
use crate::status::Status;

impl TaskIndex {
    /// Tasks that stand too long where they are, and of whom people are to be told now.
    pub fn violations(&self, now: Instant) -> impl Iterator<Item = (&TaskId, &Row)> {
        self.violations
            .iter()
            .take_while(move |(at, _)| *at <= now)
            .filter_map(|(_, id)| Some((id, self.row(id)?)))
    }

    /// Tasks that stand too long where they are, whether people were told or not.
    pub fn overdue(&self, now: Instant) -> impl Iterator<Item = (&TaskId, &Row)> {
        self.rows().filter(move |(_, row)| {
            let terms = terms_of(&self.terms, &row.project);
            terms.is_some_and(|terms| sla::is_overdue(row, terms, now))
        })
    }

    /// What holds for the tasks of a project.
    #[must_use]
    pub fn terms(&self, project: &ProjectId) -> Option<&Terms> {
        terms_of(&self.terms, project)
    }

    /// Lets these terms hold from now on, sorted by project.
    pub fn set_terms(&mut self, terms: Vec<(ProjectId, Terms)>) {
        if self.terms == terms {
            return;
        }
        self.terms = terms;
        let terms = &self.terms;
        let next = |row: &Row| sla::next_violation(row, terms_of(terms, &row.project)?);
        let rows = self.active.iter();
        let due = rows.filter_map(|(id, row)| Some((next(row)?, id.clone())));
        self.violations = gathered(due);
        let late = |row: &Row| late_since(row, terms_of(terms, &row.project)?);
        let rows = self.active.iter();
        let late = rows.filter_map(|(id, row)| Some((late(row)?, id.clone())));
        self.late = gathered(late);
    }

    /// Ready tasks that have stood in the queue for too long at `now`, the longest first.
    pub fn late(&self, now: Instant) -> impl Iterator<Item = (&TaskId, &Row)> {
        let late = self.late.iter().take_while(move |(since, _)| *since <= now);
        late.filter_map(|(_, id)| Some((id, self.row(id)?)))
    }

    pub(super) fn late_since(&self, row: &Row) -> Option<Instant> {
        late_since(row, self.terms(&row.project)?)
    }

    pub(super) fn violation_of(&self, row: &Row) -> Option<Instant> {
        sla::next_violation(row, self.terms(&row.project)?)
    }
}

fn terms_of<'t>(terms: &'t [(ProjectId, Terms)], project: &ProjectId) -> Option<&'t Terms> {
    let at = terms.binary_search_by(|(id, _)| id.cmp(project)).ok()?;
    terms.get(at).map(|(_, terms)| terms)
}

/// Since when a row has stood in the queue for too long, or when that begins.
fn late_since(row: &Row, terms: &Terms) -> Option<Instant> {
    let is_ready = row.status == Status::Ready;
    sla::overdue_since(row, terms).filter(|_| is_ready)
}
