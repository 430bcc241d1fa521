//! Every call of every operation, failing with every error that a system gives.
//!
//! Never lets a process die: the caller is told no, and goes on. Invariant: after an error the
//! store is sound, the operation can be asked for again, and nothing is lost or done twice.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use aof_disk::Errno;
use aof_host::contract::types::Error;

use crate::check::Files;
use crate::crash::{self, Case, Extent, OUTSIDE, Reference, Rig, Row, TTL_MS, WRITER};
use crate::machine::Mode;

/// The errors, each of them given at each call.
const ERRORS: [(Errno, &str); 7] = [
    (Errno::NOSPC, "ENOSPC"),
    (Errno::IO, "EIO"),
    (Errno::ACCESS, "EACCES"),
    (Errno::ROFS, "EROFS"),
    (Errno::MFILE, "EMFILE"),
    (Errno::NOENT, "ENOENT"),
    (Errno::EXIST, "EEXIST"),
];

/// Lets every call of every operation fail; `told` hears of each as it is done.
///
/// One call in `every` is taken; 1 for all.
pub fn sweep(every: u64, extent: Extent<'_>, told: impl Fn(&Row) + Sync) -> Vec<Row> {
    crash::in_parallel(extent, |case| {
        let row = operation(case, every.max(1));
        told(&row);
        row
    })
}

fn operation(case: &Case, every: u64) -> Row {
    let mut row = Row::of(case.name);
    let reference = match Reference::of(case) {
        Ok(reference) => reference,
        Err(error) => {
            row.take(Err(words(&error)), || "when nothing happens".to_owned());
            return row;
        }
    };
    row.mutating_calls = reference.calls_mutating;
    row.flushes = reference.flushes;
    let every = every * u64::from(case.weight);
    for (at, (errno, name)) in ERRORS.iter().enumerate() {
        for call in 1..=reference.calls_all {
            if (call + at as u64).is_multiple_of(every) {
                row.points += 1;
                row.states += 1;
                let verdict = point(case, &reference.before, (call, *errno));
                row.take(verdict, || format!("call {call} gives {name}"));
            }
        }
    }
    row
}

fn words(error: &Error) -> String {
    format!("{} {}", error.code, error.message)
}

fn point(case: &Case, before: &Files, (call, errno): (u64, Errno)) -> Result<(), String> {
    let mut rig = (case.before)().map_err(|error| words(&error))?;
    let first = rig.first.clone();
    rig.machine.fail_nth(WRITER, call, errno);
    let answer = (case.act)(&mut rig);
    rig.machine.stop_faults(WRITER);
    if let Err(error) = &answer
        && !error.code.starts_with("AOF-")
        && error.code != OUTSIDE
    {
        return Err(format!("refused without a code: {}", words(error)));
    }
    again(case, &mut rig, answer.is_ok())?;
    if !(case.is_new)(&mut rig) && !goes_on_anew(&mut rig)? {
        return Err("it was asked for again, and has no effect".to_owned());
    }
    spawned_once(&rig)?;
    judge(&mut rig, (&first, before))?;
    let mut heir = reopened(rig)?;
    judge(&mut heir, (&first, before)).map_err(|found| format!("opened again: {found}"))?;
    crash::spawns_belong_to_leases(&mut heir).map_err(|found| format!("opened again: {found}"))?;
    let vanished_max = u32::from(errno == Errno::NOENT);
    crash::workflows_hold(vanished_max, &mut heir, &first)
}

/// A card that could not be found for a moment counts as moved away, and its run as over: nothing
/// more is taken from that run, and once its lease lapses the work goes on in another.
fn goes_on_anew(rig: &mut Rig) -> Result<bool, String> {
    let before = rig.runs().map_err(|error| words(&error))?;
    rig.later(TTL_MS);
    for _ in 0..2 {
        rig.poll().map_err(|error| words(&error))?;
        rig.later(1);
    }
    let after = rig.runs().map_err(|error| words(&error))?;
    Ok(!before.is_empty() && before.is_disjoint(&after))
}

/// The one call that failed may have been the one that clears a directory.
fn judge(rig: &mut Rig, (first, before): (&Files, &Files)) -> Result<(), String> {
    crash::sound_but_for(1, rig, first)?;
    crash::log_is_kept(&crash::files(&rig.machine), before)
}

/// Asks once more: as it is, then after recovery, then after the store was opened anew, then after
/// the machine was started anew, as is needed.
fn again(case: &Case, rig: &mut Rig, was_ok: bool) -> Result<(), String> {
    let mut told = Vec::new();
    for attempt in 0..4 {
        let ready = match attempt {
            0 => Ok(()),
            1 => rig.recover(),
            2 => rig.open(),
            _ if rig.machine.is_read_only() => {
                rig.machine.power_cut(Mode::Ordered, 1);
                rig.kill();
                rig.open()
            }
            _ => break,
        };
        match ready.and_then(|()| (case.act)(rig)) {
            Ok(()) => return Ok(()),
            Err(error) if error.code.starts_with("AOF-2") => {
                if (case.is_new)(rig) {
                    return Ok(());
                }
                told.push(words(&error));
            }
            Err(error) => told.push(words(&error)),
        }
    }
    let was = if was_ok { "done" } else { "refused" };
    Err(format!(
        "after it was {was}, no further call helps: {}",
        told.join("; ")
    ))
}

/// What one process handed out names no run twice.
fn spawned_once(rig: &Rig) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    match rig
        .spawns()
        .into_iter()
        .find(|it| !seen.insert(it.run.clone()))
    {
        Some(spawn) => Err(format!("{} is handed out twice", spawn.run)),
        None => Ok(()),
    }
}

fn reopened(mut rig: Rig) -> Result<Rig, String> {
    if rig.machine.is_read_only() {
        rig.machine.power_cut(Mode::Ordered, 2);
    }
    rig.machine.kill(WRITER);
    rig.leave();
    Rig::over(rig.machine.clone(), WRITER + 2).map_err(|error| words(&error))
}
