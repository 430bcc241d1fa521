//! Which task a call is about.

use aof_core::caller::{Caller, Context};
use aof_core::card::Card;
use aof_core::id::{ProjectId, TaskId};
use aof_core::permission::holds;
use aof_core::refusal::Refusal;
use aof_core::status::Status;
use aof_store::port::Store;
use serde::Deserialize;

use crate::access::check_actor;
use crate::engine::Engine;
use crate::session::Session;
use crate::tool::arguments::name;
use crate::work::Closing;

/// Arguments of a tool that needs nothing but the task.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct About {
    /// A task id or a prefix that fits no other.
    task_id: String,
    /// Refuse a task of another project.
    project: Option<String>,
    /// Must be the caller, if given.
    actor: Option<String>,
}

impl About {
    pub(super) fn target(&self) -> Target<'_> {
        Target {
            task_id: &self.task_id,
            project: self.project.as_ref(),
            actor: self.actor.as_deref(),
        }
    }
}

/// The arguments that name a task and vouch for the caller.
pub(super) struct Target<'a> {
    pub(super) task_id: &'a str,
    pub(super) project: Option<&'a String>,
    pub(super) actor: Option<&'a str>,
}

impl<S: Store> Engine<S> {
    /// Finds the one task that is meant.
    pub(super) fn aim(&mut self, ctx: &Context, target: &Target<'_>) -> Result<TaskId, Refusal> {
        check_actor(ctx, target.actor)?;
        let (_, session) = self.at_hand()?;
        let id = session.resolve(target.task_id)?;
        check_project(session, &id, target.project)?;
        Ok(id)
    }
}

impl<S: Store> Engine<S> {
    /// The same; of a task that carries a workflow, the hop is meant that the caller works on, or
    /// that waits for a person if the caller is one.
    pub(super) fn aim_at_hop(
        &mut self,
        ctx: &Context,
        target: &Target<'_>,
    ) -> Result<TaskId, Refusal> {
        let id = self.aim(ctx, target)?;
        let (_, session) = self.at_hand()?;
        let index = &session.shelf.index;
        if index.row(&id).is_none_or(|row| row.flow.is_none()) {
            return Ok(id);
        }
        let mut hops = index.hops_of(&id).filter(|(_, row)| match &ctx.caller {
            Caller::Agent {
                agent, run: None, ..
            } => row.lease.as_ref().is_some_and(|it| it.agent == *agent),
            Caller::Agent { .. } => holds(&ctx.caller, row.lease.as_ref()),
            Caller::Human(_) => {
                let is_human = row.hop.as_ref().is_some_and(|hop| hop.is_human);
                row.status == Status::Review || is_human
            }
            Caller::Host => false,
        });
        match (hops.next(), hops.next()) {
            (Some((hop, _)), None) => Ok(hop.clone()),
            (Some((first, _)), Some((second, _))) => Err(Refusal::refused(
                "AOF-2040",
                format!("several hops of {id} are meant: {first}, {second}, …"),
                "name the task of the hop itself",
            )
            .at("taskId")),
            _ => Ok(id.clone()),
        }
    }
}

/// Refuses to move a task by hand that its workflow moves.
pub(super) fn refuse_whole(card: &Card) -> Result<(), Refusal> {
    if card.workflow.is_none() {
        return Ok(());
    }
    Err(Refusal::refused(
        "AOF-2040",
        format!(
            "{} carries a workflow, and only that moves it; the caller works on none of its hops",
            card.id
        ),
        "`aof task show` tells which hops are open; cancel or block the task to stop its workflow",
    )
    .at("taskId"))
}

/// Why a dead letter is not brought back that the workflow of its task went on without, if it is
/// one: the next poll would give it up.
pub(super) fn left_behind(session: &Session, id: &TaskId) -> Option<Refusal> {
    let index = &session.shelf.index;
    let row = index.row(id)?;
    let of = &row.hop.as_ref()?.of;
    if row.status != Status::Deadletter || !index.is_abandoned(id, of) {
        return None;
    }
    let way = match index.status(of) {
        Some(Status::Deadletter) => Some(("resurrect", "")),
        Some(Status::Blocked) => Some(("unblock", "")),
        Some(status) if !status.is_terminal() => Some(("unblock", " once it is blocked")),
        _ => None,
    };
    let hint = match way {
        Some((verb, when)) => format!("`aof task {verb} {of}` takes it up again{when}"),
        None => "it is over; make a new task for further work".to_owned(),
    };
    let message = format!("the workflow of {of} went on without {id}");
    Some(Refusal::refused("AOF-2040", message, &hint).at("taskId"))
}

/// Refuses a task that is not in the named project.
fn check_project(session: &Session, id: &TaskId, project: Option<&String>) -> Result<(), Refusal> {
    let Some(wanted) = name(project, ProjectId::parse, "project")? else {
        return Ok(());
    };
    session.root(&wanted)?;
    match session.shelf.index.project(id) {
        Some(found) if *found != wanted => Err(Refusal::refused(
            "AOF-1005",
            format!("{id} is in project `{found}`, not in `{wanted}`"),
            "leave `project` out, or name the right one",
        )
        .at("project")),
        _ => Ok(()),
    }
}

/// A run that ends because of this call: the holder's session ends by itself, anybody else's call
/// leaves a session behind that the host should end.
pub(super) fn closing_by((ctx, card): (&Context, &Card), closing: Closing) -> Closing {
    if holds(&ctx.caller, card.lease.as_ref()) {
        closing
    } else {
        closing.ending_session()
    }
}
