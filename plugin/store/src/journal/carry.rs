//! The same journal in a new part, before recovery follows it.
//!
//! A writer that was killed may have left a line that can be seen and was never flushed, or whose
//! flush failed, which no later flush makes good. Never drops what it was given. Invariant: what
//! recovery is about to do again is on disk, in bytes that were written anew.

use crate::journal::checkpoint::{next_part, old_parts};
use crate::journal::line::encode;
use crate::journal::read::Journalled;
use crate::journal::record::{Header, Mark, Record};
use crate::layout::{JOURNAL_DIR, journal_part};
use crate::port::{Op, Opening, Store, StoreError};

/// Writes everything that was read into a new part, and what recovery found out since, flushes it,
/// and removes the former ones. The lengths of the logs stay those of the former part: they are
/// what was flushed when it began.
pub(crate) fn carry_over<S: Store>(
    store: &mut S,
    opening: Opening,
    journalled: &Journalled,
    since: Option<&Record>,
) -> Result<(), StoreError> {
    let listings = store.list(&[JOURNAL_DIR.to_owned()], false)?;
    let old = old_parts(&listings);
    let mut carried = Vec::new();
    for record in journalled.records.iter().chain(since) {
        carried.push(encode(record));
        if journalled.is_applied(record) {
            let applied = record.seq;
            carried.push(encode(&Mark { applied }));
        }
    }
    let header = Header {
        carried: carried.len() as u64,
        ..journalled.header.clone()
    };
    let mut content = encode(&header) + "\n";
    for line in carried {
        content.push_str(&line);
        content.push('\n');
    }
    let mut batch = vec![
        Op::Create {
            path: journal_part(opening.epoch, next_part(&old, opening.epoch)),
            content: content.into_bytes(),
        },
        Op::Sync,
    ];
    let paths = old
        .into_iter()
        .map(|(epoch, part)| journal_part(epoch, part));
    batch.extend(paths.map(Op::Remove));
    store.commit(batch, opening.epoch).map(drop)
}
