//! Daemons that run for a while: edits by hand under them, their death, and their successors.
//!
//! Everything goes through the binary, real files and the socket. Invariant: a test kills only the
//! processes that it started, and waits for what it sees and never for a time.

mod pair;
mod standby;
mod watch;
pub mod works;
