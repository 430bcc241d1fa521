//! Time and dice of the host, behind two small ports so that tests and simulations own both.
//!
//! The component never asks for either: every call carries what it may know in its `ctx`. Nothing
//! here sleeps. Invariant: a clock never answers a value that it was not given or did not read, and
//! a seeded source draws the same sequence for the same seed on every machine.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    fn now_ms(&self) -> u64;
}

/// The machine's own clock; an instant before 1970 reads as 0.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> u64 {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| {
                u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
            })
    }
}

/// A clock that stands still until it is moved; clones show the same time.
#[derive(Debug, Clone, Default)]
pub struct ManualClock {
    now_ms: Arc<AtomicU64>,
}

impl ManualClock {
    /// Starts at `now_ms`.
    #[must_use]
    pub fn at(now_ms: u64) -> Self {
        Self {
            now_ms: Arc::new(AtomicU64::new(now_ms)),
        }
    }

    /// Moves forward by `by_ms` and returns the new time; it stops at the end of time.
    pub fn advance(&self, by_ms: u64) -> u64 {
        let step = |now: u64| now.saturating_add(by_ms);
        self.now_ms
            .update(Ordering::SeqCst, Ordering::SeqCst, step)
            .saturating_add(by_ms)
    }

    /// Jumps to `now_ms`, backwards as well: real clocks do that too.
    pub fn set(&self, now_ms: u64) {
        self.now_ms.store(now_ms, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now_ms(&self) -> u64 {
        self.now_ms.load(Ordering::SeqCst)
    }
}

/// Throws 128 bits of dice at a time.
pub trait Entropy: Send {
    /// Draws the next 128 bits.
    fn draw(&mut self) -> (u64, u64);
}

/// The operating system's generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn draw(&mut self) -> (u64, u64) {
        let mut bytes = [0_u8; 16];
        let mut filled = 0;
        while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match rustix::rand::getrandom(rest, rustix::rand::GetRandomFlags::empty()) {
                Ok(count) => filled += count,
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => return unguessable_enough(),
            }
        }
        let both = u128::from_le_bytes(bytes);
        ((both >> 64) as u64, both as u64)
    }
}

/// Keys of the standard library's hasher: random per process, distinct per call. Reached only on a
/// kernel without the `getrandom` call.
fn unguessable_enough() -> (u64, u64) {
    use std::hash::{BuildHasher, RandomState};
    let draw = |salt: u64| RandomState::new().hash_one((salt, SystemClock.now_ms()));
    (draw(1), draw(2))
}

/// A reproducible generator (splitmix64) for tests, simulations and the component's own dice.
#[derive(Debug, Clone)]
pub struct SeededEntropy {
    state: u64,
}

impl SeededEntropy {
    /// Starts the sequence that belongs to `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Draws 64 bits.
    pub fn draw_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl Entropy for SeededEntropy {
    fn draw(&mut self) -> (u64, u64) {
        (self.draw_u64(), self.draw_u64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_of_a_manual_clock_show_the_same_time() {
        let clock = ManualClock::at(1_000);
        let shown = clock.clone();
        assert_eq!(clock.advance(500), 1_500);
        assert_eq!(shown.now_ms(), 1_500);
        clock.set(10);
        assert_eq!(shown.now_ms(), 10);
    }

    #[test]
    fn a_manual_clock_stops_at_the_end_of_time() {
        let clock = ManualClock::at(u64::MAX - 1);
        assert_eq!(clock.advance(10), u64::MAX);
        assert_eq!(clock.now_ms(), u64::MAX);
    }

    #[test]
    fn the_system_clock_is_later_than_its_author() {
        assert!(SystemClock.now_ms() > 1_700_000_000_000);
    }

    #[test]
    fn a_seed_repeats_its_sequence() {
        let drawn = |seed| {
            let mut dice = SeededEntropy::new(seed);
            [dice.draw(), dice.draw()]
        };
        assert_eq!(drawn(7), drawn(7));
        assert_ne!(drawn(7), drawn(8));
    }

    #[test]
    fn splitmix_matches_its_published_first_numbers() {
        let mut dice = SeededEntropy::new(1_234_567);
        assert_eq!(dice.draw_u64(), 6_457_827_717_110_365_317);
        assert_eq!(dice.draw_u64(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn system_entropy_does_not_repeat_itself() {
        let mut dice = SystemEntropy;
        assert_ne!(dice.draw(), dice.draw());
        assert_ne!(unguessable_enough(), unguessable_enough());
    }
}
