//! Pictures of workflows that are tangled, large, or at work.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail loudly"
)]

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::channel::lines;
use super::layout::{Layout, SPOTS};
use super::{dot, picture, svg};
use crate::shape::workflow::{Flow, Hop};

/// A workflow of hops, each with those that it depends on: `a; b a; c a b`.
fn flow(text: &str) -> Flow {
    let hops: Vec<Value> = text
        .split("; ")
        .map(|hop| {
            let mut names = hop.split(' ');
            json!({"id": names.next(), "role": "r", "dependsOn": names.collect::<Vec<_>>()})
        })
        .collect();
    Flow::of(&json!({"name": "w", "hops": hops}), &Value::Null)
}

/// The workflow as `flow` takes it.
fn told(flow: &Flow) -> String {
    let hop = |hop: &Hop| {
        let before = hop.edges.iter().map(|edge| flow.hops[edge.from].id.clone());
        let names: Vec<String> = std::iter::once(hop.id.clone()).chain(before).collect();
        names.join(" ")
    };
    flow.hops.iter().map(hop).collect::<Vec<_>>().join("; ")
}

fn drawn(flow: &Flow) -> String {
    let text = picture::picture(flow, None);
    anstream::adapter::strip_str(&text).to_string()
}

#[test]
fn lines_that_cross_can_be_told_apart() {
    insta::assert_snapshot!(drawn(&flow("a; b; c; d a b; e b c; f a c d; g a e f; h b g")), @r"
    w

           ┌───┐           ┌───┐   ┌───┐
           │ a │           │ c │   │ b │
           │ r │           │ r │   │ r │
           └─┬─┘           └─┬─┘   └─┬─┘
     ┌───────┼──────┐ ┌──────│───────┼───────┐
     │       │      │ │      ├──────┐│       │
     │       │    ┌─▼─▼─┐    │    ┌─▼▼──┐    │
     │       │    │ d   │    │    │ e   │    │
     │       │    │ r   │    │    │ r   │    │
     │       │    └──┬──┘    │    └──┬──┘    │
     └──────┐└─────┐ │ ┌─────┘┌──────┘       │
            │      │ │ │      │     ┌────────┘
            │    ┌─▼─▼─▼─┐    │     └┐
            │    │ f     │    │      │
            │    │ r     │    │      │
            │    └───┬───┘    │      │
            └──────┐ │ ┌──────┘      │
                   │ │ │     ┌───────┘
                 ┌─▼─▼─▼─┐   └┐
                 │ g     │    │
                 │ r     │    │
                 └───┬───┘    │
                     └───┐ ┌──┘
                       ┌─▼─▼─┐
                       │ h   │
                       │ r   │
                       └─────┘
    ");
}

#[test]
fn two_branches_that_split_and_join_twice_stay_in_their_columns() {
    insta::assert_snapshot!(drawn(&flow("a; b a; c a; d b c; e d; f d; g e f; h a g")), @r"
    w

            ┌───┐
            │ a │
            │ r │
            └─┬─┘
      ┌───────┼────────┐
    ┌─▼─┐   ┌─▼─┐      │
    │ b │   │ c │      │
    │ r │   │ r │      │
    └─┬─┘   └─┬─┘      │
      └──┐ ┌──┘      ┌─┘
       ┌─▼─▼─┐       │
       │ d   │       │
       │ r   │       │
       └──┬──┘       │
      ┌───┴───┐      │
    ┌─▼─┐   ┌─▼─┐    │
    │ e │   │ f │    │
    │ r │   │ r │    │
    └─┬─┘   └─┬─┘    │
      └──┐ ┌──┘   ┌──┘
       ┌─▼─▼─┐    │
       │ g   │    │
       │ r   │    │
       └──┬──┘    │
          └──┐ ┌──┘
           ┌─▼─▼─┐
           │ h   │
           │ r   │
           └─────┘
    ");
}

#[test]
fn a_hop_of_a_task_shows_how_it_stands() {
    let definition = json!({"name": "w", "hops": [
        {"id": "build", "role": "r"},
        {"id": "look", "kind": "human", "dependsOn": ["build"]},
        {"id": "test", "role": "r", "dependsOn": ["build"]},
        {"id": "ship", "role": "r", "dependsOn": ["look", "test"]},
        {"id": "tell", "role": "r", "dependsOn": [{"hop": "test", "on": "failed"}]},
    ]});
    let state = json!({"hops": [
        {"id": "build", "state": "complete", "outcome": "success", "skipped": null},
        {"id": "look", "state": "waiting-human", "outcome": null},
        {"id": "test", "state": "complete", "outcome": "validation_fail"},
        {"id": "ship", "state": "pending"},
        {"id": "tell", "state": "skipped", "skipped": "dead-path"},
    ]});
    let flow = Flow::of(&definition, &state);
    insta::assert_snapshot!(drawn(&flow), @r#"
    w

                   ┌───────────┐
                   │ build     │
                   │ r         │
                   │ complete  │
                   └─────┬─────┘
            ┌────────────┴────────────┐
    ┌───────▼───────┐   ┌─────────────▼─────────────┐
    │ look          │   │ test                      │
    │ a person      │   │ r                         │
    │ waiting-human │   │ complete: validation_fail │
    └───────┬───────┘   └─────────────┬─────────────┘
            └─────┐   ┌───────────────┤
               ┌──▼───▼──┐   ┌────────▼────────────┐
               │ ship    │   │ tell                │
               │ r       │   │ r                   │
               │ pending │   │ skipped: dead-path  │
               └─────────┘   └─────────────────────┘

    → test to tell: on failed
    "#);
    let coloured = picture::picture(&flow, None);
    assert!(
        coloured.contains("\u{1b}[32m┌"),
        "what is complete is green"
    );
    let narrow = picture::picture(&flow, Some(10));
    insta::assert_snapshot!(anstream::adapter::strip_str(&narrow).to_string(), @r"
    w

       1  build  r  complete
       2  look   a person  waiting-human  after build
          test   r  complete: validation_fail  after build
       3  ship   r  pending  after look, test
          tell   r  skipped: dead-path  after test (on failed)
    ");
    let graph = dot::graph(&flow);
    let waits = r##"\nwaiting-human", peripheries=2, fillcolor="#fdf0cc"]"##;
    assert!(graph.contains(waits), "{graph}");
    let sheet = svg::picture(&flow).unwrap();
    assert!(
        sheet.contains(">complete: validation_fail</text>"),
        "{sheet}"
    );
    assert!(
        sheet.contains(r##"fill="#eeeeee" stroke="#9a9a9a""##),
        "{sheet}"
    );
}

/// Whatever the workflow: no two spots overlap, every edge arrives, and no two lines lie on one
/// another.
#[test]
fn no_two_lines_lie_on_one_another() {
    let mut seed = 7_u64;
    let mut draw = move |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(seed >> 33).unwrap() % below
    };
    for size in 2..14 {
        for _ in 0..60 {
            let mut hops = vec!["h0".to_owned()];
            for at in 1..size {
                let before: BTreeSet<usize> = (0..draw(4)).map(|_| draw(at)).collect();
                let before = before.iter().map(|before| format!(" h{before}"));
                hops.push(format!("h{at}{}", before.collect::<String>()));
            }
            check(&flow(&hops.join("; ")));
        }
    }
}

fn check(flow: &Flow) {
    let layout = Layout::of(flow, |at| flow.hops[at].id.len() + 4).unwrap();
    for layer in &layout.layers {
        for pair in layer.windows(2) {
            assert!(layout.spots[pair[0]].right() < layout.spots[pair[1]].left());
        }
    }
    let edges: usize = flow.hops.iter().map(|hop| hop.edges.len()).sum();
    let arrivals = layout.spots.iter().filter(|spot| spot.hop.is_some());
    assert_eq!(arrivals.map(|spot| spot.before.len()).sum::<usize>(), edges);
    for at in 0..layout.layers.len() {
        let (lines, rows) = lines(&layout, at);
        // Each piece that goes along or down, with whose it is.
        let (mut along, mut down) = (BTreeSet::new(), BTreeSet::new());
        for line in &lines {
            let (first, last) = line.span();
            let row = line.row.map_or(-1, |row| i64::try_from(row).unwrap());
            let rows = i64::try_from(rows.max(1)).unwrap();
            if let Some(own) = line.row {
                for column in first..=last {
                    assert!(along.insert((own, column)), "{} {lines:?}", told(flow));
                }
            }
            let begin = (0..=row).map(|row| (row, line.from));
            let ends = line
                .to
                .iter()
                .flat_map(|to| (row + 1..rows).map(move |row| (row, *to)));
            for place in begin.chain(ends) {
                assert!(down.insert(place), "{} {lines:?}", told(flow));
            }
        }
    }
}

#[test]
fn a_workflow_with_too_many_lines_is_listed() {
    // Two long ways beside each other: every hop of one leads to the end of the other.
    let mut hops = vec!["a0".to_owned()];
    hops.extend((1..120).map(|at| format!("a{at} a{}", at - 1)));
    let all: String = (0..120).map(|at| format!(" a{at}")).collect();
    hops.push(format!("end{all}"));
    let large = flow(&hops.join("; "));
    assert!(
        Layout::of(&large, |_| 5).is_none(),
        "more than {SPOTS} points"
    );
    assert_eq!(svg::picture(&large), None);
    let text = drawn(&large);
    assert!(text.contains("\n   1  a0 "), "{text}");
    assert_eq!(text.lines().count(), 2 + 121);
}

#[test]
fn what_was_written_oddly_is_taken_as_it_was_meant() {
    let definition = json!({"name": 7, "hops": [
        {"id": 1, "role": "r", "timeout": "2h"},
        {"id": 2, "agent": 3, "dependsOn": [1, {"hop": 1.5}, {"hop": "nobody"}, null]},
        {"id": 3},
    ]});
    let flow = Flow::of(&definition, &json!({"hops": [7]}));
    let told = |hop: &Hop| format!("{} {} {}", hop.id, hop.who, hop.edges.len());
    let told: Vec<String> = flow.hops.iter().map(told).collect();
    assert_eq!(flow.name, "7");
    assert_eq!(told, ["1 r 0", "2 3 1", "3  0"]);
    for nothing in [Value::Null, json!([]), json!({"hops": {}})] {
        assert_eq!(Flow::of(&nothing, &Value::Null).hops, []);
        assert_eq!(drawn(&Flow::of(&nothing, &Value::Null)), "\n\n");
    }
}
