//! Who may change which task.
//!
//! Invariant: an agent changes only the task that its current run holds; a result of a run that is
//! no longer current changes nothing. Identity comes from the host, never from arguments.

use aof_core::caller::{Caller, Context};
use aof_core::card::Card;
use aof_core::id::RunId;
use aof_core::refusal::Refusal;

/// Why an agent may not change a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Denial {
    /// Its run held the task once, but no longer.
    Stale(RunId),
    /// Its run never held the task.
    NotHolder,
}

/// Whether the caller may change this task now.
pub(crate) fn may_change(caller: &Caller, card: &Card) -> Result<(), Denial> {
    let Caller::Agent { run, .. } = caller else {
        return Ok(());
    };
    let held = card.lease.as_ref().and_then(|lease| lease.run.as_ref());
    match run {
        Some(run) if held == Some(run) => Ok(()),
        Some(run) => Err(Denial::Stale(run.clone())),
        None => Err(Denial::NotHolder),
    }
}

/// An agent whose run never held the task.
pub(crate) fn not_holder(ctx: &Context, card: &Card) -> Refusal {
    Refusal::refused(
        "AOF-2005",
        format!("{} does not hold {}", ctx.caller.actor(), card.id),
        "an agent may change only the task that its current run was started for",
    )
    .at("taskId")
}

/// An agent whose run is over for this task.
pub(crate) fn stale_run(run: &RunId, card: &Card) -> Refusal {
    let now_held = card.lease.as_ref().and_then(|lease| lease.run.as_ref());
    let state = match now_held {
        Some(other) => format!("run {other} holds it now"),
        None => format!("the task is {}", card.status),
    };
    Refusal::refused(
        "AOF-2004",
        format!("stale-run: run {run} no longer holds {}; {state}", card.id),
        "stop working; the result was noted as late and changes nothing",
    )
    .at("taskId")
}

/// Refuses an `actor` argument that is not the caller.
pub(crate) fn check_actor(ctx: &Context, actor: Option<&str>) -> Result<(), Refusal> {
    match actor {
        Some(actor) if actor != ctx.caller.actor() => Err(Refusal::refused(
            "AOF-2006",
            format!("the caller is `{}`, not `{actor}`", ctx.caller.actor()),
            "leave `actor` out; the host knows who calls",
        )
        .at("actor")),
        _ => Ok(()),
    }
}
