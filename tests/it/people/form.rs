//! What a person's card looks like after the component has written into it: as before, but for what
//! the component owns.

use serde_json::json;

use super::{ONE, lying_in};
use crate::stage::{CardText, Stage, runner};

/// Unknown keys, comments, odd spacing: nothing of it is ours.
const THEIRS: &[&str] = &[
    "# a comment of mine",
    "colour:   'light  blue'",
    "shades: [ 1,2,   3 ]",
    "nested:",
    "  deep: {x: [~, no, 1e3]}",
    "  text: |",
    "    two",
    "      lines",
    "\"quoted key\": yes",
];

const BODY: &str =
    "\n# Title\n\n---\n\ttabs, trailing   \n\n\n```yaml\nstatus: ready\n```\nno newline";

fn card() -> String {
    let lines = THEIRS.join("\n");
    let text = CardText::new(ONE, "ready")
        .agent("writer")
        .line(&lines)
        .text();
    let (front, _) = text.split_once("---\n\n").unwrap();
    format!("{front}---\n{BODY}")
}

fn lived_through(text: &str) -> String {
    let mut stage = Stage::empty();
    stage.put_by_hand("projects/alpha/tasks/ready/.keep", "");
    stage
        .disk
        .put_by_hand(&lying_in("ready"), text.as_bytes())
        .unwrap();
    stage.kill_and_reopen();
    let spawn = stage.spawned();
    stage.ann("aof_task_block", json!({"taskId": ONE, "reason": "r"}));
    stage.ann("aof_task_unblock", json!({"taskId": ONE}));
    let second = stage.spawned();
    assert_ne!(spawn.run, second.run);
    stage
        .tool(
            &runner(&second),
            "aof_task_complete",
            json!({"taskId": ONE}),
        )
        .unwrap();
    let (_, bytes) = stage
        .disk
        .files()
        .into_iter()
        .find(|(path, _)| *path == lying_in("done"))
        .unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn what_is_not_ours_survives_a_whole_life() {
    let after = lived_through(&card());
    for line in THEIRS {
        assert!(
            after.contains(&format!("\n{line}\n")),
            "{line:?} is lost:\n{after}"
        );
    }
    assert!(
        after.contains(&THEIRS.join("\n")),
        "the order is lost:\n{after}"
    );
    assert!(after.ends_with(BODY), "the body has changed:\n{after}");
    assert!(after.contains("\nstatus: done\n"), "{after}");
}

#[test]
fn line_ends_and_the_mark_at_the_beginning_survive() {
    let text = format!("\u{feff}{}", card().replace('\n', "\r\n"));
    let after = lived_through(&text);
    assert!(after.starts_with("\u{feff}---\r\n"), "{after:?}");
    assert_eq!(
        after.matches('\n').count(),
        after.matches("\r\n").count(),
        "{after:?}"
    );
    for line in THEIRS {
        let line = line.replace('\n', "\r\n");
        assert!(
            after.contains(&format!("\r\n{line}\r\n")),
            "{line:?} is lost:\n{after:?}"
        );
    }
    assert!(after.ends_with(&BODY.replace('\n', "\r\n")), "{after:?}");
}

#[test]
fn a_card_without_a_body_gets_none() {
    let text = card().replace(BODY, "");
    let after = lived_through(&text);
    assert!(after.ends_with("---\n"), "{after:?}");
}
