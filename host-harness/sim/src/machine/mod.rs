//! A simulated machine: a disk that forgets what was not flushed, processes that die, clocks that
//! lie, and a person with hands on the same files.
//!
//! Never touches anything real. Invariant: what happens follows from the calls and the seeds alone,
//! so that a history can be repeated, cut short and branched.

mod clock;
mod content;
mod disk;
mod fate;
mod fault;
mod hand;
mod handle;
mod kernel;
mod name;
mod process;
#[cfg(test)]
mod tests;

pub use fate::Mode;
pub use hand::{Hand, Kind, Listed};
pub use handle::{Machine, Snapshot};
pub use kernel::{Calls, Flushes};
pub use process::{DirHandle, FileHandle, Process};
