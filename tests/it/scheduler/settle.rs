//! Effects: recorded before they are handed out, handed out again until they are settled.

use aof_host::contract::hooks::{SessionStart, Settlement};
use aof_host::contract::types::{Caller, Effect};
use serde_json::{Value, json};

use super::{ONE, one};
use crate::stage::{CardText, Stage};

#[test]
fn a_spawn_is_handed_out_again_until_it_is_settled() {
    let mut stage = one();
    let spawn = stage.spawned();
    for _ in 0..2 {
        stage.kill_and_reopen();
        let again = stage.spawns();
        assert_eq!(again.len(), 1);
        assert_eq!(
            format!("{:?}", again[0]),
            format!("{spawn:?}"),
            "the very same effect"
        );
        stage.poll();
        assert!(stage.spawns().is_empty(), "and no second run beside it");
    }
    stage.started(&spawn);
    stage.kill_and_reopen();
    assert!(stage.effects.is_empty(), "{:?}", stage.effects);
    assert_eq!(stage.opened.adopted.len(), 1);
}

#[test]
fn sessions_that_began_together_are_one_commit_and_strangers_are_told_apart() {
    let mut stage = Stage::empty();
    for agent in ["writer", "reader"] {
        stage.task_for(agent, "Work");
    }
    stage.poll();
    let spawns = stage.spawns();
    let known = spawns.iter().map(|spawn| spawn.run.as_str());
    let mut runs: Vec<&str> = known.collect();
    runs.insert(1, "01ARZ3NDEKTSV4RRFFQ69G5FAV");
    let start = |run: &&str| SessionStart {
        run: (*run).to_owned(),
        session: format!("session-of-{run}"),
    };
    let started: Vec<SessionStart> = runs.iter().map(start).collect();
    let records = |stage: &Stage| -> usize {
        let tree = stage.tree();
        let journal = tree
            .iter()
            .filter(|(path, _)| path.starts_with("state/journal/"));
        journal
            .map(|(_, text)| text.matches("\"seq\":").count())
            .sum()
    };
    let before = records(&stage);
    let ctx = stage.ctx(Caller::Host);
    let outcome = stage.instance().session_started(&ctx, &started).unwrap();
    let answer: Value = serde_json::from_str(&outcome.value).unwrap();
    let states = answer["runs"].as_array().unwrap().iter();
    let states: Vec<(&str, &Value)> = states
        .map(|it| (it["run"].as_str().unwrap(), &it["state"]))
        .collect();
    let (begun, unknown) = (json!("started"), Value::Null);
    let expected = [(runs[0], &begun), (runs[1], &unknown), (runs[2], &begun)];
    assert_eq!(states, expected);
    assert_eq!(records(&stage), before + 1, "one commit");
    assert_eq!(stage.payloads("dispatch.matched").len(), 2);

    // The spawns are settled by it.
    stage.kill_and_reopen();
    assert!(stage.spawns().is_empty());
    assert_eq!(stage.opened.adopted.len(), 2);
    let before = stage.tree();
    let ctx = stage.ctx(Caller::Host);
    let nothing = stage.instance().session_started(&ctx, &[]).unwrap();
    assert_eq!(
        (nothing.value.as_str(), stage.tree()),
        (r#"{"runs":[]}"#, before)
    );
}

#[test]
fn a_cancel_is_handed_out_again_until_it_is_settled() {
    let mut stage = one();
    let spawn = stage.spawned();
    stage.started(&spawn);
    stage.ann("aof_task_cancel", json!({"taskId": ONE}));
    let key = stage.cancels()[0].key.clone();
    stage.kill_and_reopen();
    assert_eq!(stage.cancels()[0].key, key);
    assert!(stage.spawns().is_empty());
    stage.settle(&key, Settlement::Done("{}".to_owned()));
    stage.kill_and_reopen();
    assert!(stage.effects.is_empty());
}

#[test]
fn settling_twice_or_settling_nothing_changes_nothing() {
    let mut stage = one();
    let spawn = stage.spawned();
    stage.started(&spawn);
    let before = stage.tree();
    for key in ["", "cancel:nothing", "01ARZ3NDEKTSV4RRFFQ69G5FAV"] {
        stage.settle(key, Settlement::Done("{}".to_owned()));
    }
    assert_eq!(stage.tree(), before);
}

#[test]
fn a_spawn_that_names_no_session_is_refused() {
    let mut stage = one();
    let spawn = stage.spawned();
    let before = stage.tree();
    for result in ["", "{}", "[]", "{\"session\": 5}"] {
        let ctx = stage.ctx(aof_host::contract::types::Caller::Host);
        let done = Settlement::Done(result.to_owned());
        let error = stage
            .instance()
            .effect_settled(&ctx, &spawn.key, &done)
            .unwrap_err();
        assert_eq!(error.code(), "AOF-1010", "{result}");
    }
    assert_eq!(stage.tree(), before);
}

#[test]
fn whoever_takes_a_running_task_away_ends_its_session() {
    for (tool, arguments) in [
        ("aof_task_complete", json!({"taskId": ONE})),
        ("aof_task_cancel", json!({"taskId": ONE})),
        ("aof_task_block", json!({"taskId": ONE, "reason": "r"})),
        ("aof_task_update", json!({"taskId": ONE, "status": "ready"})),
        (
            "aof_task_update",
            json!({"taskId": ONE, "status": "review"}),
        ),
    ] {
        for is_started in [true, false] {
            let mut stage = one();
            let spawn = stage.spawned();
            if is_started {
                stage.started(&spawn);
            }
            stage.ann(tool, arguments.clone());
            let cancels = stage.cancels();
            assert_eq!(cancels.len(), 1, "{tool}");
            assert_eq!(cancels[0].run, spawn.run, "{tool}");
            assert_eq!(cancels[0].session.is_some(), is_started, "{tool}");
            stage.kill_and_reopen();
            assert!(stage.spawns().is_empty(), "{tool}: a spawn nobody wants");
        }
    }
}

#[test]
fn the_spawn_carries_what_the_card_and_the_chart_say() {
    let card = CardText::new(ONE, "ready")
        .agent("judge")
        .line("metadata: {timeoutMs: 1234}");
    let mut stage = Stage::with(&card.fixture());
    let spawn = stage.spawned();
    assert_eq!(spawn.timeout_ms, 1_234);
    assert_eq!(spawn.session_key.as_deref(), Some("agent:main:judge"));
    assert_eq!(spawn.project, "alpha");
    assert_eq!(spawn.work_dir, format!("projects/alpha/work/{ONE}"));
    assert_eq!(
        spawn.run_dir,
        format!("projects/alpha/runs/{ONE}/{}", spawn.run)
    );
    assert!(stage.file(&format!("{}/run.json", spawn.run_dir)).is_some());
    assert!(matches!(stage.effects[..], [Effect::Spawn(_)]));
}
