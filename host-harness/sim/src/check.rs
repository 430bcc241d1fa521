//! What must hold in every world, whatever happens in it: the invariants I1 to I22.
//!
//! Never changes a world; it compares files with a ledger of what was acknowledged. Invariant: what
//! a person did, or what the loss of power may undo, is no violation.

mod caps;
mod company;
mod disk;
mod editions;
mod flow;
mod keyed;
mod ledger;
mod limits;
mod listed;
mod log;
mod money;
mod reach;
mod rule;

pub use company::{Company, is_head};
pub(crate) use disk::place;
pub use disk::{Disk, Files, Placed};
pub use flow::Workflows;
pub use keyed::{Answered, Key, Keyed};
pub(crate) use ledger::contains;
pub use ledger::{Ledger, Mark, Touch};
pub use listed::is_whole;
pub use log::{Folded, History};
pub use rule::Checker;

use serde::{Deserialize, Serialize};

/// An invariant that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{invariant}: {message}")]
pub struct Violation {
    /// Which, such as `I4`.
    pub invariant: String,
    /// What was found.
    pub message: String,
}

impl Violation {
    pub(crate) fn new(invariant: &str, message: impl Into<String>) -> Self {
        Self {
            invariant: invariant.to_owned(),
            message: message.into(),
        }
    }
}
