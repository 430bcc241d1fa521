//! Stores that operations start from.
//!
//! Never the same store twice. Invariant: a scene is the same each time.

use aof_host::contract::types::Error;

use super::rig::Rig;

pub(crate) const ONE: &str = "TASK-2026-01-01-001";
pub(super) const TWO: &str = "TASK-2026-01-01-002";
/// How long a lease holds.
pub(crate) const TTL_MS: u64 = 600_000;

const SETTINGS: &str = "scheduler:\n  maxConcurrentDispatches: 16\n  defaultLeaseTtlMs: 600000\n";

const CHART: &str = "\
schemaVersion: 1
teams:
  - {id: ink, name: Ink}
agents:
  - {id: writer, name: Writer, team: ink, capabilities: {concurrency: 12}}
";

pub(super) fn files(cards: &[(String, String)]) -> Vec<(String, String)> {
    let mut files = vec![
        ("aof.yaml".to_owned(), SETTINGS.to_owned()),
        ("org/org-chart.yaml".to_owned(), CHART.to_owned()),
    ];
    files.extend_from_slice(cards);
    files
}

/// A card as a person writes it.
pub(super) fn card(id: &str, status: &str, lines: &str) -> (String, String) {
    let text = format!(
        "---\nschemaVersion: 1\nid: {id}\ntitle: Title of {id}\nstatus: {status}\n{lines}---\n\n\
         Do it.\n"
    );
    (format!("projects/alpha/tasks/{status}/{id}.md"), text)
}

pub(super) fn empty() -> Result<Rig, Error> {
    Rig::with(&files(&[]))
}

pub(super) fn written(status: &str, lines: &str) -> Result<Rig, Error> {
    Rig::with(&files(&[card(ONE, status, lines)]))
}

/// One task that nobody takes, and another one.
pub(super) fn waiting(lines: &str) -> Result<Rig, Error> {
    let first = card(ONE, "ready", "routing: {agent: ghost}\n");
    Rig::with(&files(&[first, card(TWO, "backlog", lines)]))
}

pub(super) fn ready() -> Result<Rig, Error> {
    written("ready", "routing: {agent: writer}\n")
}

pub(super) fn requested() -> Result<Rig, Error> {
    let mut rig = ready()?;
    rig.poll()?;
    Ok(rig)
}

pub(super) fn running() -> Result<Rig, Error> {
    let mut rig = requested()?;
    let run = rig.run_of(ONE)?;
    rig.started(&run)?;
    Ok(rig)
}

/// The first run is over without a word, the second is wanted.
pub(super) fn expired() -> Result<Rig, Error> {
    let mut rig = running()?;
    rig.later(TTL_MS);
    rig.poll()?;
    rig.later(1);
    rig.poll()?;
    Ok(rig)
}

pub(super) fn ten() -> Result<Rig, Error> {
    many(10, "ready", "routing: {agent: writer}\n")
}

/// A store with so many cards in one status.
pub(super) fn many(count: u32, status: &str, lines: &str) -> Result<Rig, Error> {
    let cards: Vec<_> = (1..=count)
        .map(|number| card(&id(number), status, lines))
        .collect();
    Rig::with(&files(&cards))
}

pub(super) fn id(number: u32) -> String {
    format!("TASK-2026-01-01-{number:03}")
}

/// The first ones, told of in one call.
pub(super) fn start_together(rig: &mut Rig, count: u32) -> Result<(), Error> {
    let runs = (1..=count).map(|number| rig.run_of(&id(number)));
    let runs = runs.collect::<Result<Vec<String>, Error>>()?;
    rig.begun(&runs)
}
