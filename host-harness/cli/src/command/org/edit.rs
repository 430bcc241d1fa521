//! `aof org edit`: the chart in the editor of the person who calls.
//!
//! The editor works on a copy. Invariant: what was typed is never lost; a copy that cannot be saved
//! stays where it is, and its path is told.

use std::process::Command;

use crate::exit::{Ending, Failure};

use super::super::Session;
use super::save::{self, Sheet};

/// Opens the editor, and saves what comes of it if it is in order.
pub fn run(session: &Session<'_>) -> anyhow::Result<Ending> {
    let sheet = Sheet::of(&session.data()?)?;
    let copy = std::env::temp_dir().join(format!("org-chart-{}.yaml", std::process::id()));
    std::fs::write(&copy, sheet.text())?;
    open(&copy)?;
    let after = std::fs::read_to_string(&copy)?;
    let kept = format!("your text is in {}", copy.display());
    if after != sheet.text() {
        let lint = save::examine(session, &after, None)?;
        save::admit(session, &lint, &kept)?;
        sheet
            .save(&after)
            .inspect_err(|_| session.console.remark(&kept))?;
    }
    std::fs::remove_file(&copy)?;
    save::account(session, (sheet.text(), &after), after != sheet.text())?;
    Ok(Ending::Done)
}

/// The editor may be a command with arguments, as in `code --wait`.
fn open(path: &std::path::Path) -> Result<(), Failure> {
    let named = |name: &str| std::env::var(name).ok().filter(|it| !it.trim().is_empty());
    let editor = named("VISUAL").or_else(|| named("EDITOR"));
    let editor = editor.unwrap_or_else(|| "vi".to_owned());
    let status = Command::new("sh")
        .args(["-c", &format!("{editor} \"$1\""), "sh"])
        .arg(path)
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        _ => {
            let message = format!("the editor `{editor}` did not end well; nothing was saved");
            let hint = format!("set EDITOR; your text is in {}", path.display());
            Err(Failure::refused("AOF-1602", message, hint))
        }
    }
}
