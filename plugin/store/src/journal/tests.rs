//! Lines, parts and checkpoints over a directory of a few files.

use std::collections::BTreeMap;

use aof_core::books::Books;

use super::*;
use crate::event_log::EventLog;
use crate::journal::record::Header;
use crate::layout::OUTBOX;
use crate::memory::{Files, OPENING};
use crate::outbox::Outbox;
use crate::port::Op;

fn log() -> EventLog {
    EventLog::resume(7, "2026-02-17".to_owned(), 1, 0)
}

fn record(path: &str) -> Record {
    Record {
        runs: vec![RunChange {
            path: path.to_owned(),
            content: "{}\n".to_owned(),
        }],
        ..Record::default()
    }
}

fn part(boot: u64) -> Vec<u8> {
    let header = Header::new(boot, BTreeMap::from([("events/x".to_owned(), 5)]));
    (encode(&header) + "\n").into_bytes()
}

/// A part with two records, of which the first was applied.
fn two_records() -> (Vec<u8>, Journal) {
    let mut bytes = part(1);
    let mut journal = Journal::begun(7, 1, bytes.len() as u64);
    for path in ["a", "b"] {
        let (line, mark) = journal.enter(&mut record(path));
        bytes.extend_from_slice((line + "\n").as_bytes());
        bytes.extend_from_slice((mark + "\n").as_bytes());
    }
    (bytes, journal)
}

fn paths(journalled: &Journalled) -> Vec<&str> {
    let runs = journalled.records.iter().flat_map(|record| &record.runs);
    runs.map(|run| run.path.as_str()).collect()
}

fn stored(parts: &[(u64, u32, Vec<u8>)]) -> Files {
    let mut store = Files::default();
    for (epoch, part, bytes) in parts {
        store
            .files
            .insert(journal_part(*epoch, *part), bytes.clone());
    }
    store
}

#[test]
fn a_part_reads_back_and_its_size_is_known_to_the_byte() {
    let (bytes, journal) = two_records();
    let mut store = stored(&[(7, 1, bytes)]);
    assert_eq!(journal.has_grown(&mut store), Ok(false));
    let journalled = read(&mut store).unwrap().unwrap();
    assert_eq!(paths(&journalled), ["a", "b"]);
    assert!(journalled.header.is_of_boot(1) && !journalled.header.is_of_boot(2));
    assert!(
        journalled
            .records
            .iter()
            .all(|record| journalled.is_applied(record))
    );
}

#[test]
fn torn_lines_are_no_lines() {
    let (bytes, journal) = two_records();
    for cut in part(1).len()..bytes.len() {
        let mut store = stored(&[(7, 1, bytes[..cut].to_vec())]);
        assert_eq!(journal.has_grown(&mut store), Ok(true));
        let journalled = read(&mut store).unwrap().unwrap();
        let found = paths(&journalled);
        assert!(["a", "b"].starts_with(&found), "{cut}: {found:?}");
    }
    for at in part(1).len()..bytes.len() {
        let mut torn = bytes.clone();
        torn[at] ^= 1;
        let journalled = read(&mut stored(&[(7, 1, torn)])).unwrap().unwrap();
        for path in paths(&journalled) {
            assert!(["a", "b"].contains(&path), "{at}: {path}");
        }
    }
}

#[test]
fn the_newest_part_with_a_whole_header_counts() {
    let (bytes, _) = two_records();
    let torn = part(1)[..20].to_vec();
    for newest in [torn, Vec::new(), vec![0; 100]] {
        let mut store = stored(&[(6, 9, part(3)), (7, 1, bytes.clone()), (7, 2, newest)]);
        let journalled = read(&mut store).unwrap().unwrap();
        assert_eq!(paths(&journalled), ["a", "b"]);
    }
    let mut store = stored(&[(7, 1, bytes), (10, 1, part(3))]);
    let journalled = read(&mut store).unwrap().unwrap();
    assert_eq!(paths(&journalled), Vec::<&str>::new());
    assert_eq!(read(&mut Files::default()), Ok(None));
}

#[test]
fn a_checkpoint_flushes_before_it_begins_and_removes_only_in_the_end() {
    let (bytes, _) = two_records();
    let mut store = stored(&[(6, 4, part(1)), (7, 1, bytes)]);
    let part = "events/2026-02-17.001.jsonl";
    let others = ["events/2026-02-17.jsonl", "events/9999-01-01.jsonl"];
    for path in others.into_iter().chain([part, OUTBOX]) {
        store.files.insert(path.to_owned(), b"{}\n".to_vec());
    }
    let journal = checkpoint(
        &mut store,
        OPENING,
        (&Outbox::default(), &Books::default(), &log()),
    )
    .unwrap();
    assert_eq!(journal.path(), journal_part(7, 2));
    let batch = store.batches.pop().unwrap();
    let Some(Op::Create { path, content }) = batch.get(2).cloned() else {
        panic!("{batch:?}");
    };
    assert_eq!(
        [&batch[..2], &batch[3..]].concat(),
        [
            Op::MakeDir(JOURNAL_DIR.to_owned()),
            Op::Sync,
            Op::Sync,
            Op::Remove(journal_part(6, 4)),
            Op::Remove(journal_part(7, 1)),
        ]
    );
    store.files.insert(path, content);
    assert_eq!(journal.has_grown(&mut store), Ok(false));
    let header = read(&mut store).unwrap().unwrap().header;
    let lengths = [(part.to_owned(), 3), (OUTBOX.to_owned(), 3)];
    assert_eq!(header.logs, BTreeMap::from(lengths));
}

#[test]
fn the_first_checkpoint_has_nothing_to_flush_before_it() {
    let mut store = Files::default();
    checkpoint(
        &mut store,
        OPENING,
        (&Outbox::default(), &Books::default(), &log()),
    )
    .unwrap();
    let batch = store.batches.pop().unwrap();
    let syncs = batch.iter().filter(|op| **op == Op::Sync).count();
    assert_eq!((batch.len(), syncs), (3, 1), "{batch:?}");
}

#[test]
fn a_long_outbox_is_rewritten_by_a_checkpoint_and_a_short_one_is_not() {
    for (bytes, is_rewritten) in [(256 * 1024, false), (256 * 1024 + 1, true)] {
        let mut store = Files::default();
        store.files.insert(OUTBOX.to_owned(), vec![b'\n'; bytes]);
        checkpoint(
            &mut store,
            OPENING,
            (&Outbox::default(), &Books::default(), &log()),
        )
        .unwrap();
        let batch = store.batches.pop().unwrap();
        let rewrites = |op: &Op| matches!(op, Op::Replace { path, .. } if path == OUTBOX);
        assert_eq!(batch.iter().any(rewrites), is_rewritten, "{bytes}");
        if let Some(at) = batch.iter().position(rewrites) {
            assert_eq!(batch.get(at - 1), Some(&Op::Sync), "{batch:?}");
        }
    }
}

#[test]
fn a_part_is_read_up_to_16_mib() {
    let most = usize::try_from(super::read::PART_BYTES_READ_MAX).unwrap();
    for (size, records) in [(most, Some(2)), (most + 1, None)] {
        let (mut bytes, _) = two_records();
        bytes.resize(size, b'\n');
        let journalled = read(&mut stored(&[(7, 1, bytes)])).unwrap();
        assert_eq!(journalled.map(|it| it.records.len()), records, "{size}");
    }
}

#[test]
fn a_journal_of_a_newer_version_is_not_passed_over() {
    let mut header = Header::new(1, BTreeMap::new());
    header.schema_version += 1;
    let newer = (encode(&header) + "\n").into_bytes();
    let (older, _) = two_records();
    let error = read(&mut stored(&[(7, 1, older), (7, 2, newer)])).unwrap_err();
    assert!(error.to_string().contains("newer aof"), "{error}");
}
