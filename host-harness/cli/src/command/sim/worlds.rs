//! Worlds by their seeds, and one that is written out.
//!
//! Never stops at the first failure. Invariant: every failure is made smaller before it is told.

use std::sync::atomic::{AtomicU64, Ordering};
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

/// Failures after which no further worlds are begun.
const FAILURES_MAX: usize = 10;
/// Worlds between two remarks for somebody who watches.
const REMARK_EVERY: u64 = 500;

/// What all threads have found.
#[derive(Default)]
struct Findings {
    worlds: u64,
    counts: Counts,
    failures: Vec<Failure>,
}

/// Lives through the worlds of the seeds.
pub(super) fn run(args: &Args, engine: Engine, session: &Session<'_>) -> anyhow::Result<Ending> {
    let settings = Settings {
        steps: args.steps,
        profile: Some(args.profile),
        engine,
    };
    let began = Instant::now();
    let findings = work(args, &settings, session.console);
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
    Ok(super::ending(findings.failures.is_empty()))
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
                    if seed >= end {
                        return;
                    }
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
        .map(|failure| json!({"failure": failure, "command": again(args, failure)}))
        .collect();
    json!({"sim": {
        "version": super::VERSION,
        "commit": super::COMMIT,
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
