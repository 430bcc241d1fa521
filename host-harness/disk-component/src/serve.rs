//! What is exported: one store for each instance, made when it is first asked for.
//!
//! Never holds a decision. Invariant: every call goes to the same store.

use std::cell::RefCell;
use std::time::Duration;

use aof_disk::contract::exports::aof::orchestrator::store::Guest;
use aof_disk::contract::{Blob, Listing, Mode, Op, Page, Session, StoreError};
use aof_disk::{Durability, LocalStore, StoreBackend};

use crate::imported::Imported;

thread_local! {
    static STORE: RefCell<Option<LocalStore<Imported>>> = const { RefCell::new(None) };
}

/// Runs `act` on the one store of this instance.
fn with<T>(act: impl FnOnce(&mut LocalStore<Imported>) -> T) -> T {
    STORE.with_borrow_mut(|store| act(store.get_or_insert_with(stand)))
}

fn stand() -> LocalStore<Imported> {
    let system = Imported::default();
    let durability = if system.identity().relaxed {
        Durability::Relaxed
    } else {
        Durability::Full
    };
    let sweep_interval = Duration::from_millis(system.identity().sweep_interval_ms);
    LocalStore::over(system)
        .durability(durability)
        .sweep_interval(sweep_interval)
}

struct Component;

impl Guest for Component {
    fn open(mode: Mode) -> Result<Session, StoreError> {
        with(|store| store.open(mode))
    }

    fn changes(cursor: u64, limit: u32) -> Result<Page, StoreError> {
        with(|store| store.changes(cursor, limit))
    }

    fn list(dirs: Vec<String>, watch: bool) -> Result<Vec<Listing>, StoreError> {
        with(|store| store.list(&dirs, watch))
    }

    fn read(paths: Vec<String>, bytes_max: u64) -> Result<Vec<Blob>, StoreError> {
        with(|store| store.read(&paths, bytes_max))
    }

    fn commit(batch: Vec<Op>, epoch: u64) -> Result<u64, StoreError> {
        with(|store| store.commit(&batch, epoch))
    }
}

aof_disk::contract::export!(Component);
