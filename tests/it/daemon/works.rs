//! A data directory with one busy agent, a ledger of what it did, and checks of both.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use aof_host::daemon::Client;
use serde_json::{Value, json};

use crate::cli::stand::{Running, Stand, wait_for};

/// Slow tests run in full.
pub fn is_slow() -> bool {
    std::env::var_os("AOF_SLOW_TESTS").is_some_and(|value| value == "1")
}

const SETTINGS: &str = "\
schemaVersion: 1
scheduler:
  retryBaseMs: 0
  failuresMax: 3
  maxConcurrentDispatches: 8
  maxDispatchesPerPoll: 8
executor:
  kind: command
  program: agents/worker.sh
  environment: [PATH, HOME, XDG_CACHE_HOME]
";

/// One short line, appended at once: lines of several agents never mix. A daemon that dies while it
/// is asked answers nothing, so the agent asks again; a refusal (3) then says that it was heard.
const SCRIPT: &str = "#!/bin/sh
echo \"$AOF_TASK_ID $AOF_RUN_ID begins\" >> \"$AOF_DATA_DIR/ledger.txt\"
for attempt in 1 2 3 4 5 6 7 8 9; do
  aof task complete \"$AOF_TASK_ID\" --summary done > /dev/null 2>&1
  code=$?
  if [ $code = 0 ] || [ $code = 3 ]; then break; fi
done
echo \"$AOF_TASK_ID $AOF_RUN_ID done\" >> \"$AOF_DATA_DIR/ledger.txt\"
";

/// The org chart with the agent at work or away.
pub fn chart(is_active: bool) -> String {
    format!(
        "schemaVersion: 1\nteams:\n  - id: crew\n    name: Crew\n    lead: worker\nagents:\n  - \
         id: worker\n    name: Worker\n    team: crew\n    active: {is_active}\n    \
         capabilities:\n      tags: []\n      concurrency: 8\n"
    )
}

const INBOX: &str = "\
id: _inbox
title: Inbox
status: active
owner:
  team: crew
  lead: worker
";

/// A stand whose agent is away.
pub fn works() -> Stand {
    let stand = Stand::new();
    stand.write("aof.yaml", SETTINGS);
    stand.write("org/org-chart.yaml", &chart(false));
    stand.write("projects/_inbox/project.yaml", INBOX);
    stand.write("agents/worker.sh", SCRIPT);
    let program = stand.data().join("agents/worker.sh");
    fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
    stand
}

/// Starts a daemon and waits until it answers.
pub fn serving(stand: &Stand, arguments: &[&str]) -> Running {
    let mut all = vec!["daemon"];
    all.extend(arguments);
    let mut daemon = stand.start(&all);
    let socket = stand.data().join("state/daemon.sock");
    wait_for("the daemon to answer", || {
        assert!(daemon.is_alive(), "the daemon ended");
        let mut client = Client::connect(&socket).ok().flatten()?;
        client.request("status", Value::Null, None).ok()
    });
    daemon
}

/// Asks the daemon one thing.
pub fn ask(stand: &Stand, method: &str, params: Value) -> Value {
    let socket = stand.data().join("state/daemon.sock");
    let mut client = Client::connect(&socket).unwrap().expect("a daemon");
    client.request(method, params, None).unwrap()
}

/// Creates so many tasks through the daemon.
pub fn create(stand: &Stand, count: usize) -> BTreeSet<String> {
    let socket = stand.data().join("state/daemon.sock");
    let mut client = Client::connect(&socket).unwrap().expect("a daemon");
    let mut one = |number: usize| {
        let arguments = json!({
            "title": format!("Task {number}"), "brief": "Just do it.", "agent": "worker",
        });
        let params = json!({"name": "aof_dispatch", "arguments": arguments});
        let answer = client.request("tool", params, None).unwrap();
        answer["task"]["taskId"].as_str().unwrap().to_owned()
    };
    (0..count).map(&mut one).collect()
}

/// Lines of the ledger: task, run, word.
pub fn ledger(root: &Path) -> Vec<[String; 3]> {
    let text = fs::read_to_string(root.join("ledger.txt")).unwrap_or_default();
    let line = |line: &str| {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        words.try_into().expect("a whole line")
    };
    text.lines().map(line).collect()
}

/// How many tasks the agents say they have done.
pub fn done(root: &Path) -> usize {
    ledger(root).iter().filter(|line| line[2] == "done").count()
}

/// Each task was begun once and done once, by one run, and the directories say the same.
pub fn assert_once(stand: &Stand, tasks: &BTreeSet<String>) {
    let mut begun: BTreeMap<String, usize> = BTreeMap::new();
    for [task, _, word] in ledger(&stand.data()) {
        *begun.entry(format!("{task} {word}")).or_default() += 1;
    }
    let begun_twice: Vec<_> = begun.iter().filter(|(_, times)| **times != 1).collect();
    assert!(begun_twice.is_empty(), "{begun_twice:?}");
    assert_eq!(begun.len(), 2 * tasks.len());
    let columns = stand.ls();
    assert_eq!(columns.keys().collect::<Vec<_>>(), ["done"]);
    let done: BTreeSet<String> = columns["done"].iter().cloned().collect();
    assert_eq!(done, *tasks);
    for task in tasks {
        let runs = stand.data().join("projects/_inbox/runs").join(task);
        // A crash may leave the record of a run that never came to be: nothing was started for it.
        let started = fs::read_dir(&runs).unwrap().flatten();
        let started = started.filter(|run| run.path().join("process.json").exists());
        assert_eq!(started.count(), 1, "processes started for {task}");
    }
}

/// The log tells of each task without a gap, and of nothing twice.
pub fn assert_history(stand: &Stand, tasks: &BTreeSet<String>) {
    let mut ids = BTreeSet::new();
    let mut histories: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for event in events(&stand.data()) {
        let id = text(&event, "eventId");
        assert!(ids.insert(id.clone()), "{id} was used twice");
        if let Some(task) = event["taskId"].as_str() {
            histories.entry(task.to_owned()).or_default().push(event);
        }
    }
    let known: BTreeSet<String> = histories.keys().cloned().collect();
    assert_eq!(known, *tasks);
    for (task, history) in &histories {
        if let Some(flaw) = flaw(history) {
            let lines: Vec<String> = history.iter().map(Value::to_string).collect();
            panic!("{task}: {flaw}\n{}", lines.join("\n"));
        }
    }
}

/// What is wrong with the history of a task that was done, if anything.
fn flaw(history: &[Value]) -> Option<&'static str> {
    let count = |kind: &str| history.iter().filter(|it| it["type"] == kind).count();
    if (count("task.created"), count("task.completed")) != (1, 1) {
        return Some("not created once and completed once");
    }
    let mut status = None;
    for event in history {
        let payload = &event["payload"];
        match event["type"].as_str() {
            Some("task.created") => status = payload["status"].as_str().map(str::to_owned),
            Some("task.transitioned") => {
                let before = status.replace(text(payload, "to"));
                if before != Some(text(payload, "from")) {
                    return Some("a transition is missing");
                }
            }
            _ => {}
        }
    }
    (status.as_deref() != Some("done")).then_some("the end is missing")
}

/// The events in the order of their files; a line that a crash cut off is none.
fn events(root: &Path) -> Vec<Value> {
    let files = fs::read_dir(root.join("events")).unwrap().flatten();
    let mut files: Vec<_> = files.map(|file| file.path()).collect();
    files.sort();
    let texts = files.iter().map(|file| fs::read_to_string(file).unwrap());
    let lines: Vec<String> = texts
        .flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    lines
        .iter()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

fn text(payload: &Value, field: &str) -> String {
    payload[field].as_str().unwrap().to_owned()
}
