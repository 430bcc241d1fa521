//! `aof_task_unblock`: a blocked task may go on.

use aof_core::caller::Context;
use aof_core::card::Card;
use aof_core::permission::Operation;
use aof_core::refusal::Refusal;
use aof_core::run::RunOutcome;
use aof_core::verb;
use aof_store::port::Store;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::change::Plan;
use crate::engine::Engine;
use crate::outcome::Outcome;
use crate::tool::answer::{self, Touched, touched};
use crate::tool::target::Target;
use crate::work::Closing;

/// Arguments of `aof_task_unblock`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Arguments {
    /// A task id or a prefix that fits no other.
    task_id: String,
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
    pub(super) fn unblock(
        &mut self,
        ctx: &Context,
        arguments: &Arguments,
    ) -> Result<Outcome, Refusal> {
        let id = self.aim(ctx, &arguments.target())?;
        let verb = |card: &Card| verb::unblock(card, ctx.now);
        let closing = |_: &Card| Closing::new(RunOutcome::Released, Some("unblocked"));
        let plan = Plan {
            operation: Operation::Unblock,
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
