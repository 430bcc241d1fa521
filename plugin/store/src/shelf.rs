//! What lies in the status directories: the index of cards that are understood, and the quarantine
//! of files that are not.
//!
//! Never writes. Invariant: a task id is served from one file only; a second file with the same id
//! is set aside and reported.

use std::collections::{BTreeMap, BTreeSet};

use aof_codec::CardDocument;
use aof_core::card::Card;
use aof_core::diagnostic::{Diagnostic, Level};
use aof_core::id::{ProjectId, TaskId};
use aof_core::index::{Finished, Row, TaskIndex};
use aof_core::status::Status;
use aof_core::subscription;

use crate::layout::{CardPath, ProjectRoot};
use crate::port::Blob;

/// A file that is not served, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// The task that it claims to be, if its name says so.
    pub id: Option<TaskId>,
    /// What is wrong; never empty.
    pub findings: Vec<Diagnostic>,
}

/// All cards of a store.
#[derive(Debug, Default)]
pub struct Shelf {
    /// Cards that are understood.
    pub index: TaskIndex,
    /// Files that are not, by path.
    pub quarantine: BTreeMap<String, Quarantined>,
    /// What is in force although something about it should be known, by path: settings without an
    /// effect in this version, names that look mistyped.
    pub notices: BTreeMap<String, Vec<Diagnostic>>,
    /// Cards that were listed and could not be read just then, to be read again. One that was
    /// understood before is served as it was.
    pub unread: BTreeSet<String>,
    /// Tasks that were found to have ended, of whom somebody is perhaps still to be told.
    pub untold: BTreeSet<TaskId>,
    roots: BTreeMap<ProjectId, ProjectRoot>,
}

impl Shelf {
    /// Makes a project's folder known. The first spelling of a project wins.
    ///
    /// Returns whether it is the one that is served.
    pub fn add_root(&mut self, root: &ProjectRoot) -> bool {
        *self
            .roots
            .entry(root.id().clone())
            .or_insert_with(|| root.clone())
            == *root
    }

    /// The folder of a project.
    #[must_use]
    pub fn root(&self, project: &ProjectId) -> Option<&ProjectRoot> {
        self.roots.get(project)
    }

    /// Forgets the folders of other projects; their cards must be forgotten, too.
    pub fn keep_roots(&mut self, keeps: impl Fn(&ProjectId) -> bool) {
        self.roots.retain(|id, _| keeps(id));
    }

    /// All folders.
    pub fn roots(&self) -> impl Iterator<Item = &ProjectRoot> {
        self.roots.values()
    }

    /// Where the card of a task lies.
    #[must_use]
    pub fn path_of(&self, id: &TaskId) -> Option<String> {
        let root = self.roots.get(self.index.project(id)?)?;
        Some(root.card(self.index.status(id)?, id))
    }

    /// Takes a finished card in by its name; it is read only when somebody asks for it.
    pub fn take_in_finished(&mut self, path: &str) {
        match ProjectRoot::parse_card_path(path) {
            Some(CardPath::Card {
                project,
                status,
                id,
            }) => {
                if let Err(findings) = self.make_room(path, &id, status, None) {
                    self.set_aside(path, Some(id), findings);
                    return;
                }
                let finished = Finished {
                    project: project.id().clone(),
                    status,
                };
                self.quarantine.remove(path);
                self.index.put_finished(id, finished);
            }
            _ => self.stranger(path),
        }
    }

    /// Takes in a file of a status directory as it was read. Returns the ids whose set-aside
    /// copies should be looked at again.
    pub fn take_in(&mut self, path: &str, blob: &Blob) {
        let Some(CardPath::Card {
            project,
            status,
            id,
        }) = ProjectRoot::parse_card_path(path)
        else {
            self.stranger(path);
            return;
        };
        let document = match understand(path, blob, status) {
            Ok(document) => document,
            Err(findings) => {
                if matches!(blob, Blob::Unreadable(_) | Blob::Absent) {
                    self.unread.insert(path.to_owned());
                } else {
                    self.forget(path, &id, status);
                }
                if self.index.status(&id).is_none() && !matches!(blob, Blob::Absent) {
                    self.index.hide(&id);
                }
                self.set_aside(path, Some(id), findings);
                return;
            }
        };
        let card = document.card();
        if let Err(findings) = self.make_room(path, &id, status, Some(card.revision)) {
            self.set_aside(path, Some(id), findings);
            return;
        }
        self.quarantine.remove(path);
        if subscription::is_awaited(card, status) {
            self.untold.insert(id.clone());
        }
        let row = Row::of(card, project.id().clone(), status);
        self.index.put(id, row);
    }

    /// Takes in a card that was just written.
    pub fn put(&mut self, card: &Card, project: &ProjectId) {
        self.index
            .put(card.id.clone(), Row::of(card, project.clone(), card.status));
    }

    /// A file is gone. Returns the set-aside copies of the same task, to be read again.
    pub fn gone(&mut self, path: &str) -> Vec<String> {
        self.quarantine.remove(path);
        self.unread.remove(path);
        let Some(CardPath::Card { status, id, .. }) = ProjectRoot::parse_card_path(path) else {
            return Vec::new();
        };
        self.forget(path, &id, status);
        if self.index.is_unreadable(&id) {
            self.index.remove(&id);
        }
        self.quarantine
            .iter()
            .filter(|(_, held)| held.id.as_ref() == Some(&id))
            .map(|(path, _)| path.clone())
            .collect()
    }

    /// Reports a file that is in the way; it is neither rewritten nor deleted.
    pub fn set_aside(&mut self, path: &str, id: Option<TaskId>, findings: Vec<Diagnostic>) {
        self.quarantine
            .insert(path.to_owned(), Quarantined { id, findings });
    }

    /// Replaces what is to be known about a file that is in force.
    pub fn notice(&mut self, path: &str, findings: Vec<Diagnostic>) {
        if findings.is_empty() {
            self.notices.remove(path);
        } else {
            self.notices.insert(path.to_owned(), findings);
        }
    }

    fn forget(&mut self, path: &str, id: &TaskId, status: Status) {
        if self.index.status(id) == Some(status) && self.path_of(id).as_deref() == Some(path) {
            self.index.remove(id);
        }
    }

    fn stranger(&mut self, path: &str) {
        if path.ends_with(".md") {
            let finding = finding("AOF-1141", path, "is not named like a card")
                .hint("name it <task id>.md, or move it out of the status directories");
            self.set_aside(path, None, vec![finding]);
        }
    }

    /// Decides between two files of one task: a finished one stays finished; else the higher
    /// revision counts; else the one that was there first.
    fn make_room(
        &mut self,
        path: &str,
        id: &TaskId,
        status: Status,
        revision: Option<u64>,
    ) -> Result<(), Vec<Diagnostic>> {
        let Some(other) = self.path_of(id).filter(|other| other != path) else {
            return Ok(());
        };
        let loses = match (self.index.row(id), revision) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(row), Some(revision)) => !status.is_terminal() && revision <= row.revision,
        };
        let report = |kept: &str, path: &str| {
            finding(
                "AOF-1140",
                path,
                &format!("is a second file of {id}; `{kept}` is used"),
            )
            .hint("compare the two and delete the one that is not wanted")
        };
        if loses {
            return Err(vec![report(&other, path)]);
        }
        self.index.remove(id);
        self.set_aside(&other, Some(id.clone()), vec![report(path, &other)]);
        Ok(())
    }
}

/// Parses a card and checks the move that its directory implies.
fn understand(path: &str, blob: &Blob, status: Status) -> Result<CardDocument, Vec<Diagnostic>> {
    let bytes = match blob {
        Blob::Content { bytes, .. } => bytes,
        Blob::Absent => {
            return Err(vec![
                finding("AOF-1143", path, "vanished while it was read").hint(""),
            ]);
        }
        Blob::Refused(why) | Blob::Unreadable(why) => {
            return Err(vec![
                finding("AOF-1143", path, why)
                    .hint("replace it by a regular file of readable size"),
            ]);
        }
    };
    let document = aof_codec::parse_card(path, bytes)?;
    let said = document.card().status;
    if said != status && !said.may_become(status) {
        let hint = format!(
            "move it back to {said}/, or correct its `status` line if you are sure; \
             from {said} a task may go to: {}",
            names(said.successors())
        );
        let message = format!("lies in {status}/ but says status {said}");
        let line = document.line_of("status");
        return Err(vec![Diagnostic {
            line,
            column: line.min(1),
            ..finding("AOF-1142", path, &message).hint(&hint)
        }]);
    }
    Ok(document)
}

fn names(statuses: &[Status]) -> String {
    match statuses {
        [] => "nowhere".to_owned(),
        _ => statuses
            .iter()
            .map(|status| status.as_str())
            .collect::<Vec<_>>()
            .join(", "),
    }
}

struct Finding(Diagnostic);

/// An error about a file as a whole.
fn finding(code: &'static str, path: &str, message: &str) -> Finding {
    Finding(Diagnostic {
        code,
        level: Level::Error,
        path: path.to_owned(),
        line: 0,
        column: 0,
        message: message.to_owned(),
        hint: String::new(),
    })
}

impl Finding {
    fn hint(self, hint: &str) -> Diagnostic {
        Diagnostic {
            hint: hint.to_owned(),
            ..self.0
        }
    }
}
