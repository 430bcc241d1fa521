//! What must hold once the store has been opened again.
//!
//! Never changes a file. Invariant: each finding names the file or run that is wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aof_core::books::Kind;
use aof_core::usage::Sum;
use aof_host::contract::lifecycle::AdoptedRun;
use aof_store::layout::LEDGER;
use aof_store::ledger;
use serde_json::Value;

use super::rig::{Rig, files, spawns};
use crate::check::{Disk, Files, History, Ledger, Workflows, contains, place};

/// Polls after which a workflow has been taken as far as it goes without an agent.
const POLLS: usize = 3;

/// What was found wrong.
pub(crate) type Verdict = Result<(), String>;

/// The files that tell where the work stands: cards, run records, and whatever lies with them. What
/// a writer has not placed yet is none of them.
pub(crate) fn work_of(files: &Files) -> BTreeMap<String, Vec<u8>> {
    files
        .iter()
        .filter(|(path, _)| path.starts_with("projects/") && !name_of(path).starts_with('.'))
        .map(|(path, bytes)| (path.clone(), bytes.to_vec()))
        .collect()
}

/// The cards that nothing but people wrote, as the log has to begin with them.
pub(crate) fn begun(files: &Files) -> History {
    let mut disk = Disk::default();
    disk.look(files);
    let known = disk.tasks().filter_map(|(task, placed)| {
        let first = placed.first()?;
        let card = first.card.as_ref()?;
        Some((task.clone(), (first.status, card.revision)))
    });
    History::new(known.collect())
}

/// Everything that a store must be, whatever happened to it.
pub(crate) fn sound(rig: &mut Rig, first: &Files) -> Verdict {
    sound_but_for(0, rig, first)
}

/// The same, but for so many directories that could not be cleared of hidden files.
pub(crate) fn sound_but_for(uncleared_max: usize, rig: &mut Rig, first: &Files) -> Verdict {
    let files = files(&rig.machine);
    tidy(&files, uncleared_max)?;
    each_task_once(&files)?;
    lines_are_whole(&files)?;
    log_agrees(&files, first)?;
    Ok(())
}

/// Nothing is left that only a writer in the middle of its work needs, but for so many directories
/// that could not be cleared.
fn tidy(files: &Files, uncleared_max: usize) -> Verdict {
    let hidden = files.keys().filter(|path| name_of(path).starts_with('.'));
    let dir_of = |path: &String| path.rsplit_once('/').map(|(dir, _)| dir.to_owned());
    let by_dir: BTreeMap<Option<String>, &String> = hidden.map(|it| (dir_of(it), it)).collect();
    let hidden = by_dir.into_values().nth(uncleared_max);
    let is_untidy = |path: &&String| path.ends_with(".tmp") || path.contains(".conflict-");
    let untidy = files.keys().find(is_untidy);
    if let Some(path) = hidden.or(untidy) {
        return Err(format!("{path} is left over"));
    }
    let journals = files.keys().filter(|it| it.starts_with("state/journal/"));
    let journals: Vec<&str> = journals.map(String::as_str).collect();
    if journals.len() > 1 {
        return Err(format!("more than one journal: {}", journals.join(", ")));
    }
    Ok(())
}

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

fn each_task_once(files: &Files) -> Verdict {
    let mut disk = Disk::default();
    disk.look(files);
    for (task, placed) in disk.tasks() {
        let paths: Vec<&str> = placed.iter().map(|it| it.path.as_str()).collect();
        let [only] = placed.as_slice() else {
            return Err(format!("{task} lies in {}", paths.join(" and ")));
        };
        let Some(card) = &only.card else {
            return Err(format!("{} cannot be read", only.path));
        };
        if card.status != only.status {
            return Err(format!("{} says {}", only.path, card.status.as_str()));
        }
    }
    for path in files.keys().filter(|path| path.contains("/tasks/")) {
        if place(path).is_none() {
            return Err(format!("{path} is no place for a file"));
        }
    }
    Ok(())
}

fn lines_are_whole(files: &Files) -> Verdict {
    let logs = files.iter().filter(|(path, _)| path.ends_with(".jsonl"));
    for (path, bytes) in logs.filter(|(path, _)| !path.starts_with("state/journal/")) {
        let text = String::from_utf8_lossy(bytes);
        if !text.is_empty() && !text.ends_with('\n') {
            return Err(format!("{path} ends within a line"));
        }
        for line in text.lines() {
            if serde_json::from_str::<Value>(line).is_err() {
                return Err(format!("{path}: {line:?} is no line"));
            }
        }
    }
    Ok(())
}

fn log_agrees(files: &Files, first: &Files) -> Verdict {
    let mut history = begun(first);
    history.look(files);
    if let Some(flaw) = &history.flaw {
        return Err(flaw.clone());
    }
    let mut disk = Disk::default();
    disk.look(files);
    for (task, folded) in history.tasks() {
        if let Some(flaw) = folded.illegal.as_ref().or(folded.flaw.as_ref()) {
            return Err(format!("the log of {task}: {flaw}"));
        }
        let lies = disk.only(task).map(|it| it.status);
        if lies != folded.status {
            let said = folded.status.map_or("nowhere", |it| it.as_str());
            let lies = lies.map_or("nowhere", |it| it.as_str());
            return Err(format!(
                "the log has {task} in {said}, but it lies in {lies}"
            ));
        }
    }
    match disk.tasks().find(|(task, _)| history.task(task).is_none()) {
        Some((task, _)) => Err(format!("the log does not know {task}")),
        None => Ok(()),
    }
}

/// No acknowledged line of a log is gone, and none is there twice; what was used is in the books as
/// the log tells it.
pub(crate) fn log_is_kept(files: &Files, before: &Files) -> Verdict {
    let mut seen = BTreeSet::new();
    for line in events(files) {
        if !seen.insert(line.clone()) {
            return Err(format!("an event is logged twice: {line}"));
        }
    }
    match events(before).find(|line| !seen.contains(line)) {
        Some(line) => Err(format!("an event is lost: {line}")),
        None => books_agree(files),
    }
}

/// Each run counts once, with the last word about it.
fn books_agree(files: &Files) -> Verdict {
    let mut said: BTreeMap<String, u64> = BTreeMap::new();
    for line in events(files) {
        let line: Value = serde_json::from_str(&line).unwrap_or_default();
        if line["type"] == "usage.recorded"
            && let Some(run) = line["runId"].as_str()
        {
            let tokens = line["payload"]["inputTokens"].as_u64();
            said.insert(run.to_owned(), tokens.unwrap_or_default());
        }
    }
    let ledger = files.get(LEDGER).map(|bytes| ledger::read(bytes).books);
    let all = ledger.unwrap_or_default();
    let all = all.page(Kind::Store).and_then(|page| page.named.get(""));
    let counted = all.map(|tally| tally.total).unwrap_or_default();
    let expected = (said.len() as u64, said.values().sum::<u64>());
    if (counted.runs, counted.input_tokens) == expected {
        return Ok(());
    }
    let Sum {
        runs, input_tokens, ..
    } = counted;
    let found = format!("{runs} runs with {input_tokens} tokens are in the books");
    Err(format!("{found}, the log tells of {expected:?}"))
}

/// Polls until nothing is left to be done, and looks at every workflow; so many cards could not be
/// found for a moment.
pub(crate) fn workflows_hold(vanished_max: u32, rig: &mut Rig, first: &Files) -> Verdict {
    let has_hops = |(path, text): (&String, &Arc<Vec<u8>>)| {
        place(path).is_some() && contains(text, "\nworkflow:")
    };
    if !files(&rig.machine).iter().any(has_hops) {
        return Ok(());
    }
    for _ in 0..POLLS {
        rig.poll()
            .map_err(|error| format!("a poll: {} {}", error.code, error.message))?;
    }
    let files = files(&rig.machine);
    let mut history = begun(first);
    history.look(&files);
    let mut disk = Disk::default();
    disk.look(&files);
    let ledger = Ledger::default();
    let mut workflows = Workflows::with_vanished(vanished_max);
    let looked = workflows.look(&history, &disk, &ledger);
    let held = looked
        .and_then(|()| workflows.settled(&disk, &ledger))
        .and_then(|()| workflows.cards_agree(&disk, &ledger));
    held.map_err(|found| found.to_string())?;
    each_task_once(&files)
}

fn events(files: &Files) -> impl Iterator<Item = String> {
    let logs = files.iter().filter(|(path, _)| path.starts_with("events/"));
    logs.flat_map(|(_, bytes)| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    })
}

/// After opening, the effects hold one spawn for each run that was asked for and no other; started
/// runs are adopted, and besides them only runs that are over.
pub(crate) fn spawns_belong_to_leases(rig: &mut Rig) -> Verdict {
    let wanted = rig.runs().map_err(|error| error.message)?;
    let adopted = rig.opened.adopted.iter();
    let (live, over): (Vec<_>, Vec<_>) = adopted.partition(|run| wanted.contains(&run.run));
    let adopted: BTreeSet<String> = live.iter().map(|run| run.run.clone()).collect();
    if adopted != wanted {
        return Err(format!("adopted {adopted:?}, but leases have {wanted:?}"));
    }
    let files = files(&rig.machine);
    let is_over = |run: &&AdoptedRun| {
        let record = files.get(&format!("{}/run.json", run.run_dir));
        let record = record.and_then(|bytes| serde_json::from_slice::<Value>(bytes).ok());
        record.is_some_and(|record| record["state"] == "ended")
    };
    if let Some(run) = over.into_iter().find(|run| !is_over(run)) {
        return Err(format!(
            "{} is adopted, holds nothing and is not over",
            run.run
        ));
    }
    let spawned = spawns(&rig.opened.effects);
    for run in live {
        let count = spawned.iter().filter(|it| it.run == run.run).count();
        if count > 1 {
            return Err(format!("{} is spawned {count} times", run.run));
        }
        if count == 0 && run.session.is_none() {
            return Err(format!("nobody starts {}", run.run));
        }
    }
    match spawned.iter().find(|it| !wanted.contains(&it.run)) {
        Some(spawn) => Err(format!("{} is spawned but holds nothing", spawn.run)),
        None => Ok(()),
    }
}

/// The work is as it was before or as it is afterwards; where several commits make the change, each
/// file is.
pub(crate) fn old_or_new(
    now: &BTreeMap<String, Vec<u8>>,
    (old, new): (&BTreeMap<String, Vec<u8>>, &BTreeMap<String, Vec<u8>>),
    is_atomic: bool,
) -> Verdict {
    if now == old || now == new {
        return Ok(());
    }
    for (path, bytes) in now {
        let is_known = [old, new].iter().any(|side| side.get(path) == Some(bytes));
        if !is_known && is_atomic {
            return Err(format!("{path} is neither old nor new"));
        }
    }
    if !is_atomic {
        return Ok(());
    }
    let strange = |side: &BTreeMap<String, Vec<u8>>| {
        let gone = side.iter().filter(|(path, _)| !now.contains_key(*path));
        let paths = gone.map(|(path, _)| path.as_str());
        paths.collect::<Vec<_>>().join(", ")
    };
    let (old, new) = (strange(old), strange(new));
    Err(format!(
        "half old, half new; of the old [{old}] is gone, of the new [{new}]"
    ))
}
