//! `aof_task_cancel`: a task is given up.

use aof_core::caller::Context;
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
use crate::tool::target::Target;
use crate::work::Closing;

/// Arguments of `aof_task_cancel`.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Arguments {
    /// A task id or a prefix that fits no other.
    task_id: String,
    /// Why, in one line.
    reason: Option<String>,
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
    pub(super) fn cancel(
        &mut self,
        ctx: &Context,
        arguments: &Arguments,
    ) -> Result<Outcome, Refusal> {
        let reason = arguments
            .reason
            .as_deref()
            .map(|text| line(text, "reason"))
            .transpose()?;
        let id = self.aim(ctx, &arguments.target())?;
        let verb = |card: &Card| verb::cancel(card, reason, ctx.now);
        let closing = |_: &Card| {
            let why = reason.unwrap_or("the task was cancelled");
            Closing::new(RunOutcome::Cancelled, Some(why)).ending_session()
        };
        let plan = Plan {
            operation: Operation::Cancel,
            verb: &verb,
            closing: &closing,
        };
        let changed = self.change(ctx, id.as_str(), &plan)?;
        let task = TouchedTask {
            reason: reason.map(str::to_owned),
            ..touched(&changed.after)
        };
        let value = answer::json(&Touched { task });
        Ok(changed.into_outcome(&value))
    }
}
