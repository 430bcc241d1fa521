//! Which task goes first, what a plan says, and what it leaves alone.

use serde_json::{Value, json};

use super::{ONE, THREE, TWO};
use crate::stage::{CardText, Stage, human};

const FOUR: &str = "TASK-2026-02-17-004";

fn mixed() -> Stage {
    let normal = |id: &str, agent: &str| CardText::new(id, "ready").agent(agent);
    let cards = [
        "//- aof.yaml\nscheduler: {maxConcurrentDispatches: 2}\n".to_owned(),
        normal(ONE, "writer").made_at(30).fixture(),
        normal(TWO, "reader")
            .made_at(20)
            .line("priority: low")
            .fixture(),
        normal(THREE, "judge")
            .made_at(40)
            .line("priority: critical")
            .fixture(),
        normal(FOUR, "printer").made_at(10).fixture(),
        CardText::new("TASK-2026-02-17-005", "ready")
            .agent("ghost")
            .fixture(),
        CardText::new("TASK-2026-02-17-006", "ready")
            .line("routing: {role: owner}")
            .fixture(),
        CardText::new("TASK-2026-02-17-007", "backlog")
            .agent("writer")
            .made_at(50)
            .line("dependsOn: [TASK-2026-02-17-008]")
            .fixture(),
        CardText::new("TASK-2026-02-17-008", "done").fixture(),
    ];
    Stage::with(&cards.concat())
}

#[test]
fn urgent_tasks_go_first_and_then_the_oldest() {
    let mut stage = mixed();
    stage.poll();
    let order: Vec<String> = stage.spawns().into_iter().map(|spawn| spawn.task).collect();
    assert_eq!(order, [THREE, FOUR]);
    for id in [THREE, FOUR] {
        stage.ann("aof_task_complete", json!({"taskId": id}));
    }
    stage.poll();
    let order: Vec<String> = stage.spawns().into_iter().map(|spawn| spawn.task).collect();
    assert_eq!(order[0], ONE);
}

#[test]
fn equal_tasks_go_in_the_order_of_their_ids() {
    let card = |id: &str| {
        CardText::new(id, "ready")
            .agent("writer")
            .made_at(5)
            .fixture()
    };
    let mut stage = Stage::with(&[card(THREE), card(ONE), card(TWO)].concat());
    assert_eq!(stage.spawned().task, ONE);
}

#[test]
fn a_dry_run_says_what_a_poll_does_and_does_nothing() {
    let mut stage = mixed();
    let before = (stage.tree(), stage.sabotage.commits());
    let mut said = stage.dry_run();
    assert!(stage.effects.is_empty() && stage.events.is_empty());
    assert_eq!(stage.dry_run(), said, "as often as you like");
    assert_eq!((stage.tree(), stage.sabotage.commits()), before);
    let mut done = stage.poll();
    for action in done["actions"].as_array_mut().unwrap() {
        action["run"] = Value::Null;
    }
    assert_eq!(said["actions"].take(), done["actions"].take());
    assert_eq!(said["waiting"], done["waiting"]);
    assert_eq!(said["dryRun"], true);
    assert_eq!(done["dryRun"], false);
}

#[test]
fn an_explanation_is_what_the_poll_then_does() {
    let mut stage = mixed();
    let plan = stage.dry_run();
    let ready: Vec<String> = stage
        .ls("projects/alpha/tasks/ready")
        .iter()
        .map(|name| name.trim_end_matches(".md").to_owned())
        .collect();
    assert_eq!(ready.len(), 6);
    let find = |list: &str, id: &str| -> Option<Value> {
        let list = plan[list].as_array().unwrap();
        list.iter().find(|entry| entry["task"] == id).cloned()
    };
    for id in &ready {
        let decision = stage.explain(id);
        match (find("actions", id), find("waiting", id)) {
            (Some(action), None) => {
                assert_eq!(decision["verdict"], "would-dispatch", "{decision}");
                assert_eq!(decision["agent"], action["agent"], "{decision}");
            }
            (None, Some(waiting)) => {
                let verdict = decision["verdict"].as_str().unwrap();
                assert!(
                    ["waiting", "waiting-human"].contains(&verdict),
                    "{decision}"
                );
                assert_eq!(decision["reasons"][0], waiting["reason"], "{decision}");
            }
            other => panic!("{id}: {other:?}"),
        }
    }
    let human = stage.explain("TASK-2026-02-17-006");
    assert_eq!(human["verdict"], "waiting-human");
    let promoted = stage.explain("TASK-2026-02-17-007");
    assert!(
        promoted["reasons"].to_string().contains("ready"),
        "{promoted}"
    );
}

#[test]
fn every_state_has_its_explanation() {
    let mut stage = mixed();
    stage.poll();
    assert_eq!(stage.explain(THREE)["verdict"], "running");
    assert_eq!(stage.explain("TASK-2026-02-17-008")["verdict"], "terminal");
    stage.ann("aof_task_block", json!({"taskId": TWO, "reason": "no ink"}));
    let blocked = stage.explain(TWO);
    assert_eq!(
        (&blocked["verdict"], &blocked["reasons"][0]),
        (&json!("blocked"), &json!("no ink"))
    );
    let ctx = stage.ctx(human("ann"));
    let error = stage.instance().explain(&ctx, "nothing").unwrap_err();
    assert_eq!(error.code(), "AOF-1005");
}

#[test]
fn a_task_that_finds_nobody_is_announced_once() {
    let mut stage = Stage::with(&CardText::new(ONE, "ready").agent("ghost").fixture());
    stage.poll();
    assert_eq!(stage.effects.len(), 1, "{:?}", stage.effects);
    for _ in 0..5 {
        stage.later(30_000).poll();
        assert!(stage.effects.is_empty());
    }
    stage.task_for("sleeper", "another");
    stage.poll();
    let count = |stage: &Stage, id: Option<&str>| {
        let kinds = stage.logged(id).into_iter();
        kinds.filter(|kind| kind == "dispatch.no-match").count()
    };
    assert_eq!(count(&stage, Some(ONE)), 1);
    assert_eq!(count(&stage, None), 2);
    let card = CardText::new(ONE, "ready").agent("sleeper");
    stage.put_by_hand(&card.path(), &card.text()).poll();
    assert_eq!(count(&stage, Some(ONE)), 2, "another reason is news");
}

#[test]
fn a_paused_project_rests_and_the_others_go_on() {
    let mut stage = Stage::with("//- projects/alpha/project.yaml\nid: alpha\nstatus: paused\n");
    let arguments = json!({"title": "t", "brief": "b", "agent": "writer", "project": "alpha"});
    let made = stage.ann("aof_dispatch", arguments);
    let resting = made["task"]["taskId"].as_str().unwrap().to_owned();
    stage.task_for("reader", "in the inbox");
    assert_eq!(stage.spawned().agent, "reader");
    let reasons = stage.explain(&resting)["reasons"].to_string();
    assert!(reasons.contains("paused"), "{reasons}");
    stage.put_by_hand("projects/alpha/project.yaml", "id: alpha\nstatus: active\n");
    assert_eq!(stage.spawned().task, resting);
}

#[test]
fn roles_and_teams_find_the_least_busy_agent_with_room() {
    let mut stage = Stage::empty();
    let mut make = |field: &str, name: &str| {
        stage.ann(
            "aof_dispatch",
            json!({"title": "t", "brief": "b", field: name}),
        );
        stage.poll();
        stage.spawns().first().map(|spawn| spawn.agent.clone())
    };
    assert_eq!(make("role", "press").as_deref(), Some("printer"));
    assert_eq!(
        make("role", "press").as_deref(),
        Some("writer"),
        "the least busy one"
    );
    assert_eq!(
        make("role", "press").as_deref(),
        Some("printer"),
        "it takes two"
    );
    assert_eq!(make("role", "press"), None, "all are busy");
}

#[test]
fn an_idle_poll_writes_nothing() {
    let mut stage = mixed();
    for _ in 0..3 {
        stage.poll();
    }
    let before = (stage.tree(), stage.sabotage.commits());
    let first = stage.poll();
    for _ in 0..10 {
        assert_eq!(stage.later(1_000).poll(), first);
        assert!(stage.events.is_empty() && stage.effects.is_empty());
    }
    assert_eq!((stage.tree(), stage.sabotage.commits()), before);
}
