//! `aof_dispatch`.

use serde_json::json;

use super::{ONE, THREE, TWO, covered, three};
use crate::stage::{Stage, agent, human};

#[test]
fn a_task_is_made_ready_and_says_where_it_lies() {
    let mut stage = Stage::empty();
    let answer = stage.ann(
        "aof_dispatch",
        json!({"title": " Write ", "brief": "Write it.\n\n", "agent": "writer"}),
    );
    let id = answer["task"]["taskId"].as_str().unwrap().to_owned();
    insta::assert_snapshot!(covered(answer, &id), @r#"
    {
      "task": {
        "filePath": "projects/_inbox/tasks/ready/[id].md",
        "project": "_inbox",
        "status": "ready",
        "taskId": "[id]"
      }
    }
    "#);
    let path = format!("projects/_inbox/tasks/ready/{id}.md");
    let card = stage.file(&path).unwrap().replace(&id, "[id]");
    insta::assert_snapshot!(card, @r#"
    ---
    schemaVersion: 2
    id: [id]
    project: _inbox
    title: Write
    status: ready
    priority: normal
    routing:
      agent: writer
      tags: []
    createdAt: 2026-02-17T10:00:00.000Z
    updatedAt: 2026-02-17T10:00:00.000Z
    lastTransitionAt: 2026-02-17T10:00:00.000Z
    createdBy: ann
    dependsOn: []
    contentHash: 5db6ab4fa5e4c160
    metadata: {}
    revision: 1
    ---

    Write it.
    "#);
    assert_eq!(stage.logged(Some(&id)), ["task.created"]);
}

#[test]
fn everything_that_is_given_is_kept() {
    let mut stage = three();
    let answer = stage.ann(
        "aof_dispatch",
        json!({
            "title": "All", "description": "Under its other name.", "role": "press",
            "team": "ink", "agent": "printer", "priority": "medium",
            "dependsOn": [THREE, ONE, ONE], "parentId": TWO, "metadata": {"colour": "red"},
            "tags": ["a", "b"], "resource": "the press", "timeoutMs": 1_000,
            "project": "alpha", "actor": "ann",
        }),
    );
    let id = answer["task"]["taskId"].as_str().unwrap().to_owned();
    assert_eq!(answer["task"]["status"], "backlog", "a dependency is open");
    let task = stage.task(&id);
    assert_eq!(task["body"], "Under its other name.\n");
    assert_eq!(task["role"], "press");
    assert_eq!(task["team"], "ink");
    assert_eq!(task["agent"], "printer");
    assert_eq!(task["priority"], "normal");
    assert_eq!(task["dependsOn"], json!([THREE, ONE]));
    assert_eq!(task["parentId"], TWO);
    assert_eq!(
        task["metadata"],
        json!({"colour": "red", "timeoutMs": 1_000})
    );
    assert_eq!(task["tags"], json!(["a", "b"]));
    assert_eq!(task["resource"], "the press");
    assert_eq!(task["project"], "alpha");
    assert_eq!(task["createdBy"], "ann");
}

#[test]
fn done_dependencies_do_not_hold_a_task_back() {
    let mut stage = three();
    let answer = stage.ann(
        "aof_dispatch",
        json!({"title": "t", "brief": "b", "agent": "writer", "dependsOn": [THREE]}),
    );
    assert_eq!(answer["task"]["status"], "ready");
}

#[test]
fn a_projects_owner_takes_what_names_nobody() {
    let mut stage =
        Stage::with("//- projects/alpha/project.yaml\nid: alpha\nowner: {lead: judge}\n");
    let answer = stage.ann(
        "aof_dispatch",
        json!({"title": "t", "brief": "b", "project": "alpha"}),
    );
    let id = answer["task"]["taskId"].as_str().unwrap().to_owned();
    assert_eq!(stage.task(&id)["agent"], "judge");
}

#[test]
fn what_does_not_fit_is_refused_by_field() {
    let mut stage = three();
    let good = json!({"title": "t", "brief": "b", "agent": "writer"});
    let cases = [
        ("title", json!(""), "AOF-1004", "title"),
        ("title", json!("two\nlines"), "AOF-1004", "title"),
        ("brief", json!(" \n"), "AOF-1004", "brief"),
        ("brief", json!("bell \u{7}"), "AOF-1009", "brief"),
        ("agent", json!("a b"), "AOF-1003", "agent"),
        ("agent", json!("../x"), "AOF-1003", "agent"),
        ("role", json!(""), "AOF-1003", "role"),
        ("team", json!("-"), "AOF-1003", "team"),
        ("priority", json!("soon"), "AOF-1004", "priority"),
        ("dependsOn", json!(["TASK-9"]), "AOF-1005", "dependsOn[0]"),
        (
            "dependsOn",
            json!([ONE, "TASK-2026"]),
            "AOF-1006",
            "dependsOn[1]",
        ),
        ("parentId", json!("TASK-9"), "AOF-1005", "parentId"),
        ("tags", json!(["ok", ""]), "AOF-1004", "tags"),
        ("resource", json!(""), "AOF-1004", "resource"),
        ("timeoutMs", json!(0), "AOF-1004", "timeoutMs"),
        ("project", json!("beta"), "AOF-1008", "project"),
        ("project", json!("../alpha"), "AOF-1003", "project"),
        ("actor", json!("bob"), "AOF-2006", "actor"),
    ];
    for (field, value, code, place) in cases {
        let mut arguments = good.clone();
        arguments[field] = value;
        let (found, at, _) = stage.refused(&human("ann"), ("aof_dispatch", arguments));
        assert_eq!(
            (found.as_str(), at.as_deref()),
            (code, Some(place)),
            "{field}"
        );
    }
}

#[test]
fn a_task_for_nobody_is_refused() {
    let arguments = json!({"title": "t", "brief": "b"});
    let (code, at, hint) = Stage::empty().refused(&human("ann"), ("aof_dispatch", arguments));
    assert_eq!((code.as_str(), at.as_deref()), ("AOF-1011", Some("agent")));
    assert!(hint.contains("`role`"), "{hint}");
}

#[test]
fn an_archived_project_takes_no_tasks() {
    let mut stage = Stage::with("//- projects/alpha/project.yaml\nid: alpha\nstatus: archived\n");
    let arguments = json!({"title": "t", "brief": "b", "agent": "writer", "project": "alpha"});
    let (code, at, _) = stage.refused(&human("ann"), ("aof_dispatch", arguments));
    assert_eq!(
        (code.as_str(), at.as_deref()),
        ("AOF-2007", Some("project"))
    );
}

#[test]
fn an_agent_makes_tasks_in_its_own_name() {
    let mut stage = Stage::empty();
    let arguments = json!({"title": "t", "brief": "b", "agent": "judge", "actor": "writer"});
    let made = stage.tool(&agent("writer"), "aof_dispatch", arguments.clone());
    let id = made.unwrap()["task"]["taskId"].as_str().unwrap().to_owned();
    assert_eq!(stage.task(&id)["createdBy"], "writer");
    let (code, ..) = stage.refused(&agent("judge"), ("aof_dispatch", arguments));
    assert_eq!(code, "AOF-2006");
}

#[test]
fn ids_are_never_given_twice() {
    let mut stage = Stage::empty();
    let ids: std::collections::BTreeSet<String> =
        (0..200).map(|_| stage.task_for("writer", "same")).collect();
    assert_eq!(ids.len(), 200);
    assert_eq!(stage.ls("projects/_inbox/tasks/ready").len(), 200);
}

#[test]
fn what_the_scheduler_writes_in_the_metadata_is_its_own() {
    let mut stage = Stage::empty();
    for key in aof_core::metadata::OWNED {
        let draft = json!({"title": "t", "brief": "b", "agent": "writer", "metadata": {key: 1}});
        let (code, at, _) = stage.refused(&human("ann"), ("aof_dispatch", draft));
        let expected = format!("metadata.{key}");
        assert_eq!(
            (code.as_str(), at.as_deref()),
            ("AOF-1004", Some(&*expected))
        );
    }
}
