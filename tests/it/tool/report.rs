//! `aof_status_report`.

use serde_json::{Value, json};

use super::{ONE, THREE, TWO, covered, three};
use crate::stage::{Stage, agent, human};

fn ids(report: &Value) -> Vec<&str> {
    let tasks = report["tasks"].as_array().unwrap();
    tasks
        .iter()
        .map(|task| task["id"].as_str().unwrap())
        .collect()
}

#[test]
fn the_report_counts_and_lists() {
    let mut stage = three();
    let answer = stage.ann("aof_status_report", json!({"limit": 1}));
    insta::assert_snapshot!(covered(answer, ONE), @r#"
    {
      "report": {
        "byStatus": {
          "backlog": 0,
          "blocked": 1,
          "cancelled": 0,
          "deadletter": 0,
          "done": 1,
          "in-progress": 0,
          "ready": 1,
          "review": 0
        },
        "quarantined": [],
        "tasks": [
          {
            "agent": "writer",
            "attempt": null,
            "createdAt": "2026-02-17T09:01:00.000Z",
            "dependsOn": [],
            "hop": null,
            "id": "[id]",
            "lastTransitionAt": "1970-01-01T00:00:00.000Z",
            "leaseExpiresAt": null,
            "priority": "normal",
            "project": "alpha",
            "reason": null,
            "role": null,
            "run": null,
            "status": "ready",
            "team": null,
            "title": "Title of [id]"
          }
        ],
        "total": 3,
        "truncated": true
      }
    }
    "#);
}

#[test]
fn an_empty_store_is_reported_as_such() {
    let mut stage = Stage::empty();
    let report = stage.report();
    assert_eq!(
        (&report["total"], &report["tasks"]),
        (&json!(0), &json!([]))
    );
    assert_eq!(report["quarantined"], json!([]));
}

#[test]
fn filters_leave_out_what_does_not_fit() {
    let mut stage = three();
    for (filter, expected) in [
        (json!({"agent": "writer"}), vec![ONE]),
        (json!({"agent": "reader"}), vec![TWO, THREE]),
        (json!({"status": "done"}), vec![THREE]),
        (json!({"agent": "reader", "status": "blocked"}), vec![TWO]),
        (json!({"project": "_inbox"}), vec![]),
        (json!({"compact": true}), vec![]),
        (json!({"limit": 3}), vec![ONE, TWO, THREE]),
        (json!({"actor": "ann"}), vec![ONE, TWO, THREE]),
    ] {
        let answer = stage.ann("aof_status_report", filter.clone());
        assert_eq!(ids(&answer["report"]), expected, "{filter}");
        assert_eq!(answer["report"]["truncated"], false, "{filter}");
        assert_eq!(answer["report"]["total"], 3, "{filter}");
    }
}

#[test]
fn a_list_that_does_not_hold_everything_says_so() {
    let mut stage = three();
    let answer = stage.ann("aof_status_report", json!({"limit": 2}));
    assert_eq!(answer["report"]["truncated"], true);
    assert_eq!(ids(&answer["report"]), [ONE, TWO]);
}

#[test]
fn what_is_set_aside_is_listed_with_its_place() {
    let path = format!("projects/alpha/tasks/ready/{ONE}.md");
    let mut stage = Stage::with(&format!("//- {path}\n---\nid: {ONE}\ntitle: [\n---\n"));
    let report = stage.report();
    let held = &report["quarantined"][0];
    assert_eq!(held["path"], path.as_str());
    assert_eq!(held["code"], "AOF-1100");
    let place = held["location"].as_str().unwrap();
    assert!(place.starts_with(&format!("{path}:")), "{place}");
    assert_eq!(
        stage.ls("projects/alpha/tasks/ready").len(),
        1,
        "the file stays"
    );
}

#[test]
fn what_does_not_fit_is_refused_by_field() {
    let mut stage = three();
    for (field, value, code) in [
        ("limit", json!(0), "AOF-1004"),
        ("limit", json!(1_001), "AOF-1004"),
        ("status", json!("Done"), "AOF-1004"),
        ("agent", json!("a b"), "AOF-1003"),
        ("project", json!("beta"), "AOF-1008"),
        ("actor", json!("bob"), "AOF-2006"),
    ] {
        let call = ("aof_status_report", json!({field: value}));
        let (found, at, _) = stage.refused(&human("ann"), call);
        assert_eq!((found.as_str(), at.as_deref()), (code, Some(field)));
    }
    let call = ("aof_status_report", json!({"actor": "ann"}));
    assert_eq!(stage.refused(&agent("judge"), call).0, "AOF-2006");
}
