//! The org chart for people: what is wrong with it, what it says, how the gateway differs.

pub mod diff;
pub mod drift;
pub mod lint;
pub mod show;
