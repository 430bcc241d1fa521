//! Reading the journal back.
//!
//! Never reads what is superseded: a part with a whole header, and with all that it carries over,
//! was begun after everything before it had been flushed. Invariant: a torn line changes nothing.

use std::collections::BTreeSet;

use crate::journal::line::decode;
use crate::journal::record::{CardChange, Header, Line, Record, SCHEMA_VERSION};
use crate::layout::{JOURNAL_DIR, parse_journal_name};
use crate::port::{Blob, Store, StoreError};

/// Largest part that is read: it is closed at 1 MiB and then grows by one record at most.
pub(super) const PART_BYTES_READ_MAX: u64 = 16 * 1024 * 1024;

/// What the newest part says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Journalled {
    pub(crate) header: Header,
    /// In the order of writing.
    pub(crate) records: Vec<Record>,
    applied: BTreeSet<u64>,
}

impl Journalled {
    fn parse(part: &[u8]) -> Option<Self> {
        let mut lines = part.split(|byte| *byte == b'\n');
        let header: Header = lines.next().and_then(decode)?;
        if header.schema_version != SCHEMA_VERSION {
            return None;
        }
        let mut journalled = Journalled {
            header,
            records: Vec::new(),
            applied: BTreeSet::new(),
        };
        let mut whole = 0;
        for (at, line) in (0_u64..).zip(lines.map(decode::<Line>)) {
            let Some(line) = line else { continue };
            if at < journalled.header.carried {
                whole += 1;
            }
            match line {
                Line::Record(record) => journalled.records.push(record),
                Line::Applied(mark) => {
                    journalled.applied.insert(mark.applied);
                }
            }
        }
        (whole == journalled.header.carried).then_some(journalled)
    }

    /// Whether the record is known to be applied, on the boot that it was written in.
    pub(crate) fn is_applied(&self, record: &Record) -> bool {
        self.applied.contains(&record.seq)
    }

    /// A record of these changes that comes after all others. None if there are none.
    pub(crate) fn followed_by(&self, cards: Vec<CardChange>) -> Option<Record> {
        if cards.is_empty() {
            return None;
        }
        let last = self.records.iter().map(|record| record.seq).max();
        Some(Record {
            seq: last.unwrap_or_default() + 1,
            cards,
            ..Record::default()
        })
    }
}

/// Reads the newest part that is whole so far as it was not appended to. None if there is none.
pub(crate) fn read<S: Store>(store: &mut S) -> Result<Option<Journalled>, StoreError> {
    let dir = [JOURNAL_DIR.to_owned()];
    let mut parts = BTreeSet::new();
    // Whoever is told wrongly, once, that a part is not there loses what only that part has.
    for _ in 0..2 {
        let listings = store.list(&dir, false)?;
        let entries = listings.into_iter().flat_map(|listing| listing.entries);
        parts.extend(entries.filter_map(|it| Some((parse_journal_name(&it.name)?, it.name))));
    }
    for (_, name) in parts.into_iter().rev() {
        let path = format!("{JOURNAL_DIR}/{name}");
        let blobs = store.read(std::slice::from_ref(&path), PART_BYTES_READ_MAX)?;
        let blob = blobs.into_iter().next();
        let blob = blob.map(|it| it.certain(&path)).transpose()?;
        // The lock is ours: a part that was listed and is not there is a disk that lies.
        if blob == Some(Blob::Absent) {
            return Err(StoreError::NotFound(path));
        }
        let Some(Blob::Content { bytes, .. }) = blob else {
            continue;
        };
        refuse_newer(&bytes, &path)?;
        if let Some(journalled) = Journalled::parse(&bytes) {
            return Ok(Some(journalled));
        }
    }
    Ok(None)
}

/// What a newer version wrote down is not to be guessed, and not to be passed over either.
fn refuse_newer(part: &[u8], path: &str) -> Result<(), StoreError> {
    let header = part.split(|byte| *byte == b'\n').next();
    let version = header
        .and_then(decode::<Header>)
        .map(|it| it.schema_version);
    let Some(version) = version.filter(|version| *version > SCHEMA_VERSION) else {
        return Ok(());
    };
    let message = format!(
        "has format {version}, this aof knows {SCHEMA_VERSION}; open the store with the newer aof \
         that wrote it"
    );
    Err(StoreError::Io {
        path: path.to_owned(),
        message,
    })
}
