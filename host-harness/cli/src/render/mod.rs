//! Text for people: tables, lines, colours.
//!
//! Pure: takes what the component said and gives a string; colours are escape sequences that the
//! console strips where they do not belong. Invariant: text from cards never reaches the terminal
//! with control characters in it.

pub mod board;
pub mod event;
pub mod explain;
pub mod finding;
pub mod inbox;
pub mod notification;
pub mod org;
pub mod poll;
pub mod project;
pub mod settings;
pub mod style;
pub mod table;
pub mod task;
pub mod text;
pub mod tool;
pub mod usage;
pub mod workflow;
