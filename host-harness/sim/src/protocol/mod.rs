//! Three commit protocols for one toy card, put through the same crashes.
//!
//! Never used by the product: it is the evidence for `docs/design/commit-protocol.md`. Invariant:
//! all protocols stand on the same machine and are judged by the same rules.

mod disk;
mod examine;
mod fenced;
mod judge;
mod log_first;
mod staged;
#[cfg(test)]
mod tests;
mod toy;

pub use examine::{Cost, Depth, Tally, cost, examine};
pub use fenced::Fenced;
pub use judge::Violation;
pub use log_first::{LogFirst, Replay};
pub use staged::Staged;
pub use toy::{Card, Move, Protocol, Shelf};
