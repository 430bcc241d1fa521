//! Leases: kept alive by signs of life, lapsed without them.

use serde_json::json;

use super::{ONE, one};
use crate::stage::{DAWN_MS, TTL_MS, actions, runner};

/// S03.
#[test]
fn a_silent_run_loses_its_task_once() {
    let mut stage = one();
    let first = stage.spawned();
    stage.started(&first);
    stage.later(TTL_MS - 1).poll();
    assert_eq!(stage.status(ONE), "in-progress");
    assert_eq!(
        actions(&stage.later(1).poll()),
        [("expire".to_owned(), ONE.to_owned())]
    );
    let cancels = stage.cancels();
    assert_eq!(cancels.len(), 1);
    assert_eq!(
        cancels[0].session,
        Some(format!("session-of-{}", first.run))
    );
    let task = stage.task(ONE);
    assert_eq!(task["status"], "ready");
    assert_eq!(task["runs"][0]["outcome"], "expired");
    assert_eq!(
        task["metadata"]["retryCount"],
        json!(null),
        "no try is consumed"
    );
    let second = stage.spawned();
    assert_ne!(second.run, first.run);
    assert_eq!(second.attempt, 2);
    let expired = stage
        .logged(Some(ONE))
        .into_iter()
        .filter(|kind| kind == "lease.expired");
    assert_eq!(expired.count(), 1);
}

#[test]
fn signs_of_life_keep_a_lease_with_few_writes() {
    let mut stage = one();
    let spawn = stage.spawned();
    stage.started(&spawn);
    let before = stage.sabotage.commits();
    for _ in 0..60 {
        stage.later(30_000).heartbeat(&spawn.run);
        stage.poll();
        assert_eq!(stage.status(ONE), "in-progress");
    }
    let writes = stage.sabotage.commits() - before;
    let allowed = usize::try_from(60 * 30_000 / (TTL_MS / 2)).unwrap();
    assert!(
        writes <= allowed,
        "{writes} writes in half an hour, {allowed} are allowed"
    );
    assert!(
        writes >= allowed - 1,
        "but often enough to survive a restart: {writes}"
    );
}

#[test]
fn a_renewal_that_was_not_written_counts_all_the_same() {
    let mut stage = one();
    let spawn = stage.spawned();
    stage.later(TTL_MS / 2 - 1).heartbeat(&spawn.run);
    let until = stage.now_ms + TTL_MS;
    stage.now_ms = until - 1;
    stage.poll();
    assert_eq!(stage.status(ONE), "in-progress");
    stage.now_ms = until;
    stage.poll();
    assert_eq!(stage.status(ONE), "ready");
}

#[test]
fn a_tool_call_of_the_run_is_a_sign_of_life() {
    let mut stage = one();
    let spawn = stage.spawned();
    stage.later(TTL_MS - 1);
    let write = json!({"taskId": ONE, "body": "half way"});
    stage
        .tool(&runner(&spawn), "aof_task_update", write)
        .unwrap();
    stage.later(TTL_MS - 1).poll();
    assert_eq!(stage.status(ONE), "in-progress");
    stage.later(1).poll();
    assert_eq!(stage.status(ONE), "ready");
}

#[test]
fn a_clock_that_steps_back_shortens_no_lease() {
    let mut stage = one();
    let spawn = stage.spawned();
    stage.later(60_000).heartbeat(&spawn.run);
    let until = stage.now_ms + TTL_MS;
    stage.now_ms = DAWN_MS - 3_600_000;
    stage.heartbeat(&spawn.run);
    stage.now_ms = until - 1;
    stage.poll();
    assert_eq!(stage.status(ONE), "in-progress");
}

#[test]
fn a_lease_that_lapsed_while_nobody_ran_is_taken_back_after_the_restart() {
    let mut stage = one();
    let first = stage.spawned();
    stage.started(&first);
    stage.later(TTL_MS * 3).kill_and_reopen();
    assert_eq!(stage.opened.adopted.len(), 1);
    let adopted = &stage.opened.adopted[0];
    assert_eq!(
        (adopted.run.as_str(), adopted.task.as_str()),
        (first.run.as_str(), ONE)
    );
    assert_eq!(adopted.session, Some(format!("session-of-{}", first.run)));
    assert_eq!(
        actions(&stage.poll()),
        [("expire".to_owned(), ONE.to_owned())]
    );
}

#[test]
fn an_adopted_run_that_shows_life_keeps_its_task() {
    let mut stage = one();
    let first = stage.spawned();
    stage.started(&first);
    stage.later(TTL_MS * 3).kill_and_reopen();
    stage.heartbeat(&first.run);
    stage.poll();
    assert_eq!(stage.status(ONE), "in-progress");
    assert!(stage.effects.is_empty());
    let done = json!({"taskId": ONE});
    stage
        .tool(&runner(&first), "aof_task_complete", done)
        .unwrap();
    assert_eq!(stage.status(ONE), "done");
}

#[test]
fn the_next_due_moment_is_exact() {
    let mut stage = one();
    assert_eq!(stage.next_due(), Some(0), "a ready task is due at once");
    let spawn = stage.spawned();
    stage.poll();
    assert_eq!(stage.next_due(), Some(DAWN_MS + TTL_MS));
    stage.later(TTL_MS / 2).heartbeat(&spawn.run);
    stage.poll();
    assert_eq!(stage.next_due(), Some(DAWN_MS + TTL_MS / 2 + TTL_MS));
    stage
        .tool(&runner(&spawn), "aof_task_complete", json!({"taskId": ONE}))
        .unwrap();
    assert_eq!(stage.next_due(), Some(0), "news");
    stage.poll();
    assert_eq!(stage.next_due(), None, "only news can bring work");
}
