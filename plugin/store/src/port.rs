//! The store port: the one thing that the orchestrator asks of the outside.
//!
//! The same words as `wit/store.wit`. Never implemented here: the component forwards to its host,
//! benches and simulations bring their own.

use std::fmt;

/// How to open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// With the operating system's lock and a new epoch.
    Writer,
    /// Without; nothing can be committed.
    Reader,
}

/// Identity of one version of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Modification time, nanoseconds.
    pub mtime_ns: u64,
    /// Length in bytes.
    pub size: u64,
    /// File number.
    pub inode: u64,
}

/// What opening gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    /// Fencing number of this writer; it only grows. A reader gets the last writer's.
    pub epoch: u64,
    /// Which life of the machine this is. Once it differs, what was not flushed may be lost.
    pub boot: u64,
}

/// Who holds the writer's lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// Process id.
    pub pid: u32,
    /// Name of the machine.
    pub host: String,
    /// Milliseconds since the epoch.
    pub since_ms: u64,
}

impl Owner {
    /// Whether it is known by a number; a host of WASI has none.
    #[must_use]
    pub fn is_numbered(&self) -> bool {
        self.pid != 0
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.is_numbered() {
            true => write!(f, "process {} on {}", self.pid, self.host),
            false => f.write_str("a host that gives no process number"),
        }
    }
}

/// Why the store said no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Another process holds the writer's lock.
    #[error("the store is in use by {0}")]
    Busy(Owner),
    /// This is no longer the owner.
    #[error("epoch is stale: the store is at {0}")]
    StaleEpoch(u64),
    /// The file is not the version that was expected.
    #[error("`{0}` was changed meanwhile")]
    Conflict(String),
    /// The target of an exclusive operation is taken.
    #[error("`{0}` exists already")]
    Exists(String),
    /// No such file.
    #[error("`{0}` is not there")]
    NotFound(String),
    /// Cannot be written.
    #[error("`{0}` cannot be written")]
    ReadOnly(String),
    /// The disk is full.
    #[error("no space left for `{0}`")]
    NoSpace(String),
    /// A path that is not allowed.
    #[error("`{0}` is not a path inside the store")]
    BadPath(String),
    /// A limit of the host.
    #[error("{0}")]
    TooLarge(String),
    /// Anything else.
    #[error("`{path}`: {message}")]
    Io {
        /// The file.
        path: String,
        /// What the system said.
        message: String,
    },
    /// A flush failed, now or before: the store has to be opened again.
    #[error("`{path}`: {message}")]
    Unflushed {
        /// The file.
        path: String,
        /// What the system said.
        message: String,
    },
}

impl StoreError {
    /// Whether a batch that failed so may have come part of the way: a condition that does not hold
    /// is noticed before anything is written, a failing disk is not.
    #[must_use]
    pub fn may_be_half_done(&self) -> bool {
        matches!(
            self,
            StoreError::ReadOnly(_)
                | StoreError::NoSpace(_)
                | StoreError::Io { .. }
                | StoreError::Unflushed { .. }
        )
    }
}

/// What a directory entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A link, pipe, socket or device: never opened.
    Other,
}

/// One entry of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: EntryKind,
    /// Its version.
    pub stamp: Stamp,
}

/// A directory as it was listed, entries sorted by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// The directory.
    pub dir: String,
    /// False if it is not there.
    pub exists: bool,
    /// What is in it.
    pub entries: Vec<Entry>,
    /// Entries whose names are not UTF-8, left out.
    pub skipped: u32,
}

/// What reading a path gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Blob {
    /// The whole file.
    Content {
        /// Its bytes.
        bytes: Vec<u8>,
        /// Its version.
        stamp: Stamp,
    },
    /// No such file.
    Absent,
    /// Not a regular file, or too large; the text says which.
    Refused(String),
    /// The system failed to read it; another time it may. Whoever takes it for absent loses it.
    Unreadable(String),
}

impl Blob {
    /// The blob, unless the system failed to read it: for what is lost if it is taken for absent.
    ///
    /// # Errors
    /// [`StoreError::Io`] with what the system said.
    pub fn certain(self, path: &str) -> Result<Self, StoreError> {
        match self {
            Blob::Unreadable(message) => Err(StoreError::Io {
                path: path.to_owned(),
                message,
            }),
            certain => Ok(certain),
        }
    }
}

/// One change that somebody else made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Where.
    pub path: String,
    /// None if the entry is gone.
    pub entry: Option<Entry>,
}

/// A page of changes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// In no particular order, each path once.
    pub changes: Vec<Change>,
    /// Where to go on.
    pub cursor: u64,
    /// Another call gives more at once.
    pub more: bool,
}

/// One operation of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// Fails if the path is taken.
    Create {
        /// Where.
        path: String,
        /// What.
        content: Vec<u8>,
    },
    /// Atomic; creates the file if it is absent.
    Replace {
        /// Where.
        path: String,
        /// What.
        content: Vec<u8>,
        /// Only if the file still has this version.
        expect: Option<Stamp>,
    },
    /// Moves a file; the target must be absent.
    Rename {
        /// From here.
        from: String,
        /// To here.
        to: String,
        /// Only if the source still has this version.
        expect: Option<Stamp>,
    },
    /// Removing what is absent is no error.
    Remove(String),
    /// With its parents; one that exists is no error.
    MakeDir(String),
    /// Appends lines to a log.
    Append {
        /// The log.
        path: String,
        /// Without their newlines.
        lines: Vec<String>,
    },
    /// Appends a line to a file that must be there, and flushes it before anything else of the
    /// batch is visible. Taken back if a condition of the batch stops holding meanwhile.
    Journal {
        /// The journal.
        path: String,
        /// Without its newline.
        line: String,
    },
    /// Flushes everything that was written so far, this batch included.
    Sync,
}

/// The port. Calls are synchronous; paths are relative to the data root.
pub trait Store {
    /// Opens the root.
    ///
    /// # Errors
    /// [`StoreError::Busy`] if another process writes, or what the system says.
    fn open(&mut self, mode: Mode) -> Result<Opening, StoreError>;

    /// What others changed in watched directories since `cursor`.
    ///
    /// # Errors
    /// What the system says.
    fn changes(&mut self, cursor: u64, limit: u32) -> Result<Page, StoreError>;

    /// Lists directories; with `watch`, their changes are reported from now on.
    ///
    /// # Errors
    /// What the system says.
    fn list(&mut self, dirs: &[String], watch: bool) -> Result<Vec<Listing>, StoreError>;

    /// Reads files, one blob per path.
    ///
    /// # Errors
    /// What the system says.
    fn read(&mut self, paths: &[String], bytes_max: u64) -> Result<Vec<Blob>, StoreError>;

    /// Checks every condition, flushes the journal lines, checks again, applies the rest in order
    /// without flushing it, and returns the new cursor.
    ///
    /// # Errors
    /// Any [`StoreError`]; a refused condition changes nothing.
    fn commit(&mut self, batch: Vec<Op>, epoch: u64) -> Result<u64, StoreError>;
}
