//! The event log compared with the cards.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::stand::{Said, Stand, wait_for};

fn kinds(said: &Said) -> Vec<(String, String)> {
    let document = said.json();
    let findings = document["fsck"]["findings"].as_array().unwrap().iter();
    let text = |found: &Value, key: &str| found[key].as_str().unwrap().to_owned();
    findings
        .map(|found| (text(found, "kind"), text(found, "level")))
        .collect()
}

fn card(stand: &Stand, status: &str, id: &str) -> PathBuf {
    stand
        .data()
        .join(format!("projects/_inbox/tasks/{status}/{id}.md"))
}

fn fsck(stand: &Stand) -> Said {
    stand.aof(&["fsck", "--json"])
}

fn log(stand: &Stand) -> PathBuf {
    let mut parts: Vec<PathBuf> = fs::read_dir(stand.data().join("events"))
        .unwrap()
        .map(|it| it.unwrap().path())
        .collect();
    parts.sort();
    parts.pop().unwrap()
}

#[test]
fn a_store_that_only_aof_touched_is_sound() {
    let stand = Stand::with_agent("aof task complete --summary done \"$AOF_TASK_ID\"");
    let path = std::env::var("PATH").unwrap_or_default();
    let beside = super::stand::binary()
        .parent()
        .unwrap()
        .display()
        .to_string();
    let mut run = stand.command(&["run", "--json"]);
    stand.task(&["Do it"]);
    let kept = stand.task(&["Give it up"]);
    stand.aof(&["task", "cancel", &kept]).ok();
    let ran = super::stand::say(run.env("PATH", format!("{beside}:{path}")));
    assert_eq!(ran.code, 0, "{ran:?}");
    let said = fsck(&stand).ok();
    assert_eq!(kinds(&said), []);
    assert_eq!(said.json()["fsck"]["cards"], 2);
    let told = stand.aof(&["fsck"]).ok();
    assert!(
        told.out.starts_with("the log and the cards agree: "),
        "{told:?}"
    );
}

#[test]
fn a_move_by_hand_is_told_and_is_no_error() {
    let stand = Stand::idle();
    let id = stand.task(&["Move me"]);
    fs::rename(card(&stand, "ready", &id), card(&stand, "blocked", &id)).unwrap();
    let said = fsck(&stand).ok();
    assert_eq!(
        kinds(&said),
        [("moved-by-hand".to_owned(), "info".to_owned())]
    );
    let told = stand.aof(&["fsck"]).ok().text();
    let (told, last) = told.split_once("; last event at ").unwrap();
    let (place, what) = told.split_once(": ").unwrap();
    assert_eq!(place, "info   projects/_inbox/tasks/blocked/TASK-….md");
    insta::assert_snapshot!(what, @"TASK-… lies in blocked, the log left it ready: moved by hand");
    let verdict = "the log and the cards agree: 2 events, 1 card; 0 errors, 0 warnings\n";
    assert!(last.ends_with(verdict), "{last}");
}

#[test]
fn a_card_that_is_gone_is_told_with_its_remedy_and_is_no_error_for_good() {
    let stand = Stand::idle();
    let id = stand.task(&["Lose me"]);
    fs::remove_file(card(&stand, "ready", &id)).unwrap();
    let said = fsck(&stand).ok();
    assert_eq!(
        kinds(&said),
        [("missing-task".to_owned(), "warning".to_owned())]
    );
    let finding = said.json()["fsck"]["findings"][0].clone();
    assert!(
        finding["hint"].as_str().unwrap().contains("backup"),
        "{finding}"
    );
    stand.aof(&["doctor"]).ok();
}

#[test]
fn an_older_version_that_was_put_back_is_an_error() {
    let stand = Stand::idle();
    let id = stand.task(&["Turn me back"]);
    let old = fs::read(card(&stand, "ready", &id)).unwrap();
    stand.write("body.md", "new");
    stand
        .aof(&["task", "update", &id, "--body-file", "body.md"])
        .ok();
    fs::write(card(&stand, "ready", &id), old).unwrap();
    let said = fsck(&stand);
    assert_eq!(said.code, 6, "{said:?}");
    assert_eq!(
        kinds(&said),
        [("revision-older".to_owned(), "error".to_owned())]
    );
}

#[test]
fn events_that_are_missing_are_an_error() {
    let stand = Stand::idle();
    let id = stand.task(&["Forget my last event"]);
    stand.write("body.md", "new");
    stand
        .aof(&["task", "update", &id, "--body-file", "body.md"])
        .ok();
    let log = log(&stand);
    let text = fs::read_to_string(&log).unwrap();
    let kept: Vec<&str> = text
        .lines()
        .filter(|line| !line.contains("task.updated"))
        .collect();
    fs::write(&log, kept.join("\n") + "\n").unwrap();
    let said = fsck(&stand);
    assert_eq!(said.code, 6, "{said:?}");
    assert_eq!(
        kinds(&said),
        [("revision-newer".to_owned(), "error".to_owned())]
    );
}

#[test]
fn doubled_lines_are_an_error_and_torn_ones_a_warning() {
    let stand = Stand::idle();
    stand.task(&["Copy my event"]);
    let log = log(&stand);
    let text = fs::read_to_string(&log).unwrap();
    let last = text.lines().last().unwrap();
    fs::write(&log, format!("{text}{last}\n{{\"schema\":1,\"ev")).unwrap();
    let said = fsck(&stand);
    assert_eq!(said.code, 6, "{said:?}");
    let found: Vec<String> = kinds(&said).into_iter().map(|(kind, _)| kind).collect();
    assert!(found.contains(&"event-order".to_owned()), "{found:?}");
    assert!(found.contains(&"torn-line".to_owned()), "{found:?}");
}

#[test]
fn a_running_daemon_is_asked() {
    let stand = Stand::idle();
    let _daemon = stand.start(&["daemon"]);
    wait_for("the daemon", || {
        std::os::unix::net::UnixStream::connect(stand.data().join("state/daemon.sock")).ok()
    });
    stand.task(&["Under the daemon"]);
    assert_eq!(kinds(&fsck(&stand).ok()), []);
}

/// The log without the lines that contain this.
fn forget(stand: &Stand, what: &str) {
    let log = log(stand);
    let text = fs::read_to_string(&log).unwrap();
    let kept = text.lines().filter(|line| !line.contains(what));
    let kept: String = kept.map(|line| format!("{line}\n")).collect();
    assert_ne!(kept, text);
    fs::write(&log, kept).unwrap();
}

#[test]
fn a_finished_task_of_which_the_log_does_not_know_the_beginning_is_an_error() {
    let stand = Stand::idle();
    let id = stand.task(&["Forget my beginning"]);
    stand.aof(&["task", "cancel", &id]).ok();
    forget(&stand, "task.created");
    let said = fsck(&stand);
    assert_eq!(said.code, 6, "{said:?}");
    assert_eq!(
        kinds(&said),
        [("created-missing".to_owned(), "error".to_owned())]
    );
}

#[test]
fn a_card_that_was_made_by_hand_and_then_changed_needs_no_beginning() {
    let stand = Stand::idle();
    stand.task(&["So that there is a log"]);
    let id = "TASK-2026-02-17-001";
    let text =
        format!("---\nschemaVersion: 1\nid: {id}\ntitle: By hand\nstatus: ready\n---\nDo it.\n");
    stand.write(&format!("projects/_inbox/tasks/ready/{id}.md"), &text);
    stand.aof(&["task", "cancel", id]).ok();
    assert_eq!(kinds(&fsck(&stand).ok()), []);
}

#[test]
fn a_part_of_the_log_that_is_missing_between_others_is_an_error() {
    let stand = Stand::idle();
    stand.task(&["Keep on"]);
    let last = log(&stand);
    let text = fs::read_to_string(&last).unwrap();
    let day = last.file_stem().unwrap().to_str().unwrap().to_owned();
    // The log went on in the third part of the day, and the second one is gone.
    let (first, rest) = text.split_at(text.find('\n').unwrap() + 1);
    fs::write(&last, first).unwrap();
    stand.write(&format!("events/{day}.002.jsonl"), rest);
    let said = fsck(&stand);
    assert_eq!(said.code, 6, "{said:?}");
    assert_eq!(
        kinds(&said),
        [("log-missing".to_owned(), "error".to_owned())]
    );
    let finding = said.json()["fsck"]["findings"][0].clone();
    assert_eq!(finding["location"], format!("events/{day}.001.jsonl"));
    // The oldest parts may have been cleared away.
    fs::remove_file(&last).unwrap();
    let found = kinds(&fsck(&stand));
    assert!(
        !found.contains(&("log-missing".to_owned(), "error".to_owned())),
        "{found:?}"
    );
}
