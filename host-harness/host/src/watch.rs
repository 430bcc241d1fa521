//! Notices at once what others do in the directories that a store looks at.
//!
//! It never reads a file, never decides what a change means, and is never needed: whoever polls
//! finds the same by looking. Invariant: what was touched stays in the dirty set until a store has
//! taken it, and what could not be told apart is said to be everything.

mod reliable;
mod tree;
mod watcher;

pub use aof_disk::{Dirty, DirtySet};
pub use watcher::{FileWatcher, WatchError};

#[cfg(test)]
mod tests;
