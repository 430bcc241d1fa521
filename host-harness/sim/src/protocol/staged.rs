//! The staged rename: the new content lies beside the target while the old file is renamed.
//!
//! Never writes a record of what it wants to do. Invariant: a stage beside an older card is a move
//! that happened; a stage without one is a move that did not.

use aof_disk::{Errno, System};

use super::disk::{
    Found, append_flushed, complete_logs, dir, lay_out, remove, replace_flushed, scan,
    write_flushed,
};
use super::toy::{Card, EFFECTS, EVENTS, Move, Protocol, Shelf, line};
use crate::machine::Process;

/// Stage, rename, flush names, logs, settle.
#[derive(Debug, Clone, Copy)]
pub struct Staged {
    /// Whether names of stages are flushed before the renames.
    pub flushes_stage_names: bool,
}

impl Protocol for Staged {
    fn lay_out(&self, process: &Process, cards: usize) -> Result<(), Errno> {
        lay_out(process, cards, Card::file_name)
    }

    fn commit(&self, process: &Process, moves: &[Move]) -> Result<(), Errno> {
        for step in moves {
            let to = dir(process, step.to())?;
            write_flushed(process, &to, &stage(&step.card), &step.card.render())?;
        }
        if self.flushes_stage_names {
            for to in targets(moves) {
                process.sync_dir(&dir(process, to)?)?;
            }
        }
        for step in moves {
            let (from, to) = (dir(process, step.from())?, dir(process, step.to())?);
            let name = step.card.file_name();
            process.rename((&from, &name), (&to, &name), true)?;
        }
        for shelf in Shelf::ALL {
            process.sync_dir(&dir(process, shelf)?)?;
        }
        let lines: String = moves.iter().map(|step| line(&step.card) + "\n").collect();
        append_flushed(process, EVENTS, &lines)?;
        append_flushed(process, EFFECTS, &lines)?;
        for step in moves {
            let to = dir(process, step.to())?;
            let name = step.card.file_name();
            process.rename((&to, &stage(&step.card)), (&to, &name), false)?;
        }
        Ok(())
    }

    fn recover(&self, process: &Process) -> Result<(), Errno> {
        // What is seen decides; so it must not be taken back by the next loss of power.
        process.sync_all()?;
        let found = scan(process)?;
        let (stages, cards): (Vec<&Found>, Vec<&Found>) =
            found.iter().partition(|file| file.name.starts_with('.'));
        for stage in stages {
            settle(process, stage, &cards)?;
        }
        for file in scan(process)? {
            follow_hand(process, &file)?;
        }
        process.sync_all()
    }
}

fn stage(card: &Card) -> String {
    format!(".{}.{}", card.file_name(), card.revision)
}

/// The directories that moves go to.
pub(super) fn targets(moves: &[Move]) -> Vec<Shelf> {
    let mut shelves: Vec<Shelf> = moves.iter().map(Move::to).collect();
    shelves.sort_unstable();
    shelves.dedup();
    shelves
}

fn settle(process: &Process, stage: &Found, cards: &[&Found]) -> Result<(), Errno> {
    let dir = dir(process, stage.shelf)?;
    let beside = cards.iter().find_map(|file| {
        let card = file.card.filter(|_| file.shelf == stage.shelf)?;
        stage
            .card
            .filter(|new| new.id == card.id && new.revision > card.revision)
    });
    let Some(card) = beside else {
        return remove(process, &dir, &stage.name);
    };
    complete_logs(process, &[card], &[card])?;
    process.rename((&dir, &stage.name), (&dir, &card.file_name()), false)
}

/// A card that is not where it says was moved by a person, as far as anybody can tell.
fn follow_hand(process: &Process, file: &Found) -> Result<(), Errno> {
    let Some(card) = file
        .card
        .filter(|card| Shelf::of(card.revision) != file.shelf)
    else {
        return match file.card.filter(|card| card.revision > 1) {
            Some(card) => complete_logs(process, &[card], &[card]),
            None => Ok(()),
        };
    };
    let moved = Card {
        revision: card.revision + 1,
        ..card
    };
    complete_logs(process, &[moved], &[])?;
    replace_flushed(
        process,
        &dir(process, file.shelf)?,
        &file.name,
        &moved.render(),
    )
}
