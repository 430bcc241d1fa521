//! The event log against the cards: each task as the log tells it, and as it lies in the store.

use std::collections::BTreeSet;

use aof_core::gather::gathered;
use aof_core::id::TaskId;
use aof_core::order;
use aof_core::refusal::Refusal;
use aof_core::status::Status;
use aof_store::event_log::{PART_BYTES_READ_MAX, parse_part_name};
use aof_store::fold::{Finding, Folded, LogFold, Weight};
use aof_store::layout::{EVENTS_DIR, event_log};
use aof_store::loaded::load;
use aof_store::port::{Blob, Store};
use aof_store::refusal::refusal_of;

use super::finding;
use crate::session::Session;

/// Cards compared in one page.
const CARDS_MAX: usize = 1_000;
/// Cards read in one call: bounds the memory.
const CHUNK: usize = 64;

/// How far an audit has come.
#[derive(Debug, Default)]
pub(crate) struct Audit {
    /// The page that comes next.
    pub(super) page: u32,
    pub(super) log: LogFold,
    pub(super) cards: u64,
    pub(super) is_over: bool,
    part: Option<(String, u32)>,
    part_bytes: usize,
    is_log_read: bool,
    compared: Option<TaskId>,
}

/// A card as it was found.
enum Seen {
    Card {
        status: Status,
        said: Status,
        revision: u64,
        path: String,
    },
    Broken(Refusal),
}

impl Audit {
    /// One bounded piece: a part of the log, or some cards, or at last the tasks without a card.
    pub(super) fn go_on<S: Store>(
        &mut self,
        store: &mut S,
        session: &Session,
    ) -> Result<Vec<Finding>, Refusal> {
        if !self.is_log_read {
            self.is_log_read = !self.read_part(store)?;
            return Ok(self.log.findings.take());
        }
        let ids = next_ids(session, self.compared.as_ref());
        if ids.is_empty() {
            if let Some(last) = self.part.clone() {
                self.feed(store, &last, true)?;
            }
            self.missing(session);
            self.is_over = true;
            return Ok(self.log.findings.take());
        }
        let mut seen = Vec::new();
        for chunk in ids.chunks(CHUNK) {
            seen.extend(look_at(store, session, chunk)?);
        }
        while self.read_part(store)? {}
        for (id, card) in ids.iter().zip(&seen) {
            self.compare(id, card);
        }
        self.cards = self.cards.saturating_add(ids.len() as u64);
        self.compared = ids.into_iter().next_back();
        Ok(self.log.findings.take())
    }

    /// Folds what the current part has beyond what was read, then the next part. False if there is
    /// nothing more.
    fn read_part<S: Store>(&mut self, store: &mut S) -> Result<bool, Refusal> {
        let parts = parts(store)?;
        if let Some(current) = self.part.clone() {
            let size = parts
                .iter()
                .find(|(key, _)| *key == current)
                .map_or(0, |(_, size)| *size);
            if size > self.part_bytes as u64 {
                let before = self.part_bytes;
                self.feed(store, &current, false)?;
                if self.part_bytes > before {
                    return Ok(true);
                }
            }
        }
        let next = parts
            .into_iter()
            .find(|(key, _)| Some(key) > self.part.as_ref());
        let Some((next, _)) = next else {
            return Ok(false);
        };
        if let Some(done) = self.part.clone() {
            self.feed(store, &done, true)?;
        }
        self.look_for_gap(&next);
        self.log.begin_part(&event_log(&next.0, next.1));
        self.part_bytes = 0;
        self.part = Some(next.clone());
        self.feed(store, &next, false)?;
        Ok(true)
    }

    /// The parts of a day are numbered without a gap; only the oldest ones may have been cleared
    /// away.
    fn look_for_gap(&mut self, (day, part): &(String, u32)) {
        let Some((last_day, last_part)) = &self.part else {
            return;
        };
        let expected = if last_day == day {
            last_part.saturating_add(1)
        } else {
            0
        };
        if *part == expected {
            return;
        }
        let path = event_log(day, expected);
        let message = "is missing between other parts of the log".to_owned();
        let hint = "take it from a backup; what it told is lost otherwise, the cards are not";
        let kind = ("log-missing", Weight::Error);
        self.log.findings.note(finding(kind, path, message, hint));
    }

    fn feed<S: Store>(
        &mut self,
        store: &mut S,
        (day, part): &(String, u32),
        is_closed: bool,
    ) -> Result<(), Refusal> {
        let path = event_log(day, *part);
        let blobs = store.read(std::slice::from_ref(&path), PART_BYTES_READ_MAX);
        match blobs
            .map_err(|error| refusal_of(&error))?
            .into_iter()
            .next()
        {
            Some(Blob::Content { bytes, .. }) => {
                let rest = bytes.get(self.part_bytes..).unwrap_or_default();
                let used = self.log.feed(rest);
                self.part_bytes = self.part_bytes.saturating_add(used);
                if is_closed && used < rest.len() {
                    self.log.torn_end();
                }
            }
            Some(Blob::Refused(why) | Blob::Unreadable(why)) if !is_closed => {
                let hint = "a part of the log cannot be read; the comparison is not complete";
                let kind = ("log-unreadable", Weight::Error);
                self.log.findings.note(finding(kind, path, why, hint));
            }
            Some(Blob::Refused(_) | Blob::Unreadable(_) | Blob::Absent) | None => {}
        }
        Ok(())
    }

    fn compare(&mut self, id: &TaskId, seen: &Seen) {
        let (status, said, revision, path) = match seen {
            Seen::Card {
                status,
                said,
                revision,
                path,
            } => (*status, *said, *revision, path),
            Seen::Broken(refusal) => {
                let place = refusal.location.clone().unwrap_or_default();
                let kind = ("card-unreadable", Weight::Error);
                let hint = refusal.hint.clone();
                return self.say(
                    id,
                    kind,
                    (place, format!("cannot be read: {}", refusal.message)),
                    &hint,
                );
            }
        };
        let Some(folded) = self.log.tasks().get(id).cloned() else {
            return self.unknown(id, revision, path);
        };
        if let Some((kind, message, hint)) = difference(&folded, (status, said, revision)) {
            let message = format!("{message}; last event at {}", self.log.place_of(&folded));
            self.say(id, kind, (path.clone(), message), hint);
        }
    }

    fn unknown(&mut self, id: &TaskId, revision: u64, path: &str) {
        let (kind, message, hint) = if revision == 0 {
            (("made-by-hand", Weight::Info), "was made by hand", "")
        } else if self.log.is_whole() {
            let hint = "put there by hand from another store, or its events are lost";
            (
                ("unknown-task", Weight::Error),
                "is not in the event log",
                hint,
            )
        } else {
            let message = "is older than the event log";
            (("older-than-log", Weight::Info), message, "")
        };
        self.say(id, kind, (path.to_owned(), message.to_owned()), hint);
    }

    /// Tasks that the log knows and the store does not. A card that is set aside is there.
    fn missing(&mut self, session: &Session) {
        let held = session.shelf.quarantine.values();
        let aside: BTreeSet<&TaskId> = gathered(held.filter_map(|held| held.id.as_ref()));
        let gone: Vec<(TaskId, Folded)> = self
            .log
            .tasks()
            .iter()
            .filter(|(id, _)| session.shelf.index.status(id).is_none() && !aside.contains(id))
            .map(|(id, folded)| (id.clone(), folded.clone()))
            .collect();
        for (id, folded) in gone {
            let place = self.log.place_of(&folded);
            let message = format!("has no card; the log left it {}", folded.status);
            // People may delete a card, and the log does not know who did.
            let hint = "somebody deleted it; if nobody did, take its card from a backup";
            self.say(
                &id,
                ("missing-task", Weight::Warning),
                (place, message),
                hint,
            );
        }
    }

    fn say(
        &mut self,
        id: &TaskId,
        (kind, weight): (&'static str, Weight),
        (location, message): (String, String),
        hint: &str,
    ) {
        self.log.findings.note(Finding {
            kind,
            weight,
            task: Some(id.clone()),
            location,
            message: format!("{id} {message}"),
            hint: hint.to_owned(),
        });
    }
}

type Difference = ((&'static str, Weight), String, &'static str);

fn difference(
    folded: &Folded,
    (status, said, revision): (Status, Status, u64),
) -> Option<Difference> {
    if revision > folded.revision {
        let message = format!("has revision {revision}, the log knows {}", folded.revision);
        let hint = "events are missing, or the revision was edited by hand";
        return Some((("revision-newer", Weight::Error), message, hint));
    }
    if revision < folded.revision {
        let message = format!("has revision {revision}, the log knows {}", folded.revision);
        let hint = "an older version was put back by hand, or a write is lost";
        return Some((("revision-older", Weight::Error), message, hint));
    }
    if status == folded.status {
        return None;
    }
    let message = format!("lies in {status}, the log left it {}", folded.status);
    if said == folded.status || folded.status.may_become(status) {
        let kind = ("moved-by-hand", Weight::Info);
        return Some((kind, format!("{message}: moved by hand"), ""));
    }
    let hint = "somebody changed the card and moved it; see whether that was meant";
    Some((("status-differs", Weight::Error), message, hint))
}

/// The next ids in order, finished or not.
fn next_ids(session: &Session, after: Option<&TaskId>) -> Vec<TaskId> {
    let index = &session.shelf.index;
    let fits = |id: &&TaskId| after.is_none_or(|after| *id > after);
    let open = index.rows().map(|(id, _)| id).filter(fits).take(CARDS_MAX);
    let finished = index
        .finished()
        .map(|(id, _)| id)
        .filter(fits)
        .take(CARDS_MAX);
    let ids: BTreeSet<&TaskId> = gathered(open.chain(finished));
    ids.into_iter().take(CARDS_MAX).cloned().collect()
}

fn look_at<S: Store>(
    store: &mut S,
    session: &Session,
    ids: &[TaskId],
) -> Result<Vec<Seen>, Refusal> {
    let places: Result<Vec<_>, _> = ids.iter().map(|id| session.place(id)).collect();
    let places = places?;
    let cards = load(store, &places)?;
    let seen = places.iter().zip(cards).map(|(place, card)| match card {
        Ok(card) => Seen::Card {
            status: place.status,
            said: card.written_status(),
            revision: card.card().revision,
            path: place.root.card(place.status, &place.id),
        },
        Err(refusal) => Seen::Broken(refusal),
    });
    Ok(seen.collect())
}

type Parts = Vec<((String, u32), u64)>;

/// The parts of the log in order, with their sizes.
fn parts<S: Store>(store: &mut S) -> Result<Parts, Refusal> {
    let listings = store.list(&[EVENTS_DIR.to_owned()], false);
    let listings = listings.map_err(|error| refusal_of(&error))?;
    let entries = listings.iter().flat_map(|listing| &listing.entries);
    let mut parts: Parts = entries
        .filter_map(|entry| {
            let (day, part) = parse_part_name(&entry.name)?;
            Some(((day.to_owned(), part), entry.stamp.size))
        })
        .collect();
    order::sort_by(&mut parts, &|left, right| left.cmp(right));
    Ok(parts)
}
