//! Hops that nobody does: votes, numbers and payloads decide.

use serde_json::{Value, json};

use super::{begun, does, of, standing};
use crate::stage::Stage;

/// Where the decision stands once the three hops before it said this.
fn decided(decide: &Value, said: [Value; 3]) -> (Stage, String, String) {
    let mut stage = Stage::empty();
    let task = begun(
        &mut stage,
        &of(json!([
            {"id": "ada", "agent": "writer"},
            {"id": "bob", "agent": "reader"},
            {"id": "eve", "agent": "judge"},
            {"id": "sum", "kind": "decide", "dependsOn": ["ada", "bob", "eve"], "decide": decide},
        ])),
    );
    for (hop, more) in ["ada", "bob", "eve"].into_iter().zip(&said) {
        does(&mut stage, (&task, hop), more);
    }
    let sum = standing(&mut stage, &task).pop().unwrap();
    (stage, task, sum)
}

fn verdicts(words: [&str; 3]) -> [Value; 3] {
    words.map(|word| json!({"verdict": word}))
}

#[test]
fn answers_are_counted_as_the_workflow_says() {
    let words = json!(["yes", "no"]);
    for (decide, said, sum) in [
        (
            json!({"consensus": "unanimous", "options": words}),
            ["yes", "yes", "yes"],
            "sum: complete yes",
        ),
        (
            json!({"consensus": "unanimous", "options": words}),
            ["yes", "no", "yes"],
            "sum: failed",
        ),
        (
            json!({"consensus": "majority", "options": words, "minVotes": 3}),
            ["yes", "perhaps", "yes"],
            "sum: failed",
        ),
        (
            json!({"consensus": "majority", "options": words, "allowPartial": false}),
            ["yes", "perhaps", "yes"],
            "sum: failed",
        ),
        (
            json!({"consensus": "majority", "options": words, "minConfidence": 0.9}),
            ["yes", "no", "yes"],
            "sum: waiting-human",
        ),
        (
            json!({"consensus": "weighted", "options": words, "weights": {"bob": 2.5}}),
            ["yes", "no", "yes"],
            "sum: complete no",
        ),
    ] {
        assert_eq!(decided(&decide, verdicts(said)).2, sum, "{decide}");
    }
}

#[test]
fn numbers_decide() {
    for (value, sum) in [("80", "sum: complete success"), ("80.5", "sum: failed")] {
        let threshold = json!({"field": "review.score", "of": "mean", "op": "gte", "value": value});
        let said = [70, 80, 90].map(|score| json!({"payload": {"review": {"score": score}}}));
        assert_eq!(decided(&json!({"threshold": threshold}), said).2, sum);
    }
}

#[test]
fn payloads_become_one() {
    let merge = json!({"rule": "by_key", "field": "found", "key": "file"});
    let found = |file: &str, line: u64| {
        let found = json!([{"file": file, "line": line}]);
        json!({"payload": {"found": found, "more": 1}})
    };
    let said = [found("a", 1), found("b", 2), found("a", 3)];
    let (mut stage, task, sum) = decided(&json!({"merge": merge}), said);
    assert_eq!(sum, "sum: complete success");
    let payload = stage.task(&task)["workflow"]["hops"][3]["result"]["payload"].take();
    assert_eq!(
        payload,
        json!({"found": {"a": {"file": "a", "line": 3}, "b": {"file": "b", "line": 2}}})
    );
}
