//! The order of a batch, which is what recovery relies on.

use aof_core::event::EventDraft;
use aof_core::id::{ProjectId, TaskId};
use aof_core::instant::Instant;
use aof_core::status::Status;
use serde_json::json;

use super::*;
use crate::loaded::{Place, load};
use crate::port::{Blob, Listing, Mode, Page, Stamp, Store, StoreError};

const CARD: &str =
    "---\nschemaVersion: 2\nid: TASK-2026-02-17-001\ntitle: Count\nstatus: ready\n---\n";

/// A store that holds one card.
struct OneCard;

impl Store for OneCard {
    fn open(&mut self, _mode: Mode) -> Result<u64, StoreError> {
        Ok(1)
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

/// Each operation in a word and the path that it is about.
fn order(transaction: Transaction) -> Vec<String> {
    let mut log = EventLog::resume(1, "1970-01-01".to_owned(), 0, 0);
    let (batch, _) = transaction.into_batch(&mut log);
    batch
        .into_iter()
        .map(|op| match op {
            Op::Create { path, .. } => format!("create {path}"),
            Op::Replace { path, .. } => format!("replace {path}"),
            Op::Rename { from, to, .. } => format!("rename {from} {to}"),
            Op::Remove(path) => format!("remove {path}"),
            Op::MakeDir(path) => format!("make-dir {path}"),
            Op::Append { path, .. } => format!("append {path}"),
        })
        .collect()
}

#[test]
fn a_transition_is_staged_then_renamed_then_logged_then_settled() {
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
    let was = crate::loaded::fingerprint(CARD.as_bytes());
    assert_eq!(
        order(transaction),
        [
            format!("make-dir {dir}/blocked"),
            format!("create {dir}/blocked/.{id}.md.1.{was}.tmp"),
            format!("rename {dir}/ready/{id}.md {dir}/blocked/{id}.md"),
            "append events/1970-01-01.jsonl".to_owned(),
            "append state/outbox.jsonl".to_owned(),
            format!("rename {dir}/blocked/.{id}.md.1.{was}.tmp {dir}/blocked/{id}.md"),
        ]
    );
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
