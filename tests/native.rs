//! The orchestrator without WebAssembly: the same engine over the same store backends, as one
//! program.
//!
//! It is what the component is measured against, so it does what the component's shell and the host
//! do between them, and nothing else. Invariant: every conversion here is one of field by field.

mod convert;

use aof_engine::Engine;
use aof_host::store::StoreBackend;
use aof_store::port::{Blob, Listing, Mode, Op, Opening, Page, Store, StoreError};

/// The engine over a store backend of the host.
pub type NativeEngine = Engine<NativePort>;

/// Makes an engine over a backend; it still has to be opened.
#[must_use]
pub fn engine(backend: Box<dyn StoreBackend>) -> NativeEngine {
    Engine::new(NativePort { backend })
}

/// The port of the plugin rooms over a store backend of the host.
#[must_use]
pub fn port(backend: Box<dyn StoreBackend>) -> NativePort {
    NativePort { backend }
}

/// The engine's port over a store backend of the host.
pub struct NativePort {
    backend: Box<dyn StoreBackend>,
}

impl std::fmt::Debug for NativePort {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NativePort").finish_non_exhaustive()
    }
}

impl Store for NativePort {
    fn open(&mut self, mode: Mode) -> Result<Opening, StoreError> {
        let session = self.backend.open(convert::mode(mode));
        session.map(convert::opening).map_err(convert::error)
    }

    fn changes(&mut self, cursor: u64, limit: u32) -> Result<Page, StoreError> {
        let page = self.backend.changes(cursor, limit);
        page.map(convert::page).map_err(convert::error)
    }

    fn list(&mut self, dirs: &[String], watch: bool) -> Result<Vec<Listing>, StoreError> {
        let listings = self.backend.list(dirs, watch).map_err(convert::error)?;
        Ok(listings.into_iter().map(convert::listing).collect())
    }

    fn read(&mut self, paths: &[String], bytes_max: u64) -> Result<Vec<Blob>, StoreError> {
        let blobs = self
            .backend
            .read(paths, bytes_max)
            .map_err(convert::error)?;
        Ok(blobs.into_iter().map(convert::blob).collect())
    }

    fn commit(&mut self, batch: Vec<Op>, epoch: u64) -> Result<u64, StoreError> {
        let batch: Vec<_> = batch.into_iter().map(convert::op).collect();
        self.backend.commit(&batch, epoch).map_err(convert::error)
    }
}

#[cfg(test)]
mod tests {
    use aof_core::caller::{Caller, Context};
    use aof_core::instant::Instant;
    use aof_engine::{Config, PollMode};
    use aof_host::store::MemoryDisk;

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
        assert_eq!(engine.next_due(), Some(Instant::MAX));
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
