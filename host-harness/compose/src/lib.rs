//! Components put together, for hosts that cannot give a store of their own.
//!
//! Never runs one of them.

mod compose;

pub use compose::{DISK_WASM, ORCHESTRATOR_WASM, over_a_system, portable, portable_store};
