//! News from the host that concern no single run, and exports that do little in this version.

use aof_host::contract::hooks::{SeenAgent, SessionStart};
use aof_host::contract::types::Caller;
use aof_host::contract::views::{OrgLook, OrgQuery};
use serde_json::{Value, json};

use crate::stage::{CardText, Stage};

const ONE: &str = "TASK-2026-02-17-001";

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn seen(id: &str, active: bool) -> SeenAgent {
    SeenAgent {
        id: id.to_owned(),
        name: None,
        model: None,
        provider: None,
        active,
        profile: None,
    }
}

#[test]
fn the_gateways_agents_are_compared_with_the_chart() {
    let mut stage = Stage::empty();
    let ctx = stage.ctx(Caller::Host);
    let agents = [
        seen("writer", true),
        seen("printer", true),
        seen("reader", false),
        seen("stranger", true),
        seen("", true),
    ];
    let before = stage.tree();
    let outcome = stage.instance().agents_seen(&ctx, &agents).unwrap();
    let drift = &value(&outcome.value)["drift"];
    let found: Vec<String> = drift["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| format!("{} {}", item["kind"].as_str().unwrap(), item["gatewayId"]))
        .collect();
    let expected = [
        "missing \"judge\"",
        "inactive-there \"reader\"",
        "extra \"stranger\"",
        "extra \"\"",
    ];
    assert_eq!(found, expected);
    assert_eq!(stage.tree(), before);

    let query = OrgQuery {
        look: OrgLook::Drift,
        text: None,
        path: None,
        edit: None,
        lenient: false,
        agents: None,
    };
    let kept = stage.instance().org(&ctx, &query).unwrap();
    let kept = &value(&kept)["org"]["drift"];
    assert_eq!(kept["items"], drift["items"], "what was seen is kept");
    assert_eq!(kept["source"], "gateway");
}

#[test]
fn a_message_is_answered_and_changes_nothing() {
    let mut stage = Stage::empty();
    let before = stage.tree();
    for text in ["", "hello", "{}", &"x".repeat(1 << 20)] {
        let ctx = stage.ctx(Caller::Host);
        let outcome = stage
            .instance()
            .message_received(&ctx, "chat", text)
            .unwrap();
        let message = &value(&outcome.value)["message"];
        assert_eq!(
            (&message["from"], &message["accepted"]),
            (&json!("chat"), &json!(false))
        );
    }
    assert_eq!(stage.tree(), before);
}

#[test]
fn news_of_the_store_are_taken_in_without_planning() {
    let mut stage = Stage::with("//- projects/alpha/project.yaml\nid: alpha\n");
    let card = CardText::new(ONE, "ready").agent("writer");
    stage.put_by_hand(&card.path(), &card.text());
    let before = stage.tree();
    let ctx = stage.ctx(Caller::Host);
    let outcome = stage.instance().store_changed(&ctx).unwrap();
    assert!(outcome.effects.is_empty());
    assert_eq!(stage.tree(), before);
    assert_eq!(stage.next_due(), Some(0), "a poll has something to do");
    assert_eq!(stage.spawned().task, ONE);
}

#[test]
fn nothing_waits_to_be_resumed() {
    let mut stage = Stage::empty();
    let ctx = stage.ctx(Caller::Host);
    let error = stage.instance().resume(&ctx, "token", &[]).unwrap_err();
    assert!(error.code().starts_with("AOF-"), "{error}");
    assert!(!stage.instance().is_poisoned());
}

#[test]
fn a_closed_store_refuses_every_call_until_it_is_opened_again() {
    let mut stage = Stage::with(&CardText::new(ONE, "ready").agent("writer").fixture());
    let ctx = stage.ctx(Caller::Host);
    stage.instance().close(&ctx).unwrap();
    let before = stage.tree();
    assert_eq!(stage.try_poll().unwrap_err().code, "AOF-2010");
    let get = stage.call(&Caller::Host, "aof_task_get", "{\"taskId\": \"TASK\"}");
    assert_eq!(get.unwrap_err().code, "AOF-2010");
    assert_eq!(stage.next_due(), None);
    assert_eq!(stage.tree(), before);
    stage.instance().recover(&ctx).unwrap();
    assert_eq!(stage.spawned().task, ONE);
}

#[test]
fn odd_run_ids_from_the_host_change_nothing() {
    let mut stage = Stage::empty();
    let before = stage.tree();
    for run in ["", "x", "../../etc", "01ARZ3NDEKTSV4RRFFQ69G5FAV"] {
        for answer in [
            {
                let ctx = stage.ctx(Caller::Host);
                stage.instance().session_heartbeat(&ctx, run)
            },
            {
                let ctx = stage.ctx(Caller::Host);
                let start = SessionStart {
                    run: run.to_owned(),
                    session: "s".to_owned(),
                };
                stage.instance().session_started(&ctx, &[start])
            },
        ] {
            if let Err(error) = answer {
                assert_eq!(error.code(), "AOF-1003", "{run:?}");
            }
        }
    }
    assert_eq!(stage.tree(), before);
}
