//! `aof sim`: lives through simulated worlds and checks that nothing is lost in any of them.
//!
//! It touches no data directory. Invariant: a failure is shown with the command that repeats it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use aof_host::image::Image;
use aof_sim::run::{Failure, Settings, run as run_seed, shrink};
use aof_sim::world::{Counts, Engine, Profile};
use serde_json::{Value, json};

use crate::console::Console;
use crate::exit::Ending;
use crate::render::style::{BAD, DIM};

use super::Session;

/// Failures after which no further worlds are begun.
const FAILURES_MAX: usize = 10;
/// Worlds between two remarks for somebody who watches.
const REMARK_EVERY: u64 = 500;

/// Which worlds.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The first seed
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How many seeds, from the first on
    #[arg(long, value_name = "COUNT", default_value_t = 1)]
    seeds: u64,
    /// Steps of each world
    #[arg(long, value_name = "N", default_value_t = 60)]
    steps: usize,
    /// What kind of trouble
    #[arg(long, value_name = "PROFILE", default_value = "random", value_parser = profile)]
    profile: Profile,
    /// Run the component that is shipped
    #[arg(long, conflicts_with = "native")]
    component: bool,
    /// Run the same engine without WebAssembly (the default)
    #[arg(long)]
    native: bool,
    /// Threads
    #[arg(long, value_name = "N", default_value_t = 1)]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: u16,
}

fn profile(text: &str) -> Result<Profile, String> {
    let all = Profile::DRAWN.into_iter().chain([Profile::Random]);
    let names: Vec<&str> = all.clone().map(Profile::as_str).collect();
    let mut all = all;
    all.find(|profile| profile.as_str() == text)
        .ok_or_else(|| format!("one of {}", names.join(", ")))
}

/// What all threads have found.
#[derive(Default)]
struct Findings {
    worlds: u64,
    counts: Counts,
    failures: Vec<Failure>,
}

/// Lives through the worlds.
///
/// # Errors
/// The shipped component cannot be started, or standard output cannot be written.
pub fn run(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let engine = if args.component {
        Engine::Component(Image::embedded(None)?)
    } else {
        Engine::Native
    };
    let settings = Settings {
        steps: args.steps,
        profile: Some(args.profile),
        engine,
    };
    let began = Instant::now();
    let findings = work(args, &settings, session.console);
    let seconds = began.elapsed().as_secs_f64().max(0.001);
    let document = document(args, &findings, seconds);
    session
        .console
        .show(&document, |_| text(&findings, seconds))?;
    Ok(if findings.failures.is_empty() {
        Ending::Done
    } else {
        Ending::Code(1.into())
    })
}

fn work(args: &Args, settings: &Settings, console: Console) -> Findings {
    let findings = Mutex::new(Findings::default());
    let next = AtomicU64::new(args.seed);
    let end = args.seed.saturating_add(args.seeds);
    thread::scope(|scope| {
        for _ in 0..args.jobs {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end || !live_through(seed, settings, (&findings, console)) {
                        return;
                    }
                }
            });
        }
    });
    let mut findings = findings
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    findings.failures.sort_by_key(|failure| failure.case.seed);
    findings
}

/// Lives through one world; false if enough was found.
fn live_through(
    seed: u64,
    settings: &Settings,
    (findings, console): (&Mutex<Findings>, Console),
) -> bool {
    let outcome = run_seed(seed, settings);
    let failure = outcome
        .failure
        .map(|failure| shrink(&failure, &settings.engine));
    let mut findings = findings.lock().unwrap_or_else(PoisonError::into_inner);
    findings.worlds += 1;
    findings.counts += outcome.counts;
    findings.failures.extend(failure);
    if console.is_watched() && findings.worlds.is_multiple_of(REMARK_EVERY) {
        let failures = findings.failures.len();
        console.remark(&format!("{} worlds, {failures} failures", findings.worlds));
    }
    findings.failures.len() < FAILURES_MAX
}

fn document(args: &Args, findings: &Findings, seconds: f64) -> Value {
    let counts = &findings.counts;
    let failures: Vec<Value> = findings
        .failures
        .iter()
        .map(|failure| json!({"failure": failure, "command": failure.command()}))
        .collect();
    json!({"sim": {
        "profile": args.profile.as_str(),
        "engine": if args.component { "component" } else { "native" },
        "worlds": findings.worlds,
        "seconds": seconds,
        "steps": counts.steps,
        "powerCuts": counts.cuts,
        "kills": counts.kills,
        "faults": counts.faults,
        "hands": counts.hands,
        "events": counts.events,
        "sessions": counts.starts,
        "failures": failures,
    }})
}

fn text(findings: &Findings, seconds: f64) -> String {
    let counts = &findings.counts;
    let rate = findings.worlds as f64 / seconds;
    let mut text = format!(
        "{} worlds in {seconds:.1} s ({rate:.0} a second): {} steps, {} power cuts, {} kills, {} \
         faults, {} acts by hand, {} events, {} sessions\n",
        findings.worlds,
        counts.steps,
        counts.cuts,
        counts.kills,
        counts.faults,
        counts.hands,
        counts.events,
        counts.starts,
    );
    for failure in &findings.failures {
        let command = failure.command();
        text += &format!("\n{BAD}{failure}{BAD:#}  {DIM}again: {command}{DIM:#}\n");
    }
    if findings.failures.is_empty() {
        text += "every invariant held\n";
    }
    text
}
