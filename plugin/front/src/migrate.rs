//! Adopts a data directory of AOF 1 in place.
//!
//! A [`Survey`] is what lies on disk, [`plan`] is a pure function from it to a [`Plan`], and
//! [`carry_out`] does the plan's steps through the store port. Nothing that a person or an agent
//! made is deleted: what is rewritten is kept under `state/migrate/original/`, what is in the way
//! is moved below `legacy/v1/`. Invariant: a plan that broke off anywhere is followed by one that
//! leads to the same bytes.

mod card;
mod company;
mod journal;
mod plan;
mod report;
mod run;
mod step;
mod survey;
mod twin;

pub use plan::{Plan, Want, plan};
pub use report::Tally;
pub use step::{Kind, Step, carry_out};
pub use survey::{CardFile, Survey, SurveyError, survey};

/// Where files of AOF 1 that are in the way are kept.
pub const LEGACY: &str = "legacy/v1";
/// Where cards are kept as they were before they were rewritten.
pub const ORIGINALS: &str = "state/migrate/original";
/// What was done.
pub const JOURNAL: &str = "state/migrate.jsonl";
