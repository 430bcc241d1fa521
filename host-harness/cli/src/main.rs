//! The `aof` command: tasks, runs and the daemon, from a terminal or a script.
//!
//! It decides nothing about tasks: it asks the component, through a running daemon or by opening
//! the data directory itself, and shows the answer. Invariant: with `--json`, standard output
//! carries exactly one JSON document, also for errors.

mod access;
mod arguments;
mod command;
mod console;
mod exit;
mod layer;
mod live;
mod place;
mod render;
mod shape;
mod span;
mod work;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match arguments::Arguments::try_parse() {
        Ok(arguments) => command::run(&arguments),
        Err(error) => exit::of_usage(&error),
    }
}
