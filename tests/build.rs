//! Builds the guest programs of the tests, so that a guest that does not compile fails the build,
//! and looks whether Node is there for the tests that need it.

#[path = "../host-harness/host/build/nested.rs"]
mod nested;

use std::env;
use std::path::PathBuf;

const GUEST: &str = "aof_guest.wasm";

/// The program, and the folder with the component of the store as it runs there.
const NODE: [&str; 2] = ["AOF_NODE", "AOF_NODE_STORE"];

fn main() {
    if let Err(message) = run() {
        println!("cargo::error={message}");
    }
}

fn run() -> Result<(), String> {
    let variable = |name: &str| env::var(name).map_err(|error| format!("{name}: {error}"));
    let out_dir = PathBuf::from(variable("OUT_DIR")?);
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let sources = [
        "guests/src",
        "guests/Cargo.toml",
        "guests/Cargo.lock",
        "../wit",
        "build.rs",
    ];
    for source in sources {
        println!("cargo::rerun-if-changed={}", root.join(source).display());
    }
    let target_dir = nested::outer_target_dir(&out_dir).join("guests");
    nested::build(&root.join("guests"), &target_dir, &[])?;
    let guest = target_dir.join(nested::TARGET).join("debug").join(GUEST);
    println!("cargo::rustc-env=AOF_GUEST_WASM={}", guest.display());
    look_for_node()
}

/// Without Node its tests are reported as ignored; half of what they need is a mistake.
fn look_for_node() -> Result<(), String> {
    println!("cargo::rustc-check-cfg=cfg(has_node)");
    for variable in NODE {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    let found = NODE.map(|variable| env::var_os(variable).is_some());
    match found {
        [true, true] => println!("cargo::rustc-cfg=has_node"),
        [false, false] => {}
        _ => return Err(format!("{} go together", NODE.join(" and "))),
    }
    Ok(())
}
