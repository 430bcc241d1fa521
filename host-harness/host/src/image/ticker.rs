//! The heartbeat that lets the engine interrupt a guest which takes too long.
//!
//! It never interrupts by itself: each call sets its own deadline in ticks. Invariants: while any
//! call is under way the epoch advances every [`TICK_MS`]; while none is, the thread sleeps and the
//! machine is left alone; the thread ends with its image.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use wasmtime::Engine;

use super::ImageError;

/// Milliseconds between two ticks.
pub(crate) const TICK_MS: u64 = 10;

/// Ticks without a call after which the thread goes to sleep.
const IDLE_TICKS_MAX: u32 = 100;

/// Owns the ticking thread.
pub(crate) struct Ticker {
    pulse: Arc<Pulse>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Pulse {
    calls: AtomicU32,
    asleep: AtomicBool,
    ended: AtomicBool,
}

/// A call under way; ticking goes on until it is dropped.
pub(crate) struct Beat<'a>(&'a Pulse);

impl Ticker {
    /// Starts the thread, asleep.
    pub(super) fn start(engine: &Engine) -> Result<Self, ImageError> {
        let pulse = Arc::new(Pulse::default());
        let (shared, engine) = (Arc::clone(&pulse), engine.clone());
        let thread = thread::Builder::new()
            .name("aof-ticker".to_owned())
            .spawn(move || tick(&shared, &engine))
            .map_err(|cause| ImageError::Engine {
                cause: cause.into(),
            })?;
        Ok(Self {
            pulse,
            thread: Some(thread),
        })
    }

    /// Keeps ticking until the answer is dropped.
    pub(crate) fn beat(&self) -> Beat<'_> {
        self.pulse.calls.fetch_add(1, Ordering::SeqCst);
        if self.pulse.asleep.load(Ordering::SeqCst) {
            self.wake();
        }
        Beat(&self.pulse)
    }

    fn wake(&self) {
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

impl Drop for Beat<'_> {
    fn drop(&mut self) {
        self.0.calls.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.pulse.ended.store(true, Ordering::SeqCst);
        self.wake();
        if let Some(Err(_)) = self.thread.take().map(JoinHandle::join) {
            tracing::error!("the ticker thread panicked");
        }
    }
}

fn tick(pulse: &Pulse, engine: &Engine) {
    let mut idle_ticks = 0;
    while !pulse.ended.load(Ordering::SeqCst) {
        if idle_ticks < IDLE_TICKS_MAX {
            thread::park_timeout(Duration::from_millis(TICK_MS));
            engine.increment_epoch();
            idle_ticks += 1;
        } else {
            sleep_until_called(pulse);
            idle_ticks = 0;
        }
        if pulse.calls.load(Ordering::SeqCst) > 0 {
            idle_ticks = 0;
        }
    }
}

/// Announces the sleep before it looks for calls a last time: a call that comes in between sees the
/// announcement and leaves a wake-up behind.
fn sleep_until_called(pulse: &Pulse) {
    pulse.asleep.store(true, Ordering::SeqCst);
    let wanted = || pulse.calls.load(Ordering::SeqCst) > 0 || pulse.ended.load(Ordering::SeqCst);
    while !wanted() {
        thread::park();
    }
    pulse.asleep.store(false, Ordering::SeqCst);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticker_ends_with_its_owner_even_when_asleep() {
        let engine = super::super::engine::new().expect("engine");
        let ticker = Ticker::start(&engine).expect("ticker");
        drop(ticker.beat());
        drop(ticker);
    }

    #[test]
    fn sleeping_ends_when_a_call_begins() {
        let pulse = Arc::new(Pulse::default());
        let sleeper = thread::spawn({
            let pulse = Arc::clone(&pulse);
            move || sleep_until_called(&pulse)
        });
        let ticker = Ticker {
            pulse: Arc::clone(&pulse),
            thread: Some(sleeper),
        };
        let beat = ticker.beat();
        assert_eq!(pulse.calls.load(Ordering::SeqCst), 1);
        drop(beat);
        drop(ticker);
    }
}
