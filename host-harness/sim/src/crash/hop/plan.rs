//! Every way in which a plan is carried out, refused, or taken back.
//!
//! Invariant: the plan has two entries, one after the other.

use aof_host::contract::types::Error;
use serde_json::{Value, json};

use super::super::act::by_ann;
use super::super::case::Case;
use super::super::rig::{Rig, broken};
use super::super::scene::ONE;
use super::{at_work, case, comes_true, finish, hop, is, over, start_all};

const GROWS: &str = "{}";
const SPLITS: &str = "{into: tasks}";

pub(crate) const CASES: &[Case] = &[
    case(
        "a plan becomes hops",
        || planned(GROWS),
        |rig| plan(rig, "writer"),
        |rig| {
            comes_true(rig, |rig| {
                is(rig, "x", "ready") && is(rig, "y", "pending") && is(rig, "c", "pending")
            })
        },
    ),
    case(
        "a plan becomes tasks",
        || planned(SPLITS),
        plan_tasks,
        |rig| comes_true(rig, |rig| is(rig, "g", "dispatched")),
    ),
    case(
        "a plan is refused",
        || planned(GROWS),
        |rig| plan(rig, "stranger"),
        |rig| comes_true(rig, |rig| is(rig, "g", "failed")),
    ),
    case(
        "a plan of tasks is refused",
        || planned(SPLITS),
        |rig| plan(rig, "writer"),
        |rig| comes_true(rig, |rig| is(rig, "g", "failed")),
    ),
    case(
        "the last hop of a plan ends",
        || {
            let mut rig = planned(GROWS)?;
            plan(&mut rig, "writer")?;
            start_all(&mut rig)?;
            finish(&mut rig, "x", &json!({}))?;
            start_all(&mut rig)?;
            Ok(rig)
        },
        |rig| finish(rig, "y", &json!({})),
        |rig| comes_true(rig, |rig| !is(rig, "c", "pending")),
    ),
    case(
        "the last task of a plan ends",
        || {
            let mut rig = split()?;
            end_task(&mut rig, "X")?;
            rig.poll()?;
            Ok(rig)
        },
        |rig| end_task(rig, "Y"),
        |rig| comes_true(rig, |rig| is(rig, "g", "complete")),
    ),
    case(
        "a hop whose tasks are over ends",
        || {
            let mut rig = split()?;
            end_task(&mut rig, "X")?;
            end_task(&mut rig, "Y")?;
            Ok(rig)
        },
        Rig::poll,
        |rig| {
            comes_true(rig, |rig| {
                is(rig, "g", "complete") && !is(rig, "c", "pending")
            })
        },
    ),
    case(
        "a plan is taken back",
        || {
            let mut rig = planned(GROWS)?;
            plan(&mut rig, "writer")?;
            start_all(&mut rig)?;
            Ok(rig)
        },
        |rig| finish(rig, "r", &json!({"outcome": "rejected", "notes": "no"})),
        |rig| {
            comes_true(rig, |rig| {
                hop(rig, "r")["rejections"] == 1 && hop(rig, "x").is_null()
            })
        },
    ),
    case(
        "tasks of a plan are taken back",
        split,
        |rig| finish(rig, "r", &json!({"outcome": "rejected", "notes": "no"})),
        |rig| {
            comes_true(rig, |rig| {
                hop(rig, "r")["rejections"] == 1 && is(rig, "g", "pending")
            })
        },
    ),
    case(
        "a plan is not wanted any more",
        split,
        |rig| {
            let hops = json!([{"id": "a", "agent": "writer"}]);
            let other = json!({"taskId": ONE, "workflow": {"name": "ship", "hops": hops}});
            by_ann(rig, "aof_workflow_upgrade", other)
        },
        |rig| comes_true(rig, |rig| rig.status(ONE) == "done"),
    ),
];

/// The hop that makes the plan is at work, and one that looks at it comes beside what grows.
fn planned(expand: &str) -> Result<Rig, Error> {
    let hops = format!(
        "{{id: a, agent: writer}}, \
         {{id: g, kind: expand, dependsOn: [a], expand: {expand}}}, \
         {{id: c, agent: writer, dependsOn: [g]}}, \
         {{id: r, agent: writer, dependsOn: [a], canReject: true}}"
    );
    at_work(&hops)
}

fn plan(rig: &mut Rig, agent: &str) -> Result<(), Error> {
    let plan = json!([{"id": "x", "agent": agent},
        {"id": "y", "agent": agent, "dependsOn": ["x"]}]);
    hand_in(rig, &plan)
}

fn plan_tasks(rig: &mut Rig) -> Result<(), Error> {
    let routing = json!({"agent": "writer"});
    let plan = json!([{"id": "x", "title": "X", "routing": routing},
        {"id": "y", "title": "Y", "routing": routing, "dependsOn": ["x"]}]);
    hand_in(rig, &plan)
}

fn hand_in(rig: &mut Rig, plan: &Value) -> Result<(), Error> {
    finish(rig, "a", &json!({"payload": {"plan": plan}}))
}

/// The tasks of a plan are there, and the first is at work.
fn split() -> Result<Rig, Error> {
    let mut rig = planned(SPLITS)?;
    plan_tasks(&mut rig)?;
    start_all(&mut rig)?;
    Ok(rig)
}

/// A person says that a task of the plan is done.
fn end_task(rig: &mut Rig, title: &str) -> Result<(), Error> {
    let mut listed = rig.ann("aof_task_list", json!({"parentId": ONE}))?;
    let tasks = listed["list"]["tasks"].take();
    let mut tasks = tasks.as_array().into_iter().flatten();
    let task = tasks.find(|task| task["title"] == title);
    let id = task.and_then(|task| task["id"].as_str());
    // The list has only what is to be done.
    let id = id.ok_or_else(|| over(broken(format!("no task {title}"))))?;
    by_ann(rig, "aof_task_complete", json!({"taskId": id}))
}
