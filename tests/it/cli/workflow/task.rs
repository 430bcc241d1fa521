//! The workflow of a task: how its hops stand, and what conditions see of it.

use super::super::stand::Stand;
use super::ended;

const TASK: &str = "TASK-2026-02-17-001";

const CARD: &str = "---
schemaVersion: 2
id: TASK-2026-02-17-001
title: Ship it
status: in-progress
createdAt: 2026-02-17T10:00:00Z
updatedAt: 2026-02-17T10:00:00Z
lastTransitionAt: 2026-02-17T10:00:00Z
createdBy: ann
project: _inbox
priority: high
routing: {tags: [auth]}
metadata: {tags: [urgent], type: fix}
workflow:
  definition:
    name: ship
    hops:
      - {id: build, role: doer}
      - {id: test, role: doer, dependsOn: [build]}
      - {id: look, kind: human, dependsOn: [build]}
      - {id: tell, role: doer, dependsOn: [{hop: test, on: [failed]}]}
      - {id: ship, role: doer, dependsOn: [test, look]}
  state:
    status: running
    startedAt: 2026-02-17T10:00:00Z
    hops:
      build:
        status: complete
        outcome: success
        result: {score: 3, flags: {hot: true}, events: [green]}
      test: {status: complete, outcome: partly, result: {flags: {hot: false}, events: [red]}}
      look: {status: waiting-human, result: {score: 9}}
      tell: {status: skipped, skipped: dead-path}
      ship: {status: pending}
  templateName: shipping
---

body
";

fn stand() -> Stand {
    let stand = Stand::idle();
    stand.write(
        &format!("projects/_inbox/tasks/in-progress/{TASK}.md"),
        CARD,
    );
    stand.write(&format!("projects/_inbox/work/{TASK}/report.md"), "r");
    stand
}

#[test]
fn the_workflow_of_a_task_is_drawn_with_how_its_hops_stand() {
    let stand = stand();
    let said = stand.aof(&["workflow", "render", TASK]).ok();
    insta::assert_snapshot!(said.out, @r"
    ship

                        ┌───────────┐
                        │ build     │
                        │ doer      │
                        │ complete  │
                        └─────┬─────┘
                   ┌──────────┴──────────┐
         ┌─────────▼─────────┐   ┌───────▼───────┐
         │ test              │   │ look          │
         │ doer              │   │ a person      │
         │ complete: partly  │   │ waiting-human │
         └─────────┬─────────┘   └───────┬───────┘
                   ├─────────────┐   ┌───┘
    ┌──────────────▼──────┐   ┌──▼───▼──┐
    │ tell                │   │ ship    │
    │ doer                │   │ doer    │
    │ skipped: dead-path  │   │ pending │
    └─────────────────────┘   └─────────┘

    → test to tell: on failed
    ");
    let said = stand.aof(&["workflow", "show", TASK]).ok();
    insta::assert_snapshot!(said.out, @r"
    ship  projects/_inbox/tasks/in-progress/TASK-2026-02-17-001.md

    build  doer  complete

    test   doer  after build  complete: partly

    look   a person  after build  waiting-human

    tell   doer  after test (on failed)  skipped: dead-path

    ship   doer  after test, look  pending
    ");
    stand.aof(&["workflow", "validate", TASK]).ok();
    let plain = stand.task(&["Nothing more", "--role", "doer"]);
    let said = ended(stand.aof(&["workflow", "show", &plain, "--json"]), 3).json();
    assert_eq!(said["error"]["code"], "AOF-1013");
    assert_eq!(said["error"]["message"], format!("{plain} has no workflow"));
    assert_eq!(said["error"]["where"], "taskId");
}

/// Only what is complete says something, and the last word about a flag counts.
#[test]
fn conditions_see_what_the_hops_of_a_task_reported() {
    let stand = stand();
    let mut wrong = Vec::new();
    for (condition, expected) in [
        ("{op: hop_status, hop: look, status: waiting-human}", true),
        ("{op: hop_status, hop: ship, status: complete}", false),
        ("{op: eq, field: hops.build.result.score, value: 3}", true),
        ("{op: eq, field: hops.look.result.score, value: 9}", false),
        ("{op: eq, field: flags.hot, value: false}", true),
        ("{op: has_event, value: green}", true),
        ("{op: has_event, value: red}", true),
        ("{op: has_event, value: blue}", false),
        ("{op: has_tag, value: auth}", true),
        ("{op: has_tag, value: urgent}", true),
        ("{op: eq, field: task.type, value: fix}", true),
        ("{op: file_exists, value: report.md}", true),
        ("{op: file_exists, value: other.md}", false),
        ("{op: file_exists, value: sub/report.md}", false),
    ] {
        let said = stand.aof(&["workflow", "eval", condition, "--task", TASK, "--json"]);
        if said.ok().json()["workflow"]["holds"] != expected {
            wrong.push(condition);
        }
    }
    assert_eq!(wrong, [""; 0]);
}
