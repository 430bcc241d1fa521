//! Workflows: hops that run, wait, reject and end, through the component in virtual time.

mod branch;
mod card;
mod decide;
mod definition;
mod example;
mod expand;
mod gate;
mod left;
mod limit;
mod mend;
mod outcome;
mod panel;
mod refuse;
mod reject;
mod run;
mod stray;
mod time;
mod upgrade;

use aof_host::contract::types::{AgentCaller, Caller, Error, SpawnEffect};
use serde_json::{Value, json};

use crate::omit::omit;
use crate::stage::{Stage, runner};

/// A task that carries this workflow, as a person makes it.
fn begun(stage: &mut Stage, workflow: &Value) -> String {
    begun_with(stage, workflow, &json!({}))
}

/// The same with more arguments.
fn begun_with(stage: &mut Stage, workflow: &Value, more: &Value) -> String {
    let mut workflow = workflow.clone();
    omit("workflow", &mut workflow);
    let mut arguments = json!({"title": "Ship it", "brief": "All of it.", "workflow": workflow});
    for (key, value) in more.as_object().unwrap() {
        arguments[key] = value.clone();
    }
    let made = stage.ann("aof_dispatch", arguments);
    let task = made["task"]["taskId"].as_str().unwrap().to_owned();
    stage.poll();
    task
}

/// A workflow of these hops.
fn of(hops: Value) -> Value {
    json!({"name": "ship", "hops": hops})
}

/// `hop: state`, in declared order; `hop: state outcome` where there is one.
fn standing(stage: &mut Stage, task: &str) -> Vec<String> {
    let shown = stage.task(task);
    let hops = shown["workflow"]["hops"].as_array().cloned().unwrap();
    let line = |hop: &Value| {
        let text = |key: &str| hop[key].as_str().map(str::to_owned);
        let more = text("outcome").or_else(|| text("skipped"));
        let more = more.map(|more| format!(" {more}")).unwrap_or_default();
        format!("{}: {}{more}", text("id").unwrap(), text("state").unwrap())
    };
    hops.iter().map(line).collect()
}

/// The card of a hop's present pass.
fn card_of(stage: &mut Stage, task: &str, hop: &str) -> String {
    let shown = stage.task(task);
    let hops = shown["workflow"]["hops"].as_array().cloned().unwrap();
    let found = hops.iter().find(|it| it["id"] == hop).unwrap();
    let card = found["task"].as_str();
    card.unwrap_or_else(|| panic!("{hop} has no card: {found}"))
        .to_owned()
}

/// Polls, and gives the spawn of a hop.
fn spawn_of(stage: &mut Stage, task: &str, hop: &str) -> SpawnEffect {
    let card = card_of(stage, task, hop);
    stage.spawned_for(&card)
}

/// The run of a spawn completes its hop.
fn finish(stage: &mut Stage, spawn: &SpawnEffect, more: &Value) -> Result<Value, Error> {
    let mut arguments = json!({"taskId": spawn.task});
    for (key, value) in more.as_object().unwrap() {
        arguments[key] = value.clone();
    }
    stage.tool(&runner(spawn), "aof_task_complete", arguments)
}

/// Whoever works on a hop, from its card.
fn worker(stage: &mut Stage, card: &str) -> Caller {
    let shown = stage.task(card);
    let text = |key: &str| shown[key].as_str().map(str::to_owned);
    let (agent, run) = text("agent")
        .zip(text("run"))
        .unwrap_or_else(|| panic!("{shown}"));
    Caller::Agent(AgentCaller {
        agent,
        session: Some(format!("session-of-{run}")),
        run: Some(run),
    })
}

/// Polls, and lets the run of a hop complete it.
fn does(stage: &mut Stage, (task, hop): (&str, &str), more: &Value) {
    stage.poll();
    let card = card_of(stage, task, hop);
    let caller = worker(stage, &card);
    let mut arguments = json!({"taskId": card});
    for (key, value) in more.as_object().unwrap() {
        arguments[key] = value.clone();
    }
    let answer = stage.tool(&caller, "aof_task_complete", arguments);
    answer.unwrap_or_else(|error| panic!("{hop}: {}", error.message));
}
