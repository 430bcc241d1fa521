//! The store as a WebAssembly component: the very code that the host of this repository runs, over
//! the system that another host imports into it.
//!
//! Converts, and nothing else. Invariant: no decision is taken here.

#![cfg(target_family = "wasm")]

mod imported;
mod serve;
