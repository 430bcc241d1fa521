//! What runs used: told by the host, by a file or by the agent, and counted once.

use std::collections::BTreeMap;

use aof_host::contract::hooks::{Ending, SessionEnd, Usage};
use aof_host::contract::types::SpawnEffect;
use serde_json::{Value, json};

use super::{ONE, one};
use crate::stage::{CardText, Stage, TTL_MS, exited, runner};

pub fn tokens(input: u64, output: u64, cost: u64) -> Usage {
    Usage {
        model: Some("large".to_owned()),
        input_tokens: input,
        output_tokens: output,
        cost_micros: cost,
    }
}

pub fn end_with(ending: Ending, usage: Option<Usage>) -> SessionEnd {
    SessionEnd {
        ending,
        duration_ms: 5_000,
        output_tail: "some words\n".to_owned(),
        usage,
    }
}

pub fn shown(stage: &mut Stage, by: &str, window: &str) -> Value {
    let ctx = stage.ctx(aof_host::contract::types::Caller::Host);
    let text = stage.instance().usage(&ctx, by, window).expect("shows");
    serde_json::from_str::<Value>(&text).unwrap()["usage"].take()
}

/// Runs, tokens read, tokens written and cost by name.
fn sums(stage: &mut Stage, by: &str, window: &str) -> BTreeMap<String, [u64; 4]> {
    let mut usage = shown(stage, by, window);
    let rows = usage["rows"].take();
    let rows = rows.as_array().unwrap().iter();
    let sum = |row: &Value| {
        let of = |key: &str| row[key].as_u64().unwrap();
        [
            of("runs"),
            of("inputTokens"),
            of("outputTokens"),
            of("costMicros"),
        ]
    };
    rows.map(|row| (row["name"].as_str().unwrap_or("-").to_owned(), sum(row)))
        .collect()
}

fn total(stage: &mut Stage) -> [u64; 4] {
    sums(stage, "agent", "total")
        .into_values()
        .fold([0; 4], |all, one| {
            [0, 1, 2, 3].map(|at: usize| all[at] + one[at])
        })
}

fn complete(stage: &mut Stage, spawn: &SpawnEffect, usage: Value) {
    let mut arguments = json!({"taskId": spawn.task});
    if !usage.is_null() {
        arguments["usage"] = usage;
    }
    stage
        .tool(&runner(spawn), "aof_task_complete", arguments)
        .expect("completes");
}

fn usage_path(spawn: &SpawnEffect) -> String {
    format!("{}/usage.json", spawn.run_dir)
}

/// Runs a task to its end, which uses so much.
pub fn run_through(stage: &mut Stage, spawn: &SpawnEffect, usage: Usage) {
    stage.started(spawn);
    complete(stage, spawn, Value::Null);
    stage.ended_as(&spawn.run, &end_with(exited(0), Some(usage)));
}

#[test]
fn usage_is_summed_by_each_name() {
    let mut stage = Stage::empty();
    for (agent, amount) in [("writer", 10), ("reader", 7), ("writer", 1)] {
        stage.task_for(agent, "t");
        let spawn = stage.spawned();
        run_through(&mut stage, &spawn, tokens(amount, 2, amount * 5));
    }
    assert_eq!(
        sums(&mut stage, "agent", "total"),
        BTreeMap::from([
            ("reader".to_owned(), [1, 7, 2, 35]),
            ("writer".to_owned(), [2, 11, 4, 55]),
        ])
    );
    assert_eq!(
        sums(&mut stage, "team", "total"),
        BTreeMap::from([
            ("eye".to_owned(), [1, 7, 2, 35]),
            ("ink".to_owned(), [2, 11, 4, 55]),
        ])
    );
    let all = [3, 18, 6, 90];
    let project = sums(&mut stage, "project", "total");
    assert_eq!(project, BTreeMap::from([("_inbox".to_owned(), all)]));
    let model = sums(&mut stage, "model", "day");
    assert_eq!(model, BTreeMap::from([("large".to_owned(), all)]));
    assert_eq!(sums(&mut stage, "task", "hour").len(), 3);
    let usage = shown(&mut stage, "agent", "day");
    assert_eq!(usage["since"], "2026-02-17T00:00:00.000Z");
    assert_eq!(usage["total"]["costMicros"], 90);
    let recorded = &stage.payloads("usage.recorded")[0];
    assert_eq!(
        *recorded,
        json!({"model": "large", "inputTokens": 10, "outputTokens": 2, "costMicros": 50,
               "agent": "writer", "team": "ink", "source": "host"})
    );
}

#[test]
fn a_task_shows_what_its_own_runs_used() {
    let mut stage = one();
    let spawn = stage.spawned();
    stage.started(&spawn);
    stage.ended_as(&spawn.run, &end_with(exited(1), Some(tokens(5, 1, 9))));
    assert_eq!(stage.status(ONE), "blocked", "it failed, and was paid for");
    stage.poll();
    stage.now_ms = stage.next_due().unwrap();
    stage.poll();
    let spawn = stage.spawned();
    run_through(&mut stage, &spawn, tokens(6, 1, 1));
    let task = stage.task(ONE);
    let sum = json!({"runs": 2, "inputTokens": 11, "outputTokens": 2, "costMicros": 10});
    assert_eq!(task["usage"], sum);
    assert_eq!(task["runs"][0]["usage"]["costMicros"], 9);
    assert_eq!(task["runs"][1]["usage"]["model"], "large");
    assert_eq!(stage.explain(ONE)["usage"], sum);
}

#[test]
fn a_word_that_is_not_known_is_refused_with_a_suggestion() {
    let mut stage = Stage::empty();
    for (by, window, place, hint) in [
        ("agnet", "day", "by", "did you mean `agent`?"),
        ("store", "day", "by", "task, project, team, agent, model"),
        ("agent", "mnth", "window", "did you mean `month`?"),
        ("agent", "", "window", "hour"),
    ] {
        let ctx = stage.ctx(aof_host::contract::types::Caller::Host);
        let error = stage.instance().usage(&ctx, by, window).unwrap_err();
        let error = error.to_error();
        assert_eq!(error.code, "AOF-1004");
        assert_eq!(error.where_.as_deref(), Some(place));
        assert!(error.hint.contains(hint), "{}", error.hint);
    }
}

/// What is told of one run: with its result, in its file, by the host; and what counts of it.
struct Word {
    name: &'static str,
    argument: Value,
    file: bool,
    host: bool,
    expected: Option<(&'static str, [u64; 4])>,
}

fn words() -> Vec<Word> {
    let by_agent = json!({"model": "of-agent", "inputTokens": 10, "outputTokens": 1});
    let word = |name, argument: &Value, (file, host), expected| Word {
        name,
        argument: argument.clone(),
        file,
        host,
        expected,
    };
    let none = Value::Null;
    let (agent, file) = (("of-agent", [1, 10, 1, 0]), ("of-file", [1, 20, 0, 2]));
    let host = ("large", [1, 30, 3, 3]);
    vec![
        word("nobody", &none, (false, false), None),
        word("the agent", &by_agent, (false, false), Some(agent)),
        word(
            "the agent and the file",
            &by_agent,
            (true, false),
            Some(file),
        ),
        word("the file", &none, (true, false), Some(file)),
        word("all", &by_agent, (true, true), Some(host)),
        word("the host", &none, (false, true), Some(host)),
    ]
}

/// The host's word, else the file's, else the agent's.
#[test]
fn the_strongest_word_counts_and_no_other() {
    let file = json!({"model": "of-file", "inputTokens": 20, "costMicros": 2}).to_string();
    for word in words() {
        let name = word.name;
        let mut stage = one();
        let spawn = stage.spawned();
        stage.started(&spawn);
        complete(&mut stage, &spawn, word.argument);
        if word.file {
            stage.put_by_hand(&usage_path(&spawn), &file);
        }
        let host = word.host.then(|| tokens(30, 3, 3));
        stage.ended_as(&spawn.run, &end_with(exited(0), host));
        let expected = word.expected.into_iter();
        let expected: BTreeMap<String, [u64; 4]> = expected
            .map(|(model, sum)| (model.to_owned(), sum))
            .collect();
        let again = end_with(exited(0), Some(tokens(99, 99, 99)));
        for when in ["at once", "told again", "after a restart"] {
            assert_eq!(
                sums(&mut stage, "model", "total"),
                expected,
                "{name}, {when}"
            );
            stage.ended_as(&spawn.run, &again);
            if when == "told again" {
                // That nothing more will be told is written down with whatever comes next.
                stage.task_for("swe", "Something else");
                stage.kill_and_reopen();
                stage.ended_as(&spawn.run, &again);
            }
        }
        let record = stage.file(&format!("{}/run.json", spawn.run_dir)).unwrap();
        assert_eq!(
            record.contains("usage"),
            !expected.is_empty(),
            "{name}: {record}"
        );
    }
}

#[test]
fn what_a_late_run_used_counts_although_its_result_does_not() {
    let mut stage = one();
    let spawn = stage.spawned();
    stage.started(&spawn);
    let next = stage.later(TTL_MS).spawned_after_expiry();
    let late = json!({"taskId": ONE, "usage": {"inputTokens": 4}});
    for _ in 0..2 {
        let caller = runner(&spawn);
        let refusal = stage.tool(&caller, "aof_task_complete", late.clone());
        assert_eq!(refusal.unwrap_err().code, "AOF-2004");
        assert_eq!(total(&mut stage), [1, 4, 0, 0]);
    }
    assert_eq!(stage.payloads("usage.recorded").len(), 1);
    stage.ended_as(
        &spawn.run,
        &end_with(Ending::Killed("late".to_owned()), Some(tokens(5, 0, 0))),
    );
    assert_eq!(total(&mut stage), [1, 5, 0, 0], "the host knows better");
    run_through(&mut stage, &next, tokens(1, 0, 0));
    assert_eq!(total(&mut stage), [2, 6, 0, 0]);
}

#[test]
fn a_usage_that_cannot_be_believed_is_told_and_counts_nothing() {
    for file in [
        "",
        "[5, 5, 5]",
        "{\"inputTokens\": -1}",
        "{\"inputTokens\": 1.5}",
        "{\"inputTokens\": 1000000000001}",
        "{\"tokens\": 1}",
        "{\"model\": \"\"}",
        "{\"inputTokens\": 1} and more",
        &format!("{{\"inputTokens\": 1}}{}", " ".repeat(4_080)),
    ] {
        let mut stage = one();
        let spawn = stage.spawned();
        stage.started(&spawn);
        stage.put_by_hand(&usage_path(&spawn), file);
        complete(&mut stage, &spawn, Value::Null);
        stage.ended(&spawn.run, exited(0));
        assert_eq!(stage.status(ONE), "done", "{file}");
        assert_eq!(total(&mut stage), [0; 4], "{file}");
        let told = stage.payloads("usage.rejected");
        assert_eq!(told.len(), 1, "{file}");
        assert_eq!(told[0]["from"], usage_path(&spawn), "{file}");
        assert_ne!(told[0]["error"], "", "{file}");
    }
    let mut stage = one();
    let spawn = stage.spawned();
    stage.started(&spawn);
    let end = end_with(exited(0), Some(tokens(1_000_000_000_001, 0, 0)));
    stage.ended_as(&spawn.run, &end);
    assert_eq!(
        (stage.status(ONE).as_str(), total(&mut stage)),
        ("blocked", [0; 4])
    );
    assert_eq!(stage.payloads("usage.rejected")[0]["from"], "the host");
}

#[test]
fn a_file_of_4_kibibytes_is_read() {
    let mut stage = one();
    let spawn = stage.spawned();
    stage.started(&spawn);
    let file = format!("{{\"inputTokens\": 1}}{}", " ".repeat(4_096 - 18));
    stage.put_by_hand(&usage_path(&spawn), &file);
    stage.ended(&spawn.run, exited(0));
    assert_eq!(total(&mut stage), [1, 1, 0, 0]);
}

#[test]
fn a_wrong_argument_is_refused_with_its_field() {
    let mut stage = one();
    let spawn = stage.spawned();
    let caller = runner(&spawn);
    for (usage, code, place) in [
        (json!({"inputTokens": -1}), "AOF-1002", "usage"),
        (json!({"dollars": 1}), "AOF-1002", "usage"),
        (
            json!({"costMicros": 1_000_000_000_001_u64}),
            "AOF-1004",
            "usage.costMicros",
        ),
        (json!({"model": "m".repeat(101)}), "AOF-1004", "usage.model"),
    ] {
        let call = ("aof_task_complete", json!({"taskId": ONE, "usage": usage}));
        let (found, at, _) = stage.refused(&caller, call);
        assert_eq!(
            (found.as_str(), at.as_deref()),
            (code, Some(place)),
            "{usage}"
        );
    }
    let call = (
        "aof_task_complete",
        json!({"taskId": ONE, "usage": {"inputTokens": 1}}),
    );
    let human = crate::stage::human("ann");
    assert_eq!(
        stage.refused(&human, call).0,
        "AOF-1004",
        "whose run is it?"
    );
}

/// A host that was killed is told again which sessions it owes an end.
#[test]
fn after_a_restart_the_end_of_a_finished_task_is_still_asked_for() {
    let mut stage = one();
    let spawn = stage.spawned();
    stage.started(&spawn);
    complete(&mut stage, &spawn, Value::Null);
    stage.kill_and_reopen();
    let adopted: Vec<&str> = stage
        .opened
        .adopted
        .iter()
        .map(|it| it.run.as_str())
        .collect();
    assert_eq!(adopted, [spawn.run.as_str()]);
    assert_eq!(stage.opened.adopted[0].run_dir, spawn.run_dir);
    stage.put_by_hand(&usage_path(&spawn), "{\"costMicros\": 3}");
    stage.ended(&spawn.run, Ending::Lost);
    assert_eq!(total(&mut stage), [1, 0, 0, 3]);
    stage.kill_and_reopen();
    assert_eq!(stage.opened.adopted.len(), 0);
    assert_eq!(total(&mut stage), [1, 0, 0, 3]);
}

/// Cuts the end of a session after each operation of its commit, with and without a new boot.
#[test]
fn an_end_without_news_is_written_down_with_whatever_comes_next() {
    let mut stage = one();
    let spawn = stage.spawned();
    stage.started(&spawn);
    complete(&mut stage, &spawn, json!({"inputTokens": 7}));
    let flushed = stage.tree();
    stage.ended(&spawn.run, exited(0));
    assert_eq!(stage.tree(), flushed, "no commit of its own");

    // Given that it is lost: then the host is asked once more.
    stage.kill_and_reopen();
    assert_eq!(stage.opened.adopted.len(), 1);
    stage.ended(&spawn.run, Ending::Lost);
    assert_eq!(total(&mut stage), [1, 7, 0, 0]);

    // When something is committed, it is not lost.
    stage.task_for("swe", "Something else");
    stage.kill_and_reopen();
    assert_eq!(stage.opened.adopted.len(), 0);
    assert_eq!(total(&mut stage), [1, 7, 0, 0]);
}

#[test]
fn a_store_that_is_closed_asks_for_no_end_that_was_told() {
    let mut stage = one();
    let spawn = stage.spawned();
    stage.started(&spawn);
    complete(&mut stage, &spawn, Value::Null);
    stage.ended(&spawn.run, exited(0));
    let ctx = stage.ctx(aof_host::contract::types::Caller::Host);
    stage.instance().close(&ctx).unwrap();
    stage.kill_and_reopen();
    assert_eq!(stage.opened.adopted.len(), 0);
}

#[test]
fn a_crash_at_any_point_counts_a_run_once() {
    for anew in [false, true] {
        for ops in 0..20 {
            let mut stage = one();
            let spawn = stage.spawned();
            stage.started(&spawn);
            let done = json!({"taskId": ONE, "usage": {"inputTokens": 2}});
            stage
                .tool(&runner(&spawn), "aof_task_complete", done)
                .unwrap();
            stage.sabotage.cut_after(ops);
            let ctx = stage.ctx(aof_host::contract::types::Caller::Host);
            let end = end_with(exited(0), Some(tokens(5, 1, 7)));
            let told = stage.instance().session_ended(&ctx, &spawn.run, &end);
            if anew {
                stage.start_machine_anew();
            }
            stage.kill_and_reopen();
            if told.is_err() {
                stage.ended_as(&spawn.run, &end);
            }
            assert_eq!(total(&mut stage), [1, 5, 1, 7], "after {ops}, anew: {anew}");
            assert_eq!(
                stage
                    .opened
                    .repaired
                    .iter()
                    .filter(|it| it.contains("unreadable"))
                    .count(),
                0
            );
        }
    }
}

#[test]
fn a_run_that_never_began_owes_nothing() {
    use aof_host::contract::hooks::FailureClass;
    let mut stage = one();
    let spawn = stage.spawned();
    stage.failed(&spawn, FailureClass::Transient, "no");
    stage.kill_and_reopen();
    assert_eq!(stage.opened.adopted.len(), 0);
}

const LEDGER: &str = "state/ledger.jsonl";

#[test]
fn a_ledger_that_cannot_be_read_whole_is_set_aside_and_said() {
    let mut stage = one();
    let spawn = stage.spawned();
    run_through(&mut stage, &spawn, tokens(5, 1, 7));
    let good = stage.file(LEDGER).unwrap();
    let bad = format!("{good}what is this\n");
    stage.put_by_hand(LEDGER, &bad);
    stage.kill_and_reopen();
    assert_eq!(total(&mut stage), [1, 5, 1, 7], "what can be read counts");
    let kept: Vec<String> = stage.ls("state");
    let aside = kept
        .iter()
        .find(|name| name.starts_with("ledger.unreadable-"));
    let aside = aside.unwrap_or_else(|| panic!("{kept:?}"));
    assert_eq!(stage.file(&format!("state/{aside}")), Some(bad));
    assert!(
        stage
            .opened
            .repaired
            .iter()
            .any(|line| line.contains(aside))
    );
    let board = stage.board().to_string();
    assert!(board.contains("AOF-1150"), "{board}");
    stage.kill_and_reopen();
    assert_eq!(total(&mut stage), [1, 5, 1, 7]);
    assert_eq!(stage.opened.repaired, Vec::<String>::new());
}

#[test]
fn a_ledger_over_16_mebibytes_is_set_aside() {
    for (bytes, is_read) in [(16 << 20, true), ((16 << 20) + 1, false)] {
        let mut stage = one();
        let spawn = stage.spawned();
        run_through(&mut stage, &spawn, tokens(5, 1, 7));
        let good = stage.file(LEDGER).unwrap();
        let blank = "\n".repeat(bytes - good.len());
        stage.put_by_hand(LEDGER, &format!("{good}{blank}"));
        stage.kill_and_reopen();
        let expected = if is_read { [1, 5, 1, 7] } else { [0; 4] };
        assert_eq!(total(&mut stage), expected, "{bytes}");
        assert_eq!(stage.opened.repaired.len(), usize::from(!is_read));
        assert_eq!(
            stage.task(ONE)["usage"]["costMicros"],
            7,
            "its record knows"
        );
        stage.kill_and_reopen();
        assert_eq!(stage.opened.repaired.len(), 0, "once");
    }
}

#[test]
fn a_ledger_that_is_gone_begins_anew() {
    let mut stage = one();
    let spawn = stage.spawned();
    stage.disk.remove_by_hand(LEDGER).unwrap();
    stage.kill_and_reopen();
    run_through(&mut stage, &spawn, tokens(5, 1, 7));
    assert_eq!(
        total(&mut stage),
        [1, 5, 1, 7],
        "a run that lives is known from its card"
    );
    assert_eq!(stage.task(ONE)["usage"]["costMicros"], 7);
    stage.kill_and_reopen();
    assert_eq!(total(&mut stage), [1, 5, 1, 7], "and from then on");
}

#[test]
fn a_session_for_one_project_does_not_show_the_others() {
    let card = |id: &str| CardText::new(id, "ready").agent("printer").fixture();
    let beta = card(super::TWO).replace("projects/alpha", "projects/beta");
    let mut stage = Stage::with(&format!("{}{beta}", card(ONE)));
    stage.poll();
    for spawn in stage.spawns() {
        run_through(&mut stage, &spawn, tokens(5, 1, 7));
    }
    assert_eq!(sums(&mut stage, "project", "total").len(), 2);
    stage.narrow_to(&["beta"]).kill_and_reopen();
    let seen: Vec<String> = sums(&mut stage, "project", "total").into_keys().collect();
    assert_eq!(seen, ["beta"]);
    let seen: Vec<String> = sums(&mut stage, "task", "total").into_keys().collect();
    assert_eq!(seen, [super::TWO]);
}
