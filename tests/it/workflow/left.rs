//! Tasks of plans that nobody waits for any more.

use serde_json::{Value, json};

use super::{begun, card_of, does, of};
use crate::stage::Stage;

/// A poll waits for so long before it tries again what was refused.
const PAUSE_MS: u64 = 5_000;

/// The plans of several hops together have more tasks than one commit gives up.
#[test]
fn all_tasks_of_plans_that_are_sent_back_are_given_up_a_hundred_at_a_time() {
    for (first, second, given_up) in [(50, 50, &[100][..]), (50, 51, &[100, 101])] {
        let mut stage = Stage::empty();
        let expand = |from: &str| {
            json!({"id": format!("grow-{from}"), "kind": "expand", "dependsOn": [from],
                   "expand": {"into": "tasks", "maxCount": 100, "maxWidth": 100}})
        };
        let task = begun(
            &mut stage,
            &of(json!([
                {"id": "a", "agent": "writer"}, expand("a"),
                {"id": "b", "agent": "reader"}, expand("b"),
                {"id": "look", "kind": "human", "dependsOn": ["a", "b"], "canReject": true},
            ])),
        );
        for (hop, count) in [("a", first), ("b", second)] {
            let who = json!({"role": "dream"});
            let part =
                |number| json!({"id": format!("t{number}"), "title": "T", "routing": who.clone()});
            let plan: Vec<Value> = (0..count).map(part).collect();
            does(
                &mut stage,
                (&task, hop),
                &json!({"payload": {"plan": plan}}),
            );
        }
        let open = json!({"parentId": task, "role": "dream", "limit": 1000});
        let left = |stage: &mut Stage| {
            let listed = stage.ann("aof_task_list", open.clone());
            listed["list"]["tasks"].as_array().unwrap().len()
        };
        assert_eq!(left(&mut stage), first + second);
        // When somebody sends the plans back
        let look = card_of(&mut stage, &task, "look");
        let back = json!({"taskId": look, "outcome": "rejected", "notes": "no"});
        stage.ann("aof_task_complete", back);
        for count in given_up {
            assert_eq!(left(&mut stage), first + second - count);
            stage.poll();
        }
        // Then the workflow goes on with plans of its own, and nothing else changes any more
        does(&mut stage, (&task, "a"), &json!({"payload": {"plan": []}}));
        does(&mut stage, (&task, "b"), &json!({"payload": {"plan": []}}));
        stage.ann("aof_task_complete", json!({"taskId": task}));
        assert_eq!(stage.status(&task), "done");
        assert!(
            !stage
                .file(&stage.card_path(&task))
                .unwrap()
                .contains("dropped")
        );
    }
}

/// One that cannot be read is neither forgotten, nor does it hold the others up, nor is anything
/// written over and over because of it.
#[test]
fn a_task_of_a_plan_that_cannot_be_read_is_given_up_once_it_can() {
    let mut stage = Stage::empty();
    let task = begun(
        &mut stage,
        &of(json!([
            {"id": "a", "agent": "writer"},
            {"id": "grow", "kind": "expand", "dependsOn": ["a"], "expand": {"into": "tasks"}},
            {"id": "look", "kind": "human", "dependsOn": ["a"], "canReject": true},
        ])),
    );
    let plan = json!({"payload": {"plan": [
        {"id": "x", "title": "X", "routing": {"role": "dream"}},
        {"id": "y", "title": "Y", "routing": {"role": "dream"}},
    ]}});
    does(&mut stage, (&task, "a"), &plan);
    let listed = stage.ann("aof_task_list", json!({"parentId": task, "role": "dream"}));
    let parts: Vec<&str> = ["X", "Y"]
        .into_iter()
        .map(|title| {
            let mut tasks = listed["list"]["tasks"].as_array().unwrap().iter();
            let found = tasks.find(|it| it["title"] == title).unwrap();
            found["id"].as_str().unwrap()
        })
        .collect();
    let [x, y] = parts[..] else {
        panic!("{listed}")
    };
    stage.sabotage.hide(x);
    let look = card_of(&mut stage, &task, "look");
    let back = json!({"taskId": look, "outcome": "rejected", "notes": "no"});
    stage.ann("aof_task_complete", back);
    assert_eq!(stage.status(y), "cancelled");
    // People are told once, and nothing is done until it can be read
    stage.poll();
    let commits = stage.sabotage.commits();
    for _ in 0..3 {
        let poll = stage.later(PAUSE_MS).poll();
        assert_eq!(poll["actions"], json!([]), "{poll}");
        assert_eq!(stage.sabotage.commits(), commits);
    }
    let told = stage.payloads("scheduler.action-failed");
    let error = told[0]["error"].as_str().unwrap();
    assert!(error.contains("the disk gives an error"), "{error}");
    assert_eq!(told.len(), 1);
    stage.sabotage.show_all();
    stage.later(PAUSE_MS);
    stage.poll();
    assert_eq!(stage.status(x), "cancelled");
}
