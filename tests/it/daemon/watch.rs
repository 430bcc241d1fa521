//! What a person does under a running daemon takes effect at once, not at the next poll.
//!
//! Never asks the daemon meanwhile: a question makes it look, too. The daemon polls every thirty
//! seconds by itself, so whatever happens sooner was noticed.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::works::{ask, chart, ledger, serving, works};
use crate::cli::stand::{Running, Stand, wait_for};

/// A second is promised; a loaded machine gets more, and a poll would take thirty.
const SOON: Duration = Duration::from_secs(10);
const ONE: &str = "TASK-2026-11-20-001";
const TWO: &str = "TASK-2026-11-20-002";

fn card(id: &str, agent: &str, status: &str) -> String {
    format!(
        "---\nschemaVersion: 1\nid: {id}\ntitle: By hand\nstatus: {status}\nrouting: {{ agent: \
         {agent} }}\n---\nJust do it.\n"
    )
}

fn place(status: &str, id: &str) -> String {
    format!("projects/_inbox/tasks/{status}/{id}.md")
}

/// With the agent at work and a daemon that has come to rest and watches.
fn watched(prepare: impl FnOnce(&Stand)) -> (Stand, Running) {
    let stand = works();
    stand.write("org/org-chart.yaml", &chart(true));
    prepare(&stand);
    let daemon = serving(&stand, &[]);
    let mut polls = Value::Null;
    wait_for("the daemon to come to rest", || {
        let status = ask(&stand, "status", Value::Null);
        let now = status["daemon"]["polls"].clone();
        let is_at_rest = now == polls;
        polls = now;
        std::thread::sleep(Duration::from_millis(200));
        is_at_rest.then_some(())
    });
    let status = ask(&stand, "status", Value::Null);
    assert_eq!(
        status["daemon"]["watch"],
        json!({"on": true, "trouble": null})
    );
    assert_eq!(status["daemon"]["pollIntervalMs"], 30_000);
    (stand, daemon)
}

/// Acts, and waits for the agent to begin this task.
fn begins_soon(stand: &Stand, task: &str, what: &str, act: impl FnOnce()) {
    let saved = Instant::now();
    act();
    let has_begun = |line: &[String; 3]| line[0] == task && line[2] == "begins";
    wait_for(what, || {
        ledger(&stand.data()).iter().any(has_begun).then_some(())
    });
    let took = saved.elapsed();
    println!("{what}: {} ms", took.as_millis());
    assert!(took < SOON, "{what}: {took:?}");
}

#[test]
fn an_edit_in_place_takes_effect_at_once() {
    let path = place("ready", ONE);
    let (stand, _daemon) = watched(|stand| stand.write(&path, &card(ONE, "nobody", "ready")));
    begins_soon(&stand, ONE, "an edit in place", || {
        stand.write(&path, &card(ONE, "worker", "ready"));
    });
}

#[test]
fn a_new_card_and_one_that_an_editor_renames_over_take_effect_at_once() {
    let (stand, _daemon) = watched(|stand| {
        stand.write(&place("ready", TWO), &card(TWO, "nobody", "ready"));
    });
    begins_soon(&stand, ONE, "a new card", || {
        stand.write(&place("ready", ONE), &card(ONE, "worker", "ready"));
    });
    begins_soon(&stand, TWO, "a card renamed over", || {
        stand.write("swap", &card(TWO, "worker", "ready"));
        fs::rename(
            stand.data().join("swap"),
            stand.data().join(place("ready", TWO)),
        )
        .unwrap();
    });
}

#[test]
fn a_move_between_directories_takes_effect_at_once() {
    let (stand, _daemon) = watched(|stand| {
        stand.write(&place("blocked", ONE), &card(ONE, "worker", "blocked"));
    });
    begins_soon(&stand, ONE, "mv", || {
        let (from, to) = (path(&stand, "blocked"), path(&stand, "ready"));
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::rename(from, to).unwrap();
    });
}

fn path(stand: &Stand, status: &str) -> PathBuf {
    stand.data().join(place(status, ONE))
}

#[test]
fn a_chart_that_is_edited_takes_effect_at_once() {
    let (stand, _daemon) = watched(|stand| {
        stand.write("org/org-chart.yaml", &chart(false));
        stand.write(&place("ready", ONE), &card(ONE, "worker", "ready"));
    });
    begins_soon(&stand, ONE, "an edit of the chart", || {
        stand.write("org/org-chart.yaml", &chart(true));
    });
}

#[test]
fn a_new_project_takes_effect_at_once() {
    let (stand, _daemon) = watched(|_| {});
    begins_soon(&stand, ONE, "a new project", || {
        stand.write(
            "projects/fresh/project.yaml",
            "id: fresh\ntitle: Fresh\nstatus: active\nowner:\n  team: crew\n  lead: worker\n",
        );
        let card = card(ONE, "worker", "ready");
        stand.write(&format!("projects/fresh/tasks/ready/{ONE}.md"), &card);
    });
}

#[test]
fn a_removed_card_is_gone_before_the_next_poll() {
    let (stand, _daemon) = watched(|stand| {
        stand.write(&place("ready", ONE), &card(ONE, "nobody", "ready"));
    });
    let polls = |stand: &Stand| {
        let status = ask(stand, "status", Value::Null);
        status["daemon"]["polls"].as_u64().unwrap()
    };
    let before = polls(&stand);
    fs::remove_file(path(&stand, "ready")).unwrap();
    wait_for("a poll because of it", || {
        (polls(&stand) > before).then_some(())
    });
    let board = ask(&stand, "view", json!({"view": "board"}));
    assert!(!board.to_string().contains(ONE), "{board}");
}

#[test]
fn own_writes_and_strangers_files_cause_no_polls() {
    let (stand, _daemon) = watched(|_| {});
    stand.write("projects/_inbox/tasks/ready/.swap.md.tmp", "x");
    stand.write("projects/_inbox/work/notes/x.md", "x");
    begins_soon(&stand, ONE, "a task with a life of its own", || {
        stand.write(&place("ready", ONE), &card(ONE, "worker", "ready"));
    });
    wait_for("the task to be done", || {
        stand.ls().contains_key("done").then_some(())
    });
    let status = ask(&stand, "status", Value::Null);
    let polls = status["daemon"]["polls"].as_u64().unwrap();
    assert!(polls < 30, "{polls} polls for one task");
}

#[test]
fn an_edit_of_the_settings_takes_effect_at_once() {
    let (stand, _daemon) = watched(|_| ());
    let path = stand.data().join("aof.yaml");
    let text = fs::read_to_string(&path).unwrap();
    let edited = text.replace("scheduler:\n", "scheduler:\n  pollIntervalMs: 20000\n");
    assert_ne!(edited, text);
    stand.write("aof.yaml", &edited);
    wait_for("the daemon to poll more often", || {
        let status = ask(&stand, "status", Value::Null);
        (status["daemon"]["pollIntervalMs"] == 20_000).then_some(())
    });
    let events = fs::read_dir(stand.data().join("events")).unwrap();
    let logs = events.map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
    let logs: String = logs.collect();
    assert!(logs.contains("config.reloaded"), "{logs}");
}
