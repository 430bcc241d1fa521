//! The contract's `store` interface as Rust types, generated from `wit/`: for a host that
//! implements it beside wasmtime, and for a component that implements it for others.
#![expect(
    missing_docs,
    reason = "generated from wit/, which carries the documentation"
)]

#[cfg(not(target_family = "wasm"))]
mod generated {
    wasmtime::component::bindgen!({
        path: "../../wit",
        inline: "package aof:disk@0.1.0; world host { import aof:orchestrator/store@0.1.0; }",
        world: "aof:disk/host",
        imports: { default: trappable },
    });
    pub use aof::orchestrator::{store, types};
}

#[cfg(not(target_family = "wasm"))]
pub use generated::{store, store::*, types};

#[cfg(target_family = "wasm")]
mod generated {
    wit_bindgen::generate!({
        path: ["../../wit", "wit"],
        world: "aof:disk/component",
        pub_export_macro: true,
        default_bindings_module: "aof_disk::contract",
        generate_all,
    });
}

#[cfg(target_family = "wasm")]
pub use generated::{aof::disk::system, export, exports, exports::aof::orchestrator::store::*};
