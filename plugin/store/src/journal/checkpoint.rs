//! A new part of the journal: everything that the old one could do again is flushed first.
//!
//! Never removes a part before its successor is on disk. Invariant: at any moment the newest part
//! with a whole header holds every commit that is not flushed elsewhere.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use aof_core::books::Books;
use aof_core::gather::gathered;

use crate::event_log::EventLog;
use crate::journal::Journal;
use crate::journal::line::encode;
use crate::journal::record::Header;
use crate::layout::{
    EVENTS_DIR, JOURNAL_DIR, LEDGER, OUTBOX, STATE_DIR, journal_part, parse_journal_name,
};
use crate::ledger;
use crate::outbox::{self, Outbox};
use crate::port::{Listing, Op, Opening, Store, StoreError};

/// Begins a new part and takes the former ones away; an outbox or a ledger that has grown long is
/// rewritten with what still counts.
///
/// # Errors
/// What the store says. The former part then goes on, unless the new one is there already.
pub fn checkpoint<S: Store>(
    store: &mut S,
    opening: Opening,
    (outbox, books, log): (&Outbox, &Books, &EventLog),
) -> Result<Journal, StoreError> {
    let dirs = [JOURNAL_DIR, STATE_DIR, EVENTS_DIR].map(str::to_owned);
    let listings = store.list(&dirs, false)?;
    let old = old_parts(&listings);
    let part = next_part(&old, opening.epoch);
    let mut batch = vec![Op::MakeDir(JOURNAL_DIR.to_owned())];
    let mut logs: BTreeMap<String, u64> = gathered(event_log(&listings, log));
    let long = [
        Long {
            path: OUTBOX,
            sizes: outbox::COMPACT_BYTES..=outbox::BYTES_READ_MAX,
            compact: &|| outbox.compact(),
        },
        Long {
            path: LEDGER,
            sizes: ledger::COMPACT_BYTES..=ledger::BYTES_READ_MAX,
            compact: &|| ledger::compact(books),
        },
    ];
    for log in long {
        if let Some((bytes, rewriting)) = log.shortened(&listings) {
            logs.insert(log.path.to_owned(), bytes);
            // The new name must not last before the new content does.
            batch.extend(rewriting.into_iter().flat_map(|op| [Op::Sync, op]));
        }
    }
    // Without a former part there is nothing that only the journal holds.
    if !old.is_empty() {
        batch.push(Op::Sync);
    }
    let header = encode(&Header::new(opening.boot, logs)) + "\n";
    let journal = Journal::begun(opening.epoch, part, header.len() as u64);
    batch.push(Op::Create {
        path: journal.path().to_owned(),
        content: header.into_bytes(),
    });
    batch.push(Op::Sync);
    let paths = old
        .into_iter()
        .map(|(epoch, part)| journal_part(epoch, part));
    batch.extend(paths.map(Op::Remove));
    store.commit(batch, opening.epoch)?;
    Ok(journal)
}

/// Takes the journal away once everything that it could do again is flushed: nothing is left to be
/// recovered then.
///
/// # Errors
/// What the store says; the journal then stays.
pub fn retire<S: Store>(store: &mut S, epoch: u64, journal: &Journal) -> Result<(), StoreError> {
    let batch = vec![Op::Sync, Op::Remove(journal.path().to_owned())];
    store.commit(batch, epoch).map(drop)
}

pub(super) fn old_parts(listings: &[Listing]) -> Vec<(u64, u32)> {
    let journals = listings.iter().filter(|listing| listing.dir == JOURNAL_DIR);
    let entries = journals.flat_map(|listing| &listing.entries);
    entries
        .filter_map(|entry| parse_journal_name(&entry.name))
        .collect()
}

/// The number of this writer's next part.
pub(super) fn next_part(old: &[(u64, u32)], epoch: u64) -> u32 {
    let own = old.iter().filter(|(other, _)| *other == epoch);
    own.map(|(_, part)| part.saturating_add(1))
        .max()
        .unwrap_or(1)
}

/// The part that events go to, and its bytes. None if it is not there yet.
fn event_log(listings: &[Listing], log: &EventLog) -> Option<(String, u64)> {
    let path = log.path();
    let (dir, name) = path.split_once('/')?;
    let events = listings.iter().find(|listing| listing.dir == dir)?;
    let entry = events.entries.iter().find(|entry| entry.name == name)?;
    let bytes = entry.stamp.size;
    Some((path, bytes))
}

/// A log that is rewritten when it has grown long.
struct Long<'a> {
    path: &'static str,
    /// Longer than the first, but still read whole.
    sizes: RangeInclusive<u64>,
    /// What still counts.
    compact: &'a dyn Fn() -> String,
}

impl Long<'_> {
    /// Its bytes, and how it is rewritten if that makes it much shorter. None if it is not there.
    fn shortened(&self, listings: &[Listing]) -> Option<(u64, Option<Op>)> {
        let (dir, name) = self.path.split_once('/')?;
        let listing = listings.iter().find(|listing| listing.dir == dir)?;
        let entry = listing.entries.iter().find(|entry| entry.name == name)?;
        let size = entry.stamp.size;
        if size == *self.sizes.start() || !self.sizes.contains(&size) {
            return Some((size, None));
        }
        let content = (self.compact)().into_bytes();
        let bytes = content.len() as u64;
        if bytes.saturating_mul(2) > size {
            return Some((size, None));
        }
        let op = Op::Replace {
            path: self.path.to_owned(),
            content,
            expect: Some(entry.stamp),
        };
        Some((bytes, Some(op)))
    }
}
