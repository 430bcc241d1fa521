//! Stores to test and to measure with, and the orchestrator without WebAssembly.
//!
//! Shared by the tests and the benches; nothing here is shipped. Invariant: the same call makes the
//! same files, byte for byte, on every machine.

pub mod fixture;
pub mod markers;
pub mod native;

pub use fixture::{Fixture, Mix, Room};
pub use markers::store_of;
