//! What follows for a task when something happens to its hops: which become ready, what is done
//! anew, and how the task itself goes on.
//!
//! Never reads or writes anything. Invariant: a hop that may be done has exactly one card that is
//! not over, made in the same commit as the state that says so.

use serde_json::{Map, Value, json};

use crate::card::{Card, Routing};
use crate::event::EventDraft;
use crate::id::{ProjectId, TaskId};
use crate::instant::Instant;
use crate::refusal::Refusal;
use crate::status::Status;
use crate::verb::{self, Step, touch, walk};
use crate::workflow::facts::CardFacts;
use crate::workflow::flow::{Flow, FlowStatus, HopRecord};
use crate::workflow::graph::FAILED;
use crate::workflow::hop_card;
use crate::workflow::outcome::Outcome;
use crate::workflow::progress::Rejected;
use crate::workflow::{Doer, Facts, Progress, State, Verdict};

/// Why a hop failed that sent work back once too often. Source: AOF 1.20, "Rejection".
pub const CIRCUIT_BREAKER: &str = "circuit_breaker";
/// Why the card of a hop is given up that nobody waits for any more.
pub const SUPERSEDED: &str = "superseded: the workflow went on without it";

/// How the card of a hop came to its end.
#[derive(Debug, Clone, PartialEq)]
pub enum End {
    /// Somebody finished it, with this result.
    Done(Option<Map<String, Value>>),
    /// It was given up, and why.
    Failed(String),
    /// It is not there any more.
    Vanished,
}

/// A hop whose card came to its end.
#[derive(Debug, Clone, PartialEq)]
pub struct HopEnd {
    /// The position of the hop.
    pub at: usize,
    /// Who finished it.
    pub by: Option<String>,
    /// Somebody took it over, as its time was up.
    pub is_escalated: bool,
    /// How.
    pub end: End,
}

/// What making the cards of hops takes besides the workflow.
pub struct Maker<'a> {
    /// The project of the task.
    pub project: &'a ProjectId,
    /// Fresh ids.
    pub ids: &'a mut dyn FnMut() -> TaskId,
    /// The hash of a body.
    pub hash: &'a dyn Fn(&str) -> String,
    /// Whom the chart knows under the name of whoever does a hop.
    pub route: &'a dyn Fn(&Doer) -> Routing,
    /// Whether a file is there, below the task's work.
    pub has_file: &'a dyn Fn(&str) -> bool,
    /// The moment.
    pub now: Instant,
}

/// What is to be committed together.
#[derive(Debug, PartialEq)]
pub struct Advance {
    /// The task that carries the workflow.
    pub whole: Step,
    /// New cards of hops.
    pub made: Vec<Step>,
    /// Cards of hops that nobody waits for any more.
    pub dropped: Vec<TaskId>,
}

/// The workflow begins, or goes on after somebody let the blocked task go on: then what failed is
/// done anew.
///
/// # Errors
/// `AOF-2001` unless the task is ready; `AOF-2041` if it carries no workflow.
pub fn begin(card: &Card, maker: &mut Maker<'_>) -> Result<Advance, Refusal> {
    let mut flow = flow_of(card)?;
    let Step {
        card: mut next,
        mut events,
    } = match card.status {
        Status::InProgress => {
            let mut next = card.clone();
            touch(&mut next, maker.now);
            Step {
                card: next,
                events: Vec::new(),
            }
        }
        _ => walk(
            card,
            &[Status::InProgress],
            Some("the workflow begins"),
            maker.now,
        )?,
    };
    let was = flow.state.status;
    let definition = flow.definition.clone();
    let facts = CardFacts::of(&next, &flow, maker.has_file);
    let standing = flow.state.hops.iter().map(|hop| hop.standing.clone());
    let progress = match was {
        FlowStatus::Pending => Progress::begin(&definition.graph, maker.now, &facts),
        _ => {
            let mut progress = Progress::resume(&definition.graph, standing.collect());
            // One that only stood still goes on where it was.
            if was == FlowStatus::Failed {
                progress.revive(maker.now, &facts);
            }
            progress
        }
    };
    let changed: Vec<usize> = take_in(&mut flow, &progress, maker.now);
    flow.state.status = FlowStatus::Running;
    flow.state.started_at.get_or_insert(maker.now);
    flow.state.completed_at = None;
    let ready = names(&flow, &ready(&flow));
    events.push(EventDraft::new(
        "dag.started",
        json!({
            "workflow": definition.name, "template": flow.template, "readyHops": ready,
            "again": was != FlowStatus::Pending, "changes": changes(&flow, &changed),
        }),
    ));
    next.workflow = Some(Box::new(flow));
    conclude(Step { card: next, events }, maker)
}

/// Hops came to their ends, or time passed.
///
/// # Errors
/// `AOF-2001` if the task cannot go where the workflow leads it; `AOF-2041` if it carries no
/// workflow that goes on.
pub fn advance(card: &Card, ends: &[HopEnd], maker: &mut Maker<'_>) -> Result<Advance, Refusal> {
    let mut flow = flow_of(card)?;
    if card.status != Status::InProgress || flow.state.status != FlowStatus::Running {
        return Err(no_flow(card));
    }
    let mut next = card.clone();
    touch(&mut next, maker.now);
    let mut events = Vec::new();
    let mut dropped = Vec::new();
    for end in ends {
        settle(&mut flow, &next, end, (maker, &mut events, &mut dropped));
    }
    let definition = flow.definition.clone();
    let facts = CardFacts::of(&next, &flow, maker.has_file);
    let standing = flow.state.hops.iter().map(|hop| hop.standing.clone());
    let mut progress = Progress::resume(&definition.graph, standing.collect());
    progress.pass(maker.now, &facts);
    take_in(&mut flow, &progress, maker.now);
    next.workflow = Some(Box::new(flow));
    let mut advance = conclude(Step { card: next, events }, maker)?;
    advance.dropped.extend(dropped);
    Ok(advance)
}

/// Takes one end in.
fn settle(
    flow: &mut Flow,
    card: &Card,
    end: &HopEnd,
    (maker, events, dropped): (&Maker<'_>, &mut Vec<EventDraft>, &mut Vec<TaskId>),
) {
    let HopEnd {
        at,
        by,
        is_escalated,
        end,
    } = end;
    let definition = flow.definition.clone();
    let Some(hop) = definition.graph.hop(*at) else {
        return;
    };
    // Work that was sent back by an end before this one has no card: what came of it is over.
    let record = flow.state.hops.get_mut(*at);
    let Some(record) = record.filter(|record| record.task.is_some()) else {
        return;
    };
    if let End::Vanished = end {
        // Somebody took the card away: the hop is done on another one.
        record.task = None;
        record.standing.state = State::Ready;
        return;
    }
    let task = record.task.clone();
    record.by.clone_from(by);
    record.is_escalated |= is_escalated;
    let outcome = match end {
        End::Done(result) => {
            record.result.clone_from(result);
            Outcome::of(result.as_ref(), hop)
        }
        End::Failed(reason) => Outcome::Failed(reason.clone()),
        End::Vanished => return,
    };
    let standing = flow.state.hops.iter().map(|hop| hop.standing.clone());
    let mut progress = Progress::resume(&definition.graph, standing.collect());
    progress.start(*at, hop.duty.is_human);
    // What it came to counts for what follows from it.
    let mut seen = flow.clone();
    if let (Outcome::Complete(word), Some(record)) = (&outcome, seen.state.hops.get_mut(*at)) {
        record.standing.state = State::Complete(word.clone());
    }
    let facts = CardFacts::of(card, &seen, maker.has_file);
    let now = (maker.now, &facts as &dyn Facts);
    let mut told = Told {
        at: *at,
        task,
        name: outcome.as_str().to_owned(),
        reason: None,
        reset: None,
    };
    match outcome {
        Outcome::Complete(word) => {
            progress.settle(*at, State::Complete(word), now);
        }
        Outcome::Failed(reason) => {
            progress.settle(*at, State::Failed, now);
            told.reason = Some(reason);
        }
        Outcome::Rejected(notes) => match progress.reject(*at, now) {
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
    if let Some(record) = flow.state.hops.get_mut(*at) {
        record.review = None;
        if progress.state(*at) == &State::Failed {
            record.reason.clone_from(&told.reason);
        }
    }
    if let Some(reset) = &told.reset {
        dropped.extend(set_back(flow, reset, (&told, &progress)));
    }
    let changed = take_in(flow, &progress, maker.now);
    tell(flow, card, (&told, &changed), events);
}

/// What is said of one end.
struct Told {
    at: usize,
    task: Option<TaskId>,
    name: String,
    reason: Option<String>,
    /// Positions of what a rejection set back.
    reset: Option<Vec<usize>>,
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
    let mut dropped = Vec::new();
    for at in reset {
        let Some(record) = flow.state.hops.get_mut(*at) else {
            continue;
        };
        let is_open = !record.standing.state.is_final() && *at != told.at;
        dropped.extend(record.task.take().filter(|_| is_open));
        *record = HopRecord {
            pass: record.pass,
            is_escalated: record.is_escalated,
            review: review.as_object().cloned(),
            standing: std::mem::take(&mut record.standing),
            ..HopRecord::default()
        };
    }
    dropped
}

/// Writes down where the hops stand now, and says which of them moved.
fn take_in(flow: &mut Flow, progress: &Progress<'_>, now: Instant) -> Vec<usize> {
    let mut changed = Vec::new();
    let records = flow.state.hops.iter_mut().zip(progress.hops());
    for (at, (record, standing)) in records.enumerate() {
        if record.standing == *standing {
            continue;
        }
        if record.standing.state != standing.state {
            changed.push(at);
            record.completed_at = standing.state.is_final().then_some(now);
            if standing.state == State::Ready {
                record.task = None;
            }
        }
        record.standing.clone_from(standing);
    }
    changed
}

/// Makes cards for hops that may be done, and leads the task on once all are over.
fn conclude(whole: Step, maker: &mut Maker<'_>) -> Result<Advance, Refusal> {
    let Step {
        mut card,
        mut events,
    } = whole;
    let mut flow = flow_of(&card)?;
    let mut made = Vec::new();
    for at in ready(&flow) {
        let id = (maker.ids)();
        let human = flow.graph().hop(at).is_some_and(|hop| hop.duty.is_human);
        if let Some(record) = flow.state.hops.get_mut(at) {
            record.task = Some(id.clone());
            record.pass = record.pass.saturating_add(1);
            record.started_at = Some(maker.now);
            record.completed_at = None;
            if human {
                record.standing.state = State::WaitingHuman;
            }
        }
        made.extend(hop_card::make((&card, &flow), (at, id), maker));
    }
    let definition = flow.definition.clone();
    let standing = flow.state.hops.iter().map(|hop| hop.standing.clone());
    let verdict = Progress::resume(&definition.graph, standing.collect()).verdict();
    let revision = card.revision;
    let end = match verdict {
        Verdict::Open => None,
        Verdict::Complete => {
            flow.state.status = FlowStatus::Complete;
            Some(verb::complete(&card, None, maker.now)?)
        }
        Verdict::Failed => {
            flow.state.status = FlowStatus::Failed;
            Some(verb::block(&card, &failure(&flow), maker.now)?)
        }
    };
    if let Some(step) = end {
        flow.state.completed_at = Some(maker.now);
        card = step.card;
        // One commit, one revision.
        card.revision = revision;
        events.extend(step.events);
    }
    card.workflow = Some(Box::new(flow));
    Ok(Advance {
        whole: Step { card, events },
        made,
        dropped: Vec::new(),
    })
}

/// Why a workflow failed, for people.
fn failure(flow: &Flow) -> String {
    let failed = flow
        .hops()
        .filter(|(_, it)| it.standing.state == State::Failed);
    let reasons = failed.map(|(id, record)| match &record.reason {
        Some(reason) => format!("{id} ({reason})"),
        None => id.to_string(),
    });
    let reasons: Vec<String> = reasons.collect();
    match reasons.is_empty() {
        true => "workflow: no hop was done, as no condition held".to_owned(),
        false => format!("workflow: failed at {}", reasons.join(", ")),
    }
}

/// Hops that may be done and have no card yet.
fn ready(flow: &Flow) -> Vec<usize> {
    let records = flow.state.hops.iter().enumerate();
    let waits = |record: &HopRecord| {
        record.task.is_none() && matches!(record.standing.state, State::Ready | State::WaitingHuman)
    };
    let ready = records.filter(|(_, record)| waits(record));
    ready.map(|(at, _)| at).collect()
}

fn tell(
    flow: &Flow,
    card: &Card,
    (told, changed): (&Told, &[usize]),
    events: &mut Vec<EventDraft>,
) {
    let hop = flow.graph().hop(told.at).map(|hop| hop.id.to_string());
    let record = flow.state.hops.get(told.at);
    let mut payload = json!({
        "hopId": hop, "task": told.task.as_ref().map(TaskId::as_str), "outcome": told.name,
        "by": record.and_then(|it| it.by.as_deref()), "readyHops": names(flow, &ready(flow)),
        "changes": changes(flow, changed), "from": card.status.as_str(),
    });
    let kind = match (&told.reset, payload.as_object_mut()) {
        (Some(reset), Some(fields)) => {
            let count = record.map(|it| it.standing.rejections);
            fields.insert("rejectionNotes".to_owned(), json!(told.reason));
            fields.insert("rejectionCount".to_owned(), json!(count));
            fields.insert("reset".to_owned(), names(flow, reset));
            "dag.hop_rejected"
        }
        (None, Some(fields)) => {
            fields.insert("reason".to_owned(), json!(told.reason));
            "dag.hop_completed"
        }
        _ => "dag.hop_completed",
    };
    events.push(EventDraft::new(kind, payload));
}

fn names(flow: &Flow, places: &[usize]) -> Value {
    let hops = places.iter().filter_map(|at| flow.graph().hop(*at));
    hops.map(|hop| Value::from(hop.id.as_str())).collect()
}

/// Where hops stand now that moved.
fn changes(flow: &Flow, places: &[usize]) -> Value {
    let hops = flow.graph().hops();
    let moved = places.iter().filter_map(|at| {
        let (hop, record) = hops.get(*at).zip(flow.state.hops.get(*at))?;
        let state = record.standing.state.as_str();
        Some((hop.id.to_string(), Value::from(state)))
    });
    Value::Object(moved.collect())
}

fn flow_of(card: &Card) -> Result<Flow, Refusal> {
    card.workflow
        .as_deref()
        .cloned()
        .ok_or_else(|| no_flow(card))
}

fn no_flow(card: &Card) -> Refusal {
    Refusal::refused(
        "AOF-2041",
        format!("{} carries no workflow that goes on", card.id),
        "`aof task show` tells how far the workflow of a task has come",
    )
    .at("taskId")
}
