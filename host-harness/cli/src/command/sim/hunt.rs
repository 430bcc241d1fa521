//! Looks for worlds in which known mistakes are noticed.
//!
//! Never counts a world that fails without the mistake. Invariant: a mistake that nothing notices
//! is a failure of this command.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use aof_sim::defect::{Catch, Defect};
use serde_json::{Value, json};

use super::{Args, save};
use crate::command::Session;
use crate::exit::Ending;
use crate::render::style::BAD;

/// Worlds that are tried for each mistake, unless told.
const WORLDS_MAX: u64 = 1_000;

type Found = Vec<(Defect, Option<Catch>)>;

/// Hunts these mistakes.
pub(super) fn run(
    args: &Args,
    defects: &[Defect],
    session: &Session<'_>,
) -> anyhow::Result<Ending> {
    let worlds_max = if args.seeds > 1 {
        args.seeds
    } else {
        WORLDS_MAX
    };
    let found = hunt(args, (defects, worlds_max));
    for (defect, catch) in &found {
        if let (Some(catch), Some(_)) = (catch, &args.save) {
            let case = defect.written_down(catch);
            save(args, defect.describe().name, &case)?;
        }
    }
    let missed = found.iter().filter(|(_, catch)| catch.is_none()).count();
    let rows: Vec<Value> = found
        .iter()
        .map(|(defect, catch)| document(*defect, catch.as_ref()))
        .collect();
    let document = json!({"sim": {"version": super::VERSION, "defects": rows, "missed": missed}});
    session
        .console
        .show(&document, |_| text(&found, worlds_max))?;
    Ok(super::ending(missed == 0))
}

fn hunt(args: &Args, (defects, worlds_max): (&[Defect], u64)) -> Found {
    let next = AtomicUsize::new(0);
    let found = Mutex::new(Found::new());
    thread::scope(|scope| {
        for _ in 0..args.jobs {
            scope.spawn(|| {
                while let Some(defect) = defects.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let catch = defect.hunt(args.seed, worlds_max);
                    let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                    found.push((*defect, catch));
                }
            });
        }
    });
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.sort_by_key(|(defect, _)| *defect);
    found
}

fn document(defect: Defect, catch: Option<&Catch>) -> Value {
    let about = defect.describe();
    json!({
        "defect": about.name,
        "profile": about.profile.as_str(),
        "worlds": catch.map(|it| it.worlds),
        "seed": catch.map(|it| it.seed),
        "violation": catch.map(|it| &it.violation),
    })
}

fn text(found: &Found, worlds_max: u64) -> String {
    let mut text = format!(
        "{:<20} {:<7} {:>6} {:>6}  {}\n",
        "defect", "profile", "worlds", "seed", "noticed by"
    );
    for (defect, catch) in found {
        let (name, profile) = (defect.describe().name, defect.describe().profile.as_str());
        text += &match catch {
            Some(catch) => format!(
                "{name:<20} {profile:<7} {:>6} {:>6}  {}\n",
                catch.worlds, catch.seed, catch.violation.invariant
            ),
            None => {
                format!("{BAD}{name:<20} {profile:<7} {worlds_max:>6}      -  nothing{BAD:#}\n")
            }
        };
    }
    let missed: Vec<&str> = found
        .iter()
        .filter(|(_, catch)| catch.is_none())
        .map(|(defect, _)| defect.describe().name)
        .collect();
    match missed.as_slice() {
        [] => text += &format!("all {} were noticed\n", found.len()),
        names => text += &format!("again: aof sim --defect {}\n", names.join(", ")),
    }
    text
}
