//! The WebAssembly component: converts between the contract and the engine, and nothing else.
//!
//! The only crate that knows WIT. Invariant: no decision is taken here.

mod bindings;
mod convert;
mod export;
mod memory;
mod store;
