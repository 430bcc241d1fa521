//! The portable build in a host that gives a directory and nothing else: wasmtime with WASI.
//!
//! Never links anything but WASI. Invariant: the components are the ones that `aof-compose` writes.

mod bindings;
mod calls;
mod host;
mod store;

pub use host::Strings;
pub use store::PortableStore;
