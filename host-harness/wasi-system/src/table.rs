//! What is open, by number.
//!
//! Invariant: number 0 is the root, which stays open; any other is used again once it was closed.

use std::cell::RefCell;

use wasip2::filesystem::preopens::get_directories;
use wasip2::filesystem::types::{Descriptor, ErrorCode};

use crate::bindings::exports::aof::disk::system::Errno;
use crate::flush::Unflushed;
use crate::{errno, open};

/// The number of the root.
pub const ROOT: u32 = 0;

/// An open file or directory.
pub struct Open {
    pub descriptor: Descriptor,
    /// Where it was opened, beneath the root.
    pub path: String,
    /// Where the next write goes; none at the end.
    pub position: Option<u64>,
}

/// Everything that is open, and what was changed through it.
pub struct Table {
    open: Vec<Option<Open>>,
    pub unflushed: Unflushed,
}

thread_local! {
    static TABLE: RefCell<Option<Table>> = const { RefCell::new(None) };
}

/// Runs `act` on the one table of this instance.
pub fn with<T>(act: impl FnOnce(&mut Table) -> Result<T, ErrorCode>) -> Result<T, Errno> {
    TABLE.with_borrow_mut(|table| {
        let table = match table {
            Some(table) => table,
            None => table.insert(Table::begin().map_err(errno::of)?),
        };
        act(table).map_err(errno::of)
    })
}

impl Table {
    /// With the first directory that the host gives as the root.
    fn begin() -> Result<Self, ErrorCode> {
        let given = get_directories().into_iter().next();
        let (descriptor, _) = given.ok_or(ErrorCode::NotPermitted)?;
        let root = Open {
            descriptor,
            path: String::new(),
            position: None,
        };
        Ok(Self {
            open: vec![Some(root)],
            unflushed: Unflushed::Everything,
        })
    }

    /// What a number stands for.
    pub fn at(&self, number: u32) -> Result<&Open, ErrorCode> {
        let entry = self.open.get(number as usize).and_then(Option::as_ref);
        entry.ok_or(ErrorCode::BadDescriptor)
    }

    /// The path of a name in an open directory.
    pub fn path(&self, dir: u32, name: &str) -> Result<String, ErrorCode> {
        Ok(match self.at(dir)?.path.as_str() {
            "" => name.to_owned(),
            dir => format!("{dir}/{name}"),
        })
    }

    /// Keeps something open, and gives it a number.
    pub fn keep(&mut self, open: Open) -> Result<u32, ErrorCode> {
        let free = self.open.iter().position(Option::is_none);
        let place = match free {
            Some(place) => place,
            None => {
                self.open.push(None);
                self.open.len() - 1
            }
        };
        if let Some(entry) = self.open.get_mut(place) {
            *entry = Some(open);
        }
        u32::try_from(place).map_err(|_| ErrorCode::InsufficientMemory)
    }

    /// Writes all bytes from an offset on. A failure may leave some of them written.
    pub fn write(&mut self, number: u32, bytes: &[u8], offset: u64) -> Result<(), ErrorCode> {
        let open = self.at(number)?;
        let path = open.path.clone();
        self.unflushed.content_changed(&path);
        open::write(&self.at(number)?.descriptor, bytes, offset)
    }

    /// Flushes everything.
    pub fn flush(&mut self) -> Result<(), ErrorCode> {
        let root = self.open.first().and_then(Option::as_ref);
        let root = root.ok_or(ErrorCode::BadDescriptor)?;
        self.unflushed.flush(&root.descriptor)
    }

    /// The next write goes there, unless it goes to the end.
    pub fn advance(&mut self, number: u32, end: u64) {
        let entry = self.open.get_mut(number as usize).and_then(Option::as_mut);
        if let Some(position) = entry.and_then(|open| open.position.as_mut()) {
            *position = end;
        }
    }

    /// Closes what a number stands for.
    pub fn close(&mut self, number: u32) {
        if let Some(entry) = self.open.get_mut(number as usize)
            && number != ROOT
        {
            *entry = None;
        }
    }
}
