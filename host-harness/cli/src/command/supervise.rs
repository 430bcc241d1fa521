//! `aof __supervise`: becomes the process between the daemon and one agent.
//!
//! It only makes sure that the agent finds this very `aof` before any other.

use std::path::PathBuf;

use crate::exit::Ending;

/// What to supervise.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The specification of the run
    #[arg(value_name = "SPEC")]
    spec: PathBuf,
}

/// Supervises to the end of the agent.
///
/// # Errors
/// Never; the supervisor records its own failures.
pub fn run(args: &Args) -> anyhow::Result<Ending> {
    put_self_on_path();
    Ok(Ending::Code(aof_host::executor::supervise(&args.spec)))
}

fn put_self_on_path() {
    let Some(own) = std::env::current_exe()
        .ok()
        .and_then(|exe| Some(exe.parent()?.to_owned()))
    else {
        return;
    };
    let path = std::env::var_os("PATH").unwrap_or_default();
    let dirs = std::iter::once(own).chain(std::env::split_paths(&path));
    if let Ok(joined) = std::env::join_paths(dirs) {
        // SAFETY: the program has not started another thread, so nobody reads the environment now.
        unsafe { std::env::set_var("PATH", joined) };
    }
}
