//! The end of the event log: where it goes on, and what it has lost.

use aof_core::caller::Context;
use aof_store::event_log::{EventLog, PART_BYTES_READ_MAX, Tail, parse_part_name};
use aof_store::layout::{EVENTS_DIR, event_log};
use aof_store::port::{Blob, Store, StoreError};
use serde_json::json;

use crate::session::Session;
use crate::work::MissingEvent;

/// Where the log goes on, and what its end knows.
pub(super) fn resume_log<S: Store>(
    store: &mut S,
    epoch: u64,
    ctx: &Context,
) -> Result<(EventLog, Tail), StoreError> {
    let today = ctx.now.day();
    let listings = store.list(&[EVENTS_DIR.to_owned()], false)?;
    let entries = listings.iter().flat_map(|listing| &listing.entries);
    let last = entries
        .filter_map(|entry| {
            let (day, part) = parse_part_name(&entry.name)?;
            Some((day.to_owned(), part, entry.stamp.size))
        })
        .max();
    let Some((day, part, bytes)) = last else {
        return Ok((EventLog::resume(epoch, today, 0, 0), Tail::default()));
    };
    let blobs = store.read(&[event_log(&day, part)], PART_BYTES_READ_MAX)?;
    let tail = match blobs.into_iter().next() {
        Some(Blob::Content { bytes, .. }) => Tail::read(&bytes),
        _ => Tail::default(),
    };
    Ok((EventLog::resume(epoch, day, part, bytes), tail))
}

/// Cards that the orchestrator made since the last event and that the log does not know: the log
/// was shortened or taken away.
pub(super) fn missing_events(session: &Session, tail: &Tail) -> Vec<MissingEvent> {
    let made = session
        .shelf
        .index
        .rows()
        .filter(|(id, row)| {
            let is_recent = tail.last_at.is_none_or(|last| row.created_at >= last);
            row.revision == 1 && is_recent && !tail.knows(id, 1)
        })
        .map(|(id, row)| MissingEvent {
            kind: "task.created",
            project: row.project.clone(),
            task: id.clone(),
            revision: 1,
            payload: json!({
                "title": row.title, "status": row.status.as_str(), "recovered": true,
            }),
        });
    made.collect()
}
