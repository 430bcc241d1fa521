//! Hops that nobody does: decisions over what others came to, and plans that become hops or tasks.
//!
//! Never asks anybody. Invariant: whatever can be computed is, before anything is committed.

use serde_json::{Map, Value};

use crate::card::{Card, Routing};
use crate::dependency::DependencyPolicy;
use crate::gather::gathered;
use crate::id::TaskId;
use crate::status::Status;
use crate::verb::{Draft, Step, create};
use crate::workflow::advance::{Changes, Maker, Told, progress_of, take_in, tell};
use crate::workflow::decide::{Ballot, Decide, Decision, Ruling};
use crate::workflow::expand::{Child, Plan};
use crate::workflow::facts::CardFacts;
use crate::workflow::flow::{Flow, PAYLOAD};
use crate::workflow::graph::FAILED;
use crate::workflow::outcome::SUCCESS;
use crate::workflow::result::HopResult;
use crate::workflow::{Expand, Facts, HopRecord, Kind, SkipReason, State};

/// The key of what led to a decision.
const EXPLANATION: &str = "explanation";

/// What became of a computed hop.
enum Came {
    /// Nothing yet.
    Waits,
    /// A person is asked.
    Asks(Map<String, Value>),
    /// It is over.
    Ends {
        state: State,
        result: Option<Map<String, Value>>,
        reason: Option<String>,
    },
    /// It waits for tasks that were made.
    Made(Vec<TaskId>),
}

/// Computes hops until nothing more follows.
pub(super) fn compute(flow: &mut Flow, card: &Card, changes: &mut Changes, maker: &mut Maker<'_>) {
    loop {
        let hops = 0..flow.graph().hops().len();
        let is_one = |at: &usize| {
            let hop = flow.graph().hop(*at);
            let state = flow.state.hops.get(*at).map(|it| &it.standing.state);
            hop.is_some_and(|hop| hop.kind != Kind::Work)
                && matches!(state, Some(State::Ready | State::Dispatched))
        };
        let due: Vec<usize> = hops.filter(is_one).collect();
        let moved = due
            .into_iter()
            .any(|at| computed(flow, (card, at), changes, maker));
        if !moved {
            return;
        }
    }
}

/// Computes one hop, and says whether anything came of it.
fn computed(
    flow: &mut Flow,
    (card, at): (&Card, usize),
    changes: &mut Changes,
    maker: &mut Maker<'_>,
) -> bool {
    let Some(hop) = flow.definition.graph.hop(at).cloned() else {
        return false;
    };
    let came = match &hop.kind {
        Kind::Work => Came::Waits,
        Kind::Decide(decide) => decided(flow, at, decide),
        Kind::Expand(expand) => expanded(flow, (card, at, *expand), changes, maker),
    };
    let Some(record) = flow.state.hops.get_mut(at) else {
        return false;
    };
    record.started_at.get_or_insert(maker.now);
    match came {
        Came::Waits => return false,
        Came::Asks(result) => {
            record.standing.state = State::WaitingHuman;
            record.result = Some(result);
        }
        Came::Made(children) => {
            record.standing.state = State::Dispatched;
            record.children = children;
        }
        Came::Ends {
            state,
            result,
            reason,
        } => {
            record.result.clone_from(&result);
            record.pass = record.pass.saturating_add(1);
            let told = Told {
                at,
                task: None,
                name: match &state {
                    State::Complete(outcome) => outcome.clone(),
                    _ => FAILED.to_owned(),
                },
                reason,
                reset: None,
            };
            let is_done = matches!(state, State::Complete(_));
            end(flow, (card, told), state, changes, maker);
            if let (Kind::Expand(_), true) = (&hop.kind, is_done) {
                put_last(flow, at);
            }
        }
    }
    true
}

/// Plans count in the order in which they were carried out, by when that was: also of two in one
/// moment, and where a clock was set back.
fn put_last(flow: &mut Flow, at: usize) {
    let hops = flow.definition.graph.hops().iter().zip(&flow.state.hops);
    let others = hops.enumerate().filter(|(other, _)| *other != at);
    let expanded = others.filter(|(_, (hop, record))| {
        let is_done = matches!(record.standing.state, State::Complete(_));
        is_done && matches!(hop.kind, Kind::Expand(_))
    });
    let last = expanded.filter_map(|(_, (_, it))| it.completed_at).max();
    if let (Some(last), Some(own)) = (last, flow.state.hops.get_mut(at)) {
        own.completed_at = own.completed_at.max(Some(last.plus_ms(1)));
    }
}

/// A computed hop is over.
pub(super) fn end(
    flow: &mut Flow,
    (card, mut told): (&Card, Told),
    state: State,
    changes: &mut Changes,
    maker: &Maker<'_>,
) {
    let definition = flow.definition.clone();
    let mut seen = flow.clone();
    if let Some(record) = seen.state.hops.get_mut(told.at) {
        record.standing.state = state.clone();
    }
    let mut progress = progress_of(&definition.graph, flow);
    let facts = CardFacts::of(card, &seen, maker.has_file);
    progress.settle(told.at, state, (maker.now, &facts as &dyn Facts));
    let explanation = flow.state.hops.get(told.at).and_then(|it| {
        let result = it.result.as_ref()?;
        Some(result.get(EXPLANATION)?.as_str()?.to_owned())
    });
    told.reason = match (told.reason.take(), explanation) {
        (Some(reason), Some(why)) => Some(format!("{reason}: {why}")),
        (reason, why) => reason.or(why),
    };
    if let Some(record) = flow.state.hops.get_mut(told.at) {
        record.reason = told.reason.clone().filter(|_| told.name == FAILED);
        record.children.clear();
    }
    let changed = take_in(flow, &progress, maker.now);
    tell(flow, card, (&told, &changed), &mut changes.events);
    let decides = definition
        .graph
        .hop(told.at)
        .is_some_and(|hop| hop.decides());
    if decides {
        release(flow, (card, told.at), changes, maker);
    }
}

/// Voters of whom nobody else waits are not waited for once it is decided.
fn release(flow: &mut Flow, (card, at): (&Card, usize), changes: &mut Changes, maker: &Maker<'_>) {
    let definition = flow.definition.clone();
    let edges = definition.graph.hop(at).map(|hop| hop.edges.as_slice());
    for edge in edges.unwrap_or_default() {
        let is_only = definition.graph.after(edge.from) == [at];
        let mut progress = progress_of(&definition.graph, flow);
        let facts = CardFacts::of(card, flow, maker.has_file);
        let skipped = State::Skipped(SkipReason::DeadPath);
        let now = (maker.now, &facts as &dyn Facts);
        if is_only && !progress.settle(edge.from, skipped, now).is_empty() {
            if let Some(record) = flow.state.hops.get_mut(edge.from) {
                changes.dropped.extend(record.task.clone());
                flow.state.dropped.append(&mut record.children);
            }
            take_in(flow, &progress, maker.now);
        }
    }
}

/// Results of hops, read; none where one cannot be.
fn read(record: &HopRecord) -> Option<HopResult> {
    let fields = record.result.as_ref()?.iter();
    let fields = fields.filter(|(key, _)| *key != EXPLANATION);
    let fields = fields.map(|(key, value)| (key.clone(), value.clone()));
    HopResult::parse(&gathered(fields)).ok()
}

/// Lets a decision be made over the votes there are.
pub(super) fn with_ballots<T>(flow: &Flow, at: usize, make: &dyn Fn(&[Ballot<'_>]) -> T) -> T {
    let progress = progress_of(flow.graph(), flow);
    let casts = progress.casts(at);
    let record = |from: &usize| flow.state.hops.get(*from);
    let results = casts.iter().map(|(from, _)| record(from).and_then(read));
    let results: Vec<Option<HopResult>> = results.collect();
    let ballots = casts
        .iter()
        .zip(&results)
        .filter_map(|((from, cast), result)| {
            let ended = record(from).and_then(|it| it.completed_at);
            Some(Ballot {
                at: *from,
                hop: &flow.graph().hop(*from)?.id,
                cast: *cast,
                result: result.as_ref(),
                event: ended.map_or(u64::MAX, |at| at.ms()),
            })
        });
    make(&ballots.collect::<Vec<_>>())
}

fn decided(flow: &Flow, at: usize, decide: &Decide) -> Came {
    let decision = with_ballots(flow, at, &|ballots| decide.decide(ballots));
    let result = result_of(&decision);
    match decision.ruling {
        Ruling::Wait => Came::Waits,
        Ruling::Complete(_) if decision.needs_review => Came::Asks(result),
        Ruling::Person => Came::Asks(result),
        Ruling::Complete(outcome) => Came::Ends {
            state: State::Complete(outcome),
            result: Some(result),
            reason: None,
        },
        Ruling::Failed(reason) => Came::Ends {
            state: State::Failed,
            result: Some(result),
            reason: Some(reason.to_owned()),
        },
    }
}

/// What a decision leaves behind: its result, and what led to it.
pub(super) fn result_of(decision: &Decision) -> Map<String, Value> {
    let mut result = decision.result.to_map();
    let explanation = decision.explanation.clone();
    result.insert(EXPLANATION.to_owned(), explanation.into());
    result
}

fn expanded(
    flow: &mut Flow,
    (card, at, expand): (&Card, usize, Expand),
    changes: &mut Changes,
    maker: &mut Maker<'_>,
) -> Came {
    let record = flow.state.hops.get(at).cloned().unwrap_or_default();
    if record.standing.state == State::Dispatched {
        let mut is_new = changes.made.iter();
        let is_new = is_new.any(|step| record.children.contains(&step.card.id));
        return if is_new {
            Came::Waits
        } else {
            waited(&record, maker)
        };
    }
    // Only what is complete is found again when the card is read.
    let from = flow.graph().hop(expand.from);
    let result = from.and_then(|from| flow.done(&from.id));
    let payload = result.as_ref().and_then(|it| it.result.get(PAYLOAD));
    let ends = |state, reason| Came::Ends {
        state,
        result: None,
        reason,
    };
    let plan = (maker.plan)(payload, (flow.graph(), at));
    match plan.and_then(|plan| (maker.known)(&plan).map(|()| plan)) {
        Err(why) => ends(State::Failed, Some(format!("plan refused: {why}"))),
        Ok(Plan::Hops(graph)) => {
            flow.set_graph(*graph);
            ends(State::Complete(SUCCESS.to_owned()), None)
        }
        Ok(Plan::Tasks(children)) if children.is_empty() => {
            ends(State::Complete(SUCCESS.to_owned()), None)
        }
        Ok(Plan::Tasks(children)) => {
            let made = tasks(card, &children, maker);
            let ids = made.iter().map(|step| step.card.id.clone()).collect();
            changes.made.extend(made);
            Came::Made(ids)
        }
    }
}

/// A hop whose plan became tasks is over once these are.
fn waited(record: &HopRecord, maker: &Maker<'_>) -> Came {
    let mut failed = Vec::new();
    for task in &record.children {
        match (maker.status)(task) {
            Some(Status::Done) => {}
            None | Some(Status::Cancelled | Status::Deadletter) => failed.push(task.as_str()),
            Some(_) => return Came::Waits,
        }
    }
    match failed.is_empty() {
        true => Came::Ends {
            state: State::Complete(SUCCESS.to_owned()),
            result: None,
            reason: None,
        },
        false => Came::Ends {
            state: State::Failed,
            result: None,
            reason: Some(format!("not done: {}", failed.join(", "))),
        },
    }
}

/// Tasks of a plan; each comes after those that it depends on.
fn tasks(card: &Card, children: &[Child], maker: &mut Maker<'_>) -> Vec<Step> {
    let mut made: Vec<Step> = Vec::new();
    for child in children {
        let before = child.hop.edges.iter();
        let before = before.filter_map(|edge| Some(made.get(edge.from)?.card.id.clone()));
        let depends_on: Vec<TaskId> = before.collect();
        let routing = child.hop.duty.doer.as_ref().map(maker.route);
        let about = child.hop.duty.description.as_deref();
        let draft = Draft {
            id: (maker.ids)(),
            project: maker.project.clone(),
            status: match depends_on.is_empty() {
                true => Status::Ready,
                false => Status::Backlog,
            },
            title: child.title.clone(),
            body: format!("{}\n", about.unwrap_or(&child.title).trim_end()),
            priority: child.priority,
            routing: routing.unwrap_or_else(Routing::default),
            depends_on,
            dependency_policy: DependencyPolicy::default(),
            parent_id: Some(card.id.clone()),
            resource: None,
            metadata: Map::new(),
            created_by: card.created_by.clone(),
        };
        let hash = (maker.hash)(&draft.body);
        made.push(create(draft, hash, maker.now));
    }
    made
}
