//! `aof sim`: lives through simulated worlds and checks that nothing is lost in any of them.
//!
//! It touches no data directory. Invariant: a failure is shown with the command that repeats it.

mod hunt;
mod points;
mod worlds;

use std::fs;
use std::path::PathBuf;

use anyhow::Context;
use aof_host::image::Image;
use aof_sim::crash::operations;
use aof_sim::defect::Defect;
use aof_sim::run::Case;
use aof_sim::world::{Engine, Profile};

use crate::exit::{Ending, Failure};

use super::Session;

/// Told with every finding.
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The same: the commit that the program was built from.
const COMMIT: &str = env!("AOF_COMMIT");

/// Which worlds.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The first seed
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How many seeds, from the first on
    #[arg(long, value_name = "COUNT", default_value_t = 1)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    /// Steps of each world
    #[arg(long, value_name = "N", default_value_t = 60)]
    steps: usize,
    /// What kind of trouble: calm, people, disk, clock, hosts, storm, clash, fabric, flows, or
    /// random
    #[arg(long, value_name = "PROFILE", default_value = "random", value_parser = profile)]
    profile: Profile,
    /// Run the component that is shipped
    #[arg(long, conflicts_with = "native")]
    component: bool,
    /// Live through every world once more, natively, and compare both byte for byte
    #[arg(long, conflicts_with_all = ["kind", "defect", "replay"])]
    twice: bool,
    /// Run the same engine without WebAssembly (the default)
    #[arg(long)]
    native: bool,
    /// Kill and cut the power at every point of every operation instead
    #[arg(long, group = "kind")]
    crashes: bool,
    /// Let every call of every operation fail instead
    #[arg(long, group = "kind")]
    faults: bool,
    /// The only operation to be cut off, or to fail
    #[arg(long, value_name = "NAME", value_parser = operation, conflicts_with = "defects")]
    #[arg(requires = "kind")]
    operation: Option<String>,
    /// See instead that every known mistake, put in on purpose, is noticed
    #[arg(long, group = "kind")]
    defects: bool,
    /// The same for one mistake; with `--replay`, live through that world with the mistake in it
    #[arg(long, value_name = "NAME", value_parser = defect, conflicts_with = "kind")]
    #[arg(conflicts_with = "component")]
    defect: Option<Defect>,
    /// Live through the world that is written in this file
    #[arg(long, value_name = "FILE", conflicts_with = "kind")]
    replay: Option<PathBuf>,
    /// Write every world that fails, made small, into this directory
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,
    /// Threads
    #[arg(long, value_name = "N", default_value_t = 1)]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: u16,
}

fn profile(text: &str) -> Result<Profile, String> {
    let names = Profile::ALL.map(Profile::as_str).join(", ");
    let mut all = Profile::ALL.into_iter();
    all.find(|profile| profile.as_str() == text)
        .ok_or_else(|| format!("one of {names}"))
}

fn operation(text: &str) -> Result<String, String> {
    let names = operations();
    if names.contains(&text) {
        return Ok(text.to_owned());
    }
    Err(format!("one of {}", names.join(", ")))
}

fn defect(text: &str) -> Result<Defect, String> {
    let names = Defect::ALL.map(|defect| defect.describe().name).join(", ");
    Defect::parse(text).ok_or_else(|| format!("one of {names}"))
}

/// Does what was asked for.
///
/// # Errors
/// The shipped component cannot be started, a file cannot be read or written, or standard output
/// cannot be written.
pub fn run(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    refuse_overflow(args)?;
    if args.crashes {
        return points::crashes(args, session);
    }
    if args.faults {
        return points::faults(args, session);
    }
    if args.defects {
        return hunt::run(args, &Defect::ALL, session);
    }
    if let (Some(defect), None) = (args.defect, &args.replay) {
        return hunt::run(args, &[defect], session);
    }
    let engine = match args.defect {
        Some(defect) => Engine::Flawed(defect),
        None if args.component => Engine::Component(Image::embedded(None)?),
        None => Engine::Native,
    };
    match &args.replay {
        None => worlds::run(args, engine, session),
        Some(path) => {
            let name = path.display();
            let refused = |message: String| {
                let hint = "give a file that `aof sim --save DIR` wrote";
                Failure::refused("AOF-1609", format!("{name}: {message}"), hint)
            };
            let text = fs::read_to_string(path)
                .map_err(|error| refused(format!("cannot be read: {error}")))?;
            let case: Case = serde_json::from_str(&text)
                .map_err(|error| refused(format!("is no world: {error}")))?;
            worlds::replay(args, (&case, &engine), session)
        }
    }
}

/// Seeds do not begin anew behind the largest.
fn refuse_overflow(args: &Args) -> Result<(), Failure> {
    let (first, count) = (args.seed, args.seeds);
    if first.checked_add(count - 1).is_some() {
        return Ok(());
    }
    let message = format!(
        "there are no {count} seeds from {first} on: the last one is {}",
        u64::MAX
    );
    let hint = format!(
        "ask for {} at the most, or begin earlier",
        u64::MAX - first + 1
    );
    Err(Failure::refused("AOF-1600", message, hint))
}

fn ending(is_sound: bool) -> Ending {
    if is_sound {
        Ending::Done
    } else {
        Ending::Code(1.into())
    }
}

/// Writes a case down, if that was asked for.
fn save(args: &Args, name: &str, case: &Case) -> anyhow::Result<()> {
    let Some(dir) = &args.save else {
        return Ok(());
    };
    let path = dir.join(format!("{name}.json"));
    let text = serde_json::to_string_pretty(case)?;
    fs::create_dir_all(dir)
        .and_then(|()| fs::write(&path, text + "\n"))
        .with_context(|| format!("{}: cannot be written", path.display()))
}
