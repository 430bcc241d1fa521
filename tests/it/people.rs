//! People with editors and `mv`, beside the running component.
//!
//! Invariant: what a person wrote is never overwritten and never deleted; what cannot be understood
//! is reported with its place, and everything else goes on.

mod chart;
mod form;
mod race;

use serde_json::{Value, json};

use crate::stage::{CHART, CardText, Stage, runner};

const ONE: &str = "TASK-2026-02-17-001";
const TWO: &str = "TASK-2026-02-17-002";

fn ready(id: &str) -> CardText {
    CardText::new(id, "ready").agent("writer")
}

fn one() -> Stage {
    Stage::with(&ready(ONE).fixture())
}

fn lying_in(status: &str) -> String {
    format!("projects/alpha/tasks/{status}/{ONE}.md")
}

fn quarantined(stage: &mut Stage) -> Vec<(String, String)> {
    let report = stage.report();
    let list = report["quarantined"].as_array().unwrap().clone();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut found = Vec::new();
    for file in &list {
        assert!(!text(&file["hint"]).is_empty(), "{file}");
        assert!(
            text(&file["location"]).starts_with(&text(&file["path"])),
            "{file}"
        );
        found.push((text(&file["code"]), text(&file["path"])));
    }
    found
}

#[test]
fn a_card_that_is_dropped_in_is_taken_up() {
    let mut stage = Stage::with("//- projects/alpha/project.yaml\nid: alpha\n");
    stage.poll();
    stage.put_by_hand(&ready(ONE).path(), &ready(ONE).text());
    assert_eq!(stage.spawned().task, ONE);
}

#[test]
fn a_project_that_is_dropped_in_is_taken_up() {
    let mut stage = Stage::empty();
    stage.poll();
    stage.put_by_hand("projects/alpha/project.yaml", "id: alpha\n");
    stage.poll();
    stage.put_by_hand(&ready(ONE).path(), &ready(ONE).text());
    assert_eq!(stage.spawned().task, ONE);
}

#[test]
fn an_edit_counts_at_once() {
    let mut stage = Stage::with(
        &[
            ready(ONE).made_at(1).fixture(),
            ready(TWO).made_at(2).fixture(),
        ]
        .concat(),
    );
    let urgent = ready(TWO).made_at(2).line("priority: critical");
    stage.put_by_hand(&urgent.path(), &urgent.text());
    assert_eq!(stage.spawned().task, TWO);
}

#[test]
fn the_directory_decides_where_a_task_stands() {
    let mut stage = one();
    stage.put_by_hand("projects/alpha/tasks/blocked/.keep", "");
    stage.move_by_hand(&lying_in("ready"), &lying_in("blocked"));
    stage.poll();
    assert!(stage.effects.is_empty());
    assert_eq!(stage.status(ONE), "blocked");
    assert_eq!(stage.explain(ONE)["verdict"], "blocked");
    stage.move_by_hand(&lying_in("blocked"), &lying_in("ready"));
    let spawn = stage.spawned();
    assert_eq!(spawn.task, ONE);
    let card = stage.file(&lying_in("in-progress")).unwrap();
    assert!(card.contains("\nstatus: in-progress\n"), "{card}");
}

#[test]
fn a_card_that_is_moved_by_hand_says_so_and_moves_on_from_there() {
    let card = CardText::new(ONE, "ready")
        .agent("nobody")
        .line("revision: 7");
    let mut stage = Stage::with(&card.fixture());
    for (from, to) in [
        ("ready", "in-progress"),
        ("in-progress", "review"),
        ("review", "done"),
    ] {
        stage.move_by_hand(&lying_in(from), &lying_in(to));
        stage.poll();
        let text = stage.file(&lying_in(to)).unwrap();
        assert!(text.contains(&format!("\nstatus: {to}\n")), "{text}");
        assert_eq!(quarantined(&mut stage), []);
        let last = stage.log_lines().pop().unwrap();
        assert_eq!(last["type"], "task.transitioned", "{last}");
        let told = json!({"from": from, "to": to, "reason": "moved by hand"});
        assert_eq!(last["payload"], told);
        stage.kill_and_reopen();
        assert_eq!(stage.status(ONE), to);
    }
}

#[test]
fn a_card_that_was_written_and_moved_by_hand_is_known_from_where_it_was_first_seen() {
    let mut stage = Stage::with("//- projects/alpha/project.yaml\nid: alpha\n");
    stage.poll();
    stage.put_by_hand(&lying_in("blocked"), &ready(ONE).text());
    stage.poll();
    let text = stage.file(&lying_in("blocked")).unwrap();
    assert!(text.contains("\nstatus: blocked\n"), "{text}");
    assert!(
        stage
            .logged(Some(ONE))
            .iter()
            .all(|kind| kind != "task.transitioned")
    );
}

#[test]
fn an_illegal_move_is_reported_and_left_alone() {
    let mut stage = Stage::with(&[ready(ONE).fixture(), ready(TWO).fixture()].concat());
    stage.move_by_hand(&lying_in("ready"), &lying_in("review"));
    let before = stage.file(&lying_in("review"));
    assert_eq!(stage.spawned().task, TWO, "the others go on");
    assert_eq!(
        quarantined(&mut stage),
        [("AOF-1142".to_owned(), lying_in("review"))]
    );
    assert_eq!(stage.file(&lying_in("review")), before);
    assert_eq!(stage.explain(ONE)["verdict"], "quarantined");
    stage.move_by_hand(&lying_in("review"), &lying_in("ready"));
    assert_eq!(stage.status(ONE), "ready", "it is taken in again");
    assert_eq!(quarantined(&mut stage), []);
}

#[test]
fn a_deleted_card_is_gone_and_what_waits_for_it_is_blocked() {
    let waiting = CardText::new(TWO, "backlog")
        .agent("judge")
        .line(&format!("dependsOn: [{ONE}]"));
    let mut stage = Stage::with(&[ready(ONE).fixture(), waiting.fixture()].concat());
    stage.poll();
    stage.disk.remove_by_hand(&stage.card_path(ONE)).unwrap();
    for _ in 0..3 {
        stage.later(900_000).poll();
    }
    assert_eq!(stage.status(TWO), "blocked");
    let reasons = stage.explain(TWO)["reasons"].to_string();
    assert!(reasons.contains("not there"), "{reasons}");
    assert_eq!(stage.report()["total"], 1);
}

#[test]
fn a_card_that_is_gone_for_a_moment_keeps_its_run() {
    let mut stage = one();
    let spawn = stage.spawned();
    stage.started(&spawn);
    let text = stage.file(&lying_in("in-progress")).unwrap();
    stage.disk.remove_by_hand(&lying_in("in-progress")).unwrap();
    assert_eq!(stage.report()["total"], 0);
    stage.put_by_hand(&lying_in("in-progress"), &text);
    stage.later(1).poll();
    assert!(stage.cancels().is_empty(), "nobody ends its session");
    let done = stage.tool(&runner(&spawn), "aof_task_complete", json!({"taskId": ONE}));
    done.unwrap();
    assert_eq!(stage.status(ONE), "done");
}

#[test]
fn of_two_files_of_a_task_one_is_served_and_both_are_kept() {
    let mut stage = one();
    let copy = CardText::new(ONE, "blocked").agent("reader");
    stage.put_by_hand(&copy.path(), &copy.text());
    let spawn = stage.spawned();
    assert_eq!((spawn.task.as_str(), spawn.agent.as_str()), (ONE, "writer"));
    assert_eq!(
        quarantined(&mut stage),
        [("AOF-1140".to_owned(), copy.path())]
    );
    assert_eq!(stage.file(&copy.path()), Some(copy.text()));
    assert_eq!(stage.report()["total"], 1);
    stage.disk.remove_by_hand(&lying_in("in-progress")).unwrap();
    assert_eq!(
        stage.status(ONE),
        "blocked",
        "the other one takes its place"
    );
    assert_eq!(quarantined(&mut stage), []);
}

#[test]
fn a_copy_of_a_finished_task_does_not_run_again() {
    let mut stage = one();
    let spawn = stage.spawned();
    let running = stage.file(&lying_in("in-progress")).unwrap();
    stage
        .tool(&runner(&spawn), "aof_task_complete", json!({"taskId": ONE}))
        .unwrap();
    stage.put_by_hand(&ready(ONE).path(), &ready(ONE).text());
    stage.put_by_hand(&lying_in("in-progress"), &running);
    for _ in 0..2 {
        stage.poll();
        assert!(stage.effects.is_empty(), "{:?}", stage.effects);
        assert_eq!(stage.status(ONE), "done");
        assert_eq!(quarantined(&mut stage).len(), 2);
        stage.kill_and_reopen();
    }
}

#[test]
fn a_broken_card_waits_for_its_author_and_nobody_else() {
    let mut stage = Stage::with(&[ready(ONE).fixture(), ready(TWO).fixture()].concat());
    let broken = ready(ONE).text().replace("title: ", "title: [");
    stage.put_by_hand(&lying_in("ready"), &broken);
    assert_eq!(stage.spawned().task, TWO);
    let held = quarantined(&mut stage);
    assert_eq!(held, [("AOF-1100".to_owned(), lying_in("ready"))]);
    assert_eq!(stage.file(&lying_in("ready")), Some(broken));
    stage.kill_and_reopen();
    assert_eq!(stage.opened.quarantined.len(), 1);
    let mended = ready(ONE).text().replace("agent: writer", "agent: reader");
    stage.put_by_hand(&lying_in("ready"), &mended);
    assert_eq!(
        stage.spawned().task,
        ONE,
        "it is taken in as soon as it is saved"
    );
}

#[test]
fn a_running_card_that_is_broken_by_hand_is_not_written_over() {
    let mut stage = one();
    let spawn = stage.spawned();
    stage.put_by_hand(&lying_in("in-progress"), "no card any more\n");
    let error = stage
        .tool(&runner(&spawn), "aof_task_complete", json!({"taskId": ONE}))
        .unwrap_err();
    assert_eq!(error.code, "AOF-1007");
    stage.later(3_600_000).poll();
    assert_eq!(
        stage.file(&lying_in("in-progress")).unwrap(),
        "no card any more\n"
    );
}

#[test]
fn strangers_among_the_cards_are_left_alone() {
    let mut stage = one();
    let strange = [
        ("projects/alpha/tasks/ready/notes.md", "AOF-1141"),
        ("projects/alpha/tasks/ready/TASK-9.md", "AOF-1141"),
    ];
    for (path, _) in strange {
        stage.put_by_hand(path, "mine");
    }
    for path in [
        "projects/alpha/tasks/ready/.TASK-2026-02-17-001.md.swp",
        "projects/alpha/tasks/ready/TASK-2026-02-17-001.md~",
        "projects/alpha/tasks/ready/TASK-2026-02-17-001.md.conflict",
        "projects/alpha/tasks/elsewhere/TASK-2026-02-17-009.md",
        "projects/alpha/README.md",
    ] {
        stage.put_by_hand(path, "mine");
    }
    stage.spawned();
    stage.kill_and_reopen();
    let mut held = quarantined(&mut stage);
    held.sort_by(|left, right| right.1.cmp(&left.1));
    let expected: Vec<(String, String)> = strange
        .iter()
        .map(|(path, code)| ((*code).to_owned(), (*path).to_owned()))
        .collect();
    assert_eq!(held, expected);
    assert_eq!(
        stage.tree().values().filter(|text| *text == "mine").count(),
        7
    );
}

#[test]
fn a_task_that_is_taken_from_its_run_by_hand_is_lost_to_it() {
    let mut stage = one();
    let first = stage.spawned();
    stage.started(&first);
    stage.move_by_hand(&lying_in("in-progress"), &lying_in("ready"));
    let second = stage.spawned();
    assert_ne!(second.run, first.run);
    assert_eq!(second.attempt, 2);
    let error = stage
        .tool(&runner(&first), "aof_task_complete", json!({"taskId": ONE}))
        .unwrap_err();
    assert_eq!(error.code, "AOF-2004");
    stage.ended(&first.run, crate::stage::exited(0));
    assert_eq!(stage.task(ONE)["run"], second.run.as_str());
}

#[test]
fn the_org_chart_is_read_again_when_it_changes() {
    let mut stage = Stage::with(&CardText::new(ONE, "ready").agent("newcomer").fixture());
    stage.poll();
    assert!(stage.spawns().is_empty());
    let chart = CHART.replace("agents:\n", "agents:\n  - {id: newcomer, name: New}\n");
    stage.put_by_hand("org/org-chart.yaml", &chart);
    assert_eq!(stage.spawned().agent, "newcomer");
}

#[test]
fn a_broken_org_chart_is_reported_and_the_last_good_one_stays() {
    let mut stage = one();
    stage.put_by_hand("org/org-chart.yaml", "agents: [\n");
    assert_eq!(stage.spawned().agent, "writer");
    let held = quarantined(&mut stage);
    assert_eq!(
        held,
        [("AOF-1110".to_owned(), "org/org-chart.yaml".to_owned())]
    );
    stage.put_by_hand("org/org-chart.yaml", CHART);
    assert_eq!(quarantined(&mut stage), []);
}

#[test]
fn a_status_directory_that_is_removed_hinders_nobody() {
    let mut stage = one();
    let spawn = stage.spawned();
    for status in ["done", "review", "ready"] {
        stage
            .disk
            .remove_by_hand(&format!("projects/alpha/tasks/{status}"))
            .unwrap();
    }
    stage
        .tool(&runner(&spawn), "aof_task_complete", json!({"taskId": ONE}))
        .unwrap();
    assert_eq!(stage.card_path(ONE), lying_in("done"));
    let arguments = json!({"title": "t", "brief": "b", "agent": "writer", "project": "alpha"});
    stage.ann("aof_dispatch", arguments);
}

#[test]
fn a_running_card_that_is_moved_away_ends_its_session() {
    let mut stage = one();
    let spawn = stage.spawned();
    stage.started(&spawn);
    stage.move_by_hand(&lying_in("in-progress"), &lying_in("blocked"));
    stage.effects.clear();
    stage.poll();
    let cancels = stage.cancels();
    assert_eq!(cancels.len(), 1);
    assert_eq!(cancels[0].run, spawn.run);
    let record = stage.file(&format!("{}/run.json", spawn.run_dir)).unwrap();
    assert!(record.contains("\"outcome\": \"released\""), "{record}");
    stage.effects.clear();
    stage.poll();
    assert!(stage.cancels().is_empty(), "told once");
    let late = json!({"taskId": ONE});
    let error = stage
        .tool(&runner(&spawn), "aof_task_complete", late)
        .unwrap_err();
    assert_eq!(error.code, "AOF-2004");
    assert_eq!(stage.status(ONE), "blocked");
}

#[test]
fn what_is_no_card_does_not_finish_a_task_by_lying_in_done() {
    for text in ["no card\n".to_owned(), ready(ONE).text()] {
        let mut stage = one();
        stage.put_by_hand(&lying_in("done"), &text);
        assert_eq!(stage.status(ONE), "ready");
        stage.kill_and_reopen();
        assert_eq!(stage.status(ONE), "ready", "also after a restart");
        assert_eq!(quarantined(&mut stage)[0].1, lying_in("done"));
        assert_eq!(stage.file(&lying_in("done")), Some(text));
        assert_eq!(stage.spawned().task, ONE);
    }
}
