//! Operations of a batch with their paths and sizes already validated.
//!
//! Never looks at a disk. Invariant: no step names a file that fences writers.

use crate::contract::{Op, Stamp, StoreError};
use crate::limit;
use crate::path::RelPath;

/// The file whose lock the writer holds. It is empty, and opened for nothing else.
pub const LOCK_PATH: &str = "state/lock";

/// Held, for a while, by a writer whose system has no locks.
pub const HELD_PATH: &str = "state/lock.held";

/// A second copy of the epoch.
pub const EPOCH_PATH: &str = "state/epoch";

/// Who the writer is, and its epoch.
pub const OWNER_PATH: &str = "state/owner.json";

/// One validated operation.
#[derive(Debug)]
pub(super) enum Step<'a> {
    Create {
        path: RelPath<'a>,
        content: &'a [u8],
    },
    Replace {
        path: RelPath<'a>,
        content: &'a [u8],
        expect: Option<Stamp>,
    },
    Rename(Rename<'a>),
    Remove(RelPath<'a>),
    MakeDir(RelPath<'a>),
    Append {
        path: RelPath<'a>,
        lines: &'a [String],
    },
    Journal {
        path: RelPath<'a>,
        lines: &'a [String],
    },
    Sync,
}

/// One validated rename.
#[derive(Debug)]
pub(super) struct Rename<'a> {
    pub(super) from: RelPath<'a>,
    pub(super) to: RelPath<'a>,
    pub(super) expect: Option<Stamp>,
}

impl<'a> Step<'a> {
    /// Validates a whole batch: its size, then every path in it.
    pub(super) fn parse_batch(batch: &'a [Op]) -> Result<Vec<Self>, StoreError> {
        limit::admit_batch(batch.len(), batch.iter().map(bytes).sum())?;
        batch.iter().map(Self::parse).collect()
    }

    fn parse(op: &'a Op) -> Result<Self, StoreError> {
        Ok(match op {
            Op::Create(put) => Self::Create {
                path: target(&put.path)?,
                content: &put.content,
            },
            Op::Replace(put) => Self::Replace {
                path: target(&put.path)?,
                content: &put.content,
                expect: put.expect,
            },
            Op::Rename(op) => Self::Rename(Rename {
                from: target(&op.from)?,
                to: target(&op.to)?,
                expect: op.expect,
            }),
            Op::Remove(path) => Self::Remove(target(path)?),
            Op::MakeDir(path) => Self::MakeDir(target(path)?),
            Op::Append(op) => Self::Append {
                path: target(&op.path)?,
                lines: &op.lines,
            },
            Op::Journal(op) => Self::Journal {
                path: target(&op.path)?,
                lines: &op.lines,
            },
            Op::Sync => Self::Sync,
        })
    }

    /// The file content that this step puts in place.
    pub(super) fn put(&self) -> Option<(RelPath<'a>, &'a [u8])> {
        match self {
            Self::Create { path, content } | Self::Replace { path, content, .. } => {
                Some((*path, content))
            }
            _ => None,
        }
    }

    /// Every path whose entry this step may add, change or take away.
    pub(super) fn paths(&self) -> Vec<RelPath<'a>> {
        match self {
            Self::Create { path, .. }
            | Self::Replace { path, .. }
            | Self::Append { path, .. }
            | Self::Journal { path, .. }
            | Self::Remove(path) => vec![*path],
            Self::Rename(rename) => vec![rename.from, rename.to],
            Self::MakeDir(path) => path.prefixes().collect(),
            Self::Sync => Vec::new(),
        }
    }
}

/// The first path that a batch names, for errors about the batch as a whole.
pub(super) fn first_path(batch: &[Op]) -> String {
    batch.first().map_or_else(String::new, |op| match op {
        Op::Create(put) => put.path.clone(),
        Op::Replace(put) => put.path.clone(),
        Op::Rename(op) => op.from.clone(),
        Op::Remove(path) | Op::MakeDir(path) => path.clone(),
        Op::Append(op) | Op::Journal(op) => op.path.clone(),
        Op::Sync => String::new(),
    })
}

fn target(text: &str) -> Result<RelPath<'_>, StoreError> {
    let path = RelPath::parse(text)?;
    if matches!(text, LOCK_PATH | HELD_PATH | EPOCH_PATH | OWNER_PATH) {
        Err(path.bad())
    } else {
        Ok(path)
    }
}

fn bytes(op: &Op) -> u64 {
    let bytes = match op {
        Op::Create(put) => put.content.len(),
        Op::Replace(put) => put.content.len(),
        Op::Append(op) | Op::Journal(op) => op.lines.iter().map(|line| line.len() + 1).sum(),
        Op::Rename(_) | Op::Remove(_) | Op::MakeDir(_) | Op::Sync => 0,
    };
    bytes as u64
}

/// The bytes of log lines, each with its newline.
pub(super) fn joined(lines: &[String]) -> Vec<u8> {
    let mut joined = Vec::with_capacity(lines.iter().map(|line| line.len() + 1).sum());
    for line in lines {
        joined.extend_from_slice(line.as_bytes());
        joined.push(b'\n');
    }
    joined
}
