//! The order in which a commit reaches the disk, what it costs, and what a failure leaves.

use super::rigged::Act;
use super::*;
use crate::contract::{ReplaceOp, Stamp};

const JOURNAL: &str = "state/journal/000001-001.jsonl";

/// A room with a journal and two directories, one with a card in it.
fn journaled() -> Room {
    let mut room = room();
    let batch = [
        make_dir("state/journal"),
        create(JOURNAL),
        make_dir("a"),
        make_dir("b"),
        create("a/X.md"),
        append("log"),
        Op::Sync,
    ];
    room.commit(&batch).unwrap();
    room.rig.calls();
    room
}

fn journal(line: &str) -> Op {
    Op::Journal(AppendOp {
        path: JOURNAL.to_owned(),
        lines: vec![line.to_owned()],
    })
}

fn replace(path: &str, expect: Option<Stamp>) -> Op {
    Op::Replace(ReplaceOp {
        path: path.to_owned(),
        content: b"new".to_vec(),
        expect,
    })
}

fn transition(card: &str) -> [Op; 2] {
    let to = format!("b/{card}");
    [rename(&format!("a/{card}"), &to), replace(&to, None)]
}

fn flushes(room: &Room) -> (u64, u64, u64) {
    let count = room.store.flush_count();
    (count.journals(), count.syncs(), count.total())
}

fn text(room: &Room, path: &str) -> String {
    fs::read_to_string(room.path(path)).unwrap()
}

/// What of a batch a person could see: names and contents without temporary files.
fn visible(room: &Room) -> Vec<(String, String)> {
    let mut seen = Vec::new();
    for dir in ["a", "b", "state/journal"] {
        for entry in fs::read_dir(room.path(dir)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let path = format!("{dir}/{name}");
            seen.push((path.clone(), text(room, &path)));
        }
    }
    seen.push(("log".to_owned(), text(room, "log")));
    seen.sort();
    seen
}

#[test]
fn the_line_is_flushed_after_the_contents_and_before_every_name() {
    let mut room = journaled();
    let [moved, changed] = transition("X.md");
    room.commit(&[journal("record"), moved, changed, append("log")])
        .unwrap();
    assert_eq!(
        room.rig.calls(),
        [
            "write .X.md.1-3.put",
            "write 000001-001.jsonl",
            "sync 000001-001.jsonl",
            "rename X.md",
            "rename X.md",
            "write log",
        ]
    );
    assert_eq!(text(&room, JOURNAL), "text\nrecord\n");
    assert_eq!(text(&room, "b/X.md"), "new");
}

#[test]
fn one_transition_costs_one_flush() {
    let mut room = journaled();
    let before = flushes(&room);
    let [moved, changed] = transition("X.md");
    let batch = [
        journal("record"),
        make_dir("runs/X"),
        create("runs/X/1.json"),
        moved,
        changed,
        append("log"),
        append("box"),
    ];
    room.commit(&batch).unwrap();
    let after = flushes(&room);
    assert_eq!((after.0 - before.0, after.1 - before.1), (1, 0));
    assert_eq!(after.2 - before.2, 1);
}

#[test]
fn a_batch_of_64_transitions_costs_one_flush() {
    let mut room = journaled();
    let cards: Vec<String> = (0..64).map(|number| format!("{number}.md")).collect();
    let created: Vec<Op> = cards
        .iter()
        .map(|card| create(&format!("a/{card}")))
        .collect();
    room.commit(&created).unwrap();
    let before = flushes(&room);
    let mut batch = vec![journal("record")];
    for card in &cards {
        batch.extend(transition(card));
        batch.push(append("log"));
    }
    room.commit(&batch).unwrap();
    let after = flushes(&room);
    assert_eq!(after.2 - before.2, 1);
    assert_eq!(text(&room, "b/63.md"), "new");
}

#[test]
fn a_batch_without_a_journal_costs_no_flush() {
    let mut room = journaled();
    let before = flushes(&room);
    let [moved, changed] = transition("X.md");
    room.commit(&[moved, changed, append("log")]).unwrap();
    assert_eq!(flushes(&room), before);
}

#[test]
fn a_sync_flushes_what_the_batch_did_before_it() {
    let mut room = journaled();
    let before = flushes(&room);
    let batch = [append("log"), Op::Sync, create("a/Y.md"), Op::Sync];
    room.commit(&batch).unwrap();
    let after = flushes(&room);
    assert_eq!((after.1 - before.1, after.2 - before.2), (2, 2));
    let calls = room.rig.calls();
    let order = ["write log", "sync all", "rename Y.md", "sync all"];
    let seen: Vec<_> = calls.iter().filter(|call| !call.contains(".put")).collect();
    assert_eq!(seen, order.iter().collect::<Vec<_>>());
}

#[test]
fn relaxed_commits_do_not_flush() {
    let dir = TempDir::new().unwrap();
    let mut store = LocalStore::new(dir.path())
        .unwrap()
        .durability(Durability::Relaxed);
    let epoch = store.open(Mode::Writer).unwrap().epoch;
    let batch = [make_dir("state/journal"), create(JOURNAL)];
    store.commit(&batch, epoch).unwrap();
    let batch = [journal("record"), create("a"), append("log"), Op::Sync];
    store.commit(&batch, epoch).unwrap();
    assert_eq!(store.flush_count().total(), 0);
}

#[test]
fn a_failed_flush_is_final_until_reopened() {
    for (flush, batch) in [
        ("journal", [journal("record"), create("b/Y.md")]),
        ("sync", [create("b/Y.md"), Op::Sync]),
    ] {
        let mut room = journaled();
        room.rig.fail_after(0);
        assert!(
            matches!(room.commit(&batch), Err(StoreError::Unflushed(_))),
            "{flush}"
        );
        room.rig.fail_no_more();
        let Err(StoreError::Unflushed(failure)) = room.commit(&[create("b/Z.md")]) else {
            panic!("accepted after a failed {flush}")
        };
        assert!(failure.message.contains("earlier"));
        let boot = room.store.system.boot();
        // Neither whoever lets go of it meanwhile nor an opening that fails makes it good.
        room.store.open(Mode::Reader).unwrap();
        room.rig.fail_after(0);
        assert!(room.store.open(Mode::Writer).is_err());
        room.rig.fail_no_more();
        room.store.open(Mode::Reader).unwrap();
        let session = room.store.open(Mode::Writer).unwrap();
        assert_ne!(session.boot, boot, "what is read need not be on the disk");
        room.epoch = session.epoch;
        room.commit(&[create("b/Z.md")]).unwrap();
        assert_eq!(room.store.open(Mode::Writer).unwrap().boot, boot);
    }
}

#[test]
fn a_line_that_could_not_be_flushed_is_taken_back_and_nothing_is_seen() {
    let mut room = journaled();
    let before = visible(&room);
    room.rig.fail_after(0);
    let [moved, changed] = transition("X.md");
    let batch = [journal("record"), moved, changed, append("log")];
    assert!(matches!(room.commit(&batch), Err(StoreError::Unflushed(_))));
    assert_eq!(visible(&room), before);
}

#[test]
fn a_disk_that_is_full_for_the_line_leaves_nothing_behind() {
    let mut room = journaled();
    let before = visible(&room);
    let [moved, changed] = transition("X.md");
    let batch = [journal("record"), moved, changed, append("log")];
    for full in ["000001-001.jsonl", ".X.md.1-4.put"] {
        room.rig.fill_up(full);
        let refused = room.commit(&batch);
        assert!(
            matches!(refused, Err(StoreError::NoSpace(_))),
            "{full}: {refused:?}"
        );
        assert_eq!(visible(&room), before, "{full}");
    }
    room.rig.fail_no_more();
    room.commit(&batch).unwrap();
}

#[test]
fn a_disk_that_is_full_for_the_log_leaves_the_line_behind() {
    let mut room = journaled();
    room.rig.fill_up("log");
    let [moved, changed] = transition("X.md");
    let batch = [journal("record"), moved, changed, append("log")];
    assert!(matches!(room.commit(&batch), Err(StoreError::NoSpace(path)) if path == "log"));
    assert!(text(&room, JOURNAL).ends_with("record\n"));
    assert_eq!(text(&room, "b/X.md"), "new");
    room.rig.fail_no_more();
    room.commit(&[append("log")]).unwrap();
    assert_eq!(text(&room, "log"), "line\nli\nline\n");
}

#[test]
fn an_edit_while_the_line_is_flushed_takes_it_back_for_good() {
    let mut room = journaled();
    let read = room
        .store
        .read(&["a/X.md".to_owned()], 100)
        .unwrap()
        .remove(0);
    let Blob::Content(content) = read else {
        panic!("unreadable")
    };
    let before = text(&room, JOURNAL);
    room.meanwhile(|dir| fs::write(dir.join("a/X.md"), "edited by hand").unwrap());
    let batch = [
        journal("record"),
        create("b/Y.md"),
        Op::Rename(RenameOp {
            from: "a/X.md".to_owned(),
            to: "b/X.md".to_owned(),
            expect: Some(content.stamp),
        }),
    ];
    let refused = room.commit(&batch);
    assert!(matches!(refused, Err(StoreError::Conflict(path)) if path == "a/X.md"));
    assert_eq!(text(&room, "a/X.md"), "edited by hand");
    assert_eq!(text(&room, JOURNAL), before);
    assert!(!room.path("b/Y.md").exists() && hidden_files(&room.path("b")).is_empty());
    let calls = room.rig.calls();
    let flushed = calls.iter().filter(|call| call.starts_with("sync")).count();
    assert_eq!(flushed, 2, "the taking back is flushed, too: {calls:?}");
    room.commit(&[journal("next")]).unwrap();
    assert_eq!(text(&room, JOURNAL), format!("{before}\nnext\n"));
}

#[test]
fn a_target_that_appears_while_the_line_is_flushed_is_kept() {
    let mut room = journaled();
    room.meanwhile(|dir| fs::write(dir.join("b/Y.md"), "by hand").unwrap());
    let refused = room.commit(&[journal("record"), create("b/Y.md")]);
    assert!(matches!(refused, Err(StoreError::Exists(path)) if path == "b/Y.md"));
    assert_eq!(text(&room, "b/Y.md"), "by hand");
    assert!(hidden_files(&room.path("b")).is_empty());
}

#[test]
fn a_journal_that_was_taken_away_makes_the_writer_stale() {
    let take_away: fn(&Path) = |dir| fs::remove_file(dir.join(JOURNAL)).unwrap();
    let mut room = journaled();
    room.meanwhile(take_away);
    let refused = room.commit(&[journal("record"), create("b/Y.md")]);
    assert!(
        matches!(refused, Err(StoreError::StaleEpoch(1))),
        "{refused:?}"
    );
    let refused = room.commit(&[journal("record"), create("b/Y.md")]);
    assert!(
        matches!(refused, Err(StoreError::StaleEpoch(1))),
        "{refused:?}"
    );
    assert!(!room.path("b/Y.md").exists() && !room.path(JOURNAL).exists());
}

#[test]
fn a_writer_that_loses_its_lock_while_it_flushes_changes_nothing() {
    let mut room = journaled();
    let before = visible(&room);
    room.meanwhile(|dir| {
        fs::remove_file(dir.join("state/lock")).unwrap();
        store(dir).open(Mode::Writer).unwrap();
    });
    let refused = room.commit(&[journal("record"), create("b/Y.md")]);
    assert!(
        matches!(refused, Err(StoreError::StaleEpoch(2))),
        "{refused:?}"
    );
    assert_eq!(visible(&room), before);
}

#[test]
fn what_a_hand_does_while_a_commit_runs_is_reported() {
    let mut room = journaled();
    age(&room.path("b"));
    room.store.list(&["b".to_owned()], true).unwrap();
    room.meanwhile(|dir| fs::write(dir.join("b/by-hand"), "").unwrap());
    room.commit(&[journal("record"), create("b/Y.md")]).unwrap();
    let changed: Vec<_> = room.news().into_iter().map(|change| change.path).collect();
    assert_eq!(changed, ["b/by-hand"]);
}

#[test]
fn a_batch_that_fails_half_way_reports_what_it_did() {
    let mut room = journaled();
    room.store.list(&["b".to_owned()], true).unwrap();
    room.rig.fill_up("log");
    assert!(
        room.commit(&[journal("record"), create("b/Y.md"), append("log")])
            .is_err()
    );
    let changed: Vec<_> = room.news().into_iter().map(|change| change.path).collect();
    assert_eq!(changed, ["b/Y.md"]);
}

#[test]
fn logs_are_written_in_the_order_of_the_batch() {
    let mut room = journaled();
    room.rig.fill_up("y");
    let lines = [append("z"), append("y"), append("x"), append("z")];
    assert!(room.commit(&lines).is_err());
    assert_eq!(text(&room, "z"), "line\nline\n");
    assert_eq!(text(&room, "y"), "li");
    assert!(!room.path("x").exists());
}

#[test]
fn a_log_that_is_rotated_within_a_batch_keeps_its_lines() {
    let mut room = room();
    let batch = [
        append("log"),
        rename("log", "old"),
        append("log"),
        append("log"),
    ];
    room.commit(&batch).unwrap();
    assert_eq!(text(&room, "old"), "line\n");
    assert_eq!(text(&room, "log"), "line\nline\n");
}

#[test]
fn more_logs_than_open_files_fit_in_one_batch() {
    let mut room = room();
    let batch: Vec<Op> = (0..300)
        .map(|number| append(&format!("log-{number}")))
        .collect();
    room.commit(&batch).unwrap();
    assert_eq!(text(&room, "log-299"), "line\n");
}

#[test]
fn a_new_content_keeps_the_permissions_of_the_file_also_across_a_move() {
    use std::os::unix::fs::PermissionsExt;
    let mut room = journaled();
    let mode = |room: &Room, path: &str| {
        let permissions = fs::metadata(room.path(path)).unwrap().permissions();
        permissions.mode() & 0o777
    };
    fs::set_permissions(room.path("a/X.md"), fs::Permissions::from_mode(0o600)).unwrap();
    room.commit(&[replace("a/X.md", None)]).unwrap();
    assert_eq!(mode(&room, "a/X.md"), 0o600);
    room.commit(&transition("X.md")).unwrap();
    assert_eq!(mode(&room, "b/X.md"), 0o600);
}

#[test]
fn an_exclusive_rename_never_replaces_even_if_the_check_came_too_early() {
    let room = room();
    fs::write(room.path("mine"), "mine").unwrap();
    fs::write(room.path("theirs"), "theirs").unwrap();
    let walk = Walk::new(&room.store.system);
    let theirs = RelPath::parse("theirs").unwrap();
    let published = place::publish(&walk, "mine", theirs);
    assert!(matches!(published, Err(StoreError::Exists(path)) if path == "theirs"));
    let renamed = place::rename(&walk, RelPath::parse("mine").unwrap(), theirs);
    assert!(matches!(renamed, Err(StoreError::Exists(path)) if path == "theirs"));
    assert_eq!(text(&room, "theirs"), "theirs");
}

#[test]
fn the_boot_is_the_same_for_every_session_of_one_start() {
    let mut room = room();
    let first = room.store.open(Mode::Writer).unwrap().boot;
    let reader = store(room.dir.path()).open(Mode::Reader).unwrap().boot;
    assert_eq!(first, reader);
}

#[test]
fn a_condition_that_stops_holding_half_way_is_no_refusal() {
    let mut room = journaled();
    let appear: Act = |dir| fs::write(dir.join("b/Z.md"), "by hand").unwrap();
    let nothing: Act = |_| {};
    room.meanwhile(nothing);
    room.meanwhile(appear);
    let batch = [
        journal("record"),
        create("b/Y.md"),
        Op::Sync,
        create("b/Z.md"),
    ];
    let Err(StoreError::Io(failure)) = room.commit(&batch) else {
        panic!("refused as if nothing had changed")
    };
    assert_eq!(failure.path, "b/Z.md");
    assert!(failure.message.contains("changed by someone"));
    assert_eq!(text(&room, "b/Z.md"), "by hand");
    assert!(room.path("b/Y.md").exists());
    assert!(
        text(&room, JOURNAL).ends_with("record\n"),
        "it can be finished"
    );
    assert!(hidden_files(&room.path("b")).is_empty());
}
