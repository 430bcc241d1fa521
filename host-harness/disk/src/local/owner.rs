//! Who the writer is and under which epoch: `state/owner.json`, with a copy of the epoch in
//! `state/epoch`.
//!
//! Never decides who may write; the lock does. Invariant: the epoch only grows; if neither copy can
//! be read although a writer left them, opening is refused.

use serde::{Deserialize, Serialize};

use super::lock::{self, WriterLock, flush_parent};
use super::stage::Stage;
use super::system::System;
use super::walk::Walk;
use super::{failure, place, read};
use crate::contract::{Blob, IoFailure, Owner, StoreError};
use crate::flush::{Flush, Flusher};
use crate::path::RelPath;
use crate::step::{EPOCH_PATH, OWNER_PATH};

const SCHEMA_VERSION: u32 = 1;
const FILE_BYTES_MAX: u64 = 64 * 1024;

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
    /// Absent, or an empty copy: no writer got as far as writing it.
    Blank,
    Epoch(u64),
    Corrupt,
}

/// The last epoch that any writer had; zero if there was none.
fn last_epoch<S: System>(
    walk: &Walk<'_, S>,
    _held: &WriterLock<S::File>,
) -> Result<u64, StoreError> {
    match (owner_copy(walk), second_copy(walk)) {
        (Trace::Epoch(a), Trace::Epoch(b)) => Ok(a.max(b)),
        (Trace::Epoch(epoch), _) | (_, Trace::Epoch(epoch)) => Ok(epoch),
        (Trace::Blank, Trace::Blank) => Ok(0),
        (Trace::Corrupt, _) => Err(corrupt(OWNER_PATH)),
        (_, Trace::Corrupt) => Err(corrupt(EPOCH_PATH)),
    }
}

/// The last epoch as far as it can be told without the lock.
pub(super) fn shown_epoch<S: System>(walk: &Walk<'_, S>) -> u64 {
    [owner_copy(walk), second_copy(walk)]
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
pub(super) fn shown<S: System>(walk: &Walk<'_, S>) -> Owner {
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

/// Begins the epoch after the last one, and after `known`, with this process as the owner.
pub(super) fn succeed<S: System>(
    walk: &Walk<'_, S>,
    flusher: &mut Flusher,
    held: &WriterLock<S::File>,
    known: u64,
) -> Result<u64, StoreError> {
    let last = last_epoch(walk, held)?.max(known);
    let epoch = last.checked_add(1).ok_or_else(exhausted)?;
    record(walk, flusher, held, epoch)?;
    Ok(epoch)
}

/// Records this process as the owner: the file first, then the copy.
fn record<S: System>(
    walk: &Walk<'_, S>,
    flusher: &mut Flusher,
    held: &WriterLock<S::File>,
    epoch: u64,
) -> Result<(), StoreError> {
    let system = walk.system();
    let copy = lock::open(walk, RelPath::parse(EPOCH_PATH)?)?;
    let file = OwnerFile {
        schema_version: SCHEMA_VERSION,
        epoch,
        pid: system.pid(),
        host: system.host_name(),
        since: system.now_ns() / 1_000_000,
    };
    let mut json = serde_json::to_vec(&file).map_err(|error| io(OWNER_PATH, error.to_string()))?;
    json.push(b'\n');
    let path = RelPath::parse(OWNER_PATH)?;
    let mut temps_made = 0;
    let mut stage = Stage::new(epoch, &mut temps_made);
    let placed = stage.put(walk, path, &json, path).and_then(|temp| {
        flusher.flush(Flush::Opening, OWNER_PATH, || system.sync_file(&temp.file))?;
        // Where a lock can come to its end, others may have begun later epochs. Those that come
        // after this find one of the copies, or leave one behind.
        admit(walk, held)?;
        place::settle(walk, &temp.name, path)
    });
    if placed.is_err() {
        stage.discard(walk);
    }
    placed?;
    flush_parent(walk, flusher, path)?;
    // Of fixed width, so that it is replaced in one write.
    system
        .overwrite(&copy, format!("{epoch:020}\n").as_bytes())
        .map_err(|errno| failure::from_errno(EPOCH_PATH, errno))?;
    flusher.flush(Flush::Opening, EPOCH_PATH, || system.sync_file(&copy))
}

/// Refuses who has not got the lock any more.
fn admit<S: System>(walk: &Walk<'_, S>, held: &WriterLock<S::File>) -> Result<(), StoreError> {
    match held.is_current(walk) {
        true => Ok(()),
        false => Err(StoreError::StaleEpoch(shown_epoch(walk))),
    }
}

/// The error for an epoch that cannot grow.
fn exhausted() -> StoreError {
    io(
        OWNER_PATH,
        "the epoch is at its end; set a lower one while no writer runs".to_owned(),
    )
}

fn corrupt(path: &str) -> StoreError {
    let message = format!(
        "holds no epoch and neither does its copy ({OWNER_PATH}, {EPOCH_PATH}); restore one of \
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

fn owner_copy<S: System>(walk: &Walk<'_, S>) -> Trace {
    match owner_file(walk) {
        None => Trace::Blank,
        Some(Ok(file)) => Trace::Epoch(file.epoch),
        Some(Err(())) => Trace::Corrupt,
    }
}

fn second_copy<S: System>(walk: &Walk<'_, S>) -> Trace {
    match content(walk, EPOCH_PATH) {
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

fn owner_file<S: System>(walk: &Walk<'_, S>) -> Option<Result<OwnerFile, ()>> {
    let content = content(walk, OWNER_PATH)?;
    Some(content.and_then(|bytes| serde_json::from_slice(&bytes).map_err(drop)))
}

fn content<S: System>(walk: &Walk<'_, S>, path: &str) -> Option<Result<Vec<u8>, ()>> {
    let path = RelPath::parse(path).ok()?;
    match read::blob(walk, path, FILE_BYTES_MAX) {
        Blob::Absent => None,
        Blob::Content(content) => Some(Ok(content.bytes)),
        Blob::Refused(_) | Blob::Unreadable(_) => Some(Err(())),
    }
}
