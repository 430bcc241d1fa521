//! One running component over one store: calls go in, answers or classified failures come out.
//!
//! An instance decides nothing and knows no tool. Every call is bounded in memory and time.
//! Invariant: an instance whose call trapped is never entered again; `recover` drops it, keeps the
//! store backend, and opens a new one.

mod error;
mod exports;
mod limit;
mod output;
mod state;
mod world;

use wasmtime::Store;

pub use error::CallError;
pub use limit::Limits;
pub use state::HostState;

use crate::contract::Orchestrator;
use crate::contract::lifecycle::{Config, Opened};
use crate::contract::types::{Ctx, Error};
use crate::image::{Image, TICK_MS};
use aof_disk::StoreBackend;

/// A running component. It is driven by one thread at a time.
pub struct Instance {
    image: Image,
    limits: Limits,
    config: Config,
    store: Guest,
    /// None as long as no component could be started, and after a trap.
    orchestrator: Option<Orchestrator>,
}

impl Instance {
    /// Starts the component over `backend` and opens the store.
    ///
    /// # Errors
    /// `Refused` with the component's own error if the store cannot be opened (and then the backend
    /// is dropped); the other variants if the component failed.
    pub fn open(
        image: &Image,
        backend: Box<dyn StoreBackend>,
        limits: Limits,
        ctx: &Ctx,
        config: &Config,
    ) -> Result<(Self, Opened), CallError> {
        let store = new_store(image, &limits, Some(backend));
        let (image, config) = (image.clone(), config.clone());
        let mut instance = Self {
            image,
            limits,
            config,
            store,
            orchestrator: None,
        };
        instance.start(ctx)?;
        let opened = instance.open_store(ctx)?;
        Ok((instance, opened))
    }

    /// Drops the running component with everything it remembers, keeps the backend, and opens the
    /// store again with the same configuration. Also allowed when nothing is wrong.
    ///
    /// # Errors
    /// Like `open`; the instance then stays poisoned and may be recovered again.
    pub fn recover(&mut self, ctx: &Ctx) -> Result<Opened, CallError> {
        self.orchestrator = None;
        let backend = self.store.data_mut().take_backend();
        self.store = new_store(&self.image, &self.limits, backend);
        self.start(ctx)?;
        let opened = self.open_store(ctx);
        if opened.is_err() {
            self.orchestrator = None;
        }
        opened
    }

    /// True after a trap: every call but `recover` is refused.
    #[must_use]
    pub fn is_poisoned(&self) -> bool {
        self.orchestrator.is_none()
    }

    /// Bytes of linear memory that the component uses.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.store.data().memory.used_bytes()
    }

    fn start(&mut self, ctx: &Ctx) -> Result<(), CallError> {
        let call = Call {
            export: "start",
            ctx: Some(ctx),
            ms_max: self.limits.call_ms_max,
        };
        self.store.data_mut().is_writer = !self.config.read_only;
        let image = self.image.clone();
        let started = self.bounded(&call, |_, store| image.pre().instantiate(store))?;
        self.orchestrator = Some(started);
        Ok(())
    }

    fn open_store(&mut self, ctx: &Ctx) -> Result<Opened, CallError> {
        let config = self.config.clone();
        let ms_max = self.limits.open_ms_max;
        let call = Call {
            export: "lifecycle.open",
            ctx: Some(ctx),
            ms_max,
        };
        self.ask(&call, |world, store| {
            world
                .aof_orchestrator_lifecycle()
                .call_open(store, ctx, &config)
        })
    }

    /// Calls an export that may refuse.
    fn ask<R>(
        &mut self,
        call: &Call<'_>,
        run: impl FnOnce(&Orchestrator, &mut Guest) -> wasmtime::Result<Result<R, Error>>,
    ) -> Result<R, CallError> {
        self.enter(call, run)?.map_err(CallError::Refused)
    }

    /// Calls an export of the running component.
    fn enter<R>(
        &mut self,
        call: &Call<'_>,
        run: impl FnOnce(&Orchestrator, &mut Guest) -> wasmtime::Result<R>,
    ) -> Result<R, CallError> {
        if self.is_poisoned() {
            return Err(CallError::Poisoned);
        }
        self.bounded(call, |world, store| match world {
            Some(world) => run(world, store),
            None => Err(wasmtime::Error::msg("no running component")),
        })
    }

    /// Runs guest code within the limits; a failure of any kind ends this component's life.
    fn bounded<R>(
        &mut self,
        call: &Call<'_>,
        run: impl FnOnce(Option<&Orchestrator>, &mut Guest) -> wasmtime::Result<R>,
    ) -> Result<R, CallError> {
        self.store.data_mut().begin(call.ctx);
        self.store
            .set_epoch_deadline(call.ms_max.div_ceil(TICK_MS).saturating_add(1));
        let beat = self.image.ticker().beat();
        let result = run(self.orchestrator.as_ref(), &mut self.store);
        drop(beat);
        self.store.data_mut().output.flush();
        result.map_err(|cause| {
            self.orchestrator = None;
            CallError::classify(call, &cause, self.store.data())
        })
    }
}

/// The store of wasmtime, not ours: memory, tables and state of one running component.
type Guest = Store<HostState>;

/// What all calls have in common.
struct Call<'a> {
    /// `interface.function`, for messages.
    export: &'static str,
    ctx: Option<&'a Ctx>,
    ms_max: u64,
}

fn new_store(image: &Image, limits: &Limits, backend: Option<Box<dyn StoreBackend>>) -> Guest {
    let mut store = Store::new(image.pre().engine(), HostState::new(backend, limits));
    store.limiter(|state| &mut state.memory);
    store
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_move_between_threads_and_images_are_shared() {
        fn moves<T: Send>() {}
        fn shared<T: Sync>() {}
        moves::<Instance>();
        moves::<Image>();
        shared::<Image>();
    }
}
