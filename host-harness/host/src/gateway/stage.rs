//! The gateway itself: what it holds, and every call that goes through it.
//!
//! It passes calls on and takes in what comes back; it decides nothing about tasks.
//! Invariant: after a call that broke the component, or after a failed flush, the next call finds a
//! working one.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use crate::clock::{Clock, Entropy};
use crate::contract::hooks::{SeenAgent, SessionStart};
use crate::contract::lifecycle::{AdoptedRun, Opened};
use crate::contract::scheduler::PollMode;
use crate::contract::tools::Reply;
use crate::contract::types::{Caller, Ctx, Effect, Outcome};
use crate::executor::{Executor, KnownAgent, News, Waker};
use crate::instance::CallError;

use super::component::Component;
use super::error::{Fault, GatewayError};
use super::observer::Observer;

/// The component took a change of `aof.yaml` in.
const RELOADED: &str = "config.reloaded";
/// A flush failed: the store takes nothing more until it is opened again.
const UNFLUSHED: &str = "AOF-4009";
/// When the settings do not say.
const POLL_INTERVAL_MS_DEFAULT: u64 = 30_000;

/// A run whose session lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveRun {
    /// The run.
    pub run: String,
    /// Its task.
    pub task: String,
    /// Its agent.
    pub agent: String,
    /// Its session.
    pub session: String,
    /// The process that all processes of the run descend from.
    pub supervisor_pid: Option<u32>,
}

/// What a poll did.
#[derive(Debug, Clone, Default)]
pub struct PollReport {
    /// The component's report, `{"poll": …}`.
    pub value: Value,
    /// Sessions started.
    pub started: usize,
    /// Effects executed.
    pub effects: usize,
    /// Events recorded.
    pub events: usize,
}

/// What a gateway does about effects and about runs of an earlier host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stance {
    /// It carries them out.
    Acts,
    /// It leaves them to the next host: whatever an agent's own process starts ends with it.
    Records,
    /// It may not change anything.
    Reads,
}

/// A session as the gateway remembers it.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) task: String,
    pub(super) agent: String,
    pub(super) session: String,
    pub(super) heartbeat_at_ms: u64,
}

/// What was counted since somebody last looked.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    pub(super) started: usize,
    pub(super) effects: usize,
    pub(super) events: usize,
}

/// One store, one component, one executor.
pub struct Gateway {
    pub(super) instance: Box<dyn Component>,
    pub(super) executor: Box<dyn Executor>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Box<dyn Entropy>,
    pub(super) observer: Box<dyn Observer>,
    pub(super) settings: Value,
    pub(super) stance: Stance,
    pub(super) adopted: VecDeque<AdoptedRun>,
    pub(super) effects: VecDeque<Effect>,
    /// Sessions that began, of which the component has yet to be told.
    pub(super) begun: VecDeque<SessionStart>,
    pub(super) inbox: VecDeque<News>,
    pub(super) sessions: BTreeMap<String, Session>,
    pub(super) strikes: BTreeMap<String, u32>,
    pub(super) tally: Tally,
    /// Why nothing can be started, as the component was last told.
    pub(super) missing: Option<String>,
    /// The agents that the component was last told of.
    pub(super) agents: Option<Vec<KnownAgent>>,
}

impl Gateway {
    /// Calls a tool for `caller` and executes what comes of it.
    ///
    /// # Errors
    /// The component's refusal, or its failure.
    pub fn tool(
        &mut self,
        caller: Caller,
        name: &str,
        arguments: &str,
    ) -> Result<Value, GatewayError> {
        let reply = self.call(caller, |at, ctx| at.call_tool(ctx, name, arguments))?;
        let outcome = match reply {
            Reply::Done(outcome) => outcome,
            Reply::Pending(_) => {
                return Err(GatewayError::Pending {
                    tool: name.to_owned(),
                });
            }
        };
        let value = self.absorb(outcome, "tools.call")?;
        self.drain_later();
        Ok(value)
    }

    /// One tick of the scheduler, and what comes of it.
    ///
    /// # Errors
    /// The component's refusal, or its failure; also if it came after something was committed,
    /// which is then carried out all the same.
    pub fn poll(&mut self, mode: PollMode) -> Result<PollReport, GatewayError> {
        self.tally = Tally::default();
        if mode == PollMode::Act {
            self.tell_executor()?;
            self.tell_agents()?;
        }
        let outcome = self.call(Caller::Host, |at, ctx| at.poll(ctx, mode))?;
        let is_reloaded = outcome.events.iter().any(|event| event.kind == RELOADED);
        let value = self.absorb(outcome, "scheduler.poll")?;
        if is_reloaded {
            self.take_settings();
        }
        if mode == PollMode::Act {
            self.drain_later();
        }
        if let Some(failure) = value.pointer("/poll/failure").filter(|it| !it.is_null()) {
            return Err(broken_off(failure));
        }
        let Tally {
            started,
            effects,
            events,
        } = self.tally;
        Ok(PollReport {
            value,
            started,
            effects,
            events,
        })
    }

    /// Tells the component whether sessions can be started, if that is news. Who only records what
    /// others will start knows nothing of it.
    fn tell_executor(&mut self) -> Result<(), GatewayError> {
        let missing = self.executor.missing();
        if self.stance != Stance::Acts || missing == self.missing {
            return Ok(());
        }
        let told = self.call(Caller::Host, |at, ctx| {
            at.executor_changed(ctx, missing.as_deref())
        });
        self.absorb(told?, "hooks.executor-changed")?;
        self.missing = missing;
        Ok(())
    }

    /// Tells the component which agents the executor knows, if it can say and that is news.
    pub(super) fn tell_agents(&mut self) -> Result<(), GatewayError> {
        let Some(known) = self.executor.agents() else {
            return Ok(());
        };
        if self.agents.as_ref() == Some(&known) {
            return Ok(());
        }
        let seen: Vec<SeenAgent> = known.iter().map(seen).collect();
        let told = self.call(Caller::Host, |at, ctx| at.agents_seen(ctx, &seen));
        self.absorb(told?, "hooks.agents-seen")?;
        self.agents = Some(known);
        Ok(())
    }

    /// Takes in what changed on disk, without planning.
    ///
    /// # Errors
    /// The component's refusal, or its failure.
    pub fn store_changed(&mut self) -> Result<Value, GatewayError> {
        let outcome = self.call(Caller::Host, |at, ctx| at.store_changed(ctx))?;
        let value = self.absorb(outcome, "hooks.store-changed")?;
        self.drain_later();
        Ok(value)
    }

    /// When there may be something to do without news: a time, or none.
    ///
    /// # Errors
    /// The component's failure.
    pub fn next_wake_ms(&mut self) -> Result<Option<u64>, GatewayError> {
        if self.waiting() > 0 {
            return Ok(Some(self.clock.now_ms()));
        }
        let beat = self
            .sessions
            .values()
            .map(|session| session.heartbeat_at_ms)
            .min();
        let beat = beat.filter(|at_ms| *at_ms < u64::MAX);
        let due = self.next_due_ms()?;
        Ok([due, self.executor.next_wake_ms(), beat]
            .into_iter()
            .flatten()
            .min())
    }

    /// When the component will have something to do without news.
    ///
    /// # Errors
    /// The component's failure.
    pub fn next_due_ms(&mut self) -> Result<Option<u64>, GatewayError> {
        self.call(Caller::Host, |at, _| at.next_due())
    }

    /// The runs whose sessions live.
    pub fn live(&self) -> Vec<LiveRun> {
        let one = |(run, session): (&String, &Session)| LiveRun {
            run: run.clone(),
            task: session.task.clone(),
            agent: session.agent.clone(),
            session: session.session.clone(),
            supervisor_pid: self.executor.process_of(run),
        };
        self.sessions.iter().map(one).collect()
    }

    /// True if work is under way or waits to be done: a session, an effect, a piece of news.
    pub fn is_busy(&self) -> bool {
        self.waiting() + self.sessions.len() + self.executor.live() > 0
    }

    /// What can be done right now.
    fn waiting(&self) -> usize {
        self.adopted.len() + self.effects.len() + self.begun.len() + self.inbox.len()
    }

    /// What this gateway does about effects.
    pub fn stance(&self) -> Stance {
        self.stance
    }

    /// The component took a change of the settings in: so does the gateway.
    fn take_settings(&mut self) {
        match self.configuration() {
            Ok(answer) => {
                let effective = answer.pointer("/settings/effective");
                self.settings = effective.cloned().unwrap_or_default();
            }
            Err(error) => tracing::error!(%error, "the settings stay as they were"),
        }
    }

    /// Longest wait between two polls when nothing happens.
    pub fn poll_interval_ms(&self) -> u64 {
        let asked = self.settings.pointer("/scheduler/pollIntervalMs");
        let asked = asked.and_then(Value::as_u64);
        asked.unwrap_or(POLL_INTERVAL_MS_DEFAULT)
    }

    /// The effective settings.
    pub fn settings(&self) -> &Value {
        &self.settings
    }

    /// The clock that everything here goes by.
    pub fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    /// Asks to be told when the executor has news.
    pub fn on_news(&mut self, waker: Waker) {
        self.executor.on_news(waker);
    }

    /// Replaces the observer.
    pub fn observe(&mut self, observer: Box<dyn Observer>) {
        self.observer = observer;
    }

    /// Closes the store. Sessions live on and are adopted by the next host.
    ///
    /// # Errors
    /// The component's refusal, or its failure.
    pub fn close(mut self) -> Result<(), GatewayError> {
        self.call(Caller::Host, |at, ctx| at.close(ctx))
    }

    pub(super) fn ctx(&mut self, caller: Caller) -> Ctx {
        Ctx {
            now: self.clock.now_ms(),
            entropy: self.entropy.draw(),
            caller,
        }
    }

    /// Calls the component; if it breaks, or a flush failed, the next call finds it opened anew.
    pub(super) fn call<T>(
        &mut self,
        caller: Caller,
        run: impl FnOnce(&mut dyn Component, &Ctx) -> Result<T, CallError>,
    ) -> Result<T, GatewayError> {
        let ctx = self.ctx(caller);
        if self.instance.is_poisoned() {
            self.recover()?;
        }
        let result = run(self.instance.as_mut(), &ctx);
        if (self.instance.is_poisoned() || is_unflushed(&result))
            && let Err(error) = self.recover()
        {
            tracing::error!(%error, "the component cannot be opened again");
        }
        result.map_err(GatewayError::Call)
    }

    /// Opens the component anew. What it still wants done is done at the next occasion, not here.
    fn recover(&mut self) -> Result<(), GatewayError> {
        let ctx = self.ctx(Caller::Host);
        let opened = self.instance.recover(&ctx)?;
        self.settings = json("lifecycle.open", &opened.settings)?;
        self.missing = None;
        self.agents = None;
        self.take_over(opened);
        Ok(())
    }

    /// Takes over what the component found when it opened.
    pub(super) fn take_over(&mut self, opened: Opened) {
        for event in &opened.events {
            self.observer.event(event);
        }
        if self.stance == Stance::Acts {
            self.adopted = opened.adopted.into();
            self.effects = opened.effects.into();
            // Starts that it does not know of are among its effects again.
            self.begun.clear();
        }
    }

    /// Takes in what an acting call returned.
    pub(super) fn absorb(
        &mut self,
        outcome: Outcome,
        call: &'static str,
    ) -> Result<Value, GatewayError> {
        self.tally.events += outcome.events.len();
        for event in &outcome.events {
            self.observer.event(event);
        }
        if self.stance == Stance::Acts {
            self.effects.extend(outcome.effects);
        }
        json(call, &outcome.value)
    }

    /// Executes effects; what fails is said and tried again by the next pump, because the call that
    /// wanted them has already succeeded.
    fn drain_later(&mut self) {
        if let Err(error) = self.drain() {
            tracing::error!(%error, "effects are left for later");
        }
    }
}

fn seen(known: &KnownAgent) -> SeenAgent {
    let known = known.clone();
    SeenAgent {
        id: known.id,
        name: known.name,
        model: known.model,
        provider: known.provider,
        active: known.is_active,
        profile: known.has_profile,
    }
}

pub(super) fn json(call: &'static str, text: &str) -> Result<Value, GatewayError> {
    serde_json::from_str(text).map_err(|error| GatewayError::Answer {
        call,
        reason: error.to_string(),
    })
}

/// What a poll could not finish. A component that says it in words of its own is taken at its word.
fn broken_off(failure: &Value) -> GatewayError {
    match Fault::deserialize(failure) {
        Ok(fault) => GatewayError::BrokenOff(Box::new(fault)),
        Err(error) => GatewayError::Answer {
            call: "scheduler.poll",
            reason: error.to_string(),
        },
    }
}

fn is_unflushed<T>(result: &Result<T, CallError>) -> bool {
    matches!(result, Err(CallError::Refused(error)) if error.code == UNFLUSHED)
}
