//! One file for each command.
//!
//! A command reads its arguments, asks once, shows the answer. It never touches cards itself.

mod account;
mod audit;
pub mod backup;
pub mod board;
pub mod completions;
pub mod config;
pub mod daemon;
pub mod demo;
mod dispatch;
pub mod doctor;
pub mod events;
pub mod explain;
pub mod fsck;
pub mod inbox;
pub mod init;
pub mod migrate;
pub mod notifications;
pub mod org;
pub mod poll;
pub mod project;
pub mod restore;
pub mod run;
pub mod schema;
mod session;
pub mod sim;
pub mod supervise;
pub mod task;
pub mod tools;
pub mod usage;
pub mod workflow;

pub use dispatch::run;
pub use session::Session;
