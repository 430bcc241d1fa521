//! `aof fsck`: folds the event log and compares it with the cards.
//!
//! Changes nothing. What a person did by hand is told, and is no error.

use serde_json::json;

use crate::access::{Need, View};
use crate::exit::Ending;
use crate::render;
use crate::render::text::counted;
use crate::shape::{Board, Finding, read};

use super::Session;
use super::audit::{Audit, set_aside};

/// Nothing to choose.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Compares; ends with code 6 if there are errors.
///
/// # Errors
/// The component cannot be reached or fails.
pub fn run(_args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let first = compare(session)?;
    // Beside a short command that writes, a card may be newer than the log for a moment.
    let found = if first.1.iter().any(Finding::is_error) {
        let second = compare(session)?;
        let lasting = |found: &Finding| !found.is_error() || first.1.contains(found);
        (second.0, second.1.into_iter().filter(lasting).collect())
    } else {
        first
    };
    let (audit, findings): (Audit, Vec<Finding>) = found;
    let count = |level: &str| findings.iter().filter(|found| found.level == level).count() as u64;
    let (errors, warnings, infos) = (count("error"), count("warning"), count("info"));
    let is_sound = errors + audit.dropped == 0;
    let document = json!({ "fsck": {
        "ok": is_sound, "events": audit.events, "cards": audit.cards, "errors": errors,
        "warnings": warnings, "infos": infos, "dropped": audit.dropped, "findings": findings,
    }});
    session.console.show(&document, |_| {
        let mut text: String = findings.iter().map(render::finding::finding).collect();
        let verdict = if is_sound {
            "the log and the cards agree"
        } else {
            "something is wrong"
        };
        let (events, cards) = (counted(audit.events, "event"), counted(audit.cards, "card"));
        let (errors, warnings) = (counted(errors, "error"), counted(warnings, "warning"));
        text += &format!("{verdict}: {events}, {cards}; {errors}, {warnings}\n");
        if audit.dropped > 0 {
            text += &format!("{} are not shown\n", counted(audit.dropped, "more finding"));
        }
        text
    })?;
    if !is_sound {
        let hint =
            "if a writer was killed, let the next one recover with `aof poll`; then look again";
        session.console.remark(hint);
    }
    Ok(if is_sound {
        Ending::Done
    } else {
        Ending::Unsound
    })
}

fn compare(session: &Session<'_>) -> Result<(Audit, Vec<Finding>), crate::exit::Failure> {
    session.ask(Need::Look, |access| {
        let audit = Audit::ask(access)?;
        let board = access.view(&View::Board {
            project: None,
            limit: 1,
        })?;
        let board: Board = read(&board, "board");
        let aside = set_aside(&board).filter(|found| found.location.contains("/tasks/"));
        // A file that is set aside is there, so nothing is lost by it.
        let aside = aside.map(|found| Finding {
            level: "warning".to_owned(),
            ..found
        });
        let findings = audit.history.iter().cloned().chain(aside).collect();
        Ok((audit, findings))
    })
}
