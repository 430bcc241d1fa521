//! The name-fenced rename: the revision is in the file name, and the rename from the exact old name
//! is the comparison.
//!
//! Never overwrites a name that it has not read. Invariant: of two writers one finds its source
//! name gone.

use std::collections::BTreeMap;

use aof_disk::{Errno, System};

use super::disk::{
    append_flushed, complete_logs, dir, lay_out, remove, replace_flushed, scan, write_flushed,
};
use super::staged::targets;
use super::toy::{Card, EFFECTS, EVENTS, Move, Protocol, Shelf, line};
use crate::machine::Process;

/// Content aside, rename to the next name, content over it, flush names, logs.
#[derive(Debug, Clone, Copy)]
pub struct Fenced {
    /// Whether names of the contents aside are flushed before the renames.
    pub flushes_stage_names: bool,
}

impl Protocol for Fenced {
    fn lay_out(&self, process: &Process, cards: usize) -> Result<(), Errno> {
        lay_out(process, cards, named)
    }

    fn commit(&self, process: &Process, moves: &[Move]) -> Result<(), Errno> {
        for step in moves {
            let to = dir(process, step.to())?;
            write_flushed(process, &to, &aside(&step.card), &step.card.render())?;
        }
        if self.flushes_stage_names {
            for to in targets(moves) {
                process.sync_dir(&dir(process, to)?)?;
            }
        }
        for step in moves {
            let (from, to) = (dir(process, step.from())?, dir(process, step.to())?);
            let (old, new) = (named(&step.before()), named(&step.card));
            process.rename((&from, &old), (&to, &new), true)?;
            process.rename((&to, &aside(&step.card)), (&to, &new), false)?;
        }
        for shelf in Shelf::ALL {
            process.sync_dir(&dir(process, shelf)?)?;
        }
        let lines: String = moves.iter().map(|step| line(&step.card) + "\n").collect();
        append_flushed(process, EVENTS, &lines)?;
        append_flushed(process, EFFECTS, &lines)
    }

    fn recover(&self, process: &Process) -> Result<(), Errno> {
        // What is seen decides; so it must not be taken back by the next loss of power.
        process.sync_all()?;
        let mut newest: BTreeMap<usize, (Card, Shelf)> = BTreeMap::new();
        let found = scan(process)?;
        for file in &found {
            if let Some(card) = card_of(&file.name) {
                let best = newest.entry(card.id).or_insert((card, file.shelf));
                *best = (*best).max((card, file.shelf));
            }
        }
        for (card, shelf) in newest.values() {
            let dir = dir(process, *shelf)?;
            let name = named(card);
            let is_whole = |file: &str| {
                let same = found
                    .iter()
                    .find(|one| one.shelf == *shelf && one.name == file);
                same.is_some_and(|one| one.card == Some(*card))
            };
            let (has_content, has_aside) = (is_whole(&name), is_whole(&aside(card)));
            if has_aside && !has_content {
                process.rename((&dir, &aside(card)), (&dir, &name), false)?;
            }
            if !has_aside && !has_content {
                complete_logs(process, &[*card], &[])?;
                replace_flushed(process, &dir, &name, &card.render())?;
            } else if card.revision > 1 {
                complete_logs(process, &[*card], &[*card])?;
            }
        }
        process.sync_all()?;
        for file in scan(process)? {
            let stays = newest
                .values()
                .any(|(card, shelf)| file.shelf == *shelf && file.name == named(card));
            if !stays {
                remove(process, &dir(process, file.shelf)?, &file.name)?;
            }
        }
        process.sync_all()
    }
}

fn named(card: &Card) -> String {
    format!("{}.{}", card.file_name(), card.revision)
}

fn aside(card: &Card) -> String {
    format!(".{}", named(card))
}

fn card_of(name: &str) -> Option<Card> {
    let (id, revision) = name.strip_prefix('x')?.split_once('.')?;
    Some(Card {
        id: id.parse().ok()?,
        revision: revision.parse().ok()?,
    })
}
