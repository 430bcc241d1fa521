//! Crashes at every operation of every kind of commit, through the real component.
//!
//! The machine dies after the first k operations of a batch, for every k; or it loses its power and
//! with it everything but the journal. Invariant, each time: every task lies in exactly one place,
//! in its old state if the journal does not know the change and in its new one if it does; what was
//! acknowledged stays; nothing is left over; the call can be repeated; nothing finished is started
//! again.

mod case;
mod check;
mod mortal;
mod person;
mod power;

use aof_host::contract::store::StoreError;
use case::{CASES, Case};
use check::Aftermath;
use serde_json::json;

use crate::stage::{CardText, Stage, TTL_MS, runner};

const ONE: &str = "TASK-2026-02-17-001";

/// Operations of the batch that the case commits.
fn operations(case: &Case) -> usize {
    let mut stage = (case.before)();
    (case.act)(&mut stage).unwrap_or_else(|error| panic!("{}: {}", case.name, error.message));
    stage.sabotage.last_batch().len()
}

/// Dies after some operations and comes back on the same machine.
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
fn every_crash_leaves_the_old_state_or_if_the_journal_knows_it_the_new() {
    for case in CASES {
        let total = operations(case);
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
            assert_eq!(is_new, ops > 0, "{label}: the journal decides");
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
            for again in 0..6 {
                let mut stage = (case.before)();
                stage.sabotage.cut_after(ops);
                (case.act)(&mut stage).expect_err("the machine is dead");
                if again % 2 == 0 {
                    stage.start_machine_anew();
                }
                stage.kill_and_reopen_with_cut(again);
                stage.kill_and_reopen();
                let label = format!("{} cut after {ops}, recovery after {again}", case.name);
                check::disk_is_sound(&stage, &label);
                check::log_agrees(&stage, &label);
                assert_eq!((case.is_new)(&mut stage), ops > 0, "{label}");
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
        if ops % 2 == 0 {
            stage.start_machine_anew();
        }
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

/// Cards that are due for a retry and take most of a mebibyte each.
fn heavy(cards: u32) -> Stage {
    let body = "words and words ".repeat(56 * 1024);
    let files = (1..=cards).map(|number| {
        let card = CardText::new(&format!("TASK-2026-02-17-{number:03}"), "blocked")
            .agent("ghost")
            .line("metadata: {retryAt: '2026-02-17T09:00:00.000Z', blockReason: r}");
        format!("{}{body}\n", card.fixture())
    });
    Stage::with(&files.collect::<String>())
}

#[test]
fn a_poll_of_large_cards_takes_several_commits() {
    let mut stage = heavy(12);
    let before = stage.sabotage.commits();
    assert_eq!(stage.poll()["actions"].as_array().unwrap().len(), 12);
    let commits = stage.sabotage.commits() - before;
    assert!((3..12).contains(&commits), "{commits} commits");
    assert_eq!(stage.report()["byStatus"]["ready"], 12);
}

#[test]
fn what_a_poll_has_committed_counts_though_the_rest_is_refused() {
    let mut stage = heavy(8);
    let is_first = std::sync::atomic::AtomicBool::new(true);
    let last = "projects/alpha/tasks/blocked/TASK-2026-02-17-008.md";
    stage.sabotage.before_each_commit(move |disk| {
        if !is_first.swap(false, std::sync::atomic::Ordering::SeqCst) {
            disk.put_by_hand(last, b"no card any more\n").unwrap();
        }
    });
    let poll = stage.poll();
    let done = poll["actions"].as_array().unwrap().len();
    assert!((1..8).contains(&done), "{done} actions");
    assert!(!stage.events.is_empty());
    assert_eq!(stage.report()["byStatus"]["ready"], done);
    stage.sabotage.leave_alone();
    let rest = stage.poll()["actions"].as_array().unwrap().len();
    assert_eq!(done + rest, 7, "all but the one that was broken");
}
