//! `aof_task_get`.

use serde_json::json;

use super::{ONE, THREE, TWO, covered, three, with};
use crate::stage::{CardText, Stage, agent, exited, human};

#[test]
fn a_task_is_shown_whole() {
    let mut stage = three();
    let answer = stage.ann("aof_task_get", json!({"taskId": ONE}));
    insta::assert_snapshot!(covered(answer, ONE), @r#"
    {
      "task": {
        "agent": "writer",
        "attempt": null,
        "body": "Do it.\n",
        "budgets": [],
        "createdAt": "2026-02-17T09:01:00.000Z",
        "createdBy": "unknown",
        "dependsOn": [],
        "hop": null,
        "id": "[id]",
        "lastTransitionAt": "1970-01-01T00:00:00.000Z",
        "leaseExpiresAt": null,
        "metadata": {},
        "parentId": null,
        "path": "projects/alpha/tasks/ready/[id].md",
        "priority": "normal",
        "project": "alpha",
        "reason": null,
        "renewCount": null,
        "resource": null,
        "revision": 0,
        "role": null,
        "run": null,
        "runs": [],
        "status": "ready",
        "tags": [],
        "team": null,
        "title": "Title of [id]",
        "updatedAt": "1970-01-01T00:00:00.000Z",
        "usage": {
          "costMicros": 0,
          "inputTokens": 0,
          "outputTokens": 0,
          "runs": 0
        },
        "warnings": [
          {
            "code": "AOF-1102",
            "hint": "add a line like `updatedAt: 2026-11-20T11:12:34.537Z`",
            "location": "projects/alpha/tasks/ready/[id].md:2:1",
            "message": "`updatedAt` is missing, taken as 1970"
          },
          {
            "code": "AOF-1102",
            "hint": "add a line like `lastTransitionAt: 2026-11-20T11:12:34.537Z`",
            "location": "projects/alpha/tasks/ready/[id].md:2:1",
            "message": "`lastTransitionAt` is missing, taken as 1970"
          },
          {
            "code": "AOF-1102",
            "hint": "add a line like `createdBy: your-name`",
            "location": "projects/alpha/tasks/ready/[id].md:2:1",
            "message": "`createdBy` is missing, taken as unknown"
          }
        ],
        "workDir": "projects/alpha/work/[id]"
      }
    }
    "#);
}

#[test]
fn a_card_that_says_everything_is_shown_as_it_says() {
    let run = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    let card = CardText::new(ONE, "in-progress")
        .line("project: alpha")
        .line("priority: high")
        .line("routing: {agent: writer, role: press, team: ink, tags: [a, b]}")
        .line(&format!(
            "lease: {{agent: reader, acquiredAt: 2026-02-17T09:59:00.000Z, expiresAt: \
             2026-02-17T10:09:00.000Z, renewCount: 3, run: {run}, attempt: 4}}"
        ))
        .line("createdAt: 2026-02-16T10:00:00.000Z\nupdatedAt: 2026-02-17T09:59:30.000Z")
        .line("lastTransitionAt: 2026-02-17T09:59:00.000Z\ncreatedBy: bob")
        .line(&format!(
            "parentId: {TWO}\ndependsOn: [{THREE}]\nresource: the press"
        ))
        .line("metadata: {colour: red}\nrevision: 9");
    let mut stage = Stage::with(&card.fixture());
    let task = stage.task(ONE);
    for (field, expected) in [
        ("id", json!(ONE)),
        ("title", json!(format!("Title of {ONE}"))),
        ("status", json!("in-progress")),
        ("project", json!("alpha")),
        ("priority", json!("high")),
        ("agent", json!("reader")),
        ("role", json!("press")),
        ("team", json!("ink")),
        ("tags", json!(["a", "b"])),
        ("leaseExpiresAt", json!("2026-02-17T10:09:00.000Z")),
        ("renewCount", json!(3)),
        ("run", json!(run)),
        ("attempt", json!(4)),
        ("createdAt", json!("2026-02-16T10:00:00.000Z")),
        ("updatedAt", json!("2026-02-17T09:59:30.000Z")),
        ("lastTransitionAt", json!("2026-02-17T09:59:00.000Z")),
        ("createdBy", json!("bob")),
        ("parentId", json!(TWO)),
        ("dependsOn", json!([THREE])),
        ("resource", json!("the press")),
        ("revision", json!(9)),
    ] {
        assert_eq!(task[field], expected, "{field}");
    }
    assert_eq!(task["metadata"]["colour"], "red");
    assert_eq!(task["warnings"], json!([]), "{task}");
    let record = format!("projects/alpha/runs/{ONE}/{run}/run.json");
    stage.later(600_000).poll();
    let record = stage.file(&record).unwrap();
    assert!(
        record.contains("\"requestedAt\": \"2026-02-17T09:59:00.000Z\""),
        "{record}"
    );
}

#[test]
fn the_runs_of_a_task_are_shown_oldest_first() {
    let mut stage = Stage::with(&CardText::new(ONE, "ready").agent("writer").fixture());
    let first = stage.spawned();
    stage.started(&first);
    stage.later(1_000).ended(&first.run, exited(3));
    stage.later(900_000).poll();
    let second = stage.spawned();
    let task = stage.task(ONE);
    let runs = task["runs"].as_array().unwrap();
    let why = "the agent exited with code 3 without completing the task; it last printed: no idea";
    let covered = covered(json!(runs), &first.run)
        .replace(&second.run, "[second]")
        .replace(why, "[why]");
    insta::assert_snapshot!(covered, @r#"
    [
      {
        "agent": "writer",
        "attempt": 1,
        "endedAt": "2026-02-17T10:00:01.000Z",
        "exitCode": 3,
        "method": null,
        "outcome": "exited",
        "reason": "[why]",
        "requestedAt": "2026-02-17T10:00:00.000Z",
        "run": "[id]",
        "runDir": "projects/alpha/runs/TASK-2026-02-17-001/[id]",
        "session": "session-of-[id]",
        "startedAt": "2026-02-17T10:00:00.000Z",
        "state": "ended",
        "usage": null
      },
      {
        "agent": "writer",
        "attempt": 2,
        "endedAt": null,
        "exitCode": null,
        "method": null,
        "outcome": null,
        "reason": null,
        "requestedAt": "2026-02-17T10:15:01.000Z",
        "run": "[second]",
        "runDir": "projects/alpha/runs/TASK-2026-02-17-001/[second]",
        "session": null,
        "startedAt": null,
        "state": "requested",
        "usage": null
      }
    ]
    "#);
}

#[test]
fn any_agent_may_read_any_task_by_prefix() {
    let mut stage = three();
    let id = stage.task_for("writer", "t");
    let prefix = &id[..id.len() - 1];
    let answer = stage.tool(&agent("judge"), "aof_task_get", json!({"taskId": prefix}));
    assert_eq!(answer.unwrap()["task"]["id"], id.as_str());
}

#[test]
fn an_ambiguous_prefix_is_refused_with_what_it_fits() {
    let (code, at, hint) = three().refused(
        &human("ann"),
        ("aof_task_get", json!({"taskId": "TASK-2026-02-17"})),
    );
    assert_eq!((code.as_str(), at.as_deref()), ("AOF-1006", Some("taskId")));
    assert!(hint.contains(ONE), "{hint}");
}

#[test]
fn a_whole_id_that_begins_another_is_not_ambiguous() {
    let child = format!("{ONE}-01");
    let cards = [
        CardText::new(ONE, "ready").fixture(),
        CardText::new(&child, "ready").fixture(),
    ];
    let mut stage = Stage::with(&cards.concat());
    assert_eq!(stage.task(ONE)["id"], ONE);
    assert_eq!(stage.task(&child)["id"], child.as_str());
}

#[test]
fn what_does_not_exist_is_refused() {
    let mut stage = three();
    for id in [
        "",
        "TASK-2026-02-17-009",
        "../../etc/passwd",
        "x\u{0}y",
        "ТASK-2026",
    ] {
        let (code, at, _) = stage.refused(&human("ann"), ("aof_task_get", json!({"taskId": id})));
        assert_eq!(
            (code.as_str(), at.as_deref()),
            ("AOF-1005", Some("taskId")),
            "{id:?}"
        );
    }
    for (project, expected) in [
        ("_inbox", "AOF-1005"),
        ("beta", "AOF-1008"),
        ("a b", "AOF-1003"),
    ] {
        let arguments = with(ONE, "project", json!(project));
        let (code, at, _) = stage.refused(&human("ann"), ("aof_task_get", arguments));
        assert_eq!((code.as_str(), at.as_deref()), (expected, Some("project")));
    }
}

#[test]
fn a_card_that_is_set_aside_is_named_with_its_place() {
    let broken = format!("//- projects/alpha/tasks/ready/{ONE}.md\n---\nid: [\n---\n");
    let (code, at, hint) =
        Stage::with(&broken).refused(&human("ann"), ("aof_task_get", json!({"taskId": ONE})));
    assert_eq!(code, "AOF-1007");
    assert_eq!(at.unwrap(), format!("projects/alpha/tasks/ready/{ONE}.md"));
    assert!(hint.contains("mend"), "{hint}");
}

#[test]
fn the_last_100_runs_of_a_task_are_shown() {
    let mut stage = Stage::with(&CardText::new(ONE, "ready").agent("writer").fixture());
    let first = stage.spawned().run;
    let path = |run: &str| format!("projects/alpha/runs/{ONE}/{run}/run.json");
    let record = stage.file(&path(&first)).unwrap();
    let mut add = |number: usize| {
        let run = format!("02{}{number:03}", &first[2..23]);
        stage.put_by_hand(&path(&run), &record.replace(&first, &run));
        let task = stage.task(ONE);
        let runs = task["runs"].as_array().unwrap();
        (runs.len(), runs[0]["run"] == first.as_str())
    };
    for number in 1..99 {
        add(number);
    }
    assert_eq!(add(99), (100, true));
    assert_eq!(add(100), (100, false), "the oldest one is left out");
}
