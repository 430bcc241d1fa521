//! `idempotencyKey`, of every tool that changes something.

use serde_json::{Value, json};

use super::rule::{GOOD, good, store_for};
use super::{ONE, TWO, three, with};
use crate::stage::{Stage, agent, human};

const READING: [&str; 7] = [
    "aof_task_get",
    "aof_task_list",
    "aof_explain",
    "aof_org_show",
    "aof_workflow_check",
    "aof_status_report",
    "aof_project_list",
];

fn keyed(mut arguments: Value, key: &str) -> Value {
    arguments["idempotencyKey"] = json!(key);
    arguments
}

/// Everything but the answers of the moment.
fn changes(stage: &Stage) -> usize {
    stage.log_lines().len()
}

#[test]
fn every_tool_that_changes_something_does_it_once_for_a_key() {
    let tools = GOOD.iter().map(|(name, _)| *name);
    for name in tools.filter(|name| !READING.contains(name) && *name != "aof_task_heartbeat") {
        let mut stage = store_for(name);
        let arguments = keyed(good(name), "once");
        let first = stage.ann(name, arguments.clone());
        let before = changes(&stage);
        let again = stage.ann(name, arguments);
        assert_eq!(changes(&stage), before, "{name}");
        for field in ["taskId", "status", "id"] {
            let at = |answer: &Value| {
                let (_, about) = answer.as_object().unwrap().iter().next().unwrap();
                about.get(field).cloned()
            };
            assert_eq!(at(&again), at(&first), "{name} {field}");
        }
        // Without it the same call is another one.
        if name == "aof_dispatch" {
            stage.ann(name, good(name));
            assert!(changes(&stage) > before);
        }
    }
}

/// Of two values nobody knows which is meant, with a key or without.
#[test]
fn an_argument_that_is_given_twice_is_refused() {
    let mut stage = three();
    let before = stage.tree();
    for key in ["", r#""idempotencyKey": "k", "#] {
        let call = format!(r#"{{{key}"title": "a", "brief": "b", "title": "c"}}"#);
        let (code, at, _) = stage.refused_text(&human("ann"), ("aof_dispatch", &call));
        assert_eq!((code.as_str(), at.as_deref()), ("AOF-1002", Some("title")));
    }
    assert_eq!(stage.tree(), before);
}

#[test]
fn whoever_only_reads_takes_no_key() {
    for name in READING.iter().chain(&["aof_task_heartbeat"]) {
        let mut stage = store_for(name);
        let call = (*name, keyed(good(name), "k"));
        let (code, at, _) = stage.refused(&human("ann"), call);
        assert_eq!(
            (code.as_str(), at.as_deref()),
            ("AOF-1002", Some("idempotencyKey"))
        );
    }
}

#[test]
fn a_key_stands_for_one_call_of_one_caller_and_one_tool() {
    let mut stage = three();
    let draft = json!({"title": "t", "brief": "b", "agent": "writer"});
    let first = stage.ann("aof_dispatch", keyed(draft.clone(), "k"));
    // The order of the fields does not matter, their values do.
    let other_order = r#"{"agent":"writer","idempotencyKey":"k","brief":"b","title":"t"}"#;
    let again = stage
        .call(&human("ann"), "aof_dispatch", other_order)
        .unwrap();
    assert_eq!(again["task"]["taskId"], first["task"]["taskId"]);
    let mut other = draft.clone();
    other["title"] = json!("u");
    let call = ("aof_dispatch", keyed(other, "k"));
    let (code, at, _) = stage.refused(&human("ann"), call);
    assert_eq!(
        (code.as_str(), at.as_deref()),
        ("AOF-2034", Some("idempotencyKey"))
    );
    for caller in [human("bob"), human("writer"), agent("writer")] {
        let made = stage
            .tool(&caller, "aof_dispatch", keyed(draft.clone(), "k"))
            .unwrap();
        assert_ne!(
            made["task"]["taskId"], first["task"]["taskId"],
            "{caller:?}"
        );
    }
    stage.ann("aof_task_log", keyed(with(ONE, "text", json!("t")), "k"));
}

#[test]
fn a_repeated_call_says_where_the_task_stands_now() {
    let mut stage = three();
    let draft = json!({"title": "t", "brief": "b", "agent": "reader"});
    let made = stage.ann("aof_dispatch", keyed(draft.clone(), "k"));
    let id = made["task"]["taskId"].as_str().unwrap().to_owned();
    stage.ann("aof_task_cancel", json!({"taskId": id}));
    let again = stage.ann("aof_dispatch", keyed(draft, "k"));
    assert_eq!(again["task"]["taskId"], id.as_str());
    assert_eq!(again["task"]["status"], "cancelled");
}

#[test]
fn what_was_refused_may_be_asked_for_again() {
    let mut stage = three();
    let block = keyed(json!({"taskId": TWO, "reason": "r"}), "k");
    let (code, _, _) = stage.refused(&human("ann"), ("aof_task_block", block.clone()));
    assert_eq!(code, "AOF-2001");
    stage.ann("aof_task_unblock", json!({"taskId": TWO}));
    let answer = stage.ann("aof_task_block", block);
    assert_eq!(answer["task"]["status"], "blocked");
}

#[test]
fn a_call_is_remembered_across_a_restart_and_for_a_day() {
    let mut stage = three();
    let draft = json!({"title": "t", "brief": "b", "agent": "reader"});
    let make = |stage: &mut Stage| {
        let made = stage.ann("aof_dispatch", keyed(draft.clone(), "k"));
        made["task"]["taskId"].clone()
    };
    let first = make(&mut stage);
    stage.kill_and_reopen();
    assert_eq!(make(&mut stage), first);
    let mut stage = stage.opened_again();
    assert_eq!(make(stage.later(86_399_000)), first);
    assert_ne!(make(stage.later(2_000)), first);
}

#[test]
fn a_key_has_1_to_128_visible_characters() {
    let mut stage = three();
    let log = |key: Value| {
        let mut arguments = with(ONE, "text", json!("t"));
        arguments["idempotencyKey"] = key;
        arguments
    };
    for good in [json!("k"), json!("!".repeat(128)), Value::Null] {
        stage.ann("aof_task_log", log(good));
    }
    for (bad, code) in [
        (json!(""), "AOF-1004"),
        (json!("k".repeat(129)), "AOF-1004"),
        (json!("a b"), "AOF-1004"),
        (json!("schlüssel"), "AOF-1004"),
        (json!(5), "AOF-1002"),
        (json!(["k"]), "AOF-1002"),
    ] {
        let (found, at, _) = stage.refused(&human("ann"), ("aof_task_log", log(bad)));
        assert_eq!(
            (found.as_str(), at.as_deref()),
            (code, Some("idempotencyKey"))
        );
    }
}
