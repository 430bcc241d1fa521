//! The contract as Rust types, generated from `wit/`.
//!
//! Everything in this crate that crosses the boundary uses these types; nothing is mirrored by
//! hand.
#![expect(
    missing_docs,
    reason = "generated from wit/, which carries the documentation"
)]

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "orchestrator",
    imports: { default: trappable },
});

pub use aof::orchestrator::{store, types};
pub use exports::aof::orchestrator::{hooks, lifecycle, scheduler, tools, views};
