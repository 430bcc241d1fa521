//! Flushes everything beneath the root: WASI has no `syncfs`, so what was changed is remembered.
//!
//! What a former process left unflushed is nobody's memory: the first flush is of every file.
//! Invariant: what cannot be found any more where it was changed makes the next flush one of every
//! file, as somebody may have moved it.

use std::collections::BTreeSet;

use wasip2::filesystem::types::{Descriptor, DescriptorType, DirectoryEntry, ErrorCode, PathFlags};

use crate::bindings::exports::aof::disk::system::OpenHow;
use crate::open;

/// Directories on the way to a file, as many as paths of the store have.
const DEPTH_MAX: usize = 32;
/// More than a checkpoint leaves; beyond it every file is looked at.
const PATHS_MAX: usize = 10_000;

/// What is to be flushed.
pub enum Unflushed {
    Everything,
    These(Paths),
}

#[derive(Default)]
pub struct Paths {
    directories: BTreeSet<String>,
    files: BTreeSet<String>,
}

impl Unflushed {
    /// The names in a directory were changed.
    pub fn names_changed(&mut self, directory: &str) {
        self.note(|paths| {
            paths.directories.insert(directory.to_owned());
        });
    }

    /// The content of a file was changed.
    pub fn content_changed(&mut self, file: &str) {
        self.note(|paths| {
            paths.files.insert(file.to_owned());
        });
    }

    /// A file has another name now.
    pub fn moved(&mut self, from: &str, to: &str) {
        self.note(|paths| {
            if paths.files.remove(from) {
                paths.files.insert(to.to_owned());
            }
        });
    }

    /// A file is gone.
    pub fn removed(&mut self, file: &str) {
        self.note(|paths| {
            paths.files.remove(file);
        });
    }

    /// A file or the names in a directory were flushed.
    pub fn flushed(&mut self, path: &str) {
        self.note(|paths| {
            paths.files.remove(path);
            paths.directories.remove(path);
        });
    }

    fn note(&mut self, change: impl FnOnce(&mut Paths)) {
        if let Self::These(paths) = self {
            change(paths);
            if paths.files.len() + paths.directories.len() > PATHS_MAX {
                *self = Self::Everything;
            }
        }
    }

    /// Flushes it all; after a failure it is to be flushed still.
    pub fn flush(&mut self, root: &Descriptor) -> Result<(), ErrorCode> {
        // If it fails, everything is to be flushed still.
        let flushed = match std::mem::replace(self, Self::Everything) {
            Self::These(paths) => paths.flush(root)?,
            Self::Everything => false,
        };
        if !flushed {
            beneath(root, 0)?;
        }
        *self = Self::These(Paths::default());
        Ok(())
    }
}

impl Paths {
    /// False if one of them is not there any more. A flush that fails is an error, and final: tried
    /// again, the system might say that all is well.
    fn flush(&self, root: &Descriptor) -> Result<bool, ErrorCode> {
        for path in &self.files {
            let Ok(file) = file_at(root, path) else {
                return Ok(false);
            };
            file.sync_data()?;
        }
        for path in &self.directories {
            match reach(root, path) {
                Ok(Some(dir)) => names(&dir)?,
                Ok(None) => names(root)?,
                Err(_) => return Ok(false),
            }
        }
        Ok(true)
    }
}

fn file_at(root: &Descriptor, path: &str) -> Result<Descriptor, ErrorCode> {
    let (dir, name) = path.rsplit_once('/').unwrap_or(("", path));
    let reached = reach(root, dir)?;
    let dir = reached.as_ref().unwrap_or(root);
    match kind_at(dir, name)? {
        DescriptorType::RegularFile => open::file(dir, name, OpenHow::Read),
        _ => Err(ErrorCode::NoEntry),
    }
}

fn kind_at(dir: &Descriptor, name: &str) -> Result<DescriptorType, ErrorCode> {
    Ok(dir.stat_at(PathFlags::empty(), name)?.type_)
}

/// A directory by its path; none for the root itself.
fn reach(root: &Descriptor, path: &str) -> Result<Option<Descriptor>, ErrorCode> {
    let mut reached = None;
    for name in path.split('/').filter(|name| !name.is_empty()) {
        reached = Some(open::directory(reached.as_ref().unwrap_or(root), name)?);
    }
    Ok(reached)
}

/// Flushes every file beneath a directory, and every directory.
fn beneath(dir: &Descriptor, depth: usize) -> Result<(), ErrorCode> {
    if depth > DEPTH_MAX {
        return Ok(());
    }
    let entries = dir.read_directory()?;
    loop {
        let entry = match entries.read_directory_entry() {
            Ok(Some(entry)) => entry,
            Ok(None) => break,
            // No name that the store can have.
            Err(ErrorCode::IllegalByteSequence) => continue,
            Err(code) => return Err(code),
        };
        match flush_entry(dir, &entry, depth) {
            // Gone since, something else by now, or nothing that we could have written.
            Err(
                ErrorCode::NoEntry
                | ErrorCode::NotDirectory
                | ErrorCode::IsDirectory
                | ErrorCode::Loop
                | ErrorCode::Access,
            ) => {}
            other => other?,
        }
    }
    names(dir)
}

fn flush_entry(dir: &Descriptor, entry: &DirectoryEntry, depth: usize) -> Result<(), ErrorCode> {
    let kind = match entry.type_ {
        // Some hosts do not tell while they list.
        DescriptorType::Unknown => kind_at(dir, &entry.name)?,
        known => known,
    };
    match kind {
        DescriptorType::Directory => beneath(&open::directory(dir, &entry.name)?, depth + 1),
        DescriptorType::RegularFile => open::file(dir, &entry.name, OpenHow::Read)?.sync_data(),
        _ => Ok(()),
    }
}

/// Flushes the names of a directory; some file systems order such changes themselves.
pub fn names(dir: &Descriptor) -> Result<(), ErrorCode> {
    match dir.sync_data() {
        Err(ErrorCode::Invalid | ErrorCode::Unsupported) => Ok(()),
        other => other,
    }
}
