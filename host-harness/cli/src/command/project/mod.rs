//! `aof project`: one file for each kind of verb.

mod change;
mod create;
mod list;
mod verb;

pub use verb::{Command, run};
