//! `aof approve`, `aof reject` and `aof choose`: a person decides a hop.

use super::super::stand::Stand;
use super::{CHART, ended, file};

/// A task that carries this workflow and has begun.
fn begun(hops: &str) -> (Stand, String) {
    let stand = Stand::idle();
    stand.write("org/org-chart.yaml", CHART);
    let path = file(&stand, "w.yaml", &format!("name: w\nhops:\n{hops}"));
    let made = stand.aof(&["task", "create", "Ship", "--workflow", &path, "--json"]);
    let task = made.ok().json()["task"]["taskId"].clone();
    stand.aof(&["poll"]).ok();
    (stand, task.as_str().unwrap().to_owned())
}

/// How the hops stand, in declared order.
fn standing(stand: &Stand, task: &str) -> Vec<String> {
    let shown = stand.aof(&["task", "show", task, "--json"]).ok().json();
    let hops = shown["task"]["workflow"]["hops"].as_array().unwrap();
    let text = |hop: &serde_json::Value, key: &str| hop[key].as_str().unwrap_or("").to_owned();
    let line = |hop| {
        format!(
            "{} {} {}",
            text(hop, "id"),
            text(hop, "state"),
            text(hop, "outcome")
        )
    };
    hops.iter()
        .map(|hop| line(hop).trim_end().to_owned())
        .collect()
}

#[test]
fn a_person_lets_the_workflow_go_on_or_sends_it_back() {
    let (stand, task) = begun(
        "- {id: draft, kind: human, role: developer}\n\
         - {id: look, kind: human, role: reviewer, dependsOn: [draft], canReject: true}\n",
    );
    stand.aof(&["approve", &task]).ok();
    assert_eq!(
        standing(&stand, &task),
        ["draft complete success", "look waiting-human"]
    );
    let silent = ended(stand.aof(&["reject", &task]), 2);
    assert!(silent.err.contains("--notes"), "{silent:?}");
    stand.aof(&["reject", &task, "--notes", "too long"]).ok();
    assert_eq!(
        standing(&stand, &task),
        ["draft waiting-human", "look pending"]
    );
    // Whoever does it anew reads why.
    let shown = stand.aof(&["task", "show", &task, "--json"]).ok().json();
    let draft = shown["task"]["workflow"]["hops"][0]["task"]
        .as_str()
        .unwrap();
    let read = stand.aof(&["task", "show", draft]).ok().out;
    assert!(read.contains("too long"), "{read}");
    stand.aof(&["approve", &task, "--notes", "shorter"]).ok();
    stand.aof(&["approve", &task]).ok();
    let shown = stand.aof(&["task", "show", &task, "--json"]).ok().json();
    assert_eq!(shown["task"]["status"], "done");
    let notes = &shown["task"]["workflow"]["hops"][0]["result"]["notes"];
    assert_eq!(notes, "shorter");
}

#[test]
fn a_person_chooses_the_way_that_the_workflow_goes() {
    let (stand, task) = begun(
        "- {id: pick, kind: human, role: reviewer}\n\
         - {id: red, kind: human, role: developer, dependsOn: [{hop: pick, on: [red]}]}\n\
         - {id: blue, kind: human, role: developer, dependsOn: [{hop: pick, on: [blue]}]}\n",
    );
    stand
        .aof(&["choose", &task, "red", "--notes", "warmer"])
        .ok();
    assert_eq!(
        standing(&stand, &task),
        ["pick complete red", "red waiting-human", "blue skipped"]
    );
    let shown = stand.aof(&["task", "show", &task, "--json"]).ok().json();
    let notes = &shown["task"]["workflow"]["hops"][0]["result"]["notes"];
    assert_eq!(notes, "warmer");
}
