//! Builds the component, so that every build of the host carries exactly the component of its own
//! source tree.
//!
//! `AOF_COMPONENT=<file>` takes a component that was built elsewhere instead. Invariant: what is
//! embedded, its digest and the contract version come from one run of this script.

#[path = "build/names.rs"]
mod names;
#[path = "build/nested.rs"]
mod nested;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// Relative to the workspace; everything that can change the component.
const SOURCES: [&str; 16] = [
    "wit",
    "Cargo.lock",
    "Cargo.toml",
    "rust-toolchain.toml",
    "plugin/core/src",
    "plugin/core/Cargo.toml",
    "plugin/yaml/src",
    "plugin/yaml/Cargo.toml",
    "plugin/codec/src",
    "plugin/codec/Cargo.toml",
    "plugin/store/src",
    "plugin/store/Cargo.toml",
    "plugin/engine/src",
    "plugin/engine/Cargo.toml",
    "plugin/component/src",
    "plugin/component/Cargo.toml",
];
const PREBUILT: &str = "AOF_COMPONENT";

fn main() {
    if let Err(message) = run() {
        println!("cargo::error={message}");
    }
}

fn run() -> Result<(), String> {
    let out_dir = PathBuf::from(variable("OUT_DIR")?);
    let workspace = PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join("../..");
    println!("cargo::rerun-if-env-changed={PREBUILT}");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build/names.rs");
    println!("cargo::rerun-if-changed=build/nested.rs");
    for source in SOURCES {
        println!(
            "cargo::rerun-if-changed={}",
            workspace.join(source).display()
        );
    }
    let built = match env::var_os(PREBUILT) {
        Some(path) => prebuilt(PathBuf::from(path)),
        None => component(&workspace, &out_dir)?,
    };
    embed(&built, &out_dir.join("component.wasm"))?;
    println!(
        "cargo::rustc-env=AOF_CONTRACT_VERSION={}",
        contract_version(&workspace)?
    );
    Ok(())
}

fn component(workspace: &Path, out_dir: &Path) -> Result<PathBuf, String> {
    let target_dir = nested::outer_target_dir(out_dir).join("component");
    // The linker would keep room for relocations that nobody makes: a fourteenth of the code.
    let arguments = [
        &["-p", "aof-component", "--profile", "component"][..],
        &["--", "-C", "link-arg=--compress-relocations"],
    ];
    nested::build(workspace, &target_dir, &arguments.concat())?;
    Ok(target_dir
        .join(nested::TARGET)
        .join("component/aof_component.wasm"))
}

fn prebuilt(path: PathBuf) -> PathBuf {
    println!("cargo::rerun-if-changed={}", path.display());
    path
}

fn embed(built: &Path, embedded: &Path) -> Result<(), String> {
    let wasm = names::without_names(&read(built)?);
    fs::write(embedded, &wasm).map_err(|error| format!("{}: {error}", embedded.display()))?;
    let digest: String = Sha256::digest(&wasm)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    println!("cargo::rustc-env=AOF_COMPONENT_WASM={}", embedded.display());
    println!("cargo::rustc-env=AOF_COMPONENT_SHA256={digest}");
    Ok(())
}

/// The version in `package aof:orchestrator@…;` of the world's file.
fn contract_version(workspace: &Path) -> Result<String, String> {
    let path = workspace.join("wit/world.wit");
    let text = String::from_utf8(read(&path)?).map_err(|error| error.to_string())?;
    text.lines()
        .find_map(|line| {
            line.strip_prefix("package aof:orchestrator@")?
                .strip_suffix(';')
        })
        .map(str::to_owned)
        .ok_or_else(|| format!("{}: no package version", path.display()))
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|error| format!("{name}: {error}"))
}
