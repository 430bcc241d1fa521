//! A host's process, with an eye on what it looked at and on the moments in which people are quick.
//!
//! Never changes what a call does. Invariant: an edit is forgiven only if nobody could have noticed
//! it: it was made after the last look at the file, and before the call that replaced it.

use std::sync::{Arc, Mutex, PoisonError};

use aof_disk::{Errno, OpenHow, RawEntry, Status, System};
use serde::{Deserialize, Serialize};

use super::people::{Act, Person, SharedLedger, lock};
use crate::machine::Process;

/// The moment in which a quick person acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Moment {
    /// While the journal is flushed.
    Flush,
    /// When a card is about to be moved.
    Move,
}

/// What people mean to do, each once its moment comes.
pub(super) type Plans = Arc<Mutex<Vec<(Moment, Act)>>>;

/// A process over the same machine.
#[derive(Debug)]
pub(crate) struct Lookout {
    whole: Process,
    ledger: SharedLedger,
    plans: Plans,
}

/// An open directory and where it lies.
#[derive(Debug, Clone)]
pub(crate) struct Dir {
    whole: <Process as System>::Dir,
    path: Arc<str>,
}

/// An open file.
#[derive(Debug)]
pub(crate) struct File {
    whole: <Process as System>::File,
    is_journal: bool,
}

impl Dir {
    fn join(&self, name: &str) -> String {
        match &*self.path {
            "" => name.to_owned(),
            path => format!("{path}/{name}"),
        }
    }
}

impl Lookout {
    pub(super) fn new(whole: Process, ledger: SharedLedger, plans: Plans) -> Self {
        Self {
            whole,
            ledger,
            plans,
        }
    }

    /// The process that is watched.
    pub(crate) fn process(&self) -> &Process {
        &self.whole
    }

    /// Whoever looks after an edit can notice it.
    fn looked_at(&self, path: impl FnOnce() -> String) {
        let mut ledger = lock(&self.ledger);
        if !ledger.unseen.is_empty() {
            ledger.unseen.remove(&path());
        }
    }

    /// A name was taken over, or away.
    fn replaced(&self, from: Option<&str>, to: &str) {
        let mut ledger = lock(&self.ledger);
        let moved = from.and_then(|from| ledger.unseen.remove(from));
        for mark in ledger.unseen.remove(to).unwrap_or_default() {
            ledger.marks.remove(&mark);
        }
        if let Some(marks) = moved {
            ledger.unseen.insert(to.to_owned(), marks);
        }
    }

    fn moment(&self, moment: Moment, onto: Option<&str>) {
        let due = {
            let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
            let at = plans.iter().position(|(when, _)| *when == moment);
            at.map(|at| plans.swap_remove(at).1)
        };
        if let Some(act) = due {
            let person = Person::new(self.whole.machine(), &self.ledger, act);
            match onto {
                Some(path) => person.put_in_the_way(path),
                None => person.act(),
            }
        }
    }

    fn is_alive(&self) -> bool {
        self.whole.machine().is_alive(self.whole.pid())
    }
}

fn is_journal(path: &str) -> bool {
    path.starts_with("state/journal/")
}

fn is_temporary(name: &str) -> bool {
    name.starts_with('.')
}

impl System for Lookout {
    type Dir = Dir;
    type File = File;

    fn root(&self) -> Result<Dir, Errno> {
        let whole = self.whole.root()?;
        let path = Arc::from("");
        Ok(Dir { whole, path })
    }

    fn open_dir(&self, parent: &Dir, name: &str) -> Result<Dir, Errno> {
        let whole = self.whole.open_dir(&parent.whole, name)?;
        let path = Arc::from(parent.join(name));
        Ok(Dir { whole, path })
    }

    fn stat(&self, dir: &Dir, name: &str) -> Result<Status, Errno> {
        let status = self.whole.stat(&dir.whole, name);
        self.looked_at(|| dir.join(name));
        status
    }

    fn glance(&self, path: &str) -> Result<Status, Errno> {
        let status = self.whole.glance(path);
        self.looked_at(|| path.to_owned());
        status
    }

    fn stat_dir(&self, dir: &Dir) -> Result<Status, Errno> {
        self.whole.stat_dir(&dir.whole)
    }

    fn entries(&self, dir: &Dir) -> Result<Vec<RawEntry>, Errno> {
        self.whole.entries(&dir.whole)
    }

    fn make_dir(&self, dir: &Dir, name: &str) -> Result<(), Errno> {
        self.whole.make_dir(&dir.whole, name)
    }

    fn unlink(&self, dir: &Dir, name: &str) -> Result<(), Errno> {
        self.whole.unlink(&dir.whole, name)?;
        self.replaced(None, &dir.join(name));
        Ok(())
    }

    fn rename(&self, from: (&Dir, &str), to: (&Dir, &str), exclusive: bool) -> Result<(), Errno> {
        let path = to.0.join(to.1);
        let moves = !is_temporary(from.1) && crate::check::place(&path).is_some();
        if moves && self.is_alive() {
            self.moment(Moment::Move, Some(&path));
        }
        let ends = ((&from.0.whole, from.1), (&to.0.whole, to.1));
        self.whole.rename(ends.0, ends.1, exclusive)?;
        let was = (!is_temporary(from.1)).then(|| from.0.join(from.1));
        self.replaced(was.as_deref(), &path);
        Ok(())
    }

    fn sync_dir(&self, dir: &Dir) -> Result<(), Errno> {
        self.whole.sync_dir(&dir.whole)
    }

    fn sync_all(&self) -> Result<(), Errno> {
        self.whole.sync_all()
    }

    fn open(&self, dir: &Dir, name: &str, how: OpenHow) -> Result<File, Errno> {
        let whole = self.whole.open(&dir.whole, name, how)?;
        let is_journal = is_journal(&dir.join(name));
        Ok(File { whole, is_journal })
    }

    fn stat_file(&self, file: &File) -> Result<Status, Errno> {
        self.whole.stat_file(&file.whole)
    }

    fn chmod(&self, file: &File, mode: u32) -> Result<(), Errno> {
        self.whole.chmod(&file.whole, mode)
    }

    fn read(&self, file: &File, offset: u64, bytes_max: u64) -> Result<Vec<u8>, Errno> {
        self.whole.read(&file.whole, offset, bytes_max)
    }

    fn write(&self, file: &File, bytes: &[u8]) -> Result<(), Errno> {
        self.whole.write(&file.whole, bytes)
    }

    fn overwrite(&self, file: &File, bytes: &[u8]) -> Result<(), Errno> {
        self.whole.overwrite(&file.whole, bytes)
    }

    fn truncate(&self, file: &File, bytes: u64) -> Result<(), Errno> {
        self.whole.truncate(&file.whole, bytes)
    }

    fn sync_file(&self, file: &File) -> Result<(), Errno> {
        if file.is_journal && self.is_alive() {
            self.moment(Moment::Flush, None);
        }
        self.whole.sync_file(&file.whole)
    }

    fn lock(&self, file: &File) -> Result<(), Errno> {
        self.whole.lock(&file.whole)
    }

    fn now_ns(&self) -> u64 {
        self.whole.now_ns()
    }

    fn monotonic_ns(&self) -> u64 {
        self.whole.monotonic_ns()
    }

    fn pid(&self) -> u32 {
        self.whole.pid()
    }

    fn host_name(&self) -> String {
        self.whole.host_name()
    }

    fn boot(&self) -> u64 {
        self.whole.boot()
    }
}
