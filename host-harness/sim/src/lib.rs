//! The simulated world: a machine with disk, processes and clocks, people, agents, checkers.
//!
//! This crate never touches the real disk, clock or process table; whatever happens in it follows
//! from a seed. Invariant: the same seed and options give the same history, byte for byte.

#![allow(
    clippy::indexing_slicing,
    clippy::type_complexity,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "an instrument for tests: what does not hold here is a finding"
)]

pub mod agent;
pub mod check;
pub mod crash;
pub mod defect;
pub mod fault;
pub mod machine;
pub mod native;
pub mod protocol;
pub mod run;
pub mod world;
