//! Many small changes as few commits of bounded size.
//!
//! Never takes a change apart. Invariant: changes are committed in the order in which they were
//! added, and what was committed is never lost to a later refusal.

use aof_core::id::TaskId;
use aof_core::refusal::Refusal;
use aof_store::loaded::LoadedCard;
use aof_store::port::Store;

use crate::session::Session;
use crate::work::{Committed, Work};

/// Changes in one commit.
const CHANGES_MAX: usize = 256;
/// Bytes in the journal after which a commit is closed.
const BATCH_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Changes on their way.
#[derive(Debug, Default)]
pub(crate) struct Batches {
    pending: Work,
    changes: usize,
    /// Changes that were committed so far.
    pub(crate) committed: usize,
    /// What came of them.
    pub(crate) done: Committed,
}

impl Batches {
    /// Adds a change, after a commit of the former ones if it does not fit in with them.
    pub(crate) fn add<S: Store>(
        &mut self,
        store: &mut S,
        session: &mut Session,
        work: Work,
    ) -> Result<(), Refusal> {
        let is_full =
            self.changes >= CHANGES_MAX || self.pending.bytes() + work.bytes() > BATCH_BYTES_MAX;
        if is_full {
            self.flush(store, session)?;
        }
        self.pending.absorb(work);
        self.changes += 1;
        Ok(())
    }

    /// Whether a card was changed since it was read: a workflow that goes on takes others along,
    /// for which something else was planned.
    pub(crate) fn is_past(&self, session: &Session, about: (&TaskId, &LoadedCard)) -> bool {
        let (id, loaded) = about;
        self.pending.changes(id) || session.shelf.index.status(id) != Some(loaded.status())
    }

    /// Commits what is pending.
    pub(crate) fn flush<S: Store>(
        &mut self,
        store: &mut S,
        session: &mut Session,
    ) -> Result<(), Refusal> {
        let pending = std::mem::take(&mut self.pending);
        let changes = std::mem::take(&mut self.changes);
        if pending.is_empty() {
            return Ok(());
        }
        let Committed { effects, events } = pending.commit(store, session)?;
        self.committed += changes;
        self.done.effects.extend(effects);
        self.done.events.extend(events);
        Ok(())
    }
}
