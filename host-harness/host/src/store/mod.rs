//! Store backends: the files that the component sees, with their lock, batches and news.
//!
//! Never knows what a card is and never decides anything about tasks. Invariant: a batch is checked
//! as a whole before its first change, and only the holder of the writer's lock changes anything.

mod backend;
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
pub use flush::{Durability, FlushCount};
pub use local::{LocalStore, LocalStoreError, Native, OpenHow, RawEntry, Status, System};
pub use memory::{MemoryDisk, MemoryStore};
pub use path::RelPath;
pub use rustix::io::Errno;
pub use stamp::Node;
pub(crate) use step::{LOCK_PATH, OWNER_PATH};

pub use crate::contract::store::Stamp;
