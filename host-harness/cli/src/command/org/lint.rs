//! `aof org validate` and `aof org lint`: what is wrong with the chart.

use serde_json::{Value, json};

use crate::access::OrgWord;
use crate::exit::Ending;
use crate::render;
use crate::shape::org::Lint;
use crate::shape::read;

use super::super::Session;
use super::Subject;

/// Which chart.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    subject: Subject,
}

/// Whether the scheduler can use the chart; ends with code 6 if it cannot.
pub fn validate(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let answer = args.subject.ask(OrgWord::Lint, None, session)?;
    let mut lint = report(&answer);
    lint.findings.retain(|found| found.decides());
    lint.errors = lint.count("error");
    lint.warnings = lint.count("warning");
    let document = json!({ "validate": {
        "path": lint.path, "ok": lint.usable, "template": lint.template, "counts": lint.counts,
        "errors": lint.errors, "warnings": lint.warnings, "findings": lint.findings,
    }});
    session
        .console
        .show(&document, |_| render::org::lint::verdict(&lint))?;
    Ok(ending(lint.errors))
}

/// Everything that is wrong; ends with code 6 if there are errors.
pub fn lint(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let answer = args.subject.ask(OrgWord::Lint, None, session)?;
    let lint = report(&answer);
    let document = answer.get("org").unwrap_or(&answer);
    session
        .console
        .show(document, |_| render::org::lint::all(&lint))?;
    Ok(ending(lint.errors))
}

fn report(answer: &Value) -> Lint {
    read(answer.get("org").unwrap_or(&Value::Null), "lint")
}

fn ending(errors: u64) -> Ending {
    if errors == 0 {
        Ending::Done
    } else {
        Ending::Unsound
    }
}
