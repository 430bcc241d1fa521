//! `aof init`: makes a data directory.
//!
//! Never overwrites: what is there stays as it is, and is told.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::exit::{Ending, Failure};
use crate::place::MARK;
use crate::render::style::{DIM, GOOD, HEAD};
use crate::shape::STATUSES;

use super::Session;

mod lay;

pub use lay::{Laid, unwritable};

/// Settings of a new data directory.
pub const SETTINGS: &str = include_str!("init/aof.yaml");
const ORG_CHART: &str = include_str!("init/org-chart.yaml");
const INBOX: &str = include_str!("init/project.yaml");

/// Where.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The directory [default: --data-dir, else the current one]
    #[arg(value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Do not ask, also if the directory holds something else
    #[arg(short, long)]
    yes: bool,
}

/// Makes what is missing of a data directory.
///
/// # Errors
/// `AOF-1603` if it cannot be written, `AOF-1605` if the answer to the question was no.
pub fn run(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let here = || {
        session
            .global
            .data_dir
            .clone()
            .unwrap_or_else(|| PathBuf::from("."))
    };
    let root = args.dir.clone().unwrap_or_else(here);
    if !args.yes && is_foreign(&root) && std::io::stdin().is_terminal() {
        confirm(&root)?;
    }
    let mut laid = Laid::below(&root);
    lay(&mut laid)?;
    let (made, kept) = (laid.made(), laid.kept());
    let document = json!({ "init": { "dataDir": root, "made": made, "kept": kept } });
    session.console.show(&document, |_| text(&root, &laid))?;
    Ok(Ending::Done)
}

fn lay(laid: &mut Laid) -> Result<(), Failure> {
    for dir in [
        "org",
        "events",
        "state",
        "projects/_inbox/work",
        "projects/_inbox/runs",
    ] {
        laid.dir(dir)?;
    }
    for status in STATUSES {
        laid.dir(&format!("projects/_inbox/tasks/{status}"))?;
    }
    laid.file("org/org-chart.yaml", ORG_CHART)?;
    laid.file("projects/_inbox/project.yaml", INBOX)?;
    laid.file(MARK, SETTINGS)
}

fn text(root: &Path, laid: &Laid) -> String {
    let mut text = format!("{HEAD}{}{HEAD:#}\n", root.display());
    for path in laid.made() {
        text += &format!("  {GOOD}made{GOOD:#}  {path}\n");
    }
    for path in laid.kept() {
        text += &format!("  {DIM}kept  {path}{DIM:#}\n");
    }
    text += "\nnext: say who works in org/org-chart.yaml and how they are started in aof.yaml,\n";
    text + "then `aof task create TITLE` and `aof run`; or see it all at work with `aof demo`\n"
}

/// Holds something, and nothing of ours.
fn is_foreign(root: &Path) -> bool {
    let holds_something = std::fs::read_dir(root).is_ok_and(|mut found| found.next().is_some());
    holds_something && !root.join(MARK).exists()
}

fn confirm(root: &Path) -> anyhow::Result<()> {
    let mut out = anstream::stderr();
    write!(
        out,
        "{} is not empty; make it a data directory? [y/N] ",
        root.display()
    )?;
    out.flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    if ["y", "yes"].contains(&answer.trim().to_lowercase().as_str()) {
        return Ok(());
    }
    let hint = "name another directory, or say --yes";
    Err(Failure::refused("AOF-1605", "nothing was made", hint).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_init_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let mut first = Laid::below(dir.path());
        lay(&mut first).unwrap();
        assert_eq!(first.made().len(), 16);
        std::fs::write(dir.path().join("org/org-chart.yaml"), "mine").unwrap();
        let mut second = Laid::below(dir.path());
        lay(&mut second).unwrap();
        assert!(second.made().is_empty());
        let chart = std::fs::read_to_string(dir.path().join("org/org-chart.yaml")).unwrap();
        assert_eq!(chart, "mine");
    }

    #[test]
    fn the_mark_is_made_last() {
        let dir = tempfile::tempdir().unwrap();
        let mut laid = Laid::below(dir.path());
        lay(&mut laid).unwrap();
        assert_eq!(laid.made().last().map(String::as_str), Some(MARK));
    }

    #[test]
    fn a_file_in_the_way_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("org"), "a file").unwrap();
        let failure = lay(&mut Laid::below(dir.path())).unwrap_err();
        assert_eq!(failure.fault().code, "AOF-1603");
        assert!(
            failure
                .fault()
                .place
                .as_deref()
                .is_some_and(|place| place.ends_with("org"))
        );
    }
}
