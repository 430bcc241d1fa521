//! The power fails: of what was not flushed nothing but the journal is left.

use serde_json::json;

use super::case::{CASES, Case};
use super::{ONE, busy, check};
use crate::stage::{CardText, Stage, human};

/// Everything in the store but what changes with each opening.
fn lasting(stage: &Stage) -> Vec<(String, String)> {
    let tree = stage.tree().into_iter();
    tree.filter(|(path, _)| path.contains("/tasks/") || path.contains("/runs/"))
        .collect()
}

fn acted(case: &Case, stage: &mut Stage) {
    (case.act)(stage).unwrap_or_else(|error| panic!("{}: {}", case.name, error.message));
}

#[test]
fn the_journal_alone_brings_every_commit_back() {
    for case in CASES {
        let mut stage = (case.before)();
        stage.kill_and_reopen();
        let flushed = stage.tree();
        acted(case, &mut stage);
        let whole = lasting(&stage);
        let known = stage.log_lines();
        stage.lose_power(&flushed);
        let name = case.name;
        assert_eq!(lasting(&stage), whole, "{name}");
        check::disk_is_sound(&stage, name);
        check::log_agrees(&stage, name);
        check::event_ids_are_unique(&stage, name);
        check::spawns_belong_to_leases(&mut stage, name);
        assert!(stage.log_lines().starts_with(&known), "{name}: the log");
        assert!((case.is_new)(&mut stage), "{name}");
    }
}

#[test]
fn a_batch_of_which_only_the_journal_survived_is_done_again() {
    for case in CASES {
        let mut whole = (case.before)();
        acted(case, &mut whole);
        let mut stage = (case.before)();
        stage.sabotage.cut_after(1);
        (case.act)(&mut stage).expect_err("the machine is dead");
        stage.start_machine_anew().kill_and_reopen();
        assert_eq!(lasting(&stage), lasting(&whole), "{}", case.name);
        check::disk_is_sound(&stage, case.name);
        check::log_agrees(&stage, case.name);
    }
}

#[test]
fn a_whole_session_comes_back_from_its_journal() {
    let mut stage = busy();
    stage.kill_and_reopen();
    let flushed = stage.tree();
    stage.poll();
    for spawn in stage.spawns() {
        stage.started(&spawn);
    }
    let made = stage.task_for("writer", "made");
    stage.ann("aof_task_block", json!({"taskId": made, "reason": "r"}));
    stage.ann("aof_task_complete", json!({"taskId": ONE}));
    let whole = lasting(&stage);
    stage.lose_power(&flushed);
    assert_eq!(lasting(&stage), whole);
    check::log_agrees(&stage, "session");
    let adopted = stage.opened.adopted.clone();
    let (live, over): (Vec<_>, Vec<_>) = adopted.iter().partition(|run| run.task != ONE);
    assert_eq!((live.len(), over.len()), (2, 1), "{adopted:?}");
    assert!(live.iter().all(|run| run.session.is_some()));
    let flushed = stage.tree();
    stage.lose_power(&flushed);
    assert_eq!(lasting(&stage), whole, "and again");
    assert_eq!(stage.opened.repaired, Vec::<String>::new());
}

#[test]
fn names_that_a_lost_rename_left_behind_and_torn_files_are_cleared_away() {
    let mut stage = Stage::with(&CardText::new(ONE, "ready").agent("writer").fixture());
    let before = stage.card_path(ONE);
    let old = stage.file(&before).unwrap();
    stage.ann("aof_task_block", json!({"taskId": ONE, "reason": "r"}));
    let path = stage.card_path(ONE);
    let new = stage.file(&path).unwrap();
    for torn in ["", "\0\0\0\0", new.as_str()] {
        stage.put_by_hand(&before, &old).put_by_hand(&path, torn);
        stage.start_machine_anew().kill_and_reopen();
        assert_eq!(stage.card_path(ONE), path, "{torn:?}");
        assert_eq!(stage.file(&path).unwrap(), new, "{torn:?}");
        check::disk_is_sound(&stage, "cleared");
        stage.ann("aof_task_unblock", json!({"taskId": ONE}));
        stage.ann("aof_task_block", json!({"taskId": ONE, "reason": "r"}));
        return_to(&mut stage, (&before, &path), &old);
    }
}

/// Takes up the card anew, so that the journal knows it once more.
fn return_to(stage: &mut Stage, (before, path): (&str, &str), old: &str) {
    stage.disk.remove_by_hand(path).unwrap();
    stage.put_by_hand(before, old);
    stage.ann("aof_task_block", json!({"taskId": ONE, "reason": "r"}));
}

#[test]
fn a_log_that_was_torn_is_whole_again() {
    let mut stage = Stage::empty();
    stage.task_for("writer", "t");
    let log = "events/2026-02-17.jsonl";
    let whole = stage.file(log).unwrap();
    let first = whole.find('\n').unwrap() + 1;
    for torn in [
        whole[..first].to_owned(),
        whole[..first + 40].to_owned(),
        whole[..first].to_owned() + &"\0".repeat(whole.len() - first),
    ] {
        let mut stage = Stage::empty();
        stage.task_for("writer", "t");
        stage.put_by_hand(log, &torn);
        stage.start_machine_anew().kill_and_reopen();
        let now = stage.file(log).unwrap();
        assert!(now.starts_with(&whole), "{torn:?} became {now}");
        check::disk_is_sound(&stage, &torn);
    }
}

#[test]
fn what_was_closed_in_good_order_is_not_touched_again() {
    let mut stage = Stage::with(&CardText::new(ONE, "ready").agent("writer").fixture());
    stage.ann("aof_task_block", json!({"taskId": ONE, "reason": "r"}));
    let ctx = stage.ctx(human("ann"));
    stage.instance().close(&ctx).unwrap();
    assert_eq!(stage.ls("state/journal"), Vec::<String>::new());
    let path = stage.card_path(ONE);
    stage.disk.remove_by_hand(&path).unwrap();
    stage.start_machine_anew().kill_and_reopen();
    assert_eq!(stage.report()["total"], 0, "a person took it away");
}

#[test]
fn a_journal_that_has_grown_is_begun_anew() {
    let mut stage = Stage::empty();
    let id = stage.task_for("writer", "t");
    let body = "words and words ".repeat(16 * 1024);
    let mut parts = std::collections::BTreeSet::new();
    for at in 0..12 {
        let body = format!("{at} {body}");
        stage.ann("aof_task_update", json!({"taskId": id, "body": body}));
        let names = stage.ls("state/journal");
        assert_eq!(names.len(), 1, "{names:?}");
        parts.extend(names);
    }
    assert!(parts.len() >= 3, "{parts:?}");
    let flushed = stage.tree();
    stage.ann("aof_task_block", json!({"taskId": id, "reason": "r"}));
    let whole = lasting(&stage);
    stage.lose_power(&flushed);
    assert_eq!(lasting(&stage), whole);
}

#[test]
fn a_crash_at_a_checkpoint_loses_nothing() {
    for ops in 0..6 {
        for is_new_boot in [false, true] {
            let mut stage = Stage::empty();
            let id = stage.task_for("writer", "t");
            let body = "words and words ".repeat(16 * 1024);
            for _ in 0..4 {
                stage.ann("aof_task_update", json!({"taskId": id, "body": body}));
            }
            let before = lasting(&stage);
            stage.sabotage.cut_after(ops);
            let arguments = json!({"taskId": id, "reason": "r"});
            stage
                .tool(&human("ann"), "aof_task_block", arguments)
                .unwrap_err();
            let batch = stage.sabotage.last_batch();
            assert!(batch.contains(&"sync".to_owned()), "{batch:?}");
            if is_new_boot {
                stage.start_machine_anew();
            }
            stage.kill_and_reopen();
            assert_eq!(
                lasting(&stage),
                before,
                "cut after {ops} of {}",
                batch.len()
            );
        }
    }
}
