//! One owner at a time: waiting for the directory, being refused, and losing it.

use std::fs;
use std::io::Read;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;

use super::works::{ask, create, serving, works};
use crate::cli::stand::{Running, Stand, wait_for};

/// A second is promised; a loaded machine gets more.
const SOON: Duration = Duration::from_secs(10);

fn owner(stand: &Stand) -> u64 {
    let text = stand.read("state/owner.json");
    let owner: Value = serde_json::from_str(&text).unwrap_or_default();
    owner["pid"].as_u64().unwrap_or_default()
}

fn pid(stand: &Stand) -> u64 {
    let status = ask(stand, "status", Value::Null);
    status["daemon"]["pid"].as_u64().unwrap()
}

/// Starts a daemon that waits, and reads who it says it waits for.
fn waiting(stand: &Stand) -> (Running, String) {
    let mut command = stand.command(&["daemon", "--standby"]);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    let mut from = child.stderr.take().unwrap();
    let mut byte = [0];
    while !said.contains("standing by") || !said.ends_with('\n') {
        assert_eq!(from.read(&mut byte).unwrap(), 1, "it ended: {said}");
        said.push(char::from(byte[0]));
    }
    // Read on, so that it never writes into a closed pipe.
    std::thread::spawn(move || from.read_to_end(&mut Vec::new()));
    (Running::of(child), said)
}

#[test]
fn a_standby_says_for_whom_it_waits_and_takes_over_at_the_owners_death() {
    let stand = works();
    let mut first = serving(&stand, &[]);
    let before = pid(&stand);
    let (mut second, said) = waiting(&stand);
    for part in [format!("process {before} on "), " since 20".to_owned()] {
        assert!(said.contains(&part), "{said}");
    }
    assert_eq!(owner(&stand), before);
    let died = Instant::now();
    first.kill();
    wait_for("the takeover", || {
        let now = owner(&stand);
        (now != before && now != 0).then_some(())
    });
    let took = died.elapsed();
    println!("takeover: {} ms", took.as_millis());
    assert!(took < SOON, "{took:?}");
    wait_for("the new owner to answer", || {
        let answer = stand.aof(&["board", "--json"]);
        (answer.code == 0).then_some(())
    });
    assert!(second.is_alive());
    assert_eq!(pid(&stand), owner(&stand));
    create(&stand, 1);
}

#[test]
fn a_standby_that_is_told_to_stop_ends_cleanly() {
    let stand = works();
    let mut first = serving(&stand, &[]);
    let (mut second, _) = waiting(&stand);
    second.signal(Signal::TERM);
    assert_eq!(second.code(), 0);
    assert!(first.is_alive());
    create(&stand, 1);
}

#[test]
fn a_second_daemon_is_told_who_works_here() {
    let stand = works();
    let _first = serving(&stand, &[]);
    let said = stand.aof(&["daemon", "--json"]);
    assert_eq!(said.code, 4, "{said:?}");
    let error = &said.json()["error"];
    assert_eq!(error["code"], "AOF-3600");
    let message = error["message"].as_str().unwrap();
    for part in [
        format!("process {} on ", pid(&stand)),
        " since 20".to_owned(),
    ] {
        assert!(message.contains(&part), "{message}");
    }
}

#[test]
fn a_board_is_shown_while_another_process_holds_the_directory() {
    let stand = works();
    let _first = serving(&stand, &[]);
    create(&stand, 1);
    let said = stand.aof(&["board", "--json", "--socket", "nobody.sock"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("Task 0"), "{said:?}");
}

#[test]
fn an_owner_whose_lock_was_replaced_is_refused_and_stops() {
    let stand = works();
    let mut first = serving(&stand, &[]);
    let before = owner(&stand);
    fs::remove_file(stand.data().join("state/lock")).unwrap();
    let mut second = stand.start(&["daemon", "--socket", "other.sock"]);
    wait_for("the second to own the directory", || {
        let now = owner(&stand);
        (now != before && now != 0).then_some(())
    });
    let said = stand.aof(&["task", "create", "Too late", "--json"]);
    assert_eq!(said.code, 4, "{said:?}");
    assert_eq!(said.json()["error"]["code"], "AOF-4002");
    assert_eq!(said.json()["error"]["kind"], "conflict");
    assert_eq!(first.code(), 4);
    assert!(second.is_alive());
    let said = stand.aof(&["task", "create", "In time", "--socket", "other.sock"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(!stand.data().join("state/daemon.sock").exists());
}

#[test]
fn relaxed_durability_is_said_loudly() {
    let stand = works();
    let daemon = serving(&stand, &["--durability", "relaxed"]);
    let status = ask(&stand, "status", Value::Null);
    assert_eq!(status["daemon"]["durability"], "relaxed");
    assert!(
        status["daemon"]["warning"]
            .as_str()
            .unwrap()
            .contains("power")
    );
    drop(daemon);
    let said = stand.aof(&["run", "--durability", "relaxed"]);
    assert!(said.err.contains("durability is relaxed"), "{said:?}");
    let said = stand.aof(&["run"]).ok();
    assert!(!said.err.contains("relaxed"), "{said:?}");
}
