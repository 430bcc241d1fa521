//! The orchestrator without WebAssembly: the same engine over the same store backends, as one
//! program.
//!
//! It is what the component is measured against, so it does what the component's shell and the host
//! do between them, and nothing else. Invariant: every conversion here is one of field by field.

mod component;
mod convert;
mod words;

use aof_disk::StoreBackend;
use aof_engine::Engine;
use aof_store::port::{Blob, Listing, Mode, Op, Opening, Page, Store, StoreError};

pub use component::NativeComponent;

/// The engine over a store backend of the host.
pub type NativeEngine = Engine<NativePort>;

/// Makes an engine over a backend; it still has to be opened.
#[must_use]
pub fn engine(backend: Box<dyn StoreBackend>) -> NativeEngine {
    Engine::new(NativePort::new(backend))
}

/// The engine's port over a store backend of the host.
pub struct NativePort {
    backend: Box<dyn StoreBackend>,
}

impl NativePort {
    /// Puts the port before a backend.
    #[must_use]
    pub fn new(backend: Box<dyn StoreBackend>) -> Self {
        NativePort { backend }
    }
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
