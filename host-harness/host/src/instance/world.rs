//! Clocks, dice and standard streams as the guest sees them.
//!
//! Time is the `now` of the current call, the dice are seeded by its entropy, sleeping is over at
//! once, and there is nothing to read. Invariant: no function here waits, so the deadline of a call
//! holds whatever the guest does.

use wasmtime::component::Resource;
use wasmtime_wasi::p2::bindings::cli::{stderr, stdin, stdout};
use wasmtime_wasi::p2::bindings::clocks::monotonic_clock;
use wasmtime_wasi::p2::bindings::clocks::wall_clock::{self, Datetime};
use wasmtime_wasi::p2::bindings::random::{insecure, insecure_seed, random};
use wasmtime_wasi::p2::pipe::ClosedInputStream;
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, DynPollable, Pollable, subscribe};

use super::HostState;
use crate::clock::Entropy;

const NS_PER_MS: u64 = 1_000_000;
const RANDOM_BYTES_MAX: u64 = 1 << 20;

impl wall_clock::Host for HostState {
    fn now(&mut self) -> wasmtime::Result<Datetime> {
        Ok(datetime(self.now_ms))
    }

    fn resolution(&mut self) -> wasmtime::Result<Datetime> {
        Ok(datetime(1))
    }
}

fn datetime(ms: u64) -> Datetime {
    let nanoseconds = u32::try_from(ms % 1_000 * NS_PER_MS).unwrap_or_default();
    Datetime {
        seconds: ms / 1_000,
        nanoseconds,
    }
}

impl monotonic_clock::Host for HostState {
    fn now(&mut self) -> wasmtime::Result<u64> {
        Ok(self.now_ms.saturating_mul(NS_PER_MS))
    }

    fn resolution(&mut self) -> wasmtime::Result<u64> {
        Ok(NS_PER_MS)
    }

    fn subscribe_instant(&mut self, _when: u64) -> wasmtime::Result<Resource<DynPollable>> {
        self.subscribe_at_once()
    }

    fn subscribe_duration(&mut self, _ns: u64) -> wasmtime::Result<Resource<DynPollable>> {
        self.subscribe_at_once()
    }
}

/// A moment that has always come already.
struct AtOnce;

#[wasmtime_wasi::async_trait]
impl Pollable for AtOnce {
    async fn ready(&mut self) {}
}

impl HostState {
    fn subscribe_at_once(&mut self) -> wasmtime::Result<Resource<DynPollable>> {
        let moment = self.table().push(AtOnce)?;
        subscribe(self.table(), moment)
    }

    fn random_bytes(&mut self, len: u64) -> wasmtime::Result<Vec<u8>> {
        if len > RANDOM_BYTES_MAX {
            wasmtime::bail!("{len} random bytes are more than {RANDOM_BYTES_MAX}");
        }
        let len = usize::try_from(len)?;
        let mut bytes = Vec::with_capacity(len + size_of::<u64>());
        while bytes.len() < len {
            bytes.extend_from_slice(&self.dice.draw_u64().to_le_bytes());
        }
        bytes.truncate(len);
        Ok(bytes)
    }
}

impl random::Host for HostState {
    fn get_random_bytes(&mut self, len: u64) -> wasmtime::Result<Vec<u8>> {
        self.random_bytes(len)
    }

    fn get_random_u64(&mut self) -> wasmtime::Result<u64> {
        Ok(self.dice.draw_u64())
    }
}

impl insecure::Host for HostState {
    fn get_insecure_random_bytes(&mut self, len: u64) -> wasmtime::Result<Vec<u8>> {
        self.random_bytes(len)
    }

    fn get_insecure_random_u64(&mut self) -> wasmtime::Result<u64> {
        Ok(self.dice.draw_u64())
    }
}

impl insecure_seed::Host for HostState {
    fn insecure_seed(&mut self) -> wasmtime::Result<(u64, u64)> {
        Ok(self.dice.draw())
    }
}

impl stdin::Host for HostState {
    fn get_stdin(&mut self) -> wasmtime::Result<Resource<DynInputStream>> {
        let nothing: DynInputStream = Box::new(ClosedInputStream);
        Ok(self.table().push(nothing)?)
    }
}

impl stdout::Host for HostState {
    fn get_stdout(&mut self) -> wasmtime::Result<Resource<DynOutputStream>> {
        let output: DynOutputStream = Box::new(self.output.clone());
        Ok(self.table().push(output)?)
    }
}

impl stderr::Host for HostState {
    fn get_stderr(&mut self) -> wasmtime::Result<Resource<DynOutputStream>> {
        stdout::Host::get_stdout(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::Limits;

    fn state(now_ms: u64) -> HostState {
        let mut state = HostState::new(None, &Limits::default());
        state.now_ms = now_ms;
        state
    }

    #[test]
    fn both_clocks_tell_the_time_of_the_call() {
        let mut state = state(1_700_000_000_123);
        let wall = wall_clock::Host::now(&mut state).expect("wall");
        assert_eq!(
            (wall.seconds, wall.nanoseconds),
            (1_700_000_000, 123_000_000)
        );
        let monotonic = monotonic_clock::Host::now(&mut state).expect("monotonic");
        assert_eq!(monotonic, 1_700_000_000_123 * NS_PER_MS);
    }

    #[test]
    fn the_end_of_time_does_not_overflow() {
        let mut state = state(u64::MAX);
        assert!(wall_clock::Host::now(&mut state).is_ok());
        assert_eq!(
            monotonic_clock::Host::now(&mut state).expect("monotonic"),
            u64::MAX
        );
    }

    #[test]
    fn random_bytes_have_the_length_asked_for_up_to_a_limit() {
        let mut state = state(0);
        for len in [0, 1, 8, 13, RANDOM_BYTES_MAX] {
            let bytes = state.random_bytes(len).expect("bytes");
            assert_eq!(bytes.len() as u64, len);
        }
        assert!(state.random_bytes(RANDOM_BYTES_MAX + 1).is_err());
        assert!(state.random_bytes(u64::MAX).is_err());
    }

    #[test]
    fn handles_are_bounded() {
        let mut state = state(0);
        let limit = Limits::default().handles_max;
        let refused = (0..=limit).find(|_| state.subscribe_at_once().is_err());
        assert!(refused.is_some());
    }
}
