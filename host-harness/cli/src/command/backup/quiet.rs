//! A time in which nothing is committed: the daemon pauses, or nobody else may write.
//!
//! Writes nothing itself. Invariant: ending it says whether it lasted to the end.

use std::fs::File;
use std::io;
use std::path::Path;

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
    /// We have the writer's lock, if the store has one.
    Alone(Option<File>),
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
                Ok(Lock::Taken(file)) => Ok(Quiet::Alone(Some(file))),
                Ok(Lock::Absent) => Ok(Quiet::Alone(None)),
                Ok(Lock::Held) => Err(busy("another process works in the data directory")),
                Err(error) => Err(super::failed(&data.root().join(LOCK_PATH), &error)),
            }
        })
    }

    /// Ends it.
    ///
    /// # Errors
    /// `conflict` if the pause was over before, so that something may have been committed.
    pub fn end(self) -> Result<(), Failure> {
        match self {
            Quiet::Alone(lock) => {
                drop(lock);
                Ok(())
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

fn unbroken(answer: &Value) -> bool {
    answer.pointer("/hold/unbroken").and_then(Value::as_bool) == Some(true)
}

/// The code of a held lock, so that it is waited for.
fn busy(message: &str) -> Failure {
    Failure::conflict("AOF-4001", message, "wait until it is done, or stop it")
}
