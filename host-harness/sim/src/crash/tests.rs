//! What the enumeration of this module finds on the real store.

use std::collections::BTreeSet;

use super::scene::many;
use super::{Depth, Extent, Reference, Row, WRITER, cases, enumerate, heading};
use crate::native::NativeEngine;

const HOOKS: &str = include_str!("../../../../wit/hooks.wit");

/// Calls that never commit anything.
const SILENT: [&str; 4] = [
    "message-received",
    "agents-seen",
    "executor-changed",
    "store-changed",
];

pub(crate) fn tell(row: &Row) {
    println!("{row}");
    for finding in &row.findings {
        println!("    {finding}");
    }
}

/// Every call of the contract that can change the disk.
fn mutating_calls() -> BTreeSet<String> {
    let tools = NativeEngine::tools().into_iter();
    let tools = tools.filter(|tool| !tool.annotations.read_only);
    let mut calls: BTreeSet<String> = tools.map(|tool| tool.name.to_owned()).collect();
    let hooks = HOOKS.lines().filter_map(|line| line.split_once(": func("));
    let hooks = hooks.map(|(name, _)| name.trim().to_owned());
    calls.extend(hooks.filter(|name| !SILENT.contains(&name.as_str())));
    calls.extend(["open", "close", "poll"].map(str::to_owned));
    calls
}

#[test]
fn every_call_that_can_change_the_disk_is_cut_off_in_some_case() {
    let mut missing = mutating_calls();
    assert!(missing.len() > 10, "{missing:?}");
    for case in cases() {
        let mut rig = (case.before)().unwrap();
        rig.called.clear();
        let before = rig.machine.calls(WRITER).mutating;
        (case.act)(&mut rig).unwrap();
        assert!(rig.machine.calls(WRITER).mutating > before, "{}", case.name);
        missing.retain(|call| !rig.called.contains(call));
    }
    assert_eq!(missing, BTreeSet::new());
}

#[test]
fn what_a_caller_waits_for_is_flushed_once() {
    // Opening and a checkpoint begin a part of the journal.
    let others = [
        ("open", 7),
        ("open after a kill", 7),
        // The journal is written anew, and so are the logs, flushed before they take their names.
        ("open after a power cut", 9),
        ("checkpoint", 3),
        // A journal must not outlive a change of a person's file.
        ("make a project", 3),
        ("pause a project", 3),
    ];
    for case in cases() {
        let reference = Reference::of(case).unwrap();
        let other = others.iter().find(|(name, _)| *name == case.name);
        let flushes = other.map_or(1, |(_, flushes)| *flushes);
        assert_eq!(reference.flushes, flushes, "{}", case.name);
    }
}

#[test]
fn sixty_four_transitions_in_one_commit_are_flushed_once() {
    let mut rig = many(64, "backlog", "routing: {agent: ghost}\n").unwrap();
    let before = rig.machine.flushes().total();
    rig.poll().unwrap();
    let ready = rig.report().unwrap()["tasks"].as_array().unwrap().clone();
    let is_ready = |task: &serde_json::Value| task["status"] == "ready";
    assert_eq!(ready.iter().filter(|task| is_ready(task)).count(), 64);
    assert_eq!(rig.machine.flushes().total() - before, 1);
}

#[test]
fn no_operation_can_be_cut_off_so_that_anything_is_lost_or_half_done() {
    println!("{}", heading());
    let all = Extent {
        operation: None,
        jobs: 2,
    };
    let rows = enumerate(Depth::quick(), all, tell);
    assert_eq!(rows.iter().map(|row| row.wrong).sum::<u64>(), 0);
    assert!(rows.iter().all(|row| row.states > row.points));
}
