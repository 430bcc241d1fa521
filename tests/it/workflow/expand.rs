//! Plans that become hops or tasks.

use serde_json::{Value, json};

use super::{begun, does, of, standing};
use crate::stage::Stage;

/// A workflow that grows by the plan of its first hop.
fn growing(expand: &Value) -> Value {
    of(json!([
        {"id": "plan", "agent": "writer"},
        {"id": "look", "agent": "judge"},
        {"id": "grow", "kind": "expand", "dependsOn": ["plan", "look"], "expand": expand},
        {"id": "ship", "agent": "reader", "dependsOn": ["grow"]},
    ]))
}

/// A task whose plan was handed on.
fn grown(expand: &Value, plan: &Value) -> (Stage, String) {
    let mut stage = Stage::empty();
    let task = begun(&mut stage, &growing(expand));
    let said = json!({"payload": {"plan": plan}});
    does(&mut stage, (&task, "plan"), &said);
    does(&mut stage, (&task, "look"), &json!({}));
    (stage, task)
}

#[test]
fn a_plan_is_taken_within_its_bounds() {
    let hop = |id: &str| json!({"id": id, "agent": "writer"});
    let two = json!([hop("x"), hop("y")]);
    let line = json!([hop("x"), {"id": "y", "agent": "judge", "dependsOn": ["x"]}]);
    let task = json!([{"id": "x", "title": "X", "routing": {"agent": "writer"}}]);
    for (expand, plan, state) in [
        (json!({"from": "plan"}), &two, "grow: complete success"),
        (json!({"from": "plan", "maxCount": 1}), &two, "grow: failed"),
        (json!({"from": "plan", "maxWidth": 1}), &two, "grow: failed"),
        (
            json!({"from": "plan", "maxWidth": 1}),
            &line,
            "grow: complete success",
        ),
        (
            json!({"from": "plan", "into": "tasks"}),
            &task,
            "grow: dispatched",
        ),
    ] {
        let (mut stage, task) = grown(&expand, plan);
        assert_eq!(standing(&mut stage, &task)[2], state, "{expand} {plan}");
    }
    // And plans come one from another as often as the first allows
    let deep = json!([
        hop("x"), {"id": "y", "kind": "expand", "dependsOn": ["x"], "expand": {"from": "x"}},
    ]);
    for (depth, state) in [(2, "y: complete success"), (1, "y: failed")] {
        let (mut stage, task) = grown(&json!({"from": "plan", "maxDepth": depth}), &deep);
        does(&mut stage, (&task, "x"), &json!({"payload": {"plan": []}}));
        assert_eq!(standing(&mut stage, &task)[5], state);
    }
}

#[test]
fn a_workflow_that_grew_and_failed_goes_on() {
    // Given a plan that became a hop, and a hop beside it that failed
    let mut stage = Stage::empty();
    let task = begun(
        &mut stage,
        &of(json!([
            {"id": "first", "agent": "writer"},
            {"id": "plan", "agent": "reader", "dependsOn": [{"hop": "first", "on": ["failed"]}]},
            {"id": "grow", "kind": "expand", "dependsOn": ["plan"], "expand": {}},
            {"id": "ship", "agent": "judge"},
        ])),
    );
    let failed = json!({"outcome": "failed", "notes": "no"});
    does(&mut stage, (&task, "first"), &failed);
    let said = json!({"payload": {"plan": [{"id": "x", "agent": "writer"}]}});
    does(&mut stage, (&task, "plan"), &said);
    does(&mut stage, (&task, "x"), &json!({}));
    does(&mut stage, (&task, "ship"), &failed);
    assert_eq!(stage.status(&task), "blocked");
    // When somebody lets it go on
    stage.ann("aof_task_unblock", json!({"taskId": task}));
    stage.poll();
    // Then what failed is done anew, and the plan is made once more
    let hops = stage.task(&task)["workflow"]["hops"].take();
    assert_eq!(
        (&hops[0]["reason"], &hops[1]["result"], &hops[3]["by"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    does(&mut stage, (&task, "first"), &failed);
    does(&mut stage, (&task, "plan"), &said);
    does(&mut stage, (&task, "x"), &json!({}));
    does(&mut stage, (&task, "ship"), &json!({}));
    assert_eq!(stage.status(&task), "done");
}

/// A plan of what failed is none: it would be gone once the card is read again.
#[test]
fn a_plan_of_a_hop_that_failed_is_refused() {
    let mut stage = Stage::empty();
    let task = begun(
        &mut stage,
        &of(json!([
            {"id": "plan", "agent": "writer"},
            {"id": "grow", "kind": "expand", "dependsOn": [{"hop": "plan", "on": ["failed"]}],
             "expand": {}},
        ])),
    );
    let plan = json!([{"id": "x", "agent": "reader"}]);
    let said = json!({"outcome": "failed", "notes": "no", "payload": {"plan": plan}});
    does(&mut stage, (&task, "plan"), &said);
    assert_eq!(
        standing(&mut stage, &task),
        ["plan: failed", "grow: failed"]
    );
    let hops = stage.task(&task)["workflow"]["hops"].take();
    assert_eq!(hops[0]["reason"], "no");
    let reason = hops[1]["reason"].as_str().unwrap();
    assert!(reason.contains("`payload.plan` is missing"), "{reason}");
}

/// What a plan made and sent work back is gone with the plan; how often it did is not.
#[test]
fn hops_of_a_plan_send_work_back_only_so_often() {
    let mut stage = Stage::empty();
    let mut workflow = of(json!([
        {"id": "plan", "agent": "writer"},
        {"id": "grow", "kind": "expand", "dependsOn": ["plan"], "expand": {}},
    ]));
    workflow["rejectionsMax"] = json!(3);
    let task = begun(&mut stage, &workflow);
    let plan = json!([{"id": "x", "agent": "reader"},
        {"id": "y", "agent": "judge", "dependsOn": ["x"], "canReject": true}]);
    for round in 1..=3 {
        let said = json!({"payload": {"plan": plan}});
        does(&mut stage, (&task, "plan"), &said);
        does(&mut stage, (&task, "x"), &json!({}));
        let said = json!({"outcome": "rejected", "notes": "no"});
        does(&mut stage, (&task, "y"), &said);
        let is_open = stage.status(&task) == "in-progress";
        assert_eq!(is_open, round < 3, "round {round}");
    }
    let reason = stage.task(&task)["reason"].as_str().unwrap().to_owned();
    assert!(reason.contains("circuit_breaker"), "{reason}");
}

/// Nobody waits for the tasks of a plan that had a vote, once it is decided without it.
#[test]
fn tasks_of_a_plan_are_not_waited_for_once_it_is_decided() {
    let mut stage = Stage::empty();
    let task = begun(
        &mut stage,
        &of(json!([
            {"id": "plan", "agent": "writer"},
            {"id": "ada", "agent": "reader"},
            {"id": "split", "kind": "expand", "dependsOn": ["plan"], "expand": {"into": "tasks"}},
            {"id": "sum", "kind": "decide", "dependsOn": ["ada", "split"],
             "decide": {"consensus": "first_wins"}},
            {"id": "ship", "agent": "printer", "dependsOn": ["sum"]},
        ])),
    );
    let part = json!({"id": "x", "title": "X", "routing": {"agent": "judge"}});
    let said = json!({"payload": {"plan": [part]}});
    does(&mut stage, (&task, "plan"), &said);
    let listed = stage.ann("aof_task_list", json!({"parentId": task}));
    let part = listed["list"]["tasks"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    does(&mut stage, (&task, "ada"), &json!({"verdict": "aye"}));
    assert_eq!(
        standing(&mut stage, &task)[2..],
        [
            "split: skipped dead-path",
            "sum: complete success",
            "ship: ready"
        ]
    );
    assert_eq!(stage.status(&part), "cancelled");
}

/// Plans that build on each other are read as they were carried out, whoever is declared first.
#[test]
fn a_plan_may_build_on_one_that_came_before() {
    let mut stage = Stage::empty();
    let task = begun(
        &mut stage,
        &of(json!([
            {"id": "late", "agent": "writer"},
            {"id": "more", "kind": "expand", "dependsOn": ["late"], "expand": {}},
            {"id": "soon", "agent": "reader"},
            {"id": "grow", "kind": "expand", "dependsOn": ["soon"], "expand": {}},
        ])),
    );
    let said = json!({"payload": {"plan": [{"id": "x", "agent": "judge"}]}});
    does(&mut stage, (&task, "soon"), &said);
    let plan = json!([{"id": "y", "agent": "writer", "dependsOn": ["x"]},
        {"id": "z", "agent": "reader", "dependsOn": ["grow"]}]);
    does(
        &mut stage,
        (&task, "late"),
        &json!({"payload": {"plan": plan}}),
    );
    stage.kill_and_reopen();
    let hops = stage.task(&task)["workflow"]["hops"].take();
    assert_eq!(hops[1]["reason"], Value::Null);
    assert_eq!(
        standing(&mut stage, &task)[4..],
        ["x: dispatched", "y: pending", "z: ready"]
    );
    does(&mut stage, (&task, "x"), &json!({}));
    does(&mut stage, (&task, "y"), &json!({}));
    does(&mut stage, (&task, "z"), &json!({}));
    assert_eq!(stage.status(&task), "done");
}

/// Whoever was in the chart when a plan was carried out may be gone when another one is taken back.
#[test]
fn a_plan_that_was_carried_out_stays_whoever_leaves() {
    let mut stage = Stage::empty();
    let task = begun(
        &mut stage,
        &of(json!([
            {"id": "plan", "agent": "writer"},
            {"id": "grow", "kind": "expand", "dependsOn": ["plan"], "expand": {}},
            {"id": "other", "agent": "printer"},
            {"id": "more", "kind": "expand", "dependsOn": ["other"], "expand": {}},
            {"id": "look", "agent": "judge", "dependsOn": ["other"], "canReject": true,
             "rejectionStrategy": "predecessors"},
        ])),
    );
    let said =
        |name: &str, agent: &str| json!({"payload": {"plan": [{"id": name, "agent": agent}]}});
    does(&mut stage, (&task, "plan"), &said("x", "reader"));
    does(&mut stage, (&task, "other"), &said("y", "writer"));
    let path = "org/org-chart.yaml";
    let chart = stage.file(path).unwrap();
    let without = chart.replace("id: reader", "id: someone");
    assert_ne!(chart, without);
    stage.put_by_hand(path, &without);
    let no = json!({"outcome": "rejected", "notes": "no"});
    does(&mut stage, (&task, "look"), &no);
    assert_eq!(
        standing(&mut stage, &task),
        [
            "plan: complete success",
            "grow: complete success",
            "other: ready",
            "more: pending",
            "look: pending",
            "x: dispatched",
        ]
    );
}

/// One result may hold both a plan and the vote that decides without it.
#[test]
fn tasks_that_nobody_waits_for_at_once_are_not_made() {
    let mut stage = Stage::empty();
    let task = begun(
        &mut stage,
        &of(json!([
            {"id": "plan", "agent": "writer"},
            {"id": "split", "kind": "expand", "dependsOn": ["plan"], "expand": {"into": "tasks"}},
            {"id": "sum", "kind": "decide", "dependsOn": ["plan", "split"],
             "decide": {"consensus": "first_wins"}},
            {"id": "ship", "agent": "printer", "dependsOn": ["sum"]},
        ])),
    );
    let part = json!({"id": "x", "title": "X", "routing": {"agent": "judge"}});
    let said = json!({"verdict": "aye", "payload": {"plan": [part]}});
    does(&mut stage, (&task, "plan"), &said);
    assert_eq!(
        standing(&mut stage, &task)[1..],
        [
            "split: skipped dead-path",
            "sum: complete success",
            "ship: ready"
        ]
    );
    let listed = stage.ann("aof_task_list", json!({"parentId": task}));
    assert_eq!(listed["list"]["tasks"], json!([]));
    does(&mut stage, (&task, "ship"), &json!({}));
    assert_eq!(stage.status(&task), "done");
}
