//! Directory layout, commit protocol, recovery and quarantine, over the store port.
//!
//! Decides nothing about tasks; it reads cards into the index and turns decisions into one batch of
//! file operations. Never touches files itself: that is the port's work.

pub mod event_log;
pub mod fold;
pub mod journal;
pub mod layout;
pub mod ledger;
pub mod loaded;
#[cfg(test)]
mod memory;
pub mod outbox;
pub mod port;
pub mod recovery;
pub mod refusal;
pub mod request;
pub mod run_record;
pub mod shelf;
pub mod transaction;
