//! The host carried an effect out, or could not.

use aof_core::caller::Context;
use aof_core::classify::{classify, platform_limit};
use aof_core::dice::Dice;
use aof_core::effect::Effect;
use aof_core::event::EventDraft;
use aof_core::id::RunId;
use aof_core::json::ToLine as _;
use aof_core::org::Method;
use aof_core::permission::Operation;
use aof_core::refusal::Refusal;
use aof_core::run::RunOutcome;
use aof_core::verb::{self, Failure, FailureClass, Stage};
use aof_store::port::Store;
use serde_json::{Value, json};

use crate::change::{Plan, load_one};
use crate::engine::Engine;
use crate::hook::Start;
use crate::outcome::Outcome;
use crate::prompt;
use crate::reach;
use crate::session::Session;
use crate::subscribe;
use crate::work::{Closing, Work};

/// What became of an effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// Done; for a spawn the JSON names the `session`.
    Done(String),
    /// Not done.
    Failed {
        /// What kind of failure.
        class: FailureClass,
        /// What went wrong, for people.
        message: String,
    },
}

impl<S: Store> Engine<S> {
    /// Takes in what became of an effect. An effect that is not open changes nothing.
    ///
    /// # Errors
    /// `AOF-1010` if a spawn's result names no session; what the store says.
    pub fn effect_settled(
        &mut self,
        ctx: &Context,
        key: &str,
        settlement: &Settlement,
    ) -> Result<Outcome, Refusal> {
        let (_, session) = self.fresh()?;
        session.require_writer()?;
        let effect = session.outbox.get(key).cloned();
        if effect.is_some() && subscribe::is_ours(key) {
            let error = match settlement {
                Settlement::Done(_) => None,
                Settlement::Failed { message, .. } => Some(message.as_str()),
            };
            return self.subscriber_told(ctx, key, error);
        }
        let spawned = match &effect {
            Some(Effect::Spawn(spawn)) => Some(spawn.run.clone()),
            Some(_) => None,
            None => rebuilt(session, key),
        };
        match (spawned, settlement) {
            (Some(run), Settlement::Done(result)) => {
                let session = session_of(result)?;
                let (values, committed) = self.begin(ctx, &[Start { run, session }])?;
                let value = values.into_iter().next();
                Ok(Outcome {
                    value: json!({ "run": value }).to_line(),
                    effects: committed.effects,
                    events: committed.events,
                })
            }
            (Some(run), Settlement::Failed { class, message }) => {
                self.not_started(ctx, &run, (*class, message))
            }
            (None, Settlement::Failed { .. }) if effect.is_none() => self.stands_now(key),
            (None, _) => self.forget_effect(key, effect.is_some()),
        }
    }

    /// A way that was given up is reported once more: what the run asks for instead, in case that
    /// was lost on the way. The host takes it as the same effect.
    fn stands_now(&mut self, key: &str) -> Result<Outcome, Refusal> {
        let (_, session) = self.at_hand()?;
        let effect = RunId::parse(run_part(key)).ok().and_then(|run| {
            let outbox = &session.outbox;
            let start = outbox.start_of(&run).map(|(key, _)| key.to_owned());
            outbox.get(&start.unwrap_or_else(|| reach::offer_key(&run)))
        });
        let effects = effect.cloned().into_iter().collect();
        let answer = self.forget_effect(key, false)?;
        Ok(Outcome { effects, ..answer })
    }

    pub(crate) fn forget_effect(&mut self, key: &str, is_open: bool) -> Result<Outcome, Refusal> {
        let value = json!({"effect": {"key": key, "settled": is_open}}).to_line();
        if !is_open {
            return Ok(Outcome {
                value,
                ..Outcome::default()
            });
        }
        let (store, session) = self.at_hand()?;
        let mut work = Work::default();
        work.settle(key);
        // Settling alone brings no poll any nearer.
        let idle_report = session.idle_report.clone();
        work.commit(store, session)?;
        session.idle_report = idle_report;
        Ok(Outcome {
            value,
            ..Outcome::default()
        })
    }

    fn not_started(
        &mut self,
        ctx: &Context,
        run: &RunId,
        (class, message): (FailureClass, &str),
    ) -> Result<Outcome, Refusal> {
        let (_, session) = self.at_hand()?;
        let Some(live) = session.live.get(run).map(|live| live.run.clone()) else {
            return self.forget_effect(run.as_str(), true);
        };
        let class = refined(class, message);
        let mut message = message.to_owned();
        if matches!(class, FailureClass::Permanent | FailureClass::Unsupported) {
            match reach::after(session, &live, &message) {
                Some(Ok(next)) => return self.reach_on(ctx, (live, next), (class, &message)),
                Some(Err(each)) => message = each.join("; "),
                None => {}
            }
        }
        let message = message.as_str();
        let limit = platform_limit(message).filter(|_| class == FailureClass::Capacity);
        let failure = Failure {
            class,
            stage: Stage::Start,
            message: message.to_owned(),
        };
        let settings = session.settings.scheduler.clone();
        let configured = settings.max_concurrent_dispatches;
        session.counters.failures += 1;
        let random = Dice::new(ctx.entropy).roll();
        let verb = |card: &aof_core::card::Card| {
            let mut step = verb::fail(card, &failure, &settings, random, ctx.now)?;
            let mut payload = json!({
                "agent": live.agent.as_str(), "error": message, "class": class.as_str(),
            });
            reach::name(live.method, &mut payload);
            step.events.insert(
                0,
                EventDraft::new("dispatch.error", payload).of_run(Some(run)),
            );
            if let Some(limit) = limit {
                let payload = json!({"limit": limit, "effective": limit.min(configured)});
                let event = EventDraft::new("concurrency.platformLimit", payload);
                step.events.push(event.of_run(Some(run)));
            }
            Ok(step)
        };
        let closing = |_: &aof_core::card::Card| Closing {
            is_last: true,
            ..Closing::new(RunOutcome::FailedToStart, Some(message))
        };
        let plan = Plan {
            operation: Operation::Move,
            verb: &verb,
            closing: &closing,
        };
        let changed = self.change(ctx, live.task.as_str(), &plan)?;
        if class == FailureClass::Capacity {
            let (_, session) = self.at_hand()?;
            session.pause(message, ctx.now);
            if let Some(limit) = limit {
                session.ledger.platform_refused(limit);
            }
        }
        let value = json!({"run": {
            "run": run.as_str(), "task": live.task.as_str(), "state": "ended",
            "taskStatus": changed.after.status.as_str(),
        }});
        Ok(changed.into_outcome(&value))
    }

    /// The card of a live run, if it still holds the task.
    pub(crate) fn holds(&mut self, run: &RunId) -> Result<bool, Refusal> {
        let (store, session) = self.fresh()?;
        let Some(task) = session.live.get(run).map(|live| live.run.task.clone()) else {
            return Ok(false);
        };
        let card = load_one(store, session, &task)?.card();
        Ok(card.lease.and_then(|lease| lease.run).as_ref() == Some(run))
    }
}

/// The run of a spawn that was rebuilt from its card and is in no outbox. One whose way was given
/// up for another is not, either: that has another key.
fn rebuilt(session: &Session, key: &str) -> Option<RunId> {
    let run = RunId::parse(run_part(key)).ok()?;
    let live = &session.live.get(&run)?.run;
    let is_open = session.outbox.start_of(&run).is_some();
    let spawn = prompt::spawn_again(session, live).filter(|_| !is_open)?;
    (spawn.key() == key && live.method != Some(Method::Cli)).then_some(run)
}

/// The run in the key of a spawn.
fn run_part(key: &str) -> &str {
    key.split_once('/').map_or(key, |(run, _)| run)
}

/// A host that knows no better calls everything transient; the message may say more.
fn refined(class: FailureClass, message: &str) -> FailureClass {
    match class {
        FailureClass::Transient => classify(message).unwrap_or(class),
        known => known,
    }
}

fn session_of(result: &str) -> Result<String, Refusal> {
    let parsed: Value = serde_json::from_str(result).unwrap_or_default();
    parsed
        .get("session")
        .and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or_else(|| {
            Refusal::refused(
                "AOF-1010",
                "the result of a spawn names no session".to_owned(),
                "answer {\"session\": \"…\"}",
            )
            .at("settlement.done")
        })
}
