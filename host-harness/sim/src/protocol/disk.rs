//! Verbs over the system's calls that all protocols use.
//!
//! Never flushes unless the name of the verb says so. Invariant: none of them hides an error other
//! than that something is not there.

use aof_disk::{Errno, OpenHow, System};

use super::toy::{Card, EFFECTS, EVENTS, Shelf, line, parse_line};
use crate::machine::{DirHandle, FileHandle, Process};

/// One file in a directory of cards.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) shelf: Shelf,
    pub(super) name: String,
    /// None if it is torn.
    pub(super) card: Option<Card>,
}

/// Lays out directories, empty logs and cards of revision 1 under names that the protocol gives.
pub(super) fn lay_out(
    process: &Process,
    cards: usize,
    name: impl Fn(&Card) -> String,
) -> Result<(), Errno> {
    let root = process.root()?;
    for shelf in Shelf::ALL {
        process.make_dir(&root, shelf.name())?;
    }
    for log in [EVENTS, EFFECTS] {
        write_new(process, &root, log, b"")?;
    }
    let dir = dir(process, Shelf::A)?;
    for id in 0..cards {
        let card = Card { id, revision: 1 };
        write_new(process, &dir, &name(&card), &card.render())?;
    }
    Ok(())
}

pub(super) fn dir(process: &Process, shelf: Shelf) -> Result<DirHandle, Errno> {
    process.open_dir(&process.root()?, shelf.name())
}

pub(super) fn write_new(
    process: &Process,
    dir: &DirHandle,
    name: &str,
    bytes: &[u8],
) -> Result<FileHandle, Errno> {
    let file = process.open(dir, name, OpenHow::CreateNew)?;
    process.write(&file, bytes)?;
    Ok(file)
}

pub(super) fn write_flushed(
    process: &Process,
    dir: &DirHandle,
    name: &str,
    bytes: &[u8],
) -> Result<(), Errno> {
    let file = write_new(process, dir, name, bytes)?;
    process.sync_file(&file)
}

pub(super) fn append(process: &Process, name: &str, text: &str) -> Result<FileHandle, Errno> {
    let file = process.open(&process.root()?, name, OpenHow::Append)?;
    process.write(&file, text.as_bytes())?;
    Ok(file)
}

pub(super) fn append_flushed(process: &Process, name: &str, text: &str) -> Result<(), Errno> {
    let file = append(process, name, text)?;
    process.sync_file(&file)
}

/// The bytes of a file; none if it is not there.
pub(super) fn read(process: &Process, dir: &DirHandle, name: &str) -> Result<Vec<u8>, Errno> {
    match process.open(dir, name, OpenHow::Read) {
        Ok(file) => process.read(&file, 0, u64::MAX),
        Err(Errno::NOENT) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Removes a file that may be gone.
pub(super) fn remove(process: &Process, dir: &DirHandle, name: &str) -> Result<(), Errno> {
    match process.unlink(dir, name) {
        Err(Errno::NOENT) => Ok(()),
        other => other,
    }
}

/// Puts a content in the place of another at once.
pub(super) fn replace(
    process: &Process,
    dir: &DirHandle,
    name: &str,
    bytes: &[u8],
) -> Result<(), Errno> {
    let aside = format!(".{name}.new");
    remove(process, dir, &aside)?;
    let file = write_new(process, dir, &aside, bytes)?;
    drop(file);
    process.rename((dir, &aside), (dir, name), false)
}

/// Everything in the directories of cards.
pub(super) fn scan(process: &Process) -> Result<Vec<Found>, Errno> {
    let mut all = Vec::new();
    for shelf in Shelf::ALL {
        let dir = dir(process, shelf)?;
        for entry in process.entries(&dir)? {
            let name = String::from_utf8_lossy(&entry.name).into_owned();
            let bytes = read(process, &dir, &name)?;
            all.push(Found {
                shelf,
                name,
                card: Card::parse(&bytes),
            });
        }
    }
    Ok(all)
}

/// Completes both logs: whole lines stay, missing ones are added, and nothing else is in them.
pub(super) fn complete_logs(
    process: &Process,
    events: &[Card],
    effects: &[Card],
) -> Result<(), Errno> {
    let root = process.root()?;
    for (log, wanted) in [(EVENTS, events), (EFFECTS, effects)] {
        let present = read(process, &root, log)?;
        let text = String::from_utf8_lossy(&present);
        let whole = text
            .split_inclusive('\n')
            .filter_map(|line| line.strip_suffix('\n'));
        let mut cards: Vec<Card> = whole.filter_map(parse_line).collect();
        for card in wanted {
            if !cards.contains(card) {
                cards.push(*card);
            }
        }
        let complete: String = cards.iter().map(|card| line(card) + "\n").collect();
        if complete.as_bytes() != present {
            replace_flushed(process, &root, log, complete.as_bytes())?;
        }
    }
    Ok(())
}

/// The same as `replace`, flushed before it takes the name and after.
pub(super) fn replace_flushed(
    process: &Process,
    dir: &DirHandle,
    name: &str,
    bytes: &[u8],
) -> Result<(), Errno> {
    let aside = format!(".{name}.new");
    remove(process, dir, &aside)?;
    write_flushed(process, dir, &aside, bytes)?;
    process.rename((dir, &aside), (dir, name), false)?;
    process.sync_dir(dir)
}
