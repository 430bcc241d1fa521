//! `aof config`: the settings, one file for each verb.

mod show;
mod validate;
mod verb;

pub use verb::{Command, run};
