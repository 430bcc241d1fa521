//! Every row of the table: what is found, and what becomes of it.

use aof_core::id::{ProjectId, TaskId};

use super::*;
use crate::journal::{CardChange, Record};
use crate::layout::ProjectRoot;
use crate::loaded::fingerprint;
use crate::port::{Blob, Stamp};
use crate::recovery::history::gather;

use Status::{Blocked, InProgress, Ready};

const ID: &str = "TASK-2026-02-17-001";
const STAMP: Stamp = Stamp {
    mtime_ns: 1,
    size: 2,
    inode: 3,
};

fn text(status: Status, revision: u64) -> String {
    let body = "words ".repeat(200);
    format!(
        "---\nschemaVersion: 2\nid: {ID}\ntitle: Count\nstatus: {status}\n\
         revision: {revision}\n---\n\n{body}\n"
    )
}

fn path(status: Status) -> String {
    let root = ProjectRoot::new("projects", ProjectId::parse("alpha").unwrap());
    root.card(status, &TaskId::parse(ID).unwrap())
}

/// The journal: ready (1) to in-progress (2) to blocked (3).
fn journal() -> Vec<Record> {
    let change = |(from, before): (Status, u64), (to, after): (Status, u64)| Record {
        seq: after,
        cards: vec![CardChange {
            from: Some(path(from)),
            to: path(to),
            revision: after,
            made_from: Some(fingerprint(text(from, before).as_bytes())),
            content: text(to, after),
        }],
        ..Record::default()
    };
    vec![
        change((Ready, 1), (InProgress, 2)),
        change((InProgress, 2), (Blocked, 3)),
    ]
}

/// The journal of a card that was just made.
fn making() -> Vec<Record> {
    let card = CardChange {
        from: None,
        to: path(Ready),
        revision: 1,
        made_from: None,
        content: text(Ready, 1),
    };
    vec![Record {
        seq: 1,
        cards: vec![card],
        ..Record::default()
    }]
}

/// What recovery does with these files, by operation; on the same boot all but the last record
/// was applied.
fn outcome(records: &[Record], files: &[(Status, Vec<u8>)], is_new_boot: bool) -> Vec<String> {
    let last = records.last().unwrap().seq;
    let histories = gather(records, |record| is_new_boot || record.seq == last);
    let history = histories.values().next().unwrap();
    let look = |(status, bytes): &(Status, Vec<u8>)| {
        let blob = Blob::Content {
            bytes: bytes.clone(),
            stamp: STAMP,
        };
        history.look(*status, &blob, is_new_boot).unwrap()
    };
    let scene = Scene {
        copies: files.iter().map(look).collect(),
        is_new_boot,
        beside: Beside::Free(history.conflict_path(1)),
    };
    let Mending {
        aside,
        merges,
        ops,
        logs: _,
        lines,
    } = decide(history, scene);
    let changes = aside.iter().chain(&ops);
    let changes = changes.filter(|op| !matches!(op, Op::MakeDir(_)));
    let named: Vec<String> = changes.map(name).chain(merges.iter().map(merge)).collect();
    assert_eq!(lines.is_empty(), named.is_empty());
    named
}

fn short(path: &str) -> String {
    path.trim_start_matches("projects/alpha/tasks/").to_owned()
}

fn merge(change: &CardChange) -> String {
    let from = short(change.from.as_ref().unwrap());
    let said = said(change.content.as_bytes());
    format!("merge {from} {} {said}", short(&change.to))
}

fn name(op: &Op) -> String {
    match op {
        Op::Create { path, content } => format!("create {} {}", short(path), said(content)),
        Op::Replace {
            path,
            content,
            expect: Some(STAMP),
        } => format!("replace {} {}", short(path), said(content)),
        Op::Rename {
            from,
            to,
            expect: Some(STAMP),
        } => format!("rename {} {}", short(from), short(to)),
        Op::Remove(path) => format!("remove {}", short(path)),
        op => panic!("{op:?}"),
    }
}

/// Status, revision and title of a content.
fn said(content: &[u8]) -> String {
    let document = aof_codec::parse_card(&path(Ready), content).unwrap();
    let card = document.card();
    format!("({} {} {})", card.status, card.revision, card.title)
}

fn file(status: Status, revision: u64) -> (Status, Vec<u8>) {
    (status, text(status, revision).into_bytes())
}

fn edited(status: Status, revision: u64) -> (Status, Vec<u8>) {
    let text = text(status, revision).replace("Count", "Reckon");
    (status, text.into_bytes())
}

/// A content in another directory than its own.
fn lying_in(status: Status, (_, bytes): (Status, Vec<u8>)) -> (Status, Vec<u8>) {
    (status, bytes)
}

fn both_boots(files: &[(Status, Vec<u8>)], expected: &[String]) {
    for is_new_boot in [false, true] {
        let found = outcome(&journal(), files, is_new_boot);
        assert_eq!(found, expected, "new boot: {is_new_boot}");
    }
}

fn ops<const N: usize>(lines: [&str; N]) -> Vec<String> {
    lines.map(|line| line.replace("ID", ID)).to_vec()
}

#[test]
fn a_card_that_has_the_change_or_more_stays() {
    both_boots(&[file(Blocked, 3)], &[]);
    both_boots(&[edited(Blocked, 3)], &[]);
    both_boots(&[file(Blocked, 9)], &[]);
    both_boots(&[lying_in(Ready, file(Blocked, 3))], &[]);
}

#[test]
fn a_card_before_the_rename_is_moved_and_written() {
    let expected = ops([
        "rename in-progress/ID.md blocked/ID.md",
        "replace blocked/ID.md (blocked 3 Count)",
    ]);
    both_boots(&[file(InProgress, 2)], &expected);
}

#[test]
fn a_card_after_the_rename_is_written() {
    let expected = ops(["replace blocked/ID.md (blocked 3 Count)"]);
    both_boots(&[lying_in(Blocked, file(InProgress, 2))], &expected);
}

#[test]
fn a_card_that_was_edited_since_is_merged_where_the_change_puts_it() {
    let edit = lying_in(Blocked, edited(InProgress, 2));
    let expected = ops(["merge blocked/ID.md blocked/ID.md (blocked 3 Reckon)"]);
    assert_eq!(outcome(&journal(), &[edit], false), expected);
    let edit = edited(InProgress, 2);
    let expected = ops(["merge in-progress/ID.md blocked/ID.md (blocked 3 Reckon)"]);
    assert_eq!(outcome(&journal(), &[edit], false), expected);
}

#[test]
fn after_a_power_loss_what_looks_edited_may_be_older_and_both_are_kept() {
    let expected = ops([
        "create blocked/ID.conflict-3.md (blocked 3 Count)",
        "merge in-progress/ID.md blocked/ID.md (blocked 3 Reckon)",
    ]);
    assert_eq!(
        outcome(&journal(), &[edited(InProgress, 2)], true),
        expected
    );
}

#[test]
fn after_a_power_loss_a_later_edit_that_may_be_cut_off_stays_with_ours_beside_it() {
    let (status, mut bytes) = edited(Blocked, 3);
    bytes.truncate(1024);
    let expected = ops(["create blocked/ID.conflict-3.md (blocked 3 Count)"]);
    let cut = [(status, bytes)];
    assert_eq!(outcome(&journal(), &cut, true), expected);
    assert_eq!(outcome(&journal(), &cut, false), ops([]));
}

#[test]
fn after_a_power_loss_what_says_the_same_as_the_change_is_kept_once() {
    let document = aof_codec::parse_card(&path(Blocked), text(Blocked, 3).as_bytes()).unwrap();
    let hash = aof_codec::content_hash(&document.card().body);
    let mut records = journal();
    let last = records
        .last_mut()
        .and_then(|record| record.cards.last_mut());
    let last = last.unwrap();
    last.made_from = None;
    last.content = last.content.replace(
        "revision: 3\n",
        &format!("revision: 3\ncontentHash: {hash}\n"),
    );
    let unknown = last
        .content
        .replace("revision: 3", "revision: 1")
        .into_bytes();
    let expected = ops(["merge blocked/ID.md blocked/ID.md (blocked 3 Count)"]);
    assert_eq!(outcome(&records, &[(Blocked, unknown)], true), expected);
}

#[test]
fn a_card_where_no_record_put_it_was_put_there_by_a_person_and_stays() {
    let moved = lying_in(Status::Cancelled, file(InProgress, 2));
    let expected = ops(["replace cancelled/ID.md (blocked 3 Count)"]);
    both_boots(&[moved], &expected);
    let moved = lying_in(Status::Cancelled, edited(InProgress, 2));
    let expected = ops(["merge cancelled/ID.md cancelled/ID.md (blocked 3 Reckon)"]);
    assert_eq!(outcome(&journal(), &[moved], false), expected);
}

#[test]
fn a_file_that_cannot_be_read_stays_and_ours_lies_beside_it() {
    let broken = b"no card any more\n".to_vec();
    let expected = ops(["create blocked/ID.conflict-3.md (blocked 3 Count)"]);
    for status in [Blocked, InProgress] {
        both_boots(&[(status, broken.clone())], &expected);
    }
    let found = outcome(&journal(), &[(Blocked, broken), file(InProgress, 2)], false);
    assert_eq!(found, expected);
}

#[test]
fn ours_beside_a_broken_file_is_put_there_once() {
    let records = journal();
    let histories = gather(&records, |_| true);
    let history = histories.values().next().unwrap();
    let blob = Blob::Refused("is a link".to_owned());
    let scene = Scene {
        copies: vec![history.look(Blocked, &blob, true).unwrap()],
        is_new_boot: true,
        beside: Beside::Kept,
    };
    assert_eq!(decide(history, scene).ops, []);
}

/// A person restored an older card, we counted on from it, and the power brought the newer one
/// back.
#[test]
fn a_higher_revision_that_is_older_than_the_change_does_not_have_it() {
    let stamped = |text: String, at: &str| {
        let line = format!("updatedAt: 2026-02-17T10:00:0{at}.000Z\nrevision");
        text.replace("revision", &line)
    };
    let ours = stamped(text(Blocked, 3), "5");
    let mut records = journal();
    records[1].cards[0].content.clone_from(&ours);
    let kept = "create blocked/ID.conflict-3.md (blocked 3 Count)";
    let merged = "merge blocked/ID.md blocked/ID.md (blocked 3 Reckon)";
    for (revision, at, expected) in [
        (3, "5", ops([])),
        (3, "4", ops([kept, merged])),
        (3, "6", ops([kept, merged])),
        (9, "4", ops([kept, merged])),
        (9, "5", ops([])),
        (9, "6", ops([])),
    ] {
        let theirs = stamped(text(Blocked, revision), at).replace("Count", "Reckon");
        let found = outcome(&records, &[(Blocked, theirs.into_bytes())], true);
        assert_eq!(found, expected, "revision {revision} at {at}");
    }
}

#[test]
fn a_card_that_is_gone_was_taken_away_unless_the_power_was() {
    assert_eq!(outcome(&journal(), &[], false), ops([]));
    let expected = ops(["create blocked/ID.md (blocked 3 Count)"]);
    assert_eq!(outcome(&journal(), &[], true), expected);
}

#[test]
fn a_new_card_that_is_not_there_is_made() {
    let expected = ops(["create ready/ID.md (ready 1 Count)"]);
    for is_new_boot in [false, true] {
        assert_eq!(outcome(&making(), &[], is_new_boot), expected);
        assert_eq!(outcome(&making(), &[file(Ready, 1)], is_new_boot), ops([]));
    }
}

#[test]
fn ghosts_of_lost_renames_go_after_a_power_loss() {
    let ghosts = [file(Ready, 1), file(InProgress, 2)];
    let gone = ["remove ready/ID.md", "remove in-progress/ID.md"];
    let with = [ghosts.to_vec(), vec![file(Blocked, 3)]].concat();
    assert_eq!(outcome(&journal(), &with, true), ops(gone));
    let expected = ops([
        "remove in-progress/ID.md",
        "rename ready/ID.md blocked/ID.md",
        "replace blocked/ID.md (blocked 3 Count)",
    ]);
    assert_eq!(outcome(&journal(), &ghosts, true), expected);
}

#[test]
fn no_name_is_a_ghost_without_a_power_loss() {
    let files = [file(InProgress, 2), file(Blocked, 3)];
    assert_eq!(outcome(&journal(), &files, false), ops([]));
}

#[test]
fn torn_files_are_ours_after_a_power_loss() {
    let whole = text(Blocked, 3).into_bytes();
    let mut holed = whole.clone();
    holed[512..1024].fill(0);
    let torn = [
        Vec::new(),
        vec![0; 100],
        vec![0; whole.len()],
        whole[..512].to_vec(),
        whole[..1024].to_vec(),
        holed,
    ];
    let expected = ops(["replace blocked/ID.md (blocked 3 Count)"]);
    for bytes in torn {
        assert_eq!(outcome(&journal(), &[(Blocked, bytes)], true), expected);
    }
    let cut_by_hand = whole[..1000].to_vec();
    assert_eq!(
        outcome(&journal(), &[(Blocked, cut_by_hand)], true),
        ops([])
    );
}

#[test]
fn after_a_power_loss_a_persons_version_goes_before_a_ghost() {
    let files = [file(Ready, 1), edited(InProgress, 2)];
    let expected = ops([
        "create blocked/ID.conflict-3.md (blocked 3 Count)",
        "merge in-progress/ID.md blocked/ID.md (blocked 3 Reckon)",
    ]);
    assert_eq!(outcome(&journal(), &files, true), expected);
}
