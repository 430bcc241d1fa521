//! The live view: what every agent is doing, while it is doing it.
//!
//! It only looks at events; nothing depends on it. Invariant: on a terminal the picture is redrawn
//! in place, elsewhere every event is a line of its own, and both go to standard error.

mod line;
mod painter;
mod scene;

pub use scene::{Scene, Watcher};
