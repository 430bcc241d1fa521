//! Saves a chart that somebody edited: whole or not at all, and never over somebody else's edit.
//!
//! It is written as a careful editor would: aside, flushed, renamed. The store takes it in like any
//! edit by hand. Invariant: a chart with errors is never written.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::access::{Need, OrgWord, View};
use crate::exit::Failure;
use crate::place::DataDir;
use crate::render;
use crate::shape::org::Lint;
use crate::shape::read;

use super::super::Session;

/// The chart in a data directory, as it was when it was looked at.
pub struct Sheet {
    path: PathBuf,
    text: String,
}

impl Sheet {
    /// Reads the chart.
    ///
    /// # Errors
    /// `AOF-1602` if it cannot be read.
    pub fn of(data: &DataDir) -> Result<Self, Failure> {
        let path = data.root().join("org/org-chart.yaml");
        let text = fs::read_to_string(&path).map_err(|error| {
            let message = format!("cannot read {}: {error}", path.display());
            let hint = "`aof init` makes a chart where there is none";
            Failure::refused("AOF-1602", message, hint).at(path.display().to_string())
        })?;
        Ok(Sheet { path, text })
    }

    /// The text as it was.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Writes the new text.
    ///
    /// # Errors
    /// `AOF-3001` if somebody else changed the file meanwhile, `AOF-1603` if it cannot be written.
    pub fn save(&self, text: &str) -> Result<(), Failure> {
        let name = self.path.display().to_string();
        let now = fs::read_to_string(&self.path).unwrap_or_default();
        if now != self.text {
            let message = format!("somebody else changed {name} meanwhile");
            return Err(Failure::conflict("AOF-3001", message, "look at it and repeat").at(name));
        }
        replace(&self.path, text).map_err(|error| {
            let message = format!("cannot write {name}: {error}");
            let hint = "make the data directory writable for this user";
            Failure::refused("AOF-1603", message, hint).at(name)
        })
    }
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    let aside = path.with_extension(format!("yaml.tmp-{}", std::process::id()));
    let written = write(&aside, text).and_then(|()| fs::rename(&aside, path));
    if written.is_err() {
        // What is left aside would only be in the way; the error that counts is the other one.
        fs::remove_file(&aside).unwrap_or_default();
        return written;
    }
    let dir = path.parent().map(File::open).transpose()?;
    dir.map_or(Ok(()), |dir| dir.sync_all())
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Lets the component look at a text, with one value set if there is an edit.
///
/// # Errors
/// The component cannot be reached, or the edit is not possible.
pub fn examine(
    session: &Session<'_>,
    text: &str,
    edit: Option<(String, String)>,
) -> Result<Lint, Failure> {
    let view = View::Org {
        look: OrgWord::Lint,
        text: Some(("org/org-chart.yaml".to_owned(), text.to_owned())),
        edit,
        is_lenient: false,
        agents: None,
    };
    let answer = session.ask(Need::Look, |access| access.view(&view))?;
    Ok(read(answer.get("org").unwrap_or(&Value::Null), "lint"))
}

/// Refuses a chart that would have errors; they are told on standard error.
///
/// # Errors
/// `AOF-1116`.
pub fn admit(session: &Session<'_>, lint: &Lint, hint: &str) -> Result<(), Failure> {
    if lint.errors == 0 {
        return Ok(());
    }
    session.console.remark(&render::org::lint::all(lint));
    let first = lint.findings.first();
    let why = first.map_or("", |finding| finding.message.as_str());
    let message = format!("nothing was saved, the chart would have errors: {why}");
    let place = first.map_or(String::new(), |finding| finding.location.clone());
    Err(Failure::refused("AOF-1116", message, hint).at(place))
}

/// What was changed, as a document and as lines.
pub fn account(
    session: &Session<'_>,
    (before, after): (&str, &str),
    is_saved: bool,
) -> io::Result<()> {
    let lines = render::org::diff::lines(before, after);
    let document = json!({ "org": {
        "changed": before != after, "saved": is_saved,
        "diff": lines.iter().map(|(sign, at, line)| json!({
            "sign": sign.to_string(), "line": at, "text": line,
        })).collect::<Vec<_>>(),
    }});
    session
        .console
        .show(&document, |_| render::org::diff::text(&lines, is_saved))
}
