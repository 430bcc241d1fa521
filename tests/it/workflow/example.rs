//! The examples of workflows that come with the project: each runs to its end on every branch.

use std::path::Path;

use serde_json::{Value, json};

use super::{begun_with, card_of, does, standing};
use crate::stage::Stage;

const ROLES: [&str; 18] = [
    "ae",
    "architect",
    "bdr",
    "cro",
    "developer",
    "general-counsel",
    "legal",
    "ops-lead",
    "qa",
    "qa-lead",
    "reviewer",
    "sales-director",
    "sales-manager",
    "security",
    "security-lead",
    "sre",
    "tech-lead",
    "vp-sales",
];

/// A company in which two agents fill every role.
fn company() -> Stage {
    let roles: Vec<String> = ROLES
        .iter()
        .map(|role| format!("  {role}: {{agents: [ada, bob]}}\n"))
        .collect();
    let agents =
        "  - {id: ada, name: Ada, capabilities: {concurrency: 5}}\n  - {id: bob, name: Bob}\n";
    Stage::with(&format!(
        "//- org/org-chart.yaml\nschemaVersion: 1\nagents:\n{agents}roles:\n{}",
        roles.concat()
    ))
}

fn example(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus/workflows")
        .join(name);
    std::fs::read_to_string(path).unwrap()
}

/// Hops that may be done now.
fn ready(stage: &mut Stage, task: &str) -> Vec<String> {
    let hops = stage.task(task)["workflow"]["hops"]
        .as_array()
        .cloned()
        .unwrap();
    let open = hops
        .iter()
        .filter(|hop| ["ready", "dispatched"].contains(&hop["state"].as_str().unwrap()));
    open.map(|hop| hop["id"].as_str().unwrap().to_owned())
        .collect()
}

/// Lives through the workflow; the hop that is named sends work back once. How often each hop ran.
fn live(name: &str, tags: &[&str], rejecting: Option<&str>) -> (Vec<String>, String) {
    let mut stage = company();
    let workflow = Value::from(example(name));
    let task = begun_with(&mut stage, &workflow, &json!({"tags": tags}));
    let mut ran = Vec::new();
    let mut left = rejecting;
    while let Some(hop) = ready(&mut stage, &task).first().cloned() {
        assert!(ran.len() < 30, "{ran:?}");
        let result = match left {
            Some(name) if name == hop => {
                left = None;
                json!({"outcome": "rejected", "notes": "once more"})
            }
            _ => json!({"outcome": "success"}),
        };
        let card = card_of(&mut stage, &task, &hop);
        does(&mut stage, (&task, &hop), &result);
        if stage.status(&card) == "review" {
            stage.ann("aof_task_complete", json!({"taskId": card}));
        }
        ran.push(hop);
    }
    assert_eq!(
        stage.status(&task),
        "done",
        "{:?}",
        standing(&mut stage, &task)
    );
    let shown = standing(&mut stage, &task);
    let skipped = shown.iter().filter(|hop| hop.contains("skipped"));
    let skipped: Vec<&str> = skipped.map(|hop| hop.split(':').next().unwrap()).collect();
    (ran, skipped.join(" "))
}

#[test]
fn every_example_runs_to_its_end_on_every_branch() {
    let lives: [(&str, &[&str]); 9] = [
        ("simple-review.yaml", &[]),
        ("parallel-review.yaml", &[]),
        ("conditional-branching.yaml", &[]),
        ("conditional-branching.yaml", &["fast-track"]),
        ("swe-sdlc.yaml", &[]),
        ("swe-sdlc.yaml", &["security"]),
        ("swe-sdlc.yaml", &["auth"]),
        ("sales-pipeline.yaml", &[]),
        ("sales-pipeline.yaml", &["enterprise"]),
    ];
    let told: Vec<String> = lives
        .iter()
        .map(|(name, tags)| {
            let (ran, skipped) = live(name, tags, None);
            let skipped = format!("  without {skipped}");
            format!("{name} {tags:?}: {}\n{}", ran.join(" "), skipped.trim_end())
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    simple-review.yaml []: implement review
      without
    parallel-review.yaml []: implement code-review security-review deploy
      without
    conditional-branching.yaml []: implement full-review qa-test full-deploy
      without fast-deploy
    conditional-branching.yaml ["fast-track"]: implement fast-deploy
      without full-review qa-test full-deploy
    swe-sdlc.yaml []: implement test review deploy
      without security-review
    swe-sdlc.yaml ["security"]: implement test security-review review deploy
      without
    swe-sdlc.yaml ["auth"]: implement test security-review review deploy
      without
    sales-pipeline.yaml []: qualify propose negotiate close
      without legal-review
    sales-pipeline.yaml ["enterprise"]: qualify propose legal-review negotiate close
      without
    "#);
}

#[test]
fn every_hop_of_an_example_that_may_reject_does_so_once_and_the_work_is_done_again() {
    let lives: [(&str, &[&str], &str); 8] = [
        ("simple-review.yaml", &[], "review"),
        ("parallel-review.yaml", &[], "security-review"),
        ("conditional-branching.yaml", &[], "full-review"),
        ("conditional-branching.yaml", &[], "qa-test"),
        ("swe-sdlc.yaml", &["security"], "security-review"),
        ("swe-sdlc.yaml", &[], "review"),
        ("sales-pipeline.yaml", &["contract"], "legal-review"),
        ("sales-pipeline.yaml", &[], "negotiate"),
    ];
    for (name, tags, hop) in lives {
        let (ran, _) = live(name, tags, Some(hop));
        let times = |wanted: &str| ran.iter().filter(|it| *it == wanted).count();
        assert_eq!(times(hop), 2, "{name} {hop}: {ran:?}");
        assert_eq!(times(&ran[0]), 2, "{name} {hop}: {ran:?}");
    }
}
