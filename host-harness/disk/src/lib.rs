//! Store backends: the files that the component sees, with their lock, batches and news.
//!
//! Never knows what a card is and never decides anything about tasks. Invariant: a batch is checked
//! as a whole before its first change, and only the holder of the writer's lock changes anything.

mod backend;
pub mod contract;
mod dirty;
mod flush;
pub mod limit;
mod local;
mod memory;
mod news;
mod overlay;
mod path;
mod stamp;
mod step;

pub use backend::StoreBackend;
pub use dirty::{Dirty, DirtySet, NAMES_MAX, Wake};
pub use flush::{Durability, FlushCount};
#[cfg(not(target_family = "wasm"))]
pub use local::{Hold, LocalStoreError, Native, is_leased};
pub use local::{LocalStore, OpenHow, RawEntry, Reached, Status, Surveyed, System, Whole};
pub use memory::{MemoryDisk, MemoryStore};
pub use path::RelPath;
pub use rustix::io::Errno;
pub use stamp::Node;
pub use step::{EPOCH_PATH, HELD_PATH, LOCK_PATH, OWNER_PATH};

pub use crate::contract::Stamp;
