//! A person who acts between the component's reading and its commit.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aof_disk::MemoryDisk;
use serde_json::json;

use super::{ONE, lying_in, one};
use crate::stage::{Stage, human, runner};

fn text_of(disk: &MemoryDisk, path: &str) -> Option<String> {
    let files = disk.files();
    let (_, bytes) = files.into_iter().find(|(found, _)| found == path)?;
    Some(String::from_utf8(bytes).unwrap())
}

/// Adds a line to the card before each commit, at most so many times.
fn scribble(stage: &Stage, path: &str, times: usize) -> Arc<AtomicUsize> {
    let count = Arc::new(AtomicUsize::new(0));
    let (path, counted) = (path.to_owned(), Arc::clone(&count));
    stage.sabotage.before_each_commit(move |disk| {
        let Some(text) = text_of(disk, &path) else {
            return;
        };
        let at = counted.fetch_add(1, Ordering::SeqCst);
        if at < times {
            disk.put_by_hand(&path, format!("{text}scribble {at}\n").as_bytes())
                .unwrap();
        }
    });
    count
}

#[test]
fn an_edit_in_the_last_moment_goes_along() {
    for (tool, arguments, status) in [
        ("aof_task_complete", json!({"taskId": ONE}), "done"),
        (
            "aof_task_block",
            json!({"taskId": ONE, "reason": "r"}),
            "blocked",
        ),
        ("aof_task_cancel", json!({"taskId": ONE}), "cancelled"),
        (
            "aof_task_update",
            json!({"taskId": ONE, "status": "in-progress"}),
            "in-progress",
        ),
    ] {
        let mut stage = one();
        scribble(&stage, &lying_in("ready"), 1);
        stage.ann(tool, arguments);
        let card = stage.file(&lying_in(status)).unwrap();
        assert!(card.ends_with("scribble 0\n"), "{tool}:\n{card}");
        assert!(
            card.contains(&format!("\nstatus: {status}\n")),
            "{tool}:\n{card}"
        );
        assert_eq!(stage.card_path(ONE), lying_in(status));
    }
}

#[test]
fn a_dispatch_takes_an_edit_of_the_last_moment_along() {
    let mut stage = one();
    scribble(&stage, &lying_in("ready"), 1);
    stage.spawned();
    let card = stage.file(&lying_in("in-progress")).unwrap();
    assert!(card.ends_with("scribble 0\n"), "{card}");
}

#[test]
fn whoever_never_stops_editing_is_never_overwritten() {
    let mut stage = one();
    let count = scribble(&stage, &lying_in("ready"), usize::MAX);
    let error = stage
        .tool(&human("ann"), "aof_task_complete", json!({"taskId": ONE}))
        .unwrap_err();
    assert_eq!(error.code, "AOF-3001");
    assert!(error.retryable);
    assert_eq!(error.where_, Some(lying_in("ready")));
    let tries = count.load(Ordering::SeqCst);
    assert!((2..=5).contains(&tries), "{tries} tries");
    let card = stage.file(&stage.card_path(ONE)).unwrap();
    for at in 0..tries {
        assert!(card.contains(&format!("scribble {at}\n")), "{card}");
    }
    stage.sabotage.leave_alone();
    stage.ann("aof_task_complete", json!({"taskId": ONE}));
    assert_eq!(stage.status(ONE), "done");
}

#[test]
fn a_body_is_not_written_over_an_edit_that_its_author_did_not_see() {
    let mut stage = one();
    scribble(&stage, &lying_in("ready"), usize::MAX);
    let error = stage
        .tool(
            &human("bob"),
            "aof_task_update",
            json!({"taskId": ONE, "body": "mine"}),
        )
        .unwrap_err();
    assert_eq!(error.code, "AOF-3001");
    assert!(
        stage
            .file(&lying_in("ready"))
            .unwrap()
            .contains("scribble 0")
    );
}

#[test]
fn a_move_in_the_last_moment_wins() {
    let mut stage = one();
    let mut is_done = false;
    stage.sabotage.before_each_commit(move |disk| {
        if !std::mem::replace(&mut is_done, true) {
            disk.move_by_hand(&lying_in("ready"), &lying_in("blocked"))
                .unwrap();
        }
    });
    stage.poll();
    assert!(stage.spawns().is_empty());
    assert_eq!(stage.card_path(ONE), lying_in("blocked"));
    assert_eq!(stage.status(ONE), "blocked");
}

#[test]
fn a_deletion_in_the_last_moment_wins() {
    let mut stage = one();
    let spawn = stage.spawned();
    stage.sabotage.before_each_commit(|disk| {
        disk.remove_by_hand(&lying_in("in-progress")).unwrap();
    });
    let error = stage
        .tool(&runner(&spawn), "aof_task_complete", json!({"taskId": ONE}))
        .unwrap_err();
    assert_eq!(error.code, "AOF-1005");
    let cards = stage
        .tree()
        .keys()
        .filter(|path| path.contains("/tasks/"))
        .count();
    assert_eq!(cards, 0, "nothing comes back");
}

#[test]
fn a_file_that_appears_in_the_way_is_kept() {
    let mut stage = one();
    stage.sabotage.before_each_commit(|disk| {
        disk.put_by_hand(&lying_in("done"), b"in the way\n")
            .unwrap();
    });
    let before = stage.file(&lying_in("ready"));
    let error = stage
        .tool(&human("ann"), "aof_task_complete", json!({"taskId": ONE}))
        .unwrap_err();
    assert!(
        ["AOF-1100", "AOF-3002"].contains(&error.code.as_str()),
        "{}",
        error.code
    );
    assert_eq!(stage.file(&lying_in("done")).unwrap(), "in the way\n");
    assert_eq!(stage.file(&lying_in("ready")), before);
}
