//! `aof workflow eval`: what a condition says of facts, or of a task.

use super::super::stand::Stand;
use super::{ended, file, plain};

const FACTS: &str = "\
task: {status: ready, priority: high, tags: [auth], metadata: {points: 5, odd: '5'}}
tags: [urgent]
flags: {hotfix: true}
hops:
  build: {status: complete, result: {score: 3, files: 2.5}}
  look: {status: pending}
events: [green]
files: [report.md]
";

fn holds(stand: &Stand, condition: &str, facts: &str) -> bool {
    let said = stand.aof(&["workflow", "eval", condition, "--facts", facts, "--json"]);
    said.ok().json()["workflow"]["holds"].as_bool().unwrap()
}

#[test]
fn every_part_of_a_condition_is_told_with_what_it_saw() {
    let stand = Stand::bare();
    let facts = file(&stand, "facts.yaml", FACTS);
    let condition = "{op: and, conditions: [{op: has_tag, value: urgent}, {op: or, conditions: \
                     [{op: gt, field: hops.build.result.score, value: 4}, {op: hop_status, hop: \
                     look, status: complete}, {op: neq, field: task.metadata.none, value: 1}]}, \
                     {op: not, condition: {op: has_event, value: red}}, {op: file_exists, value: \
                     report.md}]}";
    let said = stand
        .aof(&["workflow", "eval", condition, "--facts", &facts])
        .ok();
    let folded = plain(&stand, &said).replace(" and ", "\n  and ");
    insta::assert_snapshot!(folded, @r#"
    holds: tag urgent
      and (hops.build.result.score > 4 or look is complete or task.metadata.none ≠ 1)
      and not event red
      and file report.md
      yes all of
        yes tag urgent  there is ["urgent","auth"]
        yes one of
          no  hops.build.result.score > 4  there is 3
          no  look is complete  there is "pending"
          yes task.metadata.none ≠ 1  nothing is there
        yes not
          no  event red  there is ["green"]
        yes file report.md  there is ["report.md"]
    "#);
    let path = file(
        &stand,
        "condition.json",
        r#"{"op": "eq", "field": "flags.hotfix", "value": false}"#,
    );
    let said = stand
        .aof(&["workflow", "eval", &path, "--facts", &facts])
        .ok();
    insta::assert_snapshot!(plain(&stand, &said), @r"
    does not hold: flags.hotfix = false
      no  flags.hotfix = false  there is true
    ");
}

#[test]
fn every_operator_is_tried() {
    let stand = Stand::bare();
    let facts = file(&stand, "facts.yaml", FACTS);
    for (condition, expected) in [
        ("{op: eq, field: task.priority, value: high}", true),
        ("{op: eq, field: task.metadata.points, value: 5.0}", true),
        ("{op: eq, field: task.metadata.points, value: '5'}", false),
        ("{op: eq, field: task.metadata.odd, value: '5'}", true),
        ("{op: eq, field: task.title, value: x}", false),
        ("{op: neq, field: task.title, value: x}", true),
        ("{op: gt, field: hops.build.result.files, value: 2}", true),
        ("{op: gte, field: hops.build.result.score, value: 3}", true),
        ("{op: lt, field: hops.build.result.score, value: 3}", false),
        ("{op: lte, field: hops.build.result.score, value: 3}", true),
        ("{op: lt, field: hops.look.result.score, value: 3}", false),
        ("{op: gt, field: task.priority, value: 1}", false),
        ("{op: in, field: task.status, value: [ready, done]}", true),
        ("{op: in, field: task.type, value: [null]}", false),
        ("{op: eq, field: task.tags, value: [urgent, auth]}", true),
        ("{op: has_tag, value: auth}", true),
        ("{op: has_tag, value: Auth}", false),
        ("{op: hop_status, hop: build, status: complete}", true),
        ("{op: hop_status, hop: nobody, status: pending}", false),
        ("{op: has_event, value: green}", true),
        ("{op: file_exists, value: reports}", false),
        ("{op: 'true'}", true),
        ("{op: 'false'}", false),
    ] {
        assert_eq!(holds(&stand, condition, &facts), expected, "{condition}");
    }
}

#[test]
fn a_task_is_looked_at_as_it_is() {
    let stand = Stand::idle();
    let task = stand.task(&[
        "Mend it",
        "--role",
        "doer",
        "--tag",
        "auth",
        "--priority",
        "high",
    ]);
    for (condition, expected) in [
        ("{op: has_tag, value: auth}", true),
        ("{op: eq, field: task.priority, value: high}", true),
        ("{op: eq, field: task.status, value: ready}", true),
        ("{op: eq, field: task.title, value: Mend it}", true),
        ("{op: eq, field: task.project, value: _inbox}", true),
        ("{op: eq, field: task.routing.role, value: doer}", true),
        ("{op: eq, field: task.routing.agent, value: worker}", false),
        ("{op: hop_status, hop: a, status: complete}", false),
    ] {
        let said = stand.aof(&["workflow", "eval", condition, "--task", &task, "--json"]);
        assert_eq!(
            said.ok().json()["workflow"]["holds"],
            expected,
            "{condition}"
        );
    }
    let said = ended(
        stand.aof(&["workflow", "eval", "op: 'true'", "--task", "TASK-2031"]),
        3,
    );
    assert!(said.err.contains("[AOF-1005]"), "{said:?}");
}

#[test]
fn what_is_no_condition_or_no_fact_is_refused_with_its_place() {
    let stand = Stand::bare();
    let facts = file(&stand, "facts.yaml", FACTS);
    for (condition, told) in [
        ("", "AOF-1160 condition: there is nothing in the file"),
        ("[x", "AOF-1160 condition:2:1: "),
        (
            "urgent",
            "AOF-1162 condition:1:1: `condition` must be a mapping with `op`, but is `urgent`",
        ),
        (
            "{op: has_tags}",
            "AOF-1162 condition:1:6: `condition.op` is `has_tags`, which is no operator",
        ),
        (
            "{op: eq, field: task.colour, value: 1}",
            "AOF-1162 condition:1:17: `condition.field` must be a field that there is",
        ),
        (
            "{op: not}",
            "AOF-1162 condition:1:1: `condition` lacks `condition`, which `not` needs",
        ),
    ] {
        let said = stand.aof(&["workflow", "eval", condition, "--facts", &facts, "--json"]);
        let said = ended(said, 3).json();
        let text = |key: &str| said["error"][key].as_str().unwrap().to_owned();
        let found = format!("{} {}: {}", text("code"), text("where"), text("message"));
        assert!(found.starts_with(told), "{condition}: {found}");
        assert!(!text("hint").is_empty(), "{condition}");
    }
    for (facts, told) in [
        ("tgas: [x]\n", "AOF-1161 facts:1:1: unknown key `tgas`"),
        (
            "hops: {a: {status: ended}}\n",
            "AOF-1162 facts:1:20: `hops.a.status` must be",
        ),
        ("- x\n", "AOF-1160 facts:1:1: expected `key: value` lines"),
    ] {
        let path = file(&stand, "wrong.yaml", facts);
        let said = stand.aof(&["workflow", "eval", "op: 'true'", "--facts", &path, "--json"]);
        let said = ended(said, 3).json();
        let text = |key: &str| said["error"][key].as_str().unwrap().to_owned();
        let found = format!("{} {}: {}", text("code"), text("where"), text("message"));
        assert!(found.starts_with(told), "{facts}: {found}");
    }
    // Neither facts nor a task: the command line is not understood.
    ended(stand.aof(&["workflow", "eval", "op: 'true'"]), 2);
}
