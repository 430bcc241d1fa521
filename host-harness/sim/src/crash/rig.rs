//! One orchestrator on one simulated machine, with its clock and dice in hand.
//!
//! Never retries. Invariant: two rigs that are told the same do the same, call by call.

use std::collections::BTreeSet;
use std::time::Duration;

use aof_disk::LocalStore;
use aof_host::contract::hooks::{Ending, SessionEnd, SessionStart, Settlement, Usage};
use aof_host::contract::lifecycle::{Config, Opened};
use aof_host::contract::scheduler::PollMode;
use aof_host::contract::tools::Reply;
use aof_host::contract::types::SpawnEffect;
use aof_host::contract::types::{AgentCaller, Caller, Ctx, Effect, Error, ErrorKind, Outcome};
use aof_host::gateway::Component;
use aof_host::instance::CallError;
use serde_json::{Value, json};

use crate::check::Files;
use crate::machine::{Machine, Process};
use crate::native::NativeComponent;

/// The process whose calls are counted.
pub(crate) const WRITER: u32 = 7;

/// The code of what is wrong outside of the product.
pub(crate) const OUTSIDE: &str = "rig";

/// The process that opens the store after the writer's end.
pub(crate) const HEIR: u32 = 8;

/// 2026-01-01T10:00:00Z, ten hours after the machine was started.
const DAWN_AFTER_MS: u64 = 10 * 3_600_000;

/// An orchestrator on a machine.
pub(crate) struct Rig {
    pub(crate) machine: Machine,
    /// What the last opening reported.
    pub(crate) opened: Opened,
    /// What the last call handed out.
    pub(crate) effects: Vec<Effect>,
    /// The files that people laid out.
    pub(crate) first: Files,
    /// The names of the calls that were made, as the contract has them.
    pub(crate) called: BTreeSet<String>,
    process: Process,
    component: Option<NativeComponent>,
    rolls: u64,
}

impl Rig {
    /// A machine with these files, flushed, and the store opened by the writer.
    pub(crate) fn with(files: &[(String, String)]) -> Result<Self, Error> {
        let machine = Machine::new();
        machine.advance_ms(DAWN_AFTER_MS);
        let hand = machine.hand();
        for (path, text) in files {
            let mut above = String::new();
            for name in path
                .split('/')
                .rev()
                .skip(1)
                .collect::<Vec<_>>()
                .iter()
                .rev()
            {
                above.push_str(name);
                if !hand.exists(&above) {
                    hand.mkdir(&above).map_err(broken)?;
                }
                above.push('/');
            }
            hand.write(path, text.as_bytes()).map_err(broken)?;
        }
        machine.write_back();
        Self::over(machine, WRITER)
    }

    /// A process on a machine that has one already, or had.
    pub(crate) fn over(machine: Machine, pid: u32) -> Result<Self, Error> {
        let mut rig = Self {
            process: machine.process(pid),
            first: files(&machine),
            machine,
            opened: nothing(),
            effects: Vec::new(),
            called: BTreeSet::new(),
            component: None,
            rolls: u64::from(pid) << 32,
        };
        rig.open()?;
        Ok(rig)
    }

    /// Drops the component without a word and opens the store anew, in the same process.
    pub(crate) fn open(&mut self) -> Result<(), Error> {
        self.note("open");
        self.leave();
        let store = LocalStore::over(self.process.clone()).sweep_interval(Duration::ZERO);
        let ctx = self.ctx(Caller::Host);
        let config = Config {
            read_only: false,
            overrides: None,
            origins: None,
            projects: None,
        };
        let answer = NativeComponent::open(Box::new(store), &ctx, &config);
        let (component, opened) = answer.map_err(|error| error.to_error())?;
        self.effects.clone_from(&opened.effects);
        self.opened = opened;
        self.component = Some(component);
        Ok(())
    }

    /// Lets the component that is there recover by itself, as a host does after a broken call.
    pub(crate) fn recover(&mut self) -> Result<(), Error> {
        let ctx = self.ctx(Caller::Host);
        let opened = self.component()?.recover(&ctx);
        self.opened = opened.map_err(|error| error.to_error())?;
        Ok(())
    }

    /// Drops the component; the store's lock goes with it.
    pub(crate) fn leave(&mut self) {
        self.component = None;
    }

    /// Ends the process by force and starts it anew, without opening the store.
    pub(crate) fn kill(&mut self) {
        let pid = WRITER;
        self.machine.kill(pid);
        self.leave();
        self.process = self.machine.process(pid);
    }

    /// Ends in good order.
    pub(crate) fn close(&mut self) -> Result<(), Error> {
        self.note("close");
        let ctx = self.ctx(Caller::Host);
        let closed = self.component()?.close(&ctx);
        closed.map_err(|error| error.to_error())
    }

    pub(crate) fn later(&mut self, ms: u64) {
        self.machine.advance_ms(ms);
    }

    fn ctx(&mut self, caller: Caller) -> Ctx {
        self.rolls += 1;
        let roll = self.rolls.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        Ctx {
            now: self.machine.true_ns() / 1_000_000,
            entropy: (roll, !roll),
            caller,
        }
    }

    fn note(&mut self, call: &str) {
        self.called.insert(call.to_owned());
    }

    fn component(&mut self) -> Result<&mut NativeComponent, Error> {
        self.component.as_mut().ok_or_else(|| broken("not open"))
    }

    fn take(&mut self, answer: Result<Outcome, CallError>) -> Result<Value, Error> {
        let outcome = answer.map_err(|error| error.to_error())?;
        self.effects = outcome.effects;
        Ok(value_of(&outcome.value))
    }

    pub(crate) fn tool(
        &mut self,
        caller: Caller,
        name: &str,
        arguments: &Value,
    ) -> Result<Value, Error> {
        self.note(name);
        let ctx = self.ctx(caller);
        let answer = self
            .component()?
            .call_tool(&ctx, name, &arguments.to_string());
        match answer {
            Ok(Reply::Done(outcome)) => self.take(Ok(outcome)),
            Ok(Reply::Pending(_)) => Err(broken("the answer is pending")),
            Err(error) => Err(error.to_error()),
        }
    }

    /// A person calls a tool.
    pub(crate) fn ann(&mut self, name: &str, arguments: Value) -> Result<Value, Error> {
        self.tool(Caller::Human("ann".to_owned()), name, &arguments)
    }

    /// The agent of a run calls a tool.
    pub(crate) fn agent(&mut self, run: &str, name: &str, arguments: Value) -> Result<(), Error> {
        let caller = Caller::Agent(AgentCaller {
            agent: "writer".to_owned(),
            session: None,
            run: Some(run.to_owned()),
        });
        self.tool(caller, name, &arguments).map(drop)
    }

    pub(crate) fn poll(&mut self) -> Result<(), Error> {
        self.note("poll");
        let ctx = self.ctx(Caller::Host);
        let answer = self.component()?.poll(&ctx, PollMode::Act);
        self.take(answer).map(drop)
    }

    pub(crate) fn settle(&mut self, key: &str, settlement: &Settlement) -> Result<(), Error> {
        self.note("effect-settled");
        let ctx = self.ctx(Caller::Host);
        let answer = self.component()?.effect_settled(&ctx, key, settlement);
        self.take(answer).map(drop)
    }

    pub(crate) fn started(&mut self, run: &str) -> Result<(), Error> {
        let done = format!("{{\"session\": \"session-of-{run}\"}}");
        self.settle(run, &Settlement::Done(done))
    }

    /// The host tells of sessions that began, all at once.
    pub(crate) fn begun(&mut self, runs: &[String]) -> Result<(), Error> {
        self.note("session-started");
        let ctx = self.ctx(Caller::Host);
        let start = |run: &String| SessionStart {
            run: run.clone(),
            session: "a session".to_owned(),
        };
        let started: Vec<SessionStart> = runs.iter().map(start).collect();
        let answer = self.component()?.session_started(&ctx, &started);
        self.take(answer).map(drop)
    }

    pub(crate) fn heartbeat(&mut self, run: &str) -> Result<(), Error> {
        self.note("session-heartbeat");
        let ctx = self.ctx(Caller::Host);
        let answer = self.component()?.session_heartbeat(&ctx, run);
        self.take(answer).map(drop)
    }

    pub(crate) fn ended(&mut self, run: &str, ending: Ending) -> Result<(), Error> {
        self.note("session-ended");
        let ctx = self.ctx(Caller::Host);
        let end = SessionEnd {
            ending,
            duration_ms: 5_000,
            output_tail: "no idea\n".to_owned(),
            usage: Some(Usage {
                model: Some("large".to_owned()),
                input_tokens: 11,
                output_tokens: 0,
                cost_micros: 5,
            }),
        };
        let answer = self.component()?.session_ended(&ctx, run, &end);
        self.take(answer).map(drop)
    }

    fn shown(&mut self, id: &str) -> Result<Value, Error> {
        let ctx = self.ctx(Caller::Host);
        let text = self.component()?.task(&ctx, id);
        let text = text.map_err(|error| error.to_error())?;
        Ok(value_of(&text)["task"].take())
    }

    /// The task as views show it; null if there is none.
    pub(crate) fn task(&mut self, id: &str) -> Value {
        self.shown(id).unwrap_or_default()
    }

    pub(crate) fn status(&mut self, id: &str) -> String {
        self.task(id)["status"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// The id of a task's last run.
    pub(crate) fn run_of(&mut self, id: &str) -> Result<String, Error> {
        let task = self.shown(id)?;
        let runs = task["runs"].as_array();
        let last = runs.and_then(|runs| runs.last());
        let run = last.and_then(|run| run["run"].as_str());
        let run = run.ok_or_else(|| broken(format!("{id} has no run")))?;
        Ok(run.to_owned())
    }

    /// The runs that hold a lease.
    pub(crate) fn runs(&mut self) -> Result<BTreeSet<String>, Error> {
        let report = self.report()?;
        let tasks = report["tasks"].as_array().cloned().unwrap_or_default();
        let runs = tasks.iter().filter_map(|task| task["run"].as_str());
        Ok(runs.map(str::to_owned).collect())
    }

    /// The report of all tasks, finished ones too.
    pub(crate) fn report(&mut self) -> Result<Value, Error> {
        let mut answer = self.ann("aof_status_report", json!({"limit": 1000}))?;
        Ok(answer["report"].take())
    }

    /// Spawns of the last call.
    pub(crate) fn spawns(&self) -> Vec<SpawnEffect> {
        spawns(&self.effects)
    }
}

/// The spawns among effects.
pub(crate) fn spawns(effects: &[Effect]) -> Vec<SpawnEffect> {
    let spawns = effects.iter().filter_map(|effect| match effect {
        Effect::Spawn(spawn) => Some(spawn.clone()),
        _ => None,
    });
    spawns.collect()
}

/// Every regular file of a machine.
pub(crate) fn files(machine: &Machine) -> Files {
    machine.hand().files()
}

fn value_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

/// What goes wrong outside of the product.
pub(crate) fn broken(message: impl std::fmt::Display) -> Error {
    Error {
        code: OUTSIDE.to_owned(),
        kind: ErrorKind::Broken,
        message: message.to_string(),
        hint: String::new(),
        where_: None,
        retryable: false,
    }
}

fn nothing() -> Opened {
    Opened {
        epoch: 0,
        settings: String::new(),
        repaired: Vec::new(),
        quarantined: Vec::new(),
        adopted: Vec::new(),
        effects: Vec::new(),
        events: Vec::new(),
    }
}
