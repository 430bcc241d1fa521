//! A session began, or shows life.

use aof_core::caller::Context;
use aof_core::event::EventDraft;
use aof_core::id::RunId;
use aof_core::json::ToLine as _;
use aof_core::refusal::Refusal;
use aof_core::run::{Run, RunState};
use aof_core::verb::{self, Step};
use aof_store::port::Store;
use serde_json::{Value, json};

use crate::change::load_one;
use crate::engine::Engine;
use crate::outcome::Outcome;
use crate::reach;
use crate::session::Session;
use crate::work::{Committed, Work};

/// A session of a run began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// The run.
    pub run: RunId,
    /// Its session.
    pub session: String,
}

impl<S: Store> Engine<S> {
    /// Sessions of runs began: all of them are written down in one commit. A start that was asked
    /// for is settled thereby. Answers `{"runs": […]}`, one answer per run in order.
    ///
    /// # Errors
    /// What the store says; then none of them is written down. A run that holds no lease changes
    /// nothing and is no error.
    pub fn session_started(
        &mut self,
        ctx: &Context,
        started: &[Start],
    ) -> Result<Outcome, Refusal> {
        self.fresh()?;
        let (values, committed) = self.begin(ctx, started)?;
        Ok(Outcome {
            value: json!({ "runs": values }).to_line(),
            effects: committed.effects,
            events: committed.events,
        })
    }

    /// The same of a call that has looked at the disk.
    pub(crate) fn begin(
        &mut self,
        ctx: &Context,
        started: &[Start],
    ) -> Result<(Vec<Value>, Committed), Refusal> {
        let (store, session) = self.at_hand()?;
        session.require_writer()?;
        let mut work = Work::default();
        let runs = started.iter();
        let values = runs.map(|start| work.begin(session, ctx, start)).collect();
        if work.is_empty() {
            return Ok((values, Committed::default()));
        }
        let idle_report = session.idle_report.clone();
        let committed = work.commit(store, session)?;
        let wanted = session.settings.scheduler.max_concurrent_dispatches;
        let had_room = |_: &&Start| session.ledger.platform_started(wanted);
        if started.iter().filter(had_room).count() == 0 {
            session.idle_report = idle_report;
        }
        Ok((values, committed))
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
        let value = json!({ "run": value_of(&live.run) }).to_line();
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

impl Work {
    /// A session began: the record of its run says so. What is said of it to the host.
    fn begin(&mut self, session: &mut Session, ctx: &Context, start: &Start) -> Value {
        let Start { run, session: id } = start;
        let live = session.live.get(run).map(|live| live.run.clone());
        let root = live.as_ref().and_then(|it| session.shelf.root(&it.project));
        let Some((live, root)) = live.as_ref().zip(root.cloned()) else {
            return nothing_of(run);
        };
        let mut payload = json!({
            "agent": live.agent.as_str(), "session": id, "attempt": live.attempt,
        });
        reach::name(live.method, &mut payload);
        let about = (Some(live.project.clone()), Some(live.task.clone()));
        let started = Run {
            state: RunState::Started,
            session: Some(id.clone()),
            started_at: Some(ctx.now),
            ..live.clone()
        };
        let value = value_of(&started);
        let event = EventDraft::new("dispatch.matched", payload).of_run(Some(run));
        self.event_of(session, ctx, about, event);
        if let Some((key, _)) = session.outbox.start_of(run) {
            self.settle(key);
        }
        self.update_run(&root, started);
        value
    }
}

/// A run that holds no lease: nothing happens.
pub(crate) fn unknown(run: &RunId) -> Outcome {
    Outcome {
        value: json!({ "run": nothing_of(run) }).to_line(),
        ..Outcome::default()
    }
}

fn nothing_of(run: &RunId) -> Value {
    json!({"run": run.as_str(), "state": Value::Null})
}

fn value_of(run: &Run) -> Value {
    json!({"run": run.id.as_str(), "task": run.task.as_str(), "state": run.state.as_str()})
}
