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
fn a_card_that_is_gone_is_an_error() {
    let stand = Stand::idle();
    let id = stand.task(&["Lose me"]);
    fs::remove_file(card(&stand, "ready", &id)).unwrap();
    let said = fsck(&stand);
    assert_eq!(said.code, 6, "{said:?}");
    assert_eq!(
        kinds(&said),
        [("missing-task".to_owned(), "error".to_owned())]
    );
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
