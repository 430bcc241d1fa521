//! The orchestrator over a store: every export of the component as a method.

use aof_core::caller::Context;
use aof_core::instant::Instant;
use aof_core::refusal::Refusal;
use aof_store::port::{Mode, Store};
use aof_store::refusal::refusal_of;

use crate::opening::{self, Config, Opened};
use crate::session::Session;
use crate::view::{Audit, Seen};
use crate::work::Work;

/// The orchestrator. Holds one store and, once opened, what is known of it.
#[derive(Debug)]
pub struct Engine<S> {
    pub(crate) store: S,
    pub(crate) session: Option<Session>,
    pub(crate) audit: Option<Audit>,
    /// The agents that the gateway told last.
    pub(crate) seen: Option<Seen>,
}

impl<S: Store> Engine<S> {
    /// An orchestrator over a store that is not opened yet.
    #[must_use]
    pub fn new(store: S) -> Self {
        Engine {
            store,
            session: None,
            audit: None,
            seen: None,
        }
    }

    /// Recovers, builds the index, reports. Opening again replaces the former state.
    ///
    /// # Errors
    /// `AOF-4001` if another process writes; `AOF-113x` for a broken `aof.yaml`; what the store
    /// says.
    pub fn open(&mut self, ctx: &Context, config: &Config) -> Result<Opened, Refusal> {
        self.shut();
        match opening::open(&mut self.store, ctx, config) {
            Ok((session, opened)) => {
                self.session = Some(session);
                Ok(opened)
            }
            Err(refusal) => {
                self.let_go();
                Err(refusal)
            }
        }
    }

    /// Flushes everything, forgets it, and lets go of the writer's lock.
    pub fn close(&mut self) {
        if self.shut() {
            self.let_go();
        }
    }

    /// Gives the writer's lock back. What the store does not give back now it gives back with its
    /// process, or its term.
    fn let_go(&mut self) {
        let released = self.store.open(Mode::Reader);
        released.map(drop).unwrap_or_default();
    }

    /// Flushes everything and forgets it; true if it was open for writing.
    fn shut(&mut self) -> bool {
        self.audit = None;
        let Some(mut session) = self.session.take() else {
            return false;
        };
        if session.is_writer && !session.is_suspect && !session.over.is_empty() {
            // Otherwise the next opening asks about them.
            Work::default()
                .commit(&mut self.store, &mut session)
                .unwrap_or_default();
        }
        // What could not be flushed is in the journal, where the next opening finds it.
        session.retire(&mut self.store).unwrap_or_default();
        session.is_writer
    }

    /// The store, for hosts that inspect it.
    #[must_use]
    pub fn store(&mut self) -> &mut S {
        &mut self.store
    }

    /// The next moment at which a poll can have something to do without any news. The epoch's
    /// beginning if it has something to do right now.
    #[must_use]
    pub fn next_due(&self) -> Option<Instant> {
        let session = self.session.as_ref()?;
        match session.idle_report {
            None => Some(Instant::from_ms(0)),
            Some(_) => session.next_due(),
        }
    }

    /// The store and the open session, with what others changed taken in. A call does so once, and
    /// again before it tries again; what came in between is met by the commit.
    pub(crate) fn fresh(&mut self) -> Result<(&mut S, &mut Session), Refusal> {
        let (store, session) = self.at_hand()?;
        session.refresh(store).map_err(|error| refusal_of(&error))?;
        Ok((store, session))
    }

    /// The same as the present call has found them.
    pub(crate) fn at_hand(&mut self) -> Result<(&mut S, &mut Session), Refusal> {
        let session = self.session.as_mut().ok_or_else(|| {
            Refusal::refused(
                "AOF-2010",
                "the store is not open".to_owned(),
                "call lifecycle.open first",
            )
        })?;
        Ok((&mut self.store, session))
    }
}
