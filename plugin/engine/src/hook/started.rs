//! A session began, or shows life.

use aof_core::caller::Context;
use aof_core::event::EventDraft;
use aof_core::id::RunId;
use aof_core::refusal::Refusal;
use aof_core::run::{Run, RunState};
use aof_core::verb::{self, Step};
use aof_store::port::Store;
use serde_json::{Value, json};

use crate::change::load_one;
use crate::engine::Engine;
use crate::outcome::Outcome;
use crate::reach;
use crate::work::Work;

impl<S: Store> Engine<S> {
    /// The session of a run began.
    ///
    /// # Errors
    /// What the store says. A run that holds no lease changes nothing and is no error.
    pub fn session_started(
        &mut self,
        ctx: &Context,
        run: &RunId,
        session_id: &str,
    ) -> Result<Outcome, Refusal> {
        self.fresh()?;
        self.begin(ctx, run, session_id)
    }

    /// The same of a call that has looked at the disk.
    pub(crate) fn begin(
        &mut self,
        ctx: &Context,
        run: &RunId,
        session_id: &str,
    ) -> Result<Outcome, Refusal> {
        let (store, session) = self.at_hand()?;
        session.require_writer()?;
        let Some(live) = session.live.get(run).map(|live| live.run.clone()) else {
            return Ok(unknown(run));
        };
        let Some(root) = session.shelf.root(&live.project).cloned() else {
            return Ok(unknown(run));
        };
        let mut payload = json!({
            "agent": live.agent.as_str(), "session": session_id, "attempt": live.attempt,
        });
        reach::name(live.method, &mut payload);
        let about = (Some(live.project.clone()), Some(live.task.clone()));
        let started = Run {
            state: RunState::Started,
            session: Some(session_id.to_owned()),
            started_at: Some(ctx.now),
            ..live
        };
        let value = value_of(&started);
        let mut work = Work::default();
        let event = EventDraft::new("dispatch.matched", payload).of_run(Some(run));
        work.event_of(session, ctx, about, event);
        if let Some((key, _)) = session.outbox.start_of(run) {
            work.settle(key);
        }
        work.update_run(&root, started);
        let idle_report = session.idle_report.clone();
        let committed = work.commit(store, session)?;
        let wanted = session.settings.scheduler.max_concurrent_dispatches;
        if !session.ledger.platform_started(wanted) {
            session.idle_report = idle_report;
        }
        Ok(Outcome {
            value,
            effects: committed.effects,
            events: committed.events,
        })
    }

    /// The session of a run lives: its lease is extended. Written down only every half of a lease's
    /// life: losing a renewal is safe, because a restart asks which sessions live.
    ///
    /// # Errors
    /// What the store says. A run that holds no lease changes nothing and is no error.
    pub fn session_heartbeat(&mut self, ctx: &Context, run: &RunId) -> Result<Outcome, Refusal> {
        self.fresh()?;
        self.extend(ctx, run)
    }

    /// The same of a call that has looked at the disk.
    pub(crate) fn extend(&mut self, ctx: &Context, run: &RunId) -> Result<Outcome, Refusal> {
        let (store, session) = self.at_hand()?;
        session.require_writer()?;
        let Some(live) = session.live.get(run).cloned() else {
            return Ok(unknown(run));
        };
        let ttl_ms = reach::ttl_ms(session, live.run.method);
        let expires_at = ctx.now.plus_ms(ttl_ms);
        let value = value_of(&live.run);
        if ctx.now.since_ms(live.renewed_at) < ttl_ms / 2 {
            session.shelf.index.extend_lease(&live.run.task, expires_at);
            return Ok(Outcome {
                value,
                ..Outcome::default()
            });
        }
        let loaded = load_one(store, session, &live.run.task)?;
        let Some(card) = verb::renew(&loaded.card(), expires_at) else {
            return Ok(unknown(run));
        };
        let payload = json!({"expiresAt": expires_at.to_string()});
        let event = EventDraft::new("lease.renewed", payload).of_run(Some(run));
        let mut work = Work::default();
        work.rewrite(
            session,
            ctx,
            &loaded,
            (
                Step {
                    card,
                    events: vec![event],
                },
                None,
            ),
        )?;
        let idle_report = session.idle_report.clone();
        let committed = work.commit(store, session)?;
        session.idle_report = idle_report;
        if let Some(live) = session.live.get_mut(run) {
            live.renewed_at = ctx.now;
        }
        Ok(Outcome {
            value,
            effects: committed.effects,
            events: committed.events,
        })
    }
}

/// A run that holds no lease: nothing happens.
pub(crate) fn unknown(run: &RunId) -> Outcome {
    let value = json!({"run": {"run": run.as_str(), "state": Value::Null}}).to_string();
    Outcome {
        value,
        ..Outcome::default()
    }
}

fn value_of(run: &Run) -> String {
    json!({"run": {
        "run": run.id.as_str(), "task": run.task.as_str(), "state": run.state.as_str(),
    }})
    .to_string()
}
