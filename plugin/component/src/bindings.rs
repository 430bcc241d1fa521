//! The contract as Rust types, generated from `wit/`.

wit_bindgen::generate!({
    path: "../../wit",
    world: "orchestrator",
    pub_export_macro: true,
});
