//! `aof workflow render`: a workflow as a picture.

use serde_json::json;

use crate::exit::{Ending, Failure};
use crate::render::workflow::{dot, picture, svg};
use crate::shape::read as shaped;
use crate::shape::workflow::{Checked, Flow};

use super::super::Session;
use super::{Subject, usable};

/// Which workflow, and how.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    subject: Subject,
    /// How it is drawn
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text)]
    format: Format,
}

/// Ways to draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Boxes and lines for a terminal; a list where that is too narrow
    Text,
    /// For Graphviz
    Dot,
    /// For documents
    Svg,
}

impl Args {
    /// For a terminal.
    pub(super) fn text(subject: Subject) -> Self {
        Args {
            subject,
            format: Format::Text,
        }
    }
}

impl Format {
    const fn as_str(self) -> &'static str {
        match self {
            Format::Text => "text",
            Format::Dot => "dot",
            Format::Svg => "svg",
        }
    }
}

/// Draws it.
pub fn run(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let answer = args.subject.ask(session)?;
    let checked: Checked = shaped(&answer, "workflow");
    args.subject.is_one(&checked)?;
    usable(&checked)?;
    let flow = Flow::of(&checked.definition, &checked.state);
    let drawn = |width| {
        Ok(match args.format {
            Format::Text => picture::picture(&flow, width),
            Format::Dot => dot::graph(&flow),
            Format::Svg => svg::picture(&flow).ok_or_else(too_large)?,
        })
    };
    // Looked at first: a refusal is no picture.
    let plain: Result<String, Failure> = drawn(None);
    let plain = anstream::adapter::strip_str(&plain?).to_string();
    let document = json!({ "render": {
        "name": flow.name, "format": args.format.as_str(), "text": plain,
    }});
    session
        .console
        .show(&document, |width| drawn(width).unwrap_or_default())?;
    Ok(Ending::Done)
}

fn too_large() -> Failure {
    let message = "the workflow has too many lines between its hops for a picture";
    Failure::refused(
        "AOF-1009",
        message,
        "use `--format dot`, or `--format text` for a list",
    )
}
