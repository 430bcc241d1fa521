//! How to serve, and how serving went.
//!
//! Plain data; nothing happens here.
//! Invariant: a report says why serving ended.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde_json::Value;

use crate::gateway::{Fault, GatewayError};
use crate::watch::DirtySet;
use aof_disk::Durability;

use super::socket::SocketError;

/// When serving ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// When no session lives, nothing is due soon, and the last poll started nothing.
    Idle,
    /// When told to stop.
    Stopped,
}

/// What to watch: the directory of a store and the dirty set that the store was opened with.
#[derive(Debug, Clone)]
pub struct Attention {
    /// The data root.
    pub root: PathBuf,
    /// Shared with the store.
    pub dirty: DirtySet,
}

/// How to serve.
pub struct ServeOptions {
    /// Path of the socket; none to serve without one.
    pub socket: Option<PathBuf>,
    /// When to end.
    pub until: Until,
    /// Set to end at the next opportunity (within a quarter of a second).
    pub stop: Arc<AtomicBool>,
    /// Poll at least this often, for edits by hand that nothing tells of. While a watcher does, the
    /// settings of the store say how often.
    pub poll_interval_ms: u64,
    /// What tells of edits by hand, if anything does.
    pub attention: Option<Attention>,
    /// How hard commits are pressed to disk, for whoever asks.
    pub durability: Durability,
    /// [`Until::Idle`]: something due later than this from now is not waited for.
    pub idle_patience_ms: u64,
    /// Told about errors that do not end the daemon.
    pub on_fault: Box<dyn FnMut(&Fault) + Send>,
}

impl ServeOptions {
    /// The defaults.
    pub fn new(socket: Option<PathBuf>, until: Until) -> Self {
        Self {
            socket,
            until,
            stop: Arc::new(AtomicBool::new(false)),
            poll_interval_ms: 1_000,
            attention: None,
            durability: Durability::default(),
            idle_patience_ms: 600_000,
            on_fault: Box::new(|_| {}),
        }
    }
}

/// Why serving ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    /// Nothing is left that could start.
    Idle,
    /// It was told to stop.
    Stopped,
}

/// What happened while serving.
#[derive(Debug, Clone)]
pub struct ServeReport {
    /// Why it ended.
    pub finish: Finish,
    /// Polls made.
    pub polls: u64,
    /// Requests answered.
    pub requests: u64,
    /// Sessions started.
    pub started: u64,
    /// Sessions ended.
    pub ended: u64,
    /// Sessions that live on without this host.
    pub left_running: usize,
    /// Explanations of the tasks that are left, at most 100.
    pub remaining: Vec<Value>,
    /// When something will be due, if anything.
    pub next_due_ms: Option<u64>,
}

/// Why a daemon cannot serve.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DaemonError {
    /// The gateway failed for good.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// There is no socket.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// The socket is there but nobody can serve it.
    #[error("cannot serve the socket: {0}")]
    Reception(std::io::Error),
    /// Another writer took the store over while this one served it.
    #[error("another process took the store over, so this daemon stops ({})", .0.message)]
    Lost(Box<Fault>),
    /// The gateway carries nothing out.
    #[error("a store that was opened by an agent or for reading only cannot be served")]
    Bystander,
}

impl DaemonError {
    /// The error as people see it.
    pub fn fault(&self) -> Fault {
        let message = self.to_string();
        match self {
            Self::Gateway(error) => error.fault(),
            // Whoever started this daemon did nothing wrong: somebody else was faster.
            Self::Lost(fault) => Fault {
                kind: "conflict".to_owned(),
                message,
                hint: "agents go on under the new owner; never remove state/lock by hand"
                    .to_owned(),
                ..(**fault).clone()
            },
            Self::Socket(error) => Fault::broken(error.code(), message, error.hint()),
            Self::Reception(_) => Fault::broken(
                "AOF-5307",
                message,
                "raise the limits on files and processes",
            ),
            Self::Bystander => {
                Fault::refused("AOF-5308", message, "serve it outside of its own runs")
            }
        }
    }
}
