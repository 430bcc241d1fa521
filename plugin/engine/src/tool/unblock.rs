//! `aof_task_unblock`: a blocked task may go on.

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
use crate::tool::target::About;
use crate::work::Closing;

impl<S: Store> Engine<S> {
    pub(super) fn unblock(&mut self, ctx: &Context, arguments: &About) -> Result<Outcome, Refusal> {
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
