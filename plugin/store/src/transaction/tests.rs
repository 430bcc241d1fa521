//! What a batch does, and that its record says the same.

use aof_core::event::EventDraft;
use aof_core::id::{ProjectId, TaskId};
use aof_core::instant::Instant;
use aof_core::status::Status;
use serde_json::json;

use super::*;
use crate::loaded::{Place, load};
use crate::port::{Blob, Listing, Mode, Opening, Page, Stamp, Store, StoreError};

const CARD: &str =
    "---\nschemaVersion: 2\nid: TASK-2026-02-17-001\ntitle: Count\nstatus: ready\n---\n";

/// A store that holds one card.
struct OneCard;

impl Store for OneCard {
    fn open(&mut self, _mode: Mode) -> Result<Opening, StoreError> {
        Ok(Opening { epoch: 1, boot: 1 })
    }

    fn changes(&mut self, _cursor: u64, _limit: u32) -> Result<Page, StoreError> {
        Ok(Page::default())
    }

    fn list(&mut self, _dirs: &[String], _watch: bool) -> Result<Vec<Listing>, StoreError> {
        Ok(Vec::new())
    }

    fn read(&mut self, paths: &[String], _bytes_max: u64) -> Result<Vec<Blob>, StoreError> {
        let stamp = Stamp {
            mtime_ns: 1,
            size: 2,
            inode: 3,
        };
        let blob = |_: &String| Blob::Content {
            bytes: CARD.as_bytes().to_vec(),
            stamp,
        };
        Ok(paths.iter().map(blob).collect())
    }

    fn commit(&mut self, _batch: Vec<Op>, _epoch: u64) -> Result<u64, StoreError> {
        Ok(0)
    }
}

fn root() -> ProjectRoot {
    ProjectRoot::new("projects", ProjectId::parse("alpha").unwrap())
}

fn loaded() -> LoadedCard {
    let id = TaskId::parse("TASK-2026-02-17-001").unwrap();
    let place = Place {
        root: root(),
        status: Status::Ready,
        id,
    };
    load(&mut OneCard, &[place])
        .unwrap()
        .pop()
        .unwrap()
        .unwrap()
}

fn event() -> Event {
    let draft = EventDraft::new("task.transitioned", json!({}));
    Event {
        id: "1".to_owned(),
        at: Instant::from_ms(0),
        kind: draft.kind.to_owned(),
        actor: "scheduler".to_owned(),
        project: None,
        task: None,
        run: None,
        revision: Some(1),
        payload: draft.payload,
    }
}

fn batch(transaction: Transaction) -> Vec<Op> {
    let mut log = EventLog::resume(1, "1970-01-01".to_owned(), 0, 0);
    let mut journal = Journal::default();
    transaction.into_batch(&mut log, &mut journal).0
}

/// Each operation in a word and the path that it is about, between the two lines of the journal.
fn order(transaction: Transaction) -> Vec<String> {
    let mut ops: Vec<String> = batch(transaction)
        .into_iter()
        .map(|op| match op {
            Op::Create { path, .. } => format!("create {path}"),
            Op::Replace { path, .. } => format!("replace {path}"),
            Op::Rename { from, to, .. } => format!("rename {from} {to}"),
            Op::Remove(path) => format!("remove {path}"),
            Op::MakeDir(path) => format!("make-dir {path}"),
            Op::Append { path, .. } => format!("append {path}"),
            Op::Journal { path, .. } => format!("journal {path}"),
            Op::Sync => "sync".to_owned(),
        })
        .collect();
    assert_eq!(ops.remove(0), "journal ");
    assert_eq!(ops.pop().unwrap(), "append ", "the mark");
    ops
}

#[test]
fn a_transition_is_journalled_then_renamed_then_written_then_logged() {
    let card = loaded();
    let mut transaction = Transaction::default();
    let next = Card {
        status: Status::Blocked,
        revision: 1,
        ..card.card()
    };
    transaction.rewrite(&card, &next).unwrap();
    transaction.event(event());
    transaction.settle("key");
    let dir = "projects/alpha/tasks";
    let id = "TASK-2026-02-17-001";
    assert_eq!(
        order(transaction),
        [
            format!("make-dir {dir}/blocked"),
            format!("rename {dir}/ready/{id}.md {dir}/blocked/{id}.md"),
            format!("replace {dir}/blocked/{id}.md"),
            "append events/1970-01-01.jsonl".to_owned(),
            "append state/outbox.jsonl".to_owned(),
        ]
    );
}

#[test]
fn what_was_read_is_a_condition_of_the_rename_and_of_the_new_content() {
    let card = loaded();
    let mut transaction = Transaction::default();
    let next = Card {
        status: Status::Blocked,
        revision: 1,
        ..card.card()
    };
    transaction.rewrite(&card, &next).unwrap();
    let expected = batch(transaction).into_iter().filter_map(|op| match op {
        Op::Rename { expect, .. } | Op::Replace { expect, .. } => Some(expect),
        _ => None,
    });
    let stamp = Some(card.stamp());
    assert_eq!(expected.collect::<Vec<_>>(), [stamp, stamp]);
}

#[test]
fn a_card_that_stays_where_it_is_is_replaced_before_the_log() {
    let card = loaded();
    let mut transaction = Transaction::default();
    let next = Card {
        title: "Count words".to_owned(),
        revision: 1,
        ..card.card()
    };
    transaction.rewrite(&card, &next).unwrap();
    transaction.event(event());
    let replace = "replace projects/alpha/tasks/ready/TASK-2026-02-17-001.md";
    assert_eq!(
        order(transaction),
        [replace, "append events/1970-01-01.jsonl"]
    );
}

#[test]
fn a_new_card_is_created_and_never_over_another_file() {
    let card = Card {
        revision: 1,
        ..loaded().card()
    };
    let mut transaction = Transaction::default();
    transaction.create(&root(), &card).unwrap();
    let dir = "projects/alpha/tasks/ready";
    assert_eq!(
        order(transaction),
        [
            format!("make-dir {dir}"),
            format!("create {dir}/TASK-2026-02-17-001.md"),
        ]
    );
}

#[test]
fn the_size_of_a_record_is_never_underrated_and_is_limited() {
    let card = loaded();
    for body in [
        "",
        "plain\n",
        "\"quoted\" \\ \t\r\n",
        "bell \u{7}\u{1b}",
        "ä\u{1F600}",
    ] {
        let mut transaction = Transaction::default();
        let next = Card {
            body: body.repeat(1_000),
            status: Status::Blocked,
            revision: 1,
            ..card.card()
        };
        transaction.rewrite(&card, &next).unwrap();
        for _ in 0..50 {
            transaction.event(event());
            transaction.settle("key");
        }
        let promised = transaction.bytes();
        let Some(Op::Journal { line, .. }) = batch(transaction).into_iter().next() else {
            panic!("no record");
        };
        assert!(line.len() <= promised, "{} > {promised}", line.len());
        assert!(promised < 2 * line.len() + 1_000, "{promised} is far off");
    }
    let mut large = Transaction::default();
    while large.bytes() <= JOURNAL_RECORD_BYTES_MAX {
        assert!(large.admit().is_ok());
        large.settle(&"x".repeat(1024 * 1024));
    }
    assert_eq!(large.admit().unwrap_err().code, "AOF-1009");
}

#[test]
fn a_line_of_the_event_log_has_64_kibibytes() {
    let with_text = |bytes: usize| Event {
        payload: json!({"summary": "x".repeat(bytes)}),
        ..event()
    };
    let rest = with_text(0).to_json().to_string().len();
    for (bytes, is_admitted) in [
        (EVENT_LINE_BYTES_MAX, true),
        (EVENT_LINE_BYTES_MAX + 1, false),
    ] {
        let mut work = Transaction::default();
        work.event(with_text(bytes - rest));
        let mut both = Transaction::default();
        both.event(event());
        both.absorb(work);
        let refused = both.admit().err().map(|refusal| refusal.code);
        assert_eq!(refused.is_none(), is_admitted, "{bytes}");
        assert!(refused.is_none_or(|code| code == "AOF-1009"));
    }
}

#[test]
fn what_could_not_be_read_again_is_not_written() {
    let card = loaded();
    let mut transaction = Transaction::default();
    let next = Card {
        body: "x".repeat(2 * 1024 * 1024),
        revision: 1,
        ..card.card()
    };
    assert_eq!(
        transaction.rewrite(&card, &next).unwrap_err().code,
        "AOF-1009"
    );
    assert!(transaction.is_empty());
}
