//! When nothing can be started: the host has no executor, or an executor has no room.
//!
//! Never touches a card. Invariant: a hold that the host did not lift itself ends after a pause.

use aof_core::instant::Instant;

use crate::session::Session;

/// How long nothing is started after an executor had no room.
pub(crate) const PAUSE_MS: u64 = 5_000;

/// Why nothing is started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hold {
    /// For people.
    pub(crate) reason: String,
    /// When it is tried again; none until the host says so.
    pub(crate) until: Option<Instant>,
}

impl Session {
    /// Why the host can start nothing at all, if so.
    pub(crate) fn lasting_hold(&self) -> Option<&str> {
        let hold = self.hold.as_ref().filter(|hold| hold.until.is_none());
        hold.map(|hold| hold.reason.as_str())
    }

    /// Starts nothing for a while. What the host said itself stays.
    pub(crate) fn pause(&mut self, reason: &str, now: Instant) {
        if self.lasting_hold().is_none() {
            self.hold = Some(Hold {
                reason: reason.to_owned(),
                until: Some(now.plus_ms(PAUSE_MS)),
            });
        }
    }

    /// Ends a pause that is over, or that a clock set back would make longer than it may be.
    pub(crate) fn end_pause(&mut self, now: Instant) {
        let until = self.hold.as_ref().and_then(|hold| hold.until);
        if until.is_some_and(|until| until <= now || until.since_ms(now) > PAUSE_MS) {
            self.hold = None;
            self.idle_report = None;
        }
    }

    /// A session ended or was given back: there may be room again.
    pub(crate) fn room_again(&mut self) {
        if self.hold.as_ref().is_some_and(|hold| hold.until.is_some()) {
            self.hold = None;
        }
    }
}
