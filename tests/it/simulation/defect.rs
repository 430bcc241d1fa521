//! Known mistakes, put in on purpose, each with the first world in which it is noticed.
//!
//! `aof sim --defects` finds the worlds. Invariant: no mistake is missing from the table.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use aof_sim::defect::Defect;

/// Name, seed, and the invariant that breaks there; nothing breaks in that world without it.
const NOTICED: [(&str, u64, &str); 59] = [
    ("skip-journal-flush", 0, "I1"),
    ("skip-sync", 0, "I1"),
    ("names-first", 5, "I6"),
    ("drop-logs", 0, "I1"),
    ("skip-recovery", 0, "I1"),
    ("same-boot", 0, "I3"),
    ("replay-over-newer", 4, "I9"),
    ("forget-epoch", 2, "I3"),
    ("ignore-lock", 0, "I3"),
    ("swallow-failure", 1, "I3"),
    ("mtime-only", 14, "I9"),
    ("overwrite-edit", 0, "I9"),
    ("replace-target", 0, "I9"),
    ("drop-outbox", 439, "I3"),
    ("double-spawn", 0, "I3"),
    ("reclaim-live", 0, "I3"),
    ("stale-result", 61, "I3"),
    ("expire-early", 0, "I8"),
    ("ignore-dependencies", 0, "I13"),
    ("ignore-agent-cap", 4, "I14"),
    ("ignore-team-cap", 0, "I14"),
    ("ignore-project-cap", 11, "I14"),
    ("ignore-run-cap", 2, "I14"),
    ("share-resources", 3, "I14"),
    ("ignore-pace", 1, "I14"),
    ("ignore-project-pace", 0, "I14"),
    ("ignore-run-pace", 4, "I14"),
    ("ignore-pauses", 0, "I14"),
    ("assign-inactive", 1, "I15"),
    ("ignore-urgency", 0, "I15"),
    ("overrate-agents", 1, "I15"),
    ("replace-people", 3, "I15"),
    ("misread-rules", 8, "I15"),
    ("overlook-heads", 0, "I15"),
    ("trust-agents", 0, "I16"),
    ("free-delegation", 1, "I16"),
    ("refuse-delegation", 3, "I16"),
    ("refuse-late", 0, "I16"),
    ("hurry-limits", 0, "I17"),
    ("overlook-limits", 0, "I17"),
    ("soften-limits", 0, "I17"),
    ("forget-moves", 0, "I17"),
    ("run-forever", 0, "I17"),
    ("nag", 2, "I17"),
    ("overlook-agents", 2, "I11"),
    ("explain-nothing", 2, "I11"),
    ("forget-keys", 6, "I18"),
    ("rewrite-log", 147, "I19"),
    ("short-list", 4, "I20"),
    ("overspend", 2, "I21"),
    ("count-nothing", 0, "I21"),
    ("skip-waiting", 5, "I22"),
    ("forget-rejections", 20, "I22"),
    ("hurry-joins", 7, "I22"),
    ("keep-superseded", 96, "I22"),
    ("decide-for-people", 0, "I22"),
    ("give-up-wholes", 1, "I22"),
    ("excuse-voters", 241, "I22"),
    ("double-plans", 18, "I22"),
];

#[test]
fn every_known_mistake_is_noticed() {
    let names = Defect::ALL.map(|defect| defect.describe().name);
    assert_eq!(names, NOTICED.map(|(name, _, _)| name));
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..super::THREADS {
            scope.spawn(|| {
                while let Some(row) = NOTICED.get(next.fetch_add(1, Ordering::Relaxed)) {
                    assert_noticed(row);
                }
            });
        }
    });
}

fn assert_noticed((name, seed, invariant): &(&str, u64, &str)) {
    let defect = Defect::parse(name).expect("a known defect");
    let catch = defect.hunt(*seed, 1);
    let seen = catch.map(|it| it.violation.invariant);
    assert_eq!(seen.as_deref(), Some(*invariant), "{name} in world {seed}");
}
