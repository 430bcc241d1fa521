//! Cards of workflows that people edit, break, mend and move by hand.

use serde_json::json;

use super::{begun, card_of, does, of, spawn_of, standing};
use crate::stage::Stage;

fn two() -> serde_json::Value {
    of(json!([
        {"id": "build", "agent": "writer"},
        {"id": "look", "agent": "reader", "dependsOn": ["build"]},
    ]))
}

fn edit(stage: &mut Stage, task: &str, edits: &[(&str, &str)]) {
    let path = stage.card_path(task);
    let mut text = stage.file(&path).unwrap();
    for (from, to) in edits {
        assert!(text.contains(from), "{from} is not in {text}");
        text = text.replacen(from, to, 1);
    }
    stage.put_by_hand(&path, &text);
}

#[test]
fn while_the_card_of_the_task_cannot_be_read_its_hops_are_left_alone() {
    // Given a hop at work, and a task whose card somebody has just broken
    let mut stage = Stage::empty();
    let task = begun(&mut stage, &two());
    let spawn = spawn_of(&mut stage, &task, "build");
    stage.started(&spawn);
    edit(&mut stage, &task, &[("title: ", "title: [")]);
    // When the scheduler looks, and the host is started anew
    for _ in 0..3 {
        stage.poll();
        assert!(stage.cancels().is_empty());
    }
    stage.kill_and_reopen();
    stage.poll();
    assert_eq!(stage.status(&spawn.task), "in-progress");
    // Then the workflow goes on once it is mended
    edit(&mut stage, &task, &[("title: [", "title: ")]);
    stage.poll();
    super::finish(&mut stage, &spawn, &json!({})).unwrap();
    does(&mut stage, (&task, "look"), &json!({}));
    assert_eq!(stage.status(&task), "done");
}

#[test]
fn a_hop_that_a_person_says_is_done_is_done() {
    let mut stage = Stage::empty();
    let task = begun(&mut stage, &two());
    let card = card_of(&mut stage, &task, "build");
    edit(&mut stage, &task, &[("status: ready", "status: complete")]);
    stage.poll();
    assert_eq!(
        standing(&mut stage, &task),
        ["build: complete success", "look: ready"]
    );
    assert_eq!(stage.status(&card), "cancelled");
    edit(&mut stage, &task, &[("status: ready", "status: complete")]);
    stage.poll();
    assert_eq!(stage.status(&task), "done");
    assert_eq!(stage.poll()["actions"], json!([]));
}

#[test]
fn a_hop_that_a_person_adds_is_done() {
    let mut stage = Stage::empty();
    let task = begun(&mut stage, &two());
    let hop = "    hops:\n      - id: extra\n        agent: judge\n      - ";
    edit(&mut stage, &task, &[("    hops:\n      - ", hop)]);
    stage.poll();
    assert_eq!(
        standing(&mut stage, &task),
        ["extra: ready", "build: dispatched", "look: pending"]
    );
    for hop in ["extra", "build", "look"] {
        does(&mut stage, (&task, hop), &json!({}));
    }
    assert_eq!(stage.status(&task), "done");
}

#[test]
fn a_join_that_nothing_led_to_has_no_deadline() {
    let mut stage = Stage::empty();
    let task = begun(
        &mut stage,
        &of(json!([
            {"id": "a", "agent": "writer"},
            {"id": "b", "agent": "reader"},
            {"id": "sum", "agent": "judge", "dependsOn": ["a", "b"], "joinType": "deadline(30m)"},
        ])),
    );
    does(&mut stage, (&task, "a"), &json!({}));
    let card = card_of(&mut stage, &task, "b");
    stage.ann("aof_task_block", json!({"taskId": card, "reason": "later"}));
    // When a person has the first one done anew
    edit(
        &mut stage,
        &task,
        &[("status: complete", "status: pending")],
    );
    stage.poll();
    stage.later(3_600_000).poll();
    // Then the join waits for it again, and no poll does anything about that
    let before = stage.tree();
    let plan = stage.poll();
    assert_eq!(plan["actions"], json!([]));
    assert_eq!(stage.tree(), before);
    assert_eq!(standing(&mut stage, &task)[2], "sum: pending");
}

/// The frontmatter of a card has 512 KiB, a result 32 KiB of that.
#[test]
fn a_result_for_which_the_card_has_no_room_makes_its_hop_fail() {
    let mut stage = Stage::empty();
    let hops: Vec<_> = (0..18)
        .map(|at| {
            let before: Vec<String> = (0..at).rev().take(1).map(|at| format!("h{at}")).collect();
            json!({"id": format!("h{at}"), "agent": "writer", "dependsOn": before})
        })
        .collect();
    let task = begun(&mut stage, &of(json!(hops)));
    let large = json!({"payload": {"text": "x".repeat(30_000)}});
    for at in 0..18 {
        does(&mut stage, (&task, &format!("h{at}")), &large);
    }
    let states = standing(&mut stage, &task);
    let failed: Vec<&String> = states.iter().filter(|it| it.contains("failed")).collect();
    assert_eq!(failed, ["h17: failed"]);
    let reason = stage.task(&task)["reason"].as_str().unwrap().to_owned();
    insta::assert_snapshot!(reason.replace(": the", ":
the"), @r"
    workflow: failed at h17 (its result has no room:
    the card would be broken:
    the frontmatter that opens here does not end within 524288 bytes)
    ");
    // And with less it is done
    stage.ann("aof_task_unblock", json!({"taskId": task}));
    stage.poll();
    let small = json!({"payload": {"file": "large.txt"}});
    does(&mut stage, (&task, "h17"), &small);
    assert_eq!(stage.status(&task), "done");
}

#[test]
fn a_workflow_has_a_thousand_hops() {
    let mut stage = Stage::empty();
    let name = |at: usize| format!("h{at:0>49}");
    let mut hops = vec![json!({"id": "first", "agent": "writer"})];
    hops.extend(
        (0..998).map(|at| json!({"id": name(at), "kind": "human", "dependsOn": ["first"]})),
    );
    let last = json!({"id": "last", "kind": "human", "dependsOn": [name(0)], "joinType": "any"});
    hops.push(last);
    let task = begun(&mut stage, &of(json!(hops)));
    does(&mut stage, (&task, "first"), &json!({}));
    stage.poll();
    let states = standing(&mut stage, &task);
    let asked = states.iter().filter(|it| it.ends_with("waiting-human"));
    assert_eq!(asked.count(), 998);
    let told = &stage.payloads("dag.hop_completed")[0];
    assert_eq!(told["readyHops"].as_array().unwrap().len(), 100);
    assert_eq!(told["changes"].as_object().unwrap().len(), 100);
    let card = card_of(&mut stage, &task, &name(0));
    stage.ann("aof_task_complete", json!({"taskId": card}));
    assert_eq!(standing(&mut stage, &task)[999], "last: waiting-human");
}

#[test]
fn a_hop_whose_card_cannot_be_read_is_not_done_twice() {
    let mut stage = Stage::empty();
    let task = begun(&mut stage, &two());
    let card = card_of(&mut stage, &task, "build");
    edit(&mut stage, &card, &[("title: ", "title: [")]);
    stage.poll();
    stage.kill_and_reopen();
    stage.poll();
    let cards = stage.tree().into_keys();
    assert_eq!(cards.filter(|path| path.contains("/tasks/")).count(), 2);
    edit(&mut stage, &card, &[("title: [", "title: ")]);
    stage.poll();
    assert_eq!(card_of(&mut stage, &task, "build"), card);
    does(&mut stage, (&task, "build"), &json!({}));
    does(&mut stage, (&task, "look"), &json!({}));
    assert_eq!(stage.status(&task), "done");
}

#[test]
fn a_pause_undoes_no_failure_that_was_taken_care_of() {
    let mut stage = Stage::empty();
    let task = begun(
        &mut stage,
        &of(json!([
            {"id": "build", "agent": "writer"},
            {"id": "repair", "agent": "reader", "dependsOn": [{"hop": "build", "on": ["failed"]}]},
            {"id": "ship", "agent": "judge", "dependsOn": ["repair"]},
        ])),
    );
    let failed = json!({"outcome": "failed", "notes": "no"});
    does(&mut stage, (&task, "build"), &failed);
    does(&mut stage, (&task, "repair"), &json!({}));
    stage.ann("aof_task_block", json!({"taskId": task, "reason": "wait"}));
    stage.poll();
    stage.ann("aof_task_unblock", json!({"taskId": task}));
    stage.poll();
    assert_eq!(
        standing(&mut stage, &task),
        ["build: failed", "repair: complete success", "ship: ready"]
    );
    does(&mut stage, (&task, "ship"), &json!({}));
    assert_eq!(stage.status(&task), "done");
}

#[test]
fn what_a_person_has_to_do_is_given_to_no_agent_whatever_happens_to_its_card() {
    let mut stage = Stage::empty();
    let sign = json!([{"id": "sign", "role": "press", "requireHuman": true}]);
    let task = begun(&mut stage, &of(sign));
    let card = card_of(&mut stage, &task, "sign");
    // When it is blocked and let go on
    stage.ann("aof_task_block", json!({"taskId": card, "reason": "wait"}));
    stage.ann("aof_task_unblock", json!({"taskId": card}));
    stage.poll();
    assert!(stage.spawns().is_empty());
    assert_eq!(stage.status(&card), "review");
    // Or moved by hand to where agents find work
    stage.ann("aof_task_block", json!({"taskId": card, "reason": "wait"}));
    let from = stage.card_path(&card);
    stage.move_by_hand(&from, &from.replace("/blocked/", "/ready/"));
    stage.poll();
    stage.poll();
    assert!(stage.spawns().is_empty());
    let why = stage.explain(&card)["reasons"].to_string();
    insta::assert_snapshot!(why, @r#"["only a person does it"]"#);
    stage.ann("aof_task_complete", json!({"taskId": card}));
    assert_eq!(stage.status(&task), "done");
}
