//! Decisions that follow from what other hops came to: votes, thresholds and merges.
//!
//! Never asks anybody and never looks at a clock. Invariant: the same ballots lead to the same
//! decision, in whatever order they are handed in. Source: AOF fleets, "Consensus engine", with its
//! open points settled as `docs/workflows.md` says.

mod merge;
mod tally;
#[cfg(test)]
mod tests;

pub use merge::{Merge, MergeRule};

use merge::combined;
use tally::{Group, Voter, groups, leading, normal, voters};

use super::condition::Comparison;
use super::decimal::Decimal;
use super::graph::FAILED;
use super::outcome::SUCCESS;
use super::result::{HopResult, PAYLOAD_BYTES_MAX};
use crate::id::HopId;
use crate::json::ToLine as _;

/// Largest weight of a vote.
pub const WEIGHT_MAX: u64 = 1_000;
/// Outcomes that a vote can be about.
pub const OPTIONS_MAX: usize = 32;

/// What a decision is about.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    /// More than half of the votes say the same.
    Majority,
    /// All say the same.
    Unanimous,
    /// Those who say the same weigh more than anybody else, and enough.
    Weighted {
        /// Weights other than 1, by the position of the hop.
        weights: Vec<(usize, Decimal)>,
    },
    /// Whoever is the first to answer.
    FirstWins,
    /// A person, who is shown the answers.
    HumanReview,
    /// A number of the payloads is large or small enough.
    Threshold(Threshold),
    /// Nothing: payloads become one.
    Merge,
}

/// What numbers become before they are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aggregate {
    /// The smallest.
    Min,
    /// The largest.
    Max,
    /// All together.
    Sum,
    /// The sum divided by how many there are.
    Mean,
    /// How many there are.
    Count,
}

/// A number that payloads have to reach, or to stay below.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    /// Where it stands in the payload.
    pub field: String,
    /// What several become.
    pub of: Aggregate,
    /// How it is compared.
    pub comparison: Comparison,
    /// With what.
    pub value: Decimal,
}

/// What a hop decides.
#[derive(Debug, Clone, PartialEq)]
pub struct Decide {
    /// How.
    pub rule: Rule,
    /// Answers that count, each an outcome of the decision; any unless given.
    pub options: Vec<String>,
    /// Votes without which nothing is decided.
    pub votes_min: usize,
    /// It decides although somebody did not answer.
    pub allows_partial: bool,
    /// How sure it has to be.
    pub confidence_min: Option<Decimal>,
    /// What becomes of the payloads; that of the answer that won is handed on unless given.
    pub merge: Option<Merge>,
}

/// How a hop took part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cast {
    /// It is complete.
    Complete,
    /// It failed, or was skipped because something failed.
    Failed,
    /// It has not answered yet; where nobody waits for it, that is too late.
    Open,
    /// It was not asked.
    Skipped,
}

/// What a hop came to.
#[derive(Debug, Clone, Copy)]
pub struct Ballot<'a> {
    /// Position of the hop.
    pub at: usize,
    /// Its name.
    pub hop: &'a HopId,
    /// How it took part.
    pub cast: Cast,
    /// What it answered.
    pub result: Option<&'a HopResult>,
    /// The number of the event with which it was complete.
    pub event: u64,
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// The hop is complete, with this outcome.
    Complete(String),
    /// It fails, for this reason.
    Failed(&'static str),
    /// A person decides.
    Person,
    /// Nothing yet: somebody may still answer.
    Wait,
}

/// What a person says who was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// What was suggested.
    Approve,
    /// The answer of the hop at this position.
    Choose(usize),
    /// None of it.
    Reject,
}

/// A decision.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// What follows.
    pub ruling: Ruling,
    /// The hop whose answer won, leads or is suggested, by position.
    pub winner: Option<usize>,
    /// How sure a vote is, to four digits.
    pub confidence: Option<Decimal>,
    /// A person has to look at it.
    pub needs_review: bool,
    /// What is handed on: the answer of the winner, or what became of all.
    pub result: HopResult,
    /// Every vote, and why it counted or not.
    pub explanation: String,
}

impl Decide {
    /// Decides. Ballots may come in any order.
    #[must_use]
    pub fn decide(&self, ballots: &[Ballot<'_>]) -> Decision {
        let voters = voters(self, ballots);
        let found = self.found(&voters);
        self.decision(&voters, found)
    }

    /// Decides as a person says who was asked. None if there is no such answer: nothing changes.
    #[must_use]
    pub fn choose(&self, ballots: &[Ballot<'_>], choice: Choice) -> Option<Decision> {
        let voters = voters(self, ballots);
        let mut found = self.found(&voters);
        if found.end != End::Person {
            return None;
        }
        let is_it = |voter: &&usize, at| voters.get(**voter).is_some_and(|it| it.ballot.at == at);
        found.end = End::Reached;
        match choice {
            Choice::Approve => {}
            Choice::Reject => found.end = End::Not("consensus:human_rejected"),
            Choice::Choose(at) => {
                let valid = counted(&voters);
                found.leaders = vec![*valid.iter().find(|voter| is_it(voter, at))?];
            }
        }
        found.is_sure = true;
        Some(self.decision(&voters, found))
    }

    /// What the votes come to.
    fn found(&self, voters: &[Voter<'_>]) -> Found {
        let valid = counted(voters);
        let asked = voters.iter().filter(|it| it.ballot.cast != Cast::Skipped);
        let is_partial = asked.count() > valid.len();
        let none = self.reason(["consensus:no_ballots", "threshold:no_values", "merge:none"]);
        let may_come = |voter: &Voter<'_>| voter.ballot.cast == Cast::Open;
        let goes_on = self.rule == Rule::FirstWins && voters.iter().any(may_come);
        let is_bound = !matches!(self.rule, Rule::FirstWins | Rule::HumanReview);
        let not = match valid.len() {
            0 if goes_on => return Found::of(End::Wait),
            0 => none,
            _ if is_bound && is_partial && !self.allows_partial => self.reason([
                "consensus:partial_not_allowed",
                "threshold:partial_not_allowed",
                "merge:partial_not_allowed",
            ]),
            count if is_bound && count < self.votes_min => self.reason([
                "consensus:insufficient_votes",
                "threshold:insufficient_votes",
                "merge:insufficient_votes",
            ]),
            _ => return self.counted(voters, &valid),
        };
        // Who leads is told all the same.
        Found {
            end: End::Not(not),
            ..self.counted(voters, &valid)
        }
    }

    fn reason(&self, [consensus, threshold, merge]: [&'static str; 3]) -> &'static str {
        match self.rule {
            Rule::Threshold(_) => threshold,
            Rule::Merge => merge,
            _ => consensus,
        }
    }

    fn counted(&self, voters: &[Voter<'_>], valid: &[usize]) -> Found {
        match &self.rule {
            Rule::Majority | Rule::Unanimous => self.most(voters, valid),
            Rule::Weighted { .. } => self.heaviest(voters, valid),
            Rule::FirstWins => {
                let event = |voter: &&usize| voters.get(**voter).map(|it| it.ballot.event);
                let first = valid.iter().min_by_key(event);
                let share = (i64::from(first.is_some()), 1);
                Found {
                    share,
                    ..Found::led(End::Reached, first.copied().into_iter().collect())
                }
            }
            Rule::HumanReview => asked(voters, valid),
            Rule::Threshold(threshold) => {
                let values = valid.iter().filter_map(|at| voters.get(*at)?.value);
                match threshold.holds(&values.collect::<Vec<_>>()) {
                    true => Found::led(End::Reached, valid.to_vec()),
                    false => Found::led(End::Not("threshold:not_met"), valid.to_vec()),
                }
            }
            Rule::Merge => Found::led(End::Reached, valid.to_vec()),
        }
    }

    fn most(&self, voters: &[Voter<'_>], valid: &[usize]) -> Found {
        let groups = groups(voters, valid);
        let lead = leading(&groups);
        let all = i64::try_from(valid.len()).unwrap_or(i64::MAX);
        let votes = lead.map_or(0, Group::votes);
        let leaders = lead.map_or_else(Vec::new, |lead| lead.members.clone());
        let (end, share) = match self.rule {
            Rule::Unanimous if groups.len() == 1 => (End::Reached, (1, 1)),
            Rule::Unanimous => (End::Not("consensus:not_unanimous"), (0, 1)),
            _ if 2 * votes > all => (End::Reached, (votes, all)),
            _ => (End::Not("consensus:no_majority"), (votes, all)),
        };
        Found {
            share,
            is_sure: self.is_sure(share),
            ..Found::led(end, leaders)
        }
    }

    fn heaviest(&self, voters: &[Voter<'_>], valid: &[usize]) -> Found {
        let groups = groups(voters, valid);
        let lead = leading(&groups);
        let weight = lead.map_or(0, |lead| lead.weight);
        let all = groups.iter().map(|group| group.weight).sum();
        let leaders = lead.map_or_else(Vec::new, |lead| lead.members.clone());
        let is_tie = groups.iter().filter(|it| it.weight == weight).count() > 1;
        let is_sure = self.is_sure((weight, all));
        let end = match all {
            0 => End::Not("consensus:zero_weight"),
            _ if is_tie => End::Not("consensus:tie"),
            _ if !is_sure => End::Not("consensus:low_confidence"),
            _ => End::Reached,
        };
        Found {
            share: (weight, all),
            ..Found::led(end, leaders)
        }
    }

    /// Whether a part of a whole is as sure as it has to be.
    fn is_sure(&self, (part, whole): (i64, i64)) -> bool {
        let needed = match (self.confidence_min, &self.rule) {
            (Some(needed), _) => needed,
            (None, Rule::Weighted { .. }) => Decimal::HALF,
            (None, _) => return true,
        };
        let units = |number: i64| i128::from(number);
        units(part) * units(Decimal::ONE.units()) >= units(needed.units()) * units(whole)
    }

    fn decision(&self, voters: &[Voter<'_>], mut found: Found) -> Decision {
        let is_vote = !matches!(self.rule, Rule::Threshold(_) | Rule::Merge);
        let first = found.leaders.first().and_then(|at| voters.get(*at));
        let winner = first.filter(|_| is_vote);
        let (part, whole) = found.share;
        let share = || Decimal::share(part, whole);
        let confidence = is_vote.then(|| found.reported.unwrap_or_else(share));
        let answer = winner.and_then(|it| it.ballot.result);
        let mut result = HopResult {
            verdict: answer.and_then(|it| it.verdict.clone()),
            confidence,
            payload: answer.and_then(|it| it.payload.clone()),
            notes: answer.and_then(|it| it.notes.clone()),
            ..HopResult::default()
        };
        if let Some(merge) = &self.merge {
            let parts = found.leaders.iter().filter_map(|at| voters.get(*at));
            let parts = parts.filter_map(|it| Some((it.ballot.hop, it.payload()?)));
            result.payload = combined(merge, &parts.collect::<Vec<_>>());
            let bytes = result.payload.as_ref().map(|it| it.to_line().len());
            if bytes.is_some_and(|bytes| bytes > PAYLOAD_BYTES_MAX) {
                result.payload = None;
                if found.end == End::Reached {
                    found.end = End::Not("merge:too_large");
                }
            }
        }
        let ruling = match found.end {
            End::Wait => Ruling::Wait,
            End::Person => Ruling::Person,
            End::Not(reason) => Ruling::Failed(reason),
            End::Reached => Ruling::Complete(self.outcome(winner)),
        };
        result.outcome = match &ruling {
            Ruling::Complete(outcome) => Some(outcome.clone()),
            Ruling::Failed(_) => Some(FAILED.to_owned()),
            Ruling::Person | Ruling::Wait => None,
        };
        Decision {
            winner: winner.map(|it| it.ballot.at),
            confidence,
            needs_review: !found.is_sure || !matches!(ruling, Ruling::Complete(_)),
            explanation: explanation(&ruling, confidence, (voters, winner)),
            ruling,
            result,
        }
    }

    /// The option that the winner named; success where there are none.
    fn outcome(&self, winner: Option<&Voter<'_>>) -> String {
        let answer = winner.map(|winner| winner.answer.as_str());
        let is_it = |option: &&String| Some(normal(option).as_str()) == answer;
        let option = self.options.iter().find(is_it);
        option.cloned().unwrap_or_else(|| SUCCESS.to_owned())
    }
}

impl Threshold {
    fn holds(&self, values: &[Decimal]) -> bool {
        let units = |number: Decimal| i128::from(number.units());
        let count = i128::try_from(values.len()).unwrap_or_default();
        let sum = || values.iter().map(|it| units(*it)).sum();
        let bound = units(self.value);
        let (found, bound) = match self.of {
            Aggregate::Min => (values.iter().min().copied().map_or(0, units), bound),
            Aggregate::Max => (values.iter().max().copied().map_or(0, units), bound),
            Aggregate::Sum => (sum(), bound),
            Aggregate::Mean => (sum(), bound * count),
            Aggregate::Count => (count * units(Decimal::ONE), bound),
        };
        self.comparison.accepts(found.cmp(&bound))
    }
}

/// What the votes come to, before anything is made of it.
#[derive(Debug)]
struct Found {
    end: End,
    /// Voters whose answer leads, by their place among all, in declared order.
    leaders: Vec<usize>,
    share: (i64, i64),
    /// What voters themselves say of how sure they are.
    reported: Option<Decimal>,
    is_sure: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Reached,
    Not(&'static str),
    Person,
    Wait,
}

impl Found {
    const fn of(end: End) -> Self {
        Found::led(end, Vec::new())
    }

    const fn led(end: End, leaders: Vec<usize>) -> Self {
        Found {
            end,
            leaders,
            share: (0, 1),
            reported: None,
            is_sure: true,
        }
    }
}

/// Places of the voters whose answers count.
fn counted(voters: &[Voter<'_>]) -> Vec<usize> {
    let all = voters.iter().enumerate();
    let counted = all.filter(|(_, voter)| voter.flaw.is_none());
    counted.map(|(at, _)| at).collect()
}

/// A person decides; whoever is surest is suggested.
fn asked(voters: &[Voter<'_>], valid: &[usize]) -> Found {
    let confidence = |at: &usize| voters.get(*at)?.ballot.result?.confidence;
    let mut best: Option<(usize, Option<Decimal>)> = None;
    let (mut sum, mut count) = (0, 0);
    for at in valid {
        let own = confidence(at);
        if let Some(own) = own {
            sum += i128::from(own.units());
            count += 1;
        }
        if best.is_none_or(|(_, most)| own > most) {
            best = Some((*at, own));
        }
    }
    Found {
        reported: Some(Decimal::mean(sum, count)),
        ..Found::led(End::Person, best.map(|(at, _)| at).into_iter().collect())
    }
}

/// `decided: approve, led by a (0.6667); a counted: `approve`; d not counted: failed`.
fn explanation(
    ruling: &Ruling,
    confidence: Option<Decimal>,
    (voters, winner): (&[Voter<'_>], Option<&Voter<'_>>),
) -> String {
    let mut told = match ruling {
        Ruling::Complete(outcome) => format!("decided: {outcome}"),
        Ruling::Failed(reason) => format!("not decided: {reason}"),
        Ruling::Person => "a person decides".to_owned(),
        Ruling::Wait => "nobody answered yet".to_owned(),
    };
    if let Some(winner) = winner {
        let confidence = confidence.unwrap_or_default();
        told.push_str(&format!(", led by {} ({confidence})", winner.ballot.hop));
    }
    for voter in voters {
        told.push_str(&format!("; {} {}", voter.ballot.hop, voter.told()));
    }
    told
}
