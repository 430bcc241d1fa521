//! From settings to the executor that they ask for.
//!
//! Invariant: wrong settings are refused before anything is started.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;

use crate::clock::Clock;

use super::command::{CommandExecutor, Supervision};
use super::port::{Executor, KnownAgent};
use super::settings::{ExecutorSettings, SettingsError};
use super::simulated::{Script, SimulatedExecutor};
use super::unset::Unset;

/// Why there is no executor.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The settings are wrong.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// Programs need directories, and the store has none.
    #[error("the command executor needs a data root on disk")]
    NoRoot,
    /// The data root cannot be used.
    #[error("{root}: {source}")]
    Root {
        /// The data root.
        root: PathBuf,
        /// What the file system said.
        source: std::io::Error,
    },
    /// The program that supervises cannot be found.
    #[error("cannot find the running program to supervise agents: {0}")]
    Supervision(std::io::Error),
}

impl BuildError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Settings(_) => "AOF-5101",
            Self::NoRoot => "AOF-5102",
            Self::Root { .. } => "AOF-5103",
            Self::Supervision(_) => "AOF-5104",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Settings(_) => "correct the `executor` section of aof.yaml",
            Self::NoRoot => "use `executor.kind: simulated`, or a data root on disk",
            Self::Root { .. } => "check that the data root exists and may be read",
            Self::Supervision(_) => "name the program that supervises runs",
        }
    }
}

/// What an executor may need besides its settings.
pub struct Surroundings {
    /// The data root, if the store is on disk.
    pub root: Option<PathBuf>,
    /// Told to agents.
    pub socket: Option<PathBuf>,
    /// What supervises runs; none for the running program.
    pub supervision: Option<Supervision>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

/// The agents that the `executor` section names, for whoever only looks; none if it names none, is
/// wrong, or leads to an executor that cannot say.
pub fn configured_agents(section: &Value) -> Option<Vec<KnownAgent>> {
    match ExecutorSettings::parse(section).ok()? {
        ExecutorSettings::Command(settings) => settings.agents(),
        ExecutorSettings::Unset | ExecutorSettings::Simulated(_) => None,
    }
}

/// Makes the executor that the `executor` section of the settings asks for.
///
/// # Errors
/// The section is wrong, or the surroundings lack what it needs.
pub fn build(section: &Value, around: Surroundings) -> Result<Box<dyn Executor>, BuildError> {
    match ExecutorSettings::parse(section)? {
        ExecutorSettings::Unset => Ok(Box::new(Unset::because(
            "no executor is configured: set `executor` in aof.yaml",
        ))),
        ExecutorSettings::Simulated(settings) => Ok(Box::new(SimulatedExecutor::new(
            Script::from(settings),
            around.clock,
        ))),
        ExecutorSettings::Command(settings) => {
            let root = around.root.ok_or(BuildError::NoRoot)?;
            let supervision = match around.supervision {
                Some(given) => given,
                None => Supervision::of_this_program().map_err(BuildError::Supervision)?,
            };
            let executor = CommandExecutor::new(settings, &root, around.socket, supervision)
                .map_err(|source| BuildError::Root { root, source })?;
            Ok(Box::new(executor))
        }
    }
}
