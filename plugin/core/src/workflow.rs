//! Workflows: graphs of hops, and what follows from the end of one.
//!
//! Never starts anything. Invariant: a graph that was checked has no ring, and every hop of it is
//! final after finitely many events, whatever they are. The rules are told in `docs/workflows.md`.

pub mod condition;
pub mod decide;
pub mod decimal;
pub mod expand;
pub mod graph;
pub mod progress;
pub mod result;
#[cfg(test)]
mod tests;

pub use condition::{Condition, Facts};
pub use decide::{Ballot, Cast, Choice, Decide, Decision, Ruling};
pub use expand::{Bounds, Expand};
pub use graph::{Definition, Doer, Duty, Edge, Graph, Hop, Join, Kind, Strategy};
pub use progress::{HopState, Progress, SkipReason, State, Verdict};
pub use result::HopResult;
