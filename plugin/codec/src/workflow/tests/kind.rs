//! Hops of every kind, with the fields that each has.

use aof_core::budget::{Budget, Window};
use aof_core::sla::{CardSla, Limits, Policy};
use aof_core::workflow::condition::Comparison;
use aof_core::workflow::decide::{Aggregate, Decide, Merge, MergeRule, Rule, Threshold};
use aof_core::workflow::decimal::Decimal;
use aof_core::workflow::{Bounds, Doer, Expand, Hop, Join, Kind};
use serde_json::json;

use super::{read, told};
use crate::finding::Findings;
use crate::workflow::definition::{CODES, definition_of};
use crate::yaml::Node;

/// Two hops, and a third one after them.
fn third(fields: &str) -> String {
    format!("name: w\nhops:\n- {{id: a, role: r}}\n- {{id: b, role: r}}\n- {{id: c, {fields}}}\n")
}

fn hop(fields: &str) -> Hop {
    read(&third(fields)).graph.hops()[2].clone()
}

fn decide(fields: &str) -> Decide {
    let hop = hop(&format!(
        "kind: decide, dependsOn: [b, a], decide: {{{fields}}}"
    ));
    match hop.kind {
        Kind::Decide(decide) => *decide,
        other => panic!("{other:?}"),
    }
}

fn number(text: &str) -> Decimal {
    Decimal::parse(text).unwrap()
}

fn plain(rule: Rule) -> Decide {
    Decide {
        rule,
        options: Vec::new(),
        votes_min: 1,
        allows_partial: true,
        confidence_min: None,
        merge: None,
    }
}

fn merge(rule: MergeRule, field: Option<&str>, key: Option<&str>) -> Option<Merge> {
    Some(Merge {
        rule,
        field: field.map(str::to_owned),
        key: key.map(str::to_owned),
    })
}

#[test]
fn every_way_to_decide_is_read() {
    let weights = vec![(0, number("2.5")), (1, number("0"))];
    for (fields, expected) in [
        ("consensus: majority", plain(Rule::Majority)),
        (
            "consensus: majority, options: [Yes, no], minVotes: 2, allowPartial: false, \
             minConfidence: 0.6",
            Decide {
                options: vec!["Yes".to_owned(), "no".to_owned()],
                votes_min: 2,
                allows_partial: false,
                confidence_min: Some(number("0.6")),
                ..plain(Rule::Majority)
            },
        ),
        ("consensus: unanimous", plain(Rule::Unanimous)),
        (
            "consensus: weighted",
            plain(Rule::Weighted { weights: vec![] }),
        ),
        (
            "consensus: weighted, weights: {a: 2.5, b: 0}",
            plain(Rule::Weighted { weights }),
        ),
        ("consensus: first_wins", plain(Rule::FirstWins)),
        (
            "consensus: human_review, merge: {rule: last}",
            Decide {
                merge: merge(MergeRule::Last, None, None),
                ..plain(Rule::HumanReview)
            },
        ),
        (
            "threshold: {field: review.score, of: mean, op: gte, value: -1.5}",
            plain(Rule::Threshold(Threshold {
                field: "review.score".to_owned(),
                of: Aggregate::Mean,
                comparison: Comparison::AtLeast,
                value: number("-1.5"),
            })),
        ),
        (
            "merge: {rule: by_key, field: found, key: id}",
            Decide {
                merge: merge(MergeRule::ByKey, Some("found"), Some("id")),
                ..plain(Rule::Merge)
            },
        ),
    ] {
        assert_eq!(decide(fields), expected, "{fields}");
    }
}

#[test]
fn every_word_for_numbers_and_merges_is_read() {
    for (word, of) in [
        ("min", Aggregate::Min),
        ("max", Aggregate::Max),
        ("sum", Aggregate::Sum),
        ("count", Aggregate::Count),
    ] {
        let decide = decide(&format!(
            "threshold: {{field: x, of: {word}, op: lt, value: 1}}"
        ));
        assert!(
            matches!(&decide.rule, Rule::Threshold(it) if it.of == of),
            "{decide:?}"
        );
    }
    for (word, rule) in [
        ("concat", MergeRule::Concat),
        ("union", MergeRule::Union),
        ("first", MergeRule::First),
    ] {
        let decide = decide(&format!("merge: {{rule: {word}}}"));
        assert_eq!(decide.merge, merge(rule, None, None));
    }
}

#[test]
fn the_first_answer_decides_at_once_unless_told_otherwise() {
    let join = |more: &str, consensus: &str| {
        let fields = format!("kind: decide, dependsOn: [a, b], decide: {{consensus: {consensus}}}");
        hop(&format!("{fields}{more}")).join
    };
    assert_eq!(join("", "first_wins"), Join::Any);
    assert_eq!(join(", joinType: all", "first_wins"), Join::All);
    assert_eq!(join("", "majority"), Join::All);
}

fn deciding(fields: &str) -> String {
    format!("kind: decide, dependsOn: [a, b], decide: {{{fields}}}")
}

fn of_threshold(fields: &str) -> String {
    deciding(&format!("threshold: {{{fields}}}"))
}

/// A decision with so many options.
fn many(count: usize) -> String {
    let words: Vec<String> = (0..count).map(|at| format!("o{at}")).collect();
    deciding(&format!(
        "consensus: majority, options: [{}]",
        words.join(", ")
    ))
}

#[test]
fn what_is_wrong_with_the_votes_of_a_decision_is_told() {
    for (fields, expected) in [
        (
            "kind: decide, dependsOn: [a]".to_owned(),
            "AOF-1162 5:3 `hops[2].decide` is missing",
        ),
        (
            "kind: decide, decide: {consensus: majority}".to_owned(),
            "`hops[2].dependsOn` is missing: nothing can decide",
        ),
        (
            deciding(""),
            "`hops[2].decide.consensus` is missing: nothing decides",
        ),
        (
            deciding("minVotes: 1"),
            "`hops[2].decide.consensus` is missing",
        ),
        (
            deciding("consensus: majorty"),
            "AOF-1162 5:64 `hops.decide.consensus` must be majority, unanimous, weighted, \
             first_wins or human_review",
        ),
        (
            deciding("consensus: majority, minVote: 2"),
            "AOF-1161 5:74 unknown key `hops.decide.minVote` | did you mean `minVotes`?",
        ),
        (
            deciding("consensus: majority, threshold: {field: x, of: min, op: gt, value: 1}"),
            "`hops[2].decide.threshold` stands beside `consensus`",
        ),
        (
            deciding("consensus: majority, minVotes: 3"),
            "`hops[2].decide.minVotes` is more than the 2 hops that it depends on",
        ),
        (
            deciding("consensus: majority, minVotes: 0"),
            "a whole number from 1",
        ),
        (
            deciding("consensus: first_wins, minVotes: 1"),
            "`hops[2].decide.minVotes` is only of majority, unanimous or weighted",
        ),
        (
            deciding("consensus: human_review, allowPartial: true"),
            "`hops[2].decide.allowPartial` is only of majority, unanimous or weighted",
        ),
        (
            deciding("consensus: unanimous, minConfidence: 1"),
            "`hops[2].decide.minConfidence` is only of majority or weighted",
        ),
    ] {
        let found = told(&third(&fields));
        let is_told = found.iter().any(|it| it.contains(expected));
        assert!(is_told, "{fields}: {found:#?}");
    }
}

#[test]
fn what_is_wrong_with_a_decision_is_told() {
    for (fields, expected) in [
        (
            deciding("consensus: majority, weights: {a: 1}"),
            "`hops[2].decide.weights` is only of weighted",
        ),
        (
            deciding("merge: {rule: last}, options: [x]"),
            "`hops[2].decide.options` is only of consensus",
        ),
        (
            deciding("consensus: majority, minConfidence: 1.000001"),
            "`hops[2].decide.minConfidence` is `1.000001`, no number from 0 to 1",
        ),
        (
            deciding("consensus: majority, minConfidence: 0.1234567"),
            "no number from 0 to 1",
        ),
        (
            deciding("consensus: weighted, weights: {a: -1}"),
            "`hops[2].decide.weights.a` is `-1`, no number from 0 to 1000",
        ),
        (
            deciding("consensus: weighted, weights: {a: 1000.000001}"),
            "no number from 0 to 1000",
        ),
        (
            deciding("consensus: weighted, weights: {aa: 1}"),
            "AOF-1162 5:88 `hops[2].decide.weights.aa` is `aa`, which is no hop | did you mean \
             `a`?",
        ),
        (
            deciding("consensus: weighted, weights: {c: 1}"),
            "`hops[2].decide.weights.c` weighs a hop that has no vote",
        ),
        (
            deciding("consensus: majority, options: []"),
            "`hops[2].decide.options` is empty",
        ),
        (
            deciding("consensus: majority, options: [Yes, yes]"),
            "`hops[2].decide.options` has `yes`, which cannot be told apart",
        ),
        (
            deciding("consensus: majority, options: [Failed]"),
            "has `Failed`",
        ),
        (deciding("consensus: majority, options: [a b]"), "has `a b`"),
    ] {
        let found = told(&third(&fields));
        let is_told = found.iter().any(|it| it.contains(expected));
        assert!(is_told, "{fields}: {found:#?}");
    }
}

#[test]
fn a_threshold_a_merge_and_every_bound_is_told_where_it_is_broken() {
    for (fields, expected) in [
        (
            many(33),
            "AOF-1104 5:83 `hops[2].decide.options` has over 32 entries",
        ),
        (
            of_threshold("of: min, op: gt, value: 1"),
            "`hops.decide.threshold.field` is missing",
        ),
        (
            of_threshold("field: x, of: mean, op: gt, value: many"),
            "`hops[2].decide.threshold.value` is `many`, no number",
        ),
        (
            of_threshold("field: x..y, of: mean, op: gt, value: 1"),
            "`hops[2].decide.threshold.field` is no path",
        ),
        (
            of_threshold("field: x, of: mode, op: gt, value: 1"),
            "min, max, sum, mean or count",
        ),
        (
            of_threshold("field: x, of: mean, op: above, value: 1"),
            "gt, gte, lt",
        ),
        (
            deciding("merge: {rule: last, key: id}"),
            "`hops[2].decide.merge.key` is only of by_key",
        ),
        (
            deciding("merge: {rule: last, field: .x}"),
            "`hops[2].decide.merge.field` is no path",
        ),
        (
            deciding("merge: {rule: mix}"),
            "concat, union, first, last or by_key",
        ),
        (deciding("merge: {}"), "`hops.decide.merge.rule` is missing"),
    ] {
        let found = told(&third(&fields));
        let is_told = found.iter().any(|it| it.contains(expected));
        assert!(is_told, "{fields}: {found:#?}");
    }
    assert_eq!(told(&third(&many(32))), Vec::<String>::new());
    let most = deciding("consensus: weighted, weights: {a: 1000}");
    assert_eq!(told(&third(&most)), Vec::<String>::new());
}

#[test]
fn a_hop_that_expands_is_read() {
    let expand = |fields: &str| match hop(&format!("kind: expand, {fields}")).kind {
        Kind::Expand(expand) => expand,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        expand("dependsOn: [b]"),
        Expand {
            from: 1,
            into_tasks: false,
            bounds: Bounds::USUAL,
        }
    );
    assert_eq!(
        expand(
            "dependsOn: [b, a], expand: {from: a, into: tasks, maxCount: 100, maxWidth: 1, \
             maxDepth: 8}"
        ),
        Expand {
            from: 0,
            into_tasks: true,
            bounds: Bounds {
                count: 100,
                width: 1,
                depth: 8,
            },
        }
    );
    for (fields, expected) in [
        (
            "dependsOn: [a, b]",
            "AOF-1162 5:3 `hops[2].expand.from` names no hop that it depends on",
        ),
        ("description: x", "`hops[2].expand.from` names no hop"),
        (
            "dependsOn: [a], expand: {from: b}",
            "`hops[2].expand.from` names no hop",
        ),
        (
            "dependsOn: [a], expand: {from: bb}",
            "AOF-1162 5:56 `hops[2].expand.from` is `bb`, which is no hop | did you mean `b`?",
        ),
        (
            "dependsOn: [a], expand: {into: task}",
            "must be hops or tasks",
        ),
        ("dependsOn: [a], expand: {maxCount: 0}", "from 1 to 100"),
        ("dependsOn: [a], expand: {maxCount: 101}", "from 1 to 100"),
        ("dependsOn: [a], expand: {maxWidth: 101}", "from 1 to 100"),
        ("dependsOn: [a], expand: {maxDepth: 9}", "from 1 to 8"),
        (
            "dependsOn: [a], expand: {maxcount: 9}",
            "AOF-1161 5:50 unknown key `hops.expand.maxcount` | did you mean `maxCount`?",
        ),
    ] {
        let found = told(&third(&format!("kind: expand, {fields}")));
        let is_told = found.iter().any(|it| it.contains(expected));
        assert!(is_told, "{fields}: {found:#?}");
    }
}

#[test]
fn a_person_of_a_role_does_what_requires_one() {
    let person = hop("role: lead, requireHuman: true");
    assert_eq!(person, hop("role: lead, kind: human"));
    assert!(person.duty.is_human);
    assert!(matches!(&person.duty.doer, Some(Doer::Role(role)) if role.as_str() == "lead"));
    assert!(!hop("role: lead, requireHuman: false").duty.is_human);
    assert!(
        hop("role: lead, kind: human, requireHuman: true")
            .duty
            .is_human
    );
}

#[test]
fn a_field_without_effect_on_a_hop_is_refused() {
    let decide = "kind: decide, dependsOn: [a], decide: {consensus: majority}";
    let expand = "kind: expand, dependsOn: [a]";
    let of_doers = [
        "role: r",
        "agent: r",
        "team: r",
        "requireHuman: true",
        "autoAdvance: false",
        "canReject: true",
        "timeout: 2h",
        "escalateTo: r",
        "retries: 1",
        "resource: x",
        "sla: {maxQueueMs: 60000}",
        "budget: {tokensMax: 1}",
    ];
    let mut cases: Vec<(String, String)> = Vec::new();
    for (kind, hop) in [("decide", decide), ("expand", expand)] {
        for field in of_doers {
            let key = field.split(':').next().unwrap();
            let message = format!("`hops[2].{key}` has no effect on a hop of kind `{kind}`");
            cases.push((format!("{hop}, {field}"), message));
        }
    }
    for field in ["retries: 1", "resource: x", "budget: {tokensMax: 1}"] {
        let key = field.split(':').next().unwrap();
        let message = format!("`hops[2].{key}` has no effect on a hop of kind `human`");
        cases.push((format!("kind: human, {field}"), message.clone()));
        cases.push((format!("role: r, requireHuman: true, {field}"), message));
    }
    for (fields, message) in [
        (
            "role: r, decide: {consensus: majority}",
            "`hops[2].decide` is of another kind of hop | write `kind: decide`, or take it out",
        ),
        (
            "role: r, expand: {}",
            "`hops[2].expand` is of another kind of hop",
        ),
        (
            "kind: human, decide: {consensus: majority}",
            "`hops[2].decide` is of another kind of hop",
        ),
        (
            "kind: expand, dependsOn: [a], decide: {consensus: majority}",
            "`hops[2].decide` is of another kind of hop",
        ),
        (
            "agent: r, requireHuman: true",
            "AOF-1162 5:35 `hops[2].requireHuman` is of a hop without a role",
        ),
        (
            "role: r, kind: work, requireHuman: true",
            "`hops[2].requireHuman` contradicts `kind: work`",
        ),
        ("role: r, kind: robot", "work, human, decide or expand"),
    ] {
        cases.push((fields.to_owned(), message.to_owned()));
    }
    for (fields, expected) in cases {
        let found = told(&third(&fields));
        let is_told = found.iter().any(|it| it.contains(&expected));
        assert!(is_told, "{fields}: {found:#?}");
    }
}

#[test]
fn everything_that_is_wrong_with_a_hop_is_told_at_once() {
    let found = told(&third(
        "kind: decide, dependsOn: [x], role: r, joinType: some, decide: {consensus: majority}",
    ));
    let told: Vec<&str> = found
        .iter()
        .map(|it| it.split(' ').nth(2).unwrap())
        .collect();
    let expected = [
        "`hops[2].dependsOn[0]`",
        "`hops[2].role`",
        "`hops[2].joinType`",
    ];
    assert_eq!(told, expected, "{found:#?}");
}

#[test]
fn a_hop_has_limits_of_its_own() {
    let sla = "sla: {maxInProgressMs: 60000, maxQueueMs: 70000, maxReviewMs: 80000, \
               maxBlockedMs: 90000, onViolation: block}";
    let own = hop(&format!(
        "role: r, {sla}, budget: {{tokensMax: 5, costMicrosMax: 6, alertAtPercent: 7}}"
    ));
    let expected = CardSla {
        limits: Limits {
            in_progress_ms: Some(60_000),
            queue_ms: Some(70_000),
            review_ms: Some(80_000),
            blocked_ms: Some(90_000),
        },
        on_violation: Some(Policy::Block),
    };
    assert_eq!(own.duty.sla, expected);
    let budget = Budget {
        tokens_max: Some(5),
        cost_micros_max: Some(6),
        window: Window::Total,
        alert_at_percent: 7,
    };
    assert_eq!(own.duty.budget, Some(budget));
    let none = hop("role: r");
    assert_eq!(
        (none.duty.sla, none.duty.budget),
        (CardSla::default(), None)
    );
    for (fields, expected) in [
        ("sla: {maxQueueMs: 59999}", "from 60000 to 86400000"),
        ("sla: {maxQueMs: 60000}", "did you mean `maxQueueMs`?"),
        ("sla: {onViolation: shout}", "alert, block or deadletter"),
        ("budget: {alertAtPercent: 7}", "a budget has no limit"),
        ("budget: {tokenMax: 7}", "did you mean `tokensMax`?"),
        (
            "budget: {tokensMax: 7, window: day}",
            "unknown key `hops.budget.window`",
        ),
    ] {
        let found = told(&third(&format!("role: r, {fields}")));
        let is_told = found.iter().any(|it| it.contains(expected));
        assert!(is_told, "{fields}: {found:#?}");
    }
}

#[test]
fn a_part_of_a_file_is_told_with_what_leads_to_it() {
    let value = json!({"name": "w", "colour": 1, "hops": [
        {"id": "a", "role": "r", "timeout": "1s", "size": 3},
        {"id": "b", "role": "r", "dependsOn": ["c"]},
        {"id": "c", "role": "r", "dependsOn": ["x"]},
    ]});
    let mut findings = Findings::new("card.md", &CODES);
    let node = Node::from_value(&value);
    assert_eq!(
        definition_of(&node, "workflow.definition.", &mut findings),
        None
    );
    let told: Vec<String> = findings
        .into_all()
        .into_iter()
        .map(|it| it.message)
        .collect();
    assert_eq!(
        told,
        [
            "unknown key `workflow.definition.colour`",
            "unknown key `workflow.definition.hops.size`",
            "`workflow.definition.hops[0].timeout` is `1s`, which is no time",
            "`workflow.definition.hops[2].dependsOn[0]` is `x`, which is no hop",
        ]
    );
    for (hops, expected) in [
        (
            json!([{"id": "a", "role": "r"}, {"id": "a", "role": "r"}]),
            "`workflow.definition.hops[1].id` is `a`, as workflow.definition.hops[0] is",
        ),
        (json!([]), "`workflow.definition.hops` is empty"),
    ] {
        let value = json!({"name": "w", "hops": hops});
        let mut findings = Findings::new("card.md", &CODES);
        let node = Node::from_value(&value);
        definition_of(&node, "workflow.definition.", &mut findings);
        let told: Vec<String> = findings
            .into_all()
            .into_iter()
            .map(|it| it.message)
            .collect();
        assert_eq!(told, [expected]);
    }
}
