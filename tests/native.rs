//! The orchestrator without WebAssembly, as the simulation has it, for tests and benches.
//!
//! Nothing of its own: what is tested here is that it works over a fixture. Invariant: one
//! conversion between the contract and the engine's port, in `aof_sim::native`.

use aof_disk::StoreBackend;
pub use aof_sim::native::{NativeEngine, NativePort, engine};

/// The port of the plugin rooms over a store backend of the host.
#[must_use]
pub fn port(backend: Box<dyn StoreBackend>) -> NativePort {
    NativePort::new(backend)
}

#[cfg(test)]
mod tests {
    use aof_core::caller::{Caller, Context};
    use aof_core::instant::Instant;
    use aof_disk::MemoryDisk;
    use aof_engine::{Config, PollMode};

    use super::*;
    use crate::fixture::{Fixture, MADE_AT_MS, Mix, Room};

    fn ctx(roll: u64) -> Context {
        Context {
            now: Instant::from_ms(MADE_AT_MS),
            entropy: (roll, !roll),
            caller: Caller::Host,
        }
    }

    fn opened(fixture: &Fixture) -> NativeEngine {
        let disk = MemoryDisk::new();
        fixture.lay_in_memory(&disk).expect("written");
        let mut engine = engine(Box::new(disk.store()));
        let opened = engine.open(&ctx(1), &Config::default()).expect("opens");
        assert_eq!(opened.quarantined, []);
        assert_eq!(opened.repaired, Vec::<String>::new());
        engine
    }

    #[test]
    fn a_full_fixture_has_nothing_to_start_and_nothing_due() {
        let mut engine = opened(&Fixture::new(100, Mix::PEER));
        let outcome = engine.poll(&ctx(2), PollMode::Act).expect("polls");
        assert_eq!(outcome.effects, []);
        assert_eq!(outcome.events, []);
        // The limit of an hour in progress.
        let due = engine.next_due().expect("something in progress");
        assert!(due.since_ms(ctx(2).now) > 60_000, "{due}");
    }

    #[test]
    fn a_free_fixture_starts_ten_tasks_a_poll() {
        let mut engine = opened(&Fixture::new(100, Mix::PEER).room(Room::Free));
        for roll in [2, 3] {
            let outcome = engine.poll(&ctx(roll), PollMode::Act).expect("polls");
            assert_eq!(outcome.effects.len(), 10);
        }
        let outcome = engine.poll(&ctx(4), PollMode::Act).expect("polls");
        assert_eq!(outcome.effects, []);
    }

    #[test]
    fn history_alone_is_an_idle_store() {
        let mut engine = opened(&Fixture::new(100, Mix::FINISHED));
        let outcome = engine.poll(&ctx(2), PollMode::Act).expect("polls");
        assert!(
            outcome.value.contains("\"no_ready_tasks\""),
            "{}",
            outcome.value
        );
    }
}
