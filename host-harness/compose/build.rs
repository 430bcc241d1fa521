//! Builds the store's component, so that what is composed comes from one source tree.

#[path = "../host/build/nested.rs"]
mod nested;

use std::env;
use std::path::PathBuf;

fn main() {
    if let Err(message) = run() {
        println!("cargo::error={message}");
    }
}

fn run() -> Result<(), String> {
    let variable = |name: &str| env::var(name).map_err(|error| format!("{name}: {error}"));
    let out_dir = PathBuf::from(variable("OUT_DIR")?);
    let workspace = PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join("../..");
    let sources = [
        "wit",
        "Cargo.lock",
        "Cargo.toml",
        "host-harness/disk",
        "host-harness/disk-component",
        "host-harness/compose/build.rs",
        "host-harness/host/build/nested.rs",
    ];
    for source in sources {
        println!(
            "cargo::rerun-if-changed={}",
            workspace.join(source).display()
        );
    }
    let target_dir = nested::outer_target_dir(&out_dir).join("component");
    let arguments = [
        &["-p", "aof-disk-component", "--profile", "component"][..],
        &["--", "-C", "link-arg=--compress-relocations"],
    ];
    nested::build(&workspace, &target_dir, &arguments.concat())?;
    let built = target_dir
        .join(nested::TARGET)
        .join("component/aof_disk_component.wasm");
    println!("cargo::rustc-env=AOF_DISK_WASM={}", built.display());
    Ok(())
}
