//! Log first: one flushed line says everything that is to be done; the rest follows unflushed.
//!
//! Never touches a name before the line is flushed. Invariant: until the next checkpoint everything
//! can be done again from the journal and the flushed prefix of the logs.

use std::collections::{BTreeMap, BTreeSet};

use aof_disk::{Errno, OpenHow, System};
use serde::{Deserialize, Serialize};

use super::disk::{append, dir, lay_out, read, remove, replace, scan, write_flushed, write_new};
use super::toy::{Card, EFFECTS, EVENTS, Move, Protocol, Shelf, line};
use crate::machine::{DirHandle, Process};

const JOURNAL: &str = "journal";

/// What recovery does before it follows a journal of the same boot, whose end may be visible
/// without being flushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replay {
    /// Nothing.
    Bare,
    /// Flushes it.
    Flushed,
    /// Writes it anew and flushes that: a flush that failed before is not made good by another.
    Rewritten,
}

/// Journal line, flush, names, logs, mark.
#[derive(Debug, Clone, Copy)]
pub struct LogFirst {
    /// How recovery treats a journal of the same boot.
    pub replay: Replay,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum Line {
    Header {
        boot: u64,
        events: u64,
        effects: u64,
    },
    Record {
        seq: u64,
        cards: Vec<(usize, u64)>,
    },
    Applied {
        seq: u64,
    },
}

impl Line {
    fn render(&self) -> String {
        let json = serde_json::to_string(self).unwrap_or_default();
        format!("{:016x} {json}\n", fingerprint(&json))
    }

    fn parse(text: &str) -> Option<Self> {
        let (sum, json) = text.split_once(' ')?;
        let is_whole = u64::from_str_radix(sum, 16).ok()? == fingerprint(json);
        is_whole.then(|| serde_json::from_str(json).ok())?
    }
}

/// FNV-1a.
fn fingerprint(text: &str) -> u64 {
    let step = |sum: u64, byte: u8| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}

/// All parts of the journal, read.
#[derive(Debug, Default)]
struct Journal {
    parts: Vec<u64>,
    events: u64,
    effects: u64,
    records: BTreeMap<u64, Vec<Card>>,
    /// Records whose marks count, because the machine has not stopped since.
    applied: BTreeSet<u64>,
}

impl Protocol for LogFirst {
    fn lay_out(&self, process: &Process, cards: usize) -> Result<(), Errno> {
        lay_out(process, cards, Card::file_name)?;
        let root = process.root()?;
        process.make_dir(&root, JOURNAL)?;
        let header = Line::Header {
            boot: process.boot(),
            events: 0,
            effects: 0,
        };
        let dir = process.open_dir(&root, JOURNAL)?;
        write_new(process, &dir, &part_name(1), header.render().as_bytes()).map(drop)
    }

    fn commit(&self, process: &Process, moves: &[Move]) -> Result<(), Errno> {
        let journal = Journal::read(process)?;
        for step in moves {
            let to = dir(process, step.to())?;
            write_new(process, &to, &aside(&step.card), &step.card.render()).map(drop)?;
        }
        let seq = journal.records.keys().last().map_or(1, |last| last + 1);
        let cards = moves.iter().map(|step| (step.card.id, step.card.revision));
        let record = Line::Record {
            seq,
            cards: cards.collect(),
        };
        let name = part_name(journal.parts.last().copied().unwrap_or(1));
        let dir_of_journal = process.open_dir(&process.root()?, JOURNAL)?;
        let file = process.open(&dir_of_journal, &name, OpenHow::Append)?;
        process.write(&file, record.render().as_bytes())?;
        process.sync_file(&file)?;
        for step in moves {
            let (from, to) = (dir(process, step.from())?, dir(process, step.to())?);
            let name = step.card.file_name();
            process.rename((&from, &name), (&to, &name), true)?;
            process.rename((&to, &aside(&step.card)), (&to, &name), false)?;
        }
        let lines: String = moves.iter().map(|step| line(&step.card) + "\n").collect();
        append(process, EVENTS, &lines).map(drop)?;
        append(process, EFFECTS, &lines).map(drop)?;
        process.write(&file, Line::Applied { seq }.render().as_bytes())
    }

    fn recover(&self, process: &Process) -> Result<(), Errno> {
        let mut journal = Journal::read(process)?;
        match self.replay {
            Replay::Bare => {}
            Replay::Flushed => process.sync_all()?,
            Replay::Rewritten => journal.rewrite(process)?,
        }
        journal.apply(process)?;
        journal.complete_logs(process)?;
        process.sync_all()?;
        journal.checkpoint(process)
    }
}

impl Journal {
    fn read(process: &Process) -> Result<Self, Errno> {
        let dir = process.open_dir(&process.root()?, JOURNAL)?;
        let mut journal = Self::default();
        for entry in process.entries(&dir)? {
            let name = String::from_utf8_lossy(&entry.name).into_owned();
            if let Ok(part) = name.parse() {
                let bytes = read(process, &dir, &name)?;
                journal.take_in(part, &bytes, process.boot());
            }
        }
        Ok(journal)
    }

    fn take_in(&mut self, part: u64, bytes: &[u8], boot_now: u64) {
        let is_first = !self.parts.iter().any(|other| *other > 0) || self.records.is_empty();
        self.parts.push(part);
        let text = String::from_utf8_lossy(bytes);
        let mut lines = text.lines().filter_map(Line::parse);
        let Some(Line::Header {
            boot,
            events,
            effects,
        }) = lines.next()
        else {
            return;
        };
        if is_first {
            (self.events, self.effects) = (events, effects);
        }
        for line in lines {
            match line {
                Line::Record { seq, cards } => {
                    let card = |(id, revision)| Card { id, revision };
                    self.records
                        .insert(seq, cards.into_iter().map(card).collect());
                }
                Line::Applied { seq } if boot == boot_now => {
                    self.applied.insert(seq);
                }
                Line::Applied { .. } | Line::Header { .. } => {}
            }
        }
    }

    fn next_part(&self) -> u64 {
        self.parts.last().map_or(1, |last| last + 1)
    }

    /// Everything known, in a new part that is flushed before the old ones go.
    fn rewrite(&mut self, process: &Process) -> Result<(), Errno> {
        let header = Line::Header {
            boot: process.boot(),
            events: self.events,
            effects: self.effects,
        };
        let mut text = header.render();
        for (seq, cards) in &self.records {
            let cards = cards.iter().map(|card| (card.id, card.revision)).collect();
            text += &Line::Record { seq: *seq, cards }.render();
            if self.applied.contains(seq) {
                text += &Line::Applied { seq: *seq }.render();
            }
        }
        self.begin_part(process, &text)
    }

    fn checkpoint(&mut self, process: &Process) -> Result<(), Errno> {
        let root = process.root()?;
        let size = |log| read(process, &root, log).map(|bytes| bytes.len() as u64);
        let header = Line::Header {
            boot: process.boot(),
            events: size(EVENTS)?,
            effects: size(EFFECTS)?,
        };
        self.begin_part(process, &header.render())
    }

    fn begin_part(&mut self, process: &Process, text: &str) -> Result<(), Errno> {
        let dir = process.open_dir(&process.root()?, JOURNAL)?;
        let part = self.next_part();
        write_flushed(process, &dir, &part_name(part), text.as_bytes())?;
        process.sync_dir(&dir)?;
        for old in self.parts.drain(..) {
            remove(process, &dir, &part_name(old))?;
        }
        self.parts.push(part);
        Ok(())
    }

    /// Puts every card of a record that is not known to be applied in its place.
    fn apply(&self, process: &Process) -> Result<(), Errno> {
        let open = self
            .records
            .iter()
            .filter(|(seq, _)| !self.applied.contains(*seq));
        let last: BTreeMap<usize, Card> = open
            .flat_map(|(_, cards)| cards.iter().map(|card| (card.id, *card)))
            .collect();
        let found = scan(process)?;
        for wanted in last.values() {
            let name = wanted.file_name();
            let current = found.iter().find(|file| {
                let card = file
                    .card
                    .filter(|card| card.id == wanted.id && file.name == name);
                card.is_some_and(|card| {
                    card.revision >= wanted.revision && Shelf::of(card.revision) == file.shelf
                })
            });
            let home = current.map_or_else(|| Shelf::of(wanted.revision), |file| file.shelf);
            if current.is_none() {
                replace(process, &dir(process, home)?, &name, &wanted.render())?;
            }
            for other in Shelf::ALL.into_iter().filter(|shelf| *shelf != home) {
                remove(process, &dir(process, other)?, &name)?;
            }
        }
        for file in found.iter().filter(|file| file.name.starts_with('.')) {
            remove(process, &dir(process, file.shelf)?, &file.name)?;
        }
        Ok(())
    }

    fn complete_logs(&self, process: &Process) -> Result<(), Errno> {
        let root: DirHandle = process.root()?;
        let cards = self.records.values().flatten();
        let lines: String = cards.map(|card| line(card) + "\n").collect();
        for (log, flushed) in [(EVENTS, self.events), (EFFECTS, self.effects)] {
            let present = read(process, &root, log)?;
            let kept = usize::try_from(flushed)
                .unwrap_or(usize::MAX)
                .min(present.len());
            let (prefix, _) = present.split_at(kept);
            let complete = [prefix, lines.as_bytes()].concat();
            if complete != present {
                replace(process, &root, log, &complete)?;
            }
        }
        Ok(())
    }
}

fn part_name(part: u64) -> String {
    format!("{part:06}")
}

fn aside(card: &Card) -> String {
    format!(".{}.{}", card.file_name(), card.revision)
}
