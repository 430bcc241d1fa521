//! What the table of `docs/workflows.md` says of every hop, counted edge by edge.
//!
//! Takes nothing from the orchestrator but the definition as it was written and the states in the
//! card. Invariant: a condition that it cannot judge excuses whatever was made of it.

use aof_core::card::Card;
use aof_core::workflow::{Flow, HopRecord, SkipReason, State};
use serde_json::Value;

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

/// A workflow as it is written in a card.
pub(super) struct Model<'a> {
    hops: &'a [Value],
    records: Vec<(String, &'a HopRecord)>,
    tags: Vec<&'a str>,
}

impl<'a> Model<'a> {
    pub(super) fn of(card: &'a Card, flow: &'a Flow) -> Self {
        let hops = flow.written["hops"].as_array();
        let records = flow.hops().map(|(id, record)| (id.to_string(), record));
        let given = card.metadata.get("tags").and_then(Value::as_array);
        let given = given.into_iter().flatten().filter_map(Value::as_str);
        let own = card.routing.tags.iter().map(String::as_str);
        Self {
            hops: hops.map_or(&[], Vec::as_slice),
            records: records.collect(),
            tags: own.chain(given).collect(),
        }
    }

    fn record(&self, hop: &str) -> Option<&'a HopRecord> {
        let mut records = self.records.iter();
        records.find(|(id, _)| id == hop).map(|(_, record)| *record)
    }

    /// Whether every hop is one of the kinds that the table alone decides.
    pub(super) fn is_plain(&self) -> bool {
        let is_plain = |hop: &Value| !matches!(hop["kind"].as_str(), Some("decide" | "expand"));
        self.hops.len() == self.records.len() && self.hops.iter().all(is_plain)
    }

    /// The first hop that is not where it has to be.
    pub(super) fn flaw(&self) -> Option<String> {
        self.hops.iter().find_map(|hop| {
            let name = hop["id"].as_str().unwrap_or_default();
            let record = self.record(name)?;
            let says = self.answer(hop, record);
            let holds = match hop.get("condition") {
                Some(condition) => self.holds(condition),
                None => Some(true),
            };
            let is_right = match (&record.standing.state, says) {
                (State::Pending, answer) => answer == Answer::Waits,
                (State::Skipped(SkipReason::Condition), answer) => {
                    answer == Answer::Runs && holds != Some(true)
                }
                (State::Skipped(reason), answer) => answer == Answer::Skipped(*reason),
                (_, answer) => answer == Answer::Runs && holds != Some(false),
            };
            let state = &record.standing.state;
            let told = format!(
                "hop {name} is {state:?}, and by its edges it {says:?}; its condition: {holds:?}"
            );
            (!is_right).then_some(told)
        })
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
        let edges = self.hops.iter().flat_map(edges);
        let mut own = edges.filter(|edge| from(edge) == failed);
        own.any(|edge| self.edge(edge) == Edge::Live)
    }

    fn answer(&self, hop: &Value, record: &HopRecord) -> Answer {
        let mut tally = Tally::default();
        for edge in edges(hop) {
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
        let join = hop["joinType"].as_str().unwrap_or("all");
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
