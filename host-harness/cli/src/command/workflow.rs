//! `aof workflow`: checks, shows and draws workflows, and tries conditions.
//!
//! It judges nothing itself; the component does, about a template of a project or about a file that
//! is handed to it. Such a file needs no data directory; where there is one, whom it names is
//! looked up in the org chart.

mod eval;
mod render;
mod upgrade;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::access::Need;
use crate::exit::{Ending, Failure};
use crate::render::workflow::{check, show};
use crate::shape::read as shaped;
use crate::shape::workflow::Checked;

use super::Session;

/// The tool that answers.
const TOOL: &str = "aof_workflow_check";

/// How the id of a task begins.
const TASK: &str = "TASK-";

/// What to do with workflows.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Check one: can a task be given it?
    Validate(Subject),
    /// Print one hop by hop, or the names of all that a project has
    Show(Subject),
    /// Draw one
    Render(render::Args),
    /// Let a task go on with another definition
    Upgrade(upgrade::Args),
    /// Say whether a condition holds, and what each part of it saw
    Eval(eval::Args),
}

/// Which workflow.
#[derive(Debug, Clone, clap::Args)]
pub struct Subject {
    /// A file, - for standard input, a template as PROJECT/TEMPLATE, or a task that has one; `show`
    /// also takes PROJECT/
    #[arg(value_name = "FILE|PROJECT/TEMPLATE|TASK")]
    name: String,
}

/// Carries it out.
///
/// # Errors
/// The component cannot be reached or refuses.
pub fn run(command: &Command, session: &Session<'_>) -> anyhow::Result<Ending> {
    match command {
        Command::Validate(subject) => validate(subject, session),
        Command::Show(subject) => display(subject, session),
        Command::Render(args) => render::run(args, session),
        Command::Upgrade(args) => upgrade::run(args, session),
        Command::Eval(args) => eval::run(args, session),
    }
}

/// Draws the workflow of a task.
///
/// # Errors
/// The task carries none, or cannot be read.
pub fn drawn_of(task: &str, session: &Session<'_>) -> anyhow::Result<Ending> {
    let subject = Subject {
        name: task.to_owned(),
    };
    render::run(&render::Args::text(subject), session)
}

/// Whether it can be used; ends with code 6 if not.
fn validate(subject: &Subject, session: &Session<'_>) -> anyhow::Result<Ending> {
    let answer = subject.ask(session)?;
    let checked: Checked = shaped(&answer, "workflow");
    subject.is_one(&checked)?;
    session
        .console
        .show(&answer, |_| check::verdict(&checked))?;
    Ok(match checked.errors {
        0 => Ending::Done,
        _ => Ending::Unsound,
    })
}

fn display(subject: &Subject, session: &Session<'_>) -> anyhow::Result<Ending> {
    let answer = subject.ask(session)?;
    let checked: Checked = shaped(&answer, "workflow");
    if checked.templates.is_some() {
        session
            .console
            .show(&answer, |_| check::templates(&checked))?;
    } else {
        usable(&checked)?;
        session.console.show(&answer, |_| show::flow(&checked))?;
    }
    Ok(Ending::Done)
}

impl Subject {
    /// Asks the component about this workflow.
    fn ask(&self, session: &Session<'_>) -> Result<Value, Failure> {
        let path = Path::new(&self.name);
        let named = self.name.split_once('/');
        match named {
            None if self.name.starts_with(TASK) && !path.is_file() => {
                let arguments = json!({ "taskId": self.name });
                session.ask(Need::Look, |access| access.tool(TOOL, &arguments))
            }
            Some((project, template)) if !path.is_file() && is_template(project, template) => {
                let template = (!template.is_empty()).then_some(template);
                let arguments = json!({ "project": project, "template": template });
                session.ask(Need::Look, |access| access.tool(TOOL, &arguments))
            }
            _ => {
                let text = read(path)?;
                let arguments = json!({ "definition": text, "path": self.name });
                session.ask_anywhere(|access| access.tool(TOOL, &arguments))
            }
        }
    }

    /// Refuses the name of a project where one workflow is wanted.
    fn is_one(&self, checked: &Checked) -> Result<(), Failure> {
        let Some(names) = &checked.templates else {
            return Ok(());
        };
        let message = format!("`{}` names no workflow", self.name);
        let hint = match names.first() {
            Some(first) => format!("write one of its workflows, as {}{first}", self.name),
            None => "the project has none".to_owned(),
        };
        Err(Failure::refused("AOF-1013", message, hint).at("template"))
    }
}

/// Whether it looks like the name of a template and not like a path: `alpha/ship`, or `alpha/`.
fn is_template(project: &str, template: &str) -> bool {
    let plain =
        |sign: char| sign.is_ascii_lowercase() || sign.is_ascii_digit() || "-_".contains(sign);
    !project.is_empty() && project.chars().all(plain) && template.chars().all(plain)
}

/// Refuses what is no workflow, with the first thing that is wrong.
fn usable(checked: &Checked) -> Result<(), Failure> {
    let first = checked.findings.first().filter(|_| !checked.usable);
    let Some(first) = first else {
        return Ok(());
    };
    let code = first.code.as_deref().unwrap_or("AOF-1160");
    let failure = Failure::refused(code, first.message.as_str(), first.hint.as_str());
    Err(failure.at(first.location.as_str()))
}

/// The text of a file; `-` is standard input.
fn read(path: &Path) -> Result<String, Failure> {
    let text = if path == Path::new("-") {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(path)
    };
    text.map_err(|error| {
        let name = path.display().to_string();
        let message = format!("cannot read {name}: {error}");
        let hint = "give a file in UTF-8, PROJECT/TEMPLATE or a task";
        Failure::refused("AOF-1602", message, hint).at(name)
    })
}

/// The text of a file that was named, if one was.
fn read_named(path: Option<&PathBuf>) -> Result<Option<String>, Failure> {
    path.map(|path| read(path)).transpose()
}
