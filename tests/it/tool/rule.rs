//! Rules that hold for every tool alike.

use serde_json::{Value, json};

use super::{ONE, THREE, TWO, beginning_in, three};
use crate::stage::{CardText, Stage, human};

/// Every tool with arguments that it accepts in the store of [`store_for`].
pub(super) const GOOD: [(&str, &str); 25] = [
    (
        "aof_dispatch",
        r#"{"title": "t", "brief": "b", "agent": "writer"}"#,
    ),
    ("aof_task_get", r#"{"taskId": "TASK-2026-02-17-001"}"#),
    (
        "aof_task_update",
        r#"{"taskId": "TASK-2026-02-17-001", "body": "b"}"#,
    ),
    ("aof_task_complete", r#"{"taskId": "TASK-2026-02-17-001"}"#),
    (
        "aof_task_block",
        r#"{"taskId": "TASK-2026-02-17-001", "reason": "r"}"#,
    ),
    ("aof_task_unblock", r#"{"taskId": "TASK-2026-02-17-002"}"#),
    ("aof_task_cancel", r#"{"taskId": "TASK-2026-02-17-001"}"#),
    ("aof_task_promote", r#"{"taskId": "TASK-2026-02-17-001"}"#),
    ("aof_task_resurrect", r#"{"taskId": "TASK-2026-02-17-001"}"#),
    (
        "aof_task_dep_add",
        r#"{"taskId": "TASK-2026-02-17-001", "blockerId": "TASK-2026-02-17-002"}"#,
    ),
    (
        "aof_task_dep_remove",
        r#"{"taskId": "TASK-2026-02-17-001", "blockerId": "TASK-2026-02-17-002"}"#,
    ),
    (
        "aof_task_subscribe",
        r#"{"taskId": "TASK-2026-02-17-001", "subscriberId": "judge"}"#,
    ),
    (
        "aof_task_unsubscribe",
        r#"{"taskId": "TASK-2026-02-17-001", "subscriptionId": "01ARZ3NDEKTSV4RRFFQ69G5FAV"}"#,
    ),
    (
        "aof_task_edit",
        r#"{"taskId": "TASK-2026-02-17-001", "title": "t"}"#,
    ),
    (
        "aof_task_log",
        r#"{"taskId": "TASK-2026-02-17-001", "text": "t"}"#,
    ),
    ("aof_task_heartbeat", r#"{"taskId": "TASK-2026-02-17-001"}"#),
    ("aof_task_list", "{}"),
    ("aof_explain", r#"{"taskId": "TASK-2026-02-17-001"}"#),
    ("aof_org_show", "{}"),
    (
        "aof_workflow_upgrade",
        r#"{"taskId": "TASK-2026-02-17-001", "workflow": {"name": "w", "hops": [
            {"id": "a", "agent": "writer"}, {"id": "b", "agent": "writer"}]}}"#,
    ),
    ("aof_workflow_check", r#"{"project": "alpha"}"#),
    ("aof_status_report", "{}"),
    ("aof_project_create", r#"{"id": "beta"}"#),
    ("aof_project_list", "{}"),
    (
        "aof_project_status",
        r#"{"project": "alpha", "status": "paused"}"#,
    ),
];

/// A line of a card that somebody subscribed to.
pub(super) const SUBSCRIBED: &str = "metadata: {subscriptions: [{id: 01ARZ3NDEKTSV4RRFFQ69G5FAV, \
                                     subscriber: judge, status: active}]}";

const NOUNS: [&str; 10] = [
    "task", "lease", "list", "decision", "org", "upgrade", "workflow", "report", "project",
    "projects",
];

/// A store in which the tool accepts its good arguments.
pub(super) fn store_for(name: &str) -> Stage {
    match name {
        "aof_task_promote" => beginning_in("backlog"),
        "aof_task_resurrect" => beginning_in("deadletter"),
        "aof_task_heartbeat" => {
            let mut stage = three();
            stage.spawned();
            stage
        }
        "aof_task_unsubscribe" => {
            let mut stage = three();
            let card = CardText::new(ONE, "ready").agent("writer").made_at(1);
            let card = card.line(SUBSCRIBED);
            stage.put_by_hand(&card.path(), &card.text());
            stage
        }
        "aof_workflow_upgrade" => {
            let mut stage = three();
            let card = CardText::new(ONE, "ready").made_at(1);
            let hops = "[{id: a, agent: writer}]";
            let card = card.line(&format!(
                "workflow: {{definition: {{name: w, hops: {hops}}}}}"
            ));
            stage.put_by_hand(&card.path(), &card.text());
            stage
        }
        "aof_workflow_check" => {
            let mut stage = three();
            let template = "{name: w, hops: [{id: a, role: writer}]}";
            let manifest = format!("id: alpha\nworkflowTemplates: {{ship: {template}}}\n");
            stage.put_by_hand("projects/alpha/project.yaml", &manifest);
            stage
        }
        _ => three(),
    }
}

pub(super) fn good(name: &str) -> Value {
    let (_, text) = GOOD.iter().find(|(tool, _)| *tool == name).unwrap();
    serde_json::from_str(text).unwrap()
}

fn refused(stage: &mut Stage, name: &str, arguments: &str) -> (String, Option<String>) {
    let (code, at, _) = stage.refused_text(&human("ann"), (name, arguments));
    (code, at)
}

#[test]
fn an_unknown_tool_is_refused_with_those_that_exist() {
    let mut stage = three();
    for name in ["", "aof_task_delete", "AOF_TASK_GET", &"x".repeat(100_000)] {
        let (code, at, hint) = stage.refused_text(&human("ann"), (name, "{}"));
        assert_eq!((code.as_str(), at.as_deref()), ("AOF-1001", Some("name")));
        assert!(hint.contains("aof_task_get"), "{hint}");
    }
}

#[test]
fn an_unknown_field_is_refused_by_name() {
    let mut stage = three();
    for (name, _) in GOOD {
        let mut arguments = good(name);
        arguments["colour"] = json!("red");
        let (code, at) = refused(&mut stage, name, &arguments.to_string());
        assert_eq!(
            (code.as_str(), at.as_deref()),
            ("AOF-1002", Some("colour")),
            "{name}"
        );
    }
}

#[test]
fn a_wrong_type_is_refused_by_field() {
    let mut stage = three();
    for (name, _) in GOOD {
        let arguments = good(name);
        // A workflow may be a text, an object or false: what is wrong in it is told otherwise.
        let fields = arguments.as_object().unwrap().iter();
        for (field, value) in fields.filter(|(field, _)| *field != "workflow") {
            for wrong in [json!(5), json!(["x"]), json!({"x": 1}), json!(true)] {
                let mut arguments = good(name);
                assert!(value.is_string());
                arguments[field] = wrong;
                let (code, at) = refused(&mut stage, name, &arguments.to_string());
                assert_eq!(code, "AOF-1002", "{name} {field}");
                assert_eq!(at.as_deref(), Some(field.as_str()), "{name} {arguments}");
            }
        }
    }
}

#[test]
fn a_missing_field_is_refused_by_name() {
    let mut stage = three();
    for (name, field) in [
        ("aof_dispatch", "title"),
        ("aof_dispatch", "brief"),
        ("aof_task_get", "taskId"),
        ("aof_task_update", "taskId"),
        ("aof_task_complete", "taskId"),
        ("aof_task_block", "taskId"),
        ("aof_task_block", "reason"),
        ("aof_task_unblock", "taskId"),
        ("aof_task_cancel", "taskId"),
        ("aof_task_promote", "taskId"),
        ("aof_task_resurrect", "taskId"),
        ("aof_task_dep_add", "blockerId"),
        ("aof_task_dep_remove", "blockerId"),
        ("aof_task_subscribe", "taskId"),
        ("aof_task_subscribe", "subscriberId"),
        ("aof_task_unsubscribe", "subscriptionId"),
        ("aof_task_edit", "taskId"),
        ("aof_task_log", "taskId"),
        ("aof_task_log", "text"),
        ("aof_task_heartbeat", "taskId"),
        ("aof_explain", "taskId"),
    ] {
        let mut arguments = good(name);
        arguments.as_object_mut().unwrap().remove(field);
        let (code, at) = refused(&mut stage, name, &arguments.to_string());
        assert_eq!(
            (code.as_str(), at.as_deref()),
            ("AOF-1002", Some(field)),
            "{name}"
        );
    }
}

#[test]
fn arguments_over_a_mebibyte_are_refused_unread() {
    let mut stage = three();
    for (name, text) in GOOD {
        let padded = format!("{text}{}", " ".repeat((1 << 20) + 1 - text.len()));
        assert_eq!(refused(&mut stage, name, &padded).0, "AOF-1009", "{name}");
        let fits = &padded[..1 << 20];
        let mut other = store_for(name);
        other.call(&human("ann"), name, fits).unwrap();
    }
}

#[test]
fn the_actor_must_be_the_caller() {
    let mut stage = three();
    for (name, _) in GOOD.iter().filter(|(name, _)| *name != "aof_task_get") {
        for actor in ["bob", "", "scheduler", "ann ", "ANN"] {
            let mut arguments = good(name);
            arguments["actor"] = json!(actor);
            let (code, at) = refused(&mut stage, name, &arguments.to_string());
            assert_eq!(
                (code.as_str(), at.as_deref()),
                ("AOF-2006", Some("actor")),
                "{name}"
            );
        }
    }
}

#[test]
fn a_prefix_works_wherever_an_id_does() {
    for (name, _) in GOOD {
        let mut stage = store_for(name);
        let mut arguments = good(name);
        let Some(id) = arguments
            .get("taskId")
            .and_then(Value::as_str)
            .map(str::to_owned)
        else {
            continue;
        };
        let other = if id == ONE {
            format!("blocked/{TWO}")
        } else {
            format!("ready/{ONE}")
        };
        for name in [other, format!("done/{THREE}")] {
            let path = format!("projects/alpha/tasks/{name}.md");
            stage.disk.remove_by_hand(&path).unwrap();
        }
        assert!(id == ONE || id == TWO);
        arguments["taskId"] = json!("TASK-2026-02-1");
        if name == "aof_task_dep_add" {
            arguments["blockerId"] = json!(beside(&mut stage));
        }
        let answer = stage.ann(name, arguments);
        let (_, about) = answer.as_object().unwrap().iter().next().unwrap();
        let named = ["taskId", "id", "task"].iter().find_map(|it| about.get(it));
        let named = named.unwrap();
        assert_eq!(named, id.as_str(), "{name}");
    }
}

/// A task whose id begins otherwise than those of the store.
fn beside(stage: &mut Stage) -> String {
    let card = CardText::new("TASK-2026-03-01-001", "ready").agent("writer");
    stage.put_by_hand(&card.path(), &card.text());
    "TASK-2026-03-01-001".to_owned()
}

#[test]
fn an_answer_has_one_noun_on_top() {
    for (name, _) in GOOD {
        let answer = store_for(name).ann(name, good(name));
        let keys: Vec<&String> = answer.as_object().unwrap().keys().collect();
        assert_eq!(keys.len(), 1, "{name} {keys:?}");
        assert!(NOUNS.contains(&keys[0].as_str()), "{name} {keys:?}");
    }
}
