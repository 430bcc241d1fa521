//! One commit: cards, run records, events and effects in one batch behind one line of the journal.
//!
//! Never orders anything that recovery would have to rely on: the record in the journal is flushed
//! first and holds all of it. Invariant: the batch does what its record says and nothing else.

use std::collections::BTreeSet;

use aof_core::card::Card;
use aof_core::diagnostic::Diagnostic;
use aof_core::effect::Effect;
use aof_core::json::ToLine as _;
use aof_core::refusal::Refusal;
use aof_core::run::Run;
use aof_core::status::Status;

use crate::event_log::{EVENT_LINE_BYTES_MAX, Event, EventLog};
use crate::journal::{CardChange, JOURNAL_RECORD_BYTES_MAX, Journal, LogLines, Record, RunChange};
use crate::layout::{LEDGER, OUTBOX, ProjectRoot};
use crate::loaded::LoadedCard;
use crate::outbox::{asked_line, issued_line, settled_line};
use crate::port::{Op, Stamp};
use crate::request::{Request, RequestKey};
use crate::run_record;

/// What an entry of a record takes besides its texts, and the record besides its entries.
const ENTRY_BYTES: usize = 128;

/// Changes that are committed together.
#[derive(Debug, Default)]
pub struct Transaction {
    record: Record,
    dirs: BTreeSet<String>,
    /// The version that each card of the record was made from.
    run_stamps: Vec<Option<Stamp>>,
    stamps: Vec<Option<Stamp>>,
    events: Vec<Event>,
    event_lines: Vec<String>,
    outbox: Vec<String>,
    ledger: Vec<String>,
    bytes: usize,
    /// Bytes of the longest line for the event log.
    event_bytes: usize,
}

impl Transaction {
    /// Whether there is nothing to commit.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.record == Record::default()
            && self.dirs.is_empty()
            && self.events.is_empty()
            && self.outbox.is_empty()
            && self.ledger.is_empty()
    }

    /// Bytes that the record will have in the journal, at most.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes + ENTRY_BYTES
    }

    /// Refuses what no record or no line of the event log can hold.
    ///
    /// # Errors
    /// `AOF-1009`.
    pub fn admit(&self) -> Result<(), Refusal> {
        let (whole, event) = (self.bytes(), self.event_bytes);
        let message = if event > EVENT_LINE_BYTES_MAX {
            format!("an event of the change has {event} bytes, over {EVENT_LINE_BYTES_MAX}")
        } else if whole > JOURNAL_RECORD_BYTES_MAX {
            format!("the change has {whole} bytes, over {JOURNAL_RECORD_BYTES_MAX}")
        } else {
            return Ok(());
        };
        Err(Refusal::refused(
            "AOF-1009",
            message,
            "put large content into the work directory and name it in the card",
        ))
    }

    /// Adds the changes of another transaction behind these.
    pub fn absorb(&mut self, other: Transaction) {
        self.dirs.extend(other.dirs);
        self.record.runs.extend(other.record.runs);
        self.run_stamps.extend(other.run_stamps);
        self.record.cards.extend(other.record.cards);
        self.stamps.extend(other.stamps);
        self.events.extend(other.events);
        self.event_lines.extend(other.event_lines);
        self.outbox.extend(other.outbox);
        self.ledger.extend(other.ledger);
        self.bytes += other.bytes;
        self.event_bytes = self.event_bytes.max(other.event_bytes);
    }

    /// A new card. Its file appears whole or not at all, and never over another one.
    ///
    /// # Errors
    /// `AOF-1009` if the card would be larger or deeper than a card may be.
    pub fn create(&mut self, root: &ProjectRoot, card: &Card) -> Result<(), Refusal> {
        let to = root.card(card.status, &card.id);
        let content = aof_codec::new_card(card);
        aof_codec::parse_card(&to, content.as_bytes()).map_err(|why| unreadable(&why))?;
        self.make_dir(root.status_dir(card.status));
        let change = CardChange {
            from: None,
            to,
            revision: card.revision,
            made_from: None,
            content,
        };
        self.card(change, None);
        Ok(())
    }

    /// The next version of a card, in the same status or in another one.
    ///
    /// # Errors
    /// `AOF-1009` if the card would be larger or deeper than a card may be.
    pub fn rewrite(&mut self, loaded: &LoadedCard, next: &Card) -> Result<(), Refusal> {
        let root = loaded.root();
        let from = root.card(loaded.status(), &next.id);
        let content = loaded.render(&from, next);
        let content = content.map_err(|why| unreadable(&why))?;
        if loaded.status() != next.status {
            self.make_dir(root.status_dir(next.status));
        }
        let change = CardChange {
            from: Some(from),
            to: root.card(next.status, &next.id),
            revision: next.revision,
            made_from: Some(loaded.fingerprint().to_owned()),
            content,
        };
        self.card(change, Some(loaded.stamp()));
        Ok(())
    }

    fn card(&mut self, change: CardChange, stamp: Option<Stamp>) {
        self.bytes += ENTRY_BYTES + 2 * change.to.len() + quoted_bytes(&change.content);
        self.record.cards.push(change);
        self.stamps.push(stamp);
    }

    /// A person may have removed a status directory, or made a project without any.
    fn make_dir(&mut self, dir: String) {
        let bytes = quoted_bytes(&dir);
        if self.dirs.insert(dir) {
            self.bytes += bytes;
        }
    }

    /// The record of a run.
    pub fn put_run(&mut self, root: &ProjectRoot, run: &Run) {
        let dir = root.run_dir(&run.task, &run.id);
        let path = format!("{dir}/run.json");
        self.make_dir(dir);
        let content = String::from_utf8_lossy(&run_record::encode(run)).into_owned();
        self.bytes += ENTRY_BYTES + path.len() + quoted_bytes(&content);
        self.record.runs.push(RunChange { path, content });
        self.run_stamps.push(None);
    }

    /// The next content of a project's manifest, made from the file of this version; none if there
    /// was no file. As it is a person's file, the journal must not outlive the commit: recovery
    /// would not know what a person made of it since.
    pub fn put_manifest(&mut self, root: &ProjectRoot, content: String, read: Option<Stamp>) {
        let path = root.manifest();
        for status in Status::ALL {
            self.make_dir(root.status_dir(status));
        }
        self.bytes += ENTRY_BYTES + path.len() + quoted_bytes(&content);
        self.record.runs.push(RunChange { path, content });
        self.run_stamps.push(read);
    }

    /// The folders that an agent works in.
    pub fn make_work_dir(&mut self, root: &ProjectRoot, card: &Card) {
        let dir = match card.hop.as_deref() {
            Some(hop) => root.hop_dir(&hop.of, &hop.id),
            None => root.work_dir(&card.id),
        };
        for part in ["inputs", "work", "outputs"] {
            self.make_dir(format!("{dir}/{part}"));
        }
    }

    /// A line of the event log.
    pub fn event(&mut self, event: Event) {
        let line = event.to_json().to_line();
        self.bytes += quoted_bytes(&line);
        self.event_bytes = self.event_bytes.max(line.len());
        self.event_lines.push(line);
        self.events.push(event);
    }

    /// The events that it adds to the log.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Effects to be handed out after the commit.
    pub fn issue(&mut self, effect: &Effect) {
        self.outbox_line(issued_line(effect));
    }

    /// An effect that is done or no longer wanted.
    pub fn settle(&mut self, key: &str) {
        self.outbox_line(settled_line(key));
    }

    /// A call that can be repeated without harm.
    pub fn asked(&mut self, key: &RequestKey, request: &Request) {
        self.outbox_line(asked_line(key, request));
    }

    fn outbox_line(&mut self, line: String) {
        self.bytes += quoted_bytes(&line);
        self.outbox.push(line);
    }

    /// A line of the ledger.
    pub fn book(&mut self, line: String) {
        self.bytes += quoted_bytes(&line);
        self.ledger.push(line);
    }

    /// The batch for the port, and the events in it.
    #[must_use]
    pub fn into_batch(self, log: &mut EventLog, journal: &mut Journal) -> (Vec<Op>, Vec<Event>) {
        let mut record = self.record;
        record.dirs = self.dirs.into_iter().collect();
        if let Some(last) = self.events.last() {
            let lines = self.event_lines;
            let bytes = lines.iter().map(|line| line.len() as u64 + 1).sum();
            let path = log.file_for(last.at, bytes);
            record.logs.push(LogLines { path, lines });
        }
        for (path, lines) in [(OUTBOX, self.outbox), (LEDGER, self.ledger)] {
            if !lines.is_empty() {
                let path = path.to_owned();
                record.logs.push(LogLines { path, lines });
            }
        }
        let (line, mark) = journal.enter(&mut record);
        let path = journal.path().to_owned();
        let mut batch = vec![Op::Journal {
            path: path.clone(),
            line,
        }];
        apply(record, (self.run_stamps, self.stamps), &mut batch);
        batch.push(Op::Append {
            path,
            lines: vec![mark],
        });
        (batch, self.events)
    }
}

/// The operations that do what the record says. The record of a run comes before the card that
/// names it, for readers.
fn apply(
    record: Record,
    (run_stamps, stamps): (Vec<Option<Stamp>>, Vec<Option<Stamp>>),
    batch: &mut Vec<Op>,
) {
    batch.extend(record.dirs.into_iter().map(Op::MakeDir));
    let runs = record.runs.into_iter().zip(run_stamps);
    batch.extend(runs.map(|(run, expect)| Op::Replace {
        path: run.path,
        content: run.content.into_bytes(),
        expect,
    }));
    for (card, expect) in record.cards.into_iter().zip(stamps) {
        let (path, content) = (card.to, card.content.into_bytes());
        let Some(from) = card.from else {
            batch.push(Op::Create { path, content });
            continue;
        };
        if from != path {
            let to = path.clone();
            batch.push(Op::Rename { from, to, expect });
        }
        // A rename does not change the version of a file.
        batch.push(Op::Replace {
            path,
            content,
            expect,
        });
    }
    let logs = record.logs.into_iter();
    batch.extend(logs.map(|LogLines { path, lines }| Op::Append { path, lines }));
}

/// Bytes of a text as a string of JSON with what separates it from the next.
fn quoted_bytes(text: &str) -> usize {
    let escaped = text.bytes().map(|byte| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' => 2,
        0..=0x1f => 6,
        _ => 1,
    });
    escaped.sum::<usize>() + 3
}

/// Refuses to write what could not be read again.
fn unreadable(findings: &[Diagnostic]) -> Refusal {
    let why = findings.first();
    let why = why.map_or("it cannot be read again", |first| first.message.as_str());
    Refusal::refused(
        "AOF-1009",
        format!("the card would be broken: {why}"),
        "put large content into the work directory and name it in the card",
    )
}

#[cfg(test)]
mod tests;
