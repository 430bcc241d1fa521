//! The schemas that agents see say exactly what is accepted.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use aof_engine::schemas;
use aof_host::contract::tools::Definition;
use serde_json::{Value, json};

use super::rule::{GOOD, good, store_for};
use super::{ONE, THREE, TWO, three};
use crate::stage::{CardText, Stage, agent, human, runner};

fn definitions() -> Vec<Definition> {
    Stage::empty().instance().list_tools().unwrap()
}

fn parsed(schema: &str) -> Value {
    serde_json::from_str(schema).unwrap()
}

/// A schema as it is kept: what it says of a field on a line of its own.
fn kept(schema: &Value) -> String {
    let fields = schema
        .as_object()
        .filter(|it| it.contains_key("properties"));
    let Some(fields) = fields else {
        return schema.to_string();
    };
    let lines = fields.iter().map(|(key, value)| {
        let value = match key == "properties" {
            true => braced(
                value
                    .as_object()
                    .unwrap()
                    .iter()
                    .map(|(name, field)| format!("{}:{}", json!(name), kept(field))),
            ),
            false => value.to_string(),
        };
        format!("{}:{value}", json!(key))
    });
    braced(lines)
}

fn braced(lines: impl Iterator<Item = String>) -> String {
    format!("{{\n{}\n}}", lines.collect::<Vec<_>>().join(",\n"))
}

/// Every kept schema that the types ask for, by its path below their directory.
fn made() -> BTreeMap<String, String> {
    let files = schemas().into_iter().flat_map(|made| {
        let answer = made.output["title"].as_str().unwrap().to_lowercase();
        [
            (format!("{}.json", made.tool), kept(&made.input) + "\n"),
            (format!("answer/{answer}.json"), kept(&made.output) + "\n"),
        ]
    });
    let mut by_path = BTreeMap::new();
    for (path, text) in files {
        let before = by_path.insert(path.clone(), text.clone());
        assert!(before.is_none_or(|before| before == text), "{path}");
    }
    by_path
}

/// A value that fits each field, whatever tool has it.
fn sample(field: &str) -> Value {
    match field {
        "taskId" => json!(ONE),
        "parentId" => json!(THREE),
        "blockerId" => json!(TWO),
        "subscriberId" => json!("judge"),
        "subscriptionId" => json!("01ARZ3NDEKTSV4RRFFQ69G5FAV"),
        "granularity" | "subscribe" => json!("completion"),
        "dependencyPolicy" => json!("terminal"),
        "force" => json!(true),
        "dependsOn" => json!([THREE]),
        "metadata" => json!({"colour": "red"}),
        "tags" => json!(["a"]),
        "timeoutMs" => json!(1_000),
        "limit" => json!(10),
        "compact" | "lint" | "overdue" | "forPerson" | "dryRun" => json!(true),
        "expectedRevision" => json!(0),
        "cursor" => json!(ONE),
        "project" => json!("alpha"),
        "actor" => json!("ann"),
        "agent" => json!("writer"),
        "role" => json!("press"),
        "team" => json!("ink"),
        "priority" => json!("high"),
        "status" => json!("blocked"),
        "usage" => json!({"model": "m", "inputTokens": 1, "outputTokens": 2, "costMicros": 3}),
        _ => json!("text"),
    }
}

#[test]
fn the_kept_schemas_are_those_of_the_types() {
    let top = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../plugin/engine/src/tool/schema");
    let made = made();
    for (path, text) in &made {
        if std::env::var_os("AOF_ACCEPT").is_some() {
            std::fs::write(top.join(path), text).unwrap();
        }
        let kept = std::fs::read_to_string(top.join(path)).unwrap_or_default();
        assert_eq!(&kept, text, "{path}");
    }
    let names = |directory: &str| {
        let entries = std::fs::read_dir(top.join(directory)).unwrap();
        let names = entries.map(|it| it.unwrap().file_name().into_string().unwrap());
        let files = names.filter(|name| name.ends_with(".json"));
        files
            .map(|name| format!("{directory}{name}"))
            .collect::<Vec<_>>()
    };
    let found = BTreeSet::from_iter([names(""), names("answer/")].concat());
    assert_eq!(found, made.into_keys().collect());
}

#[test]
fn agents_see_the_schemas_of_the_types_and_nothing_between() {
    let made = schemas();
    assert_eq!(definitions().len(), made.len());
    for (tool, made) in definitions().into_iter().zip(made) {
        // Renewed schemas are in the component once it is built again.
        assert_eq!(tool.name, made.tool);
        assert_eq!(tool.input_schema, made.input.to_string(), "{}", made.tool);
        assert_eq!(tool.output_schema, made.output.to_string(), "{}", made.tool);
    }
}

#[test]
fn every_tool_is_listed_with_what_it_does_to_the_world() {
    let listed: Vec<String> = definitions()
        .iter()
        .map(|tool| {
            let does = tool.annotations;
            let words = [
                (does.read_only, "reads"),
                (does.destructive, "destroys"),
                (does.idempotent, "repeatable"),
            ];
            let words: Vec<&str> = words
                .iter()
                .filter(|(is, _)| *is)
                .map(|(_, word)| *word)
                .collect();
            assert!(
                !tool.title.is_empty() && !tool.description.is_empty(),
                "{}",
                tool.name
            );
            format!("{}: {}", tool.name, words.join(" "))
        })
        .collect();
    insta::assert_snapshot!(listed.join("\n"), @r#"
    aof_dispatch: 
    aof_task_get: reads repeatable
    aof_task_update: 
    aof_task_complete: 
    aof_task_block: 
    aof_task_unblock: 
    aof_task_cancel: destroys
    aof_task_promote: 
    aof_task_resurrect: 
    aof_task_dep_add: repeatable
    aof_task_dep_remove: repeatable
    aof_task_subscribe: repeatable
    aof_task_unsubscribe: repeatable
    aof_task_edit: 
    aof_task_log: 
    aof_task_heartbeat: repeatable
    aof_task_list: reads repeatable
    aof_explain: reads repeatable
    aof_org_show: reads repeatable
    aof_workflow_upgrade: 
    aof_workflow_check: reads repeatable
    aof_status_report: reads repeatable
    aof_project_create: 
    aof_project_list: reads repeatable
    aof_project_status:
    "#);
    let names: Vec<&str> = GOOD.iter().map(|(name, _)| *name).collect();
    let found: Vec<String> = definitions().into_iter().map(|tool| tool.name).collect();
    assert_eq!(found, names);
}

#[test]
fn the_fields_of_every_schema_are_these() {
    let mut lines = Vec::new();
    for tool in definitions() {
        let schema = parsed(&tool.input_schema);
        assert_eq!(schema["type"], "object", "{}", tool.name);
        assert_eq!(schema["additionalProperties"], false, "{}", tool.name);
        let required: BTreeSet<&str> = schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let fields: Vec<String> = schema["properties"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, field)| {
                assert!(field["description"].is_string(), "{} {name}", tool.name);
                let mark = if required.contains(name.as_str()) {
                    "!"
                } else {
                    ""
                };
                format!("{name}{mark}")
            })
            .collect();
        for some in fields.chunks(7) {
            lines.push(format!("{}: {}", tool.name, some.join(" ")));
        }
    }
    insta::assert_snapshot!(lines.join("\n"), @r#"
    aof_dispatch: actor agent brief! dependencyPolicy dependsOn idempotencyKey metadata
    aof_dispatch: parentId priority project resource role subscribe tags
    aof_dispatch: team timeoutMs title! workflow
    aof_task_get: project taskId!
    aof_task_update: actor body idempotencyKey project reason status taskId!
    aof_task_complete: actor confidence events flags idempotencyKey notes outcome
    aof_task_complete: payload project summary taskId! usage verdict
    aof_task_block: actor idempotencyKey project reason! taskId!
    aof_task_unblock: actor idempotencyKey project taskId!
    aof_task_cancel: actor idempotencyKey project reason taskId!
    aof_task_promote: actor force idempotencyKey project taskId!
    aof_task_resurrect: actor idempotencyKey project taskId!
    aof_task_dep_add: actor blockerId! idempotencyKey project taskId!
    aof_task_dep_remove: actor blockerId! idempotencyKey project taskId!
    aof_task_subscribe: actor granularity idempotencyKey project subscriberId! taskId!
    aof_task_unsubscribe: actor idempotencyKey project subscriptionId! taskId!
    aof_task_edit: actor agent expectedRevision idempotencyKey metadata priority project
    aof_task_edit: resource role tags taskId! team timeoutMs title
    aof_task_log: actor idempotencyKey project taskId! text!
    aof_task_heartbeat: actor project taskId!
    aof_task_list: actor agent cursor forPerson limit overdue parentId
    aof_task_list: priority project role status tag team title
    aof_explain: actor project taskId!
    aof_org_show: actor
    aof_workflow_upgrade: actor dryRun idempotencyKey project taskId! workflow
    aof_workflow_check: actor condition definition facts path project taskId
    aof_workflow_check: template
    aof_status_report: actor agent compact limit project status
    aof_project_create: actor id! idempotencyKey lead parentId team title
    aof_project_list: actor lint project
    aof_project_status: actor idempotencyKey project! status!
    "#);
}

/// What is said of a hop and of nothing else.
const OF_HOPS: [&str; 7] = [
    "outcome",
    "notes",
    "verdict",
    "confidence",
    "payload",
    "flags",
    "events",
];

/// A store with the card of a hop.
fn hop() -> Stage {
    let mut stage = three();
    let card = CardText::new(ONE, "ready").agent("writer").made_at(1);
    let card = card.line(&format!("hop: {{of: {TWO}, id: build}}"));
    stage.put_by_hand(&card.path(), &card.text());
    stage
}

#[test]
fn every_field_of_every_schema_is_accepted() {
    for tool in definitions() {
        let schema = parsed(&tool.input_schema);
        for field in schema["properties"].as_object().unwrap().keys() {
            let mut arguments = good(&tool.name);
            if tool.name != "aof_task_unblock" || field != "taskId" {
                arguments[field] = sample(field);
            }
            // The same words mean something else of a project.
            match (tool.name.as_str(), field.as_str()) {
                ("aof_project_create", "id") => arguments[field] = json!("beta"),
                ("aof_project_create", "parentId") => arguments[field] = json!("alpha"),
                ("aof_project_status", "status") => arguments[field] = json!("archived"),
                ("aof_workflow_check", "template") => arguments[field] = json!("ship"),
                ("aof_workflow_check", "condition") => arguments[field] = json!("op: 'true'"),
                ("aof_task_complete", "outcome") => arguments[field] = json!("large"),
                ("aof_task_complete", "confidence") => arguments[field] = json!(0.5),
                ("aof_task_complete", "events") => arguments[field] = json!(["happened"]),
                ("aof_task_complete", "payload" | "flags") => arguments[field] = json!({"a": 1}),
                ("aof_dispatch" | "aof_workflow_upgrade", "workflow") => {
                    let hops = json!([{"id": "build", "agent": "writer"}]);
                    arguments[field] = json!({"name": "ship", "hops": hops});
                }
                ("aof_task_list", "status") => arguments[field] = json!(["ready"]),
                _ => {}
            }
            if tool.name == "aof_task_update" {
                arguments["reason"] = json!("a reason");
            }
            let mut store = match tool.name == "aof_task_complete" && OF_HOPS.contains(&&**field) {
                true => hop(),
                // Its tasks carry no workflow.
                false
                    if (tool.name.as_str(), field.as_str()) == ("aof_workflow_check", "taskId") =>
                {
                    arguments.as_object_mut().unwrap().remove("project");
                    store_for("aof_workflow_upgrade")
                }
                false => store_for(&tool.name),
            };
            let caller = match field.as_str() {
                // Only a run uses anything.
                "usage" => runner(&store.spawned_for(ONE)),
                // Only an agent is told.
                "subscribe" => agent("writer"),
                _ => human("ann"),
            };
            let answer = store.tool(&caller, &tool.name, arguments);
            if let Err(error) = answer {
                panic!("{} {field}: {} {}", tool.name, error.code, error.message);
            }
        }
    }
}

#[test]
fn optional_fields_may_be_null() {
    for tool in definitions() {
        let schema = parsed(&tool.input_schema);
        for (field, shape) in schema["properties"].as_object().unwrap() {
            let types = &shape["type"];
            let allows_null = types
                .as_array()
                .is_some_and(|types| types.contains(&json!("null")));
            if !allows_null {
                continue;
            }
            let mut arguments = good(&tool.name);
            arguments[field] = Value::Null;
            if tool.name == "aof_dispatch" {
                arguments["team"] = json!("ink");
                arguments["role"] = json!("press");
            }
            if tool.name == "aof_task_edit" && field == "title" {
                arguments["priority"] = json!("high");
            }
            if tool.name == "aof_task_update" && field == "body" {
                arguments["status"] = json!("in-progress");
            }
            let answer = store_for(&tool.name).tool(&human("ann"), &tool.name, arguments);
            if let Err(error) = answer {
                panic!("{} {field}: {} {}", tool.name, error.code, error.message);
            }
        }
    }
}

#[test]
fn answers_have_the_fields_of_their_schema() {
    for tool in definitions() {
        let schema = parsed(&tool.output_schema);
        let answer = store_for(&tool.name).ann(&tool.name, good(&tool.name));
        let (noun, value) = answer.as_object().unwrap().iter().next().unwrap();
        let inner = &schema["properties"][noun];
        assert!(inner.is_object(), "{} {noun}", tool.name);
        if let Some(known) = inner["properties"].as_object() {
            for field in value.as_object().unwrap().keys() {
                assert!(known.contains_key(field), "{} {field}", tool.name);
            }
        }
    }
}
