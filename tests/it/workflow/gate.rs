//! Gates that nobody gets round: people who decide, reviews, and tools that are refused.

use serde_json::json;

use super::{begun, card_of, does, of, spawn_of, standing};
use crate::stage::{Stage, agent, human, runner};

fn gated() -> serde_json::Value {
    of(json!([
        {"id": "build", "agent": "writer"},
        {"id": "sign", "kind": "human", "dependsOn": ["build"], "canReject": true},
        {"id": "ship", "agent": "printer", "dependsOn": ["sign"]},
    ]))
}

#[test]
fn a_person_decides_a_human_hop_and_no_agent_does() {
    let mut stage = Stage::empty();
    let task = begun(&mut stage, &gated());
    does(&mut stage, (&task, "build"), &json!({}));
    assert_eq!(
        standing(&mut stage, &task),
        [
            "build: complete success",
            "sign: waiting-human",
            "ship: pending"
        ]
    );
    let card = card_of(&mut stage, &task, "sign");
    assert_eq!(stage.status(&card), "review");
    for _ in 0..3 {
        stage.poll();
        assert!(stage.spawns().is_empty());
    }
    let before = stage.tree();
    for (caller, id) in [
        (agent("writer"), &card),
        (agent("judge"), &card),
        (agent("writer"), &task),
    ] {
        for (tool, more) in [
            ("aof_task_complete", json!({})),
            ("aof_task_update", json!({"status": "done"})),
        ] {
            let mut arguments = more;
            arguments["taskId"] = json!(id);
            let refused = stage.tool(&caller, tool, arguments).unwrap_err();
            assert!(
                ["AOF-2005", "AOF-2040", "AOF-2042"].contains(&refused.code.as_str()),
                "{refused:?}"
            );
        }
    }
    let cards = |tree: &crate::stage::Tree| -> Vec<String> {
        let kept = tree.iter().filter(|(path, _)| path.contains("/tasks/"));
        kept.map(|(path, text)| format!("{path}\n{text}")).collect()
    };
    assert_eq!(cards(&before), cards(&stage.tree()));
    // When a person lets it pass, by the task or by the hop
    stage.ann(
        "aof_task_complete",
        json!({"taskId": task, "notes": "fine"}),
    );
    assert_eq!(
        standing(&mut stage, &task),
        [
            "build: complete success",
            "sign: complete success",
            "ship: ready"
        ]
    );
    does(&mut stage, (&task, "ship"), &json!({}));
    assert_eq!(stage.status(&task), "done");
}

#[test]
fn a_person_sends_work_back() {
    let mut stage = Stage::empty();
    let task = begun(&mut stage, &gated());
    does(&mut stage, (&task, "build"), &json!({}));
    stage.ann(
        "aof_task_complete",
        json!({"taskId": task, "outcome": "rejected", "notes": "wrong colour"}),
    );
    assert_eq!(standing(&mut stage, &task)[0], "build: ready");
    let spawn = spawn_of(&mut stage, &task, "build");
    assert!(
        stage
            .file(&spawn.card_path)
            .unwrap()
            .contains("wrong colour")
    );
}

#[test]
fn a_hop_that_does_not_advance_by_itself_waits_for_a_person() {
    let mut stage = Stage::empty();
    let task = begun(
        &mut stage,
        &of(json!([
            {"id": "build", "agent": "writer", "autoAdvance": false},
            {"id": "ship", "agent": "printer", "dependsOn": ["build"]},
        ])),
    );
    does(&mut stage, (&task, "build"), &json!({"notes": "built"}));
    let card = card_of(&mut stage, &task, "build");
    assert_eq!(stage.status(&card), "review");
    assert_eq!(
        standing(&mut stage, &task),
        ["build: ready", "ship: pending"]
    );
    stage.poll();
    assert!(stage.spawns().is_empty());
    stage.ann("aof_task_complete", json!({"taskId": card}));
    assert_eq!(
        standing(&mut stage, &task),
        ["build: complete success", "ship: ready"]
    );
    let built = stage.task(&task)["workflow"]["hops"][0].clone();
    assert_eq!(
        (&built["by"], &built["result"]["notes"]),
        (&json!("writer"), &json!("built"))
    );
}

#[test]
fn a_person_who_looks_at_a_hop_sends_it_back_to_whoever_did_it() {
    let mut stage = Stage::empty();
    let task = begun(
        &mut stage,
        &of(json!([
            {"id": "plan", "agent": "judge"},
            {"id": "build", "agent": "writer", "dependsOn": ["plan"], "autoAdvance": false},
        ])),
    );
    does(&mut stage, (&task, "plan"), &json!({}));
    does(&mut stage, (&task, "build"), &json!({}));
    let card = card_of(&mut stage, &task, "build");
    let back = json!({"taskId": card, "outcome": "rejected", "notes": "too loud"});
    stage.ann("aof_task_complete", back);
    assert_eq!(
        standing(&mut stage, &task),
        ["plan: complete success", "build: ready"]
    );
    let spawn = spawn_of(&mut stage, &task, "build");
    assert!(stage.file(&spawn.card_path).unwrap().contains("too loud"));
}

#[test]
fn nobody_moves_the_task_of_a_workflow() {
    let mut stage = Stage::empty();
    let task = begun(&mut stage, &gated());
    let spawn = spawn_of(&mut stage, &task, "build");
    let before = stage.tree();
    for status in ["review", "done", "ready"] {
        let arguments = json!({"taskId": task, "status": status});
        let refused = stage
            .tool(&human("ann"), "aof_task_update", arguments)
            .unwrap_err();
        assert_eq!(refused.code, "AOF-2040", "{status}");
    }
    let refused = stage
        .tool(&human("ann"), "aof_task_complete", json!({"taskId": task}))
        .unwrap_err();
    assert_eq!(refused.code, "AOF-2040");
    insta::assert_snapshot!(
        format!("{}; {}", refused.message, refused.hint)
            .replace(&task, "TASK")
            .replace("; ", "\n"), @r"
    TASK carries a workflow, and only that moves it
    the caller works on none of its hops
    `aof task show` tells which hops are open
    cancel or block the task to stop its workflow
    ");
    assert_eq!(stage.tree(), before);
    // The one who works on the hop still can complete it.
    let done = json!({"taskId": task});
    stage
        .tool(&runner(&spawn), "aof_task_complete", done)
        .unwrap();
}

#[test]
fn cancelling_the_task_ends_what_its_hops_run() {
    let mut stage = Stage::empty();
    let task = begun(&mut stage, &gated());
    let spawn = spawn_of(&mut stage, &task, "build");
    stage.started(&spawn);
    stage.ann(
        "aof_task_cancel",
        json!({"taskId": task, "reason": "not wanted"}),
    );
    assert_eq!(stage.cancels()[0].run, spawn.run);
    assert_eq!(stage.status(&spawn.task), "cancelled");
    assert_eq!(stage.status(&task), "cancelled");
    stage.poll();
    assert!(stage.spawns().is_empty());
}

#[test]
fn while_the_task_is_blocked_its_hops_wait() {
    let mut stage = Stage::empty();
    let task = begun(&mut stage, &gated());
    stage.ann(
        "aof_task_block",
        json!({"taskId": task, "reason": "wait for the law"}),
    );
    stage.poll();
    assert!(stage.spawns().is_empty());
    let card = card_of(&mut stage, &task, "build");
    let why = stage.explain(&card)["reasons"]
        .to_string()
        .replace(&task, "TASK");
    insta::assert_snapshot!(why, @r#"["the task of its workflow, TASK, is blocked"]"#);
    stage.ann("aof_task_unblock", json!({"taskId": task}));
    stage.poll();
    let spawn = spawn_of(&mut stage, &task, "build");
    assert_eq!(spawn.agent, "writer");
}
