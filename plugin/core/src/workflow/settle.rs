//! The end of one hop, taken in: what it came to, and what it sends back.

use serde_json::json;

use crate::card::Card;
use crate::id::TaskId;
use crate::workflow::advance::{Changes, End, HopEnd, Maker, Told, progress_of, take_in, tell};
use crate::workflow::answer::chosen;
use crate::workflow::computed;
use crate::workflow::decide::Decide;
use crate::workflow::facts::CardFacts;
use crate::workflow::flow::{Flow, HopRecord, grown};
use crate::workflow::graph::FAILED;
use crate::workflow::outcome::Outcome;
use crate::workflow::progress::Rejected;
use crate::workflow::{Facts, Kind, Progress, State};

/// Why a hop failed that sent work back once too often. Source: AOF 1.20, "Rejection".
const CIRCUIT_BREAKER: &str = "circuit_breaker";

/// Takes one end in. One of a card that nobody waits for changes nothing.
pub(super) fn settle(
    flow: &mut Flow,
    (card, end): (&Card, &HopEnd),
    changes: &mut Changes,
    maker: &Maker<'_>,
) {
    let at = flow.open().find(|(_, task)| **task == end.task);
    let Some((at, _)) = at else {
        return;
    };
    let Some(record) = flow.state.hops.get_mut(at) else {
        return;
    };
    if end.end == End::Vanished {
        // Somebody took the card away: the hop is done on another one.
        record.task = None;
        return;
    }
    record.by.clone_from(&end.by);
    record.is_escalated |= end.is_escalated;
    let definition = flow.definition.clone();
    match definition.graph.hop(at).map(|hop| &hop.kind) {
        Some(Kind::Decide(decide)) => by_person(flow, (card, at, decide), end, changes, maker),
        _ => by_result(flow, (card, at), end, changes, maker),
    }
}

impl Told {
    fn of(at: usize, end: &HopEnd) -> Self {
        Told {
            at,
            task: Some(end.task.clone()),
            name: String::new(),
            reason: None,
            reset: None,
        }
    }
}

/// A person decided what was only suggested, or nobody did.
fn by_person(
    flow: &mut Flow,
    (card, at, decide): (&Card, usize, &Decide),
    end: &HopEnd,
    changes: &mut Changes,
    maker: &Maker<'_>,
) {
    let mut told = Told::of(at, end);
    let answer = match &end.end {
        End::Done(said) => chosen(flow, (at, decide), said.as_ref()),
        End::Failed(reason) => {
            told.reason = Some(reason.clone());
            let own = flow.state.hops.get(at).and_then(|it| it.result.clone());
            Some((State::Failed, own.unwrap_or_default()))
        }
        End::Vanished => None,
    };
    let Some(record) = flow.state.hops.get_mut(at) else {
        return;
    };
    let Some((state, result)) = answer else {
        // There is no such answer: the person is asked once more.
        record.task = None;
        return;
    };
    record.result = Some(result);
    told.name = match &state {
        State::Complete(outcome) => outcome.clone(),
        _ => FAILED.to_owned(),
    };
    computed::end(flow, (card, told), state, changes, maker);
}

/// Whoever did it said what it came to.
fn by_result(
    flow: &mut Flow,
    (card, at): (&Card, usize),
    end: &HopEnd,
    changes: &mut Changes,
    maker: &Maker<'_>,
) {
    let definition = flow.definition.clone();
    let (Some(hop), Some(record)) = (definition.graph.hop(at), flow.state.hops.get_mut(at)) else {
        return;
    };
    let outcome = match &end.end {
        End::Done(result) => {
            record.result.clone_from(result);
            Outcome::of(result.as_ref(), hop)
        }
        End::Failed(reason) => Outcome::Failed(reason.clone()),
        End::Vanished => return,
    };
    let mut told = Told {
        name: outcome.as_str().to_owned(),
        ..Told::of(at, end)
    };
    let mut progress = progress_of(&definition.graph, flow);
    progress.start(at, hop.duty.is_human);
    follow(&mut progress, (flow, card), outcome, &mut told, maker);
    if let Some(record) = flow.state.hops.get_mut(at) {
        record.review = None;
        if *progress.state(at) == State::Failed {
            record.reason.clone_from(&told.reason);
        }
    }
    if let Some(reset) = &told.reset {
        let dropped = set_back(flow, reset, (&told, &progress));
        changes.dropped.extend(dropped);
    }
    let changed = take_in(flow, &progress, maker.now);
    tell(flow, card, (&told, &changed), &mut changes.events);
    if told.reset.is_some() {
        let dropped = shrink(flow, card, maker);
        changes.dropped.extend(dropped);
    }
}

/// Decides what follows from an outcome.
fn follow(
    progress: &mut Progress<'_>,
    (flow, card): (&Flow, &Card),
    outcome: Outcome,
    told: &mut Told,
    maker: &Maker<'_>,
) {
    // What it came to counts for what follows from it.
    let mut seen = flow.clone();
    if let (Outcome::Complete(word), Some(record)) = (&outcome, seen.state.hops.get_mut(told.at)) {
        record.standing.state = State::Complete(word.clone());
    }
    let facts = CardFacts::of(card, &seen, maker.has_file);
    let now = (maker.now, &facts as &dyn Facts);
    match outcome {
        Outcome::Complete(word) => {
            progress.settle(told.at, State::Complete(word), now);
        }
        Outcome::Failed(reason) => {
            progress.settle(told.at, State::Failed, now);
            told.reason = Some(reason);
        }
        Outcome::Rejected(notes) => match progress.reject(told.at, now) {
            Some(Rejected::Reset(reset)) => {
                told.reason = Some(notes);
                told.reset = Some(reset);
            }
            Some(Rejected::Breaker) => {
                told.reason = Some(format!("{CIRCUIT_BREAKER}: {notes}"));
                FAILED.clone_into(&mut told.name);
            }
            None => {}
        },
    }
}

/// Forgets what hops came to that are done anew, and says which cards nobody waits for any more.
fn set_back(
    flow: &mut Flow,
    reset: &[usize],
    (told, progress): (&Told, &Progress<'_>),
) -> Vec<TaskId> {
    let name = flow.graph().hop(told.at).map(|hop| hop.id.to_string());
    let count = progress.hops().get(told.at).map(|hop| hop.rejections);
    let review = json!({"hop": name, "notes": told.reason, "count": count});
    let (mut dropped, mut parts) = (Vec::new(), Vec::new());
    for at in reset {
        let Some(record) = flow.state.hops.get_mut(*at) else {
            continue;
        };
        let is_open = !record.standing.state.is_final() && *at != told.at;
        dropped.extend(record.task.take().filter(|_| is_open));
        parts.append(&mut record.children);
        *record = HopRecord {
            pass: record.pass,
            is_escalated: record.is_escalated,
            review: review.as_object().cloned(),
            standing: std::mem::take(&mut record.standing),
            ..HopRecord::default()
        };
    }
    flow.state.dropped.append(&mut parts);
    dropped
}

/// Rejections of hops that are gone count for the first one whose plan is taken back: the sum is
/// what keeps plans from coming again for ever.
fn remember(flow: &mut Flow, gone: &[HopRecord]) {
    let count: u32 = gone.iter().map(|record| record.standing.rejections).sum();
    let hops = flow.definition.graph.hops().iter();
    let mut back = hops.zip(&mut flow.state.hops).filter(|(hop, record)| {
        let is_done = matches!(record.standing.state, State::Complete(_));
        matches!(hop.kind, Kind::Expand(_)) && !is_done
    });
    if let Some((_, record)) = back.next() {
        record.standing.rejections = record.standing.rejections.saturating_add(count);
    }
}

/// Takes away the hops of plans that were set back, and says which cards nobody waits for any more.
pub(super) fn shrink(flow: &mut Flow, card: &Card, maker: &Maker<'_>) -> Vec<TaskId> {
    if flow.definition.graph.hops().len() == flow.base.graph.hops().len() {
        return Vec::new();
    }
    let known = flow.clone();
    // Plans that were taken once are taken again.
    let Ok(graph) = grown(&flow.base.graph, &|id| known.done(id), maker.plan) else {
        return Vec::new();
    };
    let gone = flow.set_graph(graph);
    remember(flow, &gone);
    let definition = flow.definition.clone();
    let facts = CardFacts::of(card, flow, maker.has_file);
    let mut progress = progress_of(&definition.graph, flow);
    progress.decide(maker.now, &facts);
    take_in(flow, &progress, maker.now);
    let mut cards = Vec::new();
    for mut record in gone {
        if !record.standing.state.is_final() {
            cards.extend(record.task);
            flow.state.dropped.append(&mut record.children);
        }
    }
    cards
}
