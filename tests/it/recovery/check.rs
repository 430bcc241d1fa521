//! What must hold after any crash.

use std::collections::{BTreeMap, BTreeSet};

use aof_host::contract::types::Caller;
use serde_json::Value;

use crate::stage::{Stage, Tree};

/// The cards of a store as files.
#[derive(Debug, PartialEq)]
pub struct Aftermath(Tree);

impl Aftermath {
    pub fn of(stage: &mut Stage) -> Self {
        Aftermath(cards(stage))
    }

    pub fn same_cards(&self, other: &Aftermath) -> bool {
        self == other
    }
}

fn cards(stage: &Stage) -> Tree {
    let mut tree = stage.tree();
    tree.retain(|path, _| path.contains("/tasks/"));
    tree
}

/// Every task once, its frontmatter in agreement with its directory, nothing left over, no torn
/// line.
pub fn disk_is_sound(stage: &Stage, label: &str) {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for (path, text) in cards(stage) {
        let parts: Vec<&str> = path.split('/').collect();
        let (status, name) = (parts[3], parts[4]);
        assert!(!name.starts_with('.'), "{label}: {path} is left over");
        let line = format!("status: {status}\n");
        assert!(
            text.contains(&line),
            "{label}: {path} says otherwise:\n{text}"
        );
        if let Some(other) = seen.insert(name.to_owned(), path.clone()) {
            panic!("{label}: {name} is both {other} and {path}");
        }
    }
    for (path, text) in stage.tree() {
        if path.ends_with(".jsonl") && !path.starts_with("state/journal/") {
            for line in text.lines() {
                let parsed = serde_json::from_str::<Value>(line);
                assert!(parsed.is_ok(), "{label}: {path}: {line}");
            }
        }
    }
}

/// After opening, the effects hold one spawn for each run that was requested and no other; started
/// runs are adopted, and besides them only runs that are over.
pub fn spawns_belong_to_leases(stage: &mut Stage, label: &str) {
    let mut wanted = Vec::new();
    let report = stage.report();
    for task in report["tasks"].as_array().unwrap() {
        if let Some(run) = task["run"].as_str() {
            wanted.push(run.to_owned());
        }
    }
    let (adopted, over): (Vec<_>, Vec<_>) = stage
        .opened
        .adopted
        .iter()
        .partition(|run| wanted.contains(&run.run));
    let adopted: Vec<String> = adopted.into_iter().map(|run| run.run.clone()).collect();
    assert_eq!(adopted, wanted, "{label}: adopted");
    for run in over {
        let record = stage.file(&format!("{}/run.json", run.run_dir));
        let record = record.unwrap_or_default();
        assert!(record.contains("\"state\": \"ended\""), "{label}: {record}");
    }
    let started: Vec<&String> = stage
        .opened
        .adopted
        .iter()
        .filter(|run| run.session.is_some())
        .map(|run| &run.run)
        .collect();
    let spawned: Vec<String> = stage
        .opened
        .effects
        .iter()
        .filter_map(|effect| match effect {
            aof_host::contract::types::Effect::Spawn(spawn) => Some(spawn.run.clone()),
            _ => None,
        })
        .collect();
    for run in &wanted {
        let count = spawned.iter().filter(|spawned| *spawned == run).count();
        assert!(count <= 1, "{label}: {run} is spawned {count} times");
        assert!(
            count == 1 || started.contains(&run),
            "{label}: nobody starts {run}"
        );
    }
    for run in &spawned {
        assert!(
            wanted.contains(run),
            "{label}: {run} is spawned but holds nothing"
        );
    }
}

/// The last move in the log leads where the card lies.
pub fn log_agrees(stage: &Stage, label: &str) {
    let lines = stage.log_lines();
    for path in cards(stage).keys() {
        let parts: Vec<&str> = path.split('/').collect();
        let id = parts[4].trim_end_matches(".md");
        let mut said =
            lines
                .iter()
                .filter(|line| line["taskId"] == id)
                .filter_map(|line| match line["type"].as_str()? {
                    "task.transitioned" => line["payload"]["to"].as_str(),
                    "task.created" => line["payload"]["status"].as_str(),
                    _ => None,
                });
        match said.next_back() {
            Some(status) => assert_eq!(status, parts[3], "{label}: the log is behind {path}"),
            // A card that a person wrote begins its life without an event.
            None => assert!(
                !cards(stage)[path].contains("revision:"),
                "{label}: the log does not know {path}"
            ),
        }
    }
}

/// No number of an event is used twice.
pub fn event_ids_are_unique(stage: &Stage, label: &str) {
    let lines = stage.log_lines();
    let ids: BTreeSet<&str> = lines
        .iter()
        .filter_map(|line| line["eventId"].as_str())
        .collect();
    assert_eq!(
        ids.len(),
        lines.len(),
        "{label}: an event id was used twice"
    );
}

/// What somebody should look at in the whole store: kinds, places and messages.
pub fn findings(stage: &mut Stage) -> BTreeSet<[String; 3]> {
    let mut found = BTreeSet::new();
    let mut page = Some(0);
    while let Some(number) = page {
        let ctx = stage.ctx(Caller::Host);
        let text = stage.instance().audit(&ctx, number).expect("audits");
        let audit = &serde_json::from_str::<Value>(&text).unwrap()["audit"];
        let findings = audit["findings"].as_array().unwrap().iter();
        let told = |finding: &Value| {
            ["kind", "location", "message"].map(|key| finding[key].as_str().unwrap().to_owned())
        };
        found.extend(findings.filter(|it| it["level"] != "info").map(told));
        page = audit["next"].as_u64().map(|next| next.try_into().unwrap());
    }
    found
}
