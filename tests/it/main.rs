//! Every test that needs more than one room, by theme.
//!
//! Nothing here sleeps for a fixed time, reads a wall clock to decide, or uses a network.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that meets something unforeseen ends right there"
)]

mod chart;
mod cli;
mod codec;
mod conformance;
mod containment;
mod contract;
mod daemon;
mod executor;
mod field;
mod hostile;
mod migration;
mod node;
mod omit;
mod people;
mod portable;
mod recovery;
mod scheduler;
mod simulation;
mod stage;
mod tidy;
mod tool;
mod workflow;
