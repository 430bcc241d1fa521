//! What follows for a task when something happens to its hops: which become ready, what is done
//! anew, and how the task itself goes on.
//!
//! Never reads or writes anything. Invariant: a hop that may be done has exactly one card that is
//! not over, made in the same commit as the state that says so.

use serde_json::{Map, Value, json};

use crate::card::{Card, Routing};
use crate::event::EventDraft;
use crate::gather::gathered;
use crate::id::{ProjectId, TaskId};
use crate::instant::Instant;
use crate::refusal::Refusal;
use crate::status::Status;
use crate::verb::{self, Step, touch, walk};
use crate::workflow::computed::compute;
use crate::workflow::expand::Plan;
use crate::workflow::facts::CardFacts;
use crate::workflow::flow::{Flow, FlowStatus, ReadPlan};
use crate::workflow::hop_card;
use crate::workflow::settle::{settle, shrink};
use crate::workflow::{Doer, Graph, Progress, State, Verdict};

/// Why the card of a hop is given up that nobody waits for any more.
pub const SUPERSEDED: &str = "superseded: the workflow went on without it";

/// Cards that are given up in one commit; the rest follows in the next poll.
pub const DROPPED_MAX: usize = 100;
/// Hops that one field of an event names: an event has to fit into a line of the log.
const NAMED_MAX: usize = 100;
/// Characters of the reason for which a workflow failed; its hops say it in full.
const FAILURE_CHARS_MAX: usize = 2_000;

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
    /// The card.
    pub task: TaskId,
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
    /// How a plan is read.
    pub plan: ReadPlan<'a>,
    /// Whether the chart has everybody whom a plan names.
    pub known: &'a dyn Fn(&Plan) -> Result<(), String>,
    /// Where a task stands.
    pub status: &'a dyn Fn(&TaskId) -> Option<Status>,
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

/// What comes together on the way to that.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) events: Vec<EventDraft>,
    pub(super) made: Vec<Step>,
    pub(super) dropped: Vec<TaskId>,
}

/// The workflow begins, or goes on after somebody let the blocked task go on: then what failed is
/// done anew.
///
/// # Errors
/// `AOF-2001` unless the task is ready; `AOF-2041` if it carries no workflow.
pub fn begin(card: &Card, maker: &mut Maker<'_>) -> Result<Advance, Refusal> {
    let mut flow = flow_of(card)?;
    let Step {
        card: next,
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
    let progress = match was {
        FlowStatus::Pending => Progress::begin(&definition.graph, maker.now, &facts),
        was => {
            let mut progress = progress_of(&definition.graph, &flow);
            match was {
                FlowStatus::Failed => progress.revive(maker.now, &facts),
                // It was only held up: a failure that was taken care of is not undone.
                _ => progress.decide(maker.now, &facts),
            }
            progress
        }
    };
    let changed: Vec<usize> = take_in(&mut flow, &progress, maker.now);
    let moved = changes(&flow, &changed);
    // Plans that are made anew take what came of them along.
    let dropped = shrink(&mut flow, &next, maker);
    flow.state.status = FlowStatus::Running;
    flow.state.started_at.get_or_insert(maker.now);
    flow.state.completed_at = None;
    let ready = names(&flow, &ready(&flow));
    events.push(EventDraft::new(
        "dag.started",
        json!({
            "workflow": definition.name, "template": flow.template, "readyHops": ready,
            "again": was != FlowStatus::Pending, "changes": moved,
        }),
    ));
    let changes = Changes {
        events,
        dropped,
        ..Changes::default()
    };
    conclude((next, flow), changes, maker)
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
    let mut changes = Changes::default();
    for end in ends {
        settle(&mut flow, (&next, end), &mut changes, maker);
    }
    let definition = flow.definition.clone();
    let facts = CardFacts::of(&next, &flow, maker.has_file);
    let mut progress = progress_of(&definition.graph, &flow);
    progress.decide(maker.now, &facts);
    take_in(&mut flow, &progress, maker.now);
    conclude((next, flow), changes, maker)
}

/// How far the hops of a workflow have come; `graph` is its own.
pub(crate) fn progress_of<'g>(graph: &'g Graph, flow: &Flow) -> Progress<'g> {
    let standing = flow.state.hops.iter().map(|hop| hop.standing.clone());
    Progress::resume(graph, standing.collect())
}

/// Writes down where the hops stand now, and says which of them moved.
pub(super) fn take_in(flow: &mut Flow, progress: &Progress<'_>, now: Instant) -> Vec<usize> {
    let mut changed = Vec::new();
    let records = flow.state.hops.iter_mut().zip(progress.hops());
    for (at, (record, standing)) in records.enumerate() {
        if record.standing == *standing {
            continue;
        }
        if record.standing.state != standing.state {
            changed.push(at);
            if record.standing.state.is_final() {
                // It is done anew: nothing of what it came to counts any more.
                (record.result, record.reason, record.by) = (None, None, None);
                record.started_at = None;
            }
            record.completed_at = standing.state.is_final().then_some(now);
            if standing.state == State::Ready {
                record.task = None;
            }
        }
        record.standing.clone_from(standing);
    }
    changed
}

/// Computes what can be, makes cards for hops that may be done, and leads the task on once all are
/// over.
pub(super) fn conclude(
    (mut card, mut flow): (Card, Flow),
    mut changes: Changes,
    maker: &mut Maker<'_>,
) -> Result<Advance, Refusal> {
    compute(&mut flow, &card, &mut changes, maker);
    // What was asked for and is not wanted any more is not made at all.
    let Changes { made, dropped, .. } = &mut changes;
    let parts = &flow.state.dropped;
    let is_wanted = |id: &TaskId| !dropped.contains(id) && !parts.contains(id);
    made.retain(|step| is_wanted(&step.card.id));
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
        let made = hop_card::make((&card, &flow), (at, id), maker);
        changes.made.extend(made);
    }
    drop_parts(&mut flow, &mut changes);
    let verdict = progress_of(flow.graph(), &flow).verdict();
    let revision = card.revision;
    let end = match verdict {
        Verdict::Open => None,
        // Once it is over, nobody would give them up.
        _ if !flow.state.dropped.is_empty() => None,
        Verdict::Complete => {
            flow.state.status = FlowStatus::Complete;
            Some(verb::complete(&card, None, maker.now)?)
        }
        Verdict::Failed => {
            flow.state.status = FlowStatus::Failed;
            Some(verb::block(&card, &failure(&flow), maker.now)?)
        }
    };
    let mut events = changes.events;
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
        made: changes.made,
        dropped: changes.dropped,
    })
}

/// Gives tasks of plans up that nobody waits for, as far as there is room.
pub(super) fn drop_parts(flow: &mut Flow, changes: &mut Changes) {
    let room = DROPPED_MAX.saturating_sub(changes.dropped.len());
    let mut due = std::mem::take(&mut flow.state.dropped);
    flow.state.dropped = due.split_off(due.len().min(room));
    changes.dropped.append(&mut due);
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
        false => {
            let all = format!("workflow: failed at {}", reasons.join(", "));
            all.chars().take(FAILURE_CHARS_MAX).collect()
        }
    }
}

/// Hops that may be done and have no card yet.
fn ready(flow: &Flow) -> Vec<usize> {
    let hops = flow.graph().hops().iter().zip(&flow.state.hops);
    let ready = hops.enumerate().filter(|(_, (hop, it))| it.lacks_card(hop));
    ready.map(|(at, _)| at).collect()
}

/// What is said of one end.
pub(super) struct Told {
    pub(super) at: usize,
    pub(super) task: Option<TaskId>,
    pub(super) name: String,
    pub(super) reason: Option<String>,
    /// Positions of what a rejection set back.
    pub(super) reset: Option<Vec<usize>>,
}

/// Writes the event of one end.
pub(super) fn tell(
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
    let hops = hops.take(NAMED_MAX);
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
    Value::Object(gathered(moved.take(NAMED_MAX)))
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
