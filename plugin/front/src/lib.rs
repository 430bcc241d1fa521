//! Front ends: ways in which work comes into a store other than through a tool.
//!
//! Reads and writes through the store port only. Never runs beside a session: whoever uses this
//! room holds the writer's lock alone.

pub mod migrate;

pub use aof_store::port;
pub use aof_store::refusal::refusal_of;
