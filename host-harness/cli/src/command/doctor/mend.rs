//! What `--fix` does. Nothing here can lose anything that a person or AOF wrote.
//!
//! Invariant: files are touched only while we hold the writer's lock.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use crate::access::{Access, Need};
use crate::command::backup::quiet::{Lock, lock};
use crate::place::DataDir;

use super::Check;

/// One safe repair. Paths are relative to the data directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mend {
    /// Make a folder.
    MakeDir(String),
    /// Remove an unfinished file of a writer that died.
    RemoveLeftover(String),
    /// Remove the socket of a daemon that died.
    RemoveSocket,
    /// Put a newline after a torn last line.
    EndLine(String),
    /// Let the scheduler set runs and leases straight.
    Poll,
}

/// Mends what can be mended, and says what was done or could not be, a line each.
pub fn apply(data: &DataDir, checks: &[Check]) -> Vec<String> {
    let mends: Vec<&Mend> = checks
        .iter()
        .filter_map(|check| check.mend.as_ref())
        .collect();
    let mut told = Vec::new();
    let on_files: Vec<&&Mend> = mends.iter().filter(|mend| ***mend != Mend::Poll).collect();
    if !on_files.is_empty() {
        match lock(data.root()) {
            Ok(Lock::Held) => told.push("nothing on disk: somebody writes just now".to_owned()),
            Err(error) => told.push(format!(
                "nothing on disk: the lock cannot be taken: {error}"
            )),
            Ok(held) => {
                told.extend(on_files.into_iter().map(|mend| tell(data, mend)));
                drop(held);
            }
        }
    }
    if mends.contains(&&Mend::Poll) {
        told.push(poll(data));
    }
    told
}

fn tell(data: &DataDir, mend: &Mend) -> String {
    let (what, done) = match mend {
        Mend::MakeDir(path) => (
            format!("made {path}/"),
            fs::create_dir_all(data.root().join(path)),
        ),
        Mend::RemoveLeftover(path) => (
            format!("removed {path}"),
            remove_leftover(&data.root().join(path)),
        ),
        Mend::RemoveSocket => {
            let path = data.socket();
            (format!("removed {}", path.display()), remove_socket(&path))
        }
        Mend::EndLine(path) => (
            format!("ended the last line of {path}"),
            end_line(&data.root().join(path)),
        ),
        Mend::Poll => (String::new(), Ok(())),
    };
    match done {
        Ok(()) => what,
        Err(error) => format!("not {what}: {error}"),
    }
}

fn remove_leftover(path: &Path) -> io::Result<()> {
    if path.symlink_metadata()?.is_file() {
        return fs::remove_file(path);
    }
    Err(io::Error::other("it is no regular file"))
}

fn remove_socket(path: &Path) -> io::Result<()> {
    if path.symlink_metadata()?.file_type().is_socket() {
        return fs::remove_file(path);
    }
    Err(io::Error::other("it is no socket"))
}

fn end_line(path: &Path) -> io::Result<()> {
    if !path.symlink_metadata()?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let mut file = OpenOptions::new().read(true).append(true).open(path)?;
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    if last != *b"\n" {
        file.write_all(b"\n")?;
    }
    file.sync_all()
}

fn poll(data: &DataDir) -> String {
    let polled = Access::open(data, Need::Act).and_then(|mut access| {
        let polled = access.poll(false);
        access.close()?;
        polled
    });
    match polled {
        Ok(_) => "polled once, so that runs and leases are set straight".to_owned(),
        Err(failure) => format!("not polled: {failure}"),
    }
}
