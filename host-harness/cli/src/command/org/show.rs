//! `aof org show`: the whole chart.

use serde_json::Value;

use crate::access::OrgWord;
use crate::exit::Ending;
use crate::render;
use crate::shape::read;

use super::super::Session;
use super::Subject;

/// Prints the chart.
pub fn run(subject: &Subject, session: &Session<'_>) -> anyhow::Result<Ending> {
    let answer = subject.ask(OrgWord::Show, None, session)?;
    let document = answer.get("org").unwrap_or(&Value::Null);
    let text = |width| render::org::show::chart(&read(document, "chart"), width);
    session.console.show(document, text)?;
    Ok(Ending::Done)
}
