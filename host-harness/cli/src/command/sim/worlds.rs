//! Worlds by their seeds, and one that is written out.
//!
//! Never stops at the first failure. Invariant: every failure is made smaller before it is told.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use aof_sim::run::{
    Case, Failure, Outcome, Settings, replay as replay_case, run as run_seed, run_twice, shrink,
};
use aof_sim::world::{Counts, Engine};
use serde_json::{Value, json};

use super::{Args, save};
use crate::command::Session;
use crate::console::Console;
use crate::exit::Ending;
use crate::render::style::{BAD, DIM};
use crate::work::on_signals;

/// Failures after which no further worlds are begun.
const FAILURES_MAX: usize = 10;
/// Worlds between two remarks for somebody who watches.
const REMARK_EVERY: u64 = 500;
/// The same for a file or a pipe, where remarks pile up.
const REMARK_UNWATCHED_EVERY: u64 = 5_000;
/// A run that was interrupted ends with this code, as the shell has it.
const INTERRUPTED: u8 = 130;

/// What all threads have found.
#[derive(Default)]
struct Findings {
    worlds: u64,
    counts: Counts,
    failures: Vec<Failure>,
    /// Not every world was begun, because somebody did not want to wait.
    is_cut_short: bool,
}

/// Lives through the worlds of the seeds.
pub(super) fn run(args: &Args, engine: Engine, session: &Session<'_>) -> anyhow::Result<Ending> {
    let settings = Settings {
        steps: args.steps,
        profile: Some(args.profile),
        engine,
    };
    let began = Instant::now();
    let stop = on_signals()?;
    let findings = work(args, &settings, (session.console, &stop));
    tell(args, &findings, (began, session))
}

/// Lives through a world that is written out.
pub(super) fn replay(
    args: &Args,
    (case, engine): (&Case, &Engine),
    session: &Session<'_>,
) -> anyhow::Result<Ending> {
    let began = Instant::now();
    let outcome = replay_case(case, engine);
    let findings = Findings {
        worlds: 1,
        counts: outcome.counts,
        failures: outcome.failure.into_iter().collect(),
        is_cut_short: false,
    };
    tell(args, &findings, (began, session))
}

fn tell(
    args: &Args,
    findings: &Findings,
    (began, session): (Instant, &Session<'_>),
) -> anyhow::Result<Ending> {
    let seconds = began.elapsed().as_secs_f64().max(0.001);
    for failure in &findings.failures {
        let mut case = failure.case.clone();
        case.found = Some(failure.violation.to_string());
        save(args, &format!("seed-{}", case.seed), &case)?;
    }
    let document = document(args, findings, seconds);
    session
        .console
        .show(&document, |_| text(args, findings, seconds))?;
    if findings.is_cut_short && findings.failures.is_empty() {
        return Ok(Ending::Code(INTERRUPTED.into()));
    }
    Ok(super::ending(findings.failures.is_empty()))
}

fn work(args: &Args, settings: &Settings, (console, stop): (Console, &AtomicBool)) -> Findings {
    let findings = Mutex::new(Findings::default());
    let begun = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..args.jobs {
            scope.spawn(|| {
                while !stop.load(Ordering::SeqCst) {
                    let number = begun.fetch_add(1, Ordering::Relaxed);
                    if number >= args.seeds {
                        return;
                    }
                    let seed = args.seed + number;
                    let outcome = if args.twice {
                        run_twice(seed, settings)
                    } else {
                        run_seed(seed, settings)
                    };
                    if !take(outcome, settings, (&findings, console)) {
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
    findings.is_cut_short = stop.load(Ordering::SeqCst) && findings.worlds < args.seeds;
    findings
}

/// Takes in what came of one world; false if enough was found.
fn take(
    outcome: Outcome,
    settings: &Settings,
    (findings, console): (&Mutex<Findings>, Console),
) -> bool {
    let failure = outcome
        .failure
        .map(|failure| shrink(&failure, &settings.engine));
    let mut findings = findings.lock().unwrap_or_else(PoisonError::into_inner);
    findings.worlds += 1;
    findings.counts += outcome.counts;
    findings.failures.extend(failure);
    if let Some(remark) = remark(&findings, console.is_watched()) {
        console.remark(&remark);
    }
    findings.failures.len() < FAILURES_MAX
}

/// What is said after this world, if anything.
fn remark(findings: &Findings, is_watched: bool) -> Option<String> {
    let every = if is_watched {
        REMARK_EVERY
    } else {
        REMARK_UNWATCHED_EVERY
    };
    let (worlds, failures) = (findings.worlds, findings.failures.len());
    let is_due = worlds.is_multiple_of(every);
    is_due.then(|| format!("{worlds} worlds, {failures} failures"))
}

fn document(args: &Args, findings: &Findings, seconds: f64) -> Value {
    let counts = &findings.counts;
    let failures: Vec<Value> = findings
        .failures
        .iter()
        .map(|failure| json!({"failure": failure, "command": again(args, failure)}))
        .collect();
    json!({"sim": {
        "version": super::VERSION,
        "commit": super::COMMIT,
        "profile": args.profile.as_str(),
        "engine": if args.component { "component" } else { "native" },
        "worlds": findings.worlds,
        "interrupted": findings.is_cut_short,
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

fn text(args: &Args, findings: &Findings, seconds: f64) -> String {
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
        let command = again(args, failure);
        let options = serde_json::to_string(&failure.case.options).unwrap_or_default();
        let (version, commit) = (super::VERSION, super::COMMIT);
        text += &format!(
            "\n{BAD}{failure}{BAD:#}  aof {version}, commit {commit}, world {options}\n  \
             {DIM}again: {command}{DIM:#}\n"
        );
    }
    if findings.is_cut_short {
        text += &format!("interrupted: {} worlds were asked for\n", args.seeds);
    }
    if findings.failures.is_empty() {
        text += "every invariant held\n";
    }
    text
}

/// The command that shows a failure again.
fn again(args: &Args, failure: &Failure) -> String {
    let mut command = match &args.replay {
        Some(path) => format!("aof sim --replay {}", path.display()),
        None => failure.command(),
    };
    if args.component {
        command += " --component";
    }
    if args.twice {
        command += " --twice";
    }
    if let (Some(_), Some(defect)) = (&args.replay, args.defect) {
        command += &format!(" --defect {}", defect.describe().name);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_terminal_every_5000_worlds_are_told() {
        let told = |worlds, is_watched| {
            let findings = Findings {
                worlds,
                ..Findings::default()
            };
            remark(&findings, is_watched)
        };
        assert_eq!(
            told(5_000, false).as_deref(),
            Some("5000 worlds, 0 failures")
        );
        assert_eq!(
            [4_500, 4_999, 5_001].map(|worlds| told(worlds, false)),
            [None, None, None]
        );
        assert_eq!(told(500, true).as_deref(), Some("500 worlds, 0 failures"));
    }
}
