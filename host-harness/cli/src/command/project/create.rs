//! `aof project create`.

use serde_json::{Map, Value};

use crate::access::Need;
use crate::command::Session;
use crate::exit::Ending;
use crate::render;
use crate::shape::{Project, read};

/// Which project.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Its id: small letters, digits and `-`
    #[arg(value_name = "ID")]
    id: String,
    /// Its name for people
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// The project that it is a part of
    #[arg(long, value_name = "PROJECT")]
    parent: Option<String>,
    /// The team that gets tasks which name nobody
    #[arg(long, value_name = "TEAM")]
    team: Option<String>,
    /// The agent that gets them before the team
    #[arg(long, value_name = "AGENT")]
    lead: Option<String>,
}

/// Makes the project.
///
/// # Errors
/// The component cannot be reached or refuses.
pub fn run(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let given = [
        ("id", Some(&args.id)),
        ("title", args.title.as_ref()),
        ("parentId", args.parent.as_ref()),
        ("team", args.team.as_ref()),
        ("lead", args.lead.as_ref()),
    ];
    let given = given.into_iter();
    let given = given.filter_map(|(name, value)| Some((name.to_owned(), value?.clone().into())));
    let arguments = Value::Object(given.collect::<Map<_, _>>());
    let answer = session.ask(Need::Act, |access| {
        access.tool("aof_project_create", &arguments)
    })?;
    session.console.show(&answer, |_| {
        render::project::made(&read::<Project>(&answer, "project"))
    })?;
    Ok(Ending::Done)
}
