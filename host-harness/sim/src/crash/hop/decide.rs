//! Every way in which a decision is made, made anew, or not made.
//!
//! Invariant: two hops vote, the first of them with `aye`.

use aof_host::contract::types::Error;
use serde_json::json;

use super::super::act::by_ann;
use super::super::case::Case;
use super::super::rig::Rig;
use super::super::scene::ONE;
use super::{at_work, card_of, case, comes_true, finish, hop, is, start_all};

const MAJORITY: &str = "consensus: majority, options: [aye, nay]";
const REVIEWED: &str = "consensus: human_review, options: [aye, nay]";
const FIRST: &str = "consensus: first_wins, options: [aye, nay]";

pub(crate) const CASES: &[Case] = &[
    case(
        "the last vote decides",
        || one_vote(MAJORITY),
        |rig| vote(rig, "b", "aye"),
        |rig| {
            comes_true(rig, |rig| {
                is(rig, "d", "complete") && !is(rig, "e", "pending")
            })
        },
    ),
    case(
        "the last vote decides nothing",
        || one_vote(MAJORITY),
        |rig| vote(rig, "b", "nay"),
        |rig| {
            comes_true(rig, |rig| {
                is(rig, "d", "failed") && rig.status(ONE) == "blocked"
            })
        },
    ),
    case(
        "the first answer wins",
        || panel(FIRST),
        |rig| vote(rig, "a", "aye"),
        |rig| {
            comes_true(rig, |rig| {
                is(rig, "d", "complete") && is(rig, "b", "skipped")
            })
        },
    ),
    case(
        "a person is asked",
        || one_vote(REVIEWED),
        |rig| vote(rig, "b", "nay"),
        |rig| comes_true(rig, |rig| is(rig, "d", "waiting-human")),
    ),
    case(
        "a person takes what is suggested",
        asked,
        |rig| answer(rig, "success"),
        |rig| comes_true(rig, |rig| hop(rig, "d")["outcome"] == "aye"),
    ),
    case(
        "a person chooses another answer",
        asked,
        |rig| answer(rig, "b"),
        |rig| comes_true(rig, |rig| hop(rig, "d")["outcome"] == "nay"),
    ),
    case(
        "a person takes no answer",
        asked,
        |rig| answer(rig, "rejected"),
        |rig| comes_true(rig, |rig| rig.status(ONE) == "blocked"),
    ),
    case(
        "a question is cancelled",
        asked,
        |rig| {
            let card = card_of(rig, "d")?;
            by_ann(rig, "aof_task_cancel", json!({"taskId": card}))
        },
        |rig| comes_true(rig, |rig| rig.status(ONE) == "blocked"),
    ),
    case(
        "a decision is made anew",
        || {
            let mut rig = one_vote(MAJORITY)?;
            vote(&mut rig, "b", "aye")?;
            start_all(&mut rig)?;
            Ok(rig)
        },
        |rig| finish(rig, "e", &json!({"outcome": "rejected", "notes": "no"})),
        |rig| {
            comes_true(rig, |rig| {
                hop(rig, "e")["rejections"] == 1 && is(rig, "e", "ready")
            })
        },
    ),
];

/// Two that vote at the same time, what decides by this rule, and what follows.
fn panel(rule: &str) -> Result<Rig, Error> {
    let hops = format!(
        "{{id: a, agent: writer}}, {{id: b, agent: writer}}, \
         {{id: d, kind: decide, dependsOn: [a, b], decide: {{{rule}}}}}, \
         {{id: e, agent: writer, dependsOn: [d], canReject: true, \
         rejectionStrategy: predecessors}}"
    );
    at_work(&hops)
}

fn one_vote(rule: &str) -> Result<Rig, Error> {
    let mut rig = panel(rule)?;
    vote(&mut rig, "a", "aye")?;
    Ok(rig)
}

/// A person is asked about two answers.
fn asked() -> Result<Rig, Error> {
    let mut rig = one_vote(REVIEWED)?;
    vote(&mut rig, "b", "nay")?;
    Ok(rig)
}

fn vote(rig: &mut Rig, name: &str, word: &str) -> Result<(), Error> {
    finish(rig, name, &json!({"verdict": word}))
}

/// What a person answers who is asked.
fn answer(rig: &mut Rig, word: &str) -> Result<(), Error> {
    let said = json!({"taskId": ONE, "outcome": word, "notes": "as I see it"});
    by_ann(rig, "aof_task_complete", said)
}
