//! `aof run`: works until nothing is left to do.

use std::sync::Arc;

use aof_host::daemon::Until;

use crate::exit::Ending;
use crate::span;
use crate::work::{self, Pressure, Shift, Worked};

use super::Session;
use super::account::Account;

/// How long to work.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Go on waiting for new tasks instead of ending
    #[arg(long)]
    watch: bool,
    /// End after this time at the latest, such as 30s or 5m; agents finish by themselves
    #[arg(long, value_name = "TIME", value_parser = span::parse_ms)]
    timeout: Option<u64>,
    /// Cards to show for each status at the end
    #[arg(long, value_name = "N", default_value_t = 50)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
    /// Whether commits survive the loss of power; `relaxed` is faster and loses the last ones
    #[arg(long, value_enum, value_name = "HOW", default_value_t = Pressure::Full)]
    durability: Pressure,
}

/// Works and shows the board at the end.
///
/// # Errors
/// Another process works here, or the host breaks.
pub fn run(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let data = session.data()?;
    let stop = work::on_signals()?;
    if let Some(timeout_ms) = args.timeout {
        work::after(timeout_ms, Arc::clone(&stop))?;
    }
    let until = if args.watch {
        Until::Stopped
    } else {
        Until::Idle
    };
    let mut shift = Shift::new(data.clone(), until, stop);
    shift.durability = args.durability.of_store();
    let Worked { report, board } = shift.work(session.console, args.limit)?;
    let account = Account::new(data.root(), &report, &board);
    session
        .console
        .show(&account.document(), |width| account.text(width))?;
    Ok(account.ending())
}
