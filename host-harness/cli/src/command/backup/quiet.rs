//! A time in which nothing is committed: the daemon pauses, or nobody else may write.
//!
//! Writes nothing itself. Invariant: ending it says whether it lasted to the end.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use aof_disk::{Errno, Hold, LOCK_PATH};
use aof_host::daemon::Client;
use serde_json::{Value, json};

use crate::access::{connect, of_client, patiently};
use crate::exit::Failure;
use crate::place::DataDir;

/// While it is held, nothing is committed.
pub enum Quiet {
    /// The daemon waits for us.
    Paused(Client),
    /// We have the writer's lock, if the store has one: its file, and where it lies.
    Alone(Option<(File, PathBuf)>),
}

impl Quiet {
    /// Asks the daemon to pause; without one, takes the writer's lock.
    ///
    /// # Errors
    /// `conflict` if somebody else copies or writes.
    pub fn begin(data: &DataDir) -> Result<Self, Failure> {
        patiently(|| {
            if let Some(mut client) = connect(data)? {
                let answer = client.request("hold", json!({}), None).map_err(of_client)?;
                return if unbroken(&answer) {
                    Ok(Quiet::Paused(client))
                } else {
                    Err(busy("another backup holds the daemon"))
                };
            }
            match lock(data.root()) {
                Ok(Lock::Taken(file)) => {
                    let place = data.root().join(LOCK_PATH);
                    Ok(Quiet::Alone(Some((file, place))))
                }
                Ok(Lock::Absent) => Ok(Quiet::Alone(None)),
                Ok(Lock::Held) => Err(busy("another process works in the data directory")),
                Err(error) => Err(super::failed(&data.root().join(LOCK_PATH), &error)),
            }
        })
    }

    /// Ends it.
    ///
    /// # Errors
    /// `conflict` if the pause was over before, or a host that sees no locks began to write, so
    /// that something may have been committed.
    pub fn end(self) -> Result<(), Failure> {
        match self {
            Quiet::Alone(None) => Ok(()),
            Quiet::Alone(Some((lock, place))) if is_at(&lock, &place) => Ok(()),
            Quiet::Alone(Some(_)) => {
                Err(busy("a host that sees no locks began to write meanwhile"))
            }
            Quiet::Paused(mut client) => {
                let answer = client
                    .request("release", json!({}), None)
                    .map_err(of_client)?;
                if unbroken(&answer) {
                    return Ok(());
                }
                let message = "copying took longer than the daemon pauses";
                let hint = "stop the daemon, make the backup, start the daemon again";
                Err(Failure::conflict("AOF-3601", message, hint))
            }
        }
    }
}

/// What came of asking for the lock.
pub enum Lock {
    /// It is ours as long as the file is open.
    Taken(File),
    /// Somebody writes.
    Held,
    /// Nobody ever wrote.
    Absent,
}

/// Takes the writer's lock without waiting and without writing.
///
/// # Errors
/// The file is something else, or cannot be opened.
pub fn lock(root: &Path) -> io::Result<Lock> {
    let path = root.join(LOCK_PATH);
    match path.symlink_metadata() {
        Ok(found) if found.is_file() => {}
        Ok(_) => return Err(io::Error::other("is not a regular file")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Lock::Absent),
        Err(error) => return Err(error),
    }
    let file = File::open(&path)?;
    match Hold::Shared.take(&file) {
        Ok(()) if aof_disk::is_leased(root) => Ok(Lock::Held),
        Ok(()) => Ok(Lock::Taken(file)),
        Err(Errno::WOULDBLOCK) => Ok(Lock::Held),
        Err(errno) => Err(errno.into()),
    }
}

/// Whoever takes over without seeing the lock replaces its file.
fn is_at(file: &File, place: &Path) -> bool {
    let inode = |found: io::Result<Metadata>| found.ok().map(|found| found.ino());
    inode(file.metadata()) == inode(place.symlink_metadata())
}

fn unbroken(answer: &Value) -> bool {
    answer.pointer("/hold/unbroken").and_then(Value::as_bool) == Some(true)
}

/// The code of a held lock, so that it is waited for.
fn busy(message: &str) -> Failure {
    Failure::conflict("AOF-4001", message, "wait until it is done, or stop it")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn store() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("state")).unwrap();
        fs::write(dir.path().join(LOCK_PATH), "").unwrap();
        dir
    }

    #[test]
    fn a_host_that_sees_no_locks_is_waited_for() {
        let dir = store();
        fs::write(dir.path().join(aof_disk::HELD_PATH), "held").unwrap();
        assert!(matches!(lock(dir.path()), Ok(Lock::Held)));
        fs::remove_file(dir.path().join(aof_disk::HELD_PATH)).unwrap();
        assert!(matches!(lock(dir.path()), Ok(Lock::Taken(_))));
    }

    #[test]
    fn a_host_that_sees_no_locks_and_came_meanwhile_is_noticed() {
        for is_replaced in [false, true] {
            let dir = store();
            let Ok(Lock::Taken(file)) = lock(dir.path()) else {
                panic!("nobody has it")
            };
            let place = dir.path().join(LOCK_PATH);
            if is_replaced {
                fs::remove_file(&place).unwrap();
                fs::write(&place, "").unwrap();
            }
            let ended = Quiet::Alone(Some((file, place))).end();
            assert_eq!(ended.is_err(), is_replaced);
        }
    }
}
