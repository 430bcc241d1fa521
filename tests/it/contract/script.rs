//! The same script twice gives the same files and the same answers, to the byte.

use aof_host::contract::hooks::FailureClass;
use serde_json::{Value, json};

use crate::stage::{CardText, Stage, TTL_MS, Tree, exited, human, runner};

fn scene() -> Stage {
    let card = CardText::new("TASK-2026-02-17-001", "ready").agent("judge");
    Stage::with(&card.fixture())
}

fn play(mut stage: Stage) -> (Tree, Vec<Value>) {
    let mut answers = Vec::new();
    let first = stage.task_for("writer", "first");
    let second = json!({
        "title": "second", "brief": "b", "role": "press", "dependsOn": [first],
        "metadata": {"z": 1, "a": [1, 2]},
    });
    answers.push(stage.ann("aof_dispatch", second));
    answers.push(stage.poll());
    let spawns = stage.spawns();
    stage.started(&spawns[0]);
    stage.failed(&spawns[1], FailureClass::Transient, "reset");
    answers.push(stage.later(1_000).poll());
    stage.kill_and_reopen();
    answers.push(stage.ended(&spawns[0].run, exited(7)));
    answers.push(stage.later(TTL_MS).poll());
    answers.push(stage.poll());
    for spawn in stage.spawns() {
        let done = json!({"taskId": spawn.task, "summary": "done"});
        answers.push(
            stage
                .tool(&runner(&spawn), "aof_task_complete", done)
                .unwrap(),
        );
    }
    answers.push(stage.poll());
    let refused = stage.tool(&human("ann"), "aof_task_get", json!({"taskId": "TASK"}));
    answers.push(json!(refused.unwrap_err().message));
    answers.push(stage.report());
    answers.push(stage.metrics());
    (stage.tree(), answers)
}

#[test]
fn the_same_script_gives_the_same_bytes() {
    let (first_tree, first_answers) = play(scene());
    let (second_tree, second_answers) = play(scene());
    assert_eq!(first_answers, second_answers);
    assert_eq!(first_tree, second_tree);
    assert!(first_tree.len() > 5, "{:?}", first_tree.keys());
}

#[test]
fn a_real_directory_ends_up_as_the_one_in_memory() {
    let (memory_tree, memory_answers) = play(scene().opened_again());
    let (local_tree, local_answers) = play(scene().on_a_real_directory());
    let without_epochs = |answers: Vec<Value>| -> Vec<Value> {
        let mut answers = answers;
        for answer in &mut answers {
            if let Some(fields) = answer.as_object_mut() {
                fields.remove("epoch");
            }
        }
        answers
    };
    assert_eq!(
        without_epochs(memory_answers),
        without_epochs(local_answers)
    );
    let comparable = |tree: Tree| -> Tree {
        tree.into_iter()
            .filter(|(path, _)| !path.starts_with("events/") && !path.contains("/journal/"))
            .collect()
    };
    assert_eq!(comparable(memory_tree), comparable(local_tree));
}
