//! What a gateway needs to open, and what it says once it is open.
//!
//! It reads nothing from the environment except the path of the running program, on request.
//! Invariant: a default is the safe choice (full durability, real clock, real dice).

use std::path::PathBuf;
use std::sync::Arc;

use crate::clock::{Clock, Entropy, SystemClock, SystemEntropy};
use crate::contract::lifecycle::Quarantined;
use crate::contract::types::Event;
use crate::executor::{Executor, Supervision};
use crate::instance::Limits;
use crate::watch::DirtySet;
use aof_disk::{Durability, StoreBackend};

use super::observer::{Observer, Silent};

/// Where the store is.
pub enum Place {
    /// A data root on disk.
    Directory(PathBuf),
    /// A backend made elsewhere; `root` only if there are directories for programs to work in.
    Backend {
        /// The store.
        backend: Box<dyn StoreBackend>,
        /// Directory of the data root, if there is one.
        root: Option<PathBuf>,
    },
}

/// Everything that a gateway is made of.
pub struct GatewayOptions {
    /// Where the store is.
    pub place: Place,
    /// Views and dry runs only; takes no lock and starts nothing.
    pub read_only: bool,
    /// A JSON object laid over `aof.yaml`.
    pub overrides: Option<String>,
    /// A JSON object from the path of an override to where it comes from, for people.
    pub origins: Option<String>,
    /// The only projects that are opened; none for all.
    pub projects: Option<Vec<String>>,
    /// How long to wait while another process holds the store (for [`Place::Directory`]).
    pub patience_ms: u64,
    /// How hard commits are pressed to disk (for [`Place::Directory`]).
    pub durability: Durability,
    /// Told of changes by hand, so that they are looked at (for [`Place::Directory`]).
    pub dirty: DirtySet,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where random bits come from.
    pub entropy: Box<dyn Entropy>,
    /// Bounds on the component.
    pub limits: Limits,
    /// Told to agents as `AOF_SOCKET`.
    pub socket: Option<PathBuf>,
    /// What supervises runs; none for the running program.
    pub supervision: Option<Supervision>,
    /// Replaces the executor that the settings ask for.
    pub executor: Option<Box<dyn Executor>>,
    /// Sees every event.
    pub observer: Box<dyn Observer>,
}

impl GatewayOptions {
    /// The defaults for a store at `place`.
    pub fn new(place: Place) -> Self {
        Self {
            place,
            read_only: false,
            overrides: None,
            origins: None,
            projects: None,
            patience_ms: 0,
            durability: Durability::default(),
            dirty: DirtySet::default(),
            clock: Arc::new(SystemClock),
            entropy: Box::new(SystemEntropy),
            limits: Limits::default(),
            socket: None,
            supervision: None,
            executor: None,
            observer: Box::new(Silent),
        }
    }

    /// The defaults for a data root on disk.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self::new(Place::Directory(root.into()))
    }
}

/// What opening found and did.
#[derive(Debug, Clone, Default)]
pub struct OpenReport {
    /// Fencing number of this writer.
    pub epoch: u64,
    /// The effective settings.
    pub settings: serde_json::Value,
    /// What recovery did, a line each.
    pub repaired: Vec<String>,
    /// Files that could not be understood.
    pub quarantined: Vec<Quarantined>,
    /// Runs whose sessions still live and are watched again.
    pub adopted_alive: Vec<String>,
    /// Runs that ended, or were lost, while no host was there.
    pub adopted_ended: Vec<String>,
    /// How many effects were executed again.
    pub effects_repeated: usize,
    /// Events of the opening.
    pub events: Vec<Event>,
}
