//! `aof completions`: scripts that complete `aof` commands in a shell.

use clap::CommandFactory;
use clap_complete::Shell;
use serde_json::json;

use crate::arguments::Arguments;
use crate::exit::Ending;

use super::Session;

/// Which shell.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

/// Prints the script.
///
/// # Errors
/// Standard output cannot be written.
pub fn run(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Arguments::command(), "aof", &mut script);
    let script = String::from_utf8(script)?;
    let document = json!({ "completions": { "shell": args.shell.to_string(), "script": script } });
    session.console.show(&document, |_| script.clone())?;
    Ok(Ending::Done)
}
