//! The embedded world as Rust types, generated from `wit/`.

wasmtime::component::bindgen!({
    path: "../wit",
    world: "embedded",
});
