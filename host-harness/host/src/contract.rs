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
    with: {
        "aof:orchestrator/store@0.1.0": aof_disk::contract::store,
        "aof:orchestrator/types@0.1.0": aof_disk::contract::types,
    },
});

pub use aof_disk::contract::{store, types};
pub use exports::aof::orchestrator::{hooks, lifecycle, scheduler, tools, views};
