//! Puts components together for hosts that cannot give a store of their own.
//!
//! Never changes one of them. Invariant: what is composed is, byte for byte, the component that the
//! host harness runs, unless another one is given.

use anyhow::Context;
use aof_host::image::EMBEDDED_WASM;
use wac_graph::types::Package;
use wac_graph::{CompositionGraph, EncodeOptions, NodeId, PackageId, plug};

/// The orchestrator, which imports a store.
pub const ORCHESTRATOR_WASM: &[u8] = EMBEDDED_WASM;
/// The store, which imports a system (`aof:disk/system`).
pub const DISK_WASM: &[u8] = include_bytes!(env!("AOF_DISK_WASM"));
/// A system over the files of WASI.
const WASI_SYSTEM_WASM: &[u8] = include_bytes!(env!("AOF_WASI_SYSTEM_WASM"));
/// The typed calls of the embedded world.
const FRONT_WASM: &[u8] = include_bytes!(env!("AOF_EMBEDDED_WASM"));

/// What the front asks of the orchestrator.
const ASKED: [&str; 2] = [
    "aof:orchestrator/lifecycle@0.1.0",
    "aof:orchestrator/tools@0.1.0",
];

/// The orchestrator with the store behind it, for hosts that give a system.
///
/// # Errors
/// If what is given is no orchestrator.
pub fn over_a_system(orchestrator: &[u8]) -> anyhow::Result<Vec<u8>> {
    plugged(DISK_WASM, orchestrator).context("the store does not fit")
}

/// The store over the files of WASI, for hosts that give a directory.
///
/// # Errors
/// If the parts do not fit.
pub fn portable_store() -> anyhow::Result<Vec<u8>> {
    plugged(WASI_SYSTEM_WASM, DISK_WASM).context("the system does not fit")
}

/// The world `embedded`: the orchestrator over the files of WASI, with typed calls beside its own
/// interfaces.
///
/// # Errors
/// If what is given is no orchestrator.
pub fn portable(orchestrator: &[u8]) -> anyhow::Result<Vec<u8>> {
    let whole = plugged(&portable_store()?, orchestrator).context("the store does not fit")?;
    let mut graph = CompositionGraph::new();
    let whole = register(&mut graph, "aof:whole", &whole)?;
    let front = register(&mut graph, "aof:front", FRONT_WASM)?;
    let [core, calls] = [whole, front].map(|package| graph.instantiate(package));
    for name in ASKED {
        let given = graph.alias_instance_export(core, name)?;
        graph.set_instantiation_argument(calls, name, given)?;
    }
    export_all(&mut graph, whole, core)?;
    export_all(&mut graph, front, calls)?;
    encoded(&graph)
}

/// Puts what exports something behind what imports it; what is still missing is imported by the
/// whole.
fn plugged(plug_bytes: &[u8], socket: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut graph = CompositionGraph::new();
    let given = register(&mut graph, "aof:plug", plug_bytes)?;
    let socket = register(&mut graph, "aof:socket", socket)?;
    plug(&mut graph, vec![given], socket)?;
    encoded(&graph)
}

fn export_all(
    graph: &mut CompositionGraph,
    package: PackageId,
    instance: NodeId,
) -> anyhow::Result<()> {
    let exports = &graph.types()[graph[package].ty()].exports;
    for name in exports.keys().cloned().collect::<Vec<_>>() {
        let export = graph.alias_instance_export(instance, &name)?;
        graph.export(export, &name)?;
    }
    Ok(())
}

fn encoded(graph: &CompositionGraph) -> anyhow::Result<Vec<u8>> {
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
    fn the_components_are_in_the_whole_as_they_are() {
        let [system, directory] = [over_a_system, portable].map(|compose| {
            let whole = compose(ORCHESTRATOR_WASM).unwrap();
            assert!(contains(&whole, ORCHESTRATOR_WASM));
            assert!(contains(&whole, DISK_WASM));
            whole
        });
        assert!(!contains(&system, WASI_SYSTEM_WASM) && contains(&directory, WASI_SYSTEM_WASM));
        assert!(contains(&directory, FRONT_WASM));
        assert!(contains(&portable_store().unwrap(), WASI_SYSTEM_WASM));
    }

    #[test]
    fn what_is_no_orchestrator_does_not_fit() {
        for other in [DISK_WASM, FRONT_WASM, b"nonsense"] {
            assert!(over_a_system(other).is_err());
            assert!(portable(other).is_err());
        }
    }
}
