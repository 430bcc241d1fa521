//! `aof org`: checks, shows and changes the org chart.
//!
//! It judges nothing itself; the component does, about the store's chart or about a file that is
//! handed to it. Such a file needs no data directory; where there is one, it is also compared with
//! what the projects ask for.

mod drift;
mod edit;
mod lint;
mod save;
mod set;
mod show;

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::access::{Need, OrgWord, View};
use crate::exit::{Ending, Failure};

use super::Session;

/// What to do with the chart.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Check form and names: can the scheduler use the chart?
    Validate(lint::Args),
    /// Tell everything that is wrong, warnings included
    Lint(lint::Args),
    /// Print the whole chart
    Show(Subject),
    /// Compare the chart with the agents of the gateway
    Drift(drift::Args),
    /// Set one value; comments and everything else stay as they are
    Set(set::Args),
    /// Open the chart in $EDITOR, and save it only if it is in order
    Edit,
}

/// Which chart.
#[derive(Debug, Clone, clap::Args)]
pub struct Subject {
    /// A chart [default: org/org-chart.yaml in the data directory]
    #[arg(value_name = "PATH")]
    path: Option<PathBuf>,
    /// Only warn of keys that the format does not know
    #[arg(long)]
    lenient: bool,
}

/// Carries it out.
///
/// # Errors
/// The component cannot be reached or refuses.
pub fn run(command: &Command, session: &Session<'_>) -> anyhow::Result<Ending> {
    match command {
        Command::Validate(args) => lint::validate(args, session),
        Command::Lint(args) => lint::lint(args, session),
        Command::Show(args) => show::run(args, session),
        Command::Drift(args) => drift::run(args, session),
        Command::Set(args) => set::run(args, session),
        Command::Edit => edit::run(session),
    }
}

impl Subject {
    /// Asks the component about this chart.
    fn ask(
        &self,
        look: OrgWord,
        agents: Option<String>,
        session: &Session<'_>,
    ) -> anyhow::Result<Value> {
        let text = self.path.as_deref().map(read).transpose()?;
        let is_brought = text.is_some();
        let view = View::Org {
            look,
            text,
            edit: None,
            is_lenient: self.lenient,
            agents,
        };
        Ok(if is_brought {
            session.ask_anywhere(|access| access.view(&view))?
        } else {
            session.ask(Need::Look, |access| access.view(&view))?
        })
    }
}

/// The name and the text of a file; `-` is standard input.
fn read(path: &Path) -> Result<(String, String), Failure> {
    let text = if path == Path::new("-") {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(path)
    };
    let name = path.display().to_string();
    match text {
        Ok(text) => Ok((name, text)),
        Err(error) => {
            let message = format!("cannot read {name}: {error}");
            let hint = "check the path; the file must be text in UTF-8";
            Err(Failure::refused("AOF-1602", message, hint).at(name))
        }
    }
}
