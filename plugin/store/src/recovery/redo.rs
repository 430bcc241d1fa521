//! Does again what the journal holds and the disk may not: cards, records of runs, logs.
//!
//! Decides nothing itself, and never touches a name before the journal that says so is on disk.
//! Invariant: a crash in the middle leaves a disk of which the same journal makes the same in the
//! end.

use std::collections::{BTreeMap, BTreeSet};

use aof_core::gather::gathered;
use aof_core::status::Status;

use crate::journal::{self, Journalled, Record};
use crate::loaded::CARD_BYTES_MAX;
use crate::port::{Blob, Op, Opening, Store, StoreError};
use crate::recovery::Mending;
use crate::recovery::decide::{Scene, decide};
use crate::recovery::history::{Beside, Histories, History, gather};
use crate::recovery::log::{line_start, restored};
use crate::recovery::stray;
use crate::run_record;

/// Cards looked at in one call: each is looked for in every status and once beside it.
const CARDS: usize = 24;
/// Records of runs read in one call.
const RUNS: usize = 256;
/// Operations in one batch.
const OPS: usize = 1_000;
/// Bytes of contents after which a batch is closed.
const BATCH_BYTES: usize = 16 * 1024 * 1024;
/// What was done again is looked at once more: the next checkpoint forgets the journal, and a file
/// that was not found the first time would stay as it is for good.
const PASSES_MAX: usize = 2;
/// Largest log that is brought up to the journal; it is closed long before.
pub(super) const LOG_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Bytes of merged cards that are journaled together.
const MERGED_BYTES: usize = 1024 * 1024;

/// Brings the disk up to the journal and says what was mended, a line each.
pub(super) fn redo<S: Store>(store: &mut S, opening: Opening) -> Result<Vec<String>, StoreError> {
    let Some(journalled) = journal::read(store)? else {
        return Ok(Vec::new());
    };
    let is_new_boot = !journalled.header.is_of_boot(opening.boot);
    let is_wanted = |record: &Record| is_new_boot || !journalled.is_applied(record);
    let records = journalled.records.iter();
    let wanted: Vec<&Record> = records.filter(|record| is_wanted(record)).collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    // Not even on another boot is it certain that what was read is on the disk: a host that is not
    // told which start of the machine this is takes every opening for another one.
    journal::carry_over(store, opening, &journalled, None)?;
    let dirs = wanted.iter().flat_map(|record| record.dirs.iter().cloned());
    commit(store, dirs.map(Op::MakeDir).collect(), opening.epoch)?;
    let cards: usize = wanted.iter().map(|record| record.cards.len()).sum();
    let (mut lines, mut merges, mut passes) = (Vec::new(), None, 0);
    if is_new_boot {
        let strays = stray::set_aside(store, &gather(&journalled.records, is_wanted))?;
        commit(store, strays.ops, opening.epoch)?;
        lines.extend(strays.lines);
    }
    // A pass that merges is one more, and merges at least one card.
    for _ in 0..cards + PASSES_MAX {
        let histories = gather(journalled.records.iter().chain(&merges), is_wanted);
        let mut mending = Mending::default();
        redo_runs(store, &wanted, &mut mending)?;
        redo_cards(store, &histories, is_new_boot, &mut mending)?;
        redo_logs(store, &wanted, (&journalled, is_new_boot), &mut mending)?;
        if mending.is_empty() {
            break;
        }
        if !mending.aside.is_empty() {
            // Once the journal has the merges, nothing would write it again.
            mending.aside.push(Op::Sync);
        }
        commit(store, mending.aside, opening.epoch)?;
        merges = journalled.followed_by(mending.merges);
        match &merges {
            Some(_) => journal::carry_over(store, opening, &journalled, merges.as_ref())?,
            None => passes += 1,
        }
        commit(store, mending.ops, opening.epoch)?;
        replace_logs(store, mending.logs, opening.epoch)?;
        lines.extend(mending.lines);
        if passes == PASSES_MAX {
            break;
        }
    }
    Ok(lines)
}

fn redo_cards<S: Store>(
    store: &mut S,
    histories: &Histories<'_>,
    is_new_boot: bool,
    mending: &mut Mending,
) -> Result<(), StoreError> {
    let histories: Vec<&History<'_>> = histories.values().collect();
    for chunk in histories.chunks(CARDS) {
        let paths: Vec<String> = chunk.iter().flat_map(|history| history.paths()).collect();
        let blobs = read_certain(store, &paths, CARD_BYTES_MAX)?;
        let files = Status::ALL.len() + 1;
        for (history, mut blobs) in chunk.iter().zip(blobs.chunks(files)) {
            // The next pass sees to the others.
            if mending.merged_bytes() >= MERGED_BYTES {
                return Ok(());
            }
            let first_beside = blobs.split_off_last().unwrap_or(&Blob::Absent);
            let looked = Status::ALL.into_iter().zip(blobs);
            let copies =
                looked.filter_map(|(status, blob)| history.look(status, blob, is_new_boot));
            let scene = Scene {
                copies: copies.collect(),
                is_new_boot,
                beside: beside(store, history, (first_beside, is_new_boot))?,
            };
            mending.absorb(decide(history, scene));
        }
    }
    Ok(())
}

/// Looks for the place of our version beside the card, from the first one on.
fn beside<S: Store>(
    store: &mut S,
    history: &History<'_>,
    (first, is_new_boot): (&Blob, bool),
) -> Result<Beside, StoreError> {
    let mut blob = first.clone();
    let mut number = 1;
    // Ends at the first path at which nothing lies.
    loop {
        if let Some(beside) = history.look_beside((number, &blob), is_new_boot) {
            return Ok(beside);
        }
        number += 1;
        let read = read_certain(store, &[history.conflict_path(number)], CARD_BYTES_MAX)?;
        blob = read.into_iter().next().unwrap_or(Blob::Absent);
    }
}

/// The last content of each record of a run.
fn redo_runs<S: Store>(
    store: &mut S,
    wanted: &[&Record],
    mending: &mut Mending,
) -> Result<(), StoreError> {
    let runs = wanted.iter().flat_map(|record| &record.runs);
    let runs = runs.map(|run| (run.path.as_str(), run.content.as_str()));
    let last: BTreeMap<&str, &str> = gathered(runs);
    let last: Vec<(&str, &str)> = last.into_iter().collect();
    for chunk in last.chunks(RUNS) {
        let paths: Vec<String> = chunk.iter().map(|(path, _)| (*path).to_owned()).collect();
        // A writer that lists a directory clears away what a killed one left in it; nobody else
        // ever lists this one.
        let dirs = paths.iter().filter_map(|path| path.rsplit_once('/'));
        let dirs: BTreeSet<String> = gathered(dirs.map(|(dir, _)| dir.to_owned()));
        store.list(&dirs.into_iter().collect::<Vec<_>>(), false)?;
        let blobs = read_certain(store, &paths, run_record::BYTES_MAX)?;
        for ((path, content), blob) in chunk.iter().zip(blobs) {
            mending
                .ops
                .extend(placed(path, content.as_bytes().to_vec(), &blob));
        }
    }
    Ok(())
}

/// The lines of each log.
fn redo_logs<S: Store>(
    store: &mut S,
    wanted: &[&Record],
    (journalled, is_new_boot): (&Journalled, bool),
    mending: &mut Mending,
) -> Result<(), StoreError> {
    let mut logs: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for log in wanted.iter().flat_map(|record| &record.logs) {
        let lines = log.lines.iter().map(String::as_str);
        logs.entry(&log.path).or_default().extend(lines);
    }
    for (path, lines) in logs {
        let blobs = read_certain(store, &[path.to_owned()], LOG_BYTES_MAX)?;
        let Some(blob) = blobs.into_iter().next() else {
            continue;
        };
        let present = match &blob {
            Blob::Content { bytes, .. } => bytes.as_slice(),
            Blob::Absent => &[],
            Blob::Refused(_) | Blob::Unreadable(_) => continue,
        };
        let durable = if is_new_boot {
            let flushed = journalled.header.logs.get(path).copied();
            usize::try_from(flushed.unwrap_or(0)).unwrap_or(usize::MAX)
        } else {
            // Nothing but the end can be torn by a process that was killed.
            let bytes: usize = lines.iter().map(|line| line.len() + 1).sum();
            line_start(present, present.len().saturating_sub(bytes))
        };
        let content = restored(present, durable, &lines);
        if let Some(op) = placed(path, content, &blob) {
            mending
                .lines
                .push(format!("added to `{path}` what a crash kept out of it"));
            mending.logs.push(op);
        }
    }
    Ok(())
}

/// Reads what recovery must not take for absent.
fn read_certain<S: Store>(
    store: &mut S,
    paths: &[String],
    bytes_max: u64,
) -> Result<Vec<Blob>, StoreError> {
    let blobs = store.read(paths, bytes_max)?;
    let read = paths.iter().zip(blobs);
    read.map(|(path, blob)| blob.certain(path)).collect()
}

/// What gives a file this content, unless it has it or is none that we may write to.
fn placed(path: &str, content: Vec<u8>, present: &Blob) -> Option<Op> {
    let path = path.to_owned();
    match present {
        Blob::Content { bytes, .. } if *bytes == content => None,
        Blob::Content { stamp, .. } => Some(Op::Replace {
            path,
            content,
            expect: Some(*stamp),
        }),
        Blob::Absent => Some(Op::Create { path, content }),
        Blob::Refused(_) | Blob::Unreadable(_) => None,
    }
}

/// Gives logs new contents. The new name may last before the new content does, and the journal has
/// only the end of it: contents are flushed before they are named.
fn replace_logs<S: Store>(store: &mut S, logs: Vec<Op>, epoch: u64) -> Result<(), StoreError> {
    let is_large = logs.iter().map(bytes_of).sum::<usize>() > BATCH_BYTES;
    let count = if is_large { 1 } else { logs.len().max(1) };
    for some in logs.chunks(count) {
        let batch = [&[Op::Sync], some].concat();
        store.commit(batch, epoch)?;
    }
    Ok(())
}

fn bytes_of(op: &Op) -> usize {
    match op {
        Op::Create { content, .. } | Op::Replace { content, .. } => content.len(),
        _ => 0,
    }
}

fn commit<S: Store>(store: &mut S, ops: Vec<Op>, epoch: u64) -> Result<(), StoreError> {
    let mut batch = Vec::new();
    let mut bytes = 0;
    for op in ops {
        bytes += bytes_of(&op);
        batch.push(op);
        if batch.len() >= OPS || bytes >= BATCH_BYTES {
            store.commit(std::mem::take(&mut batch), epoch)?;
            bytes = 0;
        }
    }
    if !batch.is_empty() {
        store.commit(batch, epoch)?;
    }
    Ok(())
}
