//! Cargo inside cargo: builds a crate for WebAssembly from a build script.
//!
//! It never writes outside the given target directory. Invariant: nothing that the outer build was
//! told about the host's compiler (flags, wrappers, profiles, target) reaches the inner one.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What components are built for.
pub const TARGET: &str = "wasm32-wasip2";

/// Variables of cargo that say how to reach registries, not how to build.
const KEPT: [&str; 6] = [
    "CARGO_HOME",
    "CARGO_NET_",
    "CARGO_HTTP_",
    "CARGO_REGISTR",
    "CARGO_SOURCE_",
    "CARGO_MAKEFLAGS",
];

/// Variables that would change what the inner compiler makes.
const CLEARED: [&str; 14] = [
    "RUSTFLAGS",
    "RUSTDOCFLAGS",
    "RUSTC",
    "RUSTDOC",
    "RUSTC_WRAPPER",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_LINKER",
    "CLIPPY_ARGS",
    "CLIPPY_CONF_DIR",
    "TARGET",
    "HOST",
    "PROFILE",
    "OPT_LEVEL",
    "DEBUG",
];

/// Runs `cargo rustc` with `args` in `dir`, for WebAssembly, into `target_dir`.
pub fn build(dir: &Path, target_dir: &Path, args: &[&str]) -> Result<(), String> {
    target_installed()?;
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .current_dir(dir)
        .arg("rustc")
        .args(["--locked", "--target", TARGET, "--target-dir"])
        .arg(target_dir)
        .args(args);
    for name in env::vars_os().filter_map(|(name, _)| name.into_string().ok()) {
        if is_poison(&name) {
            command.env_remove(name);
        }
    }
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!(
            "building {} for {TARGET} failed: {status}",
            dir.display()
        )),
        Err(error) => Err(format!("cargo does not start: {error}")),
    }
}

/// The outer build's target directory, so that inner builds outlive `OUT_DIR`, which is
/// `<target>/<profile>/build/<crate>/out`.
pub fn outer_target_dir(out_dir: &Path) -> PathBuf {
    out_dir.ancestors().nth(4).unwrap_or(out_dir).to_owned()
}

fn is_poison(name: &str) -> bool {
    let kept = || KEPT.iter().any(|prefix| name.starts_with(prefix));
    CLEARED.contains(&name) || (name.starts_with("CARGO_") && !kept())
}

fn target_installed() -> Result<(), String> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let asked = Command::new(rustc)
        .args(["--print", "target-libdir", "--target", TARGET])
        .output();
    let answer = asked.map_err(|error| format!("rustc does not start: {error}"))?;
    let libdir = PathBuf::from(String::from_utf8_lossy(&answer.stdout).trim());
    if answer.status.success() && libdir.is_dir() {
        return Ok(());
    }
    Err(format!(
        "the target {TARGET} is not installed; run `rustup target add {TARGET}`"
    ))
}
