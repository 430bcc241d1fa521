//! What can be written on the command line.
//!
//! Only grammar: nothing here opens a file or knows what a command does.

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{ArgAction, Parser, Subcommand, ValueEnum};

use crate::command::{
    backup, board, completions, config, daemon, demo, doctor, events, explain, fsck, inbox, init,
    migrate, notifications, org, poll, project, restore, run, schema, sim, supervise, task, tools,
    usage, workflow,
};
use crate::layer::Setting;
use crate::span;

/// Shown below `aof --help`; the README has the same table.
const AFTER_HELP: &str = "\
Exit codes:
  0  done as asked
  1  something is broken: the store, the host, the machine
  2  the command line could not be understood
  3  refused: bad input, unknown task, a move that is not allowed
  4  conflict: somebody else holds the data directory, or was faster; try again
  5  `run` and `demo`: the work came to rest, but not every task is done
  6  `doctor`, `fsck`, `org` and `workflow`: something is wrong and was told

Environment:
  AOF_DATA_DIR  data directory, like --data-dir
  AOF_SOCKET    socket of the daemon, like --socket
  AOF_ANSWER_WITHIN
                how long to wait for the daemon, like --answer-within
  AOF_RUN_ID    the run that speaks; AOF sets it for agents
  AOF_LOG       what to log, as in `debug` or `aof_host=trace`
  AOF_MAX_CONCURRENCY, AOF_MAX_DISPATCHES_PER_POLL, AOF_DEFAULT_LEASE_TTL_MS,
  AOF_RUN_TIMEOUT_MS, AOF_DAEMON_POLL_INTERVAL_MS, AOF_RETRY_BASE_MS, AOF_FAILURES_MAX
                settings laid over aof.yaml; --set goes over them
  NO_COLOR      any value: no colours

A task may be named by any unique beginning of its id.";

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Turns task cards into finished work: plans, starts agents, keeps the books.
#[derive(Debug, Parser)]
#[command(name = "aof", version, after_help = AFTER_HELP, styles = STYLES)]
#[command(propagate_version = true, max_term_width = 100)]
pub struct Arguments {
    /// Valid everywhere.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Everywhere")]
pub struct Global {
    /// Data directory [default: the nearest directory upwards with an aof.yaml, else ~/.aof/data]
    #[arg(
        long,
        global = true,
        env = "AOF_DATA_DIR",
        hide_env = true,
        value_name = "DIR"
    )]
    pub data_dir: Option<PathBuf>,
    /// Socket of the daemon [default: state/daemon.sock in the data directory]
    #[arg(
        long,
        global = true,
        env = "AOF_SOCKET",
        hide_env = true,
        value_name = "PATH"
    )]
    pub socket: Option<PathBuf>,
    /// How long to wait for an answer of the daemon, such as 500ms or 5m [default: 60s]
    #[arg(
        long,
        global = true,
        env = "AOF_ANSWER_WITHIN",
        hide_env = true,
        value_name = "TIME",
        value_parser = span::parse_ms
    )]
    pub answer_within: Option<u64>,
    /// Lay a setting over aof.yaml and the environment; `aof config show` lists the keys
    #[arg(long, global = true, value_name = "KEY=VALUE", value_parser = Setting::parse)]
    pub set: Vec<Setting>,
    /// Open only these projects: no other is seen or touched
    #[arg(long, global = true, value_name = "PROJECT,…", value_delimiter = ',')]
    pub project_scope: Option<Vec<String>>,
    /// Print one JSON document instead of text
    #[arg(long, global = true)]
    pub json: bool,
    /// When to use colours
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Color::Auto)]
    pub color: Color,
    /// Say more about what happens (twice: everything)
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Also into files and pipes.
    Always,
    /// Nowhere.
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create, look at and move tasks
    #[command(subcommand)]
    Task(task::Command),
    /// Let a hop of a workflow pass that waits for you
    Approve(task::decide::Approve),
    /// Send the work of a workflow back
    Reject(task::decide::Reject),
    /// Decide a hop of a workflow by one of its outcomes
    Choose(task::decide::Choose),
    /// Make, show, pause and check projects
    #[command(subcommand)]
    Project(project::Command),
    /// Show what waits for a person, with the commands that decide it
    Inbox(inbox::Args),
    /// Show all tasks by status
    Board(board::Args),
    /// Say why a task runs, waits or stands where it stands
    Explain(explain::Args),
    /// Plan once, start what can start, and return
    Poll(poll::Args),
    /// Work until nothing is left to do, and show it live
    Run(run::Args),
    /// Work until told to stop, and answer on a socket
    Daemon(daemon::Args),
    /// Show what happened
    Events(events::Args),
    /// Show tokens and cost, and how the budgets stand
    Usage(usage::Args),
    /// List the tools that agents can call
    Tools(tools::Args),
    /// Make a data directory
    Init(init::Args),
    /// Check, show and change the org chart
    #[command(subcommand)]
    Org(org::Command),
    /// Check, show and draw workflows, and try conditions
    #[command(subcommand)]
    Workflow(workflow::Command),
    /// Try the notification rules
    #[command(subcommand)]
    Notifications(notifications::Command),
    /// Adopt a data directory of AOF 1 where it lies
    Migrate(migrate::Args),
    /// Show and check the settings
    #[command(subcommand)]
    Config(config::Command),
    /// Check everything: directory, settings, cards, runs, log, daemon
    Doctor(doctor::Args),
    /// Compare the event log with the cards
    Fsck(fsck::Args),
    /// Copy the data directory, also while a daemon works in it
    Backup(backup::Args),
    /// Make a data directory of a backup
    Restore(restore::Args),
    /// Unpack the example project and work it off
    Demo(demo::Args),
    /// Live through simulated worlds and check that nothing is lost
    Sim(sim::Args),
    /// Print a JSON Schema of a file that people write, for editors
    Schema(schema::Args),
    /// Print a script that completes `aof` commands in a shell
    Completions(completions::Args),
    /// Stand between the daemon and one agent
    #[command(name = "__supervise", hide = true)]
    Supervise(supervise::Args),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_grammar_has_no_contradictions() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn global_options_are_understood_behind_the_command_too() {
        let arguments =
            Arguments::try_parse_from(["aof", "task", "list", "--json", "--data-dir", "/x"])
                .unwrap();
        assert!(arguments.global.json);
        assert_eq!(arguments.global.data_dir, Some(PathBuf::from("/x")));
    }
}
