//! The `aof` command as people and scripts meet it: the real binary, real files, real agents.
//!
//! Never calls the host's code: everything goes through the command line. Invariant: a test kills
//! only the processes that it started.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail loudly"
)]

mod agent;
mod answer;
mod backup;
mod config;
mod demo;
mod doctor;
mod fsck;
mod inbox;
mod init;
mod kill;
mod migrate;
mod notifications;
mod org;
mod project;
mod sim;
pub mod stand;
mod task;
mod usage;
mod worker;
mod workflow;
