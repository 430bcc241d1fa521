//! The store over the files of WASI, as a backend.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::OnceLock;

use aof_disk::StoreBackend;
use aof_host::contract::store::{Blob, IoFailure, Listing, Mode, Op, Page, Session, StoreError};
use wasmtime::Store;
use wasmtime::component::{Component, ComponentNamedList, Instance, Lift, Lower, TypedFunc};

use super::host::{Died, Flushes, Host, Strings, engine, instance};

const STORE: &str = "aof:orchestrator/store@0.1.0";

fn component() -> &'static Component {
    static COMPONENT: OnceLock<Component> = OnceLock::new();
    COMPONENT.get_or_init(|| {
        let bytes = aof_compose::portable_store().unwrap();
        Component::new(engine(), bytes).unwrap()
    })
}

/// An instance of its own, which dies only where it may be changing something.
///
/// Dropping it lets go of the lock, unless it is dead.
pub struct PortableStore {
    store: Store<Host>,
    instance: Instance,
    strings: Strings,
    is_dead: bool,
}

impl PortableStore {
    pub fn new(root: &Path) -> Self {
        Self::over(root, Flushes::OfTheHost)
    }

    /// One whose flushes the test sees, and lets fail.
    pub fn flushed_by_hand(root: &Path) -> Self {
        Self::over(root, Flushes::ByHand)
    }

    fn over(root: &Path, flushes: Flushes) -> Self {
        let (store, instance, strings) = instance(component(), (Some(root), flushes), &[]);
        Self {
            store,
            instance,
            strings,
            is_dead: false,
        }
    }

    /// What the test has in its hand of the host.
    pub fn strings(&self) -> Strings {
        self.strings.clone()
    }

    fn call<P, R>(&mut self, name: &str, params: P) -> Result<R, StoreError>
    where
        P: ComponentNamedList + Lower,
        R: Send + Sync + 'static,
        (Result<R, StoreError>,): ComponentNamedList + Lift,
    {
        if self.is_dead {
            return Err(dead());
        }
        // So that files are always looked at anew.
        self.strings.tick();
        self.strings.count(matches!(name, "open" | "commit"));
        let (_, store) = self
            .instance
            .get_export(&mut self.store, None, STORE)
            .unwrap();
        let (_, call) = self
            .instance
            .get_export(&mut self.store, Some(&store), name)
            .unwrap();
        let call: TypedFunc<P, (Result<R, StoreError>,)> =
            self.instance.get_typed_func(&mut self.store, call).unwrap();
        let called = catch_unwind(AssertUnwindSafe(|| call.call(&mut self.store, params)));
        match called {
            Ok(answer) => answer.unwrap().0,
            Err(why) if why.is::<Died>() => {
                self.is_dead = true;
                Err(dead())
            }
            Err(why) => std::panic::resume_unwind(why),
        }
    }
}

fn dead() -> StoreError {
    StoreError::Io(IoFailure {
        path: String::new(),
        message: "the host is dead".to_owned(),
    })
}

impl Drop for PortableStore {
    fn drop(&mut self) {
        if !self.is_dead {
            self.open(Mode::Reader).map(drop).unwrap_or_default();
        }
    }
}

impl StoreBackend for PortableStore {
    fn open(&mut self, mode: Mode) -> Result<Session, StoreError> {
        self.call("open", (mode,))
    }

    fn changes(&mut self, cursor: u64, limit: u32) -> Result<Page, StoreError> {
        self.call("changes", (cursor, limit))
    }

    fn list(&mut self, dirs: &[String], watch: bool) -> Result<Vec<Listing>, StoreError> {
        self.call("list", (dirs, watch))
    }

    fn read(&mut self, paths: &[String], bytes_max: u64) -> Result<Vec<Blob>, StoreError> {
        self.call("read", (paths, bytes_max))
    }

    fn commit(&mut self, batch: &[Op], epoch: u64) -> Result<u64, StoreError> {
        self.call("commit", (batch, epoch))
    }
}
