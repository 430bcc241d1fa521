//! Who may change which task: the table of `aof_core::permission`, applied.
//!
//! Invariant: a result of a run that is no longer current changes nothing, whatever the table says;
//! a denial is told in the event log and changes nothing else. Identity comes from the host, never
//! from arguments.

use aof_core::caller::{Caller, Context};
use aof_core::card::{Card, Routing};
use aof_core::event::EventDraft;
use aof_core::id::{ProjectId, RunId, TaskId};
use aof_core::metadata;
use aof_core::permission::{
    Matter, Operation, Relation, Role, Ruling, delegates, holds, may_delegate, priority_limit,
    remedy, rule, rule_project,
};
use aof_core::priority::Priority;
use aof_core::refusal::Refusal;
use aof_core::verb::Draft;
use aof_store::loaded::LoadedCard;
use aof_store::port::{Blob, Store};
use aof_store::run_record;
use serde_json::{Value, json};

use crate::session::Session;
use crate::work::Work;

/// Names that one hint tells.
const TARGETS_TOLD: usize = 10;

/// Lets a change of a task pass, or tells why not.
///
/// # Errors
/// `AOF-2004` for a run that is over for the task, `AOF-2005` if the table does not allow it; what
/// the store says when that is told in the event log.
pub(crate) fn permit<S: Store>(
    store: &mut S,
    session: &mut Session,
    ctx: &Context,
    (operation, loaded, card): (Operation, &LoadedCard, &Card),
) -> Result<(), Refusal> {
    if let Caller::Agent { run: Some(run), .. } = &ctx.caller
        && !holds(&ctx.caller, card.lease.as_ref())
        && held_once(store, loaded, run)
    {
        let late = EventDraft::new("run.late", json!({"status": card.status.as_str()}));
        let about = (Some(loaded.root().id().clone()), Some(card.id.clone()));
        tell(store, session, ctx, (about, late.of_run(Some(run))))?;
        return Err(stale_run(run, card));
    }
    let project = loaded.root().id();
    let matter = matter(session, project, card);
    let ruling = rule(operation, &ctx.caller, &matter, &session.chart);
    if ruling.is_allowed {
        return Ok(());
    }
    let about = (Some(project.clone()), Some(card.id.clone()));
    tell(store, session, ctx, (about, denied(ctx, operation, ruling)))?;
    let what = format!("use {} on {}", operation.tool(), card.id);
    Err(refusal("AOF-2005", ctx, (operation, ruling), &what).at("taskId"))
}

/// What relations to a task that is there already are judged by.
fn matter<'a>(session: &'a Session, project: &ProjectId, card: &'a Card) -> Matter<'a> {
    let submitted_by = card.metadata.get(metadata::SUBMITTED_BY);
    Matter {
        routing: &card.routing,
        lease: card.lease.as_ref(),
        submitted_by: submitted_by.and_then(Value::as_str),
        created_by: Some(&card.created_by),
        owner: session.owner(project),
    }
}

/// Lets a new task pass, or tells why not.
///
/// # Errors
/// `AOF-2012` if the table does not allow it; what the store says when that is told.
pub(crate) fn permit_new<S: Store>(
    store: &mut S,
    session: &mut Session,
    ctx: &Context,
    draft: &Draft,
) -> Result<(), Refusal> {
    let matter = Matter {
        routing: &draft.routing,
        lease: None,
        submitted_by: None,
        created_by: None,
        owner: session.owner(&draft.project),
    };
    let ruling = rule(Operation::Dispatch, &ctx.caller, &matter, &session.chart);
    let limit = priority_limit(&ctx.caller, &session.chart);
    let is_too_urgent = limit.is_some_and(|limit| limit.is_none_or(|most| draft.priority < most));
    if ruling.is_allowed && !is_too_urgent {
        return Ok(());
    }
    let about = (Some(draft.project.clone()), None);
    let event = denied(ctx, Operation::Dispatch, ruling);
    tell(store, session, ctx, (about, event))?;
    if ruling.is_allowed {
        return Err(too_urgent(ctx, draft.priority, limit.flatten()));
    }
    let refused = not_to_them(session, ctx, (ruling, &draft.routing), "make this task");
    Err(refused)
}

/// Lets a task be handed over to whom it names then, or tells why not: the right to give somebody
/// a task is that of making one for him.
///
/// # Errors
/// `AOF-2012` if the table does not allow it; what the store says when that is told.
pub(crate) fn permit_routing<S: Store>(
    store: &mut S,
    session: &mut Session,
    ctx: &Context,
    (loaded, routing): (&LoadedCard, &Routing),
) -> Result<(), Refusal> {
    let project = loaded.root().id();
    let matter = Matter {
        routing,
        lease: None,
        submitted_by: None,
        created_by: None,
        owner: session.owner(project),
    };
    let ruling = rule(Operation::Dispatch, &ctx.caller, &matter, &session.chart);
    if ruling.is_allowed {
        return Ok(());
    }
    let about = (Some(project.clone()), Some(loaded.card().id));
    tell(
        store,
        session,
        ctx,
        (about, denied(ctx, Operation::Amend, ruling)),
    )?;
    let refused = not_to_them(session, ctx, (ruling, routing), "give the task to them");
    Err(refused)
}

/// Lets a task be made as urgent as asked for, or tells why not: whoever may not make one so urgent
/// may not raise one to that either.
///
/// # Errors
/// `AOF-2012` if the caller's own policies do not allow it; what the store says when that is told.
pub(crate) fn permit_urgency<S: Store>(
    store: &mut S,
    session: &mut Session,
    ctx: &Context,
    (loaded, asked): (&LoadedCard, Priority),
) -> Result<(), Refusal> {
    let card = loaded.card();
    let limit = priority_limit(&ctx.caller, &session.chart);
    let is_beyond = limit.is_some_and(|limit| limit.is_none_or(|most| asked < most));
    if asked >= card.priority || !is_beyond {
        return Ok(());
    }
    let project = loaded.root().id();
    let matter = matter(session, project, &card);
    let ruling = rule(Operation::Amend, &ctx.caller, &matter, &session.chart);
    let about = (Some(project.clone()), Some(card.id.clone()));
    tell(
        store,
        session,
        ctx,
        (about, denied(ctx, Operation::Amend, ruling)),
    )?;
    Err(too_urgent(ctx, asked, limit.flatten()))
}

/// Lets a change of a project pass, or tells why not.
///
/// # Errors
/// `AOF-2012` if the table does not allow it; what the store says when that is told.
pub(crate) fn permit_project<S: Store>(
    store: &mut S,
    session: &mut Session,
    ctx: &Context,
    (operation, project): (Operation, &ProjectId),
) -> Result<(), Refusal> {
    let ruling = rule_project(operation, &ctx.caller, &session.chart);
    if ruling.is_allowed {
        return Ok(());
    }
    let about = (Some(project.clone()), None);
    tell(store, session, ctx, (about, denied(ctx, operation, ruling)))?;
    let what = format!("use {} on project `{project}`", operation.tool());
    Err(refusal("AOF-2012", ctx, (operation, ruling), &what).at("project"))
}

/// Nobody is given work by a caller who may not; who may within limits is told which.
fn not_to_them(
    session: &Session,
    ctx: &Context,
    (ruling, routing): (Ruling, &Routing),
    what: &str,
) -> Refusal {
    let chart = &session.chart;
    let general = || refusal("AOF-2012", ctx, (Operation::Dispatch, ruling), what).at("agent");
    let Caller::Agent { agent, .. } = &ctx.caller else {
        return general();
    };
    let targets = delegates(agent, chart);
    let is_limited = ruling.role == Role::Worker && ruling.relation != Relation::Assignee;
    if targets.is_empty() || !is_limited || !may_delegate(agent, chart) {
        return general();
    }
    let first: Vec<&str> = targets
        .iter()
        .take(TARGETS_TOLD)
        .map(|it| it.as_str())
        .collect();
    let more = match targets.len().saturating_sub(TARGETS_TOLD) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let place = match (&routing.agent, &routing.role, &routing.team) {
        (None, Some(_), _) => "role",
        (None, None, Some(_)) => "team",
        _ => "agent",
    };
    let message = format!("{agent} may not {what}: it hands work on to some only");
    let hint = format!(
        "name {}{more}, to whom `relationships` (delegates_to) let it, or a role or team of none \
         but them; see docs/permissions.md",
        first.join(", ")
    );
    Refusal::refused("AOF-2012", message, &hint).at(place)
}

fn too_urgent(ctx: &Context, asked: Priority, most: Option<Priority>) -> Refusal {
    let hint = match most {
        Some(most) => format!("its `policies.tasking.allowedPriorities` end at `{most}`"),
        None => "its `policies.tasking.allowedPriorities` are empty".to_owned(),
    };
    let message = format!("{} may not make a `{asked}` task", ctx.caller.actor());
    Refusal::refused("AOF-2012", message, &hint).at("priority")
}

fn denied(ctx: &Context, operation: Operation, ruling: Ruling) -> EventDraft {
    let payload = json!({
        "tool": operation.tool(),
        "actor": ctx.caller.actor(),
        "role": ruling.role.as_str(),
        "relation": ruling.relation.as_str(),
    });
    let event = EventDraft::new("access.denied", payload);
    match &ctx.caller {
        Caller::Agent { run, .. } => event.of_run(run.as_ref()),
        Caller::Human(_) | Caller::Host => event,
    }
}

fn refusal(
    code: &'static str,
    ctx: &Context,
    (operation, ruling): (Operation, Ruling),
    what: &str,
) -> Refusal {
    let Ruling { role, relation, .. } = ruling;
    let actor = ctx.caller.actor();
    let message = format!("{actor} may not {what} (role: {role}, relation: {relation})");
    let hint = format!("{}; see docs/permissions.md", remedy(operation, role));
    Refusal::refused(code, message, &hint)
}

type About = (Option<ProjectId>, Option<TaskId>);

fn tell<S: Store>(
    store: &mut S,
    session: &mut Session,
    ctx: &Context,
    (about, event): (About, EventDraft),
) -> Result<(), Refusal> {
    let mut work = Work::default();
    work.event_of(session, ctx, about, event);
    let committed = work.commit(store, session)?;
    session.hand_out_later(&committed.effects, ctx.now);
    Ok(())
}

fn held_once<S: Store>(store: &mut S, loaded: &LoadedCard, run: &RunId) -> bool {
    let path = format!("{}/run.json", loaded.root().run_dir(&loaded.card().id, run));
    let blobs = store.read(&[path], run_record::BYTES_MAX);
    matches!(blobs.as_deref(), Ok([Blob::Content { .. }]))
}

/// An agent whose run is over for this task.
fn stale_run(run: &RunId, card: &Card) -> Refusal {
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
