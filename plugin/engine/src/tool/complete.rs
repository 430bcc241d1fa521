//! `aof_task_complete`: a task is finished.

use aof_core::caller::{Caller, Context};
use aof_core::card::Card;
use aof_core::permission::{Operation, holds};
use aof_core::refusal::Refusal;
use aof_core::run::RunOutcome;
use aof_core::status::Status;
use aof_core::verb;
use aof_store::port::Store;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::change::Plan;
use crate::engine::Engine;
use crate::outcome::Outcome;
use crate::session::Session;
use crate::tool::answer::{self, Touched, touched};
use crate::tool::arguments::body;
use crate::tool::target::Target;
use crate::work::Closing;

/// Arguments of `aof_task_complete`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Arguments {
    /// A task id or a prefix that fits no other.
    task_id: String,
    /// What was done, in a few lines; appended to the card.
    summary: Option<String>,
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
    pub(super) fn complete(
        &mut self,
        ctx: &Context,
        arguments: &Arguments,
    ) -> Result<Outcome, Refusal> {
        let summary = arguments.summary.as_deref();
        let summary = summary.map(|text| body(text, "summary")).transpose()?;
        let id = self.aim(ctx, &arguments.target())?;
        let (_, session) = self.at_hand()?;
        let is_reviewed = is_reviewed(session, ctx);
        // Whoever completes what was offered is the one who took it.
        let is_offered = session.is_offered(&id);
        let verb = |card: &Card| {
            let mut step = match is_reviewed && card.status == Status::InProgress {
                true => verb::submit(card, summary, ctx.now)?,
                false => verb::complete(card, summary, ctx.now)?,
            };
            step.card.content_hash = Some(aof_codec::content_hash(&step.card.body));
            Ok(step)
        };
        let closing = |card: &Card| {
            if is_offered || holds(&ctx.caller, card.lease.as_ref()) {
                return Closing::new(RunOutcome::Completed, summary);
            }
            Closing::new(RunOutcome::Cancelled, Some("completed by somebody else")).ending_session()
        };
        let plan = Plan {
            operation: Operation::Complete,
            verb: &verb,
            closing: &closing,
        };
        let changed = self.change(ctx, id.as_str(), &plan)?;
        let (_, session) = self.at_hand()?;
        session.counters.completions += u64::from(changed.after.status == Status::Done);
        let value = answer::json(&Touched {
            task: touched(&changed.after),
        });
        Ok(changed.into_outcome(&value))
    }
}

/// Whether somebody else looks at what the caller has done.
fn is_reviewed(session: &Session, ctx: &Context) -> bool {
    let Caller::Agent { agent, .. } = &ctx.caller else {
        return false;
    };
    let agent = session.chart.agent(agent);
    agent.is_some_and(|agent| agent.tasking.requires_review)
}
