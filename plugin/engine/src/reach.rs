//! How a run reaches its agent: by which way, and by which one after it.
//!
//! Never decides who works. Invariant: at most one way of a run is under way, and which one it is
//! stands in the run's record and in the outbox, in the commit that asks for it.

use aof_core::caller::Context;
use aof_core::effect::{Effect, Notify, Severity, Spawn};
use aof_core::event::EventDraft;
use aof_core::id::RunId;
use aof_core::instant::Instant;
use aof_core::json::ToLine as _;
use aof_core::lease::OFFER_TTL_MS;
use aof_core::org::{Method, Ways};
use aof_core::refusal::Refusal;
use aof_core::run::{Run, RunState};
use aof_core::verb::{self, FailureClass, Step};
use aof_store::port::Store;
use serde_json::{Value, json};

use crate::change::load_one;
use crate::engine::Engine;
use crate::hook::unknown;
use crate::outcome::Outcome;
use crate::prompt;
use crate::session::Session;
use crate::work::Work;

/// Longest piece of a failure that goes along with the next way, in characters.
const REASON_CHARS: usize = 500;

/// What a run does first or next: its record, and what the host is to do. An offer is complete with
/// the notice: there is no session that the host could report.
pub(crate) fn by(spawn: Spawn, run: Run, now: Instant) -> (Run, Effect) {
    let method = spawn.method();
    if method != Some(Method::Cli) {
        return (Run { method, ..run }, Effect::Spawn(Box::new(spawn)));
    }
    let notice = Effect::Notify(Notify {
        key: offer_key(&run.id),
        severity: Severity::Info,
        audience: Some(spawn.agent.to_string()),
        channel: None,
        task: Some(spawn.task.clone()),
        message: format!(
            "{task} is offered to `{agent}`: {title}. Read it with `aof task show {task}`; when \
             the work is done, `aof task complete {task}`",
            task = spawn.task,
            agent = spawn.agent,
            title = spawn.title,
        ),
    });
    let offered = Run {
        method,
        state: RunState::Started,
        session: Some(format!("cli-{}", run.id)),
        started_at: Some(now),
        ..run
    };
    (offered, notice)
}

/// The key of the notice that offers a run.
pub(crate) fn offer_key(run: &RunId) -> String {
    format!("offer:{run}")
}

/// Tells that a run is offered and waits for whoever takes it.
pub(crate) fn offered(run: &Run) -> EventDraft {
    let payload = json!({"agent": run.agent.as_str(), "attempt": run.attempt});
    EventDraft::new("dispatch.offered", payload).of_run(Some(&run.id))
}

/// How long a run may go without a sign of life.
pub(crate) const fn ttl_ms(session: &Session, method: Option<Method>) -> u64 {
    match method {
        Some(Method::Cli) => OFFER_TTL_MS,
        _ => session.settings.scheduler.default_lease_ttl_ms,
    }
}

/// Adds the ways to a decision, where the chart says any.
pub(crate) fn tell(ways: Option<&Ways>, decision: &mut Value) {
    if let (Some(ways), Value::Object(fields)) = (ways, decision) {
        let names: Vec<&str> = ways.methods.iter().map(|it| it.as_str()).collect();
        fields.insert("methods".to_owned(), names.into());
        if ways.is_send_skipped {
            let skipped = json!([{"method": "send", "reason": Ways::NO_SESSION}]);
            fields.insert("skipped".to_owned(), skipped);
        }
    }
}

/// What follows after the way that a run is at has failed for good: the next way, or how each of
/// them failed; none where the chart names no ways.
pub(crate) fn after(
    session: &Session,
    run: &Run,
    message: &str,
) -> Option<Result<Spawn, Vec<String>>> {
    let recorded = session.outbox.start_of(&run.id);
    let recorded = recorded.map(|(_, spawn)| spawn.clone());
    let spawn = recorded.or_else(|| prompt::spawn_again(session, run))?;
    let message: String = message.chars().take(REASON_CHARS).collect();
    let failed = format!("{}: {message}", spawn.method()?);
    Some(spawn.next(failed))
}

/// Adds the way that a run is at to what an event says, where the chart names any.
pub(crate) fn name(method: Option<Method>, payload: &mut Value) {
    if let (Some(method), Value::Object(fields)) = (method, payload) {
        fields.insert("method".to_owned(), method.as_str().into());
    }
}

impl<S: Store> Engine<S> {
    /// Asks for the same run by its next way, in one commit with the end of the former. No retry is
    /// consumed.
    pub(crate) fn reach_on(
        &mut self,
        ctx: &Context,
        (run, next): (Run, Spawn),
        (class, message): (FailureClass, &str),
    ) -> Result<Outcome, Refusal> {
        let (store, session) = self.at_hand()?;
        let Some(root) = session.shelf.root(&run.project).cloned() else {
            return Ok(unknown(&run.id));
        };
        let mut work = Work::default();
        if let Some((key, _)) = session.outbox.start_of(&run.id) {
            work.settle(key);
        }
        let payload = json!({
            "agent": run.agent.as_str(), "error": message, "class": class.as_str(),
            "method": run.method.map(Method::as_str), "next": next.method().map(Method::as_str),
        });
        let about = (Some(run.project.clone()), Some(run.task.clone()));
        let error = EventDraft::new("dispatch.error", payload).of_run(Some(&run.id));
        work.event_of(session, ctx, about, error);
        let (run, effect) = by(next, run, ctx.now);
        if run.method == Some(Method::Cli) {
            let loaded = load_one(store, session, &run.task)?;
            let expires_at = ctx.now.plus_ms(OFFER_TTL_MS);
            let Some(card) = verb::renew(&loaded.card(), expires_at) else {
                return Ok(unknown(&run.id));
            };
            let events = vec![offered(&run)];
            work.rewrite(session, ctx, &loaded, (Step { card, events }, None))?;
        }
        let value = json!({"run": {
            "run": run.id.as_str(), "task": run.task.as_str(), "state": run.state.as_str(),
            "method": run.method.map(Method::as_str),
        }});
        work.effect(effect);
        work.update_run(&root, run);
        let committed = work.commit(store, session)?;
        Ok(Outcome {
            value: value.to_line(),
            effects: committed.effects,
            events: committed.events,
        })
    }
}
