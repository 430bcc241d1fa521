//! Reads a YAML text as events, each with its place.
//!
//! The engine is generic over its input, so its loops are compiled where they are used: here, for
//! speed, because they go over every character of every card. Never interprets a value.

mod read;

pub use read::read;
pub use saphyr_parser::{Event, Marker, ScalarStyle, ScanError, Span};
