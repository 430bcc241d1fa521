//! Ties the component's imports: our store to the instance's backend, WASI to nothing.
//!
//! Each interface is named here, one by one, so that a network interface has no implementation that
//! a component could reach. Clocks, dice and output are ours (`instance/world.rs`); for the rest
//! the kept library answers out of an empty context.

use wasmtime::Engine;
use wasmtime::component::{Component, HasData, HasSelf, Linker, ResourceTable};
use wasmtime_wasi::cli::{WasiCli, WasiCliView};
use wasmtime_wasi::filesystem::{WasiFilesystem, WasiFilesystemView};
use wasmtime_wasi::p2::bindings::{cli, clocks, filesystem, random, sync};

use super::ImageError;
use crate::contract::{Orchestrator, OrchestratorPre};
use crate::instance::HostState;

type State = HostState;
type Own = HasSelf<HostState>;

/// Resolves every import of the component ahead of its instantiations.
pub(super) fn link(
    engine: &Engine,
    component: &Component,
) -> Result<OrchestratorPre<HostState>, ImageError> {
    linker(engine)
        .and_then(|linker| OrchestratorPre::new(linker.instantiate_pre(component)?))
        .map_err(|cause| ImageError::Link { cause })
}

fn linker(engine: &Engine) -> wasmtime::Result<Linker<HostState>> {
    let mut linker = Linker::new(engine);
    Orchestrator::add_to_linker::<State, Own>(&mut linker, |state| state)?;
    add_world(&mut linker)?;
    add_empty_context(&mut linker)?;
    Ok(linker)
}

fn add_world(l: &mut Linker<HostState>) -> wasmtime::Result<()> {
    clocks::wall_clock::add_to_linker::<State, Own>(l, |state| state)?;
    clocks::monotonic_clock::add_to_linker::<State, Own>(l, |state| state)?;
    random::random::add_to_linker::<State, Own>(l, |state| state)?;
    random::insecure::add_to_linker::<State, Own>(l, |state| state)?;
    random::insecure_seed::add_to_linker::<State, Own>(l, |state| state)?;
    cli::stdin::add_to_linker::<State, Own>(l, |state| state)?;
    cli::stdout::add_to_linker::<State, Own>(l, |state| state)?;
    cli::stderr::add_to_linker::<State, Own>(l, |state| state)
}

fn add_empty_context(l: &mut Linker<HostState>) -> wasmtime::Result<()> {
    cli::environment::add_to_linker::<State, WasiCli>(l, State::cli)?;
    cli::exit::add_to_linker::<State, WasiCli>(l, State::cli)?;
    cli::terminal_input::add_to_linker::<State, WasiCli>(l, State::cli)?;
    cli::terminal_output::add_to_linker::<State, WasiCli>(l, State::cli)?;
    cli::terminal_stdin::add_to_linker::<State, WasiCli>(l, State::cli)?;
    cli::terminal_stdout::add_to_linker::<State, WasiCli>(l, State::cli)?;
    cli::terminal_stderr::add_to_linker::<State, WasiCli>(l, State::cli)?;
    filesystem::preopens::add_to_linker::<State, WasiFilesystem>(l, State::filesystem)?;
    sync::filesystem::types::add_to_linker::<State, WasiFilesystem>(l, State::filesystem)?;
    sync::io::error::add_to_linker::<State, Table>(l, State::table)?;
    sync::io::poll::add_to_linker::<State, Table>(l, State::table)?;
    sync::io::streams::add_to_linker::<State, Table>(l, State::table)
}

/// Lets the library's stream and poll functions see the handles and nothing else.
struct Table;

impl HasData for Table {
    type Data<'a> = &'a mut ResourceTable;
}
