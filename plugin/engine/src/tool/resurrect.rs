//! `aof_task_resurrect`: a dead letter gets another life.

use aof_core::caller::Context;
use aof_core::card::Card;
use aof_core::permission::Operation;
use aof_core::refusal::Refusal;
use aof_core::run::RunOutcome;
use aof_core::verb;
use aof_store::port::Store;

use crate::change::Plan;
use crate::engine::Engine;
use crate::outcome::Outcome;
use crate::tool::answer::{self, Touched, touched};
use crate::tool::target::{About, left_behind};
use crate::work::Closing;

impl<S: Store> Engine<S> {
    pub(super) fn resurrect(
        &mut self,
        ctx: &Context,
        arguments: &About,
    ) -> Result<Outcome, Refusal> {
        let id = self.aim(ctx, &arguments.target())?;
        let (_, session) = self.at_hand()?;
        let left = left_behind(session, &id);
        let verb = |card: &Card| match &left {
            Some(refusal) => Err(refusal.clone()),
            None => verb::resurrect(card, ctx.caller.actor(), ctx.now),
        };
        let closing = |_: &Card| Closing::new(RunOutcome::Released, Some("resurrected"));
        let plan = Plan {
            operation: Operation::Resurrect,
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
