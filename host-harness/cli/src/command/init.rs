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

mod chart;
mod lay;

use chart::Template;
pub use lay::{Laid, unwritable};

/// Settings of a new data directory.
pub const SETTINGS: &str = include_str!("init/aof.yaml");
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
    /// Begin with this chart
    #[arg(long, value_enum, value_name = "NAME", conflicts_with = "agents")]
    template: Option<Template>,
    /// Begin with the agents that the gateway lists as JSON; `-` is standard input
    #[arg(long, value_name = "FILE")]
    agents: Option<PathBuf>,
    /// Print a text with which an agent helps to work the chart out, and make nothing
    #[arg(long, exclusive = true)]
    prompt: bool,
}

/// Makes what is missing of a data directory.
///
/// # Errors
/// `AOF-1603` if it cannot be written, `AOF-1605` if the answer to the question was no.
pub fn run(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    if args.prompt {
        let document = json!({ "init": { "prompt": chart::PROMPT } });
        session
            .console
            .show(&document, |_| chart::PROMPT.to_owned())?;
        return Ok(Ending::Done);
    }
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
    let chart = first_chart(args, &root)?;
    let mut laid = Laid::below(&root);
    lay(&mut laid, &chart)?;
    let (made, kept) = (laid.made(), laid.kept());
    let document = json!({ "init": { "dataDir": root, "made": made, "kept": kept } });
    session.console.show(&document, |_| text(&root, &laid))?;
    Ok(Ending::Done)
}

/// What was asked for, else what the person who is there answers, else an empty one.
fn first_chart(args: &Args, root: &Path) -> anyhow::Result<String> {
    if let Some(list) = &args.agents {
        return Ok(chart::of_gateway(list)?);
    }
    let is_asked = args.template.is_none() && !args.yes && std::io::stdin().is_terminal();
    let template = if is_asked && !root.join("org/org-chart.yaml").exists() {
        Template::named(&ask(
            "begin with which chart, minimal, full, sdlc or an empty one?",
        )?)
    } else {
        args.template
    };
    Ok(template.map_or(chart::empty(), Template::text).to_owned())
}

fn ask(question: &str) -> anyhow::Result<String> {
    let mut out = anstream::stderr();
    write!(out, "{question} ")?;
    out.flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(answer)
}

fn lay(laid: &mut Laid, chart: &str) -> Result<(), Failure> {
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
    laid.file("org/org-chart.yaml", chart)?;
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
    let question = format!(
        "{} is not empty; make it a data directory? [y/N]",
        root.display()
    );
    let answer = ask(&question)?;
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
        lay(&mut first, chart::empty()).unwrap();
        assert_eq!(first.made().len(), 16);
        std::fs::write(dir.path().join("org/org-chart.yaml"), "mine").unwrap();
        let mut second = Laid::below(dir.path());
        lay(&mut second, chart::empty()).unwrap();
        assert!(second.made().is_empty());
        let chart = std::fs::read_to_string(dir.path().join("org/org-chart.yaml")).unwrap();
        assert_eq!(chart, "mine");
    }

    #[test]
    fn the_mark_is_made_last() {
        let dir = tempfile::tempdir().unwrap();
        let mut laid = Laid::below(dir.path());
        lay(&mut laid, chart::empty()).unwrap();
        assert_eq!(laid.made().last().map(String::as_str), Some(MARK));
    }

    #[test]
    fn a_file_in_the_way_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("org"), "a file").unwrap();
        let failure = lay(&mut Laid::below(dir.path()), chart::empty()).unwrap_err();
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
