//! The operating system as a store with a defect uses it.
//!
//! Never fails where the system does not. Invariant: a call that the defect does not touch is the
//! system's own.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use aof_disk::{Errno, Node, OpenHow, RawEntry, Stamp, Status, System};

use super::Defect;
use crate::world::Lookout;

const LOCK_NAME: &str = "lock";

/// A process whose store makes a mistake.
#[derive(Debug)]
pub(super) struct FlawedSystem {
    whole: Lookout,
    defect: Defect,
    /// The lock file that this process took.
    locked: AtomicU64,
    /// Parts of the journal that it has written to.
    journals: Mutex<BTreeSet<String>>,
}

/// An open file and what it is.
#[derive(Debug)]
pub(super) struct FlawedFile {
    whole: <Lookout as System>::File,
    is_journal: bool,
}

type Dir = <Lookout as System>::Dir;

impl FlawedSystem {
    pub(super) fn new(whole: Lookout, defect: Defect) -> Self {
        Self {
            whole,
            defect,
            locked: AtomicU64::new(0),
            journals: Mutex::default(),
        }
    }

    fn journals(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.journals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is(&self, defect: Defect) -> bool {
        self.defect == defect
    }

    fn file(&self, whole: <Lookout as System>::File, name: &str) -> FlawedFile {
        FlawedFile {
            whole,
            is_journal: is_journal(name),
        }
    }

    /// The lock as it was when it was taken.
    fn remembered(&self, name: &str, status: Result<Status, Errno>) -> Result<Status, Errno> {
        let inode = self.locked.load(Ordering::Relaxed);
        if !self.is(Defect::ForgetEpoch) || name != LOCK_NAME || inode == 0 {
            return status;
        }
        let mut stamp = match status {
            Ok(status) => match status.node {
                Node::File(stamp) => stamp,
                _ => return Ok(status),
            },
            Err(_) => Stamp {
                mtime_ns: 0,
                size: 0,
                inode,
            },
        };
        stamp.inode = inode;
        Ok(Status {
            node: Node::File(stamp),
            mode: 0o600,
        })
    }
}

/// `000001-000002.jsonl`
fn is_journal(name: &str) -> bool {
    let numbers = name
        .strip_suffix(".jsonl")
        .and_then(|it| it.split_once('-'));
    let is_number = |text: &str| text.len() == 6 && text.bytes().all(|it| it.is_ascii_digit());
    numbers.is_some_and(|(epoch, part)| is_number(epoch) && is_number(part))
}

impl System for FlawedSystem {
    type Dir = Dir;
    type File = FlawedFile;

    fn root(&self) -> Result<Dir, Errno> {
        self.whole.root()
    }

    fn open_dir(&self, parent: &Dir, name: &str) -> Result<Dir, Errno> {
        self.whole.open_dir(parent, name)
    }

    fn stat(&self, dir: &Dir, name: &str) -> Result<Status, Errno> {
        let status = self.remembered(name, self.whole.stat(dir, name));
        // The successor has taken the journal away, too; so it is made anew.
        if status.is_err() && self.is(Defect::ForgetEpoch) && self.journals().contains(name) {
            self.whole.open(dir, name, OpenHow::AppendNew)?;
            return self.whole.stat(dir, name);
        }
        status
    }

    fn glance(&self, path: &str) -> Result<Status, Errno> {
        self.whole.glance(path)
    }

    fn stat_dir(&self, dir: &Dir) -> Result<Status, Errno> {
        self.whole.stat_dir(dir)
    }

    fn entries(&self, dir: &Dir) -> Result<Vec<RawEntry>, Errno> {
        self.whole.entries(dir)
    }

    fn make_dir(&self, dir: &Dir, name: &str) -> Result<(), Errno> {
        self.whole.make_dir(dir, name)
    }

    fn unlink(&self, dir: &Dir, name: &str) -> Result<(), Errno> {
        self.whole.unlink(dir, name)
    }

    fn rename(&self, from: (&Dir, &str), to: (&Dir, &str), exclusive: bool) -> Result<(), Errno> {
        let exclusive = exclusive && !self.is(Defect::ReplaceTarget);
        self.whole.rename(from, to, exclusive)
    }

    fn sync_dir(&self, dir: &Dir) -> Result<(), Errno> {
        self.whole.sync_dir(dir)
    }

    fn sync_all(&self) -> Result<(), Errno> {
        if self.is(Defect::SkipSync) {
            return Ok(());
        }
        self.whole.sync_all()
    }

    fn open(&self, dir: &Dir, name: &str, how: OpenHow) -> Result<FlawedFile, Errno> {
        let file = self.whole.open(dir, name, how)?;
        if how == OpenHow::Append && is_journal(name) {
            self.journals().insert(name.to_owned());
        }
        if name == LOCK_NAME
            && how == OpenHow::Private
            && let Node::File(stamp) = self.whole.stat_file(&file)?.node
        {
            self.locked.store(stamp.inode, Ordering::Relaxed);
        }
        Ok(self.file(file, name))
    }

    fn stat_file(&self, file: &FlawedFile) -> Result<Status, Errno> {
        self.whole.stat_file(&file.whole)
    }

    fn chmod(&self, file: &FlawedFile, mode: u32) -> Result<(), Errno> {
        self.whole.chmod(&file.whole, mode)
    }

    fn read(&self, file: &FlawedFile, offset: u64, bytes_max: u64) -> Result<Vec<u8>, Errno> {
        self.whole.read(&file.whole, offset, bytes_max)
    }

    fn write(&self, file: &FlawedFile, bytes: &[u8]) -> Result<(), Errno> {
        self.whole.write(&file.whole, bytes)
    }

    fn overwrite(&self, file: &FlawedFile, bytes: &[u8]) -> Result<(), Errno> {
        self.whole.overwrite(&file.whole, bytes)
    }

    fn truncate(&self, file: &FlawedFile, bytes: u64) -> Result<(), Errno> {
        self.whole.truncate(&file.whole, bytes)
    }

    fn sync_file(&self, file: &FlawedFile) -> Result<(), Errno> {
        if self.is(Defect::SkipJournalFlush) && file.is_journal {
            return Ok(());
        }
        self.whole.sync_file(&file.whole)
    }

    fn lock(&self, file: &FlawedFile) -> Result<(), Errno> {
        match self.whole.lock(&file.whole) {
            Err(Errno::WOULDBLOCK) if self.is(Defect::IgnoreLock) => Ok(()),
            other => other,
        }
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
        if self.is(Defect::SameBoot) {
            return 1;
        }
        self.whole.boot()
    }
}
