//! An `aof.yaml` that is edited while the store is open.

use aof_host::contract::types::{Caller, Effect, NotifyEffect};
use serde_json::{Value, json};

use super::{ONE, THREE, TWO};
use crate::stage::{CardText, Stage};

const PATH: &str = "aof.yaml";

/// Three tasks for three agents, and room for one at a time.
fn narrow() -> Stage {
    let mut files = format!("//- {PATH}\nscheduler: {{maxConcurrentDispatches: 1}}\n");
    for (id, agent) in [(ONE, "writer"), (TWO, "reader"), (THREE, "judge")] {
        files += &CardText::new(id, "ready").agent(agent).fixture();
    }
    let mut stage = Stage::with(&files);
    stage.poll();
    assert_eq!(stage.spawns().len(), 1);
    stage
}

fn settings(stage: &mut Stage) -> Value {
    let ctx = stage.ctx(Caller::Host);
    let text = stage.instance().settings(&ctx).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()["settings"].take()
}

fn told(stage: &Stage, kind: &str) -> Vec<Value> {
    let lines = stage.log_lines().into_iter();
    let lines = lines.filter(|line| line["type"] == kind);
    lines.map(|line| line["payload"].clone()).collect()
}

fn notices(stage: &Stage) -> Vec<NotifyEffect> {
    let notices = stage.effects.iter().filter_map(|effect| match effect {
        Effect::Notify(notice) => Some(notice.clone()),
        _ => None,
    });
    notices.collect()
}

#[test]
fn a_valid_edit_takes_effect_at_the_next_poll() {
    let mut stage = narrow();
    stage.put_by_hand(PATH, "# wider\nscheduler:\n  maxConcurrentDispatches: 3\n");
    stage.later(1).poll();
    assert_eq!(stage.spawns().len(), 2, "in the very poll that reads it");
    assert_eq!(
        told(&stage, "config.reloaded"),
        [json!({"changed": ["scheduler.maxConcurrentDispatches"], "restart": []})]
    );
    let settings = settings(&mut stage);
    assert_eq!(
        settings["effective"]["scheduler"]["maxConcurrentDispatches"],
        3
    );
    let values = settings["values"].as_array().unwrap();
    let value = |key: &str| {
        values
            .iter()
            .find(|value| value["key"] == key)
            .unwrap()
            .clone()
    };
    assert_eq!(
        value("scheduler.maxConcurrentDispatches"),
        json!({"key": "scheduler.maxConcurrentDispatches", "value": 3, "origin": "aof.yaml:3"})
    );
    assert_eq!(value("scheduler.failuresMax")["origin"], "default");
}

#[test]
fn an_invalid_edit_leaves_the_last_good_settings_and_is_told_once() {
    let mut stage = narrow();
    for (broken, alerts) in [
        (
            "scheduler: {maxConcurrentDispatches: 0, failureMax: 1}\n",
            1,
        ),
        ("scheduler: [\n", 0),
    ] {
        stage.put_by_hand(PATH, broken);
        stage.later(1).poll();
        assert_eq!(notices(&stage).len(), alerts, "{broken}");
        for _ in 0..3 {
            stage.later(1).poll();
            assert_eq!(notices(&stage).len(), 0);
        }
        assert!(stage.spawns().is_empty(), "one at a time, as before");
        let board = stage.board();
        assert_eq!(board["quarantined"][0]["path"], PATH, "{board}");
        assert!(
            !settings(&mut stage)["rejected"]
                .as_array()
                .unwrap()
                .is_empty()
        );
    }
    let rejected = told(&stage, "config.rejected");
    assert_eq!(rejected.len(), 1);
    let error = rejected[0]["error"].as_str().unwrap();
    let error = error
        .replace("; ", ";\n")
        .replace(" must", "\n  must")
        .replace(" (", "\n  (");
    insta::assert_snapshot!(error, @r"
    2 settings are wrong: aof.yaml:1:38: `scheduler.maxConcurrentDispatches`
      must be a whole number from 1 to 1000, but is `0`
      (write decimal digits without quotes);
    aof.yaml:1:41: unknown key `scheduler.failureMax`
      (did you mean `failuresMax`?)
    ");
    stage.put_by_hand(PATH, "scheduler: {maxConcurrentDispatches: 1}\n");
    stage.later(1).poll();
    assert_eq!(stage.board()["quarantined"], json!([]));
    let reloaded = told(&stage, "config.reloaded");
    assert_eq!(
        reloaded,
        [json!({"changed": [], "restart": []})],
        "it is well again"
    );
}

#[test]
fn what_only_the_host_applies_waits_for_a_restart() {
    let mut stage = narrow();
    let with = |executor: &str| format!("scheduler: {{maxConcurrentDispatches: 1}}\n{executor}");
    stage.put_by_hand(PATH, &with("executor:\n  kind: simulated\n"));
    stage.later(1).poll();
    assert_eq!(notices(&stage).len(), 1);
    assert!(
        notices(&stage)[0].message.contains("start AOF anew"),
        "{:?}",
        stage.effects
    );
    let reloaded = json!({"changed": [], "restart": ["executor"]});
    assert_eq!(told(&stage, "config.reloaded"), [reloaded]);
    stage.put_by_hand(PATH, &with("executor: {kind: command, program: x}\n"));
    stage.later(1).poll();
    assert!(notices(&stage).is_empty(), "said once");
    let found = settings(&mut stage);
    assert_eq!(
        (&found["restart"], &found["effective"]["executor"]),
        (&json!(["executor"]), &Value::Null)
    );
    let notice = &stage.board()["notices"][0];
    assert_eq!(
        (&notice["code"], &notice["location"]),
        (&json!("AOF-1133"), &json!("aof.yaml:2"))
    );
    stage.put_by_hand(PATH, &with(""));
    stage.later(1).poll();
    assert_eq!(
        stage.board()["notices"],
        json!([]),
        "nothing is asked for any more"
    );
    stage.kill_and_reopen();
    stage.put_by_hand(PATH, &with("executor: {kind: simulated}\n"));
    stage.kill_and_reopen();
    assert_eq!(
        settings(&mut stage)["effective"]["executor"]["kind"],
        "simulated"
    );
}

#[test]
fn an_edit_that_changes_nothing_is_not_told() {
    let mut stage = narrow();
    stage.put_by_hand(
        PATH,
        "# the same\nscheduler: {maxConcurrentDispatches: 1}\n",
    );
    stage.later(1).poll();
    assert!(told(&stage, "config.reloaded").is_empty() && stage.effects.is_empty());
}

#[test]
fn a_file_that_is_gone_is_no_wish_for_the_defaults() {
    let mut stage = narrow();
    stage.disk.remove_by_hand(PATH).unwrap();
    stage.later(1).poll();
    assert!(stage.spawns().is_empty(), "the default has room for three");
    assert_eq!(told(&stage, "config.rejected").len(), 1);
    stage.put_by_hand(PATH, "");
    stage.later(1).poll();
    assert_eq!(stage.spawns().len(), 2, "an empty file is one");
}

#[test]
fn a_store_without_settings_takes_the_first_ones_in() {
    let mut stage = Stage::empty();
    stage.poll();
    stage.put_by_hand(PATH, "scheduler: {failuresMax: 1}\n");
    stage.later(1).poll();
    assert_eq!(
        settings(&mut stage)["effective"]["scheduler"]["failuresMax"],
        1
    );
}

#[test]
fn a_limit_of_time_that_is_edited_holds_from_the_next_poll() {
    let mut stage = narrow();
    stage.later(120_000).poll();
    assert_eq!(told(&stage, "sla.violation").len(), 0);
    let limits = "scheduler: {maxConcurrentDispatches: 1}\nsla: {defaultMaxQueueMs: 60000}\n";
    stage.put_by_hand(PATH, limits);
    stage.poll();
    let tasks = told(&stage, "sla.violation").len();
    assert!(tasks > 0, "two of three wait for longer than a minute");
}
