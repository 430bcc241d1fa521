//! The demo from beginning to end.

use std::fs;
use std::process::Command;

use super::stand::{Stand, board_of, ls, say};

#[test]
fn the_demo_comes_to_its_expected_end() {
    let stand = Stand::bare();
    let said = stand.aof(&["demo", "gazette", "--json"]);
    assert_eq!(said.code, 0, "{said:?}");
    let root = stand.home().join("gazette");
    let run = &said.json()["run"];
    assert_eq!(run["asExpected"], true);
    assert_eq!(run["finish"], "idle");
    let told = board_of(&run["board"]);
    assert_eq!(told, ls(&root), "the board and `ls` tell the same");
    assert_eq!(told["done"].len(), 15);
    assert_eq!(told["blocked"], ["TASK-2026-11-20-004"]);
    assert_eq!(told["backlog"], ["TASK-2026-11-20-014"]);
}

#[test]
fn every_open_card_has_a_reason_and_every_result_is_right() {
    let stand = Stand::bare();
    let said = stand.aof(&["demo", "gazette"]).ok();
    let reason = "material/ferries.csv: line 6 has 4 fields, the heading has 5";
    assert!(said.out.contains(reason), "{}", said.out);
    let open = said.out.split("NOT DONE").nth(1).unwrap();
    let ferry = open.split("TASK-2026-11-20-014").nth(1).unwrap();
    assert!(ferry.contains("TASK-2026-11-20-004"), "{open}");
    assert!(said.out.contains("aof task unblock") || said.out.contains("task unblock"));

    let work = stand.home().join("gazette/projects/gazette/work");
    let issue = fs::read_to_string(work.join("TASK-2026-11-20-016/outputs/issue-47.md")).unwrap();
    assert!(issue.contains("- The lamp is lit\n- At the market\n- Weather and letters\n"));
    assert!(issue.contains("| north | 11183 |"), "{issue}");
    let sums = work.join("TASK-2026-11-20-017/outputs/SHA256SUMS");
    let checked = Command::new("sha256sum")
        .arg("-c")
        .arg(sums)
        .current_dir(work)
        .output();
    assert!(checked.unwrap().status.success());
}

#[test]
fn mending_the_row_lets_the_rest_go_on() {
    let stand = Stand::bare();
    stand.aof(&["demo", "data"]).ok();
    let table = stand.read("material/ferries.csv");
    stand.write(
        "material/ferries.csv",
        &table.replace("Harbour,13:05\n", "Harbour,13:05,14:30\n"),
    );
    stand.aof(&["task", "unblock", "TASK-2026-11-20-004"]).ok();
    let said = super::stand::say(stand.command(&["run"]).env("NEWSROOM_PACE_S", "0"));
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(stand.ls()["done"].len(), 17);
    let ferry = "projects/gazette/work/TASK-2026-11-20-014/outputs/ferry.md";
    assert!(
        stand
            .read(ferry)
            .contains("| Tern | Longholm | Harbour | 13:05 | 14:30 |")
    );
}

#[test]
fn a_directory_with_something_else_is_left_alone() {
    let stand = Stand::bare();
    fs::create_dir(stand.home().join("mine")).unwrap();
    fs::write(stand.home().join("mine/diary.txt"), "dear diary").unwrap();
    let said = stand.aof(&["demo", "mine", "--json"]);
    assert_eq!(said.code, 3);
    assert_eq!(said.json()["error"]["code"], "AOF-1604");
    assert_eq!(fs::read_dir(stand.home().join("mine")).unwrap().count(), 1);
}

#[test]
fn without_a_directory_a_new_one_is_made_and_named() {
    let stand = Stand::bare();
    let said = say(&mut stand.command(&["demo"])).ok();
    let made = stand.home().join("aof-demo-");
    assert!(said.err.contains(made.to_str().unwrap()), "{}", said.err);
}
