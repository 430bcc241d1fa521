//! Every operation on the hops of a workflow, each from a state that it starts from.
//!
//! Never asks for more than one operation at a time. Invariant: every workflow here is a card that
//! a person wrote, and its agent is the same for all hops.

pub(super) mod decide;
pub(super) mod plan;

use aof_host::contract::hooks::{Failure, FailureClass, Settlement};
use aof_host::contract::types::Error;
use serde_json::{Value, json};

use super::act::by_ann;
use super::case::Case;
use super::rig::{Rig, broken, files};
use super::scene::{ONE, empty, written};
use crate::check::place;

/// Longer than the shortest time that a hop or a join can be given.
const TOO_LONG_MS: u64 = 61_000;

const CHAIN: &str = "{id: a, agent: writer}, {id: b, agent: writer, dependsOn: [a]}";
const ALONE: &str = "{id: a, agent: writer}";
const JOINED: &str = "{id: a, agent: writer}, {id: b, agent: writer}, \
                      {id: c, agent: writer, dependsOn: [a, b]}";
const DEADLINE: &str = "{id: a, agent: writer}, {id: b, agent: writer}, \
                        {id: c, agent: writer, dependsOn: [a, b], joinType: deadline(1m)}";
const LOOKED_AT: &str = "{id: a, agent: writer}, \
                         {id: b, agent: writer, dependsOn: [a], canReject: true}, \
                         {id: c, agent: writer, dependsOn: [a]}";
const STRICT: &str = "{id: a, agent: writer}, \
                      {id: b, agent: writer, dependsOn: [a], canReject: true, rejectionsMax: 1}";
const SIGNED: &str = "{id: a, kind: human}, {id: b, agent: writer, dependsOn: [a]}";
const REVIEWED: &str = "{id: a, agent: writer, autoAdvance: false}, \
                        {id: b, agent: writer, dependsOn: [a]}";
const SHORT: &str = "{id: a, agent: writer, timeout: 1m, escalateTo: writer}";
const WARNED: &str = "{id: a, agent: writer, timeout: 1m}";

/// A case that takes as long as others, in one commit.
const fn case(
    name: &'static str,
    before: fn() -> Result<Rig, Error>,
    act: fn(&mut Rig) -> Result<(), Error>,
    is_new: fn(&mut Rig) -> bool,
) -> Case {
    Case {
        name,
        before,
        act,
        is_new,
        is_atomic: true,
        weight: 1,
    }
}

pub(crate) const CASES: &[Case] = &[
    case(
        "create with a workflow",
        empty,
        |rig| {
            let hops = json!([{"id": "a", "agent": "writer"}]);
            let draft = json!({"title": "t", "brief": "b",
                "workflow": {"name": "ship", "hops": hops}});
            by_ann(rig, "aof_dispatch", draft)
        },
        |rig| {
            let all = rig.report().unwrap_or_default();
            let tasks = all["tasks"].as_array();
            tasks.is_some_and(|tasks| !tasks.is_empty())
        },
    ),
    case(
        "a workflow is changed",
        || at_work(CHAIN),
        |rig| {
            let hops = json!([{"id": "a", "agent": "writer"},
                {"id": "b", "agent": "writer", "dependsOn": ["a"]},
                {"id": "c", "agent": "writer", "dependsOn": ["b"]}]);
            let other = json!({"taskId": ONE, "workflow": {"name": "ship", "hops": hops}});
            by_ann(rig, "aof_workflow_upgrade", other)
        },
        |rig| is(rig, "c", "pending"),
    ),
    case(
        "a workflow begins",
        || carrying(JOINED),
        Rig::poll,
        |rig| comes_true(rig, |rig| rig.status(ONE) == "in-progress"),
    ),
    case(
        "dispatch two hops",
        || begun(JOINED),
        Rig::poll,
        |rig| {
            comes_true(rig, |rig| {
                is(rig, "a", "dispatched") && is(rig, "b", "dispatched")
            })
        },
    ),
    case(
        "end of a hop",
        || at_work(CHAIN),
        |rig| finish(rig, "a", &json!({})),
        |rig| {
            comes_true(rig, |rig| {
                is(rig, "a", "complete") && !is(rig, "b", "pending")
            })
        },
    ),
    case(
        "end of a hop by the name of its task",
        || at_work(CHAIN),
        |rig| {
            let run = run_of(rig, "a")?;
            rig.agent(&run, "aof_task_complete", json!({"taskId": ONE}))
        },
        |rig| comes_true(rig, |rig| is(rig, "a", "complete")),
    ),
    case(
        "end of the last hop",
        || at_work(ALONE),
        |rig| finish(rig, "a", &json!({})),
        |rig| comes_true(rig, |rig| rig.status(ONE) == "done"),
    ),
    case(
        "end of one of two hops",
        || at_work(JOINED),
        |rig| finish(rig, "a", &json!({})),
        |rig| {
            comes_true(rig, |rig| {
                is(rig, "a", "complete") && is(rig, "c", "pending")
            })
        },
    ),
    case(
        "end of the other hop",
        || {
            let mut rig = at_work(JOINED)?;
            finish(&mut rig, "a", &json!({}))?;
            Ok(rig)
        },
        |rig| finish(rig, "b", &json!({})),
        |rig| {
            comes_true(rig, |rig| {
                is(rig, "b", "complete") && !is(rig, "c", "pending")
            })
        },
    ),
    case(
        "a hop sends work back",
        || after_a(LOOKED_AT),
        |rig| finish(rig, "b", &json!({"outcome": "rejected", "notes": "no"})),
        |rig| {
            comes_true(rig, |rig| {
                hop(rig, "b")["rejections"] == 1 && is(rig, "c", "pending")
            })
        },
    ),
    case(
        "the breaker opens",
        || after_a(STRICT),
        |rig| finish(rig, "b", &json!({"outcome": "rejected", "notes": "no"})),
        |rig| comes_true(rig, |rig| rig.status(ONE) == "blocked"),
    ),
    case(
        "a person decides a hop",
        || begun(SIGNED),
        |rig| {
            by_ann(
                rig,
                "aof_task_complete",
                json!({"taskId": ONE, "notes": "fine"}),
            )
        },
        |rig| comes_true(rig, |rig| is(rig, "a", "complete")),
    ),
    case(
        "a hop is handed in",
        || at_work(REVIEWED),
        |rig| finish(rig, "a", &json!({})),
        |rig| {
            let card = card_of(rig, "a").unwrap_or_default();
            rig.status(&card) == "review"
        },
    ),
    case(
        "a hop is handed on",
        || too_long(SHORT),
        Rig::poll,
        |rig| said_in_cards(rig, "escalatedAt:"),
    ),
    case(
        "people are told of a hop",
        || too_long(WARNED),
        Rig::poll,
        |rig| said_in_cards(rig, "timedOutAt:"),
    ),
    case(
        "a join waits no longer",
        || {
            let mut rig = at_work(DEADLINE)?;
            finish(&mut rig, "a", &json!({}))?;
            let card = card_of(&mut rig, "b")?;
            by_ann(
                &mut rig,
                "aof_task_block",
                json!({"taskId": card, "reason": "r"}),
            )?;
            rig.later(TOO_LONG_MS);
            Ok(rig)
        },
        Rig::poll,
        |rig| !is(rig, "c", "pending"),
    ),
    case(
        "cancel what has hops at work",
        || at_work(JOINED),
        |rig| {
            by_ann(
                rig,
                "aof_task_cancel",
                json!({"taskId": ONE, "reason": "r"}),
            )
        },
        |rig| rig.status(ONE) == "cancelled",
    ),
    case(
        "a hop is given up",
        || {
            let mut rig = begun(ALONE)?;
            rig.poll()?;
            Ok(rig)
        },
        |rig| {
            let failed = Settlement::Failed(Failure {
                class: FailureClass::Permanent,
                message: "no such program".to_owned(),
            });
            let run = run_of(rig, "a")?;
            rig.settle(&run, &failed)
        },
        |rig| comes_true(rig, |rig| rig.status(ONE) == "blocked"),
    ),
    case(
        "unblock a workflow that failed",
        failed,
        |rig| by_ann(rig, "aof_task_unblock", json!({"taskId": ONE})),
        |rig| rig.status(ONE) != "blocked",
    ),
    case(
        "a workflow that failed goes on",
        || {
            let mut rig = failed()?;
            by_ann(&mut rig, "aof_task_unblock", json!({"taskId": ONE}))?;
            Ok(rig)
        },
        Rig::poll,
        |rig| comes_true(rig, |rig| rig.status(ONE) == "in-progress"),
    ),
    case(
        "a workflow catches up",
        || {
            let mut rig = begun(SIGNED)?;
            let card = card_of(&mut rig, "a")?;
            by_ann(
                &mut rig,
                "aof_task_block",
                json!({"taskId": ONE, "reason": "r"}),
            )?;
            by_ann(&mut rig, "aof_task_complete", json!({"taskId": card}))?;
            by_ann(&mut rig, "aof_task_unblock", json!({"taskId": ONE}))?;
            rig.poll()?;
            Ok(rig)
        },
        Rig::poll,
        |rig| comes_true(rig, |rig| is(rig, "a", "complete")),
    ),
];

/// A task with a workflow of these hops.
fn carrying(hops: &str) -> Result<Rig, Error> {
    let lines = format!("workflow: {{definition: {{name: ship, hops: [{hops}]}}}}\n");
    written("ready", &lines)
}

fn begun(hops: &str) -> Result<Rig, Error> {
    let mut rig = carrying(hops)?;
    rig.poll()?;
    Ok(rig)
}

fn at_work(hops: &str) -> Result<Rig, Error> {
    let mut rig = begun(hops)?;
    start_all(&mut rig)?;
    Ok(rig)
}

/// The first hop is done, and what follows is at work.
fn after_a(hops: &str) -> Result<Rig, Error> {
    let mut rig = at_work(hops)?;
    finish(&mut rig, "a", &json!({}))?;
    start_all(&mut rig)?;
    Ok(rig)
}

fn too_long(hops: &str) -> Result<Rig, Error> {
    let mut rig = at_work(hops)?;
    rig.later(TOO_LONG_MS);
    Ok(rig)
}

fn failed() -> Result<Rig, Error> {
    let mut rig = at_work(CHAIN)?;
    finish(&mut rig, "a", &json!({"outcome": "failed", "notes": "no"}))?;
    Ok(rig)
}

/// Polls, and starts the sessions that are asked for.
fn start_all(rig: &mut Rig) -> Result<(), Error> {
    rig.poll()?;
    let runs: Vec<String> = rig.spawns().into_iter().map(|it| it.run).collect();
    rig.begun(&runs)
}

/// A hop of the workflow as views show it.
fn hop(rig: &mut Rig, name: &str) -> Value {
    let task = rig.task(ONE);
    let hops = task["workflow"]["hops"].as_array();
    let found = hops.and_then(|hops| hops.iter().find(|hop| hop["id"] == name));
    found.cloned().unwrap_or_default()
}

fn is(rig: &mut Rig, name: &str, state: &str) -> bool {
    hop(rig, name)["state"] == state
}

fn card_of(rig: &mut Rig, name: &str) -> Result<String, Error> {
    let card = hop(rig, name)["task"].as_str().map(str::to_owned);
    card.ok_or_else(|| broken(format!("{name} has no card")))
}

fn run_of(rig: &mut Rig, name: &str) -> Result<String, Error> {
    let card = card_of(rig, name)?;
    rig.run_of(&card)
}

/// What is missing has been there: whoever asks for it again is refused.
fn over(error: Error) -> Error {
    let code = "AOF-2041".to_owned();
    Error { code, ..error }
}

/// The agent of a hop ends it.
fn finish(rig: &mut Rig, name: &str, result: &Value) -> Result<(), Error> {
    // It may be done anew, by nobody yet.
    let card = card_of(rig, name).map_err(over)?;
    let run = rig.run_of(&card).map_err(over)?;
    let mut arguments = result.clone();
    arguments["taskId"] = json!(card);
    rig.agent(&run, "aof_task_complete", arguments)
}

/// Whether something holds, at the latest after two polls: a card that stood in the way is left to
/// them, and one that could not be found is made anew.
fn comes_true(rig: &mut Rig, holds: impl Fn(&mut Rig) -> bool) -> bool {
    let mut polls = 0;
    while !holds(rig) {
        polls += 1;
        if polls > 2 || rig.poll().is_err() {
            return false;
        }
    }
    true
}

fn said_in_cards(rig: &Rig, words: &str) -> bool {
    let files = files(&rig.machine);
    let mut cards = files.iter().filter(|(path, _)| place(path).is_some());
    cards.any(|(_, text)| String::from_utf8_lossy(text).contains(words))
}
