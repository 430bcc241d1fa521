//! A person who acts between a crash and the next opening.

use serde_json::json;

use super::{ONE, check};
use crate::stage::{CardText, Stage, human};

/// A store in which a block was cut off between its rename and its new content, and the card's
/// path.
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

/// Opens again as it comes after a kill, or after the machine was started anew.
fn reopen(stage: &mut Stage, is_new_boot: bool) {
    if is_new_boot {
        stage.start_machine_anew();
    }
    stage.kill_and_reopen();
}

#[test]
fn a_person_who_was_faster_than_the_restart_keeps_what_was_written() {
    for (from, to) in [
        ("Do it.", "Do it well."),
        ("agent: writer", "agent: reader"),
        ("title: Title", "title: Better title"),
        ("status: ready", "status: ready\ncolour: 'light  blue'"),
    ] {
        for is_new_boot in [false, true] {
            let (mut stage, path) = cut_in_the_middle_of_a_block();
            let edited = stage.file(&path).unwrap().replace(from, to);
            assert!(edited.contains(to));
            stage.put_by_hand(&path, &edited);
            reopen(&mut stage, is_new_boot);
            let kept = to.trim_start_matches("status: ready\n");
            let card = stage.file(&stage.card_path(ONE)).unwrap();
            assert!(card.contains(kept), "{to:?} is not in the card:\n{card}");
            check::disk_is_sound(&stage, to);
            assert_eq!(stage.status(ONE), "blocked", "{to:?}");
            reopen(&mut stage, is_new_boot);
            let again = stage.file(&path).unwrap();
            assert_eq!(again, card, "opening again changes nothing");
        }
    }
}

#[test]
fn a_card_that_was_broken_after_the_crash_is_not_written_over() {
    for is_new_boot in [false, true] {
        let (mut stage, path) = cut_in_the_middle_of_a_block();
        stage.put_by_hand(&path, "no card any more\n");
        reopen(&mut stage, is_new_boot);
        assert_eq!(stage.file(&path).unwrap(), "no card any more\n");
        let beside = path.replace(".md", ".conflict-1.md");
        let ours = stage.file(&beside).unwrap();
        assert!(ours.contains("\nstatus: blocked\n"), "{ours}");
        let told = stage.opened.repaired.join("\n");
        assert!(told.contains(&beside), "{told}");
        let tree = stage.tree();
        reopen(&mut stage, is_new_boot);
        assert_eq!(stage.file(&beside).as_ref(), tree.get(&beside));
    }
}

#[test]
fn a_card_that_was_moved_on_after_the_crash_stays_where_it_was_put() {
    for is_new_boot in [false, true] {
        let (mut stage, path) = cut_in_the_middle_of_a_block();
        let target = path.replace("/blocked/", "/cancelled/");
        stage.put_by_hand(&target.replace(ONE, ".keep"), "");
        stage.move_by_hand(&path, &target);
        reopen(&mut stage, is_new_boot);
        assert_eq!(stage.card_path(ONE), target);
        assert_eq!(stage.status(ONE), "cancelled");
        let card = stage.file(&target).unwrap();
        assert!(
            card.contains("blockReason: r"),
            "the change is in it: {card}"
        );
    }
}

#[test]
fn a_card_that_was_moved_back_after_the_crash_looks_as_if_it_had_never_moved() {
    let (mut stage, path) = cut_in_the_middle_of_a_block();
    stage.move_by_hand(&path, &path.replace("/blocked/", "/ready/"));
    stage.kill_and_reopen();
    check::disk_is_sound(&stage, "moved back");
    assert_eq!(stage.status(ONE), "blocked");
}

#[test]
fn a_card_that_was_deleted_after_the_crash_does_not_come_back() {
    let (mut stage, path) = cut_in_the_middle_of_a_block();
    stage.disk.remove_by_hand(&path).unwrap();
    stage.kill_and_reopen();
    assert_eq!(stage.report()["total"], 0);
    check::disk_is_sound(&stage, "deleted");
}

#[test]
fn the_spawn_whose_record_is_lost_has_the_limit_of_its_card() {
    let card = CardText::new(ONE, "ready")
        .agent("writer")
        .line("metadata: {timeoutMs: 1234}");
    let mut stage = Stage::with(&card.fixture());
    let expected = stage.spawned();
    stage.disk.remove_by_hand("state/outbox.jsonl").unwrap();
    stage.kill_and_reopen();
    let again = stage.spawns();
    assert_eq!(again.len(), 1);
    assert_eq!((again[0].timeout_ms, expected.timeout_ms), (1234, 1234));
    assert_eq!(format!("{:?}", again[0]), format!("{expected:?}"));
}

#[test]
fn a_log_that_was_taken_away_is_begun_anew_with_what_the_cards_tell() {
    let mut stage = Stage::empty();
    let ids: Vec<String> = (0..300).map(|_| stage.task_for("writer", "t")).collect();
    stage.disk.remove_by_hand("events").unwrap();
    stage.disk.make_dir_by_hand("events").unwrap();
    stage.kill_and_reopen();
    for id in &ids {
        assert_eq!(stage.logged(Some(id)), ["task.created"]);
    }
    check::event_ids_are_unique(&stage, "begun anew");
}
