//! The cards of a disk, read once for each content.
//!
//! Never writes. Invariant: a card is found by its name, whatever is in it.

use std::collections::BTreeMap;
use std::sync::Arc;

use aof_core::card::Card;
use aof_core::id::TaskId;
use aof_core::status::Status;

/// Path and content of every regular file below the data root.
pub type Files = BTreeMap<String, Arc<Vec<u8>>>;

/// One file that claims to be the card of a task.
#[derive(Debug, Clone)]
pub struct Placed {
    /// Where it lies.
    pub path: String,
    /// Its project's folder.
    pub project: String,
    /// The status of its directory.
    pub status: Status,
    /// The card, if it can be read.
    pub card: Option<Arc<Card>>,
}

/// A content, and the card in it if it can be read.
type Reading = (Arc<Vec<u8>>, Option<Arc<Card>>);

/// All cards, by task.
#[derive(Debug, Default)]
pub struct Disk {
    cards: BTreeMap<String, Vec<Placed>>,
    read: BTreeMap<String, Reading>,
}

impl Disk {
    /// Looks at the files as they are now.
    pub fn look(&mut self, files: &Files) {
        self.cards.clear();
        let mut former = std::mem::take(&mut self.read);
        let cards = files.range("projects/".to_owned()..);
        for (path, content) in cards.take_while(|(path, _)| path.starts_with("projects/")) {
            let Some((project, status, id)) = place(path) else {
                continue;
            };
            let known = former.remove(path);
            let known = known.filter(|(bytes, _)| Arc::ptr_eq(bytes, content) || bytes == content);
            let (_, card) = known.unwrap_or_else(|| (Arc::clone(content), read(path, content)));
            self.read
                .insert(path.clone(), (Arc::clone(content), card.clone()));
            self.cards.entry(id.to_owned()).or_default().push(Placed {
                path: path.clone(),
                project: project.to_owned(),
                status,
                card,
            });
        }
    }

    /// The files of a task.
    #[must_use]
    pub fn files_of(&self, task: &str) -> &[Placed] {
        self.cards.get(task).map_or(&[], Vec::as_slice)
    }

    /// The one file of a task, if it has one.
    #[must_use]
    pub fn only(&self, task: &str) -> Option<&Placed> {
        match self.files_of(task) {
            [only] => Some(only),
            _ => None,
        }
    }

    /// Every task with its files.
    pub fn tasks(&self) -> impl Iterator<Item = (&String, &Vec<Placed>)> {
        self.cards.iter()
    }
}

fn read(path: &str, content: &[u8]) -> Option<Arc<Card>> {
    let document = aof_codec::parse_card(path, content).ok()?;
    Some(Arc::new(document.card().clone()))
}

/// Project, status and task of `projects/<project>/tasks/<status>/<task>.md`.
pub(crate) fn place(path: &str) -> Option<(&str, Status, &str)> {
    let mut parts = path.split('/');
    let (_, project) = (parts.next()?, parts.next()?);
    if parts.next()? != "tasks" {
        return None;
    }
    let status = Status::parse(parts.next()?)?;
    let id = parts.next()?.strip_suffix(".md")?;
    (parts.next().is_none() && TaskId::parse(id).is_ok()).then_some((project, status, id))
}
