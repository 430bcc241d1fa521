//! Who takes part in a decision, what they say, and who says the same.
//!
//! Never decides. Invariant: voters stand in the order in which the workflow declares their hops.

use serde_json::Value;

use super::merge::is_part;
use super::{Aggregate, Ballot, Cast, Decide, Rule};
use crate::order;
use crate::workflow::decimal::Decimal;
use crate::workflow::result::field;

/// Characters of an answer that are repeated.
const ANSWER_CHARS: usize = 40;

/// One who takes part.
#[derive(Debug)]
pub(super) struct Voter<'b> {
    /// What it came to.
    pub ballot: Ballot<'b>,
    /// What it says, as it is compared.
    pub answer: String,
    /// The number that it gives to a threshold.
    pub value: Option<Decimal>,
    /// How much that counts, in millionths.
    pub weight: i64,
    /// Why it does not count.
    pub flaw: Option<&'static str>,
}

/// Those who say the same.
#[derive(Debug)]
pub(super) struct Group {
    /// Places among the voters.
    pub members: Vec<usize>,
    /// What they weigh together, in millionths.
    pub weight: i64,
}

impl Group {
    /// How many there are.
    pub(super) fn votes(&self) -> i64 {
        i64::try_from(self.members.len()).unwrap_or(i64::MAX)
    }
}

impl<'b> Voter<'b> {
    /// What it hands on.
    pub(super) fn payload(&self) -> Option<&'b Value> {
        self.ballot.result?.payload.as_ref()
    }

    /// Whether it counts, and what it says.
    pub(super) fn told(&self) -> String {
        if let Some(flaw) = self.flaw {
            return format!("not counted: {flaw}");
        }
        let mut said: String = match self.value {
            Some(value) => value.to_string(),
            None => self.answer.chars().take(ANSWER_CHARS).collect(),
        };
        if self.value.is_none() && self.answer.chars().nth(ANSWER_CHARS).is_some() {
            said.push('…');
        }
        let said = said.escape_debug();
        match self.weight == Decimal::ONE.units() {
            true => format!("counted: `{said}`"),
            false => format!("counted {}: `{said}`", Decimal::mean(self.weight.into(), 1)),
        }
    }
}

/// An answer as it is compared: without blanks around it, in lower case.
pub(super) fn normal(text: &str) -> String {
    text.trim().to_lowercase()
}

/// All who take part, in declared order.
pub(super) fn voters<'b>(decide: &Decide, ballots: &[Ballot<'b>]) -> Vec<Voter<'b>> {
    let mut places: Vec<usize> = ballots.iter().map(|ballot| ballot.at).collect();
    order::sort_by_key(&mut places, |place| *place);
    places.dedup();
    let of = |at| ballots.iter().find(|ballot| ballot.at == at);
    let known = places.into_iter().filter_map(of);
    known.map(|ballot| voter(decide, *ballot)).collect()
}

fn voter<'b>(decide: &Decide, ballot: Ballot<'b>) -> Voter<'b> {
    let said = ballot.result.and_then(|result| {
        let verdict = result.verdict.as_deref();
        verdict.or(result.notes.as_deref())
    });
    let mut voter = Voter {
        ballot,
        answer: normal(said.unwrap_or_default()),
        value: None,
        weight: Decimal::ONE.units(),
        flaw: None,
    };
    if let Rule::Weighted { weights } = &decide.rule
        && let Some((_, weight)) = weights.iter().find(|(at, _)| *at == ballot.at)
    {
        voter.weight = weight.units();
    }
    if let Rule::Threshold(threshold) = &decide.rule {
        let payload = voter.payload();
        let found = payload.and_then(|payload| field(payload, &threshold.field));
        voter.value = match threshold.of {
            Aggregate::Count => found.map(|_| Decimal::ONE),
            _ => found.and_then(|value| Decimal::of(value.as_number()?)),
        };
    }
    voter.flaw = flaw(decide, &voter);
    voter
}

fn flaw(decide: &Decide, voter: &Voter<'_>) -> Option<&'static str> {
    match voter.ballot.cast {
        Cast::Failed => return Some("failed"),
        Cast::Open => return Some("timeout"),
        Cast::Skipped => return Some("not asked"),
        Cast::Complete => {}
    }
    match (&decide.rule, &decide.merge) {
        (Rule::Threshold(_), _) => voter.value.is_none().then_some("no such number"),
        (Rule::Merge, Some(merge)) => {
            let is_whole = voter
                .payload()
                .is_some_and(|payload| is_part(merge, payload));
            (!is_whole).then_some("no such payload")
        }
        _ if voter.answer.is_empty() => Some("no answer"),
        _ => {
            let is_it = |option: &String| normal(option) == voter.answer;
            let is_known = decide.options.is_empty() || decide.options.iter().any(is_it);
            (!is_known).then_some("not an option")
        }
    }
}

/// Who says the same, in the order of who says it first.
pub(super) fn groups(voters: &[Voter<'_>], valid: &[usize]) -> Vec<Group> {
    let mut answers: Vec<&str> = Vec::new();
    let mut groups: Vec<Group> = Vec::new();
    for at in valid {
        let Some(voter) = voters.get(*at) else {
            continue;
        };
        let known = answers.iter().position(|answer| *answer == voter.answer);
        if let Some(group) = known.and_then(|known| groups.get_mut(known)) {
            group.members.push(*at);
            group.weight += voter.weight;
        } else {
            answers.push(&voter.answer);
            groups.push(Group {
                members: vec![*at],
                weight: voter.weight,
            });
        }
    }
    groups
}

/// Those who weigh most: of several that are alike, whoever said it first.
pub(super) fn leading(groups: &[Group]) -> Option<&Group> {
    groups.iter().rev().max_by_key(|group| group.weight)
}
