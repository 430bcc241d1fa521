//! What a person answers who is asked.
//!
//! Never decides by itself: [`Decide::choose`] does. Invariant: an answer that is not refused when
//! it is given counts, as long as the votes are the same.

use serde_json::{Map, Value};

use crate::card::Card;
use crate::gather::gathered;
use crate::id::TaskId;
use crate::refusal::Refusal;
use crate::workflow::computed::{result_of, with_ballots};
use crate::workflow::decide::{Ballot, Choice, Decide, Ruling};
use crate::workflow::flow::Flow;
use crate::workflow::graph::FAILED;
use crate::workflow::outcome::{NOTES, OUTCOME, Outcome, REJECTED, SUCCESS};
use crate::workflow::{Condition, Hop, Kind, State};

/// Answers that are named.
const NAMED_MAX: usize = 20;

/// Checks what a person says of a hop of the task `whole`, by its card.
///
/// # Errors
/// `AOF-2042` if it is a decision that has no such answer, or if nothing in the workflow waits for
/// such an outcome.
pub fn check(whole: &Card, question: &TaskId, said: &Map<String, Value>) -> Result<(), Refusal> {
    let Some(flow) = whole.workflow.as_deref() else {
        return Ok(());
    };
    let mut open = flow.open();
    let hop = open
        .find(|(_, task)| *task == question)
        .and_then(|(at, _)| Some((at, flow.graph().hop(at)?)));
    let (Some((at, hop)), Some(word)) = (hop, said.get(OUTCOME).and_then(Value::as_str)) else {
        return Ok(());
    };
    let is_one = match &hop.kind {
        Kind::Decide(decide) => chosen(flow, (at, decide), Some(said)).is_some(),
        _ => match Outcome::of(Some(said), hop) {
            Outcome::Complete(word) => {
                word == SUCCESS || waited_for(flow, at).contains(&word) || may_be_read(flow, hop)
            }
            _ => true,
        },
    };
    match is_one {
        true => Ok(()),
        false => Err(Refusal::refused(
            "AOF-2042",
            format!("`{word}` is no answer to the hop `{}`", hop.id),
            &format!("use one of: {}", answers(flow, at).join(", ")),
        )
        .at(OUTCOME)),
    }
}

/// Whether a condition looks at the outcome of a hop, whatever it is, or hops are still to come of
/// a plan, which may wait for any.
fn may_be_read(flow: &Flow, hop: &Hop) -> bool {
    let own = format!("hops.{}.result.{OUTCOME}", hop.id);
    let reads = |condition: &Condition| {
        condition.parts().into_iter().any(|part| match part {
            Condition::Compare(field, ..) | Condition::In(field, _) => *field == own,
            _ => false,
        })
    };
    for (hop, record) in flow.graph().hops().iter().zip(&flow.state.hops) {
        let grows = matches!(hop.kind, Kind::Expand(expand) if !expand.into_tasks);
        if grows && !record.standing.state.is_final() {
            return true;
        }
        let whens = hop.edges.iter().map(|edge| &edge.when);
        for condition in whens.chain([&hop.condition]).flatten() {
            if reads(condition) {
                return true;
            }
        }
    }
    false
}

/// Outcomes by which a person ends the hop at a position, the general ones first.
#[must_use]
pub fn answers(flow: &Flow, at: usize) -> Vec<String> {
    let Some(hop) = flow.graph().hop(at) else {
        return Vec::new();
    };
    let mut words: Vec<String> = match hop.decides() {
        true => given(flow, at),
        false => waited_for(flow, at),
    };
    words.retain(|word| ![SUCCESS, REJECTED].contains(&word.as_str()));
    words.sort_unstable();
    words.dedup();
    words.splice(0..0, [SUCCESS, REJECTED].map(str::to_owned));
    words.retain(|word| match &hop.kind {
        Kind::Decide(decide) => {
            let said = gathered([(OUTCOME.to_owned(), word.as_str().into())]);
            chosen(flow, (at, decide), Some(&said)).is_some()
        }
        _ => word != REJECTED || hop.can_reject || hop.duty.waits_for_review,
    });
    words.truncate(NAMED_MAX);
    words
}

/// What was voted for, who voted, and what is suggested.
fn given(flow: &Flow, at: usize) -> Vec<String> {
    let own = flow.state.hops.get(at).and_then(|it| it.result.as_ref());
    let suggested = own.and_then(|own| own.get(OUTCOME)?.as_str());
    let mut words: Vec<String> = with_ballots(flow, at, &|ballots| {
        let words = ballots.iter().flat_map(|it| {
            let verdict = it.result.and_then(|it| it.verdict.as_deref());
            [Some(it.hop.as_str()), verdict.map(str::trim)]
        });
        words.flatten().map(str::to_owned).collect()
    });
    words.extend(suggested.map(str::to_owned));
    words
}

/// Outcomes of a hop that edges name which lead on from it.
fn waited_for(flow: &Flow, at: usize) -> Vec<String> {
    let graph = flow.graph();
    let mut words = Vec::new();
    for hop in graph.after(at).iter().filter_map(|next| graph.hop(*next)) {
        for edge in hop.edges.iter().filter(|edge| edge.from == at) {
            words.extend_from_slice(edge.on.as_deref().unwrap_or_default());
        }
    }
    words
}

/// What a person said of a decision: nothing, or an outcome that is `rejected`, one of the options,
/// or the name of a hop whose answer it shall be. None if there is no such answer.
pub(super) fn chosen(
    flow: &Flow,
    (at, decide): (usize, &Decide),
    said: Option<&Map<String, Value>>,
) -> Option<(State, Map<String, Value>)> {
    let word = said.and_then(|said| said.get(OUTCOME)?.as_str());
    let own = flow.state.hops.get(at).and_then(|it| it.result.clone());
    let suggested = own.as_ref().and_then(|own| own.get(OUTCOME)?.as_str());
    let is_suggested = word.is_none_or(|word| Some(word) == suggested || word == SUCCESS);
    if let (Some(outcome), true) = (suggested, is_suggested) {
        // It was decided, and a person only had to look at it.
        return Some((State::Complete(outcome.to_owned()), own.unwrap_or_default()));
    }
    let place = |ballots: &[Ballot<'_>], word: &str| {
        let by_name = |it: &&Ballot<'_>| it.hop.as_str() == word;
        let by_answer = |it: &&Ballot<'_>| {
            let verdict = it.result.and_then(|it| it.verdict.as_deref());
            verdict.is_some_and(|it| it.trim().eq_ignore_ascii_case(word))
        };
        let found = ballots.iter().find(by_name);
        found
            .or_else(|| ballots.iter().find(by_answer))
            .map(|it| it.at)
    };
    let decision = with_ballots(flow, at, &|ballots| {
        let choice = match word {
            None | Some(SUCCESS) => Choice::Approve,
            Some(REJECTED | FAILED) => Choice::Reject,
            Some(word) => Choice::Choose(place(ballots, word)?),
        };
        decide.choose(ballots, choice)
    });
    let (state, mut result) = match decision {
        Some(decision) => {
            let state = match &decision.ruling {
                Ruling::Complete(outcome) => State::Complete(outcome.clone()),
                _ => State::Failed,
            };
            (state, result_of(&decision))
        }
        None if matches!(word, Some(REJECTED | FAILED)) => (State::Failed, Map::new()),
        None => return None,
    };
    if let Some(notes) = said.and_then(|said| said.get(NOTES)) {
        result.insert(NOTES.to_owned(), notes.clone());
    }
    Some((state, result))
}
