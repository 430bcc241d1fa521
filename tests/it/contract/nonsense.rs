//! Arguments that nobody means seriously: each is refused, nothing breaks, nothing is written.

use crate::stage::{Stage, human};

const TOOLS: [&str; 8] = [
    "aof_dispatch",
    "aof_task_get",
    "aof_task_update",
    "aof_task_complete",
    "aof_task_block",
    "aof_task_unblock",
    "aof_task_cancel",
    "aof_status_report",
];

fn nonsense() -> Vec<String> {
    let mut texts: Vec<String> = [
        "",
        " ",
        "null",
        "true",
        "5",
        "\"taskId\"",
        "[]",
        "[null]",
        "[\"TASK-2026-02-17-001\", null]",
        "[\"TASK-2026-02-17-001\", \"r\", null, null]",
        "[null, null, false, null, null, null]",
        "{",
        "}",
        "{]",
        "{\"taskId\"}",
        "{\"taskId\":}",
        "{\"taskId\": \"x\",}",
        "{\"taskId\": \"x\"} {}",
        "{'taskId': 'x'}",
        "{taskId: \"x\"}",
        "{\"taskId\": \"\\ud800\"}",
        "{\"taskId\": \"\\x\"}",
        "{\"taskId\": \"a\nb\"}",
        "{\"taskId\": NaN}",
        "{\"taskId\": 1e999}",
        "{\"taskId\": {\"taskId\": {\"taskId\": {}}}}",
        "{\"taskId\": \"x\", \"taskId\": \"x\"}",
        "{\"TASKID\": \"x\"}",
        "{\"__proto__\": {}}",
        "{\"limit\": -1}",
        "{\"limit\": 99999999999999999999}",
        "{\"compact\": \"yes\"}",
        "\u{feff}{\"taskId\": \"x\"}",
        "{\"taskId\": \"x\"}\u{0}",
        "--- taskId: x",
    ]
    .map(str::to_owned)
    .to_vec();
    texts.push("[".repeat(100_000));
    texts.push("{\"a\":".repeat(100_000));
    texts.push(format!("{{\"{}\": 1}}", "k".repeat(500_000)));
    texts.push(format!("{{\"taskId\": [\"{}\"]}}", "v".repeat(500_000)));
    texts.push(format!("{{\"compact\": \"{}\"}}", "v".repeat(500_000)));
    texts.push(format!("{{\"limit\": {}}}", "9".repeat(500_000)));
    texts
}

#[test]
fn nonsense_is_refused_and_nothing_breaks() {
    let mut stage = Stage::empty();
    let id = stage.task_for("writer", "t");
    for tool in TOOLS {
        for text in nonsense() {
            let (code, ..) = stage.refused_text(&human("ann"), (tool, &text));
            assert!(
                ["AOF-1002", "AOF-1005"].contains(&code.as_str()),
                "{tool}: {code}"
            );
        }
    }
    assert_eq!(stage.status(&id), "ready");
}

#[test]
fn every_beginning_of_a_good_call_is_refused() {
    let mut stage = Stage::empty();
    let text = r#"{"title": "t", "brief": "bä", "agent": "writer", "tags": ["x"]}"#;
    for (end, _) in text.char_indices() {
        let (code, ..) = stage.refused_text(&human("ann"), ("aof_dispatch", &text[..end]));
        assert_eq!(code, "AOF-1002", "{end}");
    }
    stage.call(&human("ann"), "aof_dispatch", text).unwrap();
}

#[test]
fn callers_with_odd_names_are_refused_or_taken_as_they_are() {
    use aof_host::contract::types::{AgentCaller, Caller};
    let mut stage = Stage::empty();
    for (agent, run) in [
        ("", None),
        ("../x", None),
        ("a b", None),
        ("writer", Some("")),
        ("writer", Some("not a run")),
    ] {
        let caller = Caller::Agent(AgentCaller {
            agent: agent.to_owned(),
            session: None,
            run: run.map(str::to_owned),
        });
        let before = stage.tree();
        let arguments = serde_json::json!({"title": "t", "brief": "b", "agent": "writer"});
        if let Err(error) = stage.tool(&caller, "aof_dispatch", arguments) {
            assert_eq!(stage.tree(), before);
            assert!(error.code.starts_with("AOF-1"), "{agent:?}: {}", error.code);
        }
    }
}
