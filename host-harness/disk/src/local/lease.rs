//! The writer's lock where the system has none: a file that counts for a while, `state/lock.held`.
//!
//! Never waits for its end. Invariant: its holder changes nothing once it is over, gone or somebody
//! else's; and whoever takes it replaces `state/lock`, so that a writer which the system's lock
//! would have kept in changes nothing either.

use std::cell::Cell;
use std::time::Duration;

use rustix::io::Errno;

use super::lock::ATTEMPTS_MAX;
use super::system::{OpenHow, System};
use super::walk::Walk;
use super::{failure, place};
use crate::contract::{Stamp, StoreError};
use crate::path::RelPath;
use crate::stamp::Node;
use crate::step::HELD_PATH;

/// How long a hold counts after it was last renewed, by the clock of whoever looks.
pub(super) const TERM: Duration = Duration::from_mins(1);
/// A hold is renewed when it is this old and its store is asked for something.
const RENEWAL: Duration = Duration::from_secs(15);
const CONTENT: &[u8] = b"held\n";

/// A hold that was taken.
#[derive(Debug)]
pub(super) struct Lease<F> {
    file: F,
    inode: u64,
    renewed_ns: Cell<u64>,
}

impl<F> Lease<F> {
    /// Takes it; none if another one counts.
    pub(super) fn claim<S: System<File = F>>(
        walk: &Walk<'_, S>,
    ) -> Result<Option<Self>, StoreError> {
        let path = RelPath::parse(HELD_PATH)?;
        let dir = walk.parent(path)?;
        let system = walk.system();
        for _ in 0..ATTEMPTS_MAX {
            match state(walk)? {
                State::Free => {}
                State::Held => return Ok(None),
                // Nobody's any more, or somebody's who took it just now: the lock file decides.
                State::Over => remove(walk)?,
            }
            match system.open(&dir, path.name(), OpenHow::CreateNew) {
                Ok(file) => {
                    let made = Self::of(walk, file);
                    if made.is_err() {
                        remove(walk)?;
                    }
                    return made.map(Some);
                }
                Err(Errno::EXIST) => {}
                Err(errno) => return Err(failed(errno)),
            }
        }
        Ok(None)
    }

    fn of<S: System<File = F>>(walk: &Walk<'_, S>, file: F) -> Result<Self, StoreError> {
        let system = walk.system();
        system.overwrite(&file, CONTENT).map_err(failed)?;
        match system.stat_file(&file).map_err(failed)?.node {
            Node::File(stamp) => Ok(Self {
                file,
                inode: stamp.inode,
                renewed_ns: Cell::new(system.monotonic_ns()),
            }),
            _ => Err(StoreError::BadPath(HELD_PATH.to_owned())),
        }
    }

    /// Lets it count from now on, if some of its term is over. Once all of it is over it is
    /// anybody's, and what somebody else has taken is theirs.
    pub(super) fn renew<S: System<File = F>>(&self, system: &S) -> Result<(), StoreError> {
        let now_ns = system.monotonic_ns();
        let age = Duration::from_nanos(now_ns.saturating_sub(self.renewed_ns.get()));
        if age >= RENEWAL && self.counts(&Walk::new(system)) {
            system.overwrite(&self.file, CONTENT).map_err(failed)?;
            self.renewed_ns.set(now_ns);
        }
        Ok(())
    }

    /// Gives it back, if it is not anybody's or somebody else's by now.
    pub(super) fn release<S: System<File = F>>(&self, system: &S) -> Result<(), StoreError> {
        let walk = Walk::new(system);
        match self.counts(&walk) {
            true => remove(&walk),
            false => Ok(()),
        }
    }

    /// True while it is ours and not over.
    pub(super) fn counts<S: System<File = F>>(&self, walk: &Walk<'_, S>) -> bool {
        match found(walk) {
            Ok(Node::File(stamp)) => stamp.inode == self.inode && is_young(walk, &stamp),
            _ => false,
        }
    }
}

/// How it stands with whatever hold there is.
pub(super) enum State {
    /// There is none.
    Free,
    Held,
    /// It does not count any more.
    Over,
}

/// Looks at the hold of whomever.
pub(super) fn state<S: System>(walk: &Walk<'_, S>) -> Result<State, StoreError> {
    match found(walk)? {
        Node::Absent => Ok(State::Free),
        Node::File(stamp) if is_young(walk, &stamp) => Ok(State::Held),
        Node::File(_) => Ok(State::Over),
        Node::Directory(_) | Node::Other(_) => Err(StoreError::BadPath(HELD_PATH.to_owned())),
    }
}

/// Takes a hold away, if it is still there.
pub(super) fn remove<S: System>(walk: &Walk<'_, S>) -> Result<(), StoreError> {
    place::remove(walk, RelPath::parse(HELD_PATH)?).map(drop)
}

/// Also of a clock that was set back since, or that is not the one which wrote it.
fn is_young<S: System>(walk: &Walk<'_, S>, stamp: &Stamp) -> bool {
    let age_ns = walk.system().now_ns().abs_diff(stamp.mtime_ns);
    Duration::from_nanos(age_ns) < TERM
}

fn found<S: System>(walk: &Walk<'_, S>) -> Result<Node, StoreError> {
    let path = RelPath::parse(HELD_PATH)?;
    let dir = walk.parent(path)?;
    walk.look(&dir, path.name()).map_err(failed)
}

fn failed(errno: Errno) -> StoreError {
    failure::from_errno(HELD_PATH, errno)
}
