//! Writes what hosts need that give less than a store: the store's component alone (`disk.wasm`),
//! the orchestrator with that store behind it (`aof.wasm`), and the same over the files of WASI
//! (`portable.wasm`).
//!
//! Never writes anything else.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, bail};
use aof_compose::{DISK_WASM, ORCHESTRATOR_WASM, over_a_system, portable};

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let Some(folder) = arguments.next() else {
        bail!("usage: aof-compose <FOLDER> [ORCHESTRATOR]");
    };
    let other = arguments.next().map(fs::read).transpose()?;
    let orchestrator = other.as_deref().unwrap_or(ORCHESTRATOR_WASM);
    fs::create_dir_all(&folder).with_context(|| format!("{}", folder.display()))?;
    let files = [
        ("aof.wasm", over_a_system(orchestrator)?),
        ("disk.wasm", DISK_WASM.to_vec()),
        ("portable.wasm", portable(orchestrator)?),
    ];
    for (name, bytes) in files {
        let path = folder.join(name);
        fs::write(&path, bytes).with_context(|| format!("{}", path.display()))?;
    }
    Ok(())
}
