//! Budgets: said once when nearly spent, nothing more started once they are, until the window turns
//! or somebody raises them.

use aof_host::contract::types::Severity;

use super::usage::{end_with, run_through, tokens};
use super::{ONE, TWO};
use crate::stage::{CHART, CardText, DAWN_MS, Stage, exited};

const HOUR_MS: u64 = 3_600_000;

/// Each with two ready tasks of `printer` in `alpha`, and a budget in another place.
fn places(budget: &str) -> Vec<(&'static str, Stage)> {
    let cards: String = [ONE, TWO]
        .map(|id| CardText::new(id, "ready").agent("printer").fixture())
        .concat();
    let with = |files: String| Stage::with(&format!("{files}{cards}"));
    let chart = |from: &str, to: &str| {
        let chart = CHART.replace(from, to);
        assert_ne!(chart, CHART);
        format!("//- org/org-chart.yaml\n{chart}")
    };
    let one = "capabilities: {concurrency: 1}";
    let slot = "//- aof.yaml\nscheduler: {maxConcurrentDispatches: 1}\n";
    let team = format!("name: Ink, budgets: [{budget}]");
    let agent = format!("{one}, budgets: [{budget}]");
    vec![
        ("store", with(format!("{slot}budgets: [{budget}]\n"))),
        (
            "project",
            with(format!(
                "{slot}//- projects/alpha/project.yaml\nid: alpha\nbudgets: [{budget}]\n"
            )),
        ),
        ("team", with(format!("{slot}{}", chart("name: Ink", &team)))),
        (
            "agent",
            with(format!(
                "{slot}{}",
                chart("capabilities: {concurrency: 2}", &agent)
            )),
        ),
    ]
}

fn spend(stage: &mut Stage, amount: u64) {
    let spawn = stage.spawned();
    run_through(stage, &spawn, tokens(amount, 0, amount));
}

/// The reason that the last task gives for waiting.
fn reason(stage: &mut Stage) -> String {
    let waits = stage.poll()["waiting"][0].take();
    let task = waits["task"].as_str().unwrap_or_else(|| panic!("{waits}"));
    let told = waits["reason"].as_str().unwrap().to_owned();
    assert_eq!(stage.explain(task)["reasons"][0], told.as_str());
    assert!(stage.board()["columns"].to_string().contains("has used"));
    told
}

#[test]
fn a_spent_budget_stops_its_scope_until_the_window_turns() {
    for (place, mut stage) in places("{tokensMax: 10, window: hour}") {
        spend(&mut stage, 10);
        stage.poll();
        assert_eq!(stage.spawns().len(), 0, "{place}");
        let notices = stage.notices();
        assert_eq!(notices.len(), 1, "{place}: {notices:?}");
        assert_eq!(notices[0].severity, Severity::Critical);
        let told = reason(&mut stage);
        assert!(
            told.contains("has used 10 of 10 tokens of this hour"),
            "{told}"
        );
        assert!(told.contains(place), "{place}: {told}");
        assert_eq!(stage.notices().len(), 0, "{place}: once");
        let shown = stage.board()["budgets"][0].clone();
        assert_eq!(
            (&shown["scope"], &shown["isSpent"]),
            (&place.into(), &true.into())
        );
        let due = stage.next_due().unwrap();
        assert_eq!(due, DAWN_MS + HOUR_MS, "{place}");
        stage.now_ms = due - 1;
        stage.poll();
        assert_eq!(stage.spawns().len(), 0, "{place}");
        stage.now_ms = due;
        spend(&mut stage, 1);
        assert_eq!(stage.payloads("budget.exhausted").len(), 1, "{place}");
    }
}

#[test]
fn people_are_told_once_when_it_is_nearly_spent() {
    for (place, mut stage) in places("{costMicrosMax: 10, alertAtPercent: 50}") {
        spend(&mut stage, 5);
        stage.poll();
        let notices = stage.notices();
        assert_eq!(notices.len(), 1, "{place}");
        assert_eq!(notices[0].severity, Severity::Warn);
        assert!(
            notices[0]
                .message
                .contains("0.000005 of 0.000010 in cost in all")
        );
        stage.kill_and_reopen();
        stage.later(1).poll();
        stage.put_by_hand("projects/alpha/tasks/backlog/x.txt", "");
        stage.later(1).poll();
        assert_eq!(stage.payloads("budget.alert").len(), 1, "{place}: once");
        assert_eq!(stage.payloads("budget.exhausted").len(), 0, "{place}");
    }
}

#[test]
fn a_budget_just_below_its_limits_says_nothing() {
    for (place, mut stage) in places("{tokensMax: 10, costMicrosMax: 10, window: month}") {
        spend(&mut stage, 7);
        spend(&mut stage, 0);
        stage.poll();
        assert_eq!(stage.payloads("budget.alert").len(), 0, "{place}");
        assert_eq!(stage.board()["budgets"], serde_json::json!([]), "{place}");
    }
}

#[test]
fn a_budget_that_was_raised_lets_work_go_on() {
    let mut stage = places("{tokensMax: 10}").remove(0).1;
    spend(&mut stage, 10);
    let told = reason(&mut stage);
    assert_eq!(told, "the store has used 10 of 10 tokens in all");
    assert_eq!(stage.next_due(), None, "nothing turns by itself");
    let raised = "scheduler: {maxConcurrentDispatches: 1}\nbudgets: [{tokensMax: 11}]\n";
    stage.put_by_hand("aof.yaml", raised);
    spend(&mut stage, 1);
    stage.task_for("printer", "third");
    stage.poll();
    assert_eq!(stage.spawns().len(), 0);
    assert_eq!(stage.payloads("budget.exhausted").len(), 2, "another limit");
}

#[test]
fn what_runs_goes_on_when_the_budget_is_spent() {
    let cards = [ONE, TWO].map(|id| CardText::new(id, "ready").agent("printer").fixture());
    let files = format!(
        "//- aof.yaml\nbudgets: [{{tokensMax: 1}}]\n{}",
        cards.concat()
    );
    let mut stage = Stage::with(&files);
    stage.poll();
    let spawns = stage.spawns();
    assert_eq!(spawns.len(), 2);
    run_through(&mut stage, &spawns[0], tokens(9, 0, 0));
    stage.poll();
    assert_eq!(
        (stage.cancels().len(), stage.status(TWO).as_str()),
        (0, "in-progress")
    );
    run_through(&mut stage, &spawns[1], tokens(9, 0, 0));
    assert_eq!(stage.status(TWO), "done");
}

#[test]
fn a_budget_of_nothing_stops_at_once() {
    for (place, mut stage) in places("{tokensMax: 0}") {
        stage.poll();
        assert_eq!(
            (stage.spawns().len(), stage.notices().len()),
            (0, 1),
            "{place}"
        );
    }
}

#[test]
fn another_scope_goes_on() {
    let cards = [(ONE, "printer"), (TWO, "reader")]
        .map(|(id, agent)| CardText::new(id, "ready").agent(agent).fixture());
    let chart = CHART.replace("name: Ink", "name: Ink, budgets: [{tokensMax: 0}]");
    let files = format!("//- org/org-chart.yaml\n{chart}{}", cards.concat());
    let mut stage = Stage::with(&files);
    assert_eq!(stage.spawned().task, TWO);
    let caps = stage.explain(ONE)["caps"].to_string();
    assert!(caps.contains("team ink tokens (total)"), "{caps}");
}

#[test]
fn a_role_goes_to_whoever_has_money_left() {
    let card = CardText::new(ONE, "ready").line("routing: {role: press}");
    let one = "capabilities: {concurrency: 2}";
    let chart = CHART.replace(one, "budgets: [{tokensMax: 0, window: day}]");
    let mut stage = Stage::with(&format!(
        "//- org/org-chart.yaml\n{chart}{}",
        card.fixture()
    ));
    assert_eq!(stage.spawned().agent, "writer");
}

#[test]
fn a_task_has_a_budget_of_its_own() {
    let card = CardText::new(ONE, "ready").agent("writer");
    let card = card.line("budget: {tokensMax: 10, costMicrosMax: 40, alertAtPercent: 25}");
    let other = CardText::new(TWO, "ready").agent("reader");
    let mut stage = Stage::with(&format!("{}{}", card.fixture(), other.fixture()));
    stage.poll();
    let spawns = stage.spawns();
    let ours = spawns.iter().find(|spawn| spawn.task == ONE).unwrap();
    stage.started(ours);
    stage.ended_as(&ours.run, &end_with(exited(1), Some(tokens(12, 0, 10))));
    stage.poll();
    let near = stage.payloads("budget.alert");
    assert_eq!((&near[0]["unit"], near.len()), (&"costMicros".into(), 1));
    stage.now_ms = stage.next_due().unwrap();
    stage.poll();
    assert_eq!(stage.spawns().len(), 0);
    let poll = stage.poll();
    let told = format!("task `{ONE}` has used 12 of 10 tokens in all");
    assert_eq!(poll["waiting"][0]["reason"], told.as_str());
    assert_eq!(stage.payloads("budget.exhausted").len(), 1);
    assert_eq!(stage.task(ONE)["budgets"][0]["percent"], 120);
    let path = stage.card_path(ONE);
    let raised = stage
        .file(&path)
        .unwrap()
        .replace("tokensMax: 10", "tokensMax: 13");
    stage.put_by_hand(&path, &raised);
    assert_eq!(stage.spawned().task, ONE);
}

#[test]
fn a_spent_budget_outlives_a_restart_and_a_clock_that_is_set_back() {
    let mut stage = places("{tokensMax: 10, window: day}").remove(0).1;
    spend(&mut stage, 10);
    stage.now_ms -= 2 * 24 * HOUR_MS;
    stage.kill_and_reopen();
    stage.poll();
    assert_eq!(stage.spawns().len(), 0, "what was used is still used");
    stage.later(24 * HOUR_MS);
    spend(&mut stage, 1);
}

#[test]
fn a_budget_that_cannot_be_understood_leaves_the_last_good_one_in_force() {
    let mut stage = places("{tokensMax: 10}").remove(0).1;
    spend(&mut stage, 10);
    stage.put_by_hand("aof.yaml", "budgets: [{tokensMax: lots}]\n");
    stage.poll();
    assert_eq!(stage.spawns().len(), 0);
    assert_eq!(stage.payloads("config.rejected").len(), 1);
}
