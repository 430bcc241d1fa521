//! Who the writer is and under which epoch: `state/owner.json`, with a copy of the epoch in the
//! lock file.
//!
//! Never decides who may write; the lock does. Invariant: the epoch only grows; if neither copy can
//! be read although a writer left them, opening is refused.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::lock::WriterLock;
use super::stage::Stage;
use super::walk::Walk;
use super::{place, read};
use crate::contract::store::{Blob, IoFailure, Owner, StoreError};
use crate::store::flush::Flusher;
use crate::store::path::RelPath;
use crate::store::step::{LOCK_PATH, OWNER_PATH};

const SCHEMA_VERSION: u32 = 1;
const FILE_BYTES_MAX: u64 = 64 * 1024;
const HOST_NAME_PATHS: [&str; 2] = ["/proc/sys/kernel/hostname", "/etc/hostname"];

/// The file. Readers take what they know of it; a newer version must keep these fields.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OwnerFile {
    schema_version: u32,
    epoch: u64,
    pid: u32,
    host: String,
    since: u64,
}

/// A file that should hold an epoch.
enum Trace {
    /// Absent, or an empty lock file: no writer got as far as writing it.
    Blank,
    Epoch(u64),
    Corrupt,
}

/// The last epoch that any writer had; zero if there was none.
pub(super) fn last_epoch(walk: &Walk<'_>, _held: &WriterLock) -> Result<u64, StoreError> {
    match (owner_copy(walk), lock_copy(walk)) {
        (Trace::Epoch(a), Trace::Epoch(b)) => Ok(a.max(b)),
        (Trace::Epoch(epoch), _) | (_, Trace::Epoch(epoch)) => Ok(epoch),
        (Trace::Blank, Trace::Blank) => Ok(0),
        (Trace::Corrupt, _) => Err(corrupt(OWNER_PATH)),
        (_, Trace::Corrupt) => Err(corrupt(LOCK_PATH)),
    }
}

/// The last epoch as far as it can be told without the lock.
pub(super) fn shown_epoch(walk: &Walk<'_>) -> u64 {
    [owner_copy(walk), lock_copy(walk)]
        .into_iter()
        .map(|copy| {
            if let Trace::Epoch(epoch) = copy {
                epoch
            } else {
                0
            }
        })
        .fold(0, u64::max)
}

/// The owner as the file names it.
pub(super) fn shown(walk: &Walk<'_>) -> Owner {
    match owner_file(walk) {
        Some(Ok(file)) => Owner {
            pid: file.pid,
            host: file.host,
            since: file.since,
        },
        _ => Owner {
            pid: 0,
            host: "unknown".to_owned(),
            since: 0,
        },
    }
}

/// Records this process as the owner: the file first, then the copy.
pub(super) fn record(
    walk: &Walk<'_>,
    flusher: &mut Flusher,
    lock: &WriterLock,
    epoch: u64,
) -> Result<(), StoreError> {
    let file = OwnerFile {
        schema_version: SCHEMA_VERSION,
        epoch,
        pid: std::process::id(),
        host: host_name(),
        since: now_ms(),
    };
    let mut json = serde_json::to_vec(&file).map_err(|error| io(OWNER_PATH, error.to_string()))?;
    json.push(b'\n');
    let path = RelPath::parse(OWNER_PATH)?;
    let mut temps_made = 0;
    let mut stage = Stage::new(epoch, &mut temps_made);
    let placed = stage.put(walk, path, &json).and_then(|temp| {
        flusher.file(&temp.file, OWNER_PATH)?;
        place::settle(walk, &temp.name, path)
    });
    if placed.is_err() {
        stage.discard(walk);
    }
    placed?;
    flusher.directory(&*walk.parent(path)?, "state")?;
    lock.write_epoch(epoch, flusher)
}

/// The error for an epoch that cannot grow.
pub(super) fn exhausted() -> StoreError {
    io(
        OWNER_PATH,
        "the epoch is at its end; set a lower one while no writer runs".to_owned(),
    )
}

fn corrupt(path: &str) -> StoreError {
    let message = format!(
        "holds no epoch and neither does its copy ({OWNER_PATH}, {LOCK_PATH}); restore one of \
         them, or, if no run of a former writer is alive, delete both"
    );
    io(path, message)
}

fn io(path: &str, message: String) -> StoreError {
    StoreError::Io(IoFailure {
        path: path.to_owned(),
        message,
    })
}

fn owner_copy(walk: &Walk<'_>) -> Trace {
    match owner_file(walk) {
        None => Trace::Blank,
        Some(Ok(file)) => Trace::Epoch(file.epoch),
        Some(Err(())) => Trace::Corrupt,
    }
}

fn lock_copy(walk: &Walk<'_>) -> Trace {
    match content(walk, LOCK_PATH) {
        None => Trace::Blank,
        Some(Ok(bytes)) if bytes.is_empty() => Trace::Blank,
        Some(Ok(bytes)) => {
            let text = std::str::from_utf8(&bytes).unwrap_or_default();
            let whole = text.strip_suffix('\n').filter(|digits| digits.len() == 20);
            whole
                .and_then(|digits| digits.parse().ok())
                .map_or(Trace::Corrupt, Trace::Epoch)
        }
        Some(Err(())) => Trace::Corrupt,
    }
}

fn owner_file(walk: &Walk<'_>) -> Option<Result<OwnerFile, ()>> {
    let content = content(walk, OWNER_PATH)?;
    Some(content.and_then(|bytes| serde_json::from_slice(&bytes).map_err(drop)))
}

fn content(walk: &Walk<'_>, path: &str) -> Option<Result<Vec<u8>, ()>> {
    let path = RelPath::parse(path).ok()?;
    match read::blob(walk, path, FILE_BYTES_MAX) {
        Blob::Absent => None,
        Blob::Content(content) => Some(Ok(content.bytes)),
        Blob::Refused(_) => Some(Err(())),
    }
}

fn host_name() -> String {
    HOST_NAME_PATHS
        .iter()
        .find_map(|path| std::fs::read_to_string(path).ok())
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "localhost".to_owned())
}

fn now_ms() -> u64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}
