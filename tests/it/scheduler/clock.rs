//! A clock that jumps: nothing that was promised is taken back, nothing that is over comes back,
//! and what comes due at once is not all started at once.

use std::collections::{BTreeMap, BTreeSet};

use aof_host::contract::hooks::FailureClass;
use serde_json::json;

use super::{ONE, one};
use crate::stage::{DAWN_MS, Stage, TTL_MS, exited, runner};

const DAY_MS: u64 = 86_400_000;

fn lease_end(stage: &mut Stage) -> Option<String> {
    let end = stage.task(ONE)["leaseExpiresAt"].clone();
    end.as_str().map(str::to_owned)
}

/// Jumps to and fro, a sign of life each time: the lease of a run never ends earlier than it once
/// did, and a run that lost its task never gets it back.
#[test]
fn no_lease_is_shortened_or_revived_by_a_clock_that_jumps() {
    for seed in 0..40_u64 {
        let mut stage = one();
        let mut roll = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut next = |below: u64| {
            roll ^= roll << 13;
            roll ^= roll >> 7;
            roll ^= roll << 17;
            roll % below
        };
        let mut over: BTreeSet<String> = BTreeSet::new();
        let mut ends: BTreeMap<String, String> = BTreeMap::new();
        let mut current: Option<String> = None;
        for _ in 0..30 {
            let jump = [0, 1, TTL_MS / 2, TTL_MS, DAY_MS][next(5) as usize];
            stage.now_ms = if next(2) == 0 {
                stage.now_ms + jump
            } else {
                stage.now_ms.saturating_sub(jump).max(DAWN_MS - 3 * DAY_MS)
            };
            match next(3) {
                0 => {
                    stage.poll();
                    for spawn in stage.spawns() {
                        assert!(!over.contains(&spawn.run), "seed {seed}");
                        stage.started(&spawn);
                    }
                }
                1 => {
                    if let Some(run) = &current {
                        stage.heartbeat(run);
                    }
                }
                _ => {
                    if let Some(run) = over.first() {
                        stage.heartbeat(run);
                        stage.ended(run, exited(0));
                    }
                }
            }
            let run = stage.task(ONE)["run"].as_str().map(str::to_owned);
            if let Some(before) = current.take().filter(|it| Some(it) != run.as_ref()) {
                over.insert(before);
            }
            if let (Some(run), Some(end)) = (&run, lease_end(&mut stage)) {
                assert!(!over.contains(run), "seed {seed}: {run} is back");
                let known = ends.entry(run.clone()).or_insert_with(|| end.clone());
                assert!(*known <= end, "seed {seed}: {known} became {end}");
                *known = end;
            }
            current = run;
        }
    }
}

#[test]
fn a_run_that_shows_life_after_a_jump_of_a_day_keeps_its_task() {
    let mut stage = one();
    let spawn = stage.spawned();
    stage.started(&spawn);
    stage.later(DAY_MS).heartbeat(&spawn.run);
    stage.poll();
    assert_eq!(stage.status(ONE), "in-progress");
    let done = json!({"taskId": ONE});
    stage
        .tool(&runner(&spawn), "aof_task_complete", done)
        .unwrap();
    assert_eq!(stage.status(ONE), "done");
}

/// Many tasks fail in the same moment: they come back one after the other, and after a jump over
/// all of these moments the caps still hold.
#[test]
fn retries_are_spread_and_a_jump_does_not_start_them_all() {
    let many = "\
//- aof.yaml
scheduler: {maxConcurrentDispatches: 40, maxDispatchesPerPoll: 40}
//- org/org-chart.yaml
schemaVersion: 1
agents:
  - {id: a, name: A, capabilities: {concurrency: 40}}
";
    let mut stage = Stage::with(many);
    let tasks: Vec<String> = (0..40)
        .map(|number| stage.task_for("a", &format!("t{number}")))
        .collect();
    stage.poll();
    let spawns = stage.spawns();
    assert_eq!(spawns.len(), 40);
    for spawn in &spawns {
        stage.failed(spawn, FailureClass::Transient, "connection reset");
    }
    let mut moments: Vec<u64> = Vec::new();
    for task in &tasks {
        let retry = stage.task(task)["metadata"]["retryAt"].clone();
        let text = retry.as_str().unwrap().to_owned();
        let seconds = &text[17..23];
        let minutes: u64 = text[14..16].parse().unwrap();
        let ms = (seconds.parse::<f64>().unwrap() * 1_000.0).round() as u64;
        moments.push(minutes * 60_000 + ms);
    }
    moments.sort_unstable();
    let (first, last) = (moments[0], moments[39]);
    assert!(last - first > 15_000, "spread over {} ms", last - first);
    let within = |from: u64| {
        let window = from..from + 3_000;
        moments.iter().filter(|at| window.contains(*at)).count()
    };
    let fullest = moments.iter().map(|from| within(*from)).max();
    assert!(fullest < Some(20), "{fullest:?} in three seconds");
    let mut stage = capped_at_three();
    stage.later(DAY_MS).poll();
    stage.poll();
    assert_eq!(stage.spawns().len(), 3, "the caps hold");
}

fn capped_at_three() -> Stage {
    let chart = "//- aof.yaml\nscheduler: {maxConcurrentDispatches: 3}\n\
                 //- org/org-chart.yaml\nschemaVersion: 1\nagents:\n  \
                 - {id: a, name: A, capabilities: {concurrency: 40}}\n";
    let mut stage = Stage::with(chart);
    for number in 0..9 {
        stage.task_for("a", &format!("t{number}"));
    }
    for _ in 0..3 {
        stage.poll();
        for spawn in stage.spawns() {
            stage.failed(&spawn, FailureClass::Transient, "connection reset");
        }
    }
    assert_eq!(stage.report()["byStatus"]["blocked"], 9);
    stage
}

#[test]
fn a_clock_that_went_back_makes_a_pause_no_longer() {
    let mut stage = one();
    let spawn = stage.spawned();
    stage.failed(&spawn, FailureClass::Capacity, "full");
    stage.now_ms -= DAY_MS;
    assert_eq!(stage.spawned().attempt, 2);
}

/// A clock that goes back a day and is put right again: retries come when they were due, neither
/// earlier nor all at once.
#[test]
fn a_clock_that_goes_to_and_fro_brings_no_retry_early() {
    let mut stage = capped_at_three();
    stage.poll();
    let due = stage.next_due().unwrap();
    for now_ms in [due - DAY_MS, due - 1, due - DAY_MS, due - 1] {
        stage.now_ms = now_ms;
        stage.poll();
        assert!(stage.effects.is_empty(), "{now_ms} of {due}");
        assert_eq!(stage.report()["byStatus"]["blocked"], 9);
    }
    stage.now_ms = due;
    stage.poll();
    assert_eq!(
        stage.report()["byStatus"]["blocked"],
        8,
        "the first one only"
    );
}
