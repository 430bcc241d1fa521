//! How hard commits are pressed to disk, as it is said on the command line.
//!
//! Only the choice; the store does the rest. Invariant: nobody gets less than full durability
//! without having said so.

use aof_disk::Durability;
use clap::ValueEnum;

/// How hard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Pressure {
    /// What a commit reported is on stable storage.
    Full,
    /// It survives the death of the process, not of the machine.
    Relaxed,
}

impl Pressure {
    /// What the store calls it.
    pub fn of_store(self) -> Durability {
        match self {
            Pressure::Full => Durability::Full,
            Pressure::Relaxed => Durability::Relaxed,
        }
    }
}
