//! One commit: cards, run records, events and effects in one batch, in the order that a crash at
//! any point can be recovered from.
//!
//! Order: directories; staged contents; run records and replaced cards; the renames that are the
//! transitions; the logs; and last the renames that settle the staged contents. A staged file that
//! is still there after a crash thus says that its events may be missing from the log.

use aof_core::card::Card;
use aof_core::effect::Effect;
use aof_core::refusal::Refusal;
use aof_core::run::Run;

use crate::event_log::{Event, EventLog};
use crate::layout::{OUTBOX, ProjectRoot, Stage};
use crate::loaded::LoadedCard;
use crate::outbox::{issued_line, settled_line};
use crate::port::Op;
use crate::run_record;

/// Changes that are committed together.
#[derive(Debug, Default)]
pub struct Transaction {
    directories: Vec<Op>,
    stages: Vec<Op>,
    records: Vec<Op>,
    renames: Vec<Op>,
    settles: Vec<Op>,
    events: Vec<Event>,
    outbox: Vec<String>,
}

impl Transaction {
    /// Whether there is nothing to commit.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.directories.is_empty()
            && self.stages.is_empty()
            && self.records.is_empty()
            && self.renames.is_empty()
            && self.settles.is_empty()
            && self.events.is_empty()
            && self.outbox.is_empty()
    }

    /// A new card. Its file appears whole or not at all, and never over another one.
    ///
    /// # Errors
    /// `AOF-1009` if the card would be larger or deeper than a card may be.
    pub fn create(&mut self, root: &ProjectRoot, card: &Card) -> Result<(), Refusal> {
        let to = root.card(card.status, &card.id);
        let content = readable(&to, aof_codec::new_card(card))?;
        let stage = root.stage(card.status, &card.id, &Stage::of_new(card.revision));
        self.make_status_dir(root.status_dir(card.status));
        self.stages.push(Op::Create {
            path: stage.clone(),
            content,
        });
        self.renames.push(Op::Rename {
            from: stage,
            to,
            expect: None,
            settle: false,
        });
        Ok(())
    }

    /// The next version of a card, in the same status or in another one.
    ///
    /// # Errors
    /// `AOF-1009` if the card would be larger or deeper than a card may be.
    pub fn rewrite(&mut self, loaded: &LoadedCard, next: &Card) -> Result<(), Refusal> {
        let root = loaded.root();
        let from = root.card(loaded.status(), &next.id);
        let content = readable(&from, loaded.render(next))?;
        if loaded.status() == next.status {
            self.records.push(Op::Replace {
                path: from,
                content,
                expect: Some(loaded.stamp()),
            });
            return Ok(());
        }
        let stage = Stage {
            revision: next.revision,
            made_from: loaded.fingerprint().to_owned(),
        };
        let stage = root.stage(next.status, &next.id, &stage);
        let to = root.card(next.status, &next.id);
        self.make_status_dir(root.status_dir(next.status));
        self.stages.push(Op::Create {
            path: stage.clone(),
            content,
        });
        self.renames.push(Op::Rename {
            from,
            to: to.clone(),
            expect: Some(loaded.stamp()),
            settle: false,
        });
        self.settles.push(Op::Rename {
            from: stage,
            to,
            expect: None,
            settle: true,
        });
        Ok(())
    }

    /// A person may have removed a status directory, or made a project without any.
    fn make_status_dir(&mut self, dir: String) {
        let op = Op::MakeDir(dir);
        if !self.directories.contains(&op) {
            self.directories.push(op);
        }
    }

    /// The record of a run.
    pub fn put_run(&mut self, root: &ProjectRoot, run: &Run) {
        let dir = root.run_dir(&run.task, &run.id);
        let path = format!("{dir}/run.json");
        self.directories.push(Op::MakeDir(dir));
        self.records.push(Op::Replace {
            path,
            content: run_record::encode(run),
            expect: None,
        });
    }

    /// The folders that an agent works in.
    pub fn make_work_dir(&mut self, root: &ProjectRoot, card: &Card) {
        let dir = root.work_dir(&card.id);
        for part in ["inputs", "work", "outputs"] {
            self.directories.push(Op::MakeDir(format!("{dir}/{part}")));
        }
    }

    /// A line of the event log.
    pub fn event(&mut self, event: Event) {
        self.events.push(event);
    }

    /// Effects to be handed out after the commit.
    pub fn issue(&mut self, effect: &Effect) {
        self.outbox.push(issued_line(effect));
    }

    /// An effect that is done or no longer wanted.
    pub fn settle(&mut self, key: &str) {
        self.outbox.push(settled_line(key));
    }

    /// The batch for the port, and the events in it.
    #[must_use]
    pub fn into_batch(self, log: &mut EventLog) -> (Vec<Op>, Vec<Event>) {
        let mut batch = self.directories;
        batch.extend(self.stages);
        batch.extend(self.records);
        batch.extend(self.renames);
        if let Some(last) = self.events.last() {
            let lines: Vec<String> = self
                .events
                .iter()
                .map(|event| event.to_json().to_string())
                .collect();
            let bytes = lines.iter().map(|line| line.len() as u64 + 1).sum();
            batch.push(Op::Append {
                path: log.file_for(last.at, bytes),
                lines,
            });
        }
        if !self.outbox.is_empty() {
            batch.push(Op::Append {
                path: OUTBOX.to_owned(),
                lines: self.outbox,
            });
        }
        batch.extend(self.settles);
        (batch, self.events)
    }
}

/// Refuses to write what could not be read again.
fn readable(path: &str, content: Vec<u8>) -> Result<Vec<u8>, Refusal> {
    match aof_codec::parse_card(path, &content) {
        Ok(_) => Ok(content),
        Err(findings) => {
            let why = findings
                .first()
                .map_or("it cannot be read again", |first| first.message.as_str());
            Err(Refusal::refused(
                "AOF-1009",
                format!("the card would be broken: {why}"),
                "put large content into the work directory and name it in the card",
            ))
        }
    }
}

#[cfg(test)]
mod tests;
