//! Who may open a store, and what a broken configuration says.

use aof_host::contract::lifecycle::Config;
use aof_host::contract::scheduler::PollMode;
use aof_host::contract::types::Caller;
use aof_host::contract::views::{BoardQuery, EventsQuery};
use aof_host::instance::{CallError, Instance, Limits};
use serde_json::{Value, json};

use crate::stage::{CardText, Stage, human, image};

const ONE: &str = "TASK-2026-02-17-001";

fn one() -> Stage {
    Stage::with(&CardText::new(ONE, "ready").agent("writer").fixture())
}

fn reader(stage: &mut Stage) -> Result<Instance, CallError> {
    let ctx = stage.ctx(Caller::Host);
    let config = Config {
        read_only: true,
        overrides: None,
        origins: None,
        projects: None,
    };
    let backend = Box::new(stage.disk.store());
    Instance::open(image(), backend, Limits::default(), &ctx, &config).map(|(instance, _)| instance)
}

#[test]
fn a_second_writer_is_sent_away_until_the_first_is_gone() {
    let stage = one();
    let disk = stage.disk.clone();
    let first_epoch = stage.opened.epoch;
    let before = stage.tree();
    let error = Stage::try_over(disk.clone(), stage.now_ms)
        .err()
        .unwrap()
        .to_error();
    assert_eq!((error.code.as_str(), error.retryable), ("AOF-4001", true));
    assert!(error.hint.contains("daemon"), "{}", error.hint);
    assert_eq!(stage.tree(), before);
    drop(stage);
    let mut second = Stage::over(disk, crate::stage::DAWN_MS);
    assert!(second.opened.epoch > first_epoch);
    assert_eq!(second.spawned().task, ONE);
}

#[test]
fn a_reader_sees_everything_and_changes_nothing() {
    let mut stage = one();
    let mut reader = reader(&mut stage).unwrap();
    let before = stage.tree();
    let ctx = stage.ctx(human("ann"));
    let query = BoardQuery {
        project: None,
        limit: 10,
    };
    let board: Value = serde_json::from_str(&reader.board(&ctx, &query).unwrap()).unwrap();
    assert_eq!(board["board"]["counts"]["ready"], 1);
    reader.explain(&ctx, ONE).unwrap();
    reader.poll(&ctx, PollMode::DryRun).unwrap();
    let denied = reader.poll(&ctx, PollMode::Act).unwrap_err();
    assert_eq!(denied.code(), "AOF-4003");
    for (tool, arguments) in [
        (
            "aof_dispatch",
            json!({"title": "t", "brief": "b", "agent": "writer"}),
        ),
        ("aof_task_update", json!({"taskId": ONE, "body": "b"})),
        ("aof_task_complete", json!({"taskId": ONE})),
        ("aof_task_block", json!({"taskId": ONE, "reason": "r"})),
        ("aof_task_cancel", json!({"taskId": ONE})),
    ] {
        let error = reader
            .call_tool(&ctx, tool, &arguments.to_string())
            .unwrap_err();
        assert_eq!(error.code(), "AOF-4003", "{tool}");
    }
    assert_eq!(stage.tree(), before);
    stage.ann("aof_task_block", json!({"taskId": ONE, "reason": "r"}));
    let task: Value = serde_json::from_str(&reader.task(&ctx, ONE).unwrap()).unwrap();
    assert_eq!(
        task["task"]["status"], "blocked",
        "it sees what the writer does"
    );
}

#[test]
fn a_broken_configuration_names_its_line() {
    for (text, code, line) in [
        ("scheduler: [\n", "AOF-1130", ""),
        ("\nscheduler:\n  colour: red\n", "AOF-1131", "aof.yaml:3:"),
        ("scheduler:\n  failuresMax: 0\n", "AOF-1132", "aof.yaml:2:"),
    ] {
        let mut stage = one();
        stage.put_by_hand("aof.yaml", text);
        let disk = stage.disk.clone();
        drop(stage);
        let before = disk.files().len();
        let error = Stage::try_over(disk.clone(), 0).err().unwrap().to_error();
        assert_eq!(error.code, code, "{text:?}");
        let place = error.where_.unwrap();
        assert!(
            place.starts_with(line) && place.starts_with("aof.yaml"),
            "{place}"
        );
        assert!(!error.hint.is_empty());
        assert_eq!(disk.files().len(), before);
    }
}

#[test]
fn an_empty_directory_is_a_store() {
    let mut stage = Stage::empty();
    assert_eq!(stage.opened.quarantined.len(), 0);
    assert_eq!(stage.poll()["reason"], "no_tasks");
    assert!(stage.spawns().is_empty());
}

#[test]
fn every_opening_is_an_event_with_its_epoch() {
    let mut stage = one();
    stage.kill_and_reopen();
    let starts: Vec<Value> = stage
        .log_lines()
        .into_iter()
        .filter(|line| line["type"] == "system.startup")
        .map(|line| line["payload"]["epoch"].clone())
        .collect();
    assert_eq!(starts.len(), 2);
    assert!(starts[0].as_u64() < starts[1].as_u64());
    assert_eq!(starts[1], stage.opened.epoch);
}

#[test]
fn events_come_in_pages_and_their_ids_are_never_used_twice() {
    let mut stage = Stage::empty();
    for at in 0..30 {
        stage.task_for("writer", &format!("t{at}"));
        if at % 10 == 0 {
            stage.kill_and_reopen();
        }
    }
    let mut ids = Vec::new();
    let mut offset = 0;
    loop {
        let ctx = stage.ctx(human("ann"));
        let query = EventsQuery {
            day: Some("2026-02-17".to_owned()),
            task: None,
            offset,
            limit: 7,
        };
        let page: Value =
            serde_json::from_str(&stage.instance().events(&ctx, &query).unwrap()).unwrap();
        let events = page["events"].as_array().unwrap();
        ids.extend(
            events
                .iter()
                .map(|event| event["eventId"].as_str().unwrap().to_owned()),
        );
        match page["next"].as_u64() {
            Some(next) => offset = u32::try_from(next).unwrap(),
            None => break,
        }
    }
    assert_eq!(ids.len(), stage.log_lines().len());
    let mut sorted = ids.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(ids, sorted, "in order, each once");
}

#[test]
fn what_has_no_effect_in_this_version_says_so_on_the_board() {
    let mut stage = one();
    assert_eq!(stage.board()["notices"], json!([]));
    let chart = stage.file("org/org-chart.yaml").unwrap();
    let memory = "memoryCuration: {policyPath: p, role: press}\n";
    stage.put_by_hand("org/org-chart.yaml", &(chart.clone() + memory));
    let notices = stage.board()["notices"].take();
    assert_eq!(notices[0]["code"], "AOF-1190", "{notices}");
    let message = notices[0]["message"].as_str().unwrap();
    assert!(message.contains("`memoryCuration`"), "{message}");
    stage.put_by_hand("org/org-chart.yaml", &chart);
    assert_eq!(stage.board()["notices"], json!([]), "mended");
}

#[test]
fn the_board_says_why_a_card_waits() {
    let waiting = CardText::new("TASK-2026-02-17-002", "backlog")
        .agent("writer")
        .line(&format!("dependsOn: [{ONE}]"));
    let mut stage = Stage::with(
        &[
            CardText::new(ONE, "ready").agent("nobody").fixture(),
            waiting.fixture(),
        ]
        .concat(),
    );
    let board = stage.board();
    let reason = |column: usize| board["columns"][column]["cards"][0]["reason"].clone();
    assert_eq!(reason(0), json!(format!("waits for {ONE} (ready)")));
    assert_eq!(reason(1), json!("agent `nobody` is not in the org chart"));
}
