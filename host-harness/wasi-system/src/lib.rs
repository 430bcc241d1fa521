//! The system beneath the store as a component, over the files of WASI: for hosts that give a
//! directory and nothing else.
//!
//! One call of WASI a function, as far as it has one; nothing is decided, retried or ordered here.
//! Invariant: every name is looked up in an open directory and never followed, so nothing outside
//! the directory that the host gave is reached.

#![cfg(target_family = "wasm")]

mod bindings;
mod errno;
mod flush;
mod open;
mod serve;
mod status;
mod table;
