//! Stores of other hosts that die at each of their calls, beneath the real component.
//!
//! Never samples: in Node every call that changes the disk is a point, and so is the middle of
//! every write; over WASI every call of an opening or a commit before which something changed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use aof_disk::{LocalStore, StoreBackend};
use aof_host::contract::types::Caller;
use serde_json::json;

use super::case::{CASES, Case};
use super::check::{self, Aftermath};
use crate::node::{NodeStore, Process};
use crate::portable::{PortableStore, Strings};
use crate::stage::{Stage, human};

/// A store, and how to kill it.
struct Mortal {
    backend: Box<dyn StoreBackend>,
    grip: Box<dyn Grip>,
}

/// Kills a store.
trait Grip {
    /// Lets it die at a point from now on, counted from 1.
    fn die_at(&self, point: u64);
    /// The points at which something was changed since the last, once it lived on; none if it was
    /// at each of them.
    fn points(&self) -> Option<Vec<u64>>;
}

impl Grip for Process {
    fn die_at(&self, point: u64) {
        Process::die_at(self, point);
    }

    fn points(&self) -> Option<Vec<u64>> {
        None
    }
}

/// A process of Node whose call fails instead, with an errno.
struct Failing(Process, String);

impl Grip for Failing {
    fn die_at(&self, point: u64) {
        self.0.fail_at(point, &self.1);
    }

    fn points(&self) -> Option<Vec<u64>> {
        None
    }
}

/// A host of WASI over a directory.
struct Strung(Strings, PathBuf);

impl Grip for Strung {
    fn die_at(&self, point: u64) {
        if point == NEVER {
            self.0.watch(&self.1);
        }
        self.0.die_after(point - 1);
    }

    fn points(&self) -> Option<Vec<u64>> {
        Some(self.0.changes())
    }
}

const NEVER: u64 = u64::MAX;

/// Starts one over a directory.
type Start = fn(&Path) -> Mortal;
/// Goes on over a directory after a death.
type Heir = fn(&Path) -> Box<dyn StoreBackend>;

fn local(root: &Path) -> Box<dyn StoreBackend> {
    Box::new(LocalStore::new(root).unwrap())
}

fn node(root: &Path) -> Mortal {
    let process = Process::start(root);
    Mortal {
        backend: Box::new(NodeStore::of(process.clone())),
        grip: Box::new(process),
    }
}

fn portable(root: &Path) -> Mortal {
    let store = PortableStore::new(root);
    let grip = Strung(store.strings(), root.to_owned());
    Mortal {
        backend: Box::new(store),
        grip: Box::new(grip),
    }
}

/// Lets the time go by for which a dead host without locks keeps others out.
fn wait_for(root: &Path) {
    let long_ago = SystemTime::now() - Duration::from_hours(1);
    if let Ok(held) = fs::File::options()
        .write(true)
        .open(root.join("state/lock.held"))
    {
        held.set_modified(long_ago).unwrap();
    }
}

/// What was left of a case.
struct Wreck {
    stage: Stage,
    old: Aftermath,
    /// What was to be looked at before.
    findings: BTreeSet<[String; 3]>,
    is_acknowledged: bool,
    points: Option<Vec<u64>>,
}

/// Lets the store die at a point of a case.
fn wreck(start: impl FnOnce(&Path) -> Mortal, case: &Case, point: u64) -> Wreck {
    let mut grip = None;
    let stage = (case.before)();
    let epoch = stage.opened.epoch;
    let mut stage = stage.on_a_real_directory_behind(|root| {
        // The directory goes on where the memory was.
        fs::write(root.join("state/epoch"), format!("{epoch:020}\n")).unwrap();
        let mortal = start(root);
        grip = Some(mortal.grip);
        mortal.backend
    });
    let old = Aftermath::of(&mut stage);
    let findings = check::findings(&mut stage);
    let grip = grip.expect("it was started");
    grip.die_at(point);
    let is_acknowledged = match (case.act)(&mut stage) {
        Ok(()) => true,
        Err(error) => {
            assert!(error.code.starts_with("AOF-4"), "{}: {error:?}", case.name);
            false
        }
    };
    Wreck {
        stage,
        old,
        findings,
        is_acknowledged,
        points: grip.points(),
    }
}

/// The cards when nobody dies, and at which points somebody might.
fn whole(start: Start, case: &Case) -> (Aftermath, impl Iterator<Item = u64> + use<>) {
    let mut whole = wreck(start, case, NEVER);
    assert!(whole.is_acknowledged, "{}", case.name);
    let last = whole.points.is_some().then_some(NEVER);
    let every = whole.points.is_none().then_some(1..);
    let some = whole.points.into_iter().flatten();
    let points = some.chain(every.into_iter().flatten()).chain(last);
    (Aftermath::of(&mut whole.stage), points)
}

fn is_sound(wreck: &mut Wreck, (case, whole): (&Case, &Aftermath), label: &str) {
    let stage = &mut wreck.stage;
    check::disk_is_sound(stage, label);
    check::log_agrees(stage, label);
    check::event_ids_are_unique(stage, label);
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

/// Every point of every case, after which one heir goes on, or the other.
fn dies_at_any_call(start: Start, heirs: [Heir; 2]) {
    for case in CASES {
        let (whole, points) = whole(start, case);
        for (point, heir) in points.zip(heirs.iter().cycle()) {
            let mut wreck = wreck(start, case, point);
            let opened = wreck.stage.kill_and_reopen_behind(|root| {
                wait_for(root);
                heir(root)
            });
            opened.expect("opens");
            let label = format!("{} killed at point {point}", case.name);
            check::spawns_belong_to_leases(&mut wreck.stage, &label);
            is_sound(&mut wreck, (case, &whole), &label);
            if wreck.is_acknowledged {
                break;
            }
        }
    }
}

/// Every point of the recovery of a case that was half done.
fn dies_again_at_any_call(start: Start) {
    let mut cases = CASES.iter();
    let case = cases.find(|case| case.name == "complete by the agent");
    let case = case.unwrap();
    let (whole, mut points) = whole(start, case);
    // The line is in the journal, the card is not yet where it belongs.
    let first = points
        .find(|point| is_half_done(start, case, *point))
        .unwrap();
    for again in 1.. {
        let mut wreck = wreck(start, case, first);
        let opened = wreck.stage.kill_and_reopen_behind(|root| {
            wait_for(root);
            let mortal = start(root);
            mortal.grip.die_at(again);
            mortal.backend
        });
        let reopened = wreck.stage.kill_and_reopen_behind(|root| {
            wait_for(root);
            local(root)
        });
        reopened.expect("opens");
        let label = format!("killed at point {first}, and at {again} of recovery");
        assert!((case.is_new)(&mut wreck.stage), "{label}");
        check::spawns_belong_to_leases(&mut wreck.stage, &label);
        is_sound(&mut wreck, (case, &whole), &label);
        if opened.is_ok() {
            break;
        }
    }
}

/// True if the journal tells what was not done yet.
fn is_half_done(start: Start, case: &Case, point: u64) -> bool {
    let mut wreck = wreck(start, case, point);
    assert!(!wreck.is_acknowledged, "no point is half way");
    let opened = wreck.stage.kill_and_reopen_behind(|root| {
        wait_for(root);
        local(root)
    });
    opened.expect("opens");
    (case.is_new)(&mut wreck.stage)
}

/// The next call makes whole what is half done, and hosts open anew after a failed flush.
fn settle(stage: &mut Stage, label: &str) {
    let Err(error) = stage.tool(&human("ann"), "aof_status_report", json!({})) else {
        return;
    };
    assert_eq!(error.code, "AOF-4009", "{label}: {}", error.message);
    let ctx = stage.ctx(Caller::Host);
    stage.instance().recover(&ctx).expect("opens");
}

/// Every point of every case fails with an error of the system, and the store lives on.
fn fails_at_any_call(errno: &str) {
    for case in CASES {
        let (whole, _) = whole(node, case);
        for point in 1.. {
            let mut process = None;
            let mut wreck = wreck(
                |root| {
                    let started = process.insert(Process::start(root)).clone();
                    Mortal {
                        backend: Box::new(NodeStore::of(started.clone())),
                        grip: Box::new(Failing(started, errno.to_owned())),
                    }
                },
                case,
                point,
            );
            if !process.expect("it was started").has_reached_it() {
                assert!(wreck.is_acknowledged, "{}", case.name);
                break;
            }
            let label = format!("{}: {errno} at point {point}", case.name);
            settle(&mut wreck.stage, &label);
            is_sound(&mut wreck, (case, &whole), &label);
            let opened = wreck.stage.kill_and_reopen_behind(local);
            opened.expect("opens");
            check::spawns_belong_to_leases(&mut wreck.stage, &label);
            check::disk_is_sound(&wreck.stage, &label);
        }
    }
}

#[test]
#[cfg_attr(not(has_node), ignore = "needs AOF_NODE and AOF_NODE_STORE")]
fn a_store_in_node_on_a_disk_that_is_full_at_any_call_leaves_the_old_state_or_the_new() {
    fails_at_any_call("nospc");
}

#[test]
#[cfg_attr(not(has_node), ignore = "needs AOF_NODE and AOF_NODE_STORE")]
fn a_store_in_node_on_a_disk_that_fails_at_any_call_leaves_the_old_state_or_the_new() {
    fails_at_any_call("io");
}

#[test]
#[cfg_attr(not(has_node), ignore = "needs AOF_NODE and AOF_NODE_STORE")]
fn a_store_in_node_that_dies_at_any_call_leaves_the_old_state_or_the_new() {
    dies_at_any_call(node, [|root| node(root).backend, local]);
}

#[test]
#[cfg_attr(not(has_node), ignore = "needs AOF_NODE and AOF_NODE_STORE")]
fn a_store_in_node_that_dies_again_at_any_call_of_recovery_does_no_harm() {
    dies_again_at_any_call(node);
}

#[test]
fn a_portable_store_that_dies_at_any_call_leaves_the_old_state_or_the_new() {
    dies_at_any_call(portable, [|root| portable(root).backend, local]);
}

#[test]
fn a_portable_store_that_dies_again_at_any_call_of_recovery_does_no_harm() {
    dies_again_at_any_call(portable);
}
