//! What a change of one task does to its neighbours, in the same commit.
//!
//! Goes one step and no further: a neighbour that becomes ready is not done yet. Whatever cannot go
//! into the commit is left to the next poll, which comes to the same result. Invariant: a neighbour
//! never keeps the change itself from happening.

use std::collections::BTreeSet;

use aof_core::caller::Context;
use aof_core::card::Card;
use aof_core::dependency::BlockedBy;
use aof_core::event::EventDraft;
use aof_core::id::TaskId;
use aof_core::index::{Assumed, Row};
use aof_core::metadata;
use aof_core::status::Status;
use aof_core::verb::{self, Promotion, Verdict};
use aof_store::loaded::{LoadedCard, Place, load};
use aof_store::port::Store;
use serde_json::json;

use crate::alert::LISTED_MAX;
use crate::session::Session;
use crate::summary::ids;
use crate::work::Work;

/// Neighbours that move in the commit of a change; the rest follows in the next poll.
const NEIGHBOURS_MAX: usize = 100;
/// Bytes in the journal that a change and its neighbours take together.
const TOGETHER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What the neighbours do.
struct Moves {
    action: &'static str,
    moving: Vec<TaskId>,
    staying: Vec<TaskId>,
}

/// Adds to `work` what the move of a card from `before` to `after` does to its neighbours. Those in
/// `met` moved already; they are left alone, and those that move now are added.
pub(crate) fn cascade<S: Store>(
    store: &mut S,
    session: &mut Session,
    ctx: &Context,
    (before, after): (&Card, &Card),
    (work, met): (&mut Work, &mut BTreeSet<TaskId>),
) {
    let Some(mut moves) = moves(session, before, after) else {
        return;
    };
    moves.moving.retain(|task| !met.contains(task));
    let places = moves.moving.iter().flat_map(|task| session.place(task));
    let places: Vec<Place> = places.collect();
    let mut moved: Vec<TaskId> = Vec::new();
    let cards = load(store, &places).unwrap_or_default();
    for loaded in cards.into_iter().flatten() {
        let Ok(step) = step(&loaded, after, moves.action, ctx) else {
            continue;
        };
        let (id, mut one) = (step.card.id.clone(), Work::default());
        let fits = one.rewrite(session, ctx, &loaded, (step, None)).is_ok()
            && work.bytes() + one.bytes() <= TOGETHER_BYTES_MAX;
        if fits {
            work.absorb(one);
            moved.push(id);
        }
    }
    if moved.is_empty() {
        return;
    }
    let listed = moves.staying.get(..LISTED_MAX).unwrap_or(&moves.staying);
    let list = if moves.action == "promote" {
        "promoted"
    } else {
        "blocked"
    };
    let payload = json!({
        "trigger": after.id.as_str(), "action": moves.action, "count": moved.len(),
        list: ids(&moved), "skipped": ids(listed),
    });
    let about = (
        session.shelf.index.project(&after.id).cloned(),
        Some(after.id.clone()),
    );
    let draft = EventDraft::new("dependency.cascaded", payload);
    work.event_of(session, ctx, about, draft);
    met.extend(moved);
}

fn moves(session: &Session, before: &Card, after: &Card) -> Option<Moves> {
    if before.status == after.status {
        return None;
    }
    let index = &session.shelf.index;
    let is_free = |id: &TaskId, row: &Row| !row.is_moved && !session.obstructed.contains_key(id);
    let waits_for_retry = after.metadata.contains_key(metadata::RETRY_AT);
    match after.status {
        Status::Done | Status::Cancelled | Status::Deadletter => {
            let assumed = Assumed {
                id: &after.id,
                status: after.status,
            };
            let neighbours = index.freed_by(assumed, before.parent_id.as_ref());
            let (moving, staying): (Vec<_>, Vec<_>) = neighbours
                .filter(|(id, row, _)| is_free(id, row))
                .map(|(id, _, is_ready)| (id.clone(), is_ready))
                .partition(|(_, is_ready)| *is_ready);
            let names = |list: Vec<(TaskId, bool)>| list.into_iter().map(|(id, _)| id);
            Some(Moves {
                action: "promote",
                moving: names(moving).take(NEIGHBOURS_MAX).collect(),
                staying: names(staying).collect(),
            })
        }
        Status::Blocked if session.settings.scheduler.cascade_blocks && !waits_for_retry => {
            let queued =
                |row: &Row| matches!(row.status, Status::Backlog | Status::Ready) && !row.is_forced;
            let dependents = index.dependents(&after.id);
            let moving = dependents.filter(|(id, row)| queued(row) && is_free(id, row));
            Some(Moves {
                action: "block",
                moving: moving
                    .map(|(id, _)| id.clone())
                    .take(NEIGHBOURS_MAX)
                    .collect(),
                staying: Vec::new(),
            })
        }
        _ => None,
    }
}

fn step(loaded: &LoadedCard, after: &Card, action: &str, ctx: &Context) -> Verdict {
    let card = loaded.card();
    match (action, card.status) {
        ("block", _) => {
            let reason = format!("upstream blocked: {}", after.id);
            verb::strand(&card, BlockedBy::Upstream, &reason, ctx.now)
        }
        (_, Status::Blocked) => verb::free(&card, ctx.now),
        _ => verb::promote(&card, Promotion::Scheduler, ctx.now),
    }
}
