//! Puts a protocol through every kill, error and power cut that there is.
//!
//! Never samples kill points. Invariant: the same protocol gives the same tally.

use std::collections::BTreeMap;

use aof_disk::Errno;

use super::judge::{Violation, judge};
use super::toy::{Card, Move, Protocol};
use crate::machine::{Flushes, Machine, Mode, Process};

/// The process that commits.
const WRITER: u32 = 2;
/// The process that recovers.
const NEXT: u32 = 3;

/// How far the examination goes.
#[derive(Debug, Clone, Copy)]
pub struct Depth {
    /// Cards in each batch.
    pub cards: usize,
    /// Batches, each of which moves every card.
    pub batches: u64,
    /// States of the disk for each power cut.
    pub states_max: usize,
    /// States of the disk for each power cut during recovery.
    pub nested_states_max: usize,
    /// Which name operations survive.
    pub mode: Mode,
}

/// What a batch costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Flushes, by kind.
    pub flushes: Flushes,
    /// Calls that change the disk or flush it.
    pub mutating_calls: u64,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Calls before which the writer was killed, or which failed.
    pub points: u64,
    /// Recoveries that were judged.
    pub states: u64,
    /// How often each rule was broken.
    pub violations: BTreeMap<Violation, u64>,
    /// Where each rule was broken first.
    pub first: BTreeMap<Violation, String>,
}

/// What one batch costs.
///
/// # Errors
/// What the system says; it has no reason to.
pub fn cost(protocol: &impl Protocol, cards: usize) -> Result<Cost, Errno> {
    let (machine, process) = laid_out(protocol, cards)?;
    let flushes = machine.flushes();
    let calls = machine.calls(WRITER);
    protocol.commit(&process, &moves(cards, 2))?;
    let after = machine.flushes();
    Ok(Cost {
        flushes: Flushes {
            files: after.files - flushes.files,
            directories: after.directories - flushes.directories,
            all: after.all - flushes.all,
        },
        mutating_calls: machine.calls(WRITER).mutating - calls.mutating,
    })
}

/// Kills the writer before each of its calls and lets each of them fail, and looks at every state
/// that the disk may then be in, also when recovery itself is cut off.
///
/// # Errors
/// What the system says before anything was made to fail.
pub fn examine(protocol: &impl Protocol, depth: Depth) -> Result<Tally, Errno> {
    let (machine, process) = laid_out(protocol, depth.cards)?;
    let before = machine.calls(WRITER);
    let mut examination = Examination {
        protocol,
        depth,
        tally: Tally::default(),
    };
    let branch = machine.fork();
    examination.write(&branch.process(WRITER));
    drop(process);
    let after = branch.calls(WRITER);
    for call in 1..=after.mutating - before.mutating + 1 {
        let branch = machine.fork();
        branch.kill_after(WRITER, call);
        examination.point(&branch, &format!("killed at mutating call {call}"));
    }
    for call in 1..=after.all - before.all {
        let branch = machine.fork();
        branch.fail_nth(WRITER, call, Errno::IO);
        examination.point(&branch, &format!("call {call} fails"));
    }
    Ok(examination.tally)
}

fn laid_out(protocol: &impl Protocol, cards: usize) -> Result<(Machine, Process), Errno> {
    let machine = Machine::new();
    protocol.lay_out(&machine.process(1), cards)?;
    machine.write_back();
    machine.kill(1);
    let process = machine.process(WRITER);
    Ok((machine, process))
}

fn moves(cards: usize, revision: u64) -> Vec<Move> {
    let card = |id| Card { id, revision };
    (0..cards).map(|id| Move { card: card(id) }).collect()
}

struct Examination<'protocol, P> {
    protocol: &'protocol P,
    depth: Depth,
    tally: Tally,
}

impl<P: Protocol> Examination<'_, P> {
    /// Commits batches until one fails; how many were acknowledged.
    fn write(&self, process: &Process) -> u64 {
        let mut acknowledged = 0;
        for batch in 0..self.depth.batches {
            let moves = moves(self.depth.cards, batch + 2);
            if self.protocol.commit(process, &moves).is_err() {
                break;
            }
            acknowledged += 1;
        }
        acknowledged
    }

    fn point(&mut self, machine: &Machine, what: &str) {
        self.tally.points += 1;
        let acknowledged = self.write(&machine.process(WRITER));
        machine.kill(WRITER);
        machine.stop_faults(WRITER);
        let seed = self.tally.points;
        let states = machine.crash_states_in(self.depth.mode, self.depth.states_max, seed);
        for (at, state) in states.enumerate() {
            let what = format!("{what}, then power cut {at}");
            self.recovered(&state, acknowledged, &what);
            if at % 8 == 0 {
                self.cut_off(&state, acknowledged, &what);
            }
        }
        self.cut_off(machine, acknowledged, what);
        self.recovered(machine, acknowledged, what);
    }

    /// Recovers and judges.
    fn recovered(&mut self, machine: &Machine, acknowledged: u64, what: &str) {
        self.tally.states += 1;
        let state = machine.fork();
        let outcome = self.protocol.recover(&state.process(NEXT));
        if outcome.is_err() && state.is_read_only() {
            return;
        }
        let mut wrong = judge(&state, self.depth.cards, acknowledged);
        if outcome.is_err() {
            wrong.push(Violation::RecoveryFailed);
        }
        for violation in wrong {
            *self.tally.violations.entry(violation).or_default() += 1;
            let first = self.tally.first.entry(violation);
            first.or_insert_with(|| what.to_owned());
        }
    }

    /// Cuts the power before each call of recovery, and recovers from what is left.
    fn cut_off(&mut self, machine: &Machine, acknowledged: u64, what: &str) {
        let whole = machine.fork();
        if self.protocol.recover(&whole.process(NEXT)).is_err() {
            return;
        }
        let calls = whole.calls(NEXT).mutating - machine.calls(NEXT).mutating;
        for call in 1..=calls {
            let state = machine.fork();
            let process = state.process(NEXT);
            state.kill_after(NEXT, call);
            if self.protocol.recover(&process).is_ok() {
                continue;
            }
            let (mode, cap) = (self.depth.mode, self.depth.nested_states_max);
            for (at, after) in state.crash_states_in(mode, cap, call).enumerate() {
                let what = format!("{what}, recovery cut at call {call}, power cut {at}");
                self.recovered(&after, acknowledged, &what);
            }
            let what = format!("{what}, recovery killed at call {call}");
            self.recovered(&state, acknowledged, &what);
        }
    }
}
