//! Why each hop of a workflow stands where it stands.

use aof_core::caller::Context;
use aof_core::card::Card;
use aof_core::workflow::{Flow, Hop, HopRecord, Join, SkipReason, State};

use crate::session::Session;

use super::explain_row;

/// A line for each hop, in declared order; none of a card without a workflow.
pub(super) fn hops(session: &Session, ctx: &Context, card: &Card) -> Vec<String> {
    let Some(flow) = card.workflow.as_deref() else {
        return Vec::new();
    };
    let hops = flow.graph().hops().iter().zip(&flow.state.hops);
    let line = |(hop, record): (&Hop, &HopRecord)| {
        format!("hop {}: {}", hop.id, why(session, ctx, flow, (hop, record)))
    };
    hops.map(line).collect()
}

fn why(session: &Session, ctx: &Context, flow: &Flow, (hop, record): (&Hop, &HopRecord)) -> String {
    let reason = record.reason.as_deref().unwrap_or("no reason is given");
    let by = record.by.as_ref().map(|by| format!(" by {by}"));
    match &record.standing.state {
        State::Complete(outcome) => format!("complete ({outcome}){}", by.unwrap_or_default()),
        State::Failed => format!("failed: {reason}"),
        State::Skipped(SkipReason::Condition) => match &hop.condition {
            Some(condition) => format!("skipped, as this does not hold: {condition}"),
            None => "skipped".to_owned(),
        },
        State::Skipped(SkipReason::DeadPath) => {
            format!("skipped, as nothing led to it: {}", before(flow, hop))
        }
        State::Skipped(SkipReason::Failure) => {
            format!("skipped after a failure: {}", before(flow, hop))
        }
        State::Pending => format!("waits for {}: {}", joined(hop.join), before(flow, hop)),
        State::Ready | State::Dispatched | State::WaitingHuman => {
            let row = record.task.as_ref();
            let row = row.and_then(|task| Some((task, session.shelf.index.row(task)?)));
            let Some((task, row)) = row else {
                return "the next poll makes a card for it".to_owned();
            };
            let reasons = explain_row(session, ctx, task, row).reasons;
            format!("{task} is {}: {}", row.status, reasons.join("; "))
        }
    }
}

/// The hops that one depends on, with where they stand.
fn before(flow: &Flow, hop: &Hop) -> String {
    let standing = hop.edges.iter().filter_map(|edge| {
        let from = flow.graph().hop(edge.from)?;
        let state = &flow.state.hops.get(edge.from)?.standing.state;
        Some(match state {
            State::Complete(outcome) => format!("{} is complete ({outcome})", from.id),
            state => format!("{} is {}", from.id, state.as_str()),
        })
    });
    standing.collect::<Vec<_>>().join(", ")
}

fn joined(join: Join) -> String {
    match join {
        Join::All => "all".to_owned(),
        Join::Any => "one".to_owned(),
        Join::Quorum(needed) => format!("{needed}"),
        Join::Deadline(ms) => format!("all, for {} minutes at most", ms / 60_000),
    }
}
