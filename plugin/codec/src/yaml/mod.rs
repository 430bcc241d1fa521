//! YAML as a tree with positions, and back to text.
//!
//! The only module that knows the YAML engine. Scalars stay text: what they mean is decided by
//! whoever knows the field. Never resolves aliases, tags or merge keys; they are refused.

mod compose;
mod node;
mod out;
mod plain;
mod text;

pub(crate) use compose::compose;
pub(crate) use node::{Entry, Kind, Mark, Node, Style};
pub(crate) use out::{Out, write_entry};
pub(crate) use plain::{quote, stands_alone};
pub(crate) use text::{decode, find_control, mark_after};
