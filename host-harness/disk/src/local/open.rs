//! Opens a local directory as a data root.
//!
//! Never makes one. Invariant: what is opened here is a directory, and stays open as long as the
//! store.

use std::io;
use std::path::{Path, PathBuf};

use super::walk::Walk;
use super::{LocalStore, Native, lease};

/// Why a directory cannot be a data root.
#[derive(Debug, thiserror::Error)]
pub enum LocalStoreError {
    /// Nothing is there.
    #[error("no data directory at {path}: create one with `aof init`", path = path.display())]
    Missing {
        /// The directory asked for.
        path: PathBuf,
    },
    /// Something else is there.
    #[error("{path} is not a directory", path = path.display())]
    NotADirectory {
        /// The path asked for.
        path: PathBuf,
    },
    /// It is there but cannot be opened.
    #[error("the data directory {path} cannot be opened: {source}", path = path.display())]
    Unreadable {
        /// The directory asked for.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

impl LocalStoreError {
    /// The stable code, with a page under `docs/errors/`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "AOF-4101",
            Self::NotADirectory { .. } => "AOF-4102",
            Self::Unreadable { .. } => "AOF-4103",
        }
    }
}

/// True while a writer without locks holds the store in a directory, by the clock of this machine.
#[must_use]
pub fn is_leased(root: &Path) -> bool {
    let state = Native::open(root).map(|system| lease::state(&Walk::new(&system)));
    matches!(state, Ok(Ok(lease::State::Held)))
}

impl LocalStore<Native> {
    /// Opens a data root, as a reader until `open` says otherwise.
    ///
    /// # Errors
    /// If the directory is missing, is something else, or cannot be opened.
    pub fn new(root: &Path) -> Result<Self, LocalStoreError> {
        let system = Native::open(root).map_err(|source| {
            let path = root.to_owned();
            match source.kind() {
                io::ErrorKind::NotFound => LocalStoreError::Missing { path },
                io::ErrorKind::NotADirectory => LocalStoreError::NotADirectory { path },
                _ => LocalStoreError::Unreadable { path, source },
            }
        })?;
        Ok(Self::over(system))
    }
}
