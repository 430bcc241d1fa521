//! What a migration did, or would do, for people.

use std::path::Path;

use aof_front::migrate::{Kind, LEGACY, ORIGINALS, Plan, Step, Tally, Want};

use crate::render::style::{DIM, GOOD, HEAD, WARN};
use crate::render::table::{Table, cell, styled};
use crate::render::text::{clean, counted};
use crate::shape::STATUSES;

/// Steps that a dry run lists.
const STEPS_SHOWN_MAX: usize = 200;

/// The whole report.
pub fn report(root: &Path, plan: &Plan, is_dry_run: bool, width: Option<usize>) -> String {
    let place = clean(&root.to_string_lossy());
    let mut text = format!("{HEAD}{place}{HEAD:#}\n");
    if plan.is_empty() {
        text += "  nothing to do\n";
        return text + &needs(&plan.wants);
    }
    if is_dry_run {
        text += &steps(&plan.steps);
    }
    text += &counts(&plan.tally, width);
    text += &needs(&plan.wants);
    text + if is_dry_run {
        "\nnothing was changed; without --dry-run it will be\n"
    } else {
        "\nadopted; see it with `aof board`, and say in aof.yaml how agents are started\n"
    }
}

fn steps(steps: &[Step]) -> String {
    let mut text = String::new();
    for step in steps.iter().take(STEPS_SHOWN_MAX) {
        let (from, to) = (clean(&step.from), clean(&step.to));
        text += &match (step.kind, from == to) {
            (Kind::Settings, _) => format!("  {GOOD}make{GOOD:#}    {to}\n"),
            (_, true) => format!("  {GOOD}rewrite{GOOD:#} {from}\n"),
            (_, false) if to.is_empty() => format!("  {GOOD}remove{GOOD:#}  {from} (moved)\n"),
            (_, false) => format!("  {GOOD}move{GOOD:#}    {from} → {to}\n"),
        };
        for change in &step.changes {
            text += &format!("          {DIM}{}{DIM:#}\n", clean(change));
        }
    }
    let more = steps.len().saturating_sub(STEPS_SHOWN_MAX);
    if more > 0 {
        text += &format!("  {DIM}and {more} more; --json lists them all{DIM:#}\n");
    }
    text + "\n"
}

fn counts(tally: &Tally, width: Option<usize>) -> String {
    let all: u64 = tally.cards.values().sum();
    let of_status = |status: &&str| {
        let count = tally.cards.get(*status)?;
        Some(format!("{count} {status}"))
    };
    let by_status: Vec<String> = STATUSES.iter().filter_map(of_status).collect();
    let originals = format!("the originals are in {ORIGINALS}/");
    let aside = format!("in {LEGACY}/");
    let rows = [
        ("cards", all, by_status.join(", ")),
        ("stay as they are", tally.kept, String::new()),
        ("only move", tally.moved, String::new()),
        ("are rewritten", tally.rewritten, originals),
        (
            "were in progress",
            tally.released,
            "given back, or settled as reported".to_owned(),
        ),
        (
            "get another id",
            tally.renumbered,
            "two projects used the same one".to_owned(),
        ),
        (
            "with a workflow",
            tally.workflows,
            "kept; not run by this version".to_owned(),
        ),
        (
            "work directories",
            tally.work,
            "now work/<ID>/ of their project".to_owned(),
        ),
        (
            "runs",
            tally.runs,
            "now records of ended runs in runs/<ID>/".to_owned(),
        ),
        ("logs put aside", tally.logs, aside.clone()),
        ("other files aside", tally.aside, aside),
    ];
    let mut table = Table::new(2, &[2]);
    for (name, count, remark) in rows.into_iter().filter(|(_, count, _)| *count > 0) {
        table.row(vec![
            cell(name),
            cell(&count.to_string()),
            styled(&remark, DIM),
        ]);
    }
    table.render(width)
}

fn needs(wants: &[Want]) -> String {
    if wants.is_empty() {
        return String::new();
    }
    let files = counted(wants.len() as u64, "thing");
    let mut text = format!("\n{WARN}NEEDS A PERSON{WARN:#} {files}\n");
    for want in wants {
        let (place, message) = (clean(&want.place), clean(&want.message));
        text += &format!("  {place} {DIM}[{}]{DIM:#}\n    {message}\n", want.code);
        text += &format!("    {DIM}{}{DIM:#}\n", clean(&want.hint));
    }
    text
}
