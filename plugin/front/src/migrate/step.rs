//! The steps of a plan, and how they are done.
//!
//! Never decides anything. Invariant: a step may be cut between any two of its operations, and the
//! next plan goes on from there.

use aof_store::port::{Op, Store, StoreError};
use serde::Serialize;

use super::JOURNAL;
use super::plan::Plan;

/// Operations behind one durability barrier.
const BATCH_OPS_MAX: usize = 512;
/// Contents behind one durability barrier.
const BATCH_BYTES_MAX: usize = 8 * 1024 * 1024;

/// What a step is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A card is rewritten, moved or both.
    Card,
    /// The files that belong to a task.
    Work,
    /// The records of a run.
    Run,
    /// A log of AOF 1.
    Log,
    /// Something that is in the way is put aside.
    Aside,
    /// The settings of this version.
    Settings,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What it is about.
    pub kind: Kind,
    /// The file or directory as it lies now.
    pub from: String,
    /// Where it lies afterwards.
    pub to: String,
    /// What else changes, a line each.
    pub changes: Vec<String>,
    /// The operations.
    #[serde(skip)]
    pub ops: Vec<Op>,
}

/// Does what a plan says, from the first step to the last.
///
/// # Errors
/// What the store says; whatever was done by then stays done, and a new plan goes on from there.
pub fn carry_out<S: Store>(store: &mut S, epoch: u64, plan: Plan) -> Result<(), StoreError> {
    let Plan { steps, journal, .. } = plan;
    if steps.is_empty() && journal.is_finished() {
        return Ok(());
    }
    if journal.is_grown() {
        let begin = vec![Op::MakeDir("state".to_owned()), written(journal.begun())];
        store.commit(flushed(begin), epoch)?;
    }
    let mut batch = Vec::new();
    let mut bytes = 0;
    for op in steps.into_iter().flat_map(|step| step.ops) {
        let size = content_bytes(&op);
        if batch.len() >= BATCH_OPS_MAX || (bytes > 0 && bytes + size > BATCH_BYTES_MAX) {
            store.commit(flushed(std::mem::take(&mut batch)), epoch)?;
            bytes = 0;
        }
        bytes += size;
        batch.push(op);
    }
    batch.push(written(journal.finished()));
    store.commit(flushed(batch), epoch).map(|_| ())
}

/// Flushes what was made before anything is replaced or removed for it, and everything at the end:
/// no power loss leaves a card without either of its files.
fn flushed(batch: Vec<Op>) -> Vec<Op> {
    let mut ordered = Vec::with_capacity(batch.len() + 1);
    let mut is_made = false;
    for op in batch {
        if is_made && matches!(op, Op::Replace { .. } | Op::Remove(_)) {
            ordered.push(Op::Sync);
            is_made = false;
        }
        is_made |= matches!(op, Op::Create { .. } | Op::Rename { .. });
        ordered.push(op);
    }
    ordered.push(Op::Sync);
    ordered
}

fn written(content: Vec<u8>) -> Op {
    Op::Replace {
        path: JOURNAL.to_owned(),
        content,
        expect: None,
    }
}

fn content_bytes(op: &Op) -> usize {
    match op {
        Op::Create { content, .. } | Op::Replace { content, .. } => content.len(),
        Op::Append { lines, .. } => lines.iter().map(String::len).sum(),
        Op::Journal { line, .. } => line.len(),
        Op::Rename { .. } | Op::Remove(_) | Op::MakeDir(_) | Op::Sync => 0,
    }
}
