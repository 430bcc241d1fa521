//! Every limit at its value and one past it.

use serde_json::{Value, json};

use crate::stage::{CardText, Stage, human};

const KIB: usize = 1024;

fn task() -> Value {
    json!({"title": "t", "brief": "b", "agent": "writer"})
}

/// `fits` is taken; `exceeds` is refused with the code and the field.
fn bounded(field: &str, code: &str, (fits, exceeds): (Value, Value)) {
    let mut stage = Stage::empty();
    let mut arguments = task();
    arguments[field] = fits;
    let made = stage.tool(&human("ann"), "aof_dispatch", arguments.clone());
    let made = made.unwrap_or_else(|error| panic!("{field}: {}", error.message));
    let id = made["task"]["taskId"].as_str().unwrap().to_owned();
    stage.kill_and_reopen();
    assert_eq!(
        stage.task(&id)["id"],
        id.as_str(),
        "{field}: what was taken is read again"
    );
    arguments[field] = exceeds;
    let (found, at, _) = stage.refused(&human("ann"), ("aof_dispatch", arguments));
    assert_eq!((found.as_str(), at.as_deref()), (code, Some(field)));
}

#[test]
fn a_line_has_500_characters() {
    for field in ["title", "resource"] {
        bounded(
            field,
            "AOF-1004",
            (json!("ä".repeat(500)), json!("ä".repeat(501))),
        );
    }
    let tags = |chars: usize| json!(["x".repeat(chars)]);
    bounded("tags", "AOF-1004", (tags(500), tags(501)));
}

#[test]
fn a_body_has_512_kibibytes() {
    let text = |bytes: usize| json!("x".repeat(bytes));
    bounded("brief", "AOF-1009", (text(512 * KIB), text(512 * KIB + 1)));
    let mut stage = Stage::empty();
    let id = stage.task_for("writer", "t");
    for (tool, field) in [
        ("aof_task_update", "body"),
        ("aof_task_complete", "summary"),
    ] {
        let with = |bytes: usize| json!({"taskId": id, field: "x".repeat(bytes)});
        let (code, at, _) = stage.refused(&human("ann"), (tool, with(512 * KIB + 1)));
        assert_eq!((code.as_str(), at.as_deref()), ("AOF-1009", Some(field)));
        stage.ann("aof_task_update", json!({"taskId": id, "body": "short"}));
        stage.ann(tool, with(512 * KIB));
    }
    stage.kill_and_reopen();
    let bytes = stage.task(&id)["body"].as_str().unwrap().len();
    assert!(bytes > 512 * KIB, "{bytes}");
}

#[test]
fn a_task_has_100_dependencies_and_tags() {
    let mut stage = Stage::empty();
    let ids: Vec<String> = (0..101).map(|_| stage.task_for("writer", "t")).collect();
    let with = |count: usize| {
        let mut arguments = task();
        arguments["dependsOn"] = json!(ids[..count]);
        arguments
    };
    stage.ann("aof_dispatch", with(100));
    let (code, at, _) = stage.refused(&human("ann"), ("aof_dispatch", with(101)));
    assert_eq!(
        (code.as_str(), at.as_deref()),
        ("AOF-1009", Some("dependsOn"))
    );
    let tags = |count: usize| json!(vec!["x"; count]);
    bounded("tags", "AOF-1009", (tags(100), tags(101)));
}

#[test]
fn metadata_has_32_kibibytes() {
    // {"k":"…"} is 8 bytes around the text.
    let metadata = |bytes: usize| json!({"k": "x".repeat(bytes - 8)});
    bounded(
        "metadata",
        "AOF-1009",
        (metadata(32 * KIB), metadata(32 * KIB + 1)),
    );
}

#[test]
fn everything_at_its_limit_at_once_is_a_card_that_can_be_read() {
    let mut stage = Stage::empty();
    let blocker = stage.task_for("writer", "t");
    let arguments = json!({
        "title": "\"".repeat(500), "brief": "é\n".repeat(512 * KIB / 3), "agent": "reader",
        "tags": vec!["'".repeat(100); 100], "resource": "#".repeat(500),
        "metadata": {"k": "\u{1F600}\\".repeat(32 * KIB / 6 - 10)}, "dependsOn": vec![blocker; 100],
    });
    let made = stage.ann("aof_dispatch", arguments.clone());
    let id = made["task"]["taskId"].as_str().unwrap().to_owned();
    stage.kill_and_reopen();
    assert_eq!(stage.opened.quarantined.len(), 0);
    let task = stage.task(&id);
    assert_eq!(task["title"], arguments["title"]);
    assert_eq!(task["metadata"], arguments["metadata"]);
    assert_eq!(task["tags"], arguments["tags"]);
}

#[test]
fn metadata_that_no_card_can_hold_is_refused_before_it_is_written() {
    let mut deep = json!(1);
    for _ in 0..100 {
        deep = json!([deep]);
    }
    for metadata in [
        json!({"deep": deep}),
        json!({"wide": vec![0; 16_000]}),
        json!({"control": "bell \u{7} and nul \u{0}"}),
        json!({"": "", "a: b": "- c", "~": null, "<<": {"x": 1}, "no": "no", "1e3": "1e3"}),
    ] {
        let mut stage = Stage::empty();
        let mut arguments = task();
        arguments["metadata"] = metadata;
        let before = stage.tree();
        match stage.tool(&human("ann"), "aof_dispatch", arguments.clone()) {
            Err(error) => {
                assert_eq!(stage.tree(), before);
                assert_eq!(error.code, "AOF-1009", "{}", error.message);
            }
            Ok(made) => {
                let id = made["task"]["taskId"].as_str().unwrap().to_owned();
                stage.kill_and_reopen();
                let held = format!("{:?}", stage.opened.quarantined);
                assert!(stage.opened.quarantined.is_empty(), "{held}");
                assert_eq!(stage.task(&id)["metadata"], arguments["metadata"]);
            }
        }
    }
}

#[test]
fn a_run_lasts_up_to_four_hours() {
    bounded(
        "timeoutMs",
        "AOF-1004",
        (json!(14_400_000), json!(14_400_001)),
    );
    bounded("timeoutMs", "AOF-1004", (json!(1), json!(0)));
    let mut stage = Stage::empty();
    for wrong in [
        json!(-1),
        json!(1.5),
        json!(18_446_744_073_709_551_615_u64),
        json!("1"),
    ] {
        let mut arguments = task();
        arguments["timeoutMs"] = wrong;
        let (code, at, _) = stage.refused(&human("ann"), ("aof_dispatch", arguments));
        assert!(["AOF-1002", "AOF-1004"].contains(&code.as_str()), "{code}");
        assert_eq!(at.as_deref(), Some("timeoutMs"));
    }
}

#[test]
fn a_report_lists_up_to_1000_tasks() {
    let mut stage = Stage::empty();
    stage.ann("aof_status_report", json!({"limit": 1_000}));
    let call = ("aof_status_report", json!({"limit": 1_001}));
    let (code, at, _) = stage.refused(&human("ann"), call);
    assert_eq!((code.as_str(), at.as_deref()), ("AOF-1004", Some("limit")));
}

#[test]
fn a_name_has_64_characters() {
    for field in ["agent", "role", "team"] {
        bounded(
            field,
            "AOF-1003",
            (json!("a".repeat(64)), json!("a".repeat(65))),
        );
    }
}

#[test]
fn a_card_that_has_grown_too_large_is_not_written() {
    let mut stage = Stage::empty();
    let mut arguments = task();
    arguments["brief"] = json!("x".repeat(512 * KIB));
    let made = stage.ann("aof_dispatch", arguments);
    let id = made["task"]["taskId"].as_str().unwrap().to_owned();
    let path = stage.card_path(&id);
    let padded = stage.file(&path).unwrap() + &"y".repeat(510 * KIB);
    stage.put_by_hand(&path, &padded);
    assert_eq!(
        stage.status(&id),
        "ready",
        "a person's card may have a mebibyte"
    );
    let summary = json!({"taskId": id, "summary": "s".repeat(100 * KIB)});
    let answer = stage.tool(&human("ann"), "aof_task_complete", summary);
    match answer {
        Err(error) => assert_eq!(error.code, "AOF-1009", "{}", error.message),
        Ok(_) => {
            stage.kill_and_reopen();
            assert!(
                stage.task(&id)["body"].is_string(),
                "what was written can be read"
            );
        }
    }
}

#[test]
fn an_audit_compares_1000_cards_a_page() {
    for (cards, pages) in [(1_000, vec![1_000]), (1_001, vec![1_000, 1_001])] {
        let text = |number| {
            let id = format!("TASK-2026-02-{:02}-{:03}", number / 100 + 1, number % 100);
            CardText::new(&id, "backlog").fixture()
        };
        let mut stage = Stage::with(&(1..=cards).map(text).collect::<String>());
        let mut compared = Vec::new();
        let mut next = Some(0);
        while let Some(page) = next {
            let ctx = stage.ctx(human("ann"));
            let answer = stage.instance().audit(&ctx, page).unwrap();
            let answer: Value = serde_json::from_str(&answer).unwrap();
            let count = answer["audit"]["cards"].as_u64().unwrap();
            if count > compared.last().copied().unwrap_or(0) {
                compared.push(count);
            }
            next = answer["audit"]["next"].as_u64().map(|page| page as u32);
        }
        assert_eq!(compared, pages);
    }
}
