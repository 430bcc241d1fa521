//! `aof config validate`: whether the settings can be used, as they lie there now.
//!
//! Never asks a running daemon, which goes on under the last good ones.

use serde_json::json;

use crate::access::{Access, View};
use crate::command::Session;
use crate::exit::Ending;
use crate::render;
use crate::shape::{Settings, read};

/// No options.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Checks; everything that is wrong is told at once.
///
/// # Errors
/// `AOF-1130`, `AOF-1131` or `AOF-1132` if the settings cannot be used.
pub fn run(_args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let mut access = Access::aside(&session.data()?)?;
    let answer = access.view(&View::Settings);
    access.close()?;
    let answer = answer?;
    let settings: Settings = read(&answer, "settings");
    let findings = answer.pointer("/settings/findings");
    let document = json!({"config": {"valid": true, "findings": findings}});
    session.console.show(&document, |_| {
        let mut text = String::new();
        for finding in &settings.findings {
            text += &render::settings::warning(finding);
        }
        text + "the settings can be used\n"
    })?;
    Ok(Ending::Done)
}
