//! Where everything lies below the data root.
//!
//! Invariant: every path is made of checked names, so none can leave the root.

use aof_core::id::{HopId, ProjectId, RunId, TaskId};
use aof_core::status::Status;

/// The configuration file.
pub const SETTINGS: &str = "aof.yaml";
/// The folder of the org chart.
pub const ORG_DIR: &str = "org";
/// The org chart.
pub const ORG_CHART: &str = "org/org-chart.yaml";
/// The rules by which people are told of what happens.
pub const NOTIFICATION_RULES: &str = "org/notification-rules.yaml";
/// Folder of projects, and its older spelling.
pub const PROJECT_DIRS: [&str; 2] = ["projects", "Projects"];
/// Folder of the event log.
pub const EVENTS_DIR: &str = "events";
/// Folder of the orchestrator's own records.
pub const STATE_DIR: &str = "state";
/// Effects recorded and settled.
pub const OUTBOX: &str = "state/outbox.jsonl";
/// What was used.
pub const LEDGER: &str = "state/ledger.jsonl";
/// Folder of the journal.
pub const JOURNAL_DIR: &str = "state/journal";
/// The project that always exists.
pub const INBOX: &str = "_inbox";

/// One project's folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProjectRoot {
    parent: &'static str,
    id: ProjectId,
}

/// What a path below a project's `tasks/` means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CardPath {
    /// A card.
    Card {
        /// Its project.
        project: ProjectRoot,
        /// The directory that it lies in.
        status: Status,
        /// Its id.
        id: TaskId,
    },
    /// A file in a status directory that is no card of ours.
    Stranger,
}

/// The name of a version of a card beside it.
#[must_use]
pub fn conflict_name(id: &TaskId, (revision, number): (u64, usize)) -> String {
    match number {
        1 => format!("{id}.conflict-{revision}.md"),
        _ => format!("{id}.conflict-{revision}-{number}.md"),
    }
}

impl ProjectRoot {
    /// The folder of `id` under `parent`, one of [`PROJECT_DIRS`].
    #[must_use]
    pub fn new(parent: &'static str, id: ProjectId) -> Self {
        ProjectRoot { parent, id }
    }

    /// The project.
    #[must_use]
    pub fn id(&self) -> &ProjectId {
        &self.id
    }

    /// The folder itself.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{}/{}", self.parent, self.id)
    }

    /// The manifest.
    #[must_use]
    pub fn manifest(&self) -> String {
        format!("{}/{}/project.yaml", self.parent, self.id)
    }

    /// The directory of a status.
    #[must_use]
    pub fn status_dir(&self, status: Status) -> String {
        format!("{}/{}/tasks/{status}", self.parent, self.id)
    }

    /// A card in a status.
    #[must_use]
    pub fn card(&self, status: Status, id: &TaskId) -> String {
        format!("{}/{}/tasks/{status}/{id}.md", self.parent, self.id)
    }

    /// A version of a card beside it; `number` counts from 1, for several of the same revision.
    #[must_use]
    pub fn conflict(
        &self,
        status: Status,
        id: &TaskId,
        (revision, number): (u64, usize),
    ) -> String {
        format!(
            "{}/{}",
            self.status_dir(status),
            conflict_name(id, (revision, number))
        )
    }

    /// Where an agent works on a task. It does not move with the status.
    #[must_use]
    pub fn work_dir(&self, id: &TaskId) -> String {
        format!("{}/{}/work/{id}", self.parent, self.id)
    }

    /// Where an agent works on a hop of a task's workflow, whatever its pass.
    #[must_use]
    pub fn hop_dir(&self, whole: &TaskId, hop: &HopId) -> String {
        format!("{}/work/{hop}", self.work_dir(whole))
    }

    /// Records of all runs of a task.
    #[must_use]
    pub fn runs_dir(&self, id: &TaskId) -> String {
        format!("{}/{}/runs/{id}", self.parent, self.id)
    }

    /// Records of one run.
    #[must_use]
    pub fn run_dir(&self, id: &TaskId, run: &RunId) -> String {
        format!("{}/{}/runs/{id}/{run}", self.parent, self.id)
    }

    /// Reads `<parent>/<project>/tasks/<status>/<name>`. None if the path has another shape.
    #[must_use]
    pub fn parse_card_path(path: &str) -> Option<CardPath> {
        let mut parts = path.split('/');
        let folder = parts.next()?;
        let parent = PROJECT_DIRS.into_iter().find(|known| *known == folder)?;
        let project = ProjectRoot::new(parent, ProjectId::parse(parts.next()?).ok()?);
        if parts.next()? != "tasks" {
            return None;
        }
        let status = Status::parse(parts.next()?)?;
        let name = parts.next()?;
        if parts.next().is_some() {
            return None;
        }
        let id = name
            .strip_suffix(".md")
            .and_then(|stem| TaskId::parse(stem).ok());
        Some(id.map_or(CardPath::Stranger, |id| CardPath::Card {
            project,
            status,
            id,
        }))
    }
}

/// A part of the journal.
#[must_use]
pub fn journal_part(epoch: u64, part: u32) -> String {
    format!("{JOURNAL_DIR}/{epoch:06}-{part:06}.jsonl")
}

/// Reads the name of a part of the journal: `<epoch>-<part>.jsonl`.
#[must_use]
pub fn parse_journal_name(name: &str) -> Option<(u64, u32)> {
    let (epoch, part) = name.strip_suffix(".jsonl")?.split_once('-')?;
    Some((epoch.parse().ok()?, part.parse().ok()?))
}

/// Where a ledger goes that a writer could not read.
#[must_use]
pub fn unreadable_ledger(epoch: u64) -> String {
    format!("{STATE_DIR}/ledger.unreadable-{epoch}.jsonl")
}

/// The event log of a UTC day.
#[must_use]
pub fn event_log(day: &str, part: u32) -> String {
    match part {
        0 => format!("{EVENTS_DIR}/{day}.jsonl"),
        part => format!("{EVENTS_DIR}/{day}.{part:03}.jsonl"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_read_back_as_written() {
        let root = ProjectRoot::new("projects", ProjectId::parse("alpha").unwrap());
        let id = TaskId::parse("TASK-2026-02-17-001").unwrap();
        let path = root.card(Status::InProgress, &id);
        assert_eq!(
            path,
            "projects/alpha/tasks/in-progress/TASK-2026-02-17-001.md"
        );
        let card = CardPath::Card {
            project: root,
            status: Status::InProgress,
            id,
        };
        assert_eq!(ProjectRoot::parse_card_path(&path), Some(card));
    }

    #[test]
    fn names_of_the_journal_read_back_and_sort_as_written() {
        let names = [(9, 999_999), (10, 1), (10, 2), (1_000_000, 1)];
        for (epoch, part) in names {
            let path = journal_part(epoch, part);
            let name = path.rsplit('/').next().unwrap();
            assert_eq!(parse_journal_name(name), Some((epoch, part)));
        }
        for name in ["outbox.jsonl", "1-2.json", "-.jsonl", "x-1.jsonl"] {
            assert_eq!(parse_journal_name(name), None, "{name}");
        }
    }

    #[test]
    fn strangers_are_recognised() {
        for name in ["notes.md", "TASK-2026-02-17-001.md.bak", "README"] {
            let path = format!("Projects/a/tasks/ready/{name}");
            assert_eq!(
                ProjectRoot::parse_card_path(&path),
                Some(CardPath::Stranger),
                "{name}"
            );
        }
        for path in [
            "projects/a/work/x/y.md",
            "org/org-chart.yaml",
            "projects/a/tasks/x/y.md",
        ] {
            assert_eq!(ProjectRoot::parse_card_path(path), None, "{path}");
        }
    }
}
