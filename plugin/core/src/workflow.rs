//! Workflows: graphs of hops, and what follows from the end of one.
//!
//! Never starts anything. Invariant: a graph that was checked has no ring, and every hop of it is
//! final after finitely many events, whatever they are. The rules are told in `docs/workflows.md`.

pub mod condition;
pub mod graph;
pub mod progress;
pub mod template;
#[cfg(test)]
mod tests;

pub use condition::{Condition, Facts};
pub use graph::{Definition, Doer, Duty, Edge, Graph, Hop, Join, Strategy};
pub use progress::{HopState, Progress, SkipReason, State, Verdict};
pub use template::Template;
