//! `aof_task_subscribe` and `aof_task_unsubscribe`: who is told how a task ends.

use aof_core::caller::{Caller, Context};
use aof_core::card::Card;
use aof_core::dice::Dice;
use aof_core::id::{AgentId, RunId, TaskId};
use aof_core::org::OrgChart;
use aof_core::permission::Operation;
use aof_core::refusal::Refusal;
use aof_core::run::RunOutcome;
use aof_core::suggest;
use aof_core::verb;
use aof_store::port::Store;
use serde_json::{Map, Value};

use crate::change::Plan;
use crate::engine::Engine;
use crate::outcome::Outcome;
use crate::tool::answer::{self, Touched, TouchedTask, touched};
use crate::tool::arguments::texts;
use crate::tool::target::Target;
use crate::work::Closing;

/// The only thing that is told: that the task has ended.
const COMPLETION: &str = "completion";

impl<S: Store> Engine<S> {
    pub(super) fn subscribe(&mut self, ctx: &Context, arguments: &str) -> Result<Outcome, Refusal> {
        let optional = ["granularity", "project", "actor"];
        let given = texts(arguments, &["taskId", "subscriberId"], &optional)?;
        let task = self.aim_at(ctx, &given)?;
        let granularity = text(&given, "granularity").unwrap_or(COMPLETION);
        check_granularity(granularity, "granularity")?;
        let (_, session) = self.at_hand()?;
        let name = text(&given, "subscriberId").unwrap_or_default();
        let subscriber = subscriber(&session.chart, name)?;
        let id = RunId::generate(ctx.now, Dice::new(ctx.entropy).roll_pair());
        let verb = |card: &Card| verb::subscribe(card, &id, &subscriber, ctx.now);
        let change = (Operation::Subscribe, task.as_str());
        self.change_subscriptions(ctx, change, &verb, &|card| {
            verb::active_of(card, &subscriber).map(str::to_owned)
        })
    }

    pub(super) fn unsubscribe(
        &mut self,
        ctx: &Context,
        arguments: &str,
    ) -> Result<Outcome, Refusal> {
        let optional = ["project", "actor"];
        let given = texts(arguments, &["taskId", "subscriptionId"], &optional)?;
        let task = self.aim_at(ctx, &given)?;
        let id = text(&given, "subscriptionId").unwrap_or_default();
        let verb = |card: &Card| verb::unsubscribe(card, id, ctx.now);
        let change = (Operation::Unsubscribe, task.as_str());
        self.change_subscriptions(ctx, change, &verb, &|_| Some(id.to_owned()))
    }

    fn aim_at(&mut self, ctx: &Context, given: &Map<String, Value>) -> Result<TaskId, Refusal> {
        let project = text(given, "project").map(str::to_owned);
        let target = Target {
            task_id: text(given, "taskId").unwrap_or_default(),
            project: project.as_ref(),
            actor: text(given, "actor"),
        };
        self.aim(ctx, &target)
    }

    fn change_subscriptions(
        &mut self,
        ctx: &Context,
        (operation, task): (Operation, &str),
        verb: &dyn Fn(&Card) -> verb::Verdict,
        id: &dyn Fn(&Card) -> Option<String>,
    ) -> Result<Outcome, Refusal> {
        let plan = Plan {
            operation,
            verb,
            closing: &|_| Closing::new(RunOutcome::Released, None),
        };
        let changed = self.change(ctx, task, &plan)?;
        let task = TouchedTask {
            subscription_id: id(&changed.after),
            ..touched(&changed.after)
        };
        let value = answer::json(&Touched { task });
        Ok(changed.into_outcome(&value))
    }
}

/// The caller who wants to be told how the task ends that it makes.
pub(super) fn creator(
    chart: &OrgChart,
    ctx: &Context,
    granularity: Option<&String>,
) -> Result<Option<AgentId>, Refusal> {
    let Some(granularity) = granularity else {
        return Ok(None);
    };
    check_granularity(granularity, "subscribe")?;
    match &ctx.caller {
        Caller::Agent { agent, .. } if chart.agent(agent).is_some() => Ok(Some(agent.clone())),
        _ => Err(Refusal::refused(
            "AOF-1004",
            "only an agent of the org chart is told how a task ends".to_owned(),
            "leave `subscribe` out, and name an agent with aof_task_subscribe",
        )
        .at("subscribe")),
    }
}

fn check_granularity(text: &str, field: &str) -> Result<(), Refusal> {
    if text == COMPLETION {
        return Ok(());
    }
    Err(Refusal::refused(
        "AOF-1004",
        format!("`{field}` is not one that there is"),
        "use completion, or leave it out",
    )
    .at(field))
}

fn text<'g>(given: &'g Map<String, Value>, field: &str) -> Option<&'g str> {
    given.get(field).and_then(Value::as_str)
}

/// The agent of the chart that has this name.
fn subscriber(chart: &OrgChart, text: &str) -> Result<AgentId, Refusal> {
    let id = AgentId::parse(text).map_err(|error| Refusal::bad_id(&error, "subscriberId"))?;
    if chart.agent(&id).is_some() {
        return Ok(id);
    }
    let agents = chart.agents.iter();
    let names: Vec<&str> = agents.map(|agent| agent.id.as_str()).collect();
    let hint = match suggest::nearest(text, names.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None => "`aof_org_show` shows the agents".to_owned(),
    };
    Err(Refusal::refused(
        "AOF-1004",
        format!("the org chart has no agent `{id}`"),
        &hint,
    )
    .at("subscriberId"))
}
