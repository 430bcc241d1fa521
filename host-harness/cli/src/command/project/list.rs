//! `aof project list`, `show` and `lint`.

use serde_json::{Value, json};

use crate::access::Need;
use crate::command::Session;
use crate::exit::Ending;
use crate::render;
use crate::shape::{Project, read};

/// No options.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Which project.
#[derive(Debug, clap::Args)]
pub struct One {
    /// The project
    #[arg(value_name = "PROJECT")]
    project: String,
}

/// Which project, if not all.
#[derive(Debug, clap::Args)]
pub struct Some {
    /// Only this project
    #[arg(value_name = "PROJECT")]
    project: Option<String>,
}

/// Shows all projects.
///
/// # Errors
/// The component cannot be reached or refuses.
pub fn all(_args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let answer = ask(session, &json!({}))?;
    session.console.show(&answer, |width| {
        render::project::tree(&projects(&answer), width)
    })?;
    Ok(Ending::Done)
}

/// Shows one project.
///
/// # Errors
/// The component cannot be reached or refuses.
pub fn one(args: &One, session: &Session<'_>) -> anyhow::Result<Ending> {
    let answer = ask(session, &json!({"project": args.project}))?;
    let project = answer.pointer("/projects/0");
    let document = json!({ "project": project });
    session.console.show(&document, |_| {
        render::project::whole(&read::<Project>(&document, "project"))
    })?;
    Ok(Ending::Done)
}

/// Says what is wrong; ends with code 6 if there are errors.
///
/// # Errors
/// The component cannot be reached or refuses.
pub fn lint(args: &Some, session: &Session<'_>) -> anyhow::Result<Ending> {
    let mut arguments = json!({"lint": true});
    if let (Option::Some(project), Value::Object(fields)) = (&args.project, &mut arguments) {
        fields.insert("project".to_owned(), project.as_str().into());
    }
    let answer = ask(session, &arguments)?;
    let projects = projects(&answer);
    session
        .console
        .show(&answer, |_| render::project::findings(&projects))?;
    let mut findings = projects.iter().flat_map(|project| &project.findings);
    Ok(if findings.any(|finding| finding.level == "error") {
        Ending::Unsound
    } else {
        Ending::Done
    })
}

fn ask(session: &Session<'_>, arguments: &Value) -> anyhow::Result<Value> {
    let answer = session.ask(Need::Look, |access| {
        access.tool("aof_project_list", arguments)
    })?;
    Ok(answer)
}

fn projects(answer: &Value) -> Vec<Project> {
    read(answer, "projects")
}
