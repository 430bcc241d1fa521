//! Bounds that a person or an agent can reach, at their value and one past it.

use std::fmt::Write as _;
use std::fs;

use aof_codec::{parse_card, parse_org_chart};
use aof_host::contract::scheduler::PollMode;
use aof_host::contract::types::{Caller, Outcome};
use aof_host::contract::views::{BoardQuery, EventsQuery};
use serde_json::{Value, json};

use super::{GOOD, Ground, write};
use crate::stage::{CardText, Stage};

const PATH: &str = "projects/alpha/tasks/ready/TASK-2026-02-17-001.md";

/// So many cards in a status, for an agent that sleeps.
fn many(status: &str, count: usize) -> String {
    let mut files = String::new();
    for number in 0..count {
        let id = format!("TASK-2026-02-{:02}-{:03}", 1 + number / 900, number % 900);
        files += &CardText::new(&id, status).agent("sleeper").fixture();
    }
    files
}

fn json_of(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.value).unwrap()
}

#[test]
fn a_report_gives_reasons_for_50_waiting_tasks() {
    for (count, reported) in [(50, 50), (51, 50)] {
        let mut stage = Stage::with(&many("ready", count));
        let poll = stage.poll();
        let waiting = poll["waiting"]
            .as_array()
            .unwrap_or_else(|| panic!("{poll}"));
        assert_eq!(waiting.len(), reported);
    }
}

#[test]
fn one_poll_promotes_200_tasks_and_the_next_the_rest() {
    let mut stage = Stage::with(&many("backlog", 201));
    let mut promoted = || stage.poll()["actions"].as_array().unwrap().len();
    assert_eq!([promoted(), promoted(), promoted()], [200, 1, 0]);
}

#[test]
fn a_board_shows_1000_cards_of_a_column() {
    let mut stage = Stage::with(&many("blocked", 1_001));
    let ctx = stage.ctx(Caller::Host);
    for (limit, shown) in [(1_000, 1_000), (1_001, 1_000), (u32::MAX, 1_000), (0, 1)] {
        let query = BoardQuery {
            project: None,
            limit,
        };
        let text = stage.instance().board(&ctx, &query).unwrap();
        let cards = text.matches("\"TASK-2026-02-").count();
        assert!((shown..=2 * shown).contains(&cards), "{limit}: {cards}");
        let board: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(board["board"]["counts"]["blocked"], 1_001);
    }
}

#[test]
fn a_page_has_1000_events() {
    let line = "{\"schema\":1,\"type\":\"task.created\"}\n";
    let log = format!("//- events/2026-02-16.jsonl\n{}", line.repeat(1_001));
    let mut stage = Stage::with(&log);
    let ctx = stage.ctx(Caller::Host);
    for (limit, offset, shown) in [(1_000, 0, 1_000), (1_001, 0, 1_000), (1_000, 1_000, 1)] {
        let query = EventsQuery {
            day: Some("2026-02-16".to_owned()),
            task: None,
            offset,
            limit,
        };
        let text = stage.instance().events(&ctx, &query).unwrap();
        let page: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(page["events"].as_array().unwrap().len(), shown);
        let next = if offset == 0 {
            json!(1_000)
        } else {
            Value::Null
        };
        assert_eq!(page["next"], next);
    }
}

#[test]
fn an_agent_has_up_to_1000_runs_at_a_time() {
    let chart = |runs: u32| {
        format!(
            "schemaVersion: 1\nagents:\n  - {{id: a, name: A, capabilities: {{concurrency: \
             {runs}}}}}\n"
        )
    };
    let read = |runs| parse_org_chart("org/org-chart.yaml", chart(runs).as_bytes());
    assert!(read(1_000).is_ok());
    let findings = read(1_001).unwrap_err();
    assert_eq!((findings[0].code, findings[0].line), ("AOF-1112", 3));
    assert!(read(0).is_err());
}

#[test]
fn a_counter_of_a_card_has_32_bits() {
    let card = |attempt: u64| {
        CardText::new(GOOD, "ready")
            .line(&format!("callbackDepth: {attempt}"))
            .text()
    };
    assert!(parse_card(PATH, card(4_294_967_295).as_bytes()).is_ok());
    let findings = parse_card(PATH, card(4_294_967_296).as_bytes()).unwrap_err();
    assert_eq!(findings[0].code, "AOF-1101");
}

#[test]
fn a_message_repeats_60_characters_of_a_file() {
    for (chars, shown) in [(60, "x".repeat(60)), (61, format!("{}…", "x".repeat(60)))] {
        let text = CardText::new(GOOD, "ready").line(&format!("priority: {}", "x".repeat(chars)));
        let findings = parse_card(PATH, text.text().as_bytes()).unwrap_err();
        let message = &findings[0].message;
        assert!(message.ends_with(&format!("`{shown}`")), "{message}");
    }
}

#[test]
fn a_message_repeats_200_characters_of_an_argument() {
    let mut stage = Stage::empty();
    for chars in [200, 201, 100_000] {
        let arguments = json!({"title": "t", "brief": "b", "agent": "writer", "priority":
            "x".repeat(chars)});
        let arguments = arguments.to_string();
        let ann = crate::stage::human("ann");
        let error = stage.call(&ann, "aof_dispatch", &arguments).unwrap_err();
        let repeated = error.message.matches('x').count();
        assert!(repeated <= 202, "{repeated} of {chars}: {}", error.message);
    }
}

#[test]
fn a_mistyped_key_of_40_bytes_or_2_edits_gets_a_suggestion() {
    let hint = |key: &str| {
        let text = CardText::new(GOOD, "ready")
            .line(&format!("{key}: 1"))
            .text();
        let document = parse_card(PATH, text.as_bytes()).unwrap();
        let warnings = document.warnings().iter();
        warnings
            .map(|warning| warning.hint.clone())
            .collect::<String>()
    };
    assert!(hint("prioritiyy").contains("did you mean `priority`"));
    assert!(!hint("prioritiyyyy").contains("did you mean"));
    assert!(!hint(&"t".repeat(41)).contains("did you mean"));
}

#[test]
fn a_record_of_a_run_over_64_kibibytes_is_not_read() {
    for (bytes, is_read) in [(65_536, true), (65_537, false)] {
        let mut ground = Ground::new(|_| ());
        ground.open().unwrap();
        assert_eq!(ground.poll(), [GOOD]);
        let runs = ground.root().join("projects/alpha/runs").join(GOOD);
        let run = fs::read_dir(runs).unwrap().next().unwrap().unwrap().path();
        let record = fs::read_to_string(run.join("run.json")).unwrap();
        let mut record: Value = serde_json::from_str(&record).unwrap();
        record["session"] = json!("the session of this record");
        let mut text = record.to_string();
        let missing = bytes - text.len();
        write!(text, "{:missing$}", "").unwrap();
        write(&run, "run.json", text.as_bytes());
        ground.open().expect("opens");
        let task = ground.tool("aof_task_get", &json!({"taskId": GOOD}));
        let task = task.unwrap().to_string();
        assert_eq!(task.contains("of this record"), is_read, "{bytes}: {task}");
    }
}

#[test]
fn a_card_of_a_mebibyte_is_read_and_one_byte_more_is_not() {
    for (bytes, is_read) in [(1 << 20, true), ((1 << 20) + 1, false)] {
        let mut stage = Stage::empty();
        let card = CardText::new(GOOD, "blocked");
        let mut text = card.text();
        text.push_str(&"x".repeat(bytes - text.len()));
        stage.put_by_hand(&card.path(), &text);
        let ctx = stage.ctx(Caller::Host);
        let plan = stage.instance().poll(&ctx, PollMode::DryRun).unwrap();
        assert!(json_of(&plan)["poll"].is_object());
        assert_eq!(stage.report()["total"], u32::from(is_read));
    }
}
