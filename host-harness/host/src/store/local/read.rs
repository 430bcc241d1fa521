//! Reads one file whole, or says why not.
//!
//! Never opens what is not a regular file: a FIFO would block, a device would act. Invariant: the
//! bytes and the stamp of a blob belong to the same version of the file.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use super::walk::{Miss, Walk, look, node};
use crate::contract::store::{Blob, Content, Stamp};
use crate::store::path::RelPath;
use crate::store::stamp::{Node, same};

/// A file that is written while it is read gets this many chances to hold still.
const ATTEMPTS_MAX: usize = 3;

const PLAIN: OFlags = OFlags::RDONLY
    .union(OFlags::NOFOLLOW)
    .union(OFlags::NONBLOCK)
    .union(OFlags::CLOEXEC);

/// The file at a path, if it is a regular one of at most `bytes_max` bytes.
pub(super) fn blob(walk: &Walk<'_>, path: RelPath<'_>, bytes_max: u64) -> Blob {
    let dir = match walk.dir(path.parent()) {
        Ok(dir) => dir,
        Err(Miss::Absent) => return Blob::Absent,
        Err(Miss::Symlink) => return refused("lies behind a symlink"),
        Err(Miss::Failed(errno)) => return refused(&unreadable(errno)),
    };
    for _ in 0..ATTEMPTS_MAX {
        match attempt(&dir, path.name(), bytes_max) {
            Ok(Some(blob)) => return blob,
            Ok(None) => {}
            Err(Errno::NOENT) => return Blob::Absent,
            Err(errno) => return refused(&unreadable(errno)),
        }
    }
    refused("is being written; read it again")
}

/// None if the file changed meanwhile.
fn attempt(dir: &OwnedFd, name: &str, bytes_max: u64) -> Result<Option<Blob>, Errno> {
    if let Err(blob) = admit(look(dir, name)?, bytes_max) {
        return Ok(Some(blob));
    }
    let file = File::from(rustix::fs::openat(dir, name, PLAIN, Mode::empty())?);
    let stamp = match admit(node(&rustix::fs::fstat(&file)?), bytes_max) {
        Ok(stamp) => stamp,
        Err(blob) => return Ok(Some(blob)),
    };
    let capacity = usize::try_from(stamp.size).unwrap_or(0);
    let mut bytes = Vec::with_capacity(capacity.saturating_add(1));
    (&file)
        .take(bytes_max.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
    let held = matches!(node(&rustix::fs::fstat(&file)?), Node::File(now) if same(&now, &stamp));
    let whole = held && bytes.len() as u64 == stamp.size;
    Ok(whole.then_some(Blob::Content(Content { bytes, stamp })))
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

fn unreadable(errno: Errno) -> String {
    format!("cannot be read: {errno}")
}

fn refused(reason: &str) -> Blob {
    Blob::Refused(reason.to_owned())
}
