//! Workflows as people write them, and as they are refused.

mod kind;
mod plan;

use std::sync::Arc;

use aof_core::workflow::{Condition, Definition, Doer, Join, Strategy};

use crate::parse_workflow;

fn told(text: &str) -> Vec<String> {
    let findings = parse_workflow("w.yaml", text.as_bytes()).map(|it| it.1);
    let findings = findings.unwrap_or_else(|refused| refused);
    let told = findings.iter().map(|it| {
        format!(
            "{} {}:{} {} | {}",
            it.code, it.line, it.column, it.message, it.hint
        )
    });
    told.collect()
}

fn read(text: &str) -> Arc<Definition> {
    parse_workflow("w.yaml", text.as_bytes())
        .unwrap()
        .0
        .definition
}

/// A workflow of `a` and then `b`, to which something is added.
fn second(more: &str) -> String {
    format!("name: w\nhops:\n- {{id: a, role: r}}\n- {{id: b, role: r, dependsOn: [a]{more}}}\n")
}

#[test]
fn a_whole_workflow_is_read() {
    let text = "name: ship\nrejectionsMax: 4\nhops:\n\
        - {id: build, agent: ada, retries: 2, resource: /bench}\n\
        - {id: look, kind: human, dependsOn: [build], timeout: 2h, escalateTo: lead, \
        canReject: true, rejectionStrategy: predecessors, rejectionsMax: 2}\n\
        - {id: ask, team: core, dependsOn: [{hop: build, on: [failed, other], \
        when: {op: has_tag, value: x}}], autoAdvance: false, description: d}\n\
        - {id: end, role: r, dependsOn: [look, ask], joinType: quorum(1), \
        condition: {op: hop_status, hop: look, status: complete}}\n\
        - {id: late, role: r, dependsOn: [look, ask], joinType: deadline(30m)}\n";
    let ship = read(text);
    let hops = ship.graph.hops();
    let [build, look, ask, end, late] = hops else {
        panic!("{hops:?}")
    };
    assert_eq!((ship.name.as_str(), ship.graph.rejections_max), ("ship", 4));
    assert!(matches!(&build.duty.doer, Some(Doer::Agent(agent)) if agent.as_str() == "ada"));
    assert_eq!(build.duty.retries, Some(2));
    assert_eq!(build.duty.resource.as_deref(), Some("/bench"));
    assert!(look.duty.is_human && look.can_reject && look.duty.doer.is_none());
    assert_eq!(look.duty.timeout_ms, Some(7_200_000));
    assert_eq!(look.strategy, Strategy::Predecessors);
    assert_eq!(look.rejections_max, 2);
    let edge = &ask.edges[0];
    assert_eq!(edge.on, Some(vec!["failed".to_owned(), "other".to_owned()]));
    assert_eq!(edge.when, Some(Condition::HasTag("x".to_owned())));
    assert!(ask.duty.waits_for_review);
    assert_eq!(
        (end.join, late.join),
        (Join::Quorum(1), Join::Deadline(1_800_000))
    );
    let status = Condition::HopStatus("look".to_owned(), "complete".to_owned());
    assert_eq!(end.condition, Some(status));
}

/// What a second hop says that is wrong, and what is told of it.
const WRONG_HOPS: &[(&str, &str)] = &[
    (
        ", joinType: some",
        "AOF-1162 4:46 `hops[1].joinType` is `some`, which is no way to join",
    ),
    (
        ", joinType: quorum(2)",
        "asks for more or fewer hops than it depends on",
    ),
    (
        ", timeout: 30s",
        "`hops[1].timeout` is `30s`, which is no time",
    ),
    (
        ", timeout: 0m",
        "`hops[1].timeout` is `0m`, which is no time",
    ),
    (
        ", timeout: 367d",
        "`hops[1].timeout` is `367d`, which is no time",
    ),
    (
        ", escalateTo: x",
        "`hops[1].escalateTo` takes over after no `timeout`",
    ),
    (
        ", rejectionStrategy: origin",
        "is of a hop that cannot reject",
    ),
    (", rejectionsMax: 3", "is of a hop that cannot reject"),
    (", agent: x", "`hops[1].agent` names somebody else besides"),
    (", colour: red", "AOF-1161 4:36 unknown key `hops.colour`"),
    (", condition: {op: has_tags}", "did you mean"),
    (
        ", condition: {op: and}",
        "`hops[1].condition` lacks `conditions`, which `and` needs",
    ),
    (
        ", condition: {op: and, conditions: []}",
        "a list of conditions",
    ),
    (
        ", condition: {op: eq, field: x, value: 1}",
        "a field that there is",
    ),
    (
        ", condition: {op: in, field: task.status, value: 1}",
        "a list",
    ),
    (
        ", condition: {op: has_tag, value: x, field: y}",
        "unknown key `hops[1].condition.field`",
    ),
    (
        ", condition: {op: hop_status, hop: a, status: done}",
        "the state of a hop",
    ),
    (
        ", condition: {op: hop_status, hop: c, status: ready}",
        "asks for the hop `c`",
    ),
    (
        ", condition: {op: file_exists, value: ../x}",
        "a path that stays there",
    ),
    (", condition: 3", "a mapping with `op`"),
];

/// Workflows that are wrong as a whole, and what is told of them.
const WRONG_WHOLES: &[(&str, &str)] = &[
    ("name: w\nhops: []\n", "`hops` is empty"),
    ("name: w\nhops: [{id: a}]\n", "nobody does this hop"),
    ("hops: [{id: a, role: r}]\n", "`name`"),
    (
        "name: w\nhops: [{id: a, role: r, canReject: true}]\n",
        "nothing before it",
    ),
    (
        "name: w\nhops: [{id: a, role: r}, {id: a, role: r}]\n",
        "`hops[1].id` is `a`, as hops[0] is",
    ),
    (
        "name: w\nhops: [{id: a, role: r, dependsOn: [bb]}, {id: b, role: r}]\n",
        "which is no hop | did you mean `b`?",
    ),
    (
        "name: w\nhops: [{id: a, role: r, dependsOn: [c]}, {id: b, role: r, dependsOn: [a]}, \
             {id: c, role: r, dependsOn: [b]}]\n",
        "AOF-1163 2:13 hops wait for each other: a → b → c → a",
    ),
    (
        "name: w\nhops: [{id: a, role: r, condition: {op: 'false'}}, \
             {id: b, role: r, condition: {op: 'false'}}]\n",
        "no hop can ever run",
    ),
    (
        "name: w\nhops: [{id: a, role: r}, {id: b, role: r, dependsOn: [{hop: a, on: []}]}]\n",
        "an outcome",
    ),
    (
        "name: w\nhops: [{id: a, role: r}, {id: b, role: r, dependsOn: [{hop: a, of: x}]}]\n",
        "unknown key `hops[1].dependsOn[0].of`",
    ),
];

#[test]
fn what_is_wrong_with_a_workflow_is_told_with_its_place() {
    for (more, expected) in WRONG_HOPS {
        let found = told(&second(more));
        let is_told = found.iter().any(|it| it.contains(expected));
        assert!(is_told, "{more}: {found:#?}");
    }
    for (text, expected) in WRONG_WHOLES {
        let found = told(text);
        let is_told = found.iter().any(|it| it.contains(expected));
        assert!(is_told, "{text}: {found:#?}");
    }
}

#[test]
fn a_condition_has_a_depth_and_a_size() {
    let nested = |depth: usize| {
        let (open, close) = ("{op: not, condition: ", "}");
        let inner = "{op: 'true'}";
        let times = depth - 1;
        format!("{}{inner}{}", open.repeat(times), close.repeat(times))
    };
    let wide = |count: usize| {
        let parts = vec!["{op: 'true'}"; count - 1].join(", ");
        format!("{{op: or, conditions: [{parts}]}}")
    };
    for (condition, is_fine) in [
        (nested(5), true),
        (nested(6), false),
        (wide(50), true),
        (wide(51), false),
    ] {
        let found = told(&second(&format!(", condition: {condition}")));
        assert_eq!(found.is_empty(), is_fine, "{found:?}");
        assert!(
            found.iter().all(|it| it.starts_with("AOF-1104 ")),
            "{found:?}"
        );
    }
}

#[test]
fn numbers_and_times_of_a_workflow_have_their_bounds() {
    for (more, is_fine) in [
        (", canReject: true, rejectionsMax: 100", true),
        (", canReject: true, rejectionsMax: 101", false),
        (", canReject: true, rejectionsMax: 0", false),
        (", retries: 10", true),
        (", retries: 11", false),
        (", timeout: 366d", true),
        (", timeout: 527040m", true),
        (", timeout: 527041m", false),
        (", joinType: deadline(366d)", true),
        (", joinType: deadline(8785h)", false),
        (", timeout: 99999999999999999999h", false),
        (", timeout: 9999999999999999999d", false),
    ] {
        let found = told(&second(more));
        assert_eq!(found.is_empty(), is_fine, "{more}: {found:?}");
        assert!(
            found.iter().all(|it| it.starts_with("AOF-1162 4:")),
            "{found:?}"
        );
    }
    let whole = "name: w\nrejectionsMax: 101\nhops: [{id: a, role: r}]\n";
    assert!(
        told(whole)[0].starts_with("AOF-1162 2:16 "),
        "{:?}",
        told(whole)
    );
}
