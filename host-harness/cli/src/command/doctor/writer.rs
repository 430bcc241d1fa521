//! Who works in the data directory: lock, owner, daemon, socket.
//!
//! Takes the lock for a moment at the most, and writes nothing.

use std::io::ErrorKind;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixStream;

use aof_disk::LOCK_PATH;
use aof_host::daemon::holder;

use crate::command::backup::quiet::{Lock, lock};
use crate::place::DataDir;

use super::{Check, Mend};

/// What was found.
pub struct State {
    lock: std::io::Result<Lock>,
    socket: Socket,
}

enum Socket {
    Absent,
    Answers,
    /// Nobody listens.
    Stale,
    Foreign,
    Fails(std::io::Error),
}

impl State {
    /// Looks.
    pub fn of(data: &DataDir) -> Self {
        let path = data.socket();
        let socket = match path.symlink_metadata() {
            Err(_) => Socket::Absent,
            Ok(found) if !found.file_type().is_socket() => Socket::Foreign,
            Ok(_) => match UnixStream::connect(&path) {
                Ok(_) => Socket::Answers,
                Err(error) if error.kind() == ErrorKind::ConnectionRefused => Socket::Stale,
                Err(error) => Socket::Fails(error),
            },
        };
        let lock = lock(data.root()).map(|found| match found {
            // Only whether it is free is of interest, so it is given back at once.
            Lock::Taken(_) => Lock::Absent,
            other => other,
        });
        State { lock, socket }
    }

    /// Whether somebody may be writing.
    pub fn is_written(&self) -> bool {
        !matches!(self.lock, Ok(Lock::Absent))
    }

    /// As lines.
    pub fn checks(&self, data: &DataDir) -> Vec<Check> {
        vec![self.of_lock(data), self.of_socket(data)]
    }

    fn of_lock(&self, data: &DataDir) -> Check {
        match &self.lock {
            Ok(Lock::Held) => Check::ok("writer", format!("the writer is {}", owner(data))),
            Ok(Lock::Absent | Lock::Taken(_)) => Check::ok("writer", "nobody writes now"),
            Err(error) => {
                let hint =
                    format!("move what lies there away, if no AOF runs: mv '{LOCK_PATH}' /tmp/");
                Check::error("writer", format!("the lock cannot be used: {error}"))
                    .at(LOCK_PATH)
                    .hint(hint)
            }
        }
    }

    fn of_socket(&self, data: &DataDir) -> Check {
        let path = data.socket().display().to_string();
        match &self.socket {
            Socket::Absent => Check::ok("daemon", "no daemon runs"),
            Socket::Answers => Check::ok("daemon", "the daemon answers"),
            Socket::Stale => Check::warning("daemon", "nobody listens on this socket any more")
                .at(path)
                .mended_by(Mend::RemoveSocket),
            Socket::Foreign => Check::error("daemon", "is not a socket")
                .at(path)
                .hint("move the file away, or name another place with --socket"),
            Socket::Fails(error) => Check::error("daemon", format!("cannot be asked: {error}"))
                .at(path)
                .hint("work as the user who runs the daemon"),
        }
    }
}

/// The owner as `state/owner.json` names it.
fn owner(data: &DataDir) -> String {
    match holder(data.root()) {
        Some(owner) => owner.to_string(),
        None => "a process that left no name".to_owned(),
    }
}
