//! What the enumeration of this module finds on the real store.

use std::collections::BTreeSet;

use super::{CASES, Depth, Row, WRITER, enumerate, heading};
use crate::native::NativeEngine;

const HOOKS: &str = include_str!("../../../../wit/hooks.wit");

/// Calls that never commit anything.
const SILENT: [&str; 3] = ["message-received", "agents-seen", "store-changed"];

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
    for case in CASES {
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
fn no_operation_can_be_cut_off_so_that_anything_is_lost_or_half_done() {
    println!("{}", heading());
    let rows = enumerate(Depth::quick(), 2, tell);
    assert_eq!(rows.iter().map(|row| row.wrong).sum::<u64>(), 0);
    assert!(rows.iter().all(|row| row.states > row.points));
}
