//! The end of the event log: where it goes on, and what it has lost.

use aof_core::caller::Context;
use aof_core::instant::Instant;
use aof_store::event_log::{EventLog, PART_BYTES_READ_MAX, Tail, parse_part_name};
use aof_store::layout::{EVENTS_DIR, event_log};
use aof_store::port::{Blob, Store, StoreError};
use serde_json::json;

use crate::session::Session;
use crate::work::MissingEvent;

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// A part of the log: its day, its number, its bytes.
type Part = (String, u32, u64);

/// Where the log goes on, and what its end knows.
pub(super) fn resume_log<S: Store>(
    store: &mut S,
    epoch: u64,
    ctx: &Context,
) -> Result<(EventLog, Tail), StoreError> {
    let listings = store.list(&[EVENTS_DIR.to_owned()], false)?;
    let entries = listings.iter().flat_map(|listing| &listing.entries);
    let parts = entries.filter_map(|entry| {
        let (day, part) = parse_part_name(&entry.name)?;
        Some((day.to_owned(), part, entry.stamp.size))
    });
    let (todays, last) = ends(parts.collect(), ctx.now);
    let (part, bytes) = todays.map_or((0, 0), |(_, part, bytes)| (part, bytes));
    let log = EventLog::resume(epoch, ctx.now.day(), part, bytes);
    let Some((day, part, _)) = last else {
        return Ok((log, Tail::default()));
    };
    let path = event_log(&day, part);
    let blobs = store.read(std::slice::from_ref(&path), PART_BYTES_READ_MAX)?;
    let blob = blobs.into_iter().next();
    let tail = match blob.map(|it| it.certain(&path)).transpose()? {
        Some(Blob::Content { bytes, .. }) => Tail::read(&bytes),
        _ => Tail::default(),
    };
    Ok((log, tail))
}

/// The last part of today, which events go to, and the last part of all, whose end tells what was
/// written last. A clock that was set back, or another time zone, may have left a part of tomorrow;
/// one that is later still is not the end of anything: it would hide every gap until its day comes.
fn ends(mut parts: Vec<Part>, now: Instant) -> (Option<Part>, Option<Part>) {
    let (today, tomorrow) = (now.day(), now.plus_ms(DAY_MS).day());
    parts.retain(|(day, _, _)| *day <= tomorrow);
    let todays = parts.iter().filter(|(day, _, _)| *day == today).max();
    (todays.cloned(), parts.iter().max().cloned())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::type_complexity, reason = "a table of a test, read once")]
    fn ends_of(days: &[(&str, u32)]) -> (Option<(String, u32)>, Option<(String, u32)>) {
        let now = Instant::parse("2026-02-17T10:00:00Z").unwrap();
        let parts = days
            .iter()
            .map(|(day, part)| ((*day).to_owned(), *part, 5))
            .collect();
        let (todays, last) = ends(parts, now);
        let name = |(day, part, _): Part| (day, part);
        (todays.map(name), last.map(name))
    }

    fn part(day: &str, part: u32) -> Option<(String, u32)> {
        Some((day.to_owned(), part))
    }

    #[test]
    fn the_log_goes_on_in_the_last_part_of_today() {
        assert_eq!(ends_of(&[]), (None, None));
        let yesterday = ("2026-02-16", 4);
        assert_eq!(ends_of(&[yesterday]), (None, part("2026-02-16", 4)));
        let found = ends_of(&[("2026-02-17", 0), ("2026-02-17", 2), yesterday]);
        assert_eq!(found, (part("2026-02-17", 2), part("2026-02-17", 2)));
    }

    #[test]
    fn a_part_of_the_day_after_tomorrow_is_not_the_end_of_the_log() {
        let tomorrow = [("2026-02-17", 1), ("2026-02-18", 0)];
        let expected = (part("2026-02-17", 1), part("2026-02-18", 0));
        assert_eq!(ends_of(&tomorrow), expected);
        let later = [("2026-02-19", 0), ("9999-12-31", u32::MAX)];
        assert_eq!(ends_of(&[&tomorrow[..], &later[..]].concat()), expected);
        assert_eq!(ends_of(&later), (None, None));
    }
}
