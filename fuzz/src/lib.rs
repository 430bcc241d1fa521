//! What must hold for any input at all: one function for each way into AOF.
//!
//! Random input is thrown at them by the programs in `fuzz_targets/`; the tests of the project
//! replay `corpus/` through the same functions without any instruments. Never asks a clock or
//! throws dice. Invariant: a function returns if all is well and panics otherwise.

pub mod disk;
mod drive;

pub use drive::{arguments, card, events, ids, settings, tree};
