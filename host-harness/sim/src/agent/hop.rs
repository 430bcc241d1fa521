//! What agents do who have a hop: they vote, hand in plans, and try what they may not.
//!
//! Invariant: equal dice are equal deeds.

use serde_json::{Value, json};

use super::character::{Deed, call, change};

/// Entries that plans have names for.
const NAMES: u32 = 40;

/// How a hop ends differs, and some name the whole where they mean their hop, or try to end it.
pub(super) fn of_a_hop(
    deeds: &mut Vec<(u64, Deed)>,
    (task, whole, colleague): (&str, &str, &str),
    (seed, is_gentle, dice): (u64, bool, &mut fastrand::Rng),
) {
    let outcome = match dice.u8(0..10) {
        _ if is_gentle => "success",
        0 | 1 => "rejected",
        2 => "failed",
        3 => "large",
        _ => "success",
    };
    let vote = match dice.u8(0..6) {
        0 => None,
        1 | 2 => Some(("nay", 0.8)),
        _ => Some(("aye", 0.6)),
    };
    let plan = match dice.u8(0..4) {
        0 => None,
        _ => Some(plan(colleague, (seed, is_gentle), dice)),
    };
    let names_whole = dice.u8(0..4) == 0;
    for (_, deed) in deeds.iter_mut() {
        change(deed, "aof_task_complete", |fields| {
            if fields.get("taskId").is_some_and(|it| it == task) {
                fields.insert("outcome".to_owned(), outcome.into());
                fields.insert("notes".to_owned(), "as an agent sees it".into());
                if let Some((verdict, confidence)) = vote {
                    fields.insert("verdict".to_owned(), verdict.into());
                    fields.insert("confidence".to_owned(), confidence.into());
                }
                if let Some(plan) = &plan {
                    fields.insert("payload".to_owned(), json!({ "plan": plan }));
                }
                if names_whole {
                    fields.insert("taskId".to_owned(), whole.into());
                }
            }
        });
    }
    if dice.u8(0..6) == 0
        && let Some((first_ms, _)) = deeds.first()
    {
        let end = match dice.choice(["done", "review"]).filter(|_| dice.bool()) {
            Some(status) => call(
                "aof_task_update",
                &json!({"taskId": whole, "status": status}),
            ),
            None => call("aof_task_cancel", &json!({"taskId": whole})),
        };
        deeds.insert(0, (*first_ms, end));
    }
}

/// Whether a plan is of tasks: in every world most plans are what most of those want who ask for
/// one.
pub(crate) fn plans_are_of_tasks(seed: u64, dice: &mut fastrand::Rng) -> bool {
    let is_usual = dice.u8(0..5) > 0;
    seed.is_multiple_of(2) == is_usual
}

/// A plan of hops or tasks, which whoever expands may want or not; some are wrong.
fn plan(colleague: &str, (seed, is_good): (u64, bool), dice: &mut fastrand::Rng) -> Value {
    let is_of_tasks = plans_are_of_tasks(seed, dice);
    let first = dice.u32(0..NAMES);
    let entries = 0..dice.u32(0..=3);
    let name = |at: u32| format!("p{}", first + at);
    let mut plan: Vec<Value> = entries
        .map(|at| {
            let before = at.checked_sub(1).map(name).filter(|_| dice.bool());
            match is_of_tasks {
                true => task(&name(at), before, colleague),
                false => hop(&name(at), before, (colleague, dice)),
            }
        })
        .collect();
    match (dice.u8(0..12), plan.first_mut()) {
        _ if is_good => {}
        (0, Some(entry)) => entry["dependsOn"] = json!([name(0)]),
        (1, Some(entry)) => entry["agent"] = json!("nobody"),
        (2, Some(entry)) => entry["id"] = json!("h0"),
        _ => {}
    }
    json!(plan)
}

fn task(id: &str, before: Option<String>, colleague: &str) -> Value {
    let mut task =
        json!({"id": id, "title": format!("part {id}"), "routing": {"agent": colleague}});
    if let Some(before) = before {
        task["dependsOn"] = json!([before]);
    }
    task
}

fn hop(id: &str, before: Option<String>, (colleague, dice): (&str, &mut fastrand::Rng)) -> Value {
    let Some(before) = before else {
        return json!({"id": id, "agent": colleague});
    };
    let hop = json!({"id": id, "dependsOn": [before]});
    let own = match dice.u8(0..5) {
        0 => json!({"kind": "human"}),
        1 => json!({"kind": "decide", "decide": {"consensus": "majority"}}),
        2 => json!({"kind": "expand", "expand": {"into": dice.choice(["hops", "tasks"])}}),
        3 => json!({"agent": colleague, "canReject": true}),
        _ => json!({"agent": colleague}),
    };
    let fields = [hop, own].into_iter().filter_map(|it| match it {
        Value::Object(fields) => Some(fields),
        _ => None,
    });
    Value::Object(fields.flatten().collect())
}
