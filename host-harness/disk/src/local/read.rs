//! Reads one file whole, or says why not.
//!
//! Never opens what is not a regular file: a FIFO would block, a device would act. Invariant: the
//! bytes and the stamp of a blob belong to the same version of the file.

use rustix::io::Errno;

use super::system::{OpenHow, System, Whole};
use super::walk::{Miss, Walk};
use crate::contract::{Blob, Content, Stamp};
use crate::path::RelPath;
use crate::stamp::{Node, same};

/// A file that is written while it is read gets this many chances to hold still.
const ATTEMPTS_MAX: usize = 3;

/// The file at a path, if it is a regular one of at most `bytes_max` bytes.
pub(super) fn blob<S: System>(walk: &Walk<'_, S>, path: RelPath<'_>, bytes_max: u64) -> Blob {
    if let Some(whole) = walk.system().fetch(path.as_str(), bytes_max)
        && let Some(blob) = settled(whole, bytes_max)
    {
        return blob;
    }
    let dir = match walk.dir(path.parent()) {
        Ok(dir) => dir,
        Err(Miss::Absent) => return Blob::Absent,
        Err(Miss::Symlink) => return refused("lies behind a symlink"),
        Err(Miss::Failed(errno)) => return unreadable(errno),
    };
    for _ in 0..ATTEMPTS_MAX {
        match attempt(walk, &dir, path.name(), bytes_max) {
            Ok(Some(blob)) => return blob,
            Ok(None) => {}
            Err(Errno::NOENT) => return Blob::Absent,
            Err(errno) => return unreadable(errno),
        }
    }
    refused("is being written; read it again")
}

/// None if the file changed meanwhile.
fn attempt<S: System>(
    walk: &Walk<'_, S>,
    dir: &S::Dir,
    name: &str,
    bytes_max: u64,
) -> Result<Option<Blob>, Errno> {
    let whole = match walk.system().whole(dir, name, bytes_max) {
        Some(whole) => whole?,
        None => step_by_step(walk, dir, name, bytes_max)?,
    };
    Ok(settled(whole, bytes_max))
}

/// None if the file changed while it was read.
fn settled(whole: Whole, bytes_max: u64) -> Option<Blob> {
    let (before, bytes, after) = match whole {
        Whole::Seen(node) => return admit(node, bytes_max).err(),
        Whole::Read {
            before,
            bytes,
            after,
        } => (before, bytes, after),
    };
    let stamp = match admit(before, bytes_max) {
        Ok(stamp) => stamp,
        Err(blob) => return Some(blob),
    };
    let held = matches!(after, Node::File(now) if same(&now, &stamp));
    let whole = held && bytes.len() as u64 == stamp.size;
    whole.then_some(Blob::Content(Content { bytes, stamp }))
}

fn step_by_step<S: System>(
    walk: &Walk<'_, S>,
    dir: &S::Dir,
    name: &str,
    bytes_max: u64,
) -> Result<Whole, Errno> {
    let system = walk.system();
    let seen = walk.look(dir, name)?;
    if admit(seen, bytes_max).is_err() {
        return Ok(Whole::Seen(seen));
    }
    let file = system.open(dir, name, OpenHow::Read)?;
    let before = system.stat_file(&file)?.node;
    if admit(before, bytes_max).is_err() {
        return Ok(Whole::Seen(before));
    }
    Ok(Whole::Read {
        before,
        bytes: system.read(&file, 0, bytes_max.saturating_add(1))?,
        after: system.stat_file(&file)?.node,
    })
}

fn admit(node: Node, bytes_max: u64) -> Result<Stamp, Blob> {
    match node {
        Node::Absent => Err(Blob::Absent),
        Node::Directory(_) => Err(refused("is a directory")),
        Node::Other(_) => Err(refused("is not a regular file")),
        Node::File(stamp) if stamp.size > bytes_max => Err(oversized(stamp.size, bytes_max)),
        Node::File(stamp) => Ok(stamp),
    }
}

fn oversized(bytes: u64, bytes_max: u64) -> Blob {
    Blob::Refused(format!("has {bytes} bytes, over the limit of {bytes_max}"))
}

fn unreadable(errno: Errno) -> Blob {
    Blob::Unreadable(format!("cannot be read: {errno}"))
}

fn refused(reason: &str) -> Blob {
    Blob::Refused(reason.to_owned())
}
