//! What a definition says of a hop, and where that shows.

use serde_json::json;

use super::{begun, card_of, does, of, standing};
use crate::stage::{Stage, agent};

#[test]
fn the_card_of_a_hop_says_what_its_definition_does() {
    let mut stage = Stage::empty();
    let task = begun(
        &mut stage,
        &of(json!([{
            "id": "build", "team": "ink", "description": "Write it.", "resource": "/press",
            "sla": {
                "maxInProgressMs": 60_000, "maxQueueMs": 120_000, "maxReviewMs": 180_000,
                "maxBlockedMs": 240_000, "onViolation": "block",
            },
            "budget": {"tokensMax": 1000, "costMicrosMax": 2000, "alertAtPercent": 70},
        }])),
    );
    let card = card_of(&mut stage, &task, "build");
    let text = stage.file(&stage.card_path(&card)).unwrap();
    let text = text.replace(&task, "TASK").replace(&card, "CARD");
    insta::assert_snapshot!(text, @r#"
    ---
    schemaVersion: 2
    id: CARD
    project: _inbox
    title: "build: Ship it"
    status: ready
    priority: normal
    routing:
      team: ink
      tags: []
    sla:
      maxInProgressMs: 60000
      maxQueueMs: 120000
      maxReviewMs: 180000
      maxBlockedMs: 240000
      onViolation: block
    budget:
      tokensMax: 1000
      costMicrosMax: 2000
      alertAtPercent: 70
    createdAt: 2026-02-17T10:00:00.000Z
    updatedAt: 2026-02-17T10:00:00.000Z
    lastTransitionAt: 2026-02-17T10:00:00.000Z
    createdBy: ann
    dependsOn: []
    contentHash: ee663b0ad3e3a902
    metadata: {}
    resource: /press
    hop:
      of: TASK
      id: build
      pass: 1
    revision: 1
    ---

    Write it.

    This is the hop `build` of the workflow `ship`, which TASK carries: Ship it

    ## The task

    All of it.

    ## How it ends

    Complete this task with outcome `success`, or `failed` and notes.
    "#);
}

#[test]
fn the_breaker_opens_where_the_workflow_says() {
    let hops = json!([
        {"id": "build", "agent": "writer"},
        {"id": "look", "agent": "reader", "dependsOn": ["build"], "canReject": true},
    ]);
    let mut of_all = of(hops.clone());
    of_all["rejectionsMax"] = json!(1);
    let mut of_one = of(hops);
    of_one["hops"][1]["rejectionsMax"] = json!(1);
    for workflow in [of_all, of_one] {
        let mut stage = Stage::empty();
        let task = begun(&mut stage, &workflow);
        does(&mut stage, (&task, "build"), &json!({}));
        let back = json!({"outcome": "rejected", "notes": "no"});
        does(&mut stage, (&task, "look"), &back);
        assert_eq!(
            standing(&mut stage, &task),
            ["build: complete success", "look: failed"]
        );
    }
}

#[test]
fn a_role_that_needs_a_person_is_a_person() {
    let mut stage = Stage::empty();
    let sign = json!([{"id": "sign", "role": "owner", "requireHuman": true}]);
    let task = begun(&mut stage, &of(sign));
    let card = card_of(&mut stage, &task, "sign");
    assert_eq!(standing(&mut stage, &task), ["sign: waiting-human"]);
    let done = json!({"taskId": card});
    stage
        .tool(&agent("judge"), "aof_task_complete", done.clone())
        .unwrap_err();
    stage.ann("aof_task_complete", done);
    assert_eq!(stage.status(&task), "done");
}

#[test]
fn what_a_workflow_is_for_is_kept_as_it_was_written() {
    let mut stage = Stage::empty();
    let mut workflow = of(json!([{"id": "build", "agent": "writer"}]));
    workflow["description"] = json!("a change, and no more");
    let task = begun(&mut stage, &workflow);
    does(&mut stage, (&task, "build"), &json!({}));
    let card = stage.file(&stage.card_path(&task)).unwrap();
    assert!(
        card.contains("description: a change, and no more"),
        "{card}"
    );
}
