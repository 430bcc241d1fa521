//! `aof_task_complete`: a task is finished.

use aof_core::caller::{Caller, Context};
use aof_core::card::Card;
use aof_core::gather::gathered;
use aof_core::id::TaskId;
use aof_core::permission::{Operation, holds};
use aof_core::refusal::Refusal;
use aof_core::run::RunOutcome;
use aof_core::status::Status;
use aof_core::verb;
use aof_core::workflow::outcome;
use aof_store::port::Store;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::change::{Plan, load_one};
use crate::count::{Told, Words, amend};
use crate::engine::Engine;
use crate::outcome::Outcome;
use crate::session::Session;
use crate::tool::answer::{self, Touched, touched};
use crate::tool::arguments::body;
use crate::tool::result::with_result;
use crate::tool::target::{Target, refuse_whole};
use crate::work::Closing;

/// A run that is over for its task.
const STALE_RUN: &str = "AOF-2004";

/// Arguments of `aof_task_complete`.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Arguments {
    /// A task id or a prefix that fits no other.
    task_id: String,
    /// What was done, in a few lines; appended to the card.
    summary: Option<String>,
    /// Of a hop: how it ended, as success, failed, rejected (sends the work back), or a word that
    /// its workflow waits for.
    outcome: Option<String>,
    /// Of a hop: what those need to know who read its outcome.
    notes: Option<String>,
    /// Of a hop: the option that is voted for.
    verdict: Option<String>,
    /// Of a hop: how sure the vote is, from 0 to 1.
    confidence: Option<f64>,
    /// Of a hop: anything that later hops build on.
    payload: Option<Map<String, Value>>,
    /// Of a hop: named values that conditions may ask for.
    flags: Option<Map<String, Value>>,
    /// Of a hop: names of what happened, which conditions may ask for.
    events: Option<Vec<String>>,
    /// What the caller's run used, if nobody else tells; the host's word replaces it.
    usage: Option<Words>,
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

impl Arguments {
    /// What is said of a hop.
    fn result(&self) -> Map<String, Value> {
        let text = |text: &Option<String>| text.clone().map(Value::from);
        let fields = [
            (outcome::OUTCOME, text(&self.outcome)),
            (outcome::NOTES, text(&self.notes)),
            ("verdict", text(&self.verdict)),
            ("confidence", self.confidence.map(Value::from)),
            ("payload", self.payload.clone().map(Value::Object)),
            ("flags", self.flags.clone().map(Value::Object)),
            ("events", self.events.clone().map(Value::from)),
        ];
        let given = fields.into_iter();
        let given = given.filter_map(|(key, value)| Some((key.to_owned(), value?)));
        gathered(given)
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
        let usage = arguments.usage.clone().map(Words::usage).transpose();
        let usage = usage.map_err(|flaw| misfit(flaw.message, flaw.field))?;
        let told = usage.map_or_else(Told::default, Told::by_agent);
        let result = arguments.result();
        let id = self.aim_at_hop(ctx, &arguments.target())?;
        let (store, session) = self.at_hand()?;
        let asker = asker(store, session, (ctx, &id));
        let is_reviewed = is_reviewed(session, ctx);
        let is_agent = matches!(ctx.caller, Caller::Agent { .. });
        // Whoever completes what was offered is the one who took it.
        let is_offered = session.is_offered(&id);
        let verb = |card: &Card| {
            if told.usage.is_some() && !holds(&ctx.caller, card.lease.as_ref()) {
                let message = "the caller has no run of this task that could have used anything";
                return Err(misfit(message.to_owned(), "usage"));
            }
            refuse_whole(card)?;
            let card = &with_result(card, (&result, summary), (ctx, asker.as_ref()))?;
            let waits = card.hop.as_ref().is_some_and(|hop| hop.waits_for_review);
            let is_submitted = is_reviewed || (waits && is_agent);
            let mut step = match is_submitted && card.status == Status::InProgress {
                true => verb::submit(card, summary, ctx.now)?,
                false => verb::complete(card, summary, ctx.now)?,
            };
            step.card.content_hash = Some(aof_codec::content_hash(&step.card.body));
            Ok(step)
        };
        let closing = |card: &Card| {
            if is_offered || holds(&ctx.caller, card.lease.as_ref()) {
                return Closing {
                    told: told.clone(),
                    ..Closing::new(RunOutcome::Completed, summary)
                };
            }
            Closing::new(RunOutcome::Cancelled, Some("completed by somebody else")).ending_session()
        };
        let plan = Plan {
            operation: Operation::Complete,
            verb: &verb,
            closing: &closing,
        };
        let changed = self.change(ctx, id.as_str(), &plan);
        if changed
            .as_ref()
            .is_err_and(|refusal| refusal.code == STALE_RUN)
            && let Caller::Agent { run: Some(run), .. } = &ctx.caller
        {
            // Too late for the task; what was spent is spent.
            let (store, session) = self.fresh()?;
            let late = amend(store, session, ctx, run, (&told, false))?;
            session.hand_out_later(&late.effects, ctx.now);
        }
        let changed = changed?;
        let (_, session) = self.at_hand()?;
        session.counters.completions += u64::from(changed.after.status == Status::Done);
        let value = answer::json(&Touched {
            task: touched(&changed.after),
        });
        Ok(changed.into_outcome(&value))
    }
}

fn misfit(message: String, field: &str) -> Refusal {
    let hint = "see the tool's input schema (`aof tools`); leave `usage` out if it is not known";
    let place = match field {
        "usage" => field.to_owned(),
        field => format!("usage.{field}"),
    };
    Refusal::refused("AOF-1004", message, hint).at(place)
}

/// The task of the hop that a person ends. One that cannot be read judges no answer: the poll after
/// it was mended takes the answer in, or asks once more.
fn asker<S: Store>(store: &mut S, session: &Session, about: (&Context, &TaskId)) -> Option<Card> {
    let (ctx, id) = about;
    let hop = session.shelf.index.row(id)?.hop.as_ref()?;
    let of = matches!(ctx.caller, Caller::Human(_)).then(|| hop.of.clone())?;
    Some(load_one(store, session, &of).ok()?.card())
}

/// Whether somebody else looks at what the caller has done.
fn is_reviewed(session: &Session, ctx: &Context) -> bool {
    let Caller::Agent { agent, .. } = &ctx.caller else {
        return false;
    };
    let agent = session.chart.agent(agent);
    agent.is_some_and(|agent| agent.tasking.requires_review)
}
