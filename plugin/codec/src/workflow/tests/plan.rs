//! Plans of agents, as they are taken and refused.

use aof_core::priority::Priority;
use aof_core::workflow::expand::{Child, Plan};
use aof_core::workflow::{Doer, Graph};
use serde_json::{Value, json};

use super::read;
use crate::workflow::parse_plan;

/// `plan` → `grow` → `end`; `grow` may make this of it.
fn growing(expand: &str) -> Graph {
    let text = format!(
        "name: w\nhops:\n- {{id: plan, role: r}}\n\
         - {{id: grow, kind: expand, dependsOn: [plan], expand: {{{expand}}}}}\n\
         - {{id: end, role: r, dependsOn: [grow]}}\n"
    );
    read(&text).graph.clone()
}

fn parsed(expand: &str, plan: Value) -> Result<Plan, Vec<String>> {
    let payload = json!({"plan": plan});
    let read = parse_plan("result", Some(&payload), (&growing(expand), 1), 0);
    let told =
        |it: aof_core::diagnostic::Diagnostic| format!("{} {} | {}", it.code, it.message, it.hint);
    read.map(|it| it.0)
        .map_err(|all| all.into_iter().map(told).collect())
}

fn hops(expand: &str, plan: Value) -> Result<Graph, Vec<String>> {
    parsed(expand, plan).map(|plan| match plan {
        Plan::Hops(graph) => *graph,
        Plan::Tasks(tasks) => panic!("{tasks:?}"),
    })
}

fn tasks(expand: &str, plan: Value) -> Result<Vec<Child>, Vec<String>> {
    parsed(&format!("into: tasks, {expand}"), plan).map(|plan| match plan {
        Plan::Tasks(tasks) => tasks,
        Plan::Hops(graph) => panic!("{graph:?}"),
    })
}

#[test]
fn a_plan_of_hops_makes_the_workflow_grow() {
    let grown = hops(
        "",
        json!([
            {"id": "two", "agent": "ada", "dependsOn": [{"hop": "one", "on": ["success"]}]},
            {"id": "one", "role": "dev", "retries": 2,
             "condition": {"op": "hop_status", "hop": "plan", "status": "complete"}},
        ]),
    );
    let grown = grown.unwrap();
    let told: Vec<(&str, Vec<usize>)> = grown
        .hops()
        .iter()
        .map(|hop| {
            (
                hop.id.as_str(),
                hop.edges.iter().map(|it| it.from).collect(),
            )
        })
        .collect();
    let expected = [
        ("plan", vec![]),
        ("grow", vec![0]),
        ("end", vec![1, 3]),
        ("two", vec![4]),
        ("one", vec![1]),
    ];
    assert_eq!(told, expected);
    assert_eq!(grown.hops()[4].duty.retries, Some(2));
    assert_eq!(hops("", json!([])), Ok(growing("")));
}

#[test]
fn a_plan_of_tasks_comes_in_the_order_in_which_they_can_be_created() {
    let found = tasks(
        "",
        json!([
            {"id": "c", "title": "C", "dependsOn": ["a", "b"]},
            {"id": "b", "title": "B", "dependsOn": ["a"], "priority": "high",
             "routing": {"team": "core"}, "description": "d"},
            {"id": "a", "title": "A", "priority": "medium"},
        ]),
    );
    let found = found.unwrap();
    let told: Vec<(&str, Vec<usize>)> = found
        .iter()
        .map(|task| {
            let before = task.hop.edges.iter().map(|it| it.from).collect();
            (task.title.as_str(), before)
        })
        .collect();
    assert_eq!(told, [("A", vec![]), ("B", vec![0]), ("C", vec![0, 1])]);
    assert_eq!(found[1].priority, Priority::High);
    assert_eq!(found[1].hop.id.as_str(), "b");
    assert_eq!(found[1].hop.duty.description.as_deref(), Some("d"));
    assert!(matches!(&found[1].hop.duty.doer, Some(Doer::Team(team)) if team.as_str() == "core"));
    assert_eq!(
        (found[0].priority, &found[0].hop.duty.doer),
        (Priority::Normal, &None)
    );
    assert_eq!(tasks("", json!([])), Ok(vec![]));
}

#[test]
fn a_plan_of_hops_is_refused_whole_with_every_reason() {
    let one = |id: &str| json!({"id": id, "role": "r"});
    for (expand, plan, expected) in [
        (
            "",
            json!(null),
            vec!["AOF-1162 `payload.plan` is missing | hand on"],
        ),
        (
            "",
            json!("x"),
            vec!["AOF-1162 `payload.plan` must be a list, but is"],
        ),
        (
            "",
            json!([{"id": "a", "rol": "r"}, {"role": "r"}, {"id": "c", "role": "r",
                    "dependsOn": ["d"]}]),
            vec![
                "AOF-1161 unknown key `payload.plan[0].rol` | did you mean `role`?",
                "AOF-1162 `payload.plan[1].id` is missing",
                "AOF-1162 `payload.plan[0].role` is missing: nobody does this hop",
                "AOF-1162 `payload.plan[2].dependsOn[0]` is `d`, which is no hop",
            ],
        ),
        (
            "",
            json!([one("a"), one("a"), one("plan")]),
            vec![
                "AOF-1162 `payload.plan[1].id` is `a`, as payload.plan[0] is",
                "AOF-1162 `payload.plan[2].id` is `plan`, as hop plan is",
            ],
        ),
        (
            "",
            json!([{"id": "a", "role": "r", "dependsOn": ["c"]},
                   {"id": "b", "role": "r", "dependsOn": ["a"]},
                   {"id": "c", "role": "r", "dependsOn": ["b"]}]),
            vec!["AOF-1163 hops wait for each other: a → b → c → a"],
        ),
        (
            "",
            json!([{"id": "a", "role": "r", "dependsOn": ["end"]}]),
            vec!["AOF-1163 hops wait for each other: end → a → end"],
        ),
        (
            "maxCount: 2, maxWidth: 2",
            json!([one("a"), one("b"), one("c")]),
            vec![
                "AOF-1104 `payload.plan` leads to 3 entries, over 2",
                "AOF-1104 `payload.plan` leads to 3 entries at the same time, over 2",
            ],
        ),
        (
            "maxCount: 1",
            json!([one("a"), one("end")]),
            vec![
                "AOF-1104 `payload.plan` leads to 2 entries, over 1",
                "AOF-1162 `payload.plan[1].id` is `end`, as hop end is",
            ],
        ),
    ] {
        let found = hops(expand, plan.clone()).unwrap_err();
        assert_eq!(found.len(), expected.len(), "{plan}: {found:#?}");
        for (found, expected) in found.iter().zip(&expected) {
            assert!(found.starts_with(expected), "{plan}: {found}");
        }
    }
}

#[test]
fn a_plan_of_tasks_is_refused_whole_with_every_reason() {
    let one = |id: &str| json!({"id": id, "title": "t"});
    for (expand, plan, expected) in [
        (
            "",
            json!([{"id": "a"}, {"id": "b", "title": "t", "role": "r"},
                   {"id": "c", "title": "t", "routing": {"role": "r", "agent": "a"}},
                   {"id": "d", "title": "t", "dependsOn": ["plan"], "priority": "now"}]),
            vec![
                "AOF-1162 `payload.plan[0].title` is missing",
                "AOF-1161 unknown key `payload.plan[1].role`",
                "AOF-1162 `payload.plan[3].priority` must be critical, high",
                "AOF-1162 `payload.plan[2].routing.agent` names somebody else besides",
                "AOF-1162 `payload.plan[3].dependsOn[0]` is `plan`, which is no hop",
            ],
        ),
        (
            "",
            json!([{"id": "a", "title": "t", "dependsOn": ["b"]},
                   {"id": "b", "title": "t", "dependsOn": ["a"]}, one("c"), one("c")]),
            vec![
                "AOF-1162 `payload.plan[3].id` is `c`, as payload.plan[2] is",
                "AOF-1163 hops wait for each other: a → b → a",
            ],
        ),
        (
            "maxWidth: 1",
            json!([one("a"), one("b")]),
            vec!["AOF-1104 `payload.plan` leads to 2 entries at the same time, over 1"],
        ),
    ] {
        let found = tasks(expand, plan.clone()).unwrap_err();
        assert_eq!(found.len(), expected.len(), "{plan}: {found:#?}");
        for (found, expected) in found.iter().zip(&expected) {
            assert!(found.starts_with(expected), "{plan}: {found}");
        }
    }
}

#[test]
fn plans_come_one_from_another_as_often_as_the_first_one_allows() {
    let inner = json!({"plan": [{"id": "inner", "kind": "expand", "dependsOn": ["plan"],
                                 "expand": {"maxDepth": 8}}]});
    let graph = growing("maxDepth: 2");
    let grow = |graph: &Graph, at, payload: &Value, depth| {
        parse_plan("result", Some(payload), (graph, at), depth).map(|it| match it.0 {
            Plan::Hops(graph) => *graph,
            Plan::Tasks(tasks) => panic!("{tasks:?}"),
        })
    };
    let once = grow(&graph, 1, &inner, 0).unwrap();
    let again = json!({"plan": [{"id": "last", "kind": "expand", "dependsOn": ["plan"]}]});
    let twice = grow(&once, 3, &again, 0).unwrap();
    let third = json!({"plan": [{"id": "over", "role": "r"}]});
    let found = grow(&twice, 4, &third, 0).unwrap_err();
    let message = "`payload.plan` leads to 3 plans that come one from another, over 2";
    assert_eq!(found[0].message, message);
    // A task that comes from a plan itself counts.
    assert!(grow(&graph, 1, &third, 1).is_ok());
    assert!(grow(&graph, 1, &third, 2).is_err());
    // Only a hop that expands takes a plan.
    assert!(parse_plan("result", Some(&third), (&graph, 0), 0).is_err());
    assert!(parse_plan("result", None, (&graph, 1), 0).is_err());
    assert!(parse_plan("result", Some(&third), (&graph, 9), 0).is_err());
}
