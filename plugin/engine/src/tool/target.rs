//! Which task a call is about.

use aof_core::caller::Context;
use aof_core::card::Card;
use aof_core::id::{ProjectId, TaskId};
use aof_core::permission::holds;
use aof_core::refusal::Refusal;
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
