//! One opened backend with the words that the cases use.
//!
//! Never hides an error: what is refused is returned, what must succeed panics with the error.

use aof_disk::StoreBackend;
use aof_host::contract::store::{
    AppendOp, Blob, Content, Entry, Listing, Mode, Op, PutOp, RenameOp, ReplaceOp, Stamp,
    StoreError,
};

use super::hand::Hand;

/// A writer, unless told otherwise.
pub struct Session {
    pub backend: Box<dyn StoreBackend>,
    pub epoch: u64,
    cursor: u64,
}

impl Session {
    pub fn writer(disk: &dyn Hand) -> Self {
        Self::open(disk, Mode::Writer)
    }

    pub fn open(disk: &dyn Hand, mode: Mode) -> Self {
        Self::of(disk.attach(), mode)
    }

    /// The first session of a backend.
    pub fn of(mut backend: Box<dyn StoreBackend>, mode: Mode) -> Self {
        let epoch = backend.open(mode).unwrap().epoch;
        Self {
            backend,
            epoch,
            cursor: 0,
        }
    }

    /// A writer that watches these directories.
    pub fn watching(disk: &dyn Hand, dirs: &[&str]) -> Self {
        let mut session = Self::writer(disk);
        session.list(dirs);
        session
    }

    pub fn commit(&mut self, batch: &[Op]) -> Result<u64, StoreError> {
        self.backend.commit(batch, self.epoch)
    }

    /// Commits what must be accepted.
    pub fn accept(&mut self, batch: &[Op]) {
        self.commit(batch).unwrap();
    }

    /// Commits what must be refused.
    pub fn refuse(&mut self, batch: &[Op]) -> StoreError {
        self.commit(batch).unwrap_err()
    }

    /// Lists and watches.
    pub fn list(&mut self, dirs: &[&str]) -> Vec<Listing> {
        self.list_as(dirs, true)
    }

    pub fn list_as(&mut self, dirs: &[&str], watch: bool) -> Vec<Listing> {
        let dirs: Vec<String> = dirs.iter().map(|dir| (*dir).to_owned()).collect();
        self.backend.list(&dirs, watch).unwrap()
    }

    /// Lists without watching: a writer then clears away what a killed one left.
    pub fn list_once(&mut self, dirs: &[&str]) {
        let dirs: Vec<String> = dirs.iter().map(|dir| (*dir).to_owned()).collect();
        self.backend.list(&dirs, false).unwrap();
    }

    pub fn entries(&mut self, dir: &str) -> Vec<Entry> {
        self.list(&[dir]).remove(0).entries
    }

    pub fn blob(&mut self, path: &str) -> Blob {
        self.backend
            .read(&[path.to_owned()], u64::MAX)
            .unwrap()
            .remove(0)
    }

    pub fn content(&mut self, path: &str) -> Content {
        match self.blob(path) {
            Blob::Content(content) => content,
            other => panic!("{path}: {other:?}"),
        }
    }

    pub fn text(&mut self, path: &str) -> String {
        String::from_utf8(self.content(path).bytes).unwrap()
    }

    pub fn stamp(&mut self, path: &str) -> Stamp {
        self.content(path).stamp
    }

    pub fn is_absent(&mut self, path: &str) -> bool {
        matches!(self.blob(path), Blob::Absent)
    }

    /// Every change since the last call: `+path` for what is there, `-path` for what is gone.
    pub fn news(&mut self) -> Vec<String> {
        let mut news = Vec::new();
        loop {
            let page = self.backend.changes(self.cursor, 100).unwrap();
            self.cursor = page.cursor;
            let quiet = page.changes.is_empty();
            news.extend(page.changes.into_iter().map(|change| {
                let sign = if change.entry.is_some() { '+' } else { '-' };
                format!("{sign}{}", change.path)
            }));
            if quiet {
                news.sort();
                return news;
            }
        }
    }
}

/// Equal versions, as the contract compares them.
pub fn same(a: &Stamp, b: &Stamp) -> bool {
    (a.mtime_ns, a.size, a.inode) == (b.mtime_ns, b.size, b.inode)
}

pub fn create(path: &str, text: &str) -> Op {
    Op::Create(PutOp {
        path: path.to_owned(),
        content: text.into(),
    })
}

pub fn replace(path: &str, text: &str, expect: Option<Stamp>) -> Op {
    Op::Replace(ReplaceOp {
        path: path.to_owned(),
        content: text.into(),
        expect,
    })
}

pub fn rename(from: &str, to: &str) -> Op {
    rename_expecting(from, to, None)
}

pub fn rename_expecting(from: &str, to: &str, expect: Option<Stamp>) -> Op {
    Op::Rename(RenameOp {
        from: from.to_owned(),
        to: to.to_owned(),
        expect,
    })
}

pub fn remove(path: &str) -> Op {
    Op::Remove(path.to_owned())
}

pub fn make_dir(path: &str) -> Op {
    Op::MakeDir(path.to_owned())
}

pub fn append(path: &str, lines: &[&str]) -> Op {
    let lines = lines.iter().map(|line| (*line).to_owned()).collect();
    Op::Append(AppendOp {
        path: path.to_owned(),
        lines,
    })
}

pub fn journal(path: &str, lines: &[&str]) -> Op {
    let lines = lines.iter().map(|line| (*line).to_owned()).collect();
    Op::Journal(AppendOp {
        path: path.to_owned(),
        lines,
    })
}
