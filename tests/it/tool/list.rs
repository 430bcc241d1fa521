//! `aof_task_list`.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{ONE, THREE, TWO, covered, three};
use crate::stage::{CardText, Stage, human};

fn ids(answer: &Value) -> Vec<String> {
    let tasks = answer["list"]["tasks"].as_array().unwrap();
    let id = |task: &Value| task["id"].as_str().unwrap().to_owned();
    tasks.iter().map(id).collect()
}

#[test]
fn without_a_filter_it_lists_what_is_not_finished() {
    let mut stage = three();
    let answer = stage.ann("aof_task_list", json!({}));
    assert_eq!(ids(&answer), [ONE, TWO]);
    let one =
        json!({"list": {"tasks": [answer["list"]["tasks"][0]], "next": answer["list"]["next"]}});
    insta::assert_snapshot!(covered(one, ONE), @r#"
    {
      "list": {
        "next": null,
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
        ]
      }
    }
    "#);
}

/// A card for each filter, and one that fits none of them.
fn several() -> Stage {
    let bare =
        |number: u32, status: &str| CardText::new(&format!("TASK-2026-02-17-00{number}"), status);
    let card = |number, status| bare(number, status).agent("judge");
    let long_ago = "lastTransitionAt: 2026-02-01T00:00:00.000Z";
    let cards = [
        bare(1, "ready").line("routing: {role: press}"),
        bare(2, "ready").line("routing: {team: eye, tags: [ink, blue]}"),
        card(3, "backlog").line("parentId: TASK-2026-02-17-001"),
        card(4, "ready").line("priority: critical"),
        card(5, "blocked")
            .line("sla: {maxBlockedMs: 60000}")
            .line(long_ago),
        bare(6, "done").line("routing: {team: eye, tags: [ink]}"),
        card(7, "cancelled"),
        card(8, "ready"),
    ];
    let files: String = cards.iter().fold(String::new(), |mut files, card| {
        write!(files, "{}", card.fixture()).unwrap();
        files
    });
    Stage::with(&files)
}

#[test]
fn each_filter_lists_what_fits_and_all_of_them_together() {
    let mut stage = several();
    for (arguments, expected) in [
        (json!({"status": ["done", "cancelled"]}), &[6, 7][..]),
        (json!({"status": ["ready", "done"]}), &[1, 2, 4, 6, 8]),
        (json!({"agent": "judge"}), &[3, 4, 5, 8]),
        (json!({"role": "press"}), &[1]),
        (json!({"team": "eye"}), &[2]),
        (json!({"tag": "ink"}), &[2]),
        (json!({"tag": "ink", "status": ["done", "ready"]}), &[2, 6]),
        (json!({"priority": "critical"}), &[4]),
        (json!({"parentId": ONE}), &[3]),
        (json!({"title": "titel"}), &[]),
        (json!({"title": "OF TASK-2026-02-17-004"}), &[4]),
        (json!({"overdue": true}), &[5]),
        (
            json!({"project": "alpha", "team": "eye", "tag": "blue"}),
            &[2],
        ),
        (json!({"team": "eye", "tag": "red"}), &[]),
    ] {
        let answer = stage.ann("aof_task_list", arguments.clone());
        let expected: Vec<String> = expected
            .iter()
            .map(|number| format!("TASK-2026-02-17-00{number}"))
            .collect();
        assert_eq!(ids(&answer), expected, "{arguments}");
    }
}

#[test]
fn what_waits_for_a_person_is_in_review_or_for_a_role_of_a_person() {
    let card =
        |number: u32, status: &str| CardText::new(&format!("TASK-2026-02-17-00{number}"), status);
    let owner = "routing: {role: owner}";
    let paused = "//- projects/rest/project.yaml\nid: rest\ntitle: Rest\nstatus: paused\n";
    let cards = [
        card(1, "ready").line(owner),
        card(2, "review").agent("writer"),
        card(3, "ready").line("routing: {role: press}"),
        card(4, "backlog").line(owner),
        card(5, "ready")
            .line(owner)
            .line("dependsOn: [TASK-2026-02-17-003]"),
        card(6, "ready").line("routing: {role: owner, agent: judge}"),
        card(7, "done").line(owner),
    ];
    let files: String = cards.iter().map(CardText::fixture).collect();
    let rests = card(8, "ready").line(owner).fixture();
    let rests = rests.replace("projects/alpha/", "projects/rest/");
    let mut stage = Stage::with(&[paused, &rests, &files].concat());
    for (arguments, expected) in [
        (json!({}), &[1, 2][..]),
        (json!({"status": ["review", "done"]}), &[2]),
        (json!({"status": ["ready"], "role": "owner"}), &[1]),
        (json!({"project": "rest"}), &[]),
        (json!({"overdue": true}), &[]),
    ] {
        let mut arguments = arguments;
        arguments["forPerson"] = json!(true);
        let answer = stage.ann("aof_task_list", arguments.clone());
        let expected: Vec<String> = expected
            .iter()
            .map(|number| format!("TASK-2026-02-17-00{number}"))
            .collect();
        assert_eq!(ids(&answer), expected, "{arguments}");
    }
}

#[test]
fn pages_neither_repeat_nor_leave_out_what_stays() {
    let mut stage = several();
    let mut arguments = json!({"status": ["backlog", "ready", "blocked", "done", "cancelled"]});
    arguments["limit"] = json!(3);
    let mut seen = Vec::new();
    loop {
        let answer = stage.ann("aof_task_list", arguments.clone());
        seen.extend(ids(&answer));
        // What others do meanwhile: one ends, one begins behind, one is made before.
        match seen.len() {
            3 => drop(stage.ann("aof_task_cancel", json!({"taskId": "TASK-2026-02-17-005"}))),
            6 => {
                let early = CardText::new("TASK-2026-01-01-001", "ready").agent("judge");
                stage.put_by_hand(&early.path(), &early.text());
            }
            _ => {}
        }
        match answer["list"]["next"].as_str() {
            Some(next) => arguments["cursor"] = json!(next),
            None => break,
        }
    }
    let expected: Vec<String> = (1..=8)
        .map(|it| format!("TASK-2026-02-17-00{it}"))
        .collect();
    assert_eq!(seen, expected);
}

#[test]
fn a_page_reads_1000_finished_cards() {
    let done = |number: u32| {
        let id = format!(
            "TASK-2026-02-{:02}-{:03}",
            1 + number / 500,
            1 + number % 500
        );
        let tag = if number == 1_000 { "rare" } else { "usual" };
        CardText::new(&id, "done").line(&format!("routing: {{tags: [{tag}]}}"))
    };
    let files: String = (0..=1_000).map(|number| done(number).fixture()).collect();
    let mut stage = Stage::with(&files);
    let mut arguments = json!({"status": ["done"], "tag": "rare"});
    let first = stage.ann("aof_task_list", arguments.clone());
    assert_eq!(ids(&first), Vec::<String>::new());
    arguments["cursor"] = first["list"]["next"].clone();
    let second = stage.ann("aof_task_list", arguments);
    assert_eq!(ids(&second), ["TASK-2026-02-03-001"]);
    assert_eq!(second["list"]["next"], Value::Null);
}

#[test]
fn what_cannot_be_asked_for_is_refused_by_field() {
    let mut stage = three();
    for (field, value, code) in [
        ("limit", json!(0), "AOF-1004"),
        ("limit", json!(1_001), "AOF-1004"),
        ("status", json!(["ready", "finished"]), "AOF-1004"),
        ("priority", json!("soon"), "AOF-1004"),
        ("cursor", json!("../x"), "AOF-1003"),
        ("agent", json!("a b"), "AOF-1003"),
        ("parentId", json!("TASK-2031-01-01-001"), "AOF-1005"),
        ("project", json!("beta"), "AOF-1008"),
        ("title", json!(""), "AOF-1004"),
    ] {
        let call = ("aof_task_list", json!({field: value}));
        let (found, at, _) = stage.refused(&human("ann"), call);
        assert_eq!((found.as_str(), at.as_deref()), (code, Some(field)));
    }
    for limit in [1, 1_000] {
        stage.ann("aof_task_list", json!({"limit": limit}));
    }
    assert_eq!(stage.status(THREE), "done");
}
