//! The component with a defect, as the gateway sees it.
//!
//! Never breaks. Invariant: a call that the defect does not touch is the component's own.

use aof_host::contract::hooks::{SeenAgent, SessionEnd, SessionStart, Settlement};
use aof_host::contract::lifecycle::Opened;
use aof_host::contract::scheduler::PollMode;
use aof_host::contract::tools::{Definition, Reply};
use aof_host::contract::types::{Caller, CancelEffect, Ctx, Effect, Outcome};
use aof_host::contract::views::{BoardQuery, EventsQuery, OrgQuery};
use aof_host::gateway::Component;
use aof_host::instance::CallError;
use serde_json::{Map, Value, json};

use super::Defect;
use crate::native::NativeComponent;

type Answer<T> = Result<T, CallError>;

/// How far ahead of its time a lease is taken to be.
const EARLY_MS: u64 = 3_000;

/// A component that makes a mistake.
#[derive(Debug)]
pub(super) struct FlawedComponent {
    whole: NativeComponent,
    defect: Defect,
}

impl FlawedComponent {
    pub(super) fn new(whole: NativeComponent, defect: Defect) -> Self {
        Self { whole, defect }
    }

    fn spoiled(&self, answer: Answer<Outcome>) -> Answer<Outcome> {
        let mut outcome = answer?;
        spoil(self.defect, &mut outcome.effects);
        Ok(outcome)
    }

    /// The task whose workflow the task of a call is a hop of.
    fn whole_of(&mut self, ctx: &Ctx, arguments: &str) -> Option<Value> {
        let arguments: Value = serde_json::from_str(arguments).ok()?;
        let shown = self.whole.task(ctx, arguments["taskId"].as_str()?).ok()?;
        let mut shown: Value = serde_json::from_str(&shown).ok()?;
        Some(shown["task"]["hop"]["of"].take())
    }

    /// What an agent's call leads to that is none of the agent's business.
    fn meddle(&mut self, (ctx, before): (&Ctx, Option<Value>), name: &str, is_done: bool) {
        let Some(ctx) = as_a_person(ctx) else { return };
        if self.defect == Defect::DoublePlans && is_done {
            return self.plan_again(&ctx, before);
        }
        let call = match (self.defect, is_done) {
            (Defect::DecideForPeople, true) if name == "aof_task_complete" => name,
            (Defect::GiveUpWholes, false) if name == "aof_task_cancel" => name,
            _ => return,
        };
        let arguments = json!({"taskId": before}).to_string();
        drop(self.whole.call_tool(&ctx, call, &arguments));
    }

    /// The first task that a plan became is made once more.
    fn plan_again(&mut self, ctx: &Ctx, whole: Option<Value>) {
        let Some(whole) = whole.as_ref().and_then(Value::as_str) else {
            return;
        };
        let asked = json!({"parentId": whole, "limit": 1}).to_string();
        let Ok(Reply::Done(listed)) = self.whole.call_tool(ctx, "aof_task_list", &asked) else {
            return;
        };
        let listed: Value = serde_json::from_str(&listed.value).unwrap_or_default();
        let part = &listed["list"]["tasks"][0];
        let again = json!({"title": part["title"], "brief": "Once more.",
            "agent": part["agent"], "parentId": whole});
        drop(
            self.whole
                .call_tool(ctx, "aof_dispatch", &again.to_string()),
        );
    }

    /// In the name of the run that has the task now, whoever asks.
    fn in_the_name_of_the_last(&mut self, ctx: &Ctx, arguments: &str) -> Option<Caller> {
        let Caller::Agent(agent) = &ctx.caller else {
            return None;
        };
        agent.run.as_ref()?;
        let arguments: Value = serde_json::from_str(arguments).ok()?;
        let shown = self.whole.task(ctx, arguments["taskId"].as_str()?).ok()?;
        let shown: Value = serde_json::from_str(&shown).ok()?;
        let last = shown["task"]["runs"].as_array()?.last()?;
        let mut agent = agent.clone();
        agent.run = Some(last["run"].as_str()?.to_owned());
        if let Some(name) = last["agent"].as_str() {
            name.clone_into(&mut agent.agent);
        }
        Some(Caller::Agent(agent))
    }
}

/// Who a person would be that had the agent's name.
fn as_a_person(ctx: &Ctx) -> Option<Ctx> {
    let Caller::Agent(agent) = &ctx.caller else {
        return None;
    };
    let caller = Caller::Human(agent.agent.clone());
    Some(Ctx {
        caller,
        ..ctx.clone()
    })
}

/// Spoils what is handed out.
pub(super) fn spoil(defect: Defect, effects: &mut Vec<Effect>) {
    let spawns = effects.iter_mut().filter_map(|effect| match effect {
        Effect::Spawn(spawn) => Some(spawn),
        _ => None,
    });
    match defect {
        Defect::KeepSuperseded => effects.retain(|effect| {
            let is_one = |cancel: &CancelEffect| cancel.reason.starts_with("superseded");
            !matches!(effect, Effect::Cancel(cancel) if is_one(cancel))
        }),
        Defect::RunForever => spawns.for_each(|spawn| spawn.timeout_ms = 0),
        Defect::DoubleSpawn => {
            let again = spawns.map(|spawn| {
                let mut other = spawn.clone();
                other.run = other.run.chars().rev().collect();
                Effect::Spawn(other)
            });
            let again: Vec<Effect> = again.collect();
            effects.extend(again);
        }
        _ => {}
    }
}

/// The arguments of a call without its key.
fn without_key(arguments: &str) -> String {
    let fields: Option<Map<String, Value>> = serde_json::from_str(arguments).ok();
    fields.map_or_else(
        || arguments.to_owned(),
        |mut fields| {
            fields.remove("idempotencyKey");
            Value::Object(fields).to_string()
        },
    )
}

/// Puts something else into an answer.
fn changed(answer: &mut String, place: &str, value: Value) {
    let read: Option<Value> = serde_json::from_str(answer).ok();
    if let Some(mut read) = read
        && let Some(at) = read.pointer_mut(place)
    {
        *at = value;
        *answer = read.to_string();
    }
}

macro_rules! same {
    ($($name:ident($($arg:ident: $ty:ty),*) -> $ret:ty;)*) => {
        $(
            fn $name(&mut self, $($arg: $ty),*) -> Answer<$ret> {
                self.whole.$name($($arg),*)
            }
        )*
    };
}

impl Component for FlawedComponent {
    fn is_poisoned(&self) -> bool {
        self.whole.is_poisoned()
    }

    fn call_tool(&mut self, ctx: &Ctx, name: &str, arguments: &str) -> Answer<Reply> {
        let mut ctx = ctx.clone();
        if self.defect == Defect::StaleResult
            && let Some(caller) = self.in_the_name_of_the_last(&ctx, arguments)
        {
            ctx.caller = caller;
        }
        if self.defect == Defect::TrustAgents
            && let Caller::Agent(agent) = &ctx.caller
            && agent.run.is_none()
        {
            ctx.caller = Caller::Human(agent.agent.clone());
        }
        let arguments = match self.defect {
            Defect::ForgetKeys => without_key(arguments),
            _ => arguments.to_owned(),
        };
        let about = match self.defect {
            Defect::DecideForPeople | Defect::DoublePlans => self.whole_of(&ctx, &arguments),
            Defect::GiveUpWholes => {
                let read: Option<Value> = serde_json::from_str(&arguments).ok();
                read.map(|mut read| read["taskId"].take())
            }
            _ => None,
        };
        let answer = self.whole.call_tool(&ctx, name, &arguments);
        if about.is_some() {
            self.meddle((&ctx, about), name, answer.is_ok());
        }
        if self.defect == Defect::RefuseLate
            && let (Err(CallError::Refused(_)), Caller::Agent(agent)) = (&answer, &ctx.caller)
            && agent.run.is_none()
        {
            ctx.caller = Caller::Human(agent.agent.clone());
            drop(self.whole.call_tool(&ctx, name, &arguments));
        }
        match answer? {
            Reply::Done(mut outcome) => {
                if self.defect == Defect::ShortList && name == "aof_task_list" {
                    changed(&mut outcome.value, "/list/next", Value::Null);
                }
                self.spoiled(Ok(outcome)).map(Reply::Done)
            }
            Reply::Pending(key) => Ok(Reply::Pending(key)),
        }
    }

    fn poll(&mut self, ctx: &Ctx, mode: PollMode) -> Answer<Outcome> {
        let mut ctx = ctx.clone();
        if self.defect == Defect::ExpireEarly {
            ctx.now = ctx.now.saturating_add(EARLY_MS);
        }
        let answer = self.whole.poll(&ctx, mode);
        self.spoiled(answer)
    }

    fn explain(&mut self, ctx: &Ctx, task: &str) -> Answer<String> {
        let mut said = self.whole.explain(ctx, task)?;
        if self.defect == Defect::ExplainNothing {
            changed(&mut said, "/decision/reasons", json!([]));
        }
        Ok(said)
    }

    fn session_ended(&mut self, ctx: &Ctx, run: &str, end: &SessionEnd) -> Answer<Outcome> {
        let mut end = end.clone();
        if self.defect == Defect::CountNothing {
            end.usage = None;
        }
        self.whole.session_ended(ctx, run, &end)
    }

    same! {
        recover(ctx: &Ctx) -> Opened;
        close(ctx: &Ctx) -> ();
        list_tools() -> Vec<Definition>;
        next_due() -> Option<u64>;
        effect_settled(ctx: &Ctx, key: &str, settlement: &Settlement) -> Outcome;
        session_started(ctx: &Ctx, started: &[SessionStart]) -> Outcome;
        session_heartbeat(ctx: &Ctx, run: &str) -> Outcome;
        executor_changed(ctx: &Ctx, missing: Option<&str>) -> Outcome;
        agents_seen(ctx: &Ctx, agents: &[SeenAgent]) -> Outcome;
        store_changed(ctx: &Ctx) -> Outcome;
        board(ctx: &Ctx, query: &BoardQuery) -> String;
        mailbox(ctx: &Ctx, agent: &str) -> String;
        task(ctx: &Ctx, id: &str) -> String;
        run(ctx: &Ctx, task: &str, run: &str) -> String;
        events(ctx: &Ctx, query: &EventsQuery) -> String;
        metrics(ctx: &Ctx) -> String;
        settings(ctx: &Ctx) -> String;
        org(ctx: &Ctx, query: &OrgQuery) -> String;
        usage(ctx: &Ctx, by: &str, window: &str) -> String;
        notifications(ctx: &Ctx, event: Option<&str>) -> String;
        audit(ctx: &Ctx, limit: u32) -> String;
    }
}
