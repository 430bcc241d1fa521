//! New contents under temporary names beside their targets, until they are placed.
//!
//! Never touches a visible name. Invariant: a temporary name carries the epoch of its writer, so
//! what a killed writer left behind can be told from what is being written.

use std::collections::BTreeSet;

use rustix::io::Errno;

use super::system::{OpenHow, Status, System};
use super::walk::Walk;
use super::{failure, place};
use crate::contract::{Entry, EntryKind, Stamp, StoreError};
use crate::path::RelPath;
use crate::stamp::Node;

/// Bytes of the target's name that a temporary name repeats, for people who find one.
const NAME_BYTES_MAX: usize = 128;
const SUFFIX: &str = ".put";
/// Names tried for one temporary file.
const NAME_TRIES_MAX: usize = 1_000;

/// One content written but not yet placed.
#[derive(Debug)]
pub(super) struct Temp<F> {
    pub(super) name: String,
    pub(super) stamp: Stamp,
    pub(super) file: F,
}

/// Makes temporary files and remembers those that are not placed.
#[derive(Debug)]
pub(super) struct Stage<'c> {
    epoch: u64,
    made: &'c mut u64,
    /// Directory (empty for the root) and name of each.
    left: BTreeSet<(String, String)>,
}

impl<'c> Stage<'c> {
    pub(super) fn new(epoch: u64, made: &'c mut u64) -> Self {
        Self {
            epoch,
            made,
            left: BTreeSet::new(),
        }
    }

    /// Writes content beside `path`, with the permissions of the file `like`, if there is one.
    pub(super) fn put<S: System>(
        &mut self,
        walk: &Walk<'_, S>,
        path: RelPath<'_>,
        content: &[u8],
        like: RelPath<'_>,
    ) -> Result<Temp<S::File>, StoreError> {
        let failed = |errno| failure::from_errno(path.as_str(), errno);
        let system = walk.system();
        let dir = walk.parent(path)?;
        let (name, file) = self.fresh(system, &dir, path).map_err(failed)?;
        self.left.insert(key(path, &name));
        if let Some(mode) = mode_of(walk, like) {
            system.chmod(&file, mode).map_err(failed)?;
        }
        system.write(&file, content).map_err(failed)?;
        match system.stat_file(&file).map_err(failed)?.node {
            Node::File(stamp) => Ok(Temp { name, stamp, file }),
            _ => Err(path.bad()),
        }
    }

    /// Forgets a temporary file that was placed.
    pub(super) fn placed(&mut self, path: RelPath<'_>, name: &str) {
        self.left.remove(&key(path, name));
    }

    /// Removes what was never placed; what cannot be removed is swept by a later writer.
    pub(super) fn discard<S: System>(&mut self, walk: &Walk<'_, S>) {
        for (dir, name) in std::mem::take(&mut self.left) {
            discard_one(walk, RelPath::parse(&dir).ok(), &name);
        }
    }

    /// A temporary file with a name of its own. A writer that was killed while it took over left
    /// one of the very epoch that is taken next: its name is passed over.
    fn fresh<S: System>(
        &mut self,
        system: &S,
        dir: &S::Dir,
        path: RelPath<'_>,
    ) -> Result<(String, S::File), Errno> {
        for _ in 0..NAME_TRIES_MAX {
            let name = self.name(path);
            match system.open(dir, &name, OpenHow::CreateNew) {
                Ok(file) => return Ok((name, file)),
                Err(Errno::EXIST) => {}
                Err(errno) => return Err(errno),
            }
        }
        Err(Errno::EXIST)
    }

    fn name(&mut self, path: RelPath<'_>) -> String {
        *self.made += 1;
        let name = path.name();
        let shown = name
            .get(..name.floor_char_boundary(NAME_BYTES_MAX))
            .unwrap_or_default();
        format!(".{shown}.{}-{}{SUFFIX}", self.epoch, self.made)
    }
}

/// Removes what killed writers left in a directory, and takes it out of its listing.
pub(super) fn sweep<S: System>(
    walk: &Walk<'_, S>,
    dir: RelPath<'_>,
    epoch: u64,
    entries: &mut Vec<Entry>,
) {
    entries.retain(|entry| {
        let old = entry.kind == EntryKind::File && is_leftover(&entry.name, epoch);
        if !old {
            return true;
        }
        !discard_one(walk, Some(dir), &entry.name)
    });
}

fn discard_one<S: System>(walk: &Walk<'_, S>, dir: Option<RelPath<'_>>, name: &str) -> bool {
    let removed = place::unlink(walk, dir, name);
    if let Err(error) = &removed {
        tracing::warn!(name, ?error, "a temporary file stays behind");
    }
    removed.is_ok()
}

/// True for a temporary name of this or an earlier epoch; between batches none is in use.
fn is_leftover(name: &str, epoch: u64) -> bool {
    let Some(stem) = name
        .strip_prefix('.')
        .and_then(|name| name.strip_suffix(SUFFIX))
    else {
        return false;
    };
    let Some((_, tail)) = stem.rsplit_once('.') else {
        return false;
    };
    let Some((maker, number)) = tail.split_once('-') else {
        return false;
    };
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    digits && maker.parse::<u64>().is_ok_and(|maker| maker <= epoch)
}

fn mode_of<S: System>(walk: &Walk<'_, S>, path: RelPath<'_>) -> Option<u32> {
    let dir = walk.dir(path.parent()).ok()?;
    match walk.system().stat(&dir, path.name()) {
        Ok(Status {
            node: Node::File(_),
            mode,
        }) => Some(mode & 0o777),
        Ok(_) | Err(Errno::NOENT) => None,
        Err(errno) => {
            tracing::debug!(path = path.as_str(), %errno, "permissions of a file are unknown");
            None
        }
    }
}

fn key(path: RelPath<'_>, name: &str) -> (String, String) {
    (
        path.parent().map_or("", RelPath::as_str).to_owned(),
        name.to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_own_temporary_names_are_leftovers() {
        for name in [".X.md.3-1.put", ".a.2-44.put", "..3-9.put"] {
            assert!(is_leftover(name, 3), "{name}");
        }
        for name in [
            ".X.md.4-1.put",
            "X.md.3-1.put",
            ".X.md.7.tmp",
            ".X.put",
            ".X.3-.put",
            ".put",
        ] {
            assert!(!is_leftover(name, 3), "{name}");
        }
    }

    #[test]
    fn a_temporary_name_repeats_128_bytes_of_the_target() {
        let mut made = 0;
        let mut stage = Stage::new(7, &mut made);
        let mut name = |target: &str| stage.name(RelPath::parse(target).unwrap());
        let whole = "n".repeat(NAME_BYTES_MAX);
        assert_eq!(name(&whole), format!(".{whole}.7-1.put"));
        assert_eq!(name(&format!("{whole}n")), format!(".{whole}.7-2.put"));
        let odd = format!("{}\u{e4}", "n".repeat(NAME_BYTES_MAX - 1));
        let cut = &odd[..NAME_BYTES_MAX - 1];
        assert_eq!(name(&odd), format!(".{cut}.7-3.put"), "no half character");
    }
}
