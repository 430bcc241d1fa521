//! What recovery does before it touches a name, and what a cut in the middle of it leaves.

use std::collections::BTreeMap;

use aof_core::books::Books;
use aof_core::id::{ProjectId, TaskId};
use aof_core::status::Status;

use super::*;
use crate::event_log::EventLog;
use crate::journal::{self, Journal, checkpoint};
use crate::layout::{ProjectRoot, journal_part};
use crate::loaded::{Place, load};
use crate::memory::{Files, OPENING};
use crate::outbox::Outbox;
use crate::transaction::Transaction;

const ID: &str = "TASK-2026-02-17-001";
const CARD: &str = "---\nschemaVersion: 2\nid: TASK-2026-02-17-001\ntitle: Count\n\
                    status: ready\nrevision: 1\n---\n\nDo it.\n";

fn root() -> ProjectRoot {
    ProjectRoot::new("projects", ProjectId::parse("alpha").unwrap())
}

fn log() -> EventLog {
    EventLog::resume(7, "2026-02-17".to_owned(), 0, 0)
}

fn card(status: Status) -> String {
    root().card(status, &TaskId::parse(ID).unwrap())
}

/// Moves the card on and gives the operations of the commit.
fn step(store: &mut Files, journal: &mut Journal, from: Status, to: Status) -> Vec<Op> {
    let id = TaskId::parse(ID).unwrap();
    let place = Place {
        root: root(),
        status: from,
        id,
    };
    let loaded = load(store, &[place]).unwrap().pop().unwrap().unwrap();
    let mut next = loaded.card();
    (next.status, next.revision) = (to, next.revision + 1);
    let mut transaction = Transaction::default();
    transaction.rewrite(&loaded, &next).unwrap();
    transaction.settle(to.as_str());
    transaction.into_batch(&mut log(), journal).0
}

/// A store in which one commit was applied, and of the next only so many operations.
fn cut_commit(ops: usize) -> Files {
    let mut store = Files::default();
    store
        .files
        .insert(card(Status::Ready), CARD.as_bytes().to_vec());
    let outbox = "state/outbox.jsonl".to_owned();
    store.files.insert(outbox, b"{}\n".to_vec());
    let mut journal = checkpoint(
        &mut store,
        OPENING,
        (&Outbox::default(), &Books::default(), &log()),
    )
    .unwrap();
    let first = step(&mut store, &mut journal, Status::Ready, Status::InProgress);
    store.commit(first, 7).unwrap();
    let second = step(
        &mut store,
        &mut journal,
        Status::InProgress,
        Status::Blocked,
    );
    store.cut_after = Some(ops);
    store.commit(second, 7).unwrap_err();
    store.cut_after = None;
    store.batches.clear();
    store
}

fn mend(store: &mut Files, opening: Opening) -> Vec<Op> {
    redo::redo(store, opening).unwrap();
    std::mem::take(&mut store.batches)
        .into_iter()
        .flatten()
        .collect()
}

fn lasting(store: &Files) -> BTreeMap<String, Vec<u8>> {
    let mut files = store.files.clone();
    files.retain(|path, _| !path.starts_with("state/journal/"));
    files
}

fn other_boot() -> Opening {
    Opening { boot: 2, ..OPENING }
}

#[test]
fn the_journal_is_written_anew_and_flushed_before_the_first_name_changes() {
    let mut store = cut_commit(1);
    let old = journal::read(&mut store).unwrap().unwrap();
    let opening = Opening {
        epoch: 8,
        ..OPENING
    };
    let ops = mend(&mut store, opening);
    let Some(Op::Create { path, .. }) = ops.first() else {
        panic!("{ops:?}");
    };
    assert_eq!(*path, journal_part(8, 1));
    assert_eq!(
        ops.get(1..3),
        Some(&[Op::Sync, Op::Remove(journal_part(7, 1))][..])
    );
    let renamed = ops.iter().position(|op| matches!(op, Op::Rename { .. }));
    assert!(renamed.is_some_and(|at| at > 2), "{ops:?}");
    assert!(store.files.contains_key(&card(Status::Blocked)));
    let new = journal::read(&mut store).unwrap().unwrap();
    assert_eq!(new.header.logs, old.header.logs, "the old lengths");
    assert_eq!(new.header.boot, old.header.boot);
    assert_eq!(new.records, old.records);
    let applied = |journalled: &journal::Journalled| -> Vec<bool> {
        let records = journalled.records.iter();
        records
            .map(|record| journalled.is_applied(record))
            .collect()
    };
    assert_eq!(applied(&new), [true, false]);
    assert_eq!(applied(&new), applied(&old));
}

#[test]
fn a_commit_that_failed_half_way_is_finished_live_from_a_journal_that_is_flushed_again() {
    let mut store = cut_commit(1);
    let ops = mend(&mut store, OPENING);
    let Some(Op::Create { path, .. }) = ops.first() else {
        panic!("{ops:?}");
    };
    assert_eq!(*path, journal_part(7, 2), "the next part of this writer");
    assert_eq!(ops.get(1), Some(&Op::Sync));
}

#[test]
fn without_anything_to_do_again_nothing_is_written() {
    let mut store = cut_commit(0);
    assert_eq!(mend(&mut store, OPENING), []);
    let mut store = cut_commit(1);
    mend(&mut store, OPENING);
    checkpoint(
        &mut store,
        OPENING,
        (&Outbox::default(), &Books::default(), &log()),
    )
    .unwrap();
    store.batches.clear();
    assert_eq!(mend(&mut store, OPENING), []);
}

#[test]
fn on_another_boot_too_the_journal_is_flushed_anew_before_anything_is_done_again() {
    let mut store = cut_commit(1);
    let ops = mend(&mut store, other_boot());
    let position = |wanted: &dyn Fn(&Op) -> bool| ops.iter().position(wanted).unwrap();
    let journal = position(&|op| matches!(op, Op::Create { path, .. } if path.contains("journal")));
    let flushed = position(&|op| *op == Op::Sync);
    let renamed = position(&|op| matches!(op, Op::Rename { .. }));
    assert!(journal < flushed && flushed < renamed, "{ops:?}");
    assert!(store.files.contains_key(&card(Status::Blocked)));
}

#[test]
fn recovery_that_is_cut_anywhere_is_repeated_harmlessly() {
    for done in 1..4 {
        let mut whole = cut_commit(done);
        let total = mend(&mut whole, OPENING).len();
        for ops in 0..total {
            for again in [OPENING, other_boot()] {
                let mut store = cut_commit(done);
                store.cut_after = Some(ops);
                redo::redo(&mut store, OPENING).unwrap_err();
                store.cut_after = None;
                mend(&mut store, again);
                let label = format!("{done} done, cut after {ops} of {total}, {again:?}");
                assert_eq!(lasting(&store), lasting(&whole), "{label}");
            }
        }
    }
}

/// A store after a loss of power: the commit is in the journal, and the card is one that the
/// journal does not know.
fn with_unknown_version() -> Files {
    let mut store = cut_commit(1);
    let text = CARD
        .replace("ready", "in-progress")
        .replace("Do it.", "Mine.");
    let unknown = text.replace("revision: 1", "revision: 2").into_bytes();
    store.files.insert(card(Status::InProgress), unknown);
    store
}

fn body_of(store: &Files, path: &str) -> String {
    let text = String::from_utf8(store.files.get(path).unwrap().clone()).unwrap();
    let (_, body) = text.rsplit_once("---\n").unwrap();
    body.trim().to_owned()
}

#[test]
fn a_merge_is_journaled_before_it_replaces_anything() {
    let mut store = with_unknown_version();
    let ops = mend(&mut store, other_boot());
    let position = |wanted: &dyn Fn(&Op) -> bool| ops.iter().position(wanted).unwrap();
    let beside = root().conflict(Status::Blocked, &TaskId::parse(ID).unwrap(), (3, 1));
    let aside = position(&|op| matches!(op, Op::Create { path, .. } if *path == beside));
    let is_journal = |op: &Op| matches!(op, Op::Create { path, .. } if path.contains("journal"));
    // The first one has what was read.
    let journal = ops.iter().rposition(is_journal).unwrap();
    let renamed = position(&|op| matches!(op, Op::Rename { .. }));
    let is_flushed = |between: std::ops::Range<usize>| {
        let mut ops = ops.get(between).into_iter().flatten();
        ops.any(|op| *op == Op::Sync)
    };
    assert!(is_flushed(aside..journal), "{ops:?}");
    assert!(is_flushed(journal..renamed), "{ops:?}");
    assert_eq!(body_of(&store, &card(Status::Blocked)), "Mine.");
    assert_eq!(body_of(&store, &beside), "Do it.");
}

#[test]
fn a_log_is_replaced_only_once_its_new_content_is_flushed() {
    for opening in [OPENING, other_boot()] {
        let mut store = cut_commit(3);
        redo::redo(&mut store, opening).unwrap();
        let is_log = |op: &Op| matches!(op, Op::Replace { path, .. } if path.ends_with(".jsonl"));
        let batches = store
            .batches
            .iter()
            .filter(|batch| batch.iter().any(is_log));
        let batches: Vec<&Vec<Op>> = batches.collect();
        assert!(!batches.is_empty());
        for batch in batches {
            assert_eq!(batch.first(), Some(&Op::Sync), "{batch:?}");
            assert!(batch.iter().skip(1).all(is_log), "{batch:?}");
        }
    }
}

#[test]
fn a_merge_that_is_cut_anywhere_ends_in_the_same_files() {
    let mut whole = with_unknown_version();
    let total = mend(&mut whole, other_boot()).len();
    for ops in 0..total {
        let mut store = with_unknown_version();
        store.cut_after = Some(ops);
        redo::redo(&mut store, other_boot()).unwrap_err();
        store.cut_after = None;
        mend(&mut store, other_boot());
        assert_eq!(
            lasting(&store),
            lasting(&whole),
            "cut after {ops} of {total}"
        );
    }
}

#[test]
fn a_piece_of_what_was_set_aside_is_made_whole_and_what_a_person_has_there_is_left() {
    let beside = root().conflict(Status::Blocked, &TaskId::parse(ID).unwrap(), (3, 1));
    let mut whole = with_unknown_version();
    mend(&mut whole, other_boot());
    let whole = whole.files.get(&beside).unwrap().clone();
    for (found, expected) in [
        (Vec::new(), whole.clone()),
        (vec![0; whole.len()], whole.clone()),
        (whole.clone(), whole),
        (b"mine".to_vec(), b"mine".to_vec()),
    ] {
        let mut store = with_unknown_version();
        store.files.insert(beside.clone(), found.clone());
        mend(&mut store, other_boot());
        assert_eq!(store.files.get(&beside), Some(&expected), "{found:?}");
        let next = beside.replace(".conflict-3", ".conflict-3-2");
        let is_theirs = found == b"mine";
        assert_eq!(store.files.contains_key(&next), is_theirs, "{found:?}");
        assert_eq!(body_of(&store, &card(Status::Blocked)), "Mine.");
    }
}

#[test]
fn an_edit_that_is_back_under_a_temporary_name_is_set_aside() {
    let stray = "projects/alpha/tasks/blocked/.TASK-2026-02-17-001.md.7-3.put";
    let edit = CARD.replace("ready", "blocked").replace("Do it.", "Mine.");
    let edit = edit.replace("revision: 1", "revision: 3").into_bytes();
    let mut store = cut_commit(1);
    store.files.insert(stray.to_owned(), edit);
    let beside = root().conflict(Status::Blocked, &TaskId::parse(ID).unwrap(), (3, 1));
    store
        .files
        .insert(beside.clone(), b"of another time".to_vec());
    mend(&mut store, other_boot());
    let aside = beside.replace(".conflict-3", ".conflict-3-2");
    assert_eq!(body_of(&store, &aside), "Mine.");
    assert_eq!(body_of(&store, &card(Status::Blocked)), "Do it.");
    assert!(!store.files.contains_key(stray));
}

#[test]
fn what_we_were_about_to_put_in_place_is_no_edit() {
    let whole = {
        let mut store = cut_commit(1);
        mend(&mut store, OPENING);
        store.files.get(&card(Status::Blocked)).unwrap().clone()
    };
    let never_committed = CARD.replace("revision: 1", "revision: 4").into_bytes();
    let torn = [whole[..0].to_vec(), b"half".to_vec()];
    for content in torn.into_iter().chain([whole, never_committed]) {
        let mut store = cut_commit(1);
        let stray = format!("projects/alpha/tasks/blocked/.{ID}.md.7-3.put");
        store.files.insert(stray.clone(), content);
        let ops = mend(&mut store, other_boot());
        let from_stray = |op: &Op| matches!(op, Op::Rename { from, .. } if *from == stray);
        assert!(!ops.iter().any(from_stray), "{ops:?}");
    }
}

#[test]
fn more_merges_than_one_record_holds_take_several() {
    let mut store = Files::default();
    let mut journal = checkpoint(
        &mut store,
        OPENING,
        (&Outbox::default(), &Books::default(), &log()),
    )
    .unwrap();
    let ids: Vec<TaskId> = (1..=4)
        .map(|number| TaskId::parse(&format!("TASK-2026-02-17-00{number}")).unwrap())
        .collect();
    let mut record = journal::Record::default();
    for id in &ids {
        let text = CARD.replace(ID, id.as_str());
        let filler = "words ".repeat(100_000);
        let path = root().card(Status::Ready, id);
        let theirs = text.replace("Do it.", &filler).into_bytes();
        store.files.insert(path.clone(), theirs);
        record.cards.push(journal::CardChange {
            from: Some(path.clone()),
            to: path,
            revision: 2,
            made_from: Some("what was lost".to_owned()),
            content: text.replace("revision: 1", "revision: 2"),
        });
    }
    let (line, _) = journal.enter(&mut record);
    let path = journal.path().to_owned();
    store.commit(vec![Op::Journal { path, line }], 7).unwrap();
    mend(&mut store, other_boot());
    for id in &ids {
        let body = body_of(&store, &root().card(Status::Ready, id));
        assert!(body.starts_with("words"), "{id}");
        assert_eq!(
            body_of(&store, &root().conflict(Status::Ready, id, (2, 1))),
            "Do it."
        );
    }
    let newest = journal::read(&mut store).unwrap().unwrap();
    assert_eq!(
        newest.records.len(),
        2,
        "merges do not pile up in the journal"
    );
}

#[test]
fn a_part_that_was_torn_while_it_was_written_anew_does_not_hide_the_old_one() {
    let mut store = cut_commit(1);
    let old = journal::read(&mut store).unwrap().unwrap();
    store.cut_after = Some(1);
    redo::redo(&mut store, OPENING).unwrap_err();
    let path = journal_part(7, 2);
    let whole = store.files.get(&path).unwrap().clone();
    for cut in 0..whole.len() {
        let cut_off = whole[..cut].to_vec();
        let blank = [&whole[..cut], &vec![0; whole.len() - cut]].concat();
        for torn in [cut_off, blank] {
            store.files.insert(path.clone(), torn);
            let read = journal::read(&mut store).unwrap().unwrap();
            assert_eq!(read.records, old.records, "cut at {cut}");
            assert_eq!(read.header.logs, old.header.logs);
        }
    }
}

#[test]
fn a_log_is_brought_up_to_the_journal_as_long_as_it_has_16_mib() {
    let most = usize::try_from(redo::LOG_BYTES_MAX).unwrap();
    for (size, is_written) in [(most, true), (most + 1, false)] {
        let mut store = cut_commit(1);
        let log = ["\n".repeat(size % 2), "0\n".repeat(size / 2)].concat();
        let log = log.into_bytes();
        store.files.insert("state/outbox.jsonl".to_owned(), log);
        mend(&mut store, OPENING);
        let found = store.files.get("state/outbox.jsonl").unwrap().len();
        assert_eq!(found > size, is_written, "{size}");
    }
}

#[test]
fn an_edit_is_set_aside_however_many_lie_there_already() {
    let stray = "projects/alpha/tasks/blocked/.TASK-2026-02-17-001.md.7-3.put";
    let edit = CARD.replace("ready", "blocked").replace("Do it.", "Mine.");
    let edit = edit.replace("revision: 1", "revision: 3").into_bytes();
    let mut store = cut_commit(1);
    store.files.insert(stray.to_owned(), edit);
    let beside = root().conflict(Status::Blocked, &TaskId::parse(ID).unwrap(), (3, 1));
    let numbered = |number: u32| beside.replace(".conflict-3", &format!(".conflict-3-{number}"));
    let taken = [beside.clone()].into_iter().chain((2..=300).map(numbered));
    for path in taken {
        store.files.insert(path, b"of another time".to_vec());
    }
    mend(&mut store, other_boot());
    assert_eq!(body_of(&store, &numbered(301)), "Mine.");
    assert!(!store.files.contains_key(stray));
}
