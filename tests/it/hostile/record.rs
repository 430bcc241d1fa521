//! Records that were torn, doubled, mixed up or made up.

use std::fs;

use serde_json::{Value, json};

use super::{GOOD, Ground, write};

const LOG: &str = "events/2026-02-17.jsonl";

fn line(counter: u32, revision: u32) -> String {
    let event = json!({
        "schema": 1, "eventId": format!("1771322400000-000001-{counter:06}"),
        "type": "task.created", "timestamp": "2026-02-17T10:00:00.000Z", "actor": "ann",
        "project": "alpha", "taskId": "TASK-2026-02-17-005", "runId": null,
        "revision": revision, "payload": {},
    });
    format!("{event}\n")
}

/// Opens and polls over such a log; returns the lines that came to it, all of them whole.
fn goes_on_after(log: &[u8]) -> Vec<Value> {
    let mut ground = Ground::new(|root| write(root, LOG, log));
    ground.open().expect("opens");
    assert_eq!(ground.poll(), [GOOD]);
    let now = fs::read(ground.root().join(LOG)).unwrap();
    let more = now.strip_prefix(log).expect("only appended to");
    let text = std::str::from_utf8(more).unwrap();
    assert!(text.ends_with('\n'));
    let lines = text.lines().filter(|line| !line.is_empty());
    lines
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}")))
        .collect()
}

#[test]
fn a_log_in_any_state_is_appended_to_and_never_rewritten() {
    let twice = line(1, 1).repeat(2);
    let gap = [line(1, 1), line(900_000, 7)].concat();
    let mixed = [line(3, 1), line(1, 2), line(2, 3)].concat();
    let torn = &line(1, 1)[..40];
    let halves = format!("{}{}", &line(1, 1)[..40], line(2, 2));
    let far = line(1, 1).replace("2026-02-17T10", "9999-12-31T10");
    let foreign = "{\"schema\": 99, \"taskId\": 5, \"revision\": -1, \"timestamp\": []}\n";
    let deep = format!("{}\n", "[".repeat(100_000));
    let long = format!("{{\"x\": \"{}\"}}\n", "y".repeat(4 << 20));
    for log in [
        b"".as_slice(),
        twice.as_bytes(),
        gap.as_bytes(),
        mixed.as_bytes(),
        torn.as_bytes(),
        halves.as_bytes(),
        far.as_bytes(),
        foreign.as_bytes(),
        deep.as_bytes(),
        long.as_bytes(),
        b"\xff\xfe\0\0",
        b"\n\n\n\n",
        &[0; 4_096],
    ] {
        let lines = goes_on_after(log);
        let kinds: Vec<&str> = lines
            .iter()
            .filter_map(|line| line["type"].as_str())
            .collect();
        assert_eq!(kinds.first(), Some(&"system.startup"));
        assert!(kinds.contains(&"task.transitioned"), "{kinds:?}");
    }
}

#[test]
fn files_that_are_no_parts_of_the_log_are_left_alone() {
    let strange = [
        "events/notes.txt",
        "events/2026-02-17.x.jsonl",
        "events/2026-02-17.99999999999.jsonl",
        "events/.2026-02-17.jsonl.swp",
    ];
    let mut ground = Ground::new(|root| {
        for path in strange {
            write(root, path, b"mine");
        }
        fs::create_dir_all(root.join("events/2026-02-16.jsonl")).unwrap();
    });
    ground.open().expect("opens");
    assert_eq!(ground.poll(), [GOOD]);
    for path in strange {
        assert_eq!(fs::read(ground.root().join(path)).unwrap(), b"mine");
    }
    assert!(ground.root().join(LOG).exists());
}

#[test]
fn an_outbox_of_nonsense_hands_nothing_out() {
    for text in [
        "{\"line\":\"issued\",\"schema\":1,\"key\":\"k\",\"effect\":{\"kind\":\"spawn\"}}\n",
        "{\"line\":\"settled\"}\n",
        "{\"line\":\"issued\",\"schema\":1,\"ke",
        "\u{0}\u{0}\u{0}",
        "[[[[[[",
    ] {
        let mut ground = Ground::new(|root| write(root, "state/outbox.jsonl", text.as_bytes()));
        ground.open().expect("opens");
        assert_eq!(ground.poll(), [GOOD]);
        let outbox = fs::read_to_string(ground.root().join("state/outbox.jsonl")).unwrap();
        assert!(outbox.starts_with(text), "only appended to");
    }
}

#[test]
fn a_record_of_a_run_that_lies_does_not_mislead() {
    for record in [
        "",
        "{}",
        "no record",
        "{\"schemaVersion\": 2}",
        "[]",
        "\u{0}",
    ] {
        let mut ground = Ground::new(|_| ());
        ground.open().unwrap();
        assert_eq!(ground.poll(), [GOOD]);
        let runs = ground.root().join("projects/alpha/runs").join(GOOD);
        let run = fs::read_dir(runs).unwrap().next().unwrap().unwrap().path();
        fs::write(run.join("run.json"), record).unwrap();
        ground.open().expect("opens");
        assert_eq!(ground.poll(), [""; 0], "the card says that it runs");
        let task = ground
            .tool("aof_task_get", &json!({"taskId": GOOD}))
            .unwrap();
        assert_eq!(task["task"]["status"], "in-progress");
    }
}

#[test]
fn an_epoch_at_its_end_is_refused_and_not_wrapped_around() {
    for epoch in [u64::MAX, u64::MAX - 1] {
        let mut ground = Ground::new(|_| ());
        ground.open().unwrap();
        drop(ground.instance.take());
        let path = ground.root().join("state/owner.json");
        let owner = fs::read_to_string(&path).unwrap();
        let high = owner.replace("\"epoch\":1", &format!("\"epoch\":{epoch}"));
        let high = high.replace("\"epoch\": 1", &format!("\"epoch\": {epoch}"));
        assert_ne!(owner, high);
        fs::write(&path, high).unwrap();
        let first = ground.open().map(|_| ());
        drop(ground.instance.take());
        let second = ground.open().map(|_| ());
        let refused = first.and(second).unwrap_err().to_error();
        assert_eq!(refused.code, "AOF-4007", "{}", refused.message);
        assert!(refused.message.contains("epoch"), "{}", refused.message);
    }
}
