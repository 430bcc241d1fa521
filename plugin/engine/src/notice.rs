//! What people are told by rules of their own, in the same commit as what it tells of.
//!
//! Never decides what is told; the rules do. Invariant: the desk forgets what it said in a commit
//! that failed.

use aof_core::caller::Context;
use aof_core::notification::{Desk, Notices};
use aof_core::refusal::Refusal;
use aof_store::event_log::Event;
use aof_store::port::Store;
use aof_store::transaction::Transaction;
use serde_json::Value;

use crate::batches::Batches;
use crate::session::Session;
use crate::work::Work;

/// What a transaction's events make people hear of, and the desk afterwards; none without rules.
pub(crate) fn of(session: &Session, transaction: &Transaction) -> Option<(Desk, Notices)> {
    let events = transaction.events();
    let now = events.last().map(|event| event.at);
    let now = now.filter(|_| !session.desk.is_silent())?;
    let events: Vec<Value> = events.iter().map(Event::to_json).collect();
    let mut desk = session.desk.clone();
    let notices = desk.tell(&events, now);
    Some((desk, notices))
}

/// Hands out digests whose windows are over.
pub(crate) fn tell_digests<S: Store>(
    store: &mut S,
    session: &mut Session,
    ctx: &Context,
    batches: &mut Batches,
) -> Result<(), Refusal> {
    if session.desk.due().is_none_or(|due| due > ctx.now) {
        return Ok(());
    }
    let mut desk = session.desk.clone();
    let mut work = Work::default();
    for digest in desk.ripe(ctx.now) {
        work.effect(digest);
    }
    batches.add(store, session, work)?;
    batches.flush(store, session)?;
    session.desk = desk;
    Ok(())
}
