//! The component's audit, all pages of it.
//!
//! Only asks; what is found wrong is told by the command that asked.

use crate::access::{Access, View};
use crate::exit::Failure;
use crate::shape::{AuditPage, Board, Finding, Quarantined, read};

/// More pages than any store has; an end if the component forgets it.
const PAGES_MAX: u32 = 100_000;

/// What the component found.
#[derive(Debug, Default)]
pub struct Audit {
    /// In the store as it is now.
    pub health: Vec<Finding>,
    /// Between the event log and the cards.
    pub history: Vec<Finding>,
    /// Events read.
    pub events: u64,
    /// Cards compared.
    pub cards: u64,
    /// Findings that were too many to be kept.
    pub dropped: u64,
}

impl Audit {
    /// Asks for every page.
    ///
    /// # Errors
    /// What the component answered.
    pub fn ask(access: &mut Access) -> Result<Self, Failure> {
        let mut audit = Audit::default();
        let mut page = 0;
        while page < PAGES_MAX {
            let answer = access.view(&View::Audit { page })?;
            let part: AuditPage = read(&answer, "audit");
            let findings = if page == 0 {
                &mut audit.health
            } else {
                &mut audit.history
            };
            findings.extend(part.findings);
            (audit.events, audit.cards) = (part.events, part.cards);
            audit.dropped = part.dropped;
            let Some(next) = part.next else { break };
            page = next;
        }
        Ok(audit)
    }
}

/// Files that are set aside, as findings.
pub fn set_aside(board: &Board) -> impl Iterator<Item = Finding> {
    board
        .quarantined
        .iter()
        .map(|file| finding(file, "set-aside", "error"))
}

/// What is in force although something about it should be known.
pub fn notices(board: &Board) -> impl Iterator<Item = Finding> {
    board
        .notices
        .iter()
        .map(|file| finding(file, "notice", "warning"))
}

fn finding(file: &Quarantined, kind: &str, level: &str) -> Finding {
    Finding {
        kind: kind.to_owned(),
        level: level.to_owned(),
        code: Some(file.code.clone()).filter(|code| !code.is_empty()),
        task: None,
        location: file.location.clone().unwrap_or_else(|| file.path.clone()),
        message: file.message.clone(),
        hint: file.hint.clone(),
    }
}
