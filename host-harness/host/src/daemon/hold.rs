//! A pause in which the daemon commits nothing, so that its files can be copied as they stand.
//!
//! It never lasts longer than [`HOLD_MS_MAX`], whoever forgets it. Invariant: a request that could
//! change something waits until the pause is over, and is then answered in its turn.

use std::time::{Duration, Instant};

use super::connection::Ask;

/// Longest pause, in milliseconds; clients wait longer than that for their answers.
pub const HOLD_MS_MAX: u64 = 30_000;
/// Requests that change nothing and need not wait.
const HARMLESS: [&str; 6] = ["explain", "hold", "release", "status", "tools", "view"];

/// What a request wants of the pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldWish {
    /// Nothing.
    None,
    /// Begin it, or begin it anew.
    Begin,
    /// End it.
    End,
}

/// The pause, if there is one, and who waits for its end.
#[derive(Default)]
pub struct Hold {
    until: Option<Instant>,
    waiting: Vec<Ask>,
}

impl Hold {
    /// Begins a pause. False if there is one already.
    pub fn begin(&mut self) -> bool {
        if self.is_on() {
            return false;
        }
        self.begin_at(Instant::now());
        true
    }

    fn begin_at(&mut self, now: Instant) {
        self.until = Some(now + Duration::from_millis(HOLD_MS_MAX));
    }

    /// Ends the pause. False if it was over already, so that something may have been committed.
    pub fn end(&mut self) -> bool {
        let was_on = self.is_on();
        self.until = None;
        was_on
    }

    /// Whether nothing may be committed now.
    pub fn is_on(&self) -> bool {
        self.is_on_at(Instant::now())
    }

    fn is_on_at(&self, now: Instant) -> bool {
        self.until.is_some_and(|until| now < until)
    }

    /// Gives the request back unless it has to wait.
    pub fn let_pass(&mut self, ask: Ask) -> Option<Ask> {
        if !self.is_on() || HARMLESS.contains(&ask.request.method.as_str()) {
            return Some(ask);
        }
        self.waiting.push(ask);
        None
    }

    /// Requests whose waiting is over.
    pub fn take_waiting(&mut self) -> Vec<Ask> {
        if self.is_on() {
            return Vec::new();
        }
        std::mem::take(&mut self.waiting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_that_nobody_ends_is_over_after_30_s() {
        let mut hold = Hold::default();
        let began = Instant::now();
        hold.begin_at(began);
        let after = |ms| began + Duration::from_millis(ms);
        assert!(hold.is_on_at(after(HOLD_MS_MAX - 1)));
        assert!(!hold.is_on_at(after(HOLD_MS_MAX)));
    }
}
