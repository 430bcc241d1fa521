//! The one way in which a call changes a task: read, check, decide, commit; once more if somebody
//! else was faster.

use std::collections::BTreeSet;

use aof_core::caller::Context;
use aof_core::card::Card;
use aof_core::id::TaskId;
use aof_core::json::ToLine as _;
use aof_core::permission::Operation;
use aof_core::refusal::{Kind, Refusal};
use aof_core::status::Status;
use aof_core::verb::Verdict;
use aof_store::loaded::{LoadedCard, load};
use aof_store::port::Store;

use crate::access;
use crate::alert;
use crate::cascade::cascade;
use crate::engine::Engine;
use crate::flow;
use crate::outcome::Outcome;
use crate::session::Session;
use crate::work::{Closing, Committed, Work};

/// Tries before a conflict is given back to the caller.
const TRIES: usize = 3;

/// What a change did.
#[derive(Debug)]
pub(crate) struct Changed {
    pub(crate) before: Card,
    pub(crate) after: Card,
    pub(crate) committed: Committed,
}

impl Changed {
    /// The answer to the caller, with what was committed.
    pub(crate) fn into_outcome(self, value: &serde_json::Value) -> Outcome {
        let Committed { effects, events } = self.committed;
        Outcome {
            value: value.to_line(),
            effects,
            events,
        }
    }
}

/// How to change a task: what the caller must be allowed, the verb, and how a run ends that loses
/// its lease by it.
pub(crate) struct Plan<'a> {
    pub(crate) operation: Operation,
    pub(crate) verb: &'a dyn Fn(&Card) -> Verdict,
    pub(crate) closing: &'a dyn Fn(&Card) -> Closing,
}

impl<S: Store> Engine<S> {
    /// Changes the task that `text` names, if the caller may. The call has looked at the disk.
    pub(crate) fn change(
        &mut self,
        ctx: &Context,
        text: &str,
        plan: &Plan<'_>,
    ) -> Result<Changed, Refusal> {
        let mut tries = 0;
        loop {
            tries += 1;
            if tries > 1 {
                self.fresh()?;
            }
            let (store, session) = self.at_hand()?;
            session.require_writer()?;
            let id = session.resolve(text)?;
            // It may be a neighbour's card that stands in the way: the next poll sees to those.
            let reach = if tries < TRIES {
                Reach::Neighbours
            } else {
                Reach::Itself
            };
            match change_once(store, session, ctx, (&id, plan, reach)) {
                Err(refusal) if refusal.kind == Kind::Conflict && tries < TRIES => {}
                result => return result,
            }
        }
    }
}

/// Whether a change takes the neighbours of its task along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Neighbours,
    Itself,
}

fn change_once<S: Store>(
    store: &mut S,
    session: &mut Session,
    ctx: &Context,
    (id, plan, reach): (&TaskId, &Plan<'_>, Reach),
) -> Result<Changed, Refusal> {
    let loaded = load_one(store, session, id)?;
    let before = loaded.card();
    access::permit(store, session, ctx, (plan.operation, &loaded, &before))?;
    let step = (plan.verb)(&before)?;
    let after = step.card.clone();
    let mut work = Work::default();
    work.rewrite(session, ctx, &loaded, (step, Some((plan.closing)(&before))))?;
    if after.status == Status::Deadletter && before.status != after.status {
        work.effect(alert::deadletter(&after));
    }
    if reach == Reach::Neighbours {
        let met = &mut BTreeSet::new();
        let moved = (&before, &after);
        flow::follow(store, session, ctx, moved, (&mut work, met));
        cascade(store, session, ctx, moved, (&mut work, met));
    }
    let committed = work.commit(store, session)?;
    Ok(Changed {
        before,
        after,
        committed,
    })
}

/// Reads the card of a known task.
pub(crate) fn load_one<S: Store>(
    store: &mut S,
    session: &Session,
    id: &TaskId,
) -> Result<LoadedCard, Refusal> {
    let place = session.place(id)?;
    let mut loaded = load(store, &[place])?;
    loaded.pop().unwrap_or_else(|| {
        Err(Refusal::broken(
            "AOF-4008",
            "the store answered nothing".to_owned(),
            "report this; it is a defect of the host",
        ))
    })
}
