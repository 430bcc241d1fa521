//! `aof migrate`: adopts a data directory of AOF 1 where it lies.
//!
//! Decides nothing about cards: `aof-front` plans, this opens the directory, asks and shows.
//! Invariant: with `--dry-run`, nothing on disk changes.

use std::path::Path;

use aof_disk::LocalStore;
use aof_front::migrate::{Plan, carry_out, plan, survey};
use aof_front::port::{Mode, Store, StoreError};
use aof_front::refusal_of;
use aof_sim::native::NativePort;
use serde_json::json;

use crate::access::patiently;
use crate::exit::{Ending, Failure};
use crate::place::DataDir;

use super::Session;
use super::init::SETTINGS;

mod text;

/// How.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
}

/// Adopts the directory, or says what that would mean.
///
/// # Errors
/// `AOF-1601` if there is no data directory, `AOF-3602` while AOF 1 works in it, and what the store
/// says.
pub fn run(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let root = DataDir::anywhere(session.global.data_dir.as_deref())?;
    let local = LocalStore::new(&root).map_err(|error| {
        let hint = "name the data directory of AOF 1 with --data-dir";
        Failure::refused(error.code(), error.to_string(), hint)
    })?;
    let mut store = NativePort::new(Box::new(local));
    let (_, mut found) = look(&mut store, Mode::Reader)?;
    if !found.is_store {
        return Err(DataDir::unmarked(&root).into());
    }
    let is_idle = found.is_empty() && found.emptied.is_empty();
    if !args.dry_run && !is_idle {
        demand_quiet(&root)?;
        let (epoch, fresh) = patiently(|| look(&mut store, Mode::Writer))?;
        carry_out(&mut store, epoch, fresh.clone()).map_err(|error| of_store(&error))?;
        tidy(&root, &fresh);
        found = fresh;
    }
    let document = json!({ "migrate": {
        "dataDir": root,
        "dryRun": args.dry_run,
        "steps": found.steps,
        "tally": found.tally,
        "needs": found.wants,
    }});
    let show = |width| text::report(&root, &found, args.dry_run, width);
    session.console.show(&document, show)?;
    Ok(Ending::Done)
}

fn look(store: &mut NativePort, mode: Mode) -> Result<(u64, Plan), Failure> {
    let epoch = store.open(mode).map_err(|error| of_store(&error))?.epoch;
    let found = survey(store).map_err(|error| of_store(&error))?;
    Ok((epoch, plan(&found, SETTINGS)))
}

/// Refuses while the daemon of AOF 1, which knows no lock, works in the directory.
fn demand_quiet(root: &Path) -> Result<(), Failure> {
    let path = root.join("daemon.pid");
    let pid = std::fs::read_to_string(&path).ok();
    let pid = pid.and_then(|text| text.trim().parse::<i32>().ok());
    let pid = pid.and_then(rustix::process::Pid::from_raw);
    let is_alive = pid.is_some_and(|pid| match rustix::process::test_kill_process(pid) {
        Ok(()) => true,
        Err(error) => error == rustix::io::Errno::PERM,
    });
    if !is_alive {
        return Ok(());
    }
    let message = "the daemon of AOF 1 works in this directory";
    let hint = "stop it first; if it is stopped and daemon.pid names another process, delete \
                that file";
    Err(Failure::conflict("AOF-3602", message, hint).at(path.display().to_string()))
}

/// Removes directories that hold nothing any more; one that does hold something stays.
fn tidy(root: &Path, plan: &Plan) {
    for dir in &plan.emptied {
        if let Err(error) = std::fs::remove_dir(root.join(dir)) {
            tracing::debug!(dir, %error, "stays");
        }
    }
}

fn of_store(error: &StoreError) -> Failure {
    let refusal = refusal_of(error);
    let is_conflict = refusal.code.starts_with("AOF-3") || matches!(error, StoreError::Busy(_));
    let failure = if is_conflict {
        Failure::conflict(refusal.code, refusal.message, refusal.hint)
    } else {
        Failure::broken(refusal.code, refusal.message, refusal.hint)
    };
    match refusal.location {
        Some(place) => failure.at(place),
        None => failure,
    }
}
