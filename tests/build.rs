//! Builds the guest programs of the tests, so that a guest that does not compile fails the build.

#[path = "../host-harness/host/build/nested.rs"]
mod nested;

use std::env;
use std::path::PathBuf;

const GUEST: &str = "aof_guest.wasm";

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
    Ok(())
}
