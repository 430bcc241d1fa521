//! The bounds of a migration, each at its value and one past it.

use aof_front::migrate::carry_out;
use aof_front::port::{Mode, Op, Store};

use super::stand::{Old, SETTINGS, Stopping, files, migrate, planned};

const RUN: &str = "TASK-2026-02-01-cccccccc";
const MIB: usize = 1024 * 1024;

fn migrated(old: &Old) -> std::collections::BTreeMap<String, String> {
    let disk = old.disk();
    migrate(&disk, usize::MAX).expect("migrates");
    files(&disk)
}

/// A run that an agent of AOF 1 ended like this; `fill` goes into what it said.
fn reported(outcome: &str, fill: &str) -> String {
    format!(
        "{{\"taskId\":\"{RUN}\",\"agentId\":\"swe-backend\",\"completedAt\":\
         \"2026-02-01T10:05:00.000Z\",\"outcome\":\"{outcome}\",\"notes\":\"{fill}\"}}"
    )
}

fn with_report(report: &str) -> Old {
    let mut old = Old::new();
    let path = format!("Projects/alpha/state/runs/{RUN}/run_result.json");
    old.put(&path, report);
    old
}

#[test]
fn a_reason_is_taken_over_up_to_500_characters() {
    for (chars, left) in [(500, 500), (501, 500)] {
        let files = migrated(&with_report(&reported("blocked", &"ä".repeat(chars))));
        let card = &files[&format!("Projects/alpha/tasks/blocked/{RUN}.md")];
        assert_eq!(card.matches('ä').count(), left, "{card}");
    }
}

#[test]
fn a_record_of_a_run_is_read_up_to_256_kib() {
    let bare = reported("done", "").len();
    for (size, is_read) in [(256 * 1024, true), (256 * 1024 + 1, false)] {
        let files = migrated(&with_report(&reported("done", &"x".repeat(size - bare))));
        let ready = format!("Projects/alpha/tasks/ready/{RUN}.md");
        assert_eq!(!files.contains_key(&ready), is_read, "{size}");
    }
}

#[test]
fn a_log_of_ours_is_known_up_to_16_mib() {
    let line = "{\"schema\":1,\"eventId\":\"1\"}\n";
    for (size, is_ours) in [(16 * MIB, true), (16 * MIB + 1, false)] {
        let mut old = Old::new();
        let rest = " ".repeat(size - line.len());
        old.put("events/2026-02-02.jsonl", &(line.to_owned() + &rest));
        let stays = migrated(&old).contains_key("events/2026-02-02.jsonl");
        assert_eq!(stays, is_ours, "{size}");
    }
}

#[test]
fn the_journal_of_a_migration_is_read_up_to_16_mib() {
    let line = "{\"line\":\"begun\",\"schema\":1}\n";
    for (size, is_read) in [(16 * MIB, true), (16 * MIB + 1, false)] {
        let mut old = Old::empty();
        old.put("aof.yaml", SETTINGS);
        let rest = " ".repeat(size - line.len());
        old.put("state/migrate.jsonl", &(line.to_owned() + &rest));
        assert_eq!(!planned(&old.disk()).is_empty(), is_read, "{size}");
    }
}

#[test]
fn files_of_a_task_are_moved_down_to_24_directories() {
    let id = "TASK-2026-02-01-aaaaaaaa";
    // The tree is walked from `tasks`; the status and the task are two directories of it.
    for (depth, moves) in [(22, true), (23, false)] {
        let mut old = Old::new();
        let deep = format!("{}file", "d/".repeat(depth));
        old.put(&format!("tasks/done/{id}/{deep}"), "deep");
        let files = migrated(&old);
        let moved = files.contains_key(&format!("Projects/_inbox/work/{id}/{deep}"));
        assert_eq!(moved, moves, "{depth}");
        let stays = files.contains_key(&format!("tasks/done/{id}/{deep}"));
        assert_eq!(stays, !moves, "{depth}");
    }
}

/// What a migration that writes these contents commits at a time.
fn batches(contents: Vec<usize>) -> Vec<Vec<Op>> {
    let disk = Old::new().disk();
    let mut plan = planned(&disk);
    plan.steps.truncate(1);
    plan.steps[0].ops = (0..)
        .zip(contents)
        .map(|(number, bytes)| Op::Create {
            path: format!("new-{number}"),
            content: vec![b'x'; bytes],
        })
        .collect();
    let mut store = Stopping::over(&disk, usize::MAX);
    let epoch = store.open(Mode::Writer).expect("opens").epoch;
    carry_out(&mut store, epoch, plan).expect("is carried out");
    store.batches
}

fn created(batch: &[Op]) -> usize {
    let is_new = |op: &&Op| matches!(op, Op::Create { .. });
    batch.iter().filter(is_new).count()
}

#[test]
fn a_migration_flushes_after_512_operations() {
    let sizes = |count| -> Vec<usize> {
        let batches = batches(vec![1; count]);
        let counts = batches.iter().map(|batch| created(batch));
        counts.filter(|count| *count > 0).collect()
    };
    assert_eq!(sizes(512), [512]);
    assert_eq!(sizes(513), [512, 1]);
}

#[test]
fn a_migration_flushes_after_8_mib() {
    let counts = |contents| -> Vec<usize> {
        let batches = batches(contents);
        let counts = batches.iter().map(|batch| created(batch));
        counts.filter(|count| *count > 0).collect()
    };
    assert_eq!(counts(vec![8 * MIB - 1, 1]), [2]);
    assert_eq!(counts(vec![8 * MIB - 1, 2]), [1, 1]);
    assert_eq!(
        counts(vec![8 * MIB + 1, 1]),
        [1, 1],
        "one large file goes alone"
    );
}
