//! Texts in their order. The component compares them itself, by words; the order is the same as
//! everywhere else.

use crate::stage::{Stage, human};

/// Names that have so many letters in common and then one that differs, up to beyond two words.
fn names() -> Vec<String> {
    let common = "mmmmmmmmmmmmmmmmmmm";
    let mut names = Vec::new();
    for same in 0..common.len() {
        let (before, after) = common.split_at(same);
        for differs in ["a", "z", "\u{e9}", "\u{1f600}"] {
            names.push(format!("{before}{differs}"));
            names.push(format!("{before}{differs}{after}"));
        }
    }
    names
}

#[test]
fn keys_of_all_lengths_stand_in_the_order_of_their_bytes() {
    let mut stage = Stage::empty();
    let id = stage.task_for("writer", "t");
    // Given backwards, so that nothing is in order by chance.
    let mut sorted = names();
    sorted.sort_unstable_by(|one, another| one.bytes().cmp(another.bytes()));
    let given: Vec<String> = sorted
        .iter()
        .rev()
        .map(|name| format!("{name:?}:1"))
        .collect();
    let arguments = format!(
        "{{\"taskId\":\"{id}\",\"metadata\":{{{}}}}}",
        given.join(",")
    );
    stage
        .call(&human("ann"), "aof_task_edit", &arguments)
        .unwrap();
    let card = stage.file(&stage.card_path(&id)).unwrap();
    let written: Vec<String> = card
        .lines()
        .skip_while(|line| *line != "metadata:")
        .skip(1)
        .take_while(|line| line.starts_with("  "))
        .map(|line| {
            line.trim()
                .trim_end_matches(": 1")
                .trim_matches('"')
                .to_owned()
        })
        .collect();
    assert_eq!(written, sorted);
}
