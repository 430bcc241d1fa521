//! What the result of a hop means for its workflow. Source: AOF 1.20, "Result mapping", with
//! outcomes of one's own.

use serde_json::{Map, Value};

use crate::workflow::Hop;

/// Everything went well.
pub const SUCCESS: &str = "success";
/// The work is sent back, or nothing of what is suggested is taken.
pub const REJECTED: &str = "rejected";
/// The key of the outcome in a result.
pub const OUTCOME: &str = "outcome";
/// The key of what is said to whoever reads it.
pub const NOTES: &str = "notes";

/// How a hop came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is done, with this word.
    Complete(String),
    /// It sends work back, for this reason.
    Rejected(String),
    /// It failed, for this reason.
    Failed(String),
}

impl Outcome {
    /// The outcome of a hop that was finished with this result. Without one it went well: a person
    /// may have moved the card.
    #[must_use]
    pub fn of(result: Option<&Map<String, Value>>, hop: &Hop) -> Self {
        let text = |key: &str| result?.get(key)?.as_str();
        let notes = || text(NOTES).unwrap_or("no reason was given").to_owned();
        match text(OUTCOME) {
            None | Some("done" | "complete" | SUCCESS) => Outcome::Complete(SUCCESS.to_owned()),
            Some("needs_review") if hop.can_reject => Outcome::Rejected(notes()),
            Some(REJECTED) if hop.can_reject || hop.duty.waits_for_review => {
                Outcome::Rejected(notes())
            }
            Some("needs_review") => Outcome::Complete(SUCCESS.to_owned()),
            Some("blocked" | "partial" | "failed") => Outcome::Failed(notes()),
            Some(own) => Outcome::Complete(own.to_owned()),
        }
    }

    /// The word for it in events.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Outcome::Complete(word) => word,
            Outcome::Rejected(_) => REJECTED,
            Outcome::Failed(_) => "failed",
        }
    }
}
