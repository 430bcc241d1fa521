//! Everything checked, with and without a daemon, and on broken stores.

use std::fs;

use serde_json::Value;

use super::stand::{Said, Stand, redact, wait_for};

fn doctor(stand: &Stand, more: &[&str]) -> Said {
    let mut all = vec!["doctor", "--json"];
    all.extend(more);
    stand.aof(&all)
}

/// Kinds of everything that is not well.
fn troubles(said: &Said) -> Vec<String> {
    let document = said.json();
    let checks = document["doctor"]["checks"].as_array().unwrap().iter();
    let findings = checks.map(|check| &check["finding"]);
    let not_well = findings.filter(|found| found["level"] != "ok");
    not_well
        .map(|found| found["kind"].as_str().unwrap().to_owned())
        .collect()
}

fn finding(said: &Said, kind: &str) -> Value {
    let document = said.json();
    let checks = document["doctor"]["checks"].as_array().unwrap();
    let found = checks
        .iter()
        .map(|check| &check["finding"])
        .find(|it| it["kind"] == kind);
    found
        .unwrap_or_else(|| panic!("no {kind} in {document:#}"))
        .clone()
}

#[test]
fn a_healthy_store_gets_a_clean_bill() {
    let stand = Stand::with_agent("true");
    stand.task(&["Wait"]);
    let said = stand.aof(&["doctor"]).ok();
    let text = redact(&said.out).replace(&stand.data().display().to_string(), "DATA");
    insta::assert_snapshot!(text, @r"
    DATA
    ok     the data directory can be read and written
    ok     there is room on the disk
    ok     every folder is there
    ok     nobody writes now
    ok     no daemon runs
    ok     the component of this program runs
    ok     1 task, settings, org chart and projects are sound
    ok     the event log (2 events) agrees with the cards
    0 errors, 0 warnings
    ");
}

#[test]
fn what_cannot_be_read_is_shown_with_its_place() {
    let stand = Stand::idle();
    let id = stand.task(&["Break me"]);
    let path = format!("projects/_inbox/tasks/ready/{id}.md");
    let text = stand.read(&path).replace("priority:", "priority: [");
    stand.write(&path, &text);
    let said = doctor(&stand, &[]);
    assert_eq!(said.code, 6, "{said:?}");
    let found = finding(&said, "set-aside");
    assert!(
        found["location"]
            .as_str()
            .unwrap()
            .starts_with(&format!("{path}:")),
        "{found}"
    );
    assert!(
        found["code"].as_str().unwrap().starts_with("AOF-11"),
        "{found}"
    );
    assert!(!found["hint"].as_str().unwrap().is_empty(), "{found}");
}

#[test]
fn settings_that_cannot_be_read_do_not_stop_the_doctor() {
    let stand = Stand::idle();
    stand.write("aof.yaml", "schemaVersion: 1\nscheduler: [\n");
    let said = doctor(&stand, &[]);
    assert_eq!(said.code, 6, "{said:?}");
    let found = finding(&said, "store");
    assert!(
        found["location"].as_str().unwrap().starts_with("aof.yaml"),
        "{found}"
    );
}

#[test]
fn tasks_that_wait_for_one_another_are_named() {
    let stand = Stand::idle();
    let first = stand.task(&["First"]);
    let second = stand.task(&["Second", "--depends-on", &first]);
    let dir = stand.data().join("projects/_inbox/tasks");
    let path = dir.join(format!("ready/{first}.md"));
    let text = fs::read_to_string(&path).unwrap();
    let text = text.replacen("dependsOn: []", &format!("dependsOn: [{second}]"), 1);
    fs::write(path, text).unwrap();
    let said = doctor(&stand, &[]);
    assert_eq!(said.code, 6, "{said:?}");
    let message = finding(&said, "dependency-cycle")["message"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        message.contains(&first) && message.contains(&second),
        "{message}"
    );
}

#[test]
fn nobody_who_could_work_is_a_warning() {
    let stand = Stand::idle();
    stand.task(&["For nobody"]);
    let said = doctor(&stand, &[]).ok();
    let found = troubles(&said);
    assert!(found.contains(&"role-empty".to_owned()), "{found:?}");
    assert!(found.contains(&"no-target".to_owned()), "{found:?}");
}

#[test]
fn fix_does_what_is_safe_and_says_so() {
    let stand = Stand::with_agent("true");
    stand.task(&["Stay as you are"]);
    let data = stand.data();
    fs::remove_dir(data.join("projects/_inbox/tasks/review")).unwrap();
    fs::write(data.join("state/.outbox.jsonl.7.1.put"), "half").unwrap();
    drop(std::os::unix::net::UnixListener::bind(data.join("state/daemon.sock")).unwrap());
    let found = troubles(&doctor(&stand, &[]).ok());
    for kind in ["folders", "leftover", "daemon"] {
        assert!(found.contains(&kind.to_owned()), "{kind}: {found:?}");
    }
    assert!(
        !data.join("projects/_inbox/tasks/review").exists(),
        "only --fix mends"
    );
    let said = doctor(&stand, &["--fix"]).ok();
    assert_eq!(
        said.json()["doctor"]["fixed"].as_array().unwrap().len(),
        3,
        "{said:?}"
    );
    assert_eq!(troubles(&said), Vec::<String>::new());
    assert!(data.join("projects/_inbox/tasks/review").is_dir());
}

#[test]
fn under_a_daemon_nothing_on_disk_is_mended() {
    let stand = Stand::with_agent("true");
    let _daemon = stand.start(&["daemon"]);
    wait_for("the daemon", || {
        std::os::unix::net::UnixStream::connect(stand.data().join("state/daemon.sock")).ok()
    });
    fs::remove_dir(stand.data().join("org")).ok();
    fs::remove_dir(stand.data().join("projects/_inbox/tasks/review")).unwrap();
    let said = doctor(&stand, &["--fix"]).ok();
    let fixed = said.json()["doctor"]["fixed"].clone();
    let refused = fixed.to_string().contains("somebody writes");
    let gone = stand.data().join("projects/_inbox/tasks/review").exists();
    assert!(refused || gone, "{said:?}");
    assert!(
        finding(&said, "writer")["message"]
            .as_str()
            .unwrap()
            .contains("process")
    );
}

#[test]
fn what_lies_in_the_way_of_a_folder_or_a_record_is_named() {
    for (path, word) in [
        ("events", "directory"),
        ("state/owner.json", "regular file"),
        ("projects/_inbox/tasks/cancelled", "directory"),
    ] {
        let stand = Stand::idle();
        stand.task(&["Wait"]);
        let place = stand.data().join(path);
        let moved = stand.home().join("moved");
        fs::rename(&place, &moved).unwrap();
        std::os::unix::fs::symlink(&moved, &place).unwrap();
        let said = doctor(&stand, &[]);
        assert_eq!(said.code, 6, "{said:?}");
        let found = finding(&said, "in-the-way");
        assert_eq!(found["location"], path);
        assert_eq!(found["message"], format!("is not a {word}"));
        assert!(!said.out.contains("every folder is there"), "{said:?}");
    }
}

#[test]
fn tasks_of_aof_1_that_are_not_served_are_named() {
    let stand = Stand::idle();
    fs::create_dir_all(stand.data().join("tasks/ready")).unwrap();
    let found = finding(&doctor(&stand, &[]), "aof-1");
    assert!(found["hint"].as_str().unwrap().contains("aof migrate"));
}

#[test]
fn a_move_that_is_not_allowed_is_told_with_the_line_of_the_status() {
    let stand = Stand::idle();
    let id = stand.task(&["Move me"]);
    stand.aof(&["task", "cancel", &id]).ok();
    let path = |status: &str| format!("projects/_inbox/tasks/{status}/{id}.md");
    let text = stand.read(&path("cancelled"));
    let mut lines = text.lines();
    let line = 1 + lines.position(|line| line == "status: cancelled").unwrap();
    let place = |status: &str| stand.data().join(path(status));
    fs::rename(place("cancelled"), place("ready")).unwrap();
    let found = finding(&doctor(&stand, &[]), "set-aside");
    assert_eq!(found["code"], "AOF-1142");
    assert_eq!(found["location"], format!("{}:{line}:1", path("ready")));
}

#[test]
fn what_a_newer_aof_made_is_refused_as_such_and_left_alone() {
    let newer = |text: &str, from: &str, to: &str| {
        assert!(text.contains(from), "{text}");
        text.replacen(from, to, 1)
    };
    let stand = Stand::idle();
    let id = stand.task(&["From tomorrow"]);
    let card = format!("projects/_inbox/tasks/ready/{id}.md");
    for (path, from, to) in [
        (card.as_str(), "schemaVersion: 2", "schemaVersion: 3"),
        ("org/org-chart.yaml", "schemaVersion: 1", "schemaVersion: 3"),
        (
            "projects/_inbox/project.yaml",
            "id: _inbox",
            "schemaVersion: 3\nid: _inbox",
        ),
        ("aof.yaml", "schemaVersion: 1", "schemaVersion: 2"),
    ] {
        let before = stand.read(path);
        let text = newer(&before, from, to);
        stand.write(path, &text);
        let said = doctor(&stand, &[]);
        assert_eq!(said.code, 6, "{path}: {said:?}");
        let kind = if path == "aof.yaml" {
            "store"
        } else {
            "set-aside"
        };
        let found = finding(&said, kind);
        let message = found["message"].as_str().unwrap();
        assert!(message.contains("made by a newer aof"), "{path}: {message}");
        assert_eq!(stand.read(path), text, "{path}");
        stand.write(path, &before);
    }
}
