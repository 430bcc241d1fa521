//! What the votes of a decision come to, counted by hand.
//!
//! Takes nothing from the orchestrator but the rule as it was written and what the voters said.
//! Invariant: votes stand in the order in which the workflow declares their hops.

use aof_core::workflow::{HopRecord, State};
use serde_json::Value;

/// How one takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// It said something, or nothing.
    Done,
    /// It failed, or was skipped because something did.
    Failed,
    /// It did not answer in time.
    Open,
    /// Nothing led from it.
    NotAsked,
}

/// One vote.
#[derive(Debug, Clone)]
pub(super) struct Vote<'a> {
    pub(super) hop: &'a str,
    pub(super) part: Part,
    pub(super) record: &'a HopRecord,
}

/// What a decision comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expected {
    /// The hop is complete, with this outcome.
    Reached(String),
    /// So it would be, and a person looks at it.
    Doubted(String),
    /// A person takes one of these, or none.
    Asked(Vec<String>),
    /// It fails, for this reason.
    Not(&'static str),
    /// Somebody may still answer.
    Waits,
}

impl Vote<'_> {
    /// What it says, as answers are compared.
    fn said(&self) -> Option<String> {
        let result = self
            .record
            .result
            .as_ref()
            .filter(|_| self.part == Part::Done)?;
        let text = result.get("verdict").or_else(|| result.get("notes"))?;
        let text = text.as_str()?.trim().to_lowercase();
        (!text.is_empty()).then_some(text)
    }
}

/// The options of a rule, as answers are compared.
fn options(rule: &Value) -> Option<Vec<String>> {
    let listed = rule["options"].as_array()?;
    let words = listed.iter().filter_map(Value::as_str);
    Some(words.map(str::to_lowercase).collect())
}

/// Votes that count, each with what it says.
fn counted<'v, 'a>(rule: &Value, votes: &'v [Vote<'a>]) -> Vec<(&'v Vote<'a>, String)> {
    let options = options(rule);
    let is_one = |word: &String| options.as_ref().is_none_or(|all| all.contains(word));
    let said = votes.iter().filter_map(|vote| Some((vote, vote.said()?)));
    said.filter(|(_, word)| is_one(word)).collect()
}

/// The outcome that an answer is.
fn outcome(rule: &Value, word: &str) -> String {
    match options(rule) {
        Some(_) => word.to_owned(),
        None => "success".to_owned(),
    }
}

/// A share that a rule asks for, in thousandths.
fn needed(rule: &Value, usual: u64) -> u64 {
    let written = &rule["minConfidence"];
    let text = written.as_str().map(str::to_owned);
    let text = text.unwrap_or_else(|| written.to_string());
    let Some((whole, part)) = text.split_once('.') else {
        return text.parse::<u64>().map_or(usual, |whole| whole * 1_000);
    };
    let part: String = part.chars().chain("000".chars()).take(3).collect();
    let whole: u64 = whole.parse().unwrap_or_default();
    whole * 1_000 + part.parse::<u64>().unwrap_or_default()
}

/// How much a vote weighs, in whole numbers.
fn weight(rule: &Value, hop: &str) -> u64 {
    rule["weights"][hop].as_u64().unwrap_or(1)
}

/// What these votes come to by a rule.
pub(super) fn expected(rule: &Value, votes: &[Vote<'_>]) -> Expected {
    let counted = counted(rule, votes);
    let word = |at: usize| counted.get(at).map(|(_, word)| outcome(rule, word));
    match rule["consensus"].as_str().unwrap_or_default() {
        "first_wins" => {
            let is_open = votes.iter().any(|vote| vote.part == Part::Open);
            let when = |at: &usize| counted.get(*at).map(|(vote, _)| vote.record.completed_at);
            match (0..counted.len()).min_by_key(when).and_then(word) {
                Some(outcome) => Expected::Reached(outcome),
                None if is_open => Expected::Waits,
                None => Expected::Not("consensus:no_ballots"),
            }
        }
        "human_review" => match counted.is_empty() {
            true => Expected::Not("consensus:no_ballots"),
            false => Expected::Asked((0..counted.len()).filter_map(word).collect()),
        },
        named => of_all(rule, named, votes, &counted),
    }
}

/// Rules for which enough have to answer.
fn of_all(
    rule: &Value,
    named: &str,
    votes: &[Vote<'_>],
    counted: &[(&Vote<'_>, String)],
) -> Expected {
    let asked = votes.iter().filter(|it| it.part != Part::NotAsked).count();
    if counted.is_empty() {
        return Expected::Not("consensus:no_ballots");
    }
    if counted.len() < asked && rule["allowPartial"] == false {
        return Expected::Not("consensus:partial_not_allowed");
    }
    if (counted.len() as u64) < rule["minVotes"].as_u64().unwrap_or(1) {
        return Expected::Not("consensus:insufficient_votes");
    }
    let weigh = |vote: &Vote<'_>| match named {
        "weighted" => weight(rule, vote.hop),
        _ => 1,
    };
    let mut tally: Vec<(&str, u64)> = Vec::new();
    for (vote, word) in counted {
        match tally.iter_mut().find(|(known, _)| known == word) {
            Some((_, sum)) => *sum += weigh(vote),
            None => tally.push((word, weigh(vote))),
        }
    }
    let all: u64 = tally.iter().map(|(_, sum)| sum).sum();
    let most = tally.iter().map(|(_, sum)| *sum).max().unwrap_or_default();
    let mut leaders = tally.iter().filter(|(_, sum)| *sum == most);
    let lead = leaders.next().map_or("", |(word, _)| word);
    let is_tie = leaders.next().is_some();
    let is_sure = |usual: u64| most * 1_000 >= needed(rule, usual) * all;
    let outcome = outcome(rule, lead);
    match named {
        "majority" if 2 * most <= all => Expected::Not("consensus:no_majority"),
        "majority" if !is_sure(0) => Expected::Doubted(outcome),
        "unanimous" if tally.len() > 1 => Expected::Not("consensus:not_unanimous"),
        "weighted" if all == 0 => Expected::Not("consensus:zero_weight"),
        "weighted" if is_tie => Expected::Not("consensus:tie"),
        "weighted" if !is_sure(500) => Expected::Not("consensus:low_confidence"),
        _ => Expected::Reached(outcome),
    }
}

/// Whether a hop that decides stands where its votes have it.
pub(super) fn fits(record: &HopRecord, expected: &Expected) -> bool {
    let reason = record.reason.as_deref().unwrap_or_default();
    match (expected, &record.standing.state) {
        (Expected::Reached(word), State::Complete(is)) => word == is,
        (Expected::Doubted(word), State::Complete(is)) => word == is,
        (Expected::Asked(words), State::Complete(is)) => words.contains(is),
        (Expected::Doubted(_) | Expected::Asked(_), State::WaitingHuman | State::Failed) => {
            !reason.starts_with("consensus:") || reason.starts_with("consensus:human_rejected")
        }
        (Expected::Not(why), State::Failed) => reason.starts_with(why),
        (Expected::Waits, State::Ready | State::Dispatched) => true,
        _ => false,
    }
}
