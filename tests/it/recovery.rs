//! Crashes at every operation of every kind of commit, through the real component.
//!
//! The machine dies after the first k operations of a batch, for every k. Invariant, each time:
//! every task lies in exactly one place, in its old or its new state; what was acknowledged stays;
//! nothing staged is left; the call can be repeated; nothing finished is started again.

mod case;
mod check;

use aof_host::contract::store::StoreError;
use case::{CASES, Case};
use check::Aftermath;
use serde_json::json;

use crate::stage::{CardText, Stage, TTL_MS, human, runner};

const ONE: &str = "TASK-2026-02-17-001";

/// Operations of the batch that the case commits.
fn operations(case: &Case) -> usize {
    let mut stage = (case.before)();
    (case.act)(&mut stage).unwrap_or_else(|error| panic!("{}: {}", case.name, error.message));
    stage.sabotage.last_batch().len()
}

fn crash(case: &Case, ops: usize) -> (Stage, Aftermath) {
    let mut stage = (case.before)();
    let old = Aftermath::of(&mut stage);
    stage.sabotage.cut_after(ops);
    let error = (case.act)(&mut stage).expect_err("the machine is dead");
    assert_eq!(error.code, "AOF-4007", "{}", case.name);
    stage.kill_and_reopen();
    (stage, old)
}

#[test]
fn every_crash_leaves_the_old_state_or_the_new() {
    for case in CASES {
        let total = operations(case);
        let mut was_new = false;
        for ops in 0..=total {
            let (mut stage, old) = crash(case, ops);
            let label = format!("{} cut after {ops} of {total}", case.name);
            check::disk_is_sound(&stage, &label);
            let now = Aftermath::of(&mut stage);
            let is_new = (case.is_new)(&mut stage);
            assert!(
                is_new || now.same_cards(&old),
                "{label}: neither old nor new"
            );
            assert!(is_new || !was_new, "{label}: a longer way led back");
            assert!(ops > 0 || !is_new, "{label}: nothing was written");
            assert!(ops < total || is_new, "{label}: everything was written");
            was_new = is_new;
        }
    }
}

#[test]
fn after_every_crash_the_call_can_be_repeated() {
    for case in CASES {
        let total = operations(case);
        for ops in 0..=total {
            let (mut stage, _) = crash(case, ops);
            let label = format!("{} cut after {ops} of {total}", case.name);
            let was_new = (case.is_new)(&mut stage);
            match (case.act)(&mut stage) {
                Ok(()) => {}
                Err(error) => {
                    assert!(was_new, "{label}: {} {}", error.code, error.message);
                    assert!(error.code.starts_with("AOF-2"), "{label}: {}", error.code);
                }
            }
            assert!((case.is_new)(&mut stage), "{label}");
            check::disk_is_sound(&stage, &label);
        }
    }
}

#[test]
fn after_every_crash_runs_and_spawns_agree() {
    for case in CASES {
        let total = operations(case);
        for ops in 0..=total {
            let (mut stage, _) = crash(case, ops);
            let label = format!("{} cut after {ops} of {total}", case.name);
            check::spawns_belong_to_leases(&mut stage, &label);
            for _ in 0..3 {
                stage.later(1).poll();
                for spawn in stage.spawns() {
                    let status = stage.status(&spawn.task);
                    assert_eq!(status, "in-progress", "{label}: {} runs", spawn.task);
                }
            }
        }
    }
}

#[test]
fn after_every_crash_the_log_agrees_with_the_cards() {
    for case in CASES {
        let total = operations(case);
        for ops in 0..=total {
            let (stage, _) = crash(case, ops);
            let label = format!("{} cut after {ops} of {total}", case.name);
            check::log_agrees(&stage, &label);
        }
    }
}

#[test]
fn a_second_crash_during_recovery_does_no_harm() {
    for case in CASES {
        let total = operations(case);
        for ops in 0..=total {
            for again in 0..3 {
                let mut stage = (case.before)();
                stage.sabotage.cut_after(ops);
                (case.act)(&mut stage).expect_err("the machine is dead");
                stage.kill_and_reopen_with_cut(again);
                stage.kill_and_reopen();
                let label = format!("{} cut after {ops}, recovery after {again}", case.name);
                check::disk_is_sound(&stage, &label);
                (case.is_new)(&mut stage);
            }
        }
    }
}

#[test]
fn a_store_that_refuses_once_is_used_again_without_reopening() {
    for case in CASES {
        for error in [
            StoreError::NoSpace("state".to_owned()),
            StoreError::ReadOnly("state".to_owned()),
        ] {
            let mut stage = (case.before)();
            let before = stage.tree();
            let old = Aftermath::of(&mut stage);
            stage.sabotage.fail_next(error);
            let refusal = (case.act)(&mut stage).expect_err("refused");
            assert!(
                refusal.code.starts_with("AOF-40"),
                "{} {}",
                case.name,
                refusal.code
            );
            assert_eq!(stage.tree(), before, "{}", case.name);
            assert!(Aftermath::of(&mut stage).same_cards(&old), "{}", case.name);
            (case.act)(&mut stage)
                .unwrap_or_else(|error| panic!("{}: {}", case.name, error.message));
            assert!((case.is_new)(&mut stage), "{}", case.name);
        }
    }
}

#[test]
fn a_store_that_fails_half_way_and_goes_on_is_mended_without_a_restart() {
    for case in CASES {
        let total = operations(case);
        for ops in 0..total {
            let mut stage = (case.before)();
            stage.sabotage.stumble_after(ops);
            let error = (case.act)(&mut stage).expect_err("no space");
            let label = format!("{} failed after {ops} of {total}", case.name);
            assert_eq!(error.code, "AOF-4004", "{label}");
            if let Err(error) = (case.act)(&mut stage) {
                assert!(
                    error.code.starts_with("AOF-2"),
                    "{label}: {}",
                    error.message
                );
            }
            assert!((case.is_new)(&mut stage), "{label}");
            check::disk_is_sound(&stage, &label);
            check::event_ids_are_unique(&stage, &label);
        }
    }
}

#[test]
fn a_dispatch_that_failed_half_way_is_not_lost() {
    let case = CASES.iter().find(|case| case.name == "dispatch").unwrap();
    for ops in 0..operations(case) {
        let mut stage = (case.before)();
        stage.sabotage.stumble_after(ops);
        (case.act)(&mut stage).expect_err("no space");
        let mut spawned = false;
        for _ in 0..4 {
            stage.later(TTL_MS / 2).poll();
            spawned |= !stage.spawns().is_empty();
        }
        assert!(spawned, "nobody works on it, failed after {ops}");
    }
}

#[test]
fn a_conflict_is_tried_again_and_nobody_notices() {
    for case in CASES {
        let mut stage = (case.before)();
        stage
            .sabotage
            .fail_next(StoreError::Conflict("x".to_owned()));
        match (case.act)(&mut stage) {
            Ok(()) => assert!((case.is_new)(&mut stage), "{}", case.name),
            Err(error) => assert_eq!(error.code, "AOF-3001", "{}", case.name),
        }
    }
}

#[test]
fn whoever_lost_the_store_changes_nothing_more() {
    let mut stage = Stage::with(&CardText::new(ONE, "ready").agent("writer").fixture());
    let spawn = stage.spawned();
    stage.sabotage.fail_from_now_on(StoreError::StaleEpoch(99));
    let done = json!({"taskId": ONE});
    let error = stage
        .tool(&runner(&spawn), "aof_task_complete", done)
        .unwrap_err();
    assert_eq!(error.code, "AOF-4002");
    assert_eq!(stage.status(ONE), "in-progress");
}

#[test]
fn the_spawn_that_a_crash_swallowed_has_the_limit_of_its_card() {
    let card = CardText::new(ONE, "ready")
        .agent("writer")
        .line("metadata: {timeoutMs: 1234}");
    let files = card.fixture();
    let mut whole = Stage::with(&files);
    let expected = whole.spawned();
    let batch = whole.sabotage.last_batch();
    let outbox = batch.iter().position(|op| op.contains("outbox"));
    let mut stage = Stage::with(&files);
    stage.sabotage.cut_after(outbox.unwrap());
    stage.try_poll().unwrap_err();
    assert_eq!(stage.file("state/outbox.jsonl"), None);
    stage.kill_and_reopen();
    let again = stage.spawns();
    assert_eq!(again.len(), 1);
    assert_eq!((again[0].timeout_ms, expected.timeout_ms), (1234, 1234));
    assert_eq!(format!("{:?}", again[0]), format!("{expected:?}"));
}

/// A store in which a block was cut off between its rename and its settling, and the card's path.
fn cut_in_the_middle_of_a_block() -> (Stage, String) {
    let block = |stage: &mut Stage| {
        let arguments = json!({"taskId": ONE, "reason": "r"});
        stage.tool(&human("ann"), "aof_task_block", arguments)
    };
    let card = CardText::new(ONE, "ready").agent("writer").fixture();
    let mut whole = Stage::with(&card);
    block(&mut whole).unwrap();
    let batch = whole.sabotage.last_batch();
    let renamed = batch.iter().position(|op| op.starts_with("rename"));
    let mut stage = Stage::with(&card);
    stage.sabotage.cut_after(renamed.unwrap() + 1);
    block(&mut stage).unwrap_err();
    let path = stage.card_path(ONE);
    assert!(path.contains("/blocked/"), "{path}");
    (stage, path)
}

#[test]
fn a_person_who_was_faster_than_the_restart_keeps_what_was_written() {
    for (from, to) in [
        ("Do it.", "Do it well."),
        ("agent: writer", "agent: reader"),
        ("title: Title", "title: Better title"),
        ("status: ready", "status: ready\ncolour: 'light  blue'"),
    ] {
        let (mut stage, path) = cut_in_the_middle_of_a_block();
        let edited = stage.file(&path).unwrap().replace(from, to);
        assert!(edited.contains(to));
        stage.put_by_hand(&path, &edited);
        stage.kill_and_reopen();
        let kept = to.trim_start_matches("status: ready\n");
        let texts: Vec<String> = stage.tree().into_values().collect();
        assert!(
            texts.iter().any(|text| text.contains(kept)),
            "{to:?} is nowhere"
        );
        check::disk_is_sound(&stage, to);
        assert_eq!(stage.status(ONE), "blocked", "{to:?}");
        let path = stage.card_path(ONE);
        let card = stage.file(&path);
        stage.kill_and_reopen();
        assert_eq!(stage.file(&path), card, "opening again changes nothing");
    }
}

#[test]
fn a_card_that_was_broken_after_the_crash_is_not_written_over() {
    let (mut stage, path) = cut_in_the_middle_of_a_block();
    stage
        .put_by_hand(&path, "no card any more\n")
        .kill_and_reopen();
    let texts: Vec<String> = stage.tree().into_values().collect();
    assert!(
        texts.iter().any(|text| text == "no card any more\n"),
        "it is nowhere"
    );
}

#[test]
fn a_card_that_was_moved_after_the_crash_stays_where_it_was_put() {
    let (mut stage, path) = cut_in_the_middle_of_a_block();
    let target = path.replace("/blocked/", "/ready/");
    stage.move_by_hand(&path, &target).kill_and_reopen();
    check::disk_is_sound(&stage, "moved back");
    assert_eq!(stage.status(ONE), "ready");
}

#[test]
fn a_card_that_was_deleted_after_the_crash_does_not_come_back() {
    let (mut stage, path) = cut_in_the_middle_of_a_block();
    stage.disk.remove_by_hand(&path).unwrap();
    stage.kill_and_reopen();
    assert_eq!(stage.report()["total"], 0);
    check::disk_is_sound(&stage, "deleted");
}

/// One poll with three dispatches, an expiry, a retry and a promotion.
fn busy() -> Stage {
    let id = |number: u32| format!("TASK-2026-02-17-{number:03}");
    let ready = |number, agent: &str| CardText::new(&id(number), "ready").agent(agent).fixture();
    let mut stage = Stage::with(&ready(1, "writer"));
    let spawn = stage.spawned();
    stage.started(&spawn);
    let retry = CardText::new(&id(5), "blocked")
        .agent("ghost")
        .line("metadata: {retryAt: '2026-02-17T09:00:00.000Z', blockReason: r}");
    let backlog = CardText::new(&id(6), "backlog").agent("ghost");
    stage.later(TTL_MS);
    for (number, agent) in [(2, "reader"), (3, "judge"), (4, "printer")] {
        let card = CardText::new(&id(number), "ready").agent(agent);
        stage.put_by_hand(&card.path(), &card.text());
    }
    stage.put_by_hand(&retry.path(), &retry.text());
    stage.put_by_hand(&backlog.path(), &backlog.text());
    stage
}

#[test]
fn a_crash_in_a_busy_poll_leaves_each_task_old_or_new() {
    let mut whole = busy();
    assert_eq!(whole.poll()["actions"].as_array().unwrap().len(), 5);
    let total = whole.sabotage.last_batch().len();
    for ops in 0..=total {
        let mut stage = busy();
        stage.sabotage.cut_after(ops);
        stage.try_poll().unwrap_err();
        stage.kill_and_reopen();
        let label = format!("busy poll cut after {ops} of {total}");
        check::disk_is_sound(&stage, &label);
        check::log_agrees(&stage, &label);
        check::event_ids_are_unique(&stage, &label);
        check::spawns_belong_to_leases(&mut stage, &label);
        assert_eq!(stage.report()["total"], 6, "{label}");
        stage.kill_and_reopen();
        let tasks = |stage: &Stage| stage.spawns().into_iter().map(|spawn| spawn.task);
        let mut running: Vec<String> = tasks(&stage).collect();
        for _ in 0..3 {
            stage.poll();
            running.extend(tasks(&stage));
        }
        let distinct: std::collections::BTreeSet<&String> = running.iter().collect();
        assert_eq!(distinct.len(), running.len(), "{label}: {running:?}");
        assert_eq!(running.len(), 3, "{label}: {running:?}");
    }
}
