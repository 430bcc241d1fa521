//! `aof_task_promote`: a task need not wait any longer.

use aof_core::caller::Context;
use aof_core::card::Card;
use aof_core::dependency::BlockedBy;
use aof_core::id::TaskId;
use aof_core::metadata;
use aof_core::permission::Operation;
use aof_core::plan::waits_for;
use aof_core::refusal::Refusal;
use aof_core::run::RunOutcome;
use aof_core::status::Status;
use aof_core::verb::{self, Promotion};
use aof_store::port::Store;
use serde::Deserialize;

use crate::change::Plan;
use crate::engine::Engine;
use crate::outcome::Outcome;
use crate::session::Session;
use crate::tool::answer::{self, Touched, touched};
use crate::tool::target::Target;
use crate::work::Closing;

/// Arguments of `aof_task_promote`.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Arguments {
    /// A task id or a prefix that fits no other.
    task_id: String,
    /// Let it start although it waits for others, and never wait again.
    #[serde(default)]
    force: bool,
    /// Refuse a task of another project.
    project: Option<String>,
    /// Must be the caller, if given.
    actor: Option<String>,
}

impl Arguments {
    fn target(&self) -> Target<'_> {
        Target {
            task_id: &self.task_id,
            project: self.project.as_ref(),
            actor: self.actor.as_deref(),
        }
    }
}

impl<S: Store> Engine<S> {
    pub(super) fn promote(
        &mut self,
        ctx: &Context,
        arguments: &Arguments,
    ) -> Result<Outcome, Refusal> {
        let id = self.aim(ctx, &arguments.target())?;
        let (_, session) = self.at_hand()?;
        let obstacle = obstacle(session, &id).filter(|_| !arguments.force);
        let by = if arguments.force {
            Promotion::Forced
        } else {
            Promotion::Hand
        };
        let verb = |card: &Card| {
            is_queued(card)?;
            match &obstacle {
                Some(reason) => Err(refused(card, reason)),
                None => verb::promote(card, by, ctx.now),
            }
        };
        let closing = |_: &Card| Closing::new(RunOutcome::Released, Some("promoted"));
        let plan = Plan {
            operation: Operation::Promote,
            verb: &verb,
            closing: &closing,
        };
        let changed = self.change(ctx, id.as_str(), &plan)?;
        let value = answer::json(&Touched {
            task: touched(&changed.after),
        });
        Ok(changed.into_outcome(&value))
    }
}

/// The first of the scheduler's own conditions that the task does not meet.
fn obstacle(session: &Session, id: &TaskId) -> Option<String> {
    let index = &session.shelf.index;
    let row = index.row(id)?;
    if let Some(reason) = waits_for(index, id, row) {
        return Some(reason);
    }
    let names_nobody = "names no agent, role or team";
    (!row.routing.names_target()).then(|| names_nobody.to_owned())
}

fn is_queued(card: &Card) -> Result<(), Refusal> {
    let by = card.metadata.get(metadata::BLOCKED_BY);
    let by = by.and_then(|by| by.as_str());
    let is_held = by.is_some_and(BlockedBy::ends_with_dependencies);
    match card.status {
        Status::Backlog => Ok(()),
        Status::Blocked if is_held => Ok(()),
        status => Err(refused(card, &format!("is {status}"))),
    }
}

fn refused(card: &Card, reason: &str) -> Refusal {
    Refusal::refused(
        "AOF-2021",
        format!("{} cannot be promoted: {reason}", card.id),
        "what the backlog holds, or the scheduler blocked for its dependencies, is promoted once \
         it waits for nothing; `force` lets it start all the same",
    )
    .at("taskId")
}
