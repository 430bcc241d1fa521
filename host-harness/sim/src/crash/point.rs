//! One operation, cut off at each of its calls.
//!
//! Never looks inside the store. Invariant: every state is judged on a machine of its own.

use std::collections::BTreeMap;

use aof_host::contract::types::Error;

use super::rig::{HEIR, Rig, WRITER, files};
use super::{Case, Depth, Row, judge};
use crate::check::Files;
use crate::machine::{Machine, Mode};

type Work = BTreeMap<String, Vec<u8>>;

/// The operation as it goes when nothing happens.
pub(crate) struct Reference {
    pub(crate) calls_all: u64,
    pub(crate) calls_mutating: u64,
    pub(crate) flushes: u64,
    /// Every file before it.
    pub(crate) before: Files,
    old: Work,
    new: Work,
}

impl Reference {
    pub(crate) fn of(case: &Case) -> Result<Self, Error> {
        let mut rig = (case.before)()?;
        let before = files(&rig.machine);
        let (calls, flushes) = (rig.machine.calls(WRITER), rig.machine.flushes());
        (case.act)(&mut rig)?;
        let after = rig.machine.calls(WRITER);
        Ok(Self {
            calls_all: after.all - calls.all,
            calls_mutating: after.mutating - calls.mutating,
            flushes: rig.machine.flushes().total() - flushes.total(),
            old: judge::work_of(&before),
            new: judge::work_of(&files(&rig.machine)),
            before,
        })
    }
}

/// One state of the disk to be judged.
struct Cut<'a> {
    case: &'a Case,
    reference: &'a Reference,
    /// The files that the machine began with.
    first: Files,
    is_acknowledged: bool,
}

/// Cuts one operation off at every call that changes the disk.
pub(super) fn enumerate(case: &Case, depth: Depth) -> Row {
    let mut row = Row::of(case.name);
    let depth = depth.lighter(case.weight);
    let reference = match Reference::of(case) {
        Ok(reference) => reference,
        Err(error) => {
            let found = format!("{} {}", error.code, error.message);
            row.take(Err(found), || "when nothing happens".to_owned());
            return row;
        }
    };
    row.mutating_calls = reference.calls_mutating;
    row.flushes = reference.flushes;
    for is_flushed in [true, false] {
        for call in 1..=reference.calls_mutating + 1 {
            row.points += 1;
            let place = format!("killed at call {call}, flushed before: {is_flushed}");
            match cut(case, call, is_flushed) {
                Ok((machine, is_acknowledged, first)) => {
                    let cut = Cut {
                        case,
                        reference: &reference,
                        first,
                        is_acknowledged,
                    };
                    cut.point(&machine, depth, (&mut row, &place));
                }
                Err(error) => row.take(Err(error.message), || place),
            }
        }
    }
    row
}

/// The machine after the operation was cut off, and whether the operation was acknowledged.
fn cut(case: &Case, call: u64, is_flushed: bool) -> Result<(Machine, bool, Files), Error> {
    let mut rig = (case.before)()?;
    if is_flushed {
        rig.machine.write_back();
    }
    rig.machine.kill_after(WRITER, call);
    let is_acknowledged = (case.act)(&mut rig).is_ok();
    rig.machine.kill(WRITER);
    Ok((rig.machine.clone(), is_acknowledged, rig.first.clone()))
}

impl Cut<'_> {
    fn point(&self, machine: &Machine, depth: Depth, (row, place): (&mut Row, &str)) {
        self.state(machine, depth, (row, place));
        for mode in [Mode::Any, Mode::Ordered] {
            let states = machine.crash_states_in(mode, depth.states_max, row.points);
            for (at, state) in states.enumerate() {
                let place = format!("{place}, power cut {mode:?} {at}");
                self.state(&state, depth, (&mut *row, &place));
            }
        }
    }

    fn state(&self, machine: &Machine, depth: Depth, (row, place): (&mut Row, &str)) {
        row.states += 1;
        let number = row.states;
        let repeats = number.is_multiple_of(depth.repeat_every.max(1));
        let branch = machine.fork();
        row.take(self.judge(branch, repeats), || place.to_owned());
        if number.is_multiple_of(depth.nested_every.max(1)) || number == 1 {
            self.cut_recovery(machine, depth, (row, place));
        }
    }

    /// Cuts recovery off at each of its calls too.
    fn cut_recovery(&self, machine: &Machine, depth: Depth, (row, place): (&mut Row, &str)) {
        let whole = machine.fork();
        let before = whole.calls(HEIR).mutating;
        drop(Rig::over(whole.clone(), HEIR));
        let calls = whole.calls(HEIR).mutating - before;
        for call in 1..=calls {
            let state = machine.fork();
            drop(state.process(HEIR));
            state.kill_after(HEIR, call);
            drop(Rig::over(state.clone(), HEIR));
            state.kill(HEIR);
            let place = format!("{place}, recovery killed at call {call}");
            let cuts = state.crash_states(depth.nested_states_max, call);
            for after in cuts.chain([state.fork()]) {
                row.states += 1;
                row.nested += 1;
                row.take(self.judge(after, false), || place.clone());
            }
        }
    }

    fn judge(&self, machine: Machine, repeats: bool) -> judge::Verdict {
        let told = |error: Error| format!("{} {}", error.code, error.message);
        let mut rig = Rig::over(machine, HEIR).map_err(told)?;
        judge::sound(&mut rig, &self.first)?;
        let now = files(&rig.machine);
        judge::log_is_kept(&now, &self.reference.before)?;
        let sides = (&self.reference.old, &self.reference.new);
        let now = judge::work_of(&now);
        judge::old_or_new(&now, sides, self.case.is_atomic)?;
        judge::spawns_belong_to_leases(&mut rig)?;
        let is_new = (self.case.is_new)(&mut rig);
        if self.is_acknowledged && !is_new {
            return Err("it was acknowledged, and it is undone".to_owned());
        }
        if self.is_acknowledged && now != self.reference.new {
            return Err("it was acknowledged, and a file is not new".to_owned());
        }
        if repeats {
            self.repeat(&mut rig, is_new)?;
        }
        judge::workflows_hold(0, &mut rig, &self.first)
    }

    fn repeat(&self, rig: &mut Rig, was_new: bool) -> judge::Verdict {
        match (self.case.act)(rig) {
            Ok(()) => {}
            Err(error) if was_new && error.code.starts_with("AOF-2") => {}
            Err(error) => return Err(format!("repeated: {} {}", error.code, error.message)),
        }
        if !(self.case.is_new)(rig) {
            return Err("it was repeated, and has no effect".to_owned());
        }
        judge::sound(rig, &self.first).map_err(|found| format!("repeated: {found}"))
    }
}
