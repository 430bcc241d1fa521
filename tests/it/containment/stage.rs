//! A stage for the rogue guest: one shared image, a store that only counts, a context.

#![expect(clippy::expect_used, reason = "a broken stage fails its test")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use aof_disk::StoreBackend;
use aof_host::contract::lifecycle::{Config, Opened};
use aof_host::contract::store::{Blob, Listing, Mode, Op, Page, Session, StoreError};
use aof_host::contract::tools::Reply;
use aof_host::contract::types::{Caller, Ctx};
use aof_host::image::Image;
use aof_host::instance::{CallError, Instance, Limits};

pub const GUEST_WASM: &[u8] = include_bytes!(env!("AOF_GUEST_WASM"));
pub const NOW_MS: u64 = 1_700_000_000_123;

/// The guest's image, compiled once for all tests.
pub fn guest() -> &'static Image {
    static GUEST: OnceLock<Image> = OnceLock::new();
    GUEST.get_or_init(|| Image::from_bytes(GUEST_WASM, None).expect("guest"))
}

/// A store without files. Its epoch is the number of openings; clones share it.
#[derive(Clone, Default)]
pub struct CountingStore {
    openings: Arc<AtomicU64>,
}

impl CountingStore {
    pub fn openings(&self) -> u64 {
        self.openings.load(Ordering::SeqCst)
    }
}

impl StoreBackend for CountingStore {
    fn open(&mut self, _mode: Mode) -> Result<Session, StoreError> {
        Ok(Session {
            epoch: self.openings.fetch_add(1, Ordering::SeqCst) + 1,
            boot: 1,
        })
    }

    fn changes(&mut self, cursor: u64, _limit: u32) -> Result<Page, StoreError> {
        Ok(Page {
            changes: Vec::new(),
            cursor,
            more: false,
        })
    }

    fn list(&mut self, _dirs: &[String], _watch: bool) -> Result<Vec<Listing>, StoreError> {
        Ok(Vec::new())
    }

    fn read(&mut self, _paths: &[String], _bytes_max: u64) -> Result<Vec<Blob>, StoreError> {
        Ok(Vec::new())
    }

    fn commit(&mut self, _batch: &[Op], epoch: u64) -> Result<u64, StoreError> {
        Err(StoreError::StaleEpoch(epoch))
    }
}

pub fn ctx(entropy: (u64, u64)) -> Ctx {
    Ctx {
        now: NOW_MS,
        entropy,
        caller: Caller::Host,
    }
}

pub fn config(overrides: Option<&str>) -> Config {
    Config {
        read_only: false,
        overrides: overrides.map(str::to_owned),
        origins: None,
        projects: None,
    }
}

/// Tight enough for tests that run into the limits to be quick.
pub fn tight() -> Limits {
    let memory_bytes_max = 32 << 20;
    Limits {
        call_ms_max: 100,
        open_ms_max: 100,
        memory_bytes_max,
        ..Limits::default()
    }
}

pub fn open_with(limits: Limits, misdeed: Option<&str>) -> Result<(Instance, Opened), CallError> {
    let store = Box::new(CountingStore::default());
    Instance::open(guest(), store, limits, &ctx((1, 2)), &config(misdeed))
}

pub fn open() -> Instance {
    open_with(Limits::default(), None).expect("opens").0
}

/// Asks the guest for something and returns what it answers.
pub fn ask(instance: &mut Instance, name: &str) -> Result<String, CallError> {
    instance
        .call_tool(&ctx((1, 2)), name, "the argument")
        .map(|reply| match reply {
            Reply::Done(outcome) => outcome.value,
            Reply::Pending(pending) => pending.token,
        })
}
