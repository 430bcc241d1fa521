//! Outcomes by which a person ends a hop: a slip of the pen leads nowhere and is refused.

use serde_json::{Value, json};

use super::{begun, card_of, does, of, standing};
use crate::stage::{Stage, human};

/// A person picks a way; these hops come besides.
fn picking(more: &[Value]) -> Value {
    let mut hops = vec![
        json!({"id": "pick", "kind": "human"}),
        json!({"id": "red", "kind": "human", "dependsOn": [{"hop": "pick", "on": ["red"]}]}),
        json!({"id": "blue", "kind": "human",
               "dependsOn": [{"hop": "pick", "on": ["blue", "success"]}]}),
    ];
    hops.extend(more.iter().cloned());
    of(json!(hops))
}

/// What the hop `pick` comes to with this outcome, or the hint of the refusal.
fn picked(workflow: &Value, outcome: &str) -> Result<String, String> {
    let mut stage = Stage::empty();
    let task = begun(&mut stage, workflow);
    says(&mut stage, (&task, "pick"), outcome)
}

/// Says how a hop ends, and gives where it stands, or the hint of the refusal.
fn says(stage: &mut Stage, (task, hop): (&str, &str), outcome: &str) -> Result<String, String> {
    let card = card_of(stage, task, hop);
    let before = stage.tree();
    let arguments = json!({"taskId": card, "outcome": outcome, "notes": "so it is"});
    match stage.tool(&human("ann"), "aof_task_complete", arguments) {
        Ok(_) => {
            let hops = standing(stage, task).into_iter();
            Ok(hops.filter(|it| it.starts_with(hop)).collect())
        }
        Err(refused) => {
            assert_eq!(
                (refused.code.as_str(), refused.where_.as_deref()),
                ("AOF-2042", Some("outcome"))
            );
            assert_eq!(
                refused.message,
                format!("`{outcome}` is no answer to the hop `{hop}`")
            );
            assert_eq!(stage.tree(), before);
            Err(refused.hint)
        }
    }
}

#[test]
fn an_outcome_that_nothing_waits_for_is_refused_with_those_that_something_waits_for() {
    let refused = Err("use one of: success, blue, red".to_owned());
    assert_eq!(picked(&picking(&[]), "blu"), refused);
    assert_eq!(picked(&picking(&[]), "Blue"), refused);
    for (outcome, state) in [
        ("blue", "pick: complete blue"),
        ("red", "pick: complete red"),
        ("success", "pick: complete success"),
        ("done", "pick: complete success"),
        ("failed", "pick: failed"),
        ("partial", "pick: failed"),
        ("needs_review", "pick: complete success"),
    ] {
        assert_eq!(picked(&picking(&[]), outcome).unwrap(), state);
    }
    // And one that may send work back says so
    let mut workflow = picking(&[]);
    workflow["hops"][1]["canReject"] = json!(true);
    let mut stage = Stage::empty();
    let task = begun(&mut stage, &workflow);
    says(&mut stage, (&task, "pick"), "red").unwrap();
    assert_eq!(
        says(&mut stage, (&task, "red"), "reject").unwrap_err(),
        "use one of: success, rejected"
    );
    says(&mut stage, (&task, "red"), "rejected").unwrap();
}

#[test]
fn an_outcome_that_a_condition_may_read_is_any_word() {
    let when = |field: &str| {
        json!({"id": "more", "kind": "human", "dependsOn": [{"hop": "red", "when":
            {"op": "not", "condition": {"op": "or", "conditions": [
                {"op": "has_tag", "value": "x"},
                {"op": "eq", "field": field, "value": "green"}]}}}]})
    };
    let condition = |field: &str| {
        json!({"id": "more", "kind": "human", "condition":
            {"op": "in", "field": field, "value": ["green"]}})
    };
    for (field, is_read) in [
        ("hops.pick.result.outcome", true),
        ("hops.red.result.outcome", false),
        ("hops.pick.result.payload.outcome", false),
        ("hops.pick.result.verdict", false),
    ] {
        for more in [when(field), condition(field)] {
            let said = picked(&picking(std::slice::from_ref(&more)), "green");
            assert_eq!(said.is_ok(), is_read, "{more}: {said:?}");
        }
    }
}

/// What a plan still adds may wait for any word.
#[test]
fn as_long_as_a_plan_may_add_hops_any_word_is_taken() {
    for (into, is_taken) in [("hops", true), ("tasks", false)] {
        let more = [
            json!({"id": "plan", "agent": "writer"}),
            json!({"id": "grow", "kind": "expand", "dependsOn": ["plan"],
                   "expand": {"into": into}}),
        ];
        let mut stage = Stage::empty();
        let task = begun(&mut stage, &picking(&more));
        let said = says(&mut stage, (&task, "pick"), "green");
        assert_eq!(said.is_ok(), is_taken, "{into}: {said:?}");
        // And once it came, what it added counts
        let mut stage = Stage::empty();
        let task = begun(&mut stage, &picking(&more));
        let plan = match into {
            "hops" => json!([{"id": "extra", "kind": "human",
                              "dependsOn": [{"hop": "pick", "on": ["yellow"]}]}]),
            _ => json!([]),
        };
        let said = json!({"payload": {"plan": plan}});
        does(&mut stage, (&task, "plan"), &said);
        says(&mut stage, (&task, "pick"), "green").unwrap_err();
        let said = says(&mut stage, (&task, "pick"), "yellow");
        assert_eq!(said.is_ok(), is_taken, "{into}: {said:?}");
    }
}

#[test]
fn what_an_agent_says_is_taken_and_what_a_person_says_of_it_is_judged() {
    let workflow = of(json!([
        {"id": "build", "agent": "writer", "autoAdvance": false},
        {"id": "ship", "agent": "judge", "dependsOn": ["build"]},
    ]));
    let mut stage = Stage::empty();
    let task = begun(&mut stage, &workflow);
    does(&mut stage, (&task, "build"), &json!({"outcome": "half"}));
    assert_eq!(
        says(&mut stage, (&task, "build"), "hafl").unwrap_err(),
        "use one of: success, rejected"
    );
    let card = card_of(&mut stage, &task, "build");
    stage.ann("aof_task_complete", json!({"taskId": card}));
    assert_eq!(standing(&mut stage, &task)[0], "build: complete half");
}
