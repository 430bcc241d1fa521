//! Which projects a session sees.
//!
//! A project is a capability: what is outside is neither listed nor read nor changed, as if it were
//! not there. Only recovery looks at the whole store, because its journal is one. Invariant: after
//! narrowing, no index, list or quarantine names anything outside.

use std::collections::BTreeSet;

use aof_core::id::{ProjectId, TaskId};
use aof_core::refusal::Refusal;
use aof_store::layout::PROJECT_DIRS;
use aof_store::recovery::Recovered;

/// Some projects, or all.
#[derive(Debug, Clone, Default)]
pub(crate) struct Projects(Option<BTreeSet<ProjectId>>);

impl Projects {
    /// Checks the names.
    ///
    /// # Errors
    /// `AOF-1003` for one that is no project's name.
    pub(crate) fn parse(names: Option<&[String]>) -> Result<Self, Refusal> {
        let Some(names) = names else {
            return Ok(Projects(None));
        };
        let mut ids = BTreeSet::new();
        for name in names {
            let id = ProjectId::parse(name).map_err(|error| Refusal::bad_id(&error, "projects"));
            ids.insert(id?);
        }
        Ok(Projects(Some(ids)))
    }

    /// Whether something is outside.
    pub(crate) fn is_narrow(&self) -> bool {
        self.0.is_some()
    }

    /// Whether a project is inside.
    pub(crate) fn has(&self, project: &ProjectId) -> bool {
        self.0.as_ref().is_none_or(|ids| ids.contains(project))
    }

    /// Whether a path is inside; what belongs to no project is.
    pub(crate) fn has_path(&self, path: &str) -> bool {
        let mut parts = path.split('/');
        let is_of_projects = parts.next().is_some_and(|top| PROJECT_DIRS.contains(&top));
        let Some(name) = parts.next().filter(|_| is_of_projects) else {
            return true;
        };
        match (&self.0, ProjectId::parse(name)) {
            (None, _) => true,
            (Some(ids), Ok(id)) => ids.contains(&id),
            (Some(_), Err(_)) => false,
        }
    }

    /// Forgets what is outside.
    pub(crate) fn narrow(&self, recovered: &mut Recovered) {
        if !self.is_narrow() {
            return;
        }
        let shelf = &mut recovered.shelf;
        shelf.index.set_partial();
        let rows = shelf.index.rows().map(|(id, row)| (id, &row.project));
        let finished = shelf.index.finished().map(|(id, it)| (id, &it.project));
        let outside = rows
            .chain(finished)
            .filter(|(_, project)| !self.has(project));
        let outside: Vec<TaskId> = outside.map(|(id, _)| id.clone()).collect();
        for id in &outside {
            shelf.index.remove(id);
        }
        shelf.quarantine.retain(|path, _| self.has_path(path));
        shelf.notices.retain(|path, _| self.has_path(path));
        shelf.unread.retain(|path| self.has_path(path));
        shelf.keep_roots(|id| self.has(id));
        recovered.projects.retain(|id, _| self.has(id));
    }
}
