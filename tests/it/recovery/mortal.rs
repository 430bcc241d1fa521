//! A store in Node that dies at each of its calls, beneath the real component.
//!
//! Never samples: every call that changes the disk is a point, and so is the middle of every write.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use aof_disk::{LocalStore, StoreBackend};

use super::case::{CASES, Case};
use super::check::{self, Aftermath};
use crate::node::{NodeStore, Process};
use crate::stage::Stage;

fn local(root: &Path) -> Box<dyn StoreBackend> {
    Box::new(LocalStore::new(root).unwrap())
}

fn node(root: &Path) -> Box<dyn StoreBackend> {
    Box::new(NodeStore::of(Process::start(root)))
}

/// One that dies at a point after its start.
fn mortal(root: &Path, point: u64) -> Box<dyn StoreBackend> {
    let process = Process::start(root);
    process.die_at(point);
    Box::new(NodeStore::of(process))
}

/// What was left of a case.
struct Wreck {
    stage: Stage,
    old: Aftermath,
    /// What was to be looked at before.
    findings: BTreeSet<[String; 3]>,
    is_acknowledged: bool,
}

/// Lets the process die at a point of a case.
fn wreck(case: &Case, point: u64) -> Wreck {
    let mut process = None;
    let stage = (case.before)();
    let epoch = stage.opened.epoch;
    let mut stage = stage.on_a_real_directory_behind(|root| {
        // The directory goes on where the memory was.
        fs::write(root.join("state/epoch"), format!("{epoch:020}\n")).unwrap();
        let started = process.insert(Process::start(root));
        Box::new(NodeStore::of(started.clone()))
    });
    let old = Aftermath::of(&mut stage);
    let findings = check::findings(&mut stage);
    process.expect("it was started").die_at(point);
    let is_acknowledged = match (case.act)(&mut stage) {
        Ok(()) => true,
        Err(error) => {
            assert_eq!(error.code, "AOF-4007", "{}", case.name);
            false
        }
    };
    Wreck {
        stage,
        old,
        findings,
        is_acknowledged,
    }
}

/// The cards when nobody dies.
fn whole(case: &Case) -> Aftermath {
    let mut whole = wreck(case, u64::MAX);
    assert!(whole.is_acknowledged, "{}", case.name);
    Aftermath::of(&mut whole.stage)
}

fn is_sound(wreck: &mut Wreck, (case, whole): (&Case, &Aftermath), label: &str) {
    let stage = &mut wreck.stage;
    check::disk_is_sound(stage, label);
    check::log_agrees(stage, label);
    check::event_ids_are_unique(stage, label);
    check::spawns_belong_to_leases(stage, label);
    let mut new = check::findings(stage);
    // Some cases are about a task that nobody is there for.
    new.retain(|finding| finding[0] != "no-target" && !wreck.findings.contains(finding));
    assert!(new.is_empty(), "{label}: {new:?}");
    let is_new = (case.is_new)(stage);
    let expected = if is_new { whole } else { &wreck.old };
    let is_whole = Aftermath::of(stage).same_cards(expected);
    assert!(is_whole, "{label}: neither old nor new");
    assert!(is_new || !wreck.is_acknowledged, "{label}: undone");
    match (case.act)(stage) {
        Ok(()) => {}
        Err(error) => {
            assert!(is_new, "{label}: {} {}", error.code, error.message);
            assert!(error.code.starts_with("AOF-2"), "{label}: {}", error.code);
        }
    }
    assert!((case.is_new)(stage), "{label}: repeated");
    check::disk_is_sound(stage, label);
}

#[test]
#[cfg_attr(not(has_node), ignore = "needs AOF_NODE and AOF_NODE_STORE")]
fn a_store_in_node_that_dies_at_any_call_leaves_the_old_state_or_the_new() {
    for case in CASES {
        let whole = whole(case);
        for point in 1.. {
            let mut wreck = wreck(case, point);
            // The next host is of one kind, then of the other.
            let heir = if point % 2 == 0 { local } else { node };
            wreck.stage.kill_and_reopen_behind(heir).expect("opens");
            let label = format!("{} killed at point {point}", case.name);
            is_sound(&mut wreck, (case, &whole), &label);
            if wreck.is_acknowledged {
                break;
            }
        }
    }
}

#[test]
#[cfg_attr(not(has_node), ignore = "needs AOF_NODE and AOF_NODE_STORE")]
fn a_store_in_node_that_dies_again_at_any_call_of_recovery_does_no_harm() {
    let mut cases = CASES.iter();
    let case = cases.find(|case| case.name == "complete by the agent");
    let case = case.unwrap();
    let whole = whole(case);
    // The line is in the journal, the card is not yet where it belongs.
    let first = (1..).find(|point| is_half_done(case, *point)).unwrap();
    for again in 1.. {
        let mut wreck = wreck(case, first);
        let dying = |root: &Path| mortal(root, again);
        let opened = wreck.stage.kill_and_reopen_behind(dying);
        wreck.stage.kill_and_reopen_behind(local).expect("opens");
        let label = format!("killed at point {first}, and at {again} of recovery");
        assert!((case.is_new)(&mut wreck.stage), "{label}");
        is_sound(&mut wreck, (case, &whole), &label);
        if opened.is_ok() {
            break;
        }
    }
}

/// True if the journal tells what was not done yet.
fn is_half_done(case: &Case, point: u64) -> bool {
    let mut wreck = wreck(case, point);
    assert!(!wreck.is_acknowledged, "no point is half way");
    wreck.stage.kill_and_reopen_behind(local).expect("opens");
    (case.is_new)(&mut wreck.stage)
}
