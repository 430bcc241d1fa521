//! `aof doctor`: checks everything and says how to mend it.
//!
//! Without `--fix` it changes nothing. With it, it does only what loses nothing: makes missing
//! directories, removes what a dead writer left, ends a torn line, lets the scheduler look. Works
//! with a running daemon, without one, and on a store that cannot be opened.

use serde_json::{Value, json};

use crate::access::{Access, Need, View};
use crate::exit::{Ending, Failure};
use crate::place::DataDir;
use crate::render;
use crate::render::style::{GOOD, HEAD};
use crate::render::text::{clean, counted};
use crate::shape::{Board, Finding, read};

use super::Session;
use super::audit::{self, Audit};

mod disk;
mod mend;
mod writer;

use mend::Mend;

/// Whether to mend.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Do what is safe to do, and say what was done
    #[arg(long)]
    fix: bool,
}

/// One line of the report.
#[derive(Debug)]
pub struct Check {
    /// What was found; the level `ok` says that all is well.
    pub finding: Finding,
    /// What `--fix` would do.
    pub mend: Option<Mend>,
}

impl Check {
    /// All is well.
    pub fn ok(kind: &str, message: impl Into<String>) -> Self {
        Self::new("ok", kind, message)
    }

    /// Somebody should look.
    pub fn warning(kind: &str, message: impl Into<String>) -> Self {
        Self::new("warning", kind, message)
    }

    /// Something is wrong.
    pub fn error(kind: &str, message: impl Into<String>) -> Self {
        Self::new("error", kind, message)
    }

    fn new(level: &str, kind: &str, message: impl Into<String>) -> Self {
        let finding = Finding {
            kind: kind.to_owned(),
            level: level.to_owned(),
            message: message.into(),
            ..Finding::default()
        };
        Check {
            finding,
            mend: None,
        }
    }

    /// Where it is.
    pub fn at(mut self, location: impl Into<String>) -> Self {
        self.finding.location = location.into();
        self
    }

    /// What to do.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.finding.hint = hint.into();
        self
    }

    /// What `--fix` does about it.
    pub fn mended_by(mut self, mend: Mend) -> Self {
        if self.finding.hint.is_empty() {
            self.finding.hint = "`aof doctor --fix` mends it".to_owned();
        }
        self.mend = Some(mend);
        self
    }
}

/// Checks; ends with code 6 if there are errors.
///
/// # Errors
/// There is no data directory, or the answer cannot be written.
pub fn run(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let data = session.data()?;
    let mut checks = examine(&data);
    let mut done = Vec::new();
    if args.fix {
        done = mend::apply(&data, &checks);
        if !done.is_empty() {
            checks = examine(&data);
        }
    }
    let count = |level: &str| {
        checks
            .iter()
            .filter(|check| check.finding.level == level)
            .count() as u64
    };
    let (errors, warnings) = (count("error"), count("warning"));
    let entry =
        |check: &Check| json!({ "finding": check.finding, "fixable": check.mend.is_some() });
    let document = json!({ "doctor": {
        "dataDir": data.root(), "errors": errors, "warnings": warnings, "fixed": done,
        "checks": checks.iter().map(entry).collect::<Vec<Value>>(),
    }});
    session.console.show(&document, |_| {
        let mut text = format!("{HEAD}{}{HEAD:#}\n", clean(&data.root().to_string_lossy()));
        for line in &done {
            text += &format!("{GOOD}fixed{GOOD:#}  {}\n", clean(line));
        }
        for check in &checks {
            text += &render::finding::finding(&check.finding);
        }
        let (errors, warnings) = (counted(errors, "error"), counted(warnings, "warning"));
        text + &format!("{errors}, {warnings}\n")
    })?;
    Ok(if errors > 0 {
        Ending::Unsound
    } else {
        Ending::Done
    })
}

/// Every check, whatever the others found.
fn examine(data: &DataDir) -> Vec<Check> {
    let mut checks = disk::checks(data.root());
    let state = writer::State::of(data);
    checks.extend(state.checks(data));
    checks.extend(disk::leftovers(data.root(), state.is_written()));
    checks.extend(inside(data).unwrap_or_else(|failure| vec![unopened(&failure)]));
    checks
}

/// What the component says.
fn inside(data: &DataDir) -> Result<Vec<Check>, Failure> {
    let mut access = Access::open(data, Need::Look)?;
    let board = access.view(&View::Board {
        project: None,
        limit: 1,
    });
    let audit = Audit::ask(&mut access);
    let daemon = access.daemon();
    access.close()?;
    let (board, audit, daemon) = (board?, audit?, daemon?);
    let board: Board = read(&board, "board");
    let mut checks = vec![Check::ok("component", "the component of this program runs")];
    if let Some(warning) = daemon
        .as_ref()
        .and_then(|it| it.pointer("/daemon/warning")?.as_str())
    {
        let hint = "restart the daemon with full durability unless this store may be lost";
        checks.push(Check::warning("durability", warning).hint(hint));
    }
    let tasks: u64 = board.counts.values().sum();
    let before = checks.len();
    for finding in audit::set_aside(&board).chain(audit::notices(&board)) {
        // Copies that recovery left have a line of their own.
        if !finding.location.contains(".conflict-") {
            checks.push(Check {
                finding,
                mend: None,
            });
        }
    }
    for finding in audit.health {
        let is_mendable = matches!(finding.kind.as_str(), "run-lost" | "lease" | "unsettled");
        let mend = is_mendable.then_some(Mend::Poll);
        checks.push(Check { finding, mend });
    }
    if checks.len() == before {
        let message = format!(
            "{}, settings, org chart and projects are sound",
            counted(tasks, "task")
        );
        checks.push(Check::ok("cards", message));
    }
    let worth = audit
        .history
        .into_iter()
        .filter(|found| found.level != "info");
    let history: Vec<Check> = worth.map(of_history).collect();
    if history.is_empty() {
        let events = counted(audit.events, "event");
        checks.push(Check::ok(
            "history",
            format!("the event log ({events}) agrees with the cards"),
        ));
    }
    checks.extend(history);
    Ok(checks)
}

fn of_history(finding: Finding) -> Check {
    let path = finding
        .location
        .split(':')
        .next()
        .unwrap_or_default()
        .to_owned();
    let is_torn_end = finding.kind == "torn-line" && finding.message.contains("not complete");
    Check {
        finding,
        mend: is_torn_end.then_some(Mend::EndLine(path)),
    }
}

/// The store cannot be opened: that is a finding too.
fn unopened(failure: &Failure) -> Check {
    let fault = failure.fault();
    let mut check = Check::error("store", format!("cannot be opened: {}", fault.message))
        .at(fault.place.clone().unwrap_or_default())
        .hint(fault.hint.clone());
    check.finding.code = Some(fault.code.clone());
    check
}
