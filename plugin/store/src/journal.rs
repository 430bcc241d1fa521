//! The journal: every commit whole, in one line that is flushed before anything else happens.
//!
//! Never tells what a card is now: that is the card's file. Invariant: what a record says can be
//! done again from the record alone, as long as its part of the journal is the newest.

mod carry;
mod checkpoint;
mod line;
mod read;
mod record;

use crate::layout::journal_part;
use crate::port::{Listing, Store, StoreError};

pub(crate) use carry::carry_over;
pub use checkpoint::{checkpoint, retire};
pub(crate) use read::{Journalled, read};
pub(crate) use record::{CardChange, LogLines, Record, RunChange};

use crate::layout::JOURNAL_DIR;
use line::encode;
use record::Mark;

/// A part that has grown to this size is followed by a checkpoint.
const PART_BYTES: u64 = 1024 * 1024;
/// Bytes of one record, so that a part with its last record is still read whole.
pub const JOURNAL_RECORD_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Where the next record goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Journal {
    path: String,
    seq: u64,
    bytes: u64,
}

impl Journal {
    /// A part that has nothing but its header, which has so many bytes.
    fn begun(epoch: u64, part: u32, header_bytes: u64) -> Self {
        Journal {
            path: journal_part(epoch, part),
            seq: 0,
            bytes: header_bytes,
        }
    }

    /// The part's path.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether a checkpoint should come before the next record.
    #[must_use]
    pub fn is_due(&self) -> bool {
        self.bytes >= PART_BYTES
    }

    /// Whether nothing was recorded since the last checkpoint.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        self.seq == 0
    }

    /// Numbers a record and gives its line, and the line that says that it was applied.
    pub(crate) fn enter(&mut self, record: &mut Record) -> (String, String) {
        self.seq += 1;
        record.seq = self.seq;
        let line = encode(record);
        let mark = encode(&Mark { applied: self.seq });
        self.bytes += (line.len() + mark.len() + 2) as u64;
        (line, mark)
    }

    /// Whether a refused commit left something in the journal all the same.
    ///
    /// # Errors
    /// What the store says.
    pub fn has_grown<S: Store>(&self, store: &mut S) -> Result<bool, StoreError> {
        let listings = store.list(&[JOURNAL_DIR.to_owned()], false)?;
        let size = listings.iter().find_map(|listing| self.size_in(listing));
        Ok(size.is_some_and(|size| size != self.bytes))
    }

    fn size_in(&self, listing: &Listing) -> Option<u64> {
        let name = self.path.rsplit('/').next()?;
        let entry = listing.entries.iter().find(|entry| entry.name == name)?;
        Some(entry.stamp.size)
    }
}

#[cfg(test)]
mod tests;
