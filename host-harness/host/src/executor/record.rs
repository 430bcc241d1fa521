//! What a run leaves in its directory: the specification, the process, the wish to stop, the end.
//!
//! Files are written whole or not at all, and one that cannot be read counts as absent only where
//! that is safe. Invariant: `process.json` is created once; who creates it owns the run.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::process::Process;

/// Version of every file here.
pub const SCHEMA_VERSION: u32 = 1;

const RECORD_BYTES_MAX: u64 = 1 << 20;

/// Why a record could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The file system refused.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: std::io::Error,
    },
    /// The content is not what this version writes.
    #[error("{path}: {reason}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// `spec.json`: everything that the supervisor needs to start the agent. Of the environment it has
/// names only, so that no secret reaches the disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Spec {
    /// Version of this file.
    pub schema_version: u32,
    /// The run.
    pub run: String,
    /// Its task.
    pub task: String,
    /// Its agent.
    pub agent: String,
    /// Absolute path of the agent program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Where it works, absolute.
    pub work_dir: PathBuf,
    /// Names of the variables that it gets from the supervisor's environment.
    pub environment: Vec<String>,
    /// Variables that it gets besides, with their values.
    pub variables: Vec<(String, String)>,
    /// How long it may take.
    pub timeout_ms: u64,
}

/// `process.json`: who supervises the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProcessRecord {
    /// Version of this file.
    pub schema_version: u32,
    /// The run.
    pub run: String,
    /// The supervisor; 0 if the run was given up before one started.
    pub pid: u32,
    /// When it started, in clock ticks since boot.
    pub start_ticks: u64,
    /// The boot that this counts from.
    pub boot_id: String,
}

impl ProcessRecord {
    /// Claims the run for a process.
    pub fn of(run: &str, process: &Process) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            run: run.to_owned(),
            pid: process.pid,
            start_ticks: process.start_ticks,
            boot_id: process.boot_id.clone(),
        }
    }

    /// Gives the run up: no supervisor that comes late will start it.
    pub fn nobody(run: &str) -> Self {
        Self::of(
            run,
            &Process {
                pid: 0,
                start_ticks: 0,
                boot_id: String::new(),
            },
        )
    }

    /// The process, unless the run was given up.
    pub fn process(&self) -> Option<Process> {
        (self.pid != 0).then(|| Process {
            pid: self.pid,
            start_ticks: self.start_ticks,
            boot_id: self.boot_id.clone(),
        })
    }
}

/// `cancel.json`: the wish to end the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CancelRecord {
    /// Version of this file.
    pub schema_version: u32,
    /// Why.
    pub reason: String,
}

/// How an agent's process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExitEnding {
    /// By itself, with a code.
    Exited,
    /// By a signal, or because it was cancelled.
    Killed,
    /// It took too long.
    TimedOut,
    /// The program could not be started after all.
    NotStarted,
}

/// `exit.json`: how the run's process ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExitRecord {
    /// Version of this file.
    pub schema_version: u32,
    /// The run.
    pub run: String,
    /// How it ended.
    pub ending: ExitEnding,
    /// The exit code, if it exited.
    pub code: Option<i32>,
    /// The signal, if one ended it.
    pub signal: Option<i32>,
    /// Why it was ended or not started.
    #[serde(default)]
    pub reason: Option<String>,
    /// How long it ran.
    pub duration_ms: u64,
    /// The last lines that it printed.
    pub output_tail: String,
}

/// The files of one run.
#[derive(Debug, Clone)]
pub struct RunFiles {
    dir: PathBuf,
}

impl RunFiles {
    /// The files in this directory.
    pub fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// The specification.
    pub fn spec(&self) -> PathBuf {
        self.dir.join("spec.json")
    }

    /// Who supervises.
    pub fn process(&self) -> PathBuf {
        self.dir.join("process.json")
    }

    /// The wish to end.
    pub fn cancel(&self) -> PathBuf {
        self.dir.join("cancel.json")
    }

    /// The end.
    pub fn exit(&self) -> PathBuf {
        self.dir.join("exit.json")
    }

    /// What the agent is told.
    pub fn prompt(&self) -> PathBuf {
        self.dir.join("prompt.md")
    }

    /// What the agent printed.
    pub fn output(&self) -> PathBuf {
        self.dir.join("output.log")
    }
}

/// Reads a record; none if there is no such file.
///
/// # Errors
/// The file cannot be read, is too large, or is not such a record.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, RecordError> {
    let io = |source| RecordError::Io {
        path: path.to_owned(),
        source,
    };
    let malformed = |reason| RecordError::Malformed {
        path: path.to_owned(),
        reason,
    };
    let size = match std::fs::symlink_metadata(path) {
        Ok(found) if found.is_file() => found.len(),
        Ok(_) => return Err(malformed("not a regular file".to_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io(error)),
    };
    if size > RECORD_BYTES_MAX {
        return Err(malformed(format!(
            "{size} bytes, {RECORD_BYTES_MAX} at the most"
        )));
    }
    let bytes = std::fs::read(path).map_err(io)?;
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(|error| malformed(error.to_string()))
}

/// Writes a record; readers see the old one or the new one, also after a crash.
///
/// # Errors
/// The file system refused; a former record is still there.
pub fn write<T: Serialize>(path: &Path, record: &T) -> Result<(), RecordError> {
    let staged = stage(path, record)?;
    std::fs::rename(&staged, path).map_err(|source| failed(path, &staged, source))?;
    sync_parent(path)
}

/// Writes a record that must not exist yet; false if somebody else was first.
///
/// # Errors
/// The file system refused, and nothing was claimed.
pub fn claim<T: Serialize>(path: &Path, record: &T) -> Result<bool, RecordError> {
    let staged = stage(path, record)?;
    let linked = std::fs::hard_link(&staged, path);
    remove(&staged)?;
    match linked {
        Ok(()) => sync_parent(path).map(|()| true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(source) => Err(RecordError::Io {
            path: path.to_owned(),
            source,
        }),
    }
}

fn stage<T: Serialize>(path: &Path, record: &T) -> Result<PathBuf, RecordError> {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let staged = path.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
    let written = serde_json::to_vec_pretty(record)
        .map_err(std::io::Error::other)
        .and_then(|mut text| {
            text.push(b'\n');
            let mut file = std::fs::File::create(&staged)?;
            file.write_all(&text)?;
            file.sync_all()
        });
    written.map_err(|source| failed(path, &staged, source))?;
    Ok(staged)
}

fn failed(path: &Path, staged: &Path, source: std::io::Error) -> RecordError {
    if let Err(error) = remove(staged) {
        tracing::debug!(%error, "left a staged record behind");
    }
    RecordError::Io {
        path: path.to_owned(),
        source,
    }
}

fn remove(path: &Path) -> Result<(), RecordError> {
    match std::fs::remove_file(path) {
        Err(source) if source.kind() != ErrorKind::NotFound => Err(RecordError::Io {
            path: path.to_owned(),
            source,
        }),
        _ => Ok(()),
    }
}

fn sync_parent(path: &Path) -> Result<(), RecordError> {
    let Some(parent) = path.parent() else {
        return Ok(());
    };
    std::fs::File::open(parent)
        .and_then(|dir| dir.sync_all())
        .map_err(|source| RecordError::Io {
            path: parent.to_owned(),
            source,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cancel(reason: &str) -> CancelRecord {
        CancelRecord {
            schema_version: SCHEMA_VERSION,
            reason: reason.to_owned(),
        }
    }

    #[test]
    fn a_record_is_claimed_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cancel.json");
        assert!(claim(&path, &cancel("first")).unwrap());
        assert!(!claim(&path, &cancel("second")).unwrap());
        assert_eq!(read::<CancelRecord>(&path).unwrap(), Some(cancel("first")));
        assert_eq!(
            std::fs::read_dir(dir.path()).unwrap().count(),
            1,
            "no staged file stays"
        );
    }

    #[test]
    fn an_absent_record_is_none_and_a_torn_one_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cancel.json");
        assert_eq!(read::<CancelRecord>(&path).unwrap(), None);
        std::fs::write(&path, "{\"schemaVersion\": 1, \"rea").unwrap();
        assert!(matches!(
            read::<CancelRecord>(&path),
            Err(RecordError::Malformed { .. })
        ));
    }

    #[test]
    fn a_symlink_is_not_a_record() {
        let dir = tempfile::tempdir().unwrap();
        let real = dir.path().join("real");
        write(&real, &cancel("x")).unwrap();
        let link = dir.path().join("cancel.json");
        std::os::unix::fs::symlink(&real, &link).unwrap();
        assert!(matches!(
            read::<CancelRecord>(&link),
            Err(RecordError::Malformed { .. })
        ));
    }

    #[test]
    fn a_record_may_have_keys_of_a_later_version() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cancel.json");
        std::fs::write(
            &path,
            r#"{"schemaVersion": 2, "reason": "x", "by": "somebody"}"#,
        )
        .unwrap();
        assert_eq!(read::<CancelRecord>(&path).unwrap().unwrap().reason, "x");
    }

    #[test]
    fn a_record_has_a_mebibyte_at_the_most() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cancel.json");
        let text = r#"{"schemaVersion": 1, "reason": "x"}"#;
        let blank = " ".repeat(usize::try_from(RECORD_BYTES_MAX).unwrap() - text.len());
        std::fs::write(&path, format!("{text}{blank}")).unwrap();
        assert_eq!(read::<CancelRecord>(&path).unwrap(), Some(cancel("x")));
        std::fs::write(&path, format!("{text}{blank} ")).unwrap();
        let Err(RecordError::Malformed { reason, .. }) = read::<CancelRecord>(&path) else {
            panic!("read");
        };
        assert_eq!(reason, "1048577 bytes, 1048576 at the most");
    }
}
