//! `aof_task_block`: a task cannot go on.

use aof_core::caller::{Caller, Context};
use aof_core::card::Card;
use aof_core::permission::Operation;
use aof_core::refusal::Refusal;
use aof_core::run::RunOutcome;
use aof_core::verb;
use aof_store::port::Store;
use serde::Deserialize;

use crate::change::Plan;
use crate::engine::Engine;
use crate::outcome::Outcome;
use crate::tool::answer::{self, Touched, TouchedTask, touched};
use crate::tool::arguments::line;
use crate::tool::target::{Target, closing_by};
use crate::work::Closing;

/// Arguments of `aof_task_block`.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Arguments {
    /// A task id or a prefix that fits no other.
    task_id: String,
    /// What is missing, in one line, so that somebody can provide it.
    reason: String,
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
    pub(super) fn block(
        &mut self,
        ctx: &Context,
        arguments: &Arguments,
    ) -> Result<Outcome, Refusal> {
        let reason = line(&arguments.reason, "reason")?;
        // A person who names the whole stops all of it.
        let id = match ctx.caller {
            Caller::Human(_) => self.aim(ctx, &arguments.target())?,
            Caller::Agent { .. } | Caller::Host => self.aim_at_hop(ctx, &arguments.target())?,
        };
        let verb = |card: &Card| verb::block(card, reason, ctx.now);
        let closing =
            |card: &Card| closing_by((ctx, card), Closing::new(RunOutcome::Blocked, Some(reason)));
        let plan = Plan {
            operation: Operation::Block,
            verb: &verb,
            closing: &closing,
        };
        let changed = self.change(ctx, id.as_str(), &plan)?;
        let task = TouchedTask {
            reason: Some(reason.to_owned()),
            ..touched(&changed.after)
        };
        let value = answer::json(&Touched { task });
        Ok(changed.into_outcome(&value))
    }
}
