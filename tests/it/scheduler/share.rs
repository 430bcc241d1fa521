//! Who goes first where several compete, and how fast anybody is given work.

use std::collections::BTreeMap;

use aof_host::contract::hooks::Ending;
use serde_json::json;

use super::{ONE, TWO};
use crate::stage::{CardText, Stage, runner};

/// A store with one slot, two projects with 30 tasks each, and a chart with two teams.
fn rivals(settings: &str, alpha: &str, beta: &str) -> Stage {
    let mut files = format!(
        "//- aof.yaml\nscheduler: {{{settings}}}\n\
         //- org/org-chart.yaml\nschemaVersion: 1\nagents:\n\
         - {{id: a, name: A, capabilities: {{concurrency: 99}}}}\n\
         //- projects/alpha/project.yaml\nid: alpha\n{alpha}\
         //- projects/beta/project.yaml\nid: beta\n{beta}"
    );
    for number in 0..30 {
        for (project, base) in [("alpha", 100), ("beta", 200)] {
            let id = format!("TASK-2026-02-17-{}", base + number);
            let card = CardText::new(&id, "ready").agent("a").fixture();
            files += &card.replace("projects/alpha", &format!("projects/{project}"));
        }
    }
    Stage::with(&files)
}

/// Runs one task after the other and counts those of each project.
fn served(stage: &mut Stage, rounds: usize) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for _ in 0..rounds {
        let spawn = stage.later(1_000).spawned();
        *counts.entry(spawn.project.clone()).or_default() += 1;
        let done = json!({"taskId": spawn.task});
        stage
            .tool(&runner(&spawn), "aof_task_complete", done)
            .unwrap();
    }
    counts
}

/// The third task of alpha.
const THIRD: &str = "TASK-2026-02-17-102";
const ONE_SLOT: &str = "maxConcurrentDispatches: 1";

#[test]
fn two_projects_take_turns() {
    let mut stage = rivals(ONE_SLOT, "", "");
    let counts = served(&mut stage, 10);
    assert_eq!((counts["alpha"], counts["beta"]), (5, 5));
}

#[test]
fn twice_the_weight_is_twice_the_work() {
    let mut stage = rivals(ONE_SLOT, "", "dispatch: {weight: 3}\n");
    let counts = served(&mut stage, 20);
    assert_eq!((counts["alpha"], counts["beta"]), (5, 15));
}

#[test]
fn teams_take_turns_within_a_project() {
    let mut files = "//- aof.yaml\nscheduler: {maxConcurrentDispatches: 1}\n\
                     //- org/org-chart.yaml\nschemaVersion: 1\n\
                     teams:\n- {id: x, name: X}\n- {id: y, name: Y, dispatch: {weight: 2}}\n\
                     agents:\n- {id: a, name: A, team: x}\n- {id: b, name: B, team: y}\n"
        .to_owned();
    for number in 0..20 {
        let first = CardText::new(&format!("TASK-2026-02-17-{}", 100 + number), "ready");
        let second = CardText::new(&format!("TASK-2026-02-17-{}", 200 + number), "ready");
        files += &first.agent("a").fixture();
        files += &second.agent("b").fixture();
    }
    let mut stage = Stage::with(&files);
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..12 {
        let spawn = stage.later(1_000).spawned();
        *counts.entry(spawn.agent.clone()).or_default() += 1;
        let done = json!({"taskId": spawn.task});
        stage
            .tool(&runner(&spawn), "aof_task_complete", done)
            .unwrap();
    }
    assert_eq!((counts["a"], counts["b"]), (4, 8));
}

#[test]
fn waiting_makes_a_task_more_urgent_but_never_critical() {
    let card = |id: &str, priority: &str, day: u32| {
        let made = format!("createdAt: 2026-02-{day:02}T10:00:00.000Z");
        let priority = format!("priority: {priority}");
        let card = CardText::new(id, "ready").agent("writer");
        card.line(&priority).line(&made).fixture()
    };
    let order = |aging: &str, new: &str| {
        let settings = format!("//- aof.yaml\nscheduler: {{agingMs: {aging}}}\n");
        let cards = [card(ONE, "low", 14), card(TWO, new, 17)];
        let mut stage = Stage::with(&[settings, cards.concat()].concat());
        stage.spawned().task
    };
    let day = "86400000";
    assert_eq!(order("0", "normal"), TWO);
    assert_eq!(
        order(day, "normal"),
        ONE,
        "three days are two steps at most"
    );
    assert_eq!(order(day, "high"), ONE);
    assert_eq!(order(day, "critical"), TWO);
}

#[test]
fn a_project_has_no_more_than_its_cap() {
    let settings = "maxConcurrentDispatches: 10";
    let mut stage = rivals(settings, "dispatch: {maxConcurrent: 2}\n", "");
    let report = stage.poll();
    let spawns = stage.spawns();
    let of_alpha = spawns.iter().filter(|spawn| spawn.project == "alpha");
    assert_eq!((of_alpha.count(), spawns.len()), (2, 10));
    let first = &report["waiting"][0];
    let why = "2 of 2 runs of project `alpha` are taken (dispatch.maxConcurrent)";
    assert_eq!(
        (&first["task"], &first["reason"]),
        (&json!(THIRD), &json!(why))
    );
    let caps = stage.explain(THIRD)["caps"].to_string();
    assert!(
        caps.contains(r#"{"limit":2,"name":"project alpha","used":2}"#),
        "{caps}"
    );
}

#[test]
fn a_team_has_no_more_than_its_cap() {
    let mut files = "//- aof.yaml\nscheduler: {maxConcurrentDispatches: 9}\n\
                     //- org/org-chart.yaml\nschemaVersion: 1\n\
                     teams:\n- {id: t, name: T, dispatch: {maxConcurrent: 2}}\nagents:\n\
                     - {id: a, name: A, team: t, capabilities: {concurrency: 9}}\n"
        .to_owned();
    for number in 1..=4 {
        let card = CardText::new(&format!("TASK-2026-02-17-00{number}"), "ready");
        files += &card.agent("a").fixture();
    }
    let mut stage = Stage::with(&files);
    let report = stage.poll();
    assert_eq!(stage.spawns().len(), 2);
    let why = "agent `a` waits: 2 of 2 runs of team `t` are taken (teams.t.dispatch.maxConcurrent)";
    assert_eq!(report["waiting"][0]["reason"], why);
}

#[test]
fn a_project_has_its_pace() {
    let settings = "maxConcurrentDispatches: 9";
    let mut stage = rivals(
        settings,
        "dispatch: {minIntervalMs: 60000}\n",
        "status: paused\n",
    );
    stage.poll();
    assert_eq!(stage.spawns().len(), 1);
    stage.later(59_999).poll();
    assert!(stage.spawns().is_empty());
    stage.later(1).poll();
    assert_eq!(stage.spawns().len(), 1);
}

/// S6.
#[test]
fn a_team_has_its_cap_and_its_pace_and_holds_up_nobody() {
    let mut files = "//- org/org-chart.yaml\nschemaVersion: 1\n\
         teams:\n- {id: t, name: T, dispatch: {maxConcurrent: 1, minIntervalMs: 60000}}\n\
         agents:\n- {id: a, name: A, team: t, capabilities: {concurrency: 9}}\n\
         - {id: b, name: B, capabilities: {concurrency: 9}}\n"
        .to_owned();
    for number in 1..=3 {
        let of_team = CardText::new(&format!("TASK-2026-02-17-00{number}"), "ready");
        let other = CardText::new(&format!("TASK-2026-02-17-00{}", number + 3), "ready");
        files += &of_team.agent("a").made_at(number).fixture();
        files += &other.agent("b").made_at(number + 30).fixture();
    }
    let mut stage = Stage::with(&files);
    stage.poll();
    let first = stage.spawns();
    let agents: Vec<&str> = first.iter().map(|spawn| spawn.agent.as_str()).collect();
    assert_eq!(agents.len(), 3);
    assert_eq!(agents.iter().filter(|agent| **agent == "a").count(), 1);
    let of_team = first.iter().find(|spawn| spawn.agent == "a").unwrap();
    stage.started(of_team);
    let done = json!({"taskId": of_team.task});
    stage
        .tool(&runner(of_team), "aof_task_complete", done)
        .unwrap();
    stage.later(10_000).poll();
    let agents: Vec<String> = stage.spawns().into_iter().map(|it| it.agent).collect();
    assert_eq!(agents, ["b"], "the team's interval is not over");
    let reason = stage.explain(TWO)["reasons"][0].to_string();
    assert!(
        reason.contains("teams.t.dispatch.minIntervalMs"),
        "{reason}"
    );
    stage.poll();
    assert!(stage.next_due().unwrap() <= stage.now_ms + 50_000);
}

#[test]
fn an_interval_holds_within_one_poll_and_wakes_the_scheduler() {
    let mut stage = rivals(
        "maxConcurrentDispatches: 9, minDispatchIntervalMs: 5000",
        "",
        "",
    );
    stage.poll();
    assert_eq!(stage.spawns().len(), 1);
    stage.poll();
    assert!(stage.spawns().is_empty());
    assert_eq!(stage.next_due(), Some(stage.now_ms + 5_000));
    stage.later(4_999).poll();
    assert!(stage.spawns().is_empty());
    stage.later(1).poll();
    assert_eq!(stage.spawns().len(), 1);
    stage.kill_and_reopen().later(4_999).poll();
    assert!(stage.spawns().is_empty(), "known from what runs");
    stage.later(1).poll();
    assert_eq!(stage.spawns().len(), 1);
    stage.now_ms -= 86_400_000;
    stage.poll();
    assert!(stage.spawns().is_empty());
    stage.later(5_000).poll();
    assert_eq!(
        stage.spawns().len(),
        1,
        "a clock set back holds up one interval"
    );
}

/// A store in which everybody, a project or a team is given work once a minute.
fn paced(whose: &str) -> Stage {
    let pace = |it: &str, text: &'static str| if it == whose { text } else { "" };
    let mut files = format!(
        "//- aof.yaml\nscheduler: {{maxConcurrentDispatches: 9{}}}\n\
         //- org/org-chart.yaml\nschemaVersion: 1\n\
         teams:\n- {{id: t, name: T{}}}\n\
         agents:\n- {{id: a, name: A, team: t, capabilities: {{concurrency: 9}}}}\n\
         //- projects/alpha/project.yaml\nid: alpha\n{}",
        pace("everybody", ", minDispatchIntervalMs: 60000"),
        pace("team", ", dispatch: {minIntervalMs: 60000}"),
        pace("project", "dispatch: {minIntervalMs: 60000}\n"),
    );
    for number in 1..=3 {
        let card = CardText::new(&format!("TASK-2026-02-17-00{number}"), "ready");
        files += &card.agent("a").made_at(number).fixture();
    }
    Stage::with(&files)
}

#[test]
fn an_interval_holds_after_a_restart_although_the_last_run_has_ended() {
    for whose in ["everybody", "project", "team"] {
        let mut stage = paced(whose);
        stage.poll();
        let spawns = stage.spawns();
        assert_eq!(spawns.len(), 1, "{whose}");
        stage.started(&spawns[0]);
        let done = json!({"taskId": spawns[0].task});
        stage
            .tool(&runner(&spawns[0]), "aof_task_complete", done)
            .unwrap();
        stage.ended(&spawns[0].run, Ending::Exited(0));
        for passed_ms in [20_000, 20_000, 19_999] {
            stage.kill_and_reopen().later(passed_ms).poll();
            assert!(stage.spawns().is_empty(), "{whose}");
        }
        stage.later(1).poll();
        assert_eq!(stage.spawns().len(), 1, "{whose}");
    }
}

#[test]
fn a_clock_set_back_while_nobody_works_holds_up_one_interval() {
    let mut stage = paced("team");
    let spawn = stage.spawned();
    let done = json!({"taskId": spawn.task});
    stage
        .tool(&runner(&spawn), "aof_task_complete", done)
        .unwrap();
    stage.now_ms -= 86_400_000;
    stage.kill_and_reopen().poll();
    assert!(stage.spawns().is_empty());
    stage.later(60_000).poll();
    assert_eq!(stage.spawns().len(), 1);
}

#[test]
fn a_platform_that_refuses_is_asked_for_less_and_then_for_more() {
    let mut stage = rivals("maxConcurrentDispatches: 6", "", "");
    stage.poll();
    let spawns = stage.spawns();
    assert_eq!(spawns.len(), 6);
    for spawn in &spawns[..3] {
        stage.started(spawn);
    }
    let class = aof_host::contract::hooks::FailureClass::Capacity;
    let said = "max active children for this session (3/3)";
    for spawn in &spawns[3..] {
        stage.failed(spawn, class, said);
        assert_eq!(stage.status(&spawn.task), "ready", "no retry is consumed");
    }
    assert_eq!(stage.metrics()["platformLimit"], 3);
    stage.later(6_000).poll();
    assert!(stage.spawns().is_empty());
    let reason = stage.explain(THIRD)["reasons"][0].to_string();
    assert!(reason.contains("the platform refused more"), "{reason}");
    let mut at_work = spawns[..3].to_vec();
    for _ in 0..10 {
        let done = at_work.remove(0);
        let arguments = json!({"taskId": done.task});
        stage
            .tool(&runner(&done), "aof_task_complete", arguments)
            .unwrap();
        let next = stage.later(1_000).spawned();
        stage.started(&next);
        at_work.push(next);
    }
    assert_eq!(stage.metrics()["platformLimit"], 4, "after ten that began");
    stage.poll();
    assert_eq!(stage.spawns().len(), 1);
}

#[test]
fn what_has_stood_too_long_goes_before_its_equals() {
    let card = |id: &str, minute: u32, extra: &str| {
        let card = CardText::new(id, "ready").agent("writer").made_at(minute);
        let card = card.line("lastTransitionAt: 2026-02-17T09:50:00.000Z");
        card.line(extra).fixture()
    };
    let settings = "//- aof.yaml\nscheduler: {maxConcurrentDispatches: 1}\n";
    let order = |extra: &str| {
        let cards = [card(ONE, 10, "priority: normal"), card(TWO, 20, extra)];
        let mut stage = Stage::with(&[settings, &cards.concat()].concat());
        stage.spawned().task
    };
    assert_eq!(order("priority: normal"), ONE);
    assert_eq!(
        order("sla: {maxQueueMs: 60000}"),
        TWO,
        "ten minutes in the queue"
    );
    assert_eq!(order("sla: {maxQueueMs: 3600000}"), ONE);
}
