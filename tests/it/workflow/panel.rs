//! Hops that decide by what others came to, and plans that become hops or tasks.

use serde_json::{Value, json};

use super::{begun, card_of, does, of, standing};
use crate::stage::{Stage, human};

fn vote(word: &str, confidence: f64) -> Value {
    json!({"verdict": word, "confidence": confidence, "notes": format!("I say {word}")})
}

fn panel(decide: &Value) -> Value {
    of(json!([
        {"id": "ada", "agent": "writer"},
        {"id": "bob", "agent": "reader"},
        {"id": "eve", "agent": "judge"},
        {"id": "verdict", "kind": "decide", "dependsOn": ["ada", "bob", "eve"], "decide": decide},
        {"id": "ship", "agent": "printer",
         "dependsOn": [{"hop": "verdict", "on": ["approve"]}]},
        {"id": "mend", "agent": "printer",
         "dependsOn": [{"hop": "verdict", "on": ["reject"]}]},
    ]))
}

#[test]
fn a_majority_decides_in_the_commit_of_the_last_vote() {
    let mut stage = Stage::empty();
    let decide = json!({"consensus": "majority", "options": ["approve", "reject"]});
    let task = begun(&mut stage, &panel(&decide));
    does(&mut stage, (&task, "ada"), &vote("approve", 0.9));
    does(&mut stage, (&task, "bob"), &vote("reject", 0.8));
    assert_eq!(standing(&mut stage, &task)[3], "verdict: pending");
    let commits = stage.sabotage.commits();
    stage.poll();
    assert_eq!(stage.sabotage.commits(), commits);
    does(&mut stage, (&task, "eve"), &vote("Approve ", 0.7));
    assert_eq!(stage.sabotage.commits(), commits + 1);
    assert_eq!(
        standing(&mut stage, &task)[3..],
        [
            "verdict: complete approve",
            "ship: ready",
            "mend: skipped dead-path"
        ]
    );
    // And who looks sees every vote
    let shown = stage.task(&task)["workflow"]["hops"][3].clone();
    let why = shown["result"]["explanation"].as_str().unwrap();
    insta::assert_snapshot!(why.replace("; ", "\n"), @r"
    decided: approve, led by ada (0.6667)
    ada counted: `approve`
    bob counted: `reject`
    eve counted: `approve`
    ");
    assert_eq!(shown["task"], Value::Null);
    does(&mut stage, (&task, "ship"), &json!({}));
    assert_eq!(stage.status(&task), "done");
}

#[test]
fn what_is_not_decided_fails_with_the_reason() {
    let mut stage = Stage::empty();
    let decide = json!({"consensus": "unanimous"});
    let task = begun(&mut stage, &panel(&decide));
    does(&mut stage, (&task, "ada"), &vote("approve", 0.9));
    does(&mut stage, (&task, "bob"), &vote("reject", 0.8));
    does(&mut stage, (&task, "eve"), &vote("approve", 0.7));
    assert_eq!(
        standing(&mut stage, &task)[3..],
        [
            "verdict: failed",
            "ship: skipped dead-path",
            "mend: skipped dead-path"
        ]
    );
    assert_eq!(stage.status(&task), "blocked");
    let reason = stage.task(&task)["reason"].as_str().unwrap().to_owned();
    assert!(reason.contains("consensus:not_unanimous"), "{reason}");
}

#[test]
fn a_person_is_shown_the_answers_and_chooses() {
    for (said, outcome) in [
        (json!({}), "verdict: complete approve"),
        (json!({"outcome": "bob"}), "verdict: complete reject"),
        (
            json!({"outcome": "rejected", "notes": "none"}),
            "verdict: failed",
        ),
    ] {
        let mut stage = Stage::empty();
        let task = asked(&mut stage);
        let card = card_of(&mut stage, &task, "verdict");
        let body = stage.task(&card)["body"].as_str().unwrap().to_owned();
        assert!(body.contains("I say reject"), "{body}");
        let mut arguments = said.clone();
        arguments["taskId"] = json!(task);
        stage.ann("aof_task_complete", arguments);
        assert_eq!(standing(&mut stage, &task)[3], outcome, "{said}");
    }
}

/// A panel whose votes a person looks at.
fn asked(stage: &mut Stage) -> String {
    let decide = json!({"consensus": "human_review", "options": ["approve", "reject"]});
    let task = begun(stage, &panel(&decide));
    does(stage, (&task, "ada"), &vote("approve", 0.9));
    does(stage, (&task, "bob"), &vote("reject", 0.8));
    does(stage, (&task, "eve"), &vote("reject", 0.7));
    assert_eq!(standing(stage, &task)[3], "verdict: waiting-human");
    task
}

#[test]
fn an_answer_that_nobody_gave_is_refused_with_those_there_are() {
    let mut stage = Stage::empty();
    let task = asked(&mut stage);
    let before = stage.tree();
    for word in ["ship", "maybe"] {
        let arguments = json!({"taskId": task, "outcome": word});
        let refused = stage.tool(&human("ann"), "aof_task_complete", arguments);
        let refused = refused.unwrap_err();
        assert_eq!(
            (refused.code.as_str(), refused.where_.as_deref()),
            ("AOF-2042", Some("outcome"))
        );
        assert_eq!(
            refused.message,
            format!("`{word}` is no answer to the hop `verdict`")
        );
        assert_eq!(
            refused.hint.as_str(),
            "use one of: success, rejected, ada, approve, bob, eve, reject"
        );
        assert_eq!(stage.tree(), before);
    }
}

#[test]
fn a_refusal_names_twenty_answers() {
    for (voters, is_cut) in [(17, false), (18, true)] {
        let mut stage = Stage::empty();
        let names: Vec<String> = (1..=voters).map(|it| format!("v{it:02}")).collect();
        let voter = |name: &String| json!({"id": name, "kind": "human"});
        let mut hops: Vec<Value> = names.iter().map(voter).collect();
        hops.push(
            json!({"id": "verdict", "kind": "decide", "dependsOn": names,
                         "decide": {"consensus": "human_review"}}),
        );
        let task = begun(&mut stage, &of(json!(hops)));
        for name in &names {
            let card = card_of(&mut stage, &task, name);
            stage.ann(
                "aof_task_complete",
                json!({"taskId": card, "verdict": "yes", "confidence": 1}),
            );
        }
        let arguments = json!({"taskId": task, "outcome": "no"});
        let refused = stage.tool(&human("ann"), "aof_task_complete", arguments);
        let hint = refused.unwrap_err().hint.as_str().to_owned();
        assert_eq!(hint.split(", ").count(), 20, "{hint}");
        assert_eq!(!hint.ends_with(", yes"), is_cut, "{hint}");
    }
}

/// Where a person only looks at what was decided, there is nothing else to choose.
#[test]
fn a_decision_that_is_looked_at_is_taken_or_not() {
    let mut stage = Stage::empty();
    let decide = json!({"consensus": "majority", "minConfidence": 0.9,
                        "options": ["approve", "reject"]});
    let task = begun(&mut stage, &panel(&decide));
    for (hop, word) in [("ada", "approve"), ("bob", "reject"), ("eve", "approve")] {
        does(&mut stage, (&task, hop), &vote(word, 0.9));
    }
    assert_eq!(standing(&mut stage, &task)[3], "verdict: waiting-human");
    let arguments = json!({"taskId": task, "outcome": "bob"});
    let refused = stage.tool(&human("ann"), "aof_task_complete", arguments);
    assert_eq!(
        refused.unwrap_err().hint.as_str(),
        "use one of: success, rejected, approve"
    );
    stage.ann(
        "aof_task_complete",
        json!({"taskId": task, "outcome": "approve"}),
    );
    assert_eq!(standing(&mut stage, &task)[3], "verdict: complete approve");
}

/// Not to answer is no approval.
#[test]
fn a_question_that_is_cancelled_fails_its_hop() {
    let mut stage = Stage::empty();
    let task = asked(&mut stage);
    let card = card_of(&mut stage, &task, "verdict");
    stage.ann(
        "aof_task_cancel",
        json!({"taskId": card, "reason": "nobody has time"}),
    );
    assert_eq!(
        standing(&mut stage, &task)[3..],
        [
            "verdict: failed",
            "ship: skipped dead-path",
            "mend: skipped dead-path"
        ]
    );
    let reason = stage.task(&task)["reason"].as_str().unwrap().to_owned();
    assert!(reason.contains("cancelled: nobody has time"), "{reason}");
}

#[test]
fn whoever_is_first_wins_and_the_others_are_not_waited_for() {
    let mut stage = Stage::empty();
    let decide = json!({"consensus": "first_wins", "options": ["approve", "reject"]});
    let task = begun(&mut stage, &panel(&decide));
    stage.poll();
    does(&mut stage, (&task, "bob"), &vote("reject", 0.1));
    assert_eq!(
        standing(&mut stage, &task),
        [
            "ada: skipped dead-path",
            "bob: complete success",
            "eve: skipped dead-path",
            "verdict: complete reject",
            "ship: skipped dead-path",
            "mend: ready",
        ]
    );
    assert_eq!(stage.cancels().len(), 2);
    does(&mut stage, (&task, "mend"), &json!({}));
    assert_eq!(stage.status(&task), "done");
}

#[test]
fn a_plan_becomes_hops_that_run_before_what_follows() {
    let mut stage = Stage::empty();
    let task = begun(
        &mut stage,
        &of(json!([
            {"id": "plan", "agent": "writer"},
            {"id": "grow", "kind": "expand", "dependsOn": ["plan"], "expand": {"into": "hops"}},
            {"id": "check", "agent": "reader", "dependsOn": ["grow"], "canReject": true},
        ])),
    );
    let plan = json!([
        {"id": "one", "agent": "judge"},
        {"id": "two", "agent": "printer", "dependsOn": ["one"]},
    ]);
    does(
        &mut stage,
        (&task, "plan"),
        &json!({"payload": {"plan": plan}}),
    );
    assert_eq!(
        standing(&mut stage, &task),
        [
            "plan: complete success",
            "grow: complete success",
            "check: pending",
            "one: ready",
            "two: pending",
        ]
    );
    // And it is so after the host was killed
    stage.kill_and_reopen();
    does(&mut stage, (&task, "one"), &json!({}));
    does(&mut stage, (&task, "two"), &json!({}));
    // And a rejection takes the plan back with everything
    does(
        &mut stage,
        (&task, "check"),
        &json!({"outcome": "rejected", "notes": "other plan"}),
    );
    assert_eq!(
        standing(&mut stage, &task),
        ["plan: ready", "grow: pending", "check: pending"]
    );
    does(
        &mut stage,
        (&task, "plan"),
        &json!({"payload": {"plan": []}}),
    );
    does(&mut stage, (&task, "check"), &json!({}));
    assert_eq!(stage.status(&task), "done");
}

#[test]
fn a_plan_that_is_wrong_is_refused_whole() {
    let mut stage = Stage::empty();
    let workflow = of(json!([
        {"id": "plan", "agent": "writer"},
        {"id": "grow", "kind": "expand", "dependsOn": ["plan"], "expand": {"maxCount": 2}},
    ]));
    for (plan, expected) in [
        (
            json!([{"id": "a", "agent": "judge", "dependsOn": ["b"]},
                {"id": "b", "agent": "judge", "dependsOn": ["a"]}]),
            "a → b → a",
        ),
        (
            json!([{"id": "a", "agent": "judge"}, {"id": "b", "agent": "judge"},
                {"id": "c", "agent": "judge"}]),
            "3 entries, over 2",
        ),
        (
            json!([{"id": "a", "agent": "stranger"}]),
            "`stranger`, which the org chart",
        ),
        (json!([{"id": "plan", "agent": "judge"}]), "`plan`"),
    ] {
        let task = begun(&mut stage, &workflow);
        does(
            &mut stage,
            (&task, "plan"),
            &json!({"payload": {"plan": plan}}),
        );
        assert_eq!(
            standing(&mut stage, &task),
            ["plan: complete success", "grow: failed"]
        );
        let reason = stage.task(&task)["reason"].as_str().unwrap().to_owned();
        assert!(
            reason.contains("plan refused") && reason.contains(expected),
            "{reason}"
        );
    }
}

#[test]
fn a_plan_becomes_tasks_and_the_hop_is_over_once_they_are() {
    let mut stage = Stage::empty();
    let task = begun(
        &mut stage,
        &of(json!([
            {"id": "plan", "agent": "writer"},
            {"id": "split", "kind": "expand", "dependsOn": ["plan"], "expand": {"into": "tasks"}},
            {"id": "join", "agent": "reader", "dependsOn": ["split"]},
        ])),
    );
    let plan = json!([
        {"id": "a", "title": "First part", "routing": {"agent": "judge"}},
        {"id": "b", "title": "Second part", "description": "After the first.",
         "routing": {"role": "press"}, "dependsOn": ["a"], "priority": "high"},
    ]);
    does(
        &mut stage,
        (&task, "plan"),
        &json!({"payload": {"plan": plan}}),
    );
    assert_eq!(standing(&mut stage, &task)[1], "split: dispatched");
    let listed = stage.ann("aof_task_list", json!({"parentId": task}));
    let parts = listed["list"]["tasks"].as_array().cloned().unwrap();
    let titled = |title: &str| {
        let found = parts.iter().find(|part| part["title"] == title).unwrap();
        found["id"].as_str().unwrap().to_owned()
    };
    let (first, second) = (titled("First part"), titled("Second part"));
    assert_eq!(stage.status(&second), "backlog");
    stage.ann("aof_task_complete", json!({"taskId": first}));
    stage.poll();
    assert_eq!(standing(&mut stage, &task)[1], "split: dispatched");
    stage.ann("aof_task_complete", json!({"taskId": second}));
    stage.poll();
    assert_eq!(
        standing(&mut stage, &task)[1..],
        ["split: complete success", "join: ready"]
    );
    does(&mut stage, (&task, "join"), &json!({}));
    assert_eq!(stage.status(&task), "done");
}

#[test]
fn thresholds_and_merges_need_nobody() {
    let mut stage = Stage::empty();
    let task = begun(
        &mut stage,
        &of(json!([
            {"id": "ada", "agent": "writer"},
            {"id": "bob", "agent": "reader"},
            {"id": "good", "kind": "decide", "dependsOn": ["ada", "bob"],
             "decide": {"threshold": {"field": "score", "of": "mean", "op": "gte", "value": 80}}},
            {"id": "all", "kind": "decide", "dependsOn": ["ada", "bob"],
             "decide": {"merge": {"rule": "union", "field": "findings"}}},
            {"id": "end", "agent": "judge", "dependsOn": ["good", "all"]},
        ])),
    );
    let of =
        |score: u64, findings: Value| json!({"payload": {"score": score, "findings": findings}});
    does(&mut stage, (&task, "ada"), &of(70, json!(["x"])));
    does(&mut stage, (&task, "bob"), &of(90, json!(["x", "y"])));
    let hops = stage.task(&task)["workflow"]["hops"].clone();
    assert_eq!(hops[2]["state"], "complete");
    assert_eq!(
        hops[3]["result"]["payload"],
        json!({"findings": ["x", "y"]})
    );
    does(&mut stage, (&task, "end"), &json!({}));
    assert_eq!(stage.status(&task), "done");
}
