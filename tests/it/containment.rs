//! What a component can reach of the machine, and what it can do to its host: nothing.
//!
//! The first part looks at the component that ships; the others let a guest with bad manners
//! (`tests/guests/`) try.

mod behaviour;
mod image;
mod raid;
mod stage;
mod surroundings;

use aof_host::image::{CONTRACT_VERSION, EMBEDDED_WASM, IMPORTS_ALLOWED, Image};

#[test]
fn the_shipped_component_imports_our_store_and_harmless_wasi_only() {
    let image = Image::embedded(None).expect("shipped component");
    let (ours, wasi): (Vec<_>, Vec<_>) = image
        .imports()
        .iter()
        .map(String::as_str)
        .partition(|name| name.starts_with("aof:"));

    let store = format!("aof:orchestrator/store@{CONTRACT_VERSION}");
    let types = format!("aof:orchestrator/types@{CONTRACT_VERSION}");
    assert!(ours.contains(&store.as_str()), "{ours:?}");
    assert!(
        ours.iter().all(|name| *name == store || *name == types),
        "{ours:?}"
    );
    for import in wasi {
        let (name, version) = import.split_once('@').expect("version");
        assert!(IMPORTS_ALLOWED.contains(&name), "{import}");
        assert!(version.starts_with("0.2."), "{import}");
        assert!(
            !name.contains("socket") && !name.contains("http"),
            "{import}"
        );
    }
}

#[test]
fn the_shipped_component_stays_below_two_mebibytes() {
    assert!(
        EMBEDDED_WASM.len() <= 2 << 20,
        "{} bytes",
        EMBEDDED_WASM.len()
    );
}
