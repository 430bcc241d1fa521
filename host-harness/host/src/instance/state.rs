//! What the host keeps beside one running component: the store backend and the empty WASI context.
//!
//! It adds nothing to the backend's answers and hides nothing of them. Invariant: whatever the
//! guest reads of time and dice comes from the `ctx` of the current call.

use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use super::limit::{Limits, Meter};
use super::output::Output;
use crate::clock::SeededEntropy;
use crate::contract::types::{self, Ctx};
use aof_disk::StoreBackend;
use aof_disk::contract::{self, Blob, IoFailure, Listing, Mode, Op, Page, Session, StoreError};

type Answer<T> = wasmtime::Result<Result<T, StoreError>>;

/// The host's side of one running component.
pub struct HostState {
    backend: Option<Box<dyn StoreBackend>>,
    /// Whether this component may open its store to write, whatever it asks for.
    pub(super) is_writer: bool,
    wasi: WasiCtx,
    table: ResourceTable,
    pub(super) memory: Meter,
    pub(super) output: Output,
    pub(super) now_ms: u64,
    pub(super) dice: SeededEntropy,
}

impl HostState {
    pub(super) fn new(backend: Option<Box<dyn StoreBackend>>, limits: &Limits) -> Self {
        let mut table = ResourceTable::new();
        table.set_max_capacity(limits.handles_max);
        Self {
            backend,
            is_writer: false,
            wasi: WasiCtx::builder().build(),
            table,
            memory: Meter::new(limits),
            output: Output::default(),
            now_ms: 0,
            dice: SeededEntropy::new(0),
        }
    }

    /// Sets the stage for one call; without a `ctx` time stands still and the dice roll on.
    pub(super) fn begin(&mut self, ctx: Option<&Ctx>) {
        self.memory.begin();
        self.output.begin();
        if let Some(ctx) = ctx {
            self.now_ms = ctx.now;
            self.dice = SeededEntropy::new(ctx.entropy.0 ^ ctx.entropy.1.rotate_left(32));
        }
    }

    pub(super) fn take_backend(&mut self) -> Option<Box<dyn StoreBackend>> {
        self.backend.take()
    }

    /// Handles that the guest holds.
    pub(crate) fn table(&mut self) -> &mut ResourceTable {
        &mut self.table
    }

    fn forward<T>(
        &mut self,
        call: impl FnOnce(&mut dyn StoreBackend) -> Result<T, StoreError>,
    ) -> Answer<T> {
        Ok(match self.backend.as_deref_mut() {
            Some(backend) => call(backend),
            None => Err(detached()),
        })
    }
}

fn detached() -> StoreError {
    StoreError::Io(IoFailure {
        path: String::new(),
        message: "no store is attached".to_owned(),
    })
}

impl WasiView for HostState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl types::Host for HostState {}

impl contract::Host for HostState {
    fn open(&mut self, mode: Mode) -> Answer<Session> {
        if mode == Mode::Writer && !self.is_writer {
            return Ok(Err(StoreError::ReadOnly(String::new())));
        }
        self.forward(|backend| backend.open(mode))
    }

    fn changes(&mut self, cursor: u64, limit: u32) -> Answer<Page> {
        self.forward(|backend| backend.changes(cursor, limit))
    }

    fn list(&mut self, dirs: Vec<String>, watch: bool) -> Answer<Vec<Listing>> {
        self.forward(|backend| backend.list(&dirs, watch))
    }

    fn read(&mut self, paths: Vec<String>, bytes_max: u64) -> Answer<Vec<Blob>> {
        self.forward(|backend| backend.read(&paths, bytes_max))
    }

    fn commit(&mut self, batch: Vec<Op>, epoch: u64) -> Answer<u64> {
        self.forward(|backend| backend.commit(&batch, epoch))
    }
}
