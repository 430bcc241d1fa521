//! Writes what a host needs that gives a system instead of a store: the store's component alone
//! (`disk.wasm`), and the orchestrator with that store put behind it (`aof.wasm`).
//!
//! Never changes either of them. Invariant: what is composed is, byte for byte, the component that
//! the host harness runs, unless another one is named.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, bail};
use aof_host::image::EMBEDDED_WASM;
use wac_graph::types::Package;
use wac_graph::{CompositionGraph, EncodeOptions, PackageId, plug};

const DISK_WASM: &[u8] = include_bytes!(env!("AOF_DISK_WASM"));

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let Some(folder) = arguments.next() else {
        bail!("usage: aof-compose <FOLDER> [ORCHESTRATOR]");
    };
    let other = arguments.next().map(fs::read).transpose()?;
    let orchestrator = other.as_deref().unwrap_or(EMBEDDED_WASM);
    fs::create_dir_all(&folder).with_context(|| format!("{}", folder.display()))?;
    let composed = composed(orchestrator, DISK_WASM)?;
    for (name, bytes) in [("aof.wasm", composed.as_slice()), ("disk.wasm", DISK_WASM)] {
        let path = folder.join(name);
        fs::write(&path, bytes).with_context(|| format!("{}", path.display()))?;
    }
    Ok(())
}

/// Puts a store behind an orchestrator; what the store imports is imported by the whole.
fn composed(orchestrator: &[u8], store: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut graph = CompositionGraph::new();
    let store = register(&mut graph, "aof:disk-component", store)?;
    let orchestrator = register(&mut graph, "aof:component", orchestrator)?;
    plug(&mut graph, vec![store], orchestrator).context("the store does not fit")?;
    let options = EncodeOptions {
        define_components: true,
        validate: true,
        ..EncodeOptions::default()
    };
    Ok(graph.encode(options)?)
}

fn register(graph: &mut CompositionGraph, name: &str, bytes: &[u8]) -> anyhow::Result<PackageId> {
    let package = Package::from_bytes(name, None, bytes, graph.types_mut())?;
    Ok(graph.register_package(package)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(whole: &[u8], part: &[u8]) -> bool {
        whole.windows(part.len()).any(|window| window == part)
    }

    #[test]
    fn both_components_are_in_the_whole_as_they_are() {
        let whole = composed(EMBEDDED_WASM, DISK_WASM).unwrap();
        assert!(contains(&whole, EMBEDDED_WASM));
        assert!(contains(&whole, DISK_WASM));
    }

    #[test]
    fn what_is_no_store_does_not_fit() {
        assert!(composed(DISK_WASM, DISK_WASM).is_err());
    }
}
