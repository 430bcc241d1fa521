//! What the table of `docs/workflows.md` says of every hop, counted edge by edge.
//!
//! Takes nothing from the orchestrator but the definition as it was written and the states in the
//! card. Invariant: a condition that it cannot judge excuses whatever was made of it.

mod plan;
mod vote;

use std::collections::BTreeMap;

use aof_core::card::Card;
use aof_core::instant::Instant;
use aof_core::workflow::{Flow, HopRecord, SkipReason, State};
use serde_json::Value;

use vote::{Expected, Part, Vote, expected, fits};

/// Votes at the very moment of a decision of which it is not known whether they came before it.
const UNSURE_MAX: usize = 6;

/// What an edge is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edge {
    Open,
    Live,
    Dead,
    Failed,
}

/// What a hop does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Waits,
    Runs,
    Skipped(SkipReason),
}

/// The edges of one hop.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    open: u64,
    live: u64,
    dead: u64,
    failed: u64,
}

/// A workflow as it is written in a card, with the hops of plans.
pub(super) struct Model<'a> {
    hops: Vec<Value>,
    records: Vec<(String, &'a HopRecord)>,
    tags: Vec<&'a str>,
    /// Passes of hops that were begun under another definition.
    kept: BTreeMap<&'a str, u32>,
}

impl<'a> Model<'a> {
    pub(super) fn of(card: &'a Card, flow: &'a Flow, kept: BTreeMap<&'a str, u32>) -> Self {
        let written = flow.written["hops"].as_array();
        let records = flow.hops().map(|(id, record)| (id.to_string(), record));
        let records: Vec<(String, &HopRecord)> = records.collect();
        let given = card.metadata.get("tags").and_then(Value::as_array);
        let given = given.into_iter().flatten().filter_map(Value::as_str);
        let own = card.routing.tags.iter().map(String::as_str);
        let record = |hop: &str| {
            let found = records.iter().find(|(id, _)| id == hop);
            found.map(|(_, record)| *record)
        };
        Self {
            hops: plan::grown(written.map_or(&[], Vec::as_slice), record),
            tags: own.chain(given).collect(),
            records,
            kept,
        }
    }

    fn record(&self, hop: &str) -> Option<&'a HopRecord> {
        let mut records = self.records.iter();
        records.find(|(id, _)| id == hop).map(|(_, record)| *record)
    }

    /// A hop as it is written.
    fn hop(&self, name: &str) -> Option<&Value> {
        self.hops.iter().find(|hop| hop["id"] == name)
    }

    /// Whether a hop that waits for nobody's card waits for something else.
    pub(super) fn needs_no_card(&self, name: &str, record: &HopRecord) -> bool {
        let kind = self.hop(name).and_then(|hop| hop["kind"].as_str());
        match kind {
            Some("decide") => record.standing.state != State::WaitingHuman,
            Some("expand") => !record.children.is_empty(),
            _ => false,
        }
    }

    /// The first thing that is not as it has to be.
    pub(super) fn flaw(&self) -> Option<String> {
        let name = |hop: &Value| hop["id"].as_str().unwrap_or_default().to_owned();
        let expected: Vec<String> = self.hops.iter().map(name).collect();
        let found: Vec<&String> = self.records.iter().map(|(id, _)| id).collect();
        if !expected.iter().eq(found.iter().copied()) {
            return Some(format!(
                "its hops are {found:?}, and by its plans {expected:?}"
            ));
        }
        self.hops.iter().find_map(|hop| self.flaw_of(hop))
    }

    fn flaw_of(&self, hop: &Value) -> Option<String> {
        let name = hop["id"].as_str().unwrap_or_default();
        let record = self.record(name)?;
        let state = &record.standing.state;
        let is_begun = !matches!(state, State::Pending | State::Skipped(_));
        let is_kept = self.kept.get(name).is_some_and(|pass| record.pass <= *pass);
        if is_begun && is_kept {
            // How it was begun, another definition said.
            return None;
        }
        let says = self.answer(hop, record, true);
        let holds = match hop.get("condition") {
            Some(condition) => self.holds(condition),
            None => Some(true),
        };
        let is_right = match (state, says) {
            (State::Pending, answer) => answer == Answer::Waits,
            (State::Skipped(SkipReason::Condition), answer) => {
                answer == Answer::Runs && holds != Some(true)
            }
            (State::Skipped(SkipReason::DeadPath), _) if self.is_let_go(name) => true,
            // It may have been skipped before a plan led to it.
            (State::Skipped(reason), answer) => {
                [answer, self.answer(hop, record, false)].contains(&Answer::Skipped(*reason))
            }
            (_, answer) => answer == Answer::Runs && holds != Some(false),
        };
        if !is_right {
            return Some(format!(
                "hop {name} is {state:?}, and by its edges it {says:?}; its condition: {holds:?}"
            ));
        }
        match hop["kind"].as_str() {
            Some("decide") if is_begun => self.misjudged(name, hop, record),
            Some("expand") if is_begun => self.misplanned(name, hop, record),
            _ => None,
        }
    }

    /// Whether nobody but a decision that is made waited for a hop.
    fn is_let_go(&self, name: &str) -> bool {
        let mut after = self.hops.iter().filter(|hop| {
            let mut before = edges(hop);
            before.any(|edge| from(edge) == name)
        });
        let (Some(only), None) = (after.next(), after.next()) else {
            return false;
        };
        only["kind"] == "decide"
    }

    /// What is wrong with a decision.
    fn misjudged(&self, name: &str, hop: &Value, record: &HopRecord) -> Option<String> {
        let rule = &hop["decide"];
        let at = record.completed_at.or(record.started_at);
        let is_early = hop["joinType"].as_str().is_some_and(|it| it != "all")
            || rule["consensus"] == "first_wins";
        let is_open = matches!(record.standing.state, State::Ready | State::Dispatched);
        let could = match is_early && !is_open {
            false => vec![expected(rule, &self.votes(hop, &|_, _| false))],
            true => self.guesses(hop, at),
        };
        if could.iter().any(|it| fits(record, it)) {
            return None;
        }
        let reason = &record.reason;
        let state = &record.standing.state;
        Some(format!(
            "{name} is {state:?} ({reason:?}), and its votes have it {could:?}"
        ))
    }

    /// What a decision may have come to that was made before all had answered. Of whoever answered
    /// in the same moment nobody knows whether it was before.
    fn guesses(&self, hop: &Value, at: Option<Instant>) -> Vec<Expected> {
        let voters = edges(hop).map(from);
        // The end of a hop with a plan is told up to a millisecond for each hop later than it was.
        let until = at.map(|at| at.plus_ms(self.hops.len() as u64));
        let is_same = |it: &HopRecord| it.completed_at >= at && it.completed_at <= until;
        let same = voters.filter(|it| self.record(it).is_some_and(is_same));
        let same: Vec<&str> = same.take(UNSURE_MAX).collect();
        let subsets = 0..1_u32 << same.len();
        let guess = |subset: u32| {
            let is_late =
                |name: &str, record: &HopRecord| match same.iter().position(|it| *it == name) {
                    Some(place) => subset & (1 << place) != 0,
                    None => record.completed_at > at,
                };
            expected(&hop["decide"], &self.votes(hop, &is_late))
        };
        subsets.map(guess).collect()
    }

    /// The votes of a decision; those that were late count as not answered.
    fn votes<'m>(
        &'m self,
        hop: &'m Value,
        is_late: &dyn Fn(&str, &HopRecord) -> bool,
    ) -> Vec<Vote<'m>> {
        let place = |name: &str| self.hops.iter().position(|hop| hop["id"] == name);
        let mut all: Vec<&Value> = edges(hop).collect();
        all.sort_by_key(|edge| place(from(edge)));
        let votes = all.into_iter().filter_map(|edge| {
            let record = self.record(from(edge))?;
            let state = &record.standing.state;
            let part = match self.edge(edge) {
                _ if state.is_final() && is_late(from(edge), record) => Part::Open,
                Edge::Open => Part::Open,
                Edge::Dead => Part::NotAsked,
                Edge::Failed => Part::Failed,
                Edge::Live if *state == State::Failed => Part::Failed,
                Edge::Live => Part::Done,
            };
            Some(Vote {
                hop: from(edge),
                part,
                record,
            })
        });
        votes.collect()
    }

    /// What is wrong with a plan that was carried out, or was not.
    fn misplanned(&self, name: &str, hop: &Value, record: &HopRecord) -> Option<String> {
        let source = self.record(plan::source(hop));
        let plan = source.and_then(plan::of);
        // It may have come too late.
        let is_early = source.is_some_and(|it| it.completed_at < record.completed_at);
        let reason = record.reason.as_deref().unwrap_or_default();
        let state = &record.standing.state;
        let is_right = match state {
            State::Complete(word) => word == "success" && plan.is_some(),
            State::Dispatched => {
                plan::is_of_tasks(hop)
                    && plan.is_some_and(|plan| plan.len() == record.children.len())
            }
            State::Failed => {
                let is_refused = reason.starts_with("plan refused: ");
                let is_empty = is_early && plan.is_some_and(Vec::is_empty);
                is_refused && !is_empty || plan::is_of_tasks(hop) && reason.starts_with("not done")
            }
            _ => false,
        };
        let found = format!("{name} is {state:?} ({reason}), {record:?}, and its plan is {plan:?}");
        (!is_right).then_some(found)
    }

    /// Whether nothing is left to do.
    pub(super) fn is_over(&self) -> bool {
        let mut records = self.records.iter();
        records.all(|(_, record)| {
            matches!(
                record.standing.state,
                State::Complete(_) | State::Failed | State::Skipped(_)
            )
        })
    }

    /// Whether it is over and came to its end: something was done, and whatever failed was dealt
    /// with.
    pub(super) fn is_complete(&self) -> bool {
        let is_done = |(_, it): &(String, &HopRecord)| {
            let state = &it.standing.state;
            matches!(state, State::Complete(_))
        };
        let is_left = |(name, it): &(String, &HopRecord)| {
            it.standing.state == State::Failed && !self.is_dealt_with(name)
        };
        self.is_over() && self.records.iter().any(is_done) && !self.records.iter().any(is_left)
    }

    fn is_dealt_with(&self, failed: &str) -> bool {
        let mut edges = self
            .hops
            .iter()
            .flat_map(|hop| edges(hop).map(move |it| (hop, it)));
        edges.any(|(hop, edge)| {
            let own = hop["id"].as_str().and_then(|id| self.record(id));
            let is_skipped = own.is_none_or(|it| matches!(it.standing.state, State::Skipped(_)));
            let is_decided = hop["kind"] == "decide" && !is_skipped;
            let is_it = from(edge) == failed;
            match self.edge(edge) {
                Edge::Live => is_it,
                Edge::Failed => is_it && is_decided,
                Edge::Open | Edge::Dead => false,
            }
        })
    }

    /// What a hop does, with or without the edges that plans added to it.
    fn answer(&self, hop: &Value, record: &HopRecord, with_added: bool) -> Answer {
        let mut tally = Tally::default();
        for edge in edges(hop).filter(|edge| with_added || edge["added"] != true) {
            match self.edge(edge) {
                Edge::Open => tally.open += 1,
                Edge::Live => tally.live += 1,
                Edge::Dead => tally.dead += 1,
                Edge::Failed => tally.failed += 1,
            }
        }
        if edges(hop).next().is_none() {
            return Answer::Runs;
        }
        let is_first = hop["decide"]["consensus"] == "first_wins";
        let usual = if is_first { "any" } else { "all" };
        let join = hop["joinType"].as_str().unwrap_or(usual);
        if hop["kind"] == "decide" {
            return decides(tally, join, |minutes| is_late(record, minutes));
        }
        match (join, number(join)) {
            ("all", _) => all(tally),
            ("any", _) => any(tally),
            (_, Some(needed)) if join.starts_with("quorum") => quorum(tally, needed),
            (_, Some(minutes)) => deadline(tally, is_late(record, minutes)),
            _ => Answer::Waits,
        }
    }

    fn edge(&self, edge: &Value) -> Edge {
        let Some(record) = self.record(from(edge)) else {
            return Edge::Open;
        };
        let on = edge["on"].as_array();
        let wants = |word: &str| on.map(|on| on.iter().any(|it| it == word));
        let is_open = edge
            .get("when")
            .is_none_or(|it| self.holds(it) == Some(true));
        match &record.standing.state {
            State::Complete(word) if wants(word) != Some(false) && is_open => Edge::Live,
            State::Complete(_) => Edge::Dead,
            State::Failed => match wants("failed") {
                None => Edge::Failed,
                Some(true) if is_open => Edge::Live,
                Some(_) => Edge::Dead,
            },
            State::Skipped(SkipReason::Failure) if on.is_none() => Edge::Failed,
            State::Skipped(_) => Edge::Dead,
            _ => Edge::Open,
        }
    }

    /// Conditions over tags; none for any other.
    fn holds(&self, condition: &Value) -> Option<bool> {
        match condition["op"].as_str()? {
            "has_tag" => {
                let tag = condition["value"].as_str()?;
                Some(self.tags.contains(&tag))
            }
            "not" => Some(!self.holds(&condition["condition"])?),
            _ => None,
        }
    }
}

fn edges(hop: &Value) -> impl Iterator<Item = &Value> {
    hop["dependsOn"].as_array().into_iter().flatten()
}

fn from(edge: &Value) -> &str {
    let name = edge.as_str().or_else(|| edge["hop"].as_str());
    name.unwrap_or_default()
}

/// The number in `quorum(2)` or `deadline(1m)`.
fn number(join: &str) -> Option<u64> {
    let inner = join.split_once('(')?.1.strip_suffix(')')?;
    inner.trim_end_matches('m').parse().ok()
}

/// It was begun, or it is now, so long after the first edge to it became live.
fn is_late(record: &HopRecord, minutes: u64) -> bool {
    // One that was skipped was never begun.
    let decided_at = record.started_at.max(record.completed_at);
    let since = record.standing.live_since.zip(decided_at);
    since.is_some_and(|(live, begun)| begun.ms() >= live.ms() + minutes * 60_000)
}

/// A failure is a vote that is not there.
fn decides(it: Tally, join: &str, is_late: impl Fn(u64) -> bool) -> Answer {
    let is_early = match number(join) {
        _ if join == "any" => it.live > 0,
        Some(needed) if join.starts_with("quorum") => it.live >= needed,
        Some(minutes) => it.live > 0 && is_late(minutes),
        None => false,
    };
    match it {
        _ if is_early => Answer::Runs,
        Tally { open: 1.., .. } => Answer::Waits,
        Tally {
            live: 0, failed: 0, ..
        } => Answer::Skipped(SkipReason::DeadPath),
        _ => Answer::Runs,
    }
}

fn all(it: Tally) -> Answer {
    match it {
        Tally { failed: 1.., .. } => Answer::Skipped(SkipReason::Failure),
        Tally { open: 1.., .. } => Answer::Waits,
        Tally { live: 0, .. } => Answer::Skipped(SkipReason::DeadPath),
        _ => Answer::Runs,
    }
}

fn any(it: Tally) -> Answer {
    match it {
        Tally { live: 1.., .. } => Answer::Runs,
        Tally { open: 1.., .. } => Answer::Waits,
        Tally { failed: 1.., .. } => Answer::Skipped(SkipReason::Failure),
        _ => Answer::Skipped(SkipReason::DeadPath),
    }
}

fn quorum(it: Tally, needed: u64) -> Answer {
    if it.live >= needed {
        Answer::Runs
    } else if it.live + it.open < needed && it.failed > 0 {
        Answer::Skipped(SkipReason::Failure)
    } else if it.open == 0 {
        Answer::Skipped(SkipReason::DeadPath)
    } else {
        Answer::Waits
    }
}

fn deadline(it: Tally, is_late: bool) -> Answer {
    match it {
        Tally { live: 1.., .. } if is_late => Answer::Runs,
        Tally { open: 1.., .. } => Answer::Waits,
        Tally { live: 1.., .. } => Answer::Runs,
        Tally { failed: 1.., .. } => Answer::Skipped(SkipReason::Failure),
        _ => Answer::Skipped(SkipReason::DeadPath),
    }
}
