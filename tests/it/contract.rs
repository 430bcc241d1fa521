//! The contract at its limits: the largest that is taken, the smallest that is refused, nonsense,
//! and the same script twice.

mod hook;
mod limit;
mod memory;
mod nonsense;
mod opening;
mod order;
mod script;
