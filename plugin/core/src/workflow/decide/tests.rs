//! Decisions, scenario by scenario of the rules that they follow, and the bounds of each.

use serde_json::{Value, json};

use super::*;

/// How sure, how far and why: what a scenario says of a decision.
#[derive(Debug, PartialEq)]
struct Told<'d> {
    ruling: &'d Ruling,
    winner: Option<usize>,
    confidence: String,
    needs_review: bool,
}

struct Room {
    ids: Vec<HopId>,
    casts: Vec<Cast>,
    results: Vec<HopResult>,
    events: Vec<u64>,
}

/// Hops `a`, `b`, … in this order: `X` says X, `!` failed, `?` has not answered, `-` was not
/// asked.
fn room(answers: &[&str]) -> Room {
    let casts = answers.iter().map(|answer| match *answer {
        "!" => Cast::Failed,
        "?" => Cast::Open,
        "-" => Cast::Skipped,
        _ => Cast::Complete,
    });
    let results = answers.iter().map(|answer| HopResult {
        notes: Some((*answer).to_owned()),
        ..HopResult::default()
    });
    let ids = ('a'..).take(answers.len());
    Room {
        ids: ids
            .map(|id| HopId::parse(&id.to_string()).unwrap())
            .collect(),
        casts: casts.collect(),
        results: results.collect(),
        events: (0..).take(answers.len()).collect(),
    }
}

impl Room {
    fn ballots(&self) -> Vec<Ballot<'_>> {
        let at = 0..self.ids.len();
        at.map(|at| Ballot {
            at,
            hop: &self.ids[at],
            cast: self.casts[at],
            result: (self.casts[at] == Cast::Complete).then(|| &self.results[at]),
            event: self.events[at],
        })
        .collect()
    }

    fn decide(&self, rule: &Decide) -> Decision {
        rule.decide(&self.ballots())
    }
}

fn rule(rule: Rule) -> Decide {
    Decide {
        rule,
        options: Vec::new(),
        votes_min: 1,
        allows_partial: true,
        confidence_min: None,
        merge: None,
    }
}

fn number(text: &str) -> Decimal {
    Decimal::parse(text).unwrap()
}

fn weighted(weights: &[(usize, &str)]) -> Decide {
    let weights = weights.iter().map(|(at, weight)| (*at, number(weight)));
    rule(Rule::Weighted {
        weights: weights.collect(),
    })
}

fn told(decision: &Decision) -> Told<'_> {
    Told {
        ruling: &decision.ruling,
        winner: decision.winner,
        confidence: decision.confidence.unwrap_or_default().to_string(),
        needs_review: decision.needs_review,
    }
}

fn reached(decision: &Decision, winner: usize, confidence: &str) {
    let expected = Told {
        ruling: &Ruling::Complete("success".to_owned()),
        winner: Some(winner),
        confidence: confidence.to_owned(),
        needs_review: false,
    };
    assert_eq!(told(decision), expected, "{}", decision.explanation);
}

fn failed(decision: &Decision, reason: &'static str, confidence: &str) {
    assert_eq!(
        decision.ruling,
        Ruling::Failed(reason),
        "{}",
        decision.explanation
    );
    assert_eq!(told(decision).confidence, confidence);
    assert!(decision.needs_review);
}

#[test]
fn f1_each_hop_has_one_vote() {
    let room = room(&["x", "x", "y"]);
    let mut ballots = room.ballots();
    ballots.extend(room.ballots().into_iter().skip(2));
    ballots.extend(room.ballots().into_iter().skip(2));
    reached(&rule(Rule::Majority).decide(&ballots), 0, "0.6667");
}

#[test]
fn f2_only_an_answer_of_a_hop_that_is_complete_counts() {
    for missing in ["!", "?", ""] {
        let decision = room(&["x", missing, "y"]).decide(&rule(Rule::Majority));
        failed(&decision, "consensus:no_majority", "0.5");
        let strict = Decide {
            allows_partial: false,
            ..rule(Rule::Majority)
        };
        let decision = room(&["x", missing, "x"]).decide(&strict);
        failed(&decision, "consensus:partial_not_allowed", "1");
        // Who was not asked does not lack.
        reached(&room(&["x", "-", "x"]).decide(&strict), 0, "1");
    }
}

#[test]
fn f3_answers_are_compared_whole_without_blanks_around_and_case() {
    let mut room = room(&["  Überprüft \n", "ÜBERPRÜFT", "überprüft", "other"]);
    reached(&room.decide(&rule(Rule::Majority)), 0, "0.75");
    let long = "x".repeat(100);
    room.results[0].notes = Some(format!("{long}a"));
    room.results[1].notes = Some(format!("{long}b"));
    room.results[2].notes = Some(format!("{long}\u{e9}"));
    failed(
        &room.decide(&rule(Rule::Unanimous)),
        "consensus:not_unanimous",
        "0",
    );
    // A verdict speaks before the text.
    for result in &mut room.results {
        result.verdict = Some(" Approve".to_owned());
    }
    reached(&room.decide(&rule(Rule::Unanimous)), 0, "1");
}

#[test]
fn f4_who_has_not_answered_when_it_closes_is_late() {
    let decision = room(&["x", "?"]).decide(&rule(Rule::Unanimous));
    reached(&decision, 0, "1");
    assert_eq!(
        decision.explanation,
        "decided: success, led by a (1); a counted: `x`; b not counted: timeout"
    );
}

#[test]
fn f5_a_quorum_is_asked_for_in_this_order() {
    for algorithm in [
        Rule::Majority,
        Rule::Unanimous,
        Rule::Weighted { weights: vec![] },
    ] {
        let strict = Decide {
            allows_partial: false,
            votes_min: 3,
            ..rule(algorithm.clone())
        };
        let lax = Decide {
            allows_partial: true,
            ..strict.clone()
        };
        for (answers, decide, reason) in [
            (["!", "!", "?"], &strict, "consensus:no_ballots"),
            (["-", "-", "-"], &strict, "consensus:no_ballots"),
            (["x", "x", "!"], &strict, "consensus:partial_not_allowed"),
            (["x", "x", "-"], &strict, "consensus:insufficient_votes"),
            (["x", "x", "!"], &lax, "consensus:insufficient_votes"),
        ] {
            let decision = room(&answers).decide(decide);
            assert_eq!(decision.ruling, Ruling::Failed(reason), "{answers:?}");
        }
        reached(&room(&["x", "x", "x"]).decide(&strict), 0, "1");
    }
    let none = rule(Rule::Majority).decide(&[]);
    failed(&none, "consensus:no_ballots", "0");
    assert_eq!(none.winner, None);
}

#[test]
fn f6_a_majority_is_more_than_half() {
    // FL-1
    let decision = room(&["X", " x ", "Y", "!"]).decide(&Decide {
        votes_min: 2,
        ..rule(Rule::Majority)
    });
    reached(&decision, 0, "0.6667");
    assert_eq!(decision.result.notes.as_deref(), Some("X"));
    assert_eq!(
        decision.explanation,
        "decided: success, led by a (0.6667); a counted: `x`; b counted: `x`; c counted: `y`; \
         d not counted: failed"
    );
    // FL-2
    let decision = room(&["X", "X", "Y", "Z"]).decide(&Decide {
        votes_min: 2,
        ..rule(Rule::Majority)
    });
    failed(&decision, "consensus:no_majority", "0.5");
    // Of two that are alike whoever is declared first leads.
    let decision = room(&["b", "a"]).decide(&rule(Rule::Majority));
    failed(&decision, "consensus:no_majority", "0.5");
    assert_eq!(decision.winner, Some(0));
}

#[test]
fn f7_all_say_the_same_or_not() {
    reached(&room(&["x", "X"]).decide(&rule(Rule::Unanimous)), 0, "1");
    reached(&room(&["!", "x"]).decide(&rule(Rule::Unanimous)), 1, "1");
    let decision = room(&["x", "y", "y"]).decide(&rule(Rule::Unanimous));
    failed(&decision, "consensus:not_unanimous", "0");
    assert_eq!(decision.winner, Some(1));
}

#[test]
fn f8_weights_decide_and_ties_do_not() {
    // FL-3
    let answers = room(&["A", "B", "B"]);
    failed(
        &answers.decide(&weighted(&[(0, "2.0")])),
        "consensus:tie",
        "0.5",
    );
    reached(&answers.decide(&weighted(&[(0, "2.5")])), 0, "0.5556");
    let sure = |needed| Decide {
        confidence_min: Some(number(needed)),
        ..weighted(&[(0, "2.5")])
    };
    failed(
        &answers.decide(&sure("0.6")),
        "consensus:low_confidence",
        "0.5556",
    );
    reached(&answers.decide(&weighted(&[(0, "1.5")])), 1, "0.5714");
    reached(&answers.decide(&weighted(&[])), 1, "0.6667");
    // Exactly as much as is needed is enough; compared before it is rounded.
    let half = room(&["a", "b", "c"]);
    reached(
        &half.decide(&weighted(&[(0, "2"), (1, "1"), (2, "1")])),
        0,
        "0.5",
    );
    failed(
        &half.decide(&weighted(&[(0, "2"), (1, "1"), (2, "1.000001")])),
        "consensus:low_confidence",
        "0.5",
    );
    failed(
        &answers.decide(&weighted(&[(0, "0"), (1, "0"), (2, "0")])),
        "consensus:zero_weight",
        "0",
    );
    // A third is none of three digits.
    reached(
        &answers.decide(&Decide {
            confidence_min: Some(number("0.666666")),
            ..weighted(&[])
        }),
        1,
        "0.6667",
    );
    failed(
        &answers.decide(&Decide {
            confidence_min: Some(number("0.666667")),
            ..weighted(&[])
        }),
        "consensus:low_confidence",
        "0.6667",
    );
}

#[test]
fn f9_the_first_valid_answer_wins_by_the_number_of_its_event() {
    // FL-4
    let mut group = room(&["?", "!", "C"]);
    group.events = vec![18, 15, 17];
    let strict = Decide {
        allows_partial: false,
        votes_min: 3,
        ..rule(Rule::FirstWins)
    };
    reached(&group.decide(&strict), 2, "1");
    let mut both = room(&["A", "!", "C"]);
    both.events = vec![18, 15, 17];
    reached(&both.decide(&strict), 2, "1");
    let waiting = room(&["?", "!"]).decide(&strict);
    assert_eq!((waiting.ruling, waiting.winner), (Ruling::Wait, None));
    failed(
        &room(&["!", "-"]).decide(&strict),
        "consensus:no_ballots",
        "0",
    );
}

#[test]
fn f10_a_person_is_asked_and_may_take_any_valid_answer() {
    let decide = rule(Rule::HumanReview);
    let mut group = room(&["A", "B", "C", "!"]);
    let first = group.decide(&decide);
    assert_eq!(first.ruling, Ruling::Person);
    assert_eq!(
        (first.winner, told(&first).confidence.as_str()),
        (Some(0), "0")
    );
    for (at, confidence) in [(1, "0.8"), (2, "0.8")] {
        group.results[at].confidence = Some(number(confidence));
    }
    let asked = group.decide(&decide);
    assert_eq!(
        (asked.winner, told(&asked).confidence.as_str()),
        (Some(1), "0.8")
    );
    assert!(asked.needs_review);
    group.results[0].confidence = Some(number("0.2"));
    let choose = |choice| decide.choose(&group.ballots(), choice);
    let approved = choose(Choice::Approve).unwrap();
    reached(&approved, 1, "0.6");
    let chosen = choose(Choice::Choose(2)).unwrap();
    reached(&chosen, 2, "0.6");
    assert_eq!(chosen.result.notes.as_deref(), Some("C"));
    assert_eq!(choose(Choice::Choose(3)), None);
    assert_eq!(choose(Choice::Choose(4)), None);
    let rejected = choose(Choice::Reject).unwrap();
    assert_eq!(rejected.ruling, Ruling::Failed("consensus:human_rejected"));
    // Nobody answered: there is nothing to ask a person.
    let none = room(&["!", "?"]);
    failed(&none.decide(&decide), "consensus:no_ballots", "0");
    assert_eq!(decide.choose(&none.ballots(), Choice::Approve), None);
    let other = rule(Rule::Majority);
    assert_eq!(other.choose(&group.ballots(), Choice::Approve), None);
}

#[test]
fn f11_what_is_not_sure_enough_is_looked_at() {
    let sure = |needed| Decide {
        confidence_min: Some(number(needed)),
        ..rule(Rule::Majority)
    };
    let group = room(&["x", "x", "y"]);
    for (needed, needs_review) in [("0.666666", false), ("0.666667", true), ("0", false)] {
        let decision = group.decide(&sure(needed));
        assert_eq!(decision.ruling, Ruling::Complete("success".to_owned()));
        assert_eq!(decision.needs_review, needs_review, "{needed}");
    }
}

#[test]
fn an_option_is_the_outcome_and_what_is_none_does_not_count() {
    let decide = Decide {
        options: vec!["Approve".to_owned(), "reject".to_owned()],
        ..rule(Rule::Majority)
    };
    let decision = room(&["approve", "APPROVE ", "maybe", "reject"]).decide(&decide);
    assert_eq!(decision.ruling, Ruling::Complete("Approve".to_owned()));
    assert_eq!(decision.result.outcome.as_deref(), Some("Approve"));
    assert!(
        decision
            .explanation
            .ends_with("c not counted: not an option; d counted: `reject`"),
        "{}",
        decision.explanation
    );
}

fn given(payloads: &[Value]) -> Room {
    let mut room = room(&vec!["x"; payloads.len()]);
    for (result, payload) in room.results.iter_mut().zip(payloads) {
        result.payload = (!payload.is_null()).then(|| payload.clone());
    }
    room
}

fn threshold(of: Aggregate, comparison: Comparison, value: &str) -> Decide {
    rule(Rule::Threshold(Threshold {
        field: "review.score".to_owned(),
        of,
        comparison,
        value: number(value),
    }))
}

#[test]
fn a_threshold_is_met_or_not() {
    use Aggregate::{Count, Max, Mean, Min, Sum};
    use Comparison::{AtLeast, AtMost, Differs, Equal, Greater, Less};
    let score = |score: Value| json!({"review": {"score": score}});
    let group = given(&[score(json!(0.1)), score(json!(0.2)), score(json!(0.3))]);
    for (of, comparison, value, is_met) in [
        (Min, AtLeast, "0.1", true),
        (Min, Greater, "0.1", false),
        (Max, AtMost, "0.3", true),
        (Max, Less, "0.3", false),
        (Sum, Equal, "0.6", true),
        (Sum, Differs, "0.6", false),
        (Mean, Equal, "0.2", true),
        (Mean, Greater, "0.199999", true),
        (Mean, Less, "0.2", false),
        (Count, AtLeast, "3", true),
        (Count, AtLeast, "3.000001", false),
    ] {
        let decision = group.decide(&threshold(of, comparison, value));
        let expected = match is_met {
            true => Ruling::Complete("success".to_owned()),
            false => Ruling::Failed("threshold:not_met"),
        };
        assert_eq!(decision.ruling, expected, "{of:?} {comparison:?} {value}");
        assert_eq!((decision.winner, decision.confidence), (None, None));
    }
    let part = given(&[score(json!(1)), score(json!("2")), json!({"review": 3})]);
    let decision = part.decide(&threshold(Sum, Equal, "1"));
    assert_eq!(decision.ruling, Ruling::Complete("success".to_owned()));
    assert_eq!(
        decision.explanation,
        "decided: success; a counted: `1`; b not counted: no such number; \
         c not counted: no such number"
    );
    // What is counted need not be a number.
    let decision = part.decide(&threshold(Count, Equal, "2"));
    assert_eq!(decision.ruling, Ruling::Complete("success".to_owned()));
    let strict = Decide {
        allows_partial: false,
        ..threshold(Sum, Equal, "1")
    };
    assert_eq!(
        part.decide(&strict).ruling,
        Ruling::Failed("threshold:partial_not_allowed")
    );
    let few = Decide {
        votes_min: 2,
        ..threshold(Sum, Equal, "1")
    };
    assert_eq!(
        part.decide(&few).ruling,
        Ruling::Failed("threshold:insufficient_votes")
    );
    let none = given(&[json!(null)]).decide(&threshold(Sum, Equal, "0"));
    assert_eq!(none.ruling, Ruling::Failed("threshold:no_values"));
}

#[test]
fn a_thousand_large_numbers_are_added_exactly() {
    let most = json!({"review": {"score": 1_000_000_000_000_u64}});
    let ids: Vec<HopId> = (0..1_000)
        .map(|at| HopId::parse(&format!("h{at}")).unwrap())
        .collect();
    let result = HopResult {
        payload: Some(most),
        ..HopResult::default()
    };
    let ballots = ids.iter().enumerate().map(|(at, hop)| Ballot {
        at,
        hop,
        cast: Cast::Complete,
        result: Some(&result),
        event: 0,
    });
    let ballots: Vec<Ballot<'_>> = ballots.collect();
    for (of, comparison, value) in [
        (Aggregate::Mean, Comparison::Equal, "1000000000000"),
        (Aggregate::Sum, Comparison::Greater, "1000000000000"),
    ] {
        let decision = threshold(of, comparison, value).decide(&ballots);
        assert!(matches!(decision.ruling, Ruling::Complete(_)), "{of:?}");
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
fn payloads_become_one() {
    use MergeRule::{ByKey, Concat, First, Last, Union};
    let found = |items: Value| json!({"a": {"found": items}});
    let (one, two) = (json!({"id": 1, "x": 1}), json!({"id": "b", "x": 2}));
    let new = json!({"id": 1, "x": 3});
    let group = given(&[
        found(json!([one, two])),
        found(json!([new, two])),
        json!(null),
        found(json!(5)),
    ]);
    for (how, expected, counts) in [
        (
            merge(Concat, Some("a.found"), None),
            found(json!([one, two, new, two, 5])),
            3,
        ),
        (
            merge(Union, Some("a.found"), None),
            found(json!([one, two, new, 5])),
            3,
        ),
        (
            merge(First, Some("a.found"), None),
            found(json!([one, two])),
            3,
        ),
        (merge(Last, Some("a.found"), None), found(json!(5)), 3),
        (merge(First, None, None), found(json!([one, two])), 3),
        (
            merge(ByKey, Some("a.found"), Some("id")),
            found(json!({"1": new, "b": two})),
            2,
        ),
        (
            merge(ByKey, Some("a.found"), None),
            found(json!({"a": [one, two], "b": [new, two], "d": 5})),
            3,
        ),
    ] {
        let decision = group.decide(&Decide {
            merge: how.clone(),
            ..rule(Rule::Merge)
        });
        assert_eq!(decision.result.payload, Some(expected), "{how:?}");
        assert_eq!(decision.ruling, Ruling::Complete("success".to_owned()));
        let counted = decision.explanation.matches(" counted: `").count();
        assert_eq!(counted, counts, "{how:?}");
    }
    let none = room(&["x", "!"]).decide(&Decide {
        merge: merge(Concat, None, None),
        ..rule(Rule::Merge)
    });
    assert_eq!(none.ruling, Ruling::Failed("merge:none"));
}

#[test]
fn of_a_vote_the_payloads_of_those_who_won_are_handed_on() {
    let mut group = given(&[json!([1]), json!([2]), json!([3])]);
    group.results[0].notes = Some("other".to_owned());
    let plain = group.decide(&rule(Rule::Majority));
    assert_eq!(plain.result.payload, Some(json!([2])));
    let all = group.decide(&Decide {
        merge: merge(MergeRule::Concat, None, None),
        ..rule(Rule::Majority)
    });
    assert_eq!(all.result.payload, Some(json!([2, 3])));
}

#[test]
fn a_merged_payload_is_no_larger_than_one_that_a_hop_hands_on() {
    // Two texts in a list: four quotes, a comma and two brackets.
    for (bytes, ruling) in [
        (32_761, Ruling::Complete("success".to_owned())),
        (32_762, Ruling::Failed("merge:too_large")),
    ] {
        let halves = [json!("x".repeat(16_000)), json!("y".repeat(bytes - 16_000))];
        let decision = given(&halves).decide(&Decide {
            merge: merge(MergeRule::Concat, None, None),
            ..rule(Rule::Merge)
        });
        assert_eq!(decision.ruling, ruling, "{bytes}");
    }
}

/// All orders of some things.
fn orders<T: Clone>(all: &[T]) -> Vec<Vec<T>> {
    let Some((first, rest)) = all.split_first() else {
        return vec![Vec::new()];
    };
    let shorter = orders(rest).into_iter();
    let longer = shorter.flat_map(|order| {
        (0..=order.len()).map(move |at| {
            let mut longer = order.clone();
            longer.insert(at, first.clone());
            longer
        })
    });
    longer.collect()
}

#[test]
fn the_order_in_which_votes_come_never_matters() {
    let rules = [
        rule(Rule::Majority),
        rule(Rule::Unanimous),
        weighted(&[(1, "1.5"), (3, "0.5")]),
        rule(Rule::FirstWins),
        rule(Rule::HumanReview),
        Decide {
            merge: merge(MergeRule::ByKey, None, None),
            ..rule(Rule::Merge)
        },
        threshold(Aggregate::Mean, Comparison::AtLeast, "2"),
    ];
    let answers = ["x", "y", "!", "?"];
    let mut lives = 0;
    for number in 0..256_usize {
        let said: Vec<&str> = (0..4).map(|at| answers[number >> (2 * at) & 3]).collect();
        let mut group = room(&said);
        group.events = vec![7, 5, 5, 6];
        for (at, result) in group.results.iter_mut().enumerate() {
            result.payload = Some(json!({"review": {"score": at}}));
            result.confidence = Some(Decimal::parse(["0.5", "0.9"][at % 2]).unwrap());
        }
        for decide in &rules {
            let expected = group.decide(decide);
            for order in orders(&group.ballots()) {
                assert_eq!(decide.decide(&order), expected, "{said:?} {decide:?}");
                lives += 1;
            }
        }
    }
    assert_eq!(lives, 256 * 7 * 24);
}
