//! Cards of workflows and of hops as they lie on the disk: each field of them counts.

use aof_host::contract::hooks::Ending;
use aof_host::contract::types::SpawnEffect;
use serde_json::json;

use super::time::live_on;
use super::{finish, standing};
use crate::stage::{CardText, Stage};

const WHOLE: &str = "TASK-2026-02-17-001";
const HOP: &str = "TASK-2026-02-17-002";
const PART: &str = "TASK-2026-02-17-003";
const HOUR_MS: u64 = 3_600_000;

/// The card of the task, with what is below `workflow`.
fn whole(status: &str, workflow: &str) -> String {
    CardText::new(WHOLE, status)
        .line(&format!("workflow:\n{workflow}"))
        .fixture()
}

/// The card of a hop that `writer` does, with what it says of the hop.
fn card(status: &str, hop: &str) -> String {
    let entered = "lastTransitionAt: 2026-02-17T09:00:00.000Z";
    CardText::new(HOP, status)
        .agent("writer")
        .line(entered)
        .line(&format!("hop: {hop}"))
        .fixture()
}

/// Two hops, of which the second may reject and is at work.
const LOOKED_AT: &str = "  definition:
    name: ship
    hops:
      - {id: build, agent: writer}
      - {id: look, agent: writer, dependsOn: [build], canReject: true}
  state:
    status: running
    hops:
      build: {status: complete, pass: 1}
      look: {status: ready, task: TASK-2026-02-17-002, pass: 1}
";

/// One hop that is at work, and one after it.
const AT_WORK: &str = "  definition:
    name: ship
    hops:
      - {id: build, agent: writer}
      - {id: look, agent: judge, dependsOn: [build]}
  state:
    status: running
    hops:
      build: {status: ready, task: TASK-2026-02-17-002, pass: 2}
";

/// A stage with the task at work, and the card of its hop.
fn at_work(status: &str, hop: &str) -> Stage {
    let cards = [whole("in-progress", AT_WORK), card(status, hop)];
    Stage::with(&cards.concat())
}

fn spawned(stage: &mut Stage) -> SpawnEffect {
    let spawn = stage.spawned_for(HOP);
    stage.started(&spawn);
    spawn
}

/// A workflow that failed, with every field of its state that is shown.
const FAR: &str = "  definition:
    name: ship
    hops:
      - {id: build, agent: writer}
      - {id: look, agent: reader, dependsOn: [build], canReject: true}
      - {id: quick, agent: judge, dependsOn: [build]}
  templateName: shipping
  state:
    status: failed
    startedAt: 2026-02-17T09:00:00.000Z
    completedAt: 2026-02-17T09:40:00.000Z
    hops:
      build:
        status: complete
        outcome: large
        task: TASK-2026-02-17-002
        agent: writer
        pass: 2
        startedAt: 2026-02-17T09:10:00.000Z
        completedAt: 2026-02-17T09:20:00.000Z
        result: {score: 3}
      look: {status: failed, reason: gone, rejectionCount: 2}
      quick: {status: skipped, skipped: condition}
";

#[test]
fn how_far_a_workflow_has_come_is_shown_as_its_card_says() {
    let mut stage = Stage::with(&whole("blocked", FAR));
    let mut shown = stage.task(WHOLE)["workflow"].take();
    for hop in shown["hops"].as_array_mut().unwrap() {
        let fields = hop.as_object_mut().unwrap();
        fields.retain(|_, value| !value.is_null());
    }
    insta::assert_snapshot!(format!("{shown:#}"), @r#"
    {
      "completedAt": "2026-02-17T09:40:00.000Z",
      "hops": [
        {
          "by": "writer",
          "completedAt": "2026-02-17T09:20:00.000Z",
          "dependsOn": [],
          "id": "build",
          "outcome": "large",
          "pass": 2,
          "rejections": 0,
          "result": {
            "score": 3
          },
          "startedAt": "2026-02-17T09:10:00.000Z",
          "state": "complete",
          "task": "TASK-2026-02-17-002"
        },
        {
          "dependsOn": [
            "build"
          ],
          "id": "look",
          "pass": 0,
          "reason": "gone",
          "rejections": 2,
          "state": "failed"
        },
        {
          "dependsOn": [
            "build"
          ],
          "id": "quick",
          "pass": 0,
          "rejections": 0,
          "skipped": "condition",
          "state": "skipped"
        }
      ],
      "name": "ship",
      "startedAt": "2026-02-17T09:00:00.000Z",
      "status": "failed",
      "template": "shipping"
    }
    "#);
}

#[test]
fn the_next_pass_of_a_hop_knows_who_sent_it_back_and_who_took_over() {
    // Given a hop that was handed on once and then sent back
    let mut stage = Stage::with(&whole(
        "in-progress",
        "  definition:
    name: ship
    hops:
      - {id: build, agent: writer, timeout: 30m, escalateTo: press}
      - {id: look, agent: reader, dependsOn: [build], canReject: true}
  state:
    status: running
    hops:
      build: {status: ready, pass: 1, escalated: true, review: {hop: look, notes: too loud}}
",
    ));
    // When it is done anew, and takes too long again
    stage.poll();
    let spawn = super::spawn_of(&mut stage, WHOLE, "build");
    stage.started(&spawn);
    live_on(&mut stage, &spawn.run, 31);
    stage.poll();
    // Then whoever does it reads why, and nobody takes over a second time
    let card = stage.card_path(&spawn.task);
    assert!(stage.file(&card).unwrap().contains("too loud"));
    assert!(stage.payloads("dag.hop_timeout_escalation").is_empty());
    assert_eq!(stage.payloads("dag.hop_timeout").len(), 1);
}

#[test]
fn a_hop_waits_for_the_tasks_that_its_plan_became() {
    let mut stage = Stage::with(
        &[
            whole(
                "in-progress",
                "  definition:
    name: ship
    hops:
      - {id: plan, agent: writer}
      - {id: grow, kind: expand, dependsOn: [plan], expand: {into: tasks}}
      - {id: ship, agent: judge, dependsOn: [grow]}
  state:
    status: running
    hops:
      plan:
        status: complete
        result: {payload: {plan: [{id: x, title: X, routing: {agent: writer}}]}}
      grow: {status: dispatched, children: [TASK-2026-02-17-003]}
",
            ),
            CardText::new(PART, "blocked").agent("writer").fixture(),
        ]
        .concat(),
    );
    stage.poll();
    assert_eq!(standing(&mut stage, WHOLE)[2], "ship: pending");
    stage.ann("aof_task_unblock", json!({"taskId": PART}));
    stage.ann("aof_task_complete", json!({"taskId": PART}));
    stage.poll();
    assert_eq!(
        standing(&mut stage, WHOLE),
        [
            "plan: complete success",
            "grow: complete success",
            "ship: ready"
        ]
    );
}

/// A workflow that has come to its end, but for these tasks of a plan that was sent back.
fn left(tasks: &str) -> String {
    let text = format!(
        "  definition:
    name: ship
    hops:
      - {{id: plan, agent: writer}}
  state:
    status: running
    dropped: [{tasks}]
    hops:
      plan: {{status: complete}}
"
    );
    whole("in-progress", &text)
}

#[test]
fn tasks_that_a_rejection_left_are_given_up() {
    let part = CardText::new(PART, "ready").agent("writer").fixture();
    let mut stage = Stage::with(&[left(PART), part].concat());
    stage.poll();
    assert_eq!(stage.status(PART), "cancelled");
    assert_eq!(stage.status(WHOLE), "done");
}

#[test]
fn a_workflow_is_not_over_before_what_a_rejection_left_is_given_up() {
    for (count, polls) in [(100, 1), (101, 2)] {
        let ids = (100..100 + count).map(|number| format!("TASK-2026-02-18-{number}"));
        let mut stage = Stage::with(&left(&ids.collect::<Vec<_>>().join(", ")));
        for _ in 0..polls {
            assert_eq!(stage.status(WHOLE), "in-progress", "{count}");
            stage.poll();
        }
        assert_eq!(stage.status(WHOLE), "done", "{count}");
    }
}

#[test]
fn an_edge_that_was_closed_stays_closed() {
    let both = "  definition:
    name: ship
    hops:
      - {id: a, agent: writer}
      - {id: b, agent: writer}
      - {id: both, agent: judge, dependsOn: [a, b], joinType: quorum(2)}
  state:
    status: running
    hops:
      a: {status: complete, closed: [both]}
      b: {status: ready, task: TASK-2026-02-17-002, pass: 1}
";
    let hop = card("ready", &format!("{{of: {WHOLE}, id: b}}"));
    let mut stage = Stage::with(&[whole("in-progress", both), hop].concat());
    stage.ann("aof_task_complete", json!({"taskId": HOP}));
    assert_eq!(
        standing(&mut stage, WHOLE),
        [
            "a: complete success",
            "b: complete success",
            "both: skipped dead-path"
        ]
    );
}

#[test]
fn a_join_waits_from_the_moment_at_which_something_led_to_it() {
    let both = "  definition:
    name: ship
    hops:
      - {id: a, agent: writer}
      - {id: b, agent: writer}
      - {id: sum, agent: judge, dependsOn: [a, b], joinType: deadline(30m)}
  state:
    status: running
    hops:
      a: {status: complete}
      b: {status: ready, task: TASK-2026-02-17-002, pass: 1}
      sum: {liveSince: 2026-02-17T09:50:00.000Z}
";
    let hop = card("blocked", &format!("{{of: {WHOLE}, id: b}}"));
    let mut stage = Stage::with(&[whole("in-progress", both), hop].concat());
    stage.poll();
    assert_eq!(standing(&mut stage, WHOLE)[2], "sum: pending");
    stage.later(HOUR_MS / 3).poll();
    assert_eq!(standing(&mut stage, WHOLE)[2], "sum: ready");
}

#[test]
fn a_card_says_which_hop_of_which_task_it_is() {
    let hop = format!("{{of: {WHOLE}, id: build, pass: 2}}");
    let mut stage = at_work("ready", &hop);
    let spawn = spawned(&mut stage);
    assert!(spawn.work_dir.ends_with(&format!("{WHOLE}/work/build")));
    assert_eq!(stage.payloads("dag.hop_dispatched")[0]["pass"], 2);
    finish(&mut stage, &spawn, &json!({})).unwrap();
    assert_eq!(
        standing(&mut stage, WHOLE),
        ["build: complete success", "look: ready"]
    );
}

#[test]
fn a_person_who_takes_too_long_is_told_of_once() {
    let hop = |more| format!("{{of: {WHOLE}, id: build, kind: human, timeoutMs: 3600000{more}}}");
    for (more, times) in [("", 1), (", timedOutAt: 2026-02-17T10:00:00.000Z", 0)] {
        let mut stage = at_work("review", &hop(more));
        for _ in 0..3 {
            stage.later(HOUR_MS).poll();
        }
        let told = stage.payloads("dag.hop_timeout");
        assert_eq!(told.len(), times, "{more}");
        assert_eq!(stage.status(HOP), "review");
    }
}

#[test]
fn a_hop_is_handed_on_once() {
    let first = format!("{{of: {WHOLE}, id: build, timeoutMs: 1800000, escalateTo: press}}");
    let again = first.replace('}', ", escalatedAt: 2026-02-17T09:00:00.000Z}");
    for (hop, told, agent) in [
        (first, "dag.hop_timeout_escalation", "printer"),
        (again, "dag.hop_timeout", "writer"),
    ] {
        let mut stage = at_work("ready", &hop);
        let spawn = spawned(&mut stage);
        live_on(&mut stage, &spawn.run, 31);
        stage.poll();
        assert_eq!(stage.payloads(told).len(), 1, "{hop}");
        stage.poll();
        assert_eq!(stage.task(HOP)["agent"], agent, "{hop}");
    }
}

#[test]
fn a_hop_without_retries_fails_at_once() {
    let mut stage = at_work("ready", &format!("{{of: {WHOLE}, id: build, retries: 0}}"));
    let spawn = spawned(&mut stage);
    stage.ended(&spawn.run, Ending::Exited(1));
    assert_eq!(stage.status(HOP), "deadletter");
    stage.poll();
    assert_eq!(standing(&mut stage, WHOLE)[0], "build: failed");
}

#[test]
fn what_was_handed_in_is_taken_when_a_person_lets_it_pass() {
    let hop = format!("{{of: {WHOLE}, id: build, autoAdvance: false}}");
    let mut stage = at_work("ready", &hop);
    let spawn = spawned(&mut stage);
    finish(&mut stage, &spawn, &json!({})).unwrap();
    assert_eq!(stage.status(HOP), "review");
    let hop = hop.replace('}', ", result: {outcome: large, notes: built}}");
    let mut stage = at_work("review", &hop);
    stage.ann("aof_task_complete", json!({"taskId": HOP}));
    assert_eq!(standing(&mut stage, WHOLE)[0], "build: complete large");
}

#[test]
fn a_hop_sends_work_back_if_its_card_says_that_it_may() {
    let hop = card(
        "ready",
        &format!("{{of: {WHOLE}, id: look, canReject: true}}"),
    );
    let mut stage = Stage::with(&[whole("in-progress", LOOKED_AT), hop].concat());
    let spawn = spawned(&mut stage);
    let back = json!({"outcome": "rejected", "notes": "no"});
    finish(&mut stage, &spawn, &back).unwrap();
    assert_eq!(
        standing(&mut stage, WHOLE),
        ["build: ready", "look: pending"]
    );
}
