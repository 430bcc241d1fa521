//! Cards that are well formed and claim what cannot be.

use std::fs;

use serde_json::json;

use super::{GOOD, Ground, READY, codes, write};
use crate::stage::CardText;

const OTHER: &str = "TASK-2026-02-17-009";
const RUN: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

fn lay(card: &CardText) -> Ground {
    Ground::new(|root| write(root, &card.path(), card.text().as_bytes()))
}

fn held_by(acquired: &str, expires: &str, attempt: u32) -> CardText {
    CardText::new(OTHER, "in-progress")
        .agent("reader")
        .line(&format!(
            "lease: {{agent: reader, acquiredAt: {acquired}, expiresAt: {expires}, renewCount: \
         4294967295, attempt: {attempt}, run: {RUN}}}"
        ))
}

#[test]
fn of_one_task_in_two_places_one_is_served_the_same_each_time() {
    for (first, second) in [
        ("ready", "blocked"),
        ("backlog", "ready"),
        ("review", "blocked"),
    ] {
        let one = CardText::new(OTHER, first)
            .agent("reader")
            .line("revision: 4");
        let two = CardText::new(OTHER, second)
            .agent("reader")
            .line("revision: 9");
        let mut ground = Ground::new(|root| {
            write(root, &one.path(), one.text().as_bytes());
            write(root, &two.path(), two.text().as_bytes());
        });
        ground.open().unwrap();
        ground.poll();
        let held = ground.held();
        assert_eq!(codes(&held), [("AOF-1140", one.path().as_str())]);
        ground.open().unwrap();
        assert_eq!(codes(&ground.held()), codes(&held));
        let kept = fs::read_to_string(ground.root().join(one.path())).unwrap();
        assert_eq!(kept, one.text());
    }
}

#[test]
fn of_one_task_in_two_projects_one_is_served() {
    let card = CardText::new(OTHER, "ready").agent("reader");
    let beta = card.path().replace("alpha", "beta");
    let mut ground = Ground::new(|root| {
        write(root, &card.path(), card.text().as_bytes());
        write(root, &beta, card.text().as_bytes());
    });
    ground.open().unwrap();
    let mut spawned = ground.poll();
    spawned.sort();
    assert_eq!(spawned, [GOOD, OTHER]);
    assert_eq!(codes(&ground.held()), [("AOF-1140", beta.as_str())]);
    let kept = fs::read_to_string(ground.root().join(&beta)).unwrap();
    assert_eq!(kept, card.text());
}

#[test]
fn a_lease_from_the_future_or_the_wrong_way_round_is_a_lease() {
    for (acquired, expires) in [
        ("2099-01-01T00:00:00Z", "2099-01-01T00:10:00Z"),
        ("2099-01-01T00:00:00Z", "2001-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
    ] {
        let mut ground = lay(&held_by(acquired, expires, 1));
        ground.open().expect("opens");
        assert_eq!(ground.poll(), [GOOD]);
        assert_eq!(ground.held(), []);
        let task = ground
            .tool("aof_task_get", &json!({"taskId": OTHER}))
            .unwrap();
        let status = task["task"]["status"].as_str().unwrap();
        let has_lapsed = expires < "2026";
        let expected = if has_lapsed { "ready" } else { "in-progress" };
        assert_eq!(status, expected, "{acquired} to {expires}");
    }
}

#[test]
fn counters_at_their_end_do_not_wrap_around() {
    let lapsed = held_by("2001-01-01T00:00:00Z", "2001-01-01T00:00:00Z", u32::MAX)
        .line("revision: 18446744073709551615")
        .line("metadata: {retryCount: 4294967295, attempt: 4294967295}");
    let mut ground = lay(&lapsed);
    ground.open().expect("opens");
    for _ in 0..3 {
        ground.poll();
    }
    ground.open().expect("opens again");
    assert_eq!(ground.held(), []);
    let task = ground
        .tool("aof_task_get", &json!({"taskId": OTHER}))
        .unwrap();
    assert_eq!(task["task"]["revision"], u64::MAX, "{task}");
    let cancel = json!({"taskId": OTHER, "reason": "abandoned: x"});
    ground.tool("aof_task_cancel", &cancel).unwrap();
}

#[test]
fn values_that_yaml_bends_are_text_or_refused() {
    for title in [
        "no",
        "1e3",
        "0o7",
        "2026-01-01",
        "~",
        "null",
        "true",
        ".inf",
        "0x10",
        "12:30",
    ] {
        let card = CardText::new(OTHER, "blocked");
        let text = card.text().replace(&format!("Title of {OTHER}"), title);
        let mut ground = Ground::new(|root| write(root, &card.path(), text.as_bytes()));
        let held = ground.endures();
        if held.is_empty() {
            let task = ground
                .tool("aof_task_get", &json!({"taskId": OTHER}))
                .unwrap();
            assert_eq!(task["task"]["title"], title);
        } else {
            assert_eq!(
                codes(&held),
                [("AOF-1101", card.path().as_str())],
                "{title}"
            );
        }
    }
}

#[test]
fn what_a_newer_version_wrote_is_refused_or_set_aside() {
    let card = CardText::new(OTHER, "ready").agent("reader");
    let newer = card.text().replace("schemaVersion: 1", "schemaVersion: 3");
    let mut ground = Ground::new(|root| write(root, &card.path(), newer.as_bytes()));
    let held = ground.endures();
    assert_eq!(codes(&held), [("AOF-1101", card.path().as_str())]);
    assert!(held[0].2.contains("schemaVersion"), "{}", held[0].2);

    let mut ground = Ground::new(|root| write(root, "aof.yaml", b"schemaVersion: 2\n"));
    let before = ground.theirs();
    let refused = ground.open().map(|_| ()).unwrap_err().to_error();
    assert_eq!(refused.code, "AOF-1132", "{}", refused.message);
    assert!(
        refused.message.contains("schemaVersion"),
        "{}",
        refused.message
    );
    assert_eq!(ground.theirs(), before);
}

#[test]
fn ids_that_differ_in_case_only_are_never_served_wrong() {
    let twins = ["TASK-2026-02-17-k7Qm2xYz", "TASK-2026-02-17-K7qM2XyZ"];
    let mut ground = Ground::new(|root| {
        for id in twins {
            let card = CardText::new(id, "ready").agent("reader");
            write(root, &card.path(), card.text().as_bytes());
        }
    });
    ground.open().expect("opens");
    let spawned = ground.poll();
    assert!(spawned.contains(&GOOD.to_owned()));
    for id in twins {
        let task = ground.tool("aof_task_get", &json!({"taskId": id}));
        match task {
            Ok(task) => assert_eq!(task["task"]["id"], id),
            Err(refused) => assert_eq!(refused.code(), "AOF-1007"),
        }
    }
}

#[test]
fn broken_cards_of_every_kind_side_by_side_hinder_nobody() {
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/cards");
    let mut files: Vec<_> = fs::read_dir(corpus)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "md"))
        .collect();
    files.sort();
    assert!(files.len() < 899);
    let mut ground = Ground::new(|root| {
        for (number, file) in (100..).zip(&files) {
            let path = format!("{READY}/TASK-2026-02-17-{number}.md");
            write(root, &path, &fs::read(file).unwrap());
        }
    });
    let held = ground.endures();
    assert_eq!(held.len(), files.len(), "each of them is set aside");
    for (code, path, message) in held {
        assert!(code.starts_with("AOF-11"), "{path}: {code} {message}");
    }
}
