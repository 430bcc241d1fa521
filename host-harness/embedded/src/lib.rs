//! The front of the embedded world: typed calls, each of which opens the store, acts and closes it.
//!
//! Never decides: every call is one of a tool. Invariant: whatever was opened is closed again, also
//! if the call was refused.

#![cfg(target_family = "wasm")]

mod bindings;
mod context;
mod export;
mod visit;
