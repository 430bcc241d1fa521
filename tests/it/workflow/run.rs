//! Hops that run: each on a card of its own, with a run, a lease and a work directory.

use serde_json::json;

use super::{begun, card_of, does, finish, of, spawn_of, standing};
use crate::stage::{Stage, runner};

fn two() -> serde_json::Value {
    of(json!([
        {"id": "implement", "agent": "writer", "description": "Write it."},
        {"id": "review", "agent": "reader", "dependsOn": ["implement"], "canReject": true},
    ]))
}

#[test]
fn hops_run_one_after_the_other_and_lead_the_task_to_its_end() {
    // Given a task with a workflow of two hops
    let mut stage = Stage::empty();
    let task = begun(&mut stage, &two());
    assert_eq!(stage.status(&task), "in-progress");
    assert_eq!(
        standing(&mut stage, &task),
        ["implement: ready", "review: pending"]
    );
    // When the first is done
    let spawn = spawn_of(&mut stage, &task, "implement");
    assert_eq!(spawn.agent, "writer");
    assert_eq!(
        standing(&mut stage, &task),
        ["implement: dispatched", "review: pending"]
    );
    let commits = stage.sabotage.commits();
    finish(&mut stage, &spawn, &json!({"summary": "Written."})).unwrap();
    // Then the second is ready in the same commit, and the task goes on
    assert_eq!(stage.sabotage.commits(), commits + 1);
    assert_eq!(
        standing(&mut stage, &task),
        ["implement: complete success", "review: ready"]
    );
    assert_eq!(stage.status(&task), "in-progress");
    // And with the last one the task is done
    does(&mut stage, (&task, "review"), &json!({}));
    assert_eq!(stage.status(&task), "done");
    assert_eq!(
        standing(&mut stage, &task),
        ["implement: complete success", "review: complete success"]
    );
}

#[test]
fn whoever_does_a_hop_reads_what_was_done_before_in_its_own_directory() {
    let mut stage = Stage::empty();
    let task = begun(&mut stage, &two());
    let first = spawn_of(&mut stage, &task, "implement");
    assert_eq!(
        first.work_dir,
        format!("projects/_inbox/work/{task}/work/implement")
    );
    finish(
        &mut stage,
        &first,
        &json!({"summary": "Two files,\nall tested."}),
    )
    .unwrap();
    let second = spawn_of(&mut stage, &task, "review");
    assert_eq!(
        second.work_dir,
        format!("projects/_inbox/work/{task}/work/review")
    );
    let card = stage.file(&second.card_path).unwrap();
    let body = card.split("---\n").last().unwrap().replace(&task, "TASK");
    let body = body.replace(", ", ",\n");
    insta::assert_snapshot!(body, @r"
    This is the hop `review` of the workflow `ship`,
    which TASK carries: Ship it

    ## The task

    All of it.

    ## What was done before

    - `implement` (complete,
    success by writer),
    files in work/TASK/work/implement: Two files,
    all tested.

    ## How it ends

    Complete this task with outcome `success`,
    or with outcome `rejected` and notes to send the work back.
    ");
}

#[test]
fn parallel_hops_run_at_the_same_time_and_the_join_waits_for_both() {
    let mut stage = Stage::empty();
    let task = begun(
        &mut stage,
        &of(json!([
            {"id": "build", "agent": "writer"},
            {"id": "look", "agent": "reader", "dependsOn": ["build"]},
            {"id": "judge", "agent": "judge", "dependsOn": ["build"]},
            {"id": "ship", "role": "press", "dependsOn": ["look", "judge"]},
        ])),
    );
    does(&mut stage, (&task, "build"), &json!({}));
    stage.poll();
    let spawns = stage.spawns();
    let mut agents: Vec<&str> = spawns.iter().map(|spawn| spawn.agent.as_str()).collect();
    agents.sort_unstable();
    assert_eq!(agents, ["judge", "reader"]);
    finish(&mut stage, &spawns[0], &json!({})).unwrap();
    assert_eq!(standing(&mut stage, &task)[3], "ship: pending");
    finish(&mut stage, &spawns[1], &json!({})).unwrap();
    assert_eq!(standing(&mut stage, &task)[3], "ship: ready");
    does(&mut stage, (&task, "ship"), &json!({}));
    assert_eq!(stage.status(&task), "done");
}

/// Defect 25: the completion tool does not skip what is left.
#[test]
fn the_completion_of_the_task_by_whoever_does_a_hop_means_that_hop() {
    let mut stage = Stage::empty();
    let task = begun(&mut stage, &two());
    let spawn = spawn_of(&mut stage, &task, "implement");
    let answer = stage
        .tool(
            &runner(&spawn),
            "aof_task_complete",
            json!({"taskId": task}),
        )
        .unwrap();
    assert_eq!(answer["task"]["taskId"], spawn.task.as_str());
    assert_eq!(
        standing(&mut stage, &task),
        ["implement: complete success", "review: ready"]
    );
    assert_eq!(stage.status(&task), "in-progress");
}

/// Defect 26: a result of a run that is over completes nothing.
#[test]
fn a_stale_result_completes_no_other_hop() {
    let mut stage = Stage::empty();
    let task = begun(&mut stage, &two());
    let spawn = spawn_of(&mut stage, &task, "implement");
    finish(&mut stage, &spawn, &json!({})).unwrap();
    let before = stage.tree();
    for id in [
        task.clone(),
        spawn.task.clone(),
        card_of(&mut stage, &task, "review"),
    ] {
        let answer = stage.tool(&runner(&spawn), "aof_task_complete", json!({"taskId": id}));
        let code = answer.unwrap_err().code;
        assert!(
            ["AOF-2002", "AOF-2004", "AOF-2005", "AOF-2040"].contains(&code.as_str()),
            "{code}"
        );
    }
    let card = card_of(&mut stage, &task, "review");
    assert_eq!(stage.status(&card), "ready");
    let cards = |tree: crate::stage::Tree| -> Vec<(String, String)> {
        tree.into_iter()
            .filter(|(path, _)| path.contains("/tasks/"))
            .collect()
    };
    assert_eq!(cards(before), cards(stage.tree()));
}

/// Defect 24: a task with a workflow is never spawned as a whole.
#[test]
fn only_hops_are_spawned() {
    let mut stage = Stage::empty();
    let workflow = two();
    let more = json!({"agent": "printer"});
    let task = super::begun_with(&mut stage, &workflow, &more);
    let spawn = stage.spawned();
    assert_eq!(spawn.agent, "writer");
    assert_ne!(spawn.task, task);
    for _ in 0..3 {
        stage.poll();
        assert!(stage.spawns().is_empty());
    }
}
