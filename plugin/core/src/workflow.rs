//! Workflows: graphs of hops, and what follows from the end of one.
//!
//! Never starts anything. Invariant: a graph that was checked has no ring, and every hop of it is
//! final after finitely many events, whatever they are. The rules are told in `docs/workflows.md`.

pub mod advance;
pub mod answer;
mod computed;
pub mod condition;
pub mod decide;
pub mod decimal;
pub mod expand;
pub mod facts;
pub mod flow;
pub mod graph;
mod hop_card;
pub mod outcome;
pub mod progress;
pub mod result;
mod settle;
pub mod template;
#[cfg(test)]
mod tests;
pub mod upgrade;

pub use advance::{Advance, End, HopEnd, Maker, advance, begin};
pub use condition::{Condition, Facts};
pub use decide::{Ballot, Cast, Choice, Decide, Decision, Ruling};
pub use expand::{Bounds, Expand};
pub use flow::{Flow, FlowState, FlowStatus, HopOf, HopRecord};
pub use graph::{Definition, Doer, Duty, Edge, Graph, Hop, Join, Kind, Strategy};
pub use progress::{HopState, Progress, SkipReason, State, Verdict};
pub use result::HopResult;
pub use template::Template;
