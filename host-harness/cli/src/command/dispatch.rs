//! From the command line to the command.

use std::process::ExitCode;

use tracing_subscriber::EnvFilter;

use crate::arguments::{Arguments, Command, Global};
use crate::console::Console;
use crate::exit::{self, Ending};
use crate::layer;

use super::{
    Session, backup, board, completions, config, daemon, demo, doctor, events, explain, fsck,
    inbox, init, migrate, notifications, org, poll, project, restore, run as run_command, schema,
    sim, supervise, task, tools, usage, workflow,
};

/// Carries the command out and gives the exit code.
pub fn run(arguments: &Arguments) -> ExitCode {
    let global = &arguments.global;
    let session = Session {
        console: Console::new(global),
        global,
    };
    log_to_stderr(global, &arguments.command);
    layer::warn_of_unknown(std::env::vars_os());
    exit::of_result(carry_out(&arguments.command, &session), global.json)
}

fn carry_out(command: &Command, session: &Session<'_>) -> anyhow::Result<Ending> {
    match command {
        Command::Task(verb) => task::run(verb, session),
        Command::Approve(args) => task::decide::approve(args, session),
        Command::Reject(args) => task::decide::reject(args, session),
        Command::Choose(args) => task::decide::choose(args, session),
        Command::Project(verb) => project::run(verb, session),
        Command::Usage(args) => usage::run(args, session),
        Command::Board(args) => board::run(args, session),
        Command::Inbox(args) => inbox::run(args, session),
        Command::Explain(args) => explain::run(args, session),
        Command::Poll(args) => poll::run(args, session),
        Command::Run(args) => run_command::run(args, session),
        Command::Daemon(args) => daemon::run(args, session),
        Command::Events(args) => events::run(args, session),
        Command::Tools(args) => tools::run(args, session),
        Command::Init(args) => init::run(args, session),
        Command::Org(verb) => org::run(verb, session),
        Command::Workflow(verb) => workflow::run(verb, session),
        Command::Notifications(verb) => notifications::run(verb, session),
        Command::Migrate(args) => migrate::run(args, session),
        Command::Config(verb) => config::run(verb, session),
        Command::Doctor(args) => doctor::run(args, session),
        Command::Fsck(args) => fsck::run(args, session),
        Command::Backup(args) => backup::run(args, session),
        Command::Restore(args) => restore::run(args, session),
        Command::Demo(args) => demo::run(args, session),
        Command::Sim(args) => sim::run(args, session),
        Command::Schema(args) => schema::run(args, session),
        Command::Completions(args) => completions::run(args, session),
        Command::Supervise(args) => supervise::run(args),
    }
}

fn log_to_stderr(global: &Global, command: &Command) {
    let is_daemon = matches!(command, Command::Daemon(_));
    let level = match (global.verbose, is_daemon) {
        // Everything goes wrong in a simulation, on purpose.
        (0, _) if matches!(command, Command::Sim(_)) => "off",
        (0, false) => "warn",
        (0, true) => "info",
        (1, false) => "aof=info,aof_host=info,warn",
        (1, true) => "aof=debug,aof_host=debug,info",
        _ => "trace",
    };
    let filter = EnvFilter::try_from_env("AOF_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false);
    let logs = logs.with_ansi(false).with_writer(std::io::stderr);
    // Whoever listened may have gone. That it cannot be told is no reason to end.
    let logs = logs.log_internal_errors(false);
    if logs.try_init().is_err() {
        Console::new(global).remark("logging was set up before; AOF_LOG has no effect");
    }
}
