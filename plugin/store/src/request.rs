//! Calls that were made with a key of their own, so that they can be repeated without harm.
//!
//! Kept in the log of the outbox, in the same commit as what the call did. Invariant: there are
//! never more than [`REQUESTS_MAX`]; the oldest go first.

use std::collections::{BTreeMap, BTreeSet};

use aof_core::id::{ProjectId, TaskId};
use aof_core::instant::Instant;

/// Calls that are remembered; the oldest is forgotten for the next.
pub const REQUESTS_MAX: usize = 1_000;
/// How long a call is remembered, in milliseconds: a day.
pub const REQUEST_AGE_MS_MAX: u64 = 86_400_000;

/// Who made a call, of which tool, under which key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestKey {
    /// The caller and its kind.
    pub caller: String,
    /// The tool.
    pub tool: String,
    /// What the caller chose.
    pub key: String,
}

/// What a call changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A task.
    Task(TaskId),
    /// A project.
    Project(ProjectId),
}

/// A call that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Fingerprint of its arguments.
    pub digest: String,
    /// When.
    pub at: Instant,
    /// What it changed.
    pub subject: Subject,
}

/// The calls that are remembered.
#[derive(Debug, Default)]
pub struct Requests {
    by_key: BTreeMap<RequestKey, Request>,
    by_age: BTreeSet<(Instant, RequestKey)>,
}

impl Requests {
    /// The call of that key, unless it is too long ago.
    #[must_use]
    pub fn get(&self, key: &RequestKey, now: Instant) -> Option<&Request> {
        let request = self.by_key.get(key);
        request.filter(|request| now.since_ms(request.at) < REQUEST_AGE_MS_MAX)
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = (&RequestKey, &Request)> {
        self.by_key.iter()
    }

    /// Remembers a call, and forgets the oldest if it is one too many.
    pub fn note(&mut self, key: RequestKey, request: Request) {
        let at = request.at;
        if let Some(former) = self.by_key.insert(key.clone(), request) {
            self.by_age.remove(&(former.at, key.clone()));
        }
        self.by_age.insert((at, key));
        while self.by_key.len() > REQUESTS_MAX {
            let Some((_, oldest)) = self.by_age.pop_first() else {
                return;
            };
            self.by_key.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u64) -> RequestKey {
        RequestKey {
            caller: "human:ann".to_owned(),
            tool: "aof_dispatch".to_owned(),
            key: format!("k{number}"),
        }
    }

    fn request(at_ms: u64) -> Request {
        Request {
            digest: "d".to_owned(),
            at: Instant::from_ms(at_ms),
            subject: Subject::Project(ProjectId::parse("alpha").unwrap()),
        }
    }

    #[test]
    fn a_thousand_calls_are_remembered_and_the_oldest_goes() {
        let mut requests = Requests::default();
        let most = REQUESTS_MAX as u64;
        // The newest first: age counts, not the order of writing.
        for number in (0..most).rev() {
            requests.note(key(number), request(number));
        }
        assert_eq!(requests.all().count(), REQUESTS_MAX);
        assert!(requests.get(&key(0), Instant::from_ms(most)).is_some());
        requests.note(key(most), request(most));
        assert_eq!(requests.all().count(), REQUESTS_MAX);
        assert_eq!(requests.get(&key(0), Instant::from_ms(most)), None);
        assert!(requests.get(&key(1), Instant::from_ms(most)).is_some());
        requests.note(key(1), request(most + 1));
        assert_eq!(
            (requests.by_age.len(), requests.by_key.len()),
            (1_000, 1_000)
        );
    }

    /// As from a log that a crash has some lines of twice.
    #[test]
    fn a_call_that_is_read_twice_is_forgotten_once_it_is_the_oldest() {
        let mut requests = Requests::default();
        for _ in 0..2 {
            requests.note(key(0), request(0));
        }
        for number in 1..=REQUESTS_MAX as u64 {
            requests.note(key(number), request(number));
        }
        let is_known = |number| requests.get(&key(number), Instant::from_ms(1)).is_some();
        assert_eq!([0, 1].map(is_known), [false, true]);
    }

    #[test]
    fn a_call_is_remembered_for_a_day() {
        let mut requests = Requests::default();
        requests.note(key(1), request(5));
        for (ms, is_known) in [
            (REQUEST_AGE_MS_MAX + 4, true),
            (REQUEST_AGE_MS_MAX + 5, false),
        ] {
            let found = requests.get(&key(1), Instant::from_ms(ms));
            assert_eq!(found.is_some(), is_known, "{ms}");
        }
    }
}
