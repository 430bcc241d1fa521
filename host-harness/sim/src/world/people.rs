//! People with hands on the files.
//!
//! Never asks AOF. Invariant: whatever a person does is written into the ledger in the same moment.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aof_core::status::Status;

use super::step::Deed;
use crate::check::{Ledger, Mark, Touch};
use crate::machine::{Kind, Machine};

/// The ledger, shared with people who act while a host is at work.
pub(super) type SharedLedger = Arc<Mutex<Ledger>>;

pub(super) fn lock(ledger: &SharedLedger) -> MutexGuard<'_, Ledger> {
    ledger.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One thing that a person does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Act {
    pub(super) deed: Deed,
    pub(super) card: u32,
    pub(super) salt: u64,
    pub(super) synced: bool,
    /// A host is at work on the same files.
    pub(super) in_between: bool,
    /// A host died, and nobody has recovered since: whatever is edited now may be torn.
    pub(super) is_raw: bool,
}

/// Acts on the files of a machine.
pub(super) struct Person<'a> {
    machine: &'a Machine,
    ledger: &'a SharedLedger,
    act: Act,
}

/// A card as a person sees it.
struct Seen {
    path: String,
    project: String,
    status: Status,
    id: String,
}

impl<'a> Person<'a> {
    pub(super) fn new(machine: &'a Machine, ledger: &'a SharedLedger, act: Act) -> Self {
        Self {
            machine,
            ledger,
            act,
        }
    }

    /// Does it; what the system refuses is given up.
    pub(super) fn act(&self) {
        let cards = self.cards();
        let count = cards.len().max(1);
        let number = usize::try_from(self.act.card).unwrap_or_default() % count;
        let Some(card) = cards.get(number) else {
            return;
        };
        let Ok(text) = self.hand().read(&card.path) else {
            return;
        };
        match self.act.deed {
            Deed::Edit => self.edit(card, &text, false),
            Deed::EditWithBackup => self.edit(card, &text, true),
            Deed::MoveLegally => {
                let legal = card.status.successors();
                self.shift(card, legal);
            }
            Deed::MoveAnywhere => self.shift(card, &Status::ALL),
            Deed::Remove => {
                self.lock().replaced(&text, b"");
                self.note(card, Touch::Gone);
                shrug(self.hand().rm(&card.path));
            }
            Deed::Duplicate => {
                if let Some(to) = self.target(card, &Status::ALL) {
                    self.note(card, Touch::Place);
                    shrug(self.hand().write(&to, &text));
                }
            }
            Deed::Restore => {
                let old = older(&text);
                self.overwrite(card, &text, &old);
            }
            Deed::Break => {
                let broken = [b"---\n: [broken\n".as_slice(), &text].concat();
                self.overwrite(card, &text, &broken);
            }
            Deed::Mend => {
                if let Some(whole) = text.strip_prefix(b"---\n: [broken\n".as_slice()) {
                    self.overwrite(card, &text, whole);
                }
            }
        }
    }

    fn hand(&self) -> crate::machine::Hand {
        match self.act.synced {
            true => self.machine.hand().flushing(),
            false => self.machine.hand(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Ledger> {
        lock(self.ledger)
    }

    fn edit(&self, card: &Seen, text: &[u8], keeps_backup: bool) {
        let mark = format!("hand-{:016x}", self.act.salt);
        let new = [text, b"\n", mark.as_bytes(), b"\n"].concat();
        let done = match keeps_backup {
            true => self.hand().save_with_backup(&card.path, &new, |_| ()),
            false => self.hand().write(&card.path, &new),
        };
        match done {
            Ok(()) => {
                self.note(card, Touch::Text);
                let (task, synced) = (card.id.clone(), self.act.synced);
                let mut ledger = self.lock();
                if self.act.in_between {
                    let unseen = ledger.unseen.entry(card.path.clone()).or_default();
                    unseen.push(mark.clone());
                }
                ledger.marks.insert(mark, Mark { task, synced });
            }
            Err(_) => self.spoil(card, text),
        }
    }

    /// Puts a file with a text of its own where somebody is about to put another.
    pub(super) fn put_in_the_way(&self, path: &str) {
        let Some((project, status, id)) = crate::check::place(path) else {
            return;
        };
        if self.hand().exists(path) {
            return;
        }
        let card = Seen {
            path: path.to_owned(),
            project: project.to_owned(),
            status,
            id: id.to_owned(),
        };
        let mark = format!("hand-{:016x}", self.act.salt);
        self.note(&card, Touch::Place);
        if self
            .hand()
            .write(path, format!("{mark}\n").as_bytes())
            .is_ok()
        {
            let (task, synced) = (card.id, self.act.synced);
            self.lock().marks.insert(mark, Mark { task, synced });
        }
    }

    fn overwrite(&self, card: &Seen, text: &[u8], new: &[u8]) {
        self.lock().replaced(text, new);
        self.note(card, Touch::Place);
        if self.hand().save_over(&card.path, new).is_err() {
            self.spoil(card, text);
        }
    }

    /// The disk was full in the middle of it: whatever is there now is the person's loss.
    fn spoil(&self, card: &Seen, text: &[u8]) {
        self.lock().replaced(text, b"");
        self.note(card, Touch::Gone);
    }

    fn shift(&self, card: &Seen, choice: &[Status]) {
        if let Some(to) = self.target(card, choice) {
            self.note(card, Touch::Place);
            shrug(self.hand().mv(&card.path, &to));
        }
    }

    /// A free place in one of these statuses.
    fn target(&self, card: &Seen, choice: &[Status]) -> Option<String> {
        let number = usize::try_from(self.act.salt % 64).unwrap_or_default();
        let status = choice.get(number % choice.len().max(1))?;
        let dir = format!("projects/{}/tasks/{status}", card.project);
        let to = format!("{dir}/{}.md", card.id);
        if !self.hand().exists(&dir) {
            self.hand().mkdir(&dir).ok()?;
        }
        (!self.hand().exists(&to)).then_some(to)
    }

    fn note(&self, card: &Seen, touch: Touch) {
        let mut ledger = self.lock();
        let least = if self.act.is_raw {
            Touch::Place
        } else {
            Touch::Text
        };
        ledger.touch(&card.id, touch.max(least));
        if !self.act.synced {
            ledger.unsynced.insert(card.id.clone());
            // What was flushed before has been cut off and written again.
            let marks = ledger.marks.values_mut();
            for mark in marks.filter(|mark| mark.task == card.id) {
                mark.synced = false;
            }
        }
    }

    fn cards(&self) -> Vec<Seen> {
        let tree = self.machine.hand().tree();
        let files = tree.into_iter().filter(|it| it.kind == Kind::File);
        let cards = files.filter_map(|it| {
            let (project, status, id) = crate::check::place(&it.path)?;
            let (project, id) = (project.to_owned(), id.to_owned());
            Some(Seen {
                project,
                status,
                id,
                path: it.path,
            })
        });
        cards.collect()
    }
}

/// Whatever the system says, nobody does anything about it.
pub(super) fn shrug<E>(done: Result<(), E>) {
    drop(done);
}

/// The same card as somebody kept it from before: an older revision.
fn older(text: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(text);
    let lines = text.split_inclusive('\n').map(|line| {
        let number = line
            .strip_prefix("revision: ")
            .and_then(|rest| rest.trim().parse::<u64>().ok());
        match number {
            Some(number) => format!("revision: {}\n", number.saturating_sub(1)),
            None => line.to_owned(),
        }
    });
    lines.collect::<String>().into_bytes()
}
