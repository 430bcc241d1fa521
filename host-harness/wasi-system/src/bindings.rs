//! What is exported, generated from `host-harness/disk/wit`.

wit_bindgen::generate!({
    path: ["../../wit", "../disk/wit"],
    world: "aof:disk/wasi-system",
    pub_export_macro: true,
    generate_all,
});
