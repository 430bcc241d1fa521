//! The store as a component with a defect uses it.
//!
//! Never fails where the store does not. Invariant: a call that the defect does not touch is the
//! store's own.

use std::collections::BTreeMap;

use aof_core::status::Status;
use aof_disk::StoreBackend;
use aof_host::contract::store::{
    AppendOp, Blob, Listing, Mode, Op, Page, Session, Stamp, StoreError,
};
use serde_json::Value;

use super::{Defect, journal, misread};
use crate::check::place;
use crate::machine::Machine;

const OUTBOX: &str = "state/outbox.jsonl";
/// What is hidden of every card, and what stands in its place: nobody ever writes that.
type Hidden = (&'static str, &'static str);
/// The steps in which a store that goes by times alone sees them.
const TICK_NS: u64 = 60_000_000_000;

/// A store that makes a mistake.
pub(super) struct FlawedStore<B> {
    whole: B,
    machine: Machine,
    defect: Defect,
    cursor: u64,
}

impl<B: StoreBackend> FlawedStore<B> {
    pub(super) fn new(whole: B, machine: Machine, defect: Defect) -> Self {
        Self {
            whole,
            machine,
            defect,
            cursor: 0,
        }
    }

    fn spoil(&mut self, batch: &[Op]) -> Vec<Op> {
        let batch = batch.iter().cloned();
        match self.defect {
            Defect::DropLogs => batch
                .map(|op| in_record(op, |it| drop_logs(it, |_| true)))
                .collect(),
            Defect::DropOutbox => batch
                .filter(|op| !matches!(op, Op::Append(append) if append.path == OUTBOX))
                .map(|op| in_record(op, |it| drop_logs(it, |path| path == OUTBOX)))
                .collect(),
            Defect::OverwriteEdit => batch.map(|op| expecting(op, |_, _| None)).collect(),
            Defect::MtimeOnly => batch
                .map(|op| expecting(op, |path, expect| self.same_tick(path, expect)))
                .collect(),
            defect => match hidden(defect) {
                Some(hidden) => batch.map(|op| show(op, hidden)).collect(),
                None => batch.collect(),
            },
        }
    }

    /// Any version of a file, if the time of the present one is about the one expected.
    fn same_tick(&mut self, path: &str, expect: Option<Stamp>) -> Option<Stamp> {
        let expected = expect?;
        let now = self.whole.read(&[path.to_owned()], u64::MAX / 2).ok()?;
        match now.first() {
            Some(Blob::Content(now))
                if now.stamp.mtime_ns / TICK_NS == expected.mtime_ns / TICK_NS =>
            {
                None
            }
            _ => expect,
        }
    }

    /// The lines of the journal last, after everything that they tell of.
    fn names_first(&mut self, batch: &[Op], epoch: u64) -> Result<u64, StoreError> {
        let is_journal = |op: &&Op| matches!(op, Op::Journal(_));
        let lines: Vec<Op> = batch.iter().filter(is_journal).cloned().collect();
        let rest: Vec<Op> = batch.iter().filter(|op| !is_journal(op)).cloned().collect();
        let cursor = self.whole.commit(&rest, epoch)?;
        if lines.is_empty() {
            return Ok(cursor);
        }
        self.whole.commit(&lines, epoch)
    }

    fn journal_parts(&self) -> Vec<(String, Vec<u8>)> {
        let hand = self.machine.hand();
        let tree = hand.tree().into_iter().map(|it| it.path);
        let parts = tree.filter(|path| path.starts_with(journal::DIR));
        let read = |path: String| Some((path.clone(), hand.read(&path).ok()?));
        parts.filter_map(read).collect()
    }

    fn forget_journal(&self) {
        for (path, _) in self.journal_parts() {
            self.machine.hand().rm(&path).unwrap_or_default();
        }
    }

    fn replay(&self) {
        let hand = self.machine.hand();
        let mut last = BTreeMap::new();
        for (_, bytes) in self.journal_parts() {
            for mut record in journal::records(&bytes) {
                let cards = record["cards"].take();
                for card in cards.as_array().cloned().unwrap_or_default() {
                    let to = card["to"].as_str().unwrap_or_default().to_owned();
                    if let Some((project, _, id)) = place(&to) {
                        last.insert((project.to_owned(), id.to_owned()), (to.clone(), card));
                    }
                }
            }
        }
        for ((project, id), (to, card)) in last {
            for status in Status::ALL {
                let path = format!("projects/{project}/tasks/{}/{id}.md", status.as_str());
                if hand.exists(&path) {
                    hand.rm(&path).unwrap_or_default();
                }
            }
            let content = card["content"].as_str().unwrap_or_default();
            hand.write(&to, content.as_bytes()).unwrap_or_default();
        }
    }
}

impl<B: StoreBackend> StoreBackend for FlawedStore<B> {
    fn open(&mut self, mode: Mode) -> Result<Session, StoreError> {
        let session = self.whole.open(mode)?;
        match self.defect {
            Defect::SkipRecovery => self.forget_journal(),
            Defect::ReplayOverNewer => self.replay(),
            _ => {}
        }
        Ok(session)
    }

    fn changes(&mut self, cursor: u64, limit: u32) -> Result<Page, StoreError> {
        let page = self.whole.changes(cursor, limit)?;
        self.cursor = page.cursor;
        Ok(page)
    }

    fn list(&mut self, dirs: &[String], watch: bool) -> Result<Vec<Listing>, StoreError> {
        self.whole.list(dirs, watch)
    }

    fn read(&mut self, paths: &[String], bytes_max: u64) -> Result<Vec<Blob>, StoreError> {
        let mut blobs = self.whole.read(paths, bytes_max)?;
        if let Some((shown, hidden)) = hidden(self.defect) {
            for (path, blob) in paths.iter().zip(&mut blobs) {
                match blob {
                    Blob::Content(content) if place(path).is_some() => {
                        swap(&mut content.bytes, shown, hidden);
                    }
                    _ => {}
                }
            }
        }
        for (path, blob) in paths.iter().zip(&mut blobs) {
            if let Blob::Content(content) = blob {
                for (from, to) in misread::of(self.defect, path) {
                    swap(&mut content.bytes, from, to);
                }
            }
        }
        Ok(blobs)
    }

    fn commit(&mut self, batch: &[Op], epoch: u64) -> Result<u64, StoreError> {
        if self.defect == Defect::NamesFirst {
            return self.names_first(batch, epoch);
        }
        let batch = self.spoil(batch);
        match self.whole.commit(&batch, epoch) {
            Err(StoreError::NoSpace(_) | StoreError::Io(_) | StoreError::Unflushed(_))
                if self.defect == Defect::SwallowFailure =>
            {
                Ok(self.cursor)
            }
            other => other,
        }
    }
}

fn in_record(op: Op, change: impl Fn(&mut Value)) -> Op {
    match op {
        Op::Journal(AppendOp { path, lines }) => {
            let lines = lines.iter().map(|line| journal::rewritten(line, &change));
            Op::Journal(AppendOp {
                path,
                lines: lines.collect(),
            })
        }
        other => other,
    }
}

fn drop_logs(record: &mut Value, which: impl Fn(&str) -> bool) {
    if let Some(logs) = record.get_mut("logs").and_then(Value::as_array_mut) {
        logs.retain(|log| !log["path"].as_str().is_some_and(&which));
    }
}

fn expecting(op: Op, mut expect: impl FnMut(&str, Option<Stamp>) -> Option<Stamp>) -> Op {
    match op {
        Op::Replace(mut replace) => {
            replace.expect = expect(&replace.path, replace.expect);
            Op::Replace(replace)
        }
        Op::Rename(mut rename) => {
            rename.expect = expect(&rename.from, rename.expect);
            Op::Rename(rename)
        }
        other => other,
    }
}

const fn hidden(defect: Defect) -> Option<Hidden> {
    match defect {
        Defect::IgnoreDependencies => Some(("dependsOn:", "xependsOn:")),
        Defect::ShareResources => Some(("resource:", "xesource:")),
        Defect::HurryJoins => Some(("quorum(02)", "quorum(01)")),
        Defect::ExcuseVoters => Some(("allowPartial: false", "allowPartial: true")),
        Defect::RewriteLog => Some(("## Work Log", "## Xork Log")),
        _ => None,
    }
}

/// Writes what was hidden as it was.
fn show(op: Op, (shown, hidden): Hidden) -> Op {
    match op {
        Op::Create(mut put) => {
            swap(&mut put.content, hidden, shown);
            Op::Create(put)
        }
        Op::Replace(mut replace) => {
            swap(&mut replace.content, hidden, shown);
            Op::Replace(replace)
        }
        other => in_record(other, |record| {
            let cards = record.get_mut("cards").and_then(Value::as_array_mut);
            for card in cards.into_iter().flatten() {
                let text = card["content"].as_str().map(|it| it.replace(hidden, shown));
                card["content"] = text.into();
            }
        }),
    }
}

fn swap(bytes: &mut Vec<u8>, from: &str, to: &str) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        *bytes = text.replace(from, to).into_bytes();
    }
}
