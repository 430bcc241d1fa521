//! A component that does what a test tells it, and remembers what it was asked.
//!
//! Invariant: every call is remembered, also one that breaks it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use serde_json::json;

use super::component::Component;
use super::open::Parts;
use super::{Gateway, Observer, OpenReport};
use crate::clock::{ManualClock, SeededEntropy};
use crate::contract::hooks::{SeenAgent, SessionEnd, SessionStart, Settlement};
use crate::contract::lifecycle::{AdoptedRun, Opened};
use crate::contract::scheduler::PollMode;
use crate::contract::tools::{Definition, Reply};
use crate::contract::types::{
    Caller, Ctx, Effect, Error, ErrorKind, Event, NotifyEffect, Outcome, SpawnEffect,
};
use crate::contract::views::{BoardQuery, EventsQuery, OrgQuery};
use crate::executor::Executor;
use crate::instance::CallError;

/// What a scripted call does.
pub enum Act {
    /// Succeeds with these effects.
    Effects(Vec<Effect>),
    /// Succeeds with an event and nothing else.
    Talk,
    /// Refuses with this code and kind.
    Refuse(&'static str, ErrorKind),
    /// Breaks the component.
    Trap,
}

#[derive(Default)]
pub struct Script {
    /// What was asked, in order.
    pub log: Vec<String>,
    /// What the next calls of a name do; after that they succeed with nothing.
    pub acts: BTreeMap<&'static str, VecDeque<Act>>,
    /// What recovery finds.
    pub outbox: Vec<Effect>,
    /// Runs that recovery finds.
    pub adopted: Vec<AdoptedRun>,
    /// When something is due.
    pub next_due: Option<u64>,
    poisoned: bool,
}

/// Handle of the script; the component holds another.
#[derive(Clone, Default)]
pub struct Fake(pub Arc<Mutex<Script>>);

impl Fake {
    pub fn will(self, name: &'static str, acts: impl IntoIterator<Item = Act>) -> Self {
        self.0
            .lock()
            .unwrap()
            .acts
            .entry(name)
            .or_default()
            .extend(acts);
        self
    }

    pub fn log(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap().log)
    }

    fn act(&mut self, name: &'static str, line: String) -> Result<Outcome, CallError> {
        let mut script = self.0.lock().unwrap();
        script.log.push(line);
        let act = script.acts.get_mut(name).and_then(VecDeque::pop_front);
        let mut events = Vec::new();
        let effects = match act {
            None => Vec::new(),
            Some(Act::Effects(effects)) => effects,
            Some(Act::Talk) => {
                events.push(event());
                Vec::new()
            }
            Some(Act::Refuse(code, kind)) => return Err(CallError::Refused(error(code, kind))),
            Some(Act::Trap) => {
                script.poisoned = true;
                return Err(CallError::Trapped {
                    export: "x",
                    reason: "on purpose".to_owned(),
                });
            }
        };
        Ok(Outcome {
            value: json!({name: true}).to_string(),
            effects,
            events,
        })
    }

    fn look(&mut self, name: &'static str) -> Result<String, CallError> {
        self.act(name, name.to_owned()).map(|outcome| outcome.value)
    }

    fn opened(&self) -> Opened {
        let script = self.0.lock().unwrap();
        Opened {
            epoch: 1,
            settings: "{}".to_owned(),
            repaired: Vec::new(),
            quarantined: Vec::new(),
            adopted: script.adopted.clone(),
            effects: script.outbox.clone(),
            events: Vec::new(),
        }
    }

    /// A gateway over this component, at time 1,000, with leases of 3,000 ms.
    pub fn gateway(
        &self,
        executor: impl Executor + 'static,
        clock: &ManualClock,
    ) -> (Gateway, OpenReport) {
        let parts = Parts {
            clock: Arc::new(clock.clone()),
            entropy: Box::new(SeededEntropy::new(1)),
            observer: Box::new(Seen(self.clone())),
            executor: Box::new(executor),
            stance: super::Stance::Acts,
        };
        let settings = json!({"scheduler": {"defaultLeaseTtlMs": 3_000}});
        Gateway::over(Box::new(self.clone()), self.opened(), settings, parts)
    }
}

struct Seen(Fake);

impl Observer for Seen {
    fn event(&mut self, event: &Event) {
        self.0
            .0
            .lock()
            .unwrap()
            .log
            .push(format!("event {}", event.kind));
    }

    fn notice(&mut self, notice: &NotifyEffect) {
        self.0
            .0
            .lock()
            .unwrap()
            .log
            .push(format!("notice {}", notice.message));
    }
}

fn error(code: &str, kind: ErrorKind) -> Error {
    let (message, hint) = ("scripted".to_owned(), String::new());
    Error {
        code: code.to_owned(),
        kind,
        message,
        hint,
        where_: None,
        retryable: false,
    }
}

fn event() -> Event {
    Event {
        id: "1".to_owned(),
        at: 1,
        kind: "task.noted".to_owned(),
        actor: "host".to_owned(),
        project: None,
        task: None,
        run: None,
        payload: "{}".to_owned(),
    }
}

fn who(ctx: &Ctx) -> String {
    match &ctx.caller {
        Caller::Agent(agent) => format!("agent {}", agent.agent),
        Caller::Human(_) => "human".to_owned(),
        Caller::Host => "host".to_owned(),
    }
}

pub fn spawn(run: &str) -> SpawnEffect {
    SpawnEffect {
        key: run.to_owned(),
        project: "p".to_owned(),
        task: format!("T-{run}"),
        title: String::new(),
        run: run.to_owned(),
        attempt: 1,
        hop: None,
        agent: "a".to_owned(),
        method: crate::contract::types::Method::Spawn,
        session_key: None,
        card_path: "c".to_owned(),
        work_dir: "w".to_owned(),
        run_dir: "r".to_owned(),
        timeout_ms: 0,
        prompt: String::new(),
    }
}

pub fn adopted(run: &str, session: Option<&str>) -> AdoptedRun {
    AdoptedRun {
        project: "p".to_owned(),
        task: format!("T-{run}"),
        run: run.to_owned(),
        agent: "a".to_owned(),
        session: session.map(str::to_owned),
        run_dir: "r".to_owned(),
    }
}

impl Component for Fake {
    fn is_poisoned(&self) -> bool {
        self.0.lock().unwrap().poisoned
    }

    fn recover(&mut self, _ctx: &Ctx) -> Result<Opened, CallError> {
        self.act("recover", "recover".to_owned())?;
        self.0.lock().unwrap().poisoned = false;
        Ok(self.opened())
    }

    fn close(&mut self, _ctx: &Ctx) -> Result<(), CallError> {
        self.act("close", "close".to_owned()).map(|_| ())
    }

    fn list_tools(&mut self) -> Result<Vec<Definition>, CallError> {
        self.look("list_tools").map(|_| Vec::new())
    }

    fn call_tool(&mut self, ctx: &Ctx, name: &str, arguments: &str) -> Result<Reply, CallError> {
        let line = format!("tool {name} {arguments} by {}", who(ctx));
        self.act("tool", line).map(Reply::Done)
    }

    fn poll(&mut self, _ctx: &Ctx, mode: PollMode) -> Result<Outcome, CallError> {
        self.act("poll", format!("poll {mode:?}"))
    }

    fn explain(&mut self, _ctx: &Ctx, _task: &str) -> Result<String, CallError> {
        self.look("explain")
    }

    fn next_due(&mut self) -> Result<Option<u64>, CallError> {
        Ok(self.0.lock().unwrap().next_due)
    }

    fn effect_settled(
        &mut self,
        _ctx: &Ctx,
        key: &str,
        settlement: &Settlement,
    ) -> Result<Outcome, CallError> {
        self.0.lock().unwrap().outbox.retain(|effect| match effect {
            Effect::Spawn(spawn) => spawn.key != key,
            _ => true,
        });
        let result = match settlement {
            Settlement::Done(value) => value.clone(),
            Settlement::Failed(failure) => format!("{:?}: {}", failure.class, failure.message),
        };
        self.act("settled", format!("settled {key} {result}"))
    }

    fn session_started(
        &mut self,
        _ctx: &Ctx,
        started: &[SessionStart],
    ) -> Result<Outcome, CallError> {
        let words = started.iter();
        let words: String = words
            .map(|it| format!(" {} {}", it.run, it.session))
            .collect();
        let answer = self.act("started", format!("started{words}"))?;
        let is_told = |spawn: &SpawnEffect| started.iter().any(|it| it.run == spawn.run);
        self.0.lock().unwrap().outbox.retain(|effect| match effect {
            Effect::Spawn(spawn) => !is_told(spawn),
            _ => true,
        });
        Ok(answer)
    }

    fn session_heartbeat(&mut self, _ctx: &Ctx, run: &str) -> Result<Outcome, CallError> {
        self.act("heartbeat", format!("heartbeat {run}"))
    }

    fn session_ended(
        &mut self,
        _ctx: &Ctx,
        run: &str,
        end: &SessionEnd,
    ) -> Result<Outcome, CallError> {
        self.act("ended", format!("ended {run} {:?}", end.ending))
    }

    fn executor_changed(
        &mut self,
        _ctx: &Ctx,
        missing: Option<&str>,
    ) -> Result<Outcome, CallError> {
        let line = format!("executor {}", missing.unwrap_or("is there"));
        self.act("executor", line)
    }

    fn agents_seen(&mut self, _ctx: &Ctx, agents: &[SeenAgent]) -> Result<Outcome, CallError> {
        let names: Vec<&str> = agents.iter().map(|it| it.id.as_str()).collect();
        self.act("agents", format!("agents {}", names.join(" ")))
    }

    fn store_changed(&mut self, _ctx: &Ctx) -> Result<Outcome, CallError> {
        self.act("changed", "changed".to_owned())
    }

    fn board(&mut self, _ctx: &Ctx, _query: &BoardQuery) -> Result<String, CallError> {
        self.look("board")
    }

    fn mailbox(&mut self, _ctx: &Ctx, _agent: &str) -> Result<String, CallError> {
        self.look("mailbox")
    }

    fn task(&mut self, _ctx: &Ctx, _id: &str) -> Result<String, CallError> {
        self.look("task")
    }

    fn run(&mut self, _ctx: &Ctx, _task: &str, _run: &str) -> Result<String, CallError> {
        self.look("run")
    }

    fn events(&mut self, _ctx: &Ctx, _query: &EventsQuery) -> Result<String, CallError> {
        self.look("events")
    }

    fn metrics(&mut self, _ctx: &Ctx) -> Result<String, CallError> {
        self.look("metrics")
    }

    fn settings(&mut self, _ctx: &Ctx) -> Result<String, CallError> {
        self.look("settings")
    }

    fn org(&mut self, _ctx: &Ctx, _query: &OrgQuery) -> Result<String, CallError> {
        self.look("org")
    }

    fn usage(&mut self, _ctx: &Ctx, _by: &str, _window: &str) -> Result<String, CallError> {
        self.look("usage")
    }

    fn notifications(&mut self, _: &Ctx, _event: Option<&str>) -> Result<String, CallError> {
        self.look("notifications")
    }

    fn audit(&mut self, _ctx: &Ctx, _page: u32) -> Result<String, CallError> {
        self.look("audit")
    }
}
