//! Builds the components that are put beside the orchestrator, so that what is composed comes from
//! one source tree.

#[path = "../host/build/nested.rs"]
mod nested;

use std::env;
use std::path::{Path, PathBuf};

/// Everything that can change what is built here.
const SOURCES: [&str; 9] = [
    "wit",
    "Cargo.lock",
    "Cargo.toml",
    "host-harness/disk",
    "host-harness/disk-component",
    "host-harness/wasi-system",
    "host-harness/embedded",
    "host-harness/compose/build.rs",
    "host-harness/host/build/nested.rs",
];

/// A package, and the variable that says where its component lies.
const COMPONENTS: [(&str, &str); 3] = [
    ("aof-disk-component", "AOF_DISK_WASM"),
    ("aof-wasi-system", "AOF_WASI_SYSTEM_WASM"),
    ("aof-embedded", "AOF_EMBEDDED_WASM"),
];

fn main() {
    if let Err(message) = run() {
        println!("cargo::error={message}");
    }
}

fn run() -> Result<(), String> {
    let variable = |name: &str| env::var(name).map_err(|error| format!("{name}: {error}"));
    let out_dir = PathBuf::from(variable("OUT_DIR")?);
    let workspace = PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join("../..");
    for source in SOURCES {
        println!(
            "cargo::rerun-if-changed={}",
            workspace.join(source).display()
        );
    }
    let target_dir = nested::outer_target_dir(&out_dir).join("component");
    for (package, name) in COMPONENTS {
        let built = component(&workspace, &target_dir, package)?;
        println!("cargo::rustc-env={name}={}", built.display());
    }
    Ok(())
}

fn component(workspace: &Path, target_dir: &Path, package: &str) -> Result<PathBuf, String> {
    let arguments = [
        &["-p", package, "--profile", "component"][..],
        &["--", "-C", "link-arg=--compress-relocations"],
    ];
    nested::build(workspace, target_dir, &arguments.concat())?;
    let file = format!("component/{}.wasm", package.replace('-', "_"));
    Ok(target_dir.join(nested::TARGET).join(file))
}
