//! `aof_task_heartbeat`.

use serde_json::json;

use super::{ONE, TWO, three};
use crate::stage::{human, runner};

#[test]
fn it_extends_the_lease_and_says_until_when() {
    let mut stage = three();
    let spawn = stage.spawned();
    stage.started(&spawn);
    let arguments = json!({"taskId": ONE});
    let mut beat = |ms| {
        stage.later(ms);
        let answer = stage.tool(&runner(&spawn), "aof_task_heartbeat", arguments.clone());
        answer.unwrap()["lease"].clone()
    };
    let first = beat(1_000);
    assert_eq!(first["run"], spawn.run.as_str());
    let second = beat(590_000);
    assert!(first["expiresAt"].as_str() < second["expiresAt"].as_str());
    // Without it the lease would have lapsed.
    beat(590_000);
    stage.poll();
    assert_eq!(stage.task(ONE)["run"], spawn.run.as_str());
    stage.later(700_000).poll();
    assert_ne!(stage.task(ONE)["run"], spawn.run.as_str());
}

#[test]
fn a_run_that_is_over_is_told_so() {
    let mut stage = three();
    let spawn = stage.spawned();
    stage.ann("aof_task_block", json!({"taskId": ONE, "reason": "wait"}));
    let beat = stage.tool(
        &runner(&spawn),
        "aof_task_heartbeat",
        json!({"taskId": ONE}),
    );
    let error = beat.unwrap_err();
    assert_eq!(error.code, "AOF-2004");
    assert!(error.hint.contains("stop"), "{}", error.hint);
}

#[test]
fn a_task_that_nobody_holds_has_no_lease_to_extend() {
    for id in [ONE, TWO] {
        let call = ("aof_task_heartbeat", json!({"taskId": id}));
        let (code, at, _) = three().refused(&human("ann"), call);
        assert_eq!((code.as_str(), at.as_deref()), ("AOF-2033", Some("taskId")));
    }
}
