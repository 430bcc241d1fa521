//! A task goes on with another definition of its workflow, because somebody asked for it: a
//! template that changes never changes what is under way by itself.
//!
//! Never does anew what is done. Invariant: hops that are in both stay as they are, whether they
//! are over or at work; what did not begin is decided anew.

use serde_json::{Value, json};

use crate::card::Card;
use crate::event::EventDraft;
use crate::refusal::Refusal;
use crate::status::Status;
use crate::verb::{Step, touch};
use crate::workflow::advance::{
    Advance, Changes, Maker, conclude, drop_parts, progress_of, take_in,
};
use crate::workflow::facts::CardFacts;
use crate::workflow::flow::{Flow, FlowStatus, HopRecord, grown};
use crate::workflow::{Graph, Hop, Kind, State};

const HOPS: &str = "hops";
const TEMPLATE: &str = "template";

/// What is different.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Difference {
    /// Hops that are new.
    pub added: Vec<String>,
    /// Hops that are not there any more.
    pub removed: Vec<String>,
    /// Hops that say something else now.
    pub changed: Vec<String>,
    /// Fields of the workflow itself that say something else: `hops` if their order is another,
    /// `template` if that is.
    pub fields: Vec<String>,
}

impl Difference {
    /// Between two workflows as they were defined, by the names of their hops and fields.
    #[must_use]
    pub fn between(was: &Flow, is: &Flow) -> Self {
        let (old, new) = (&was.base.graph, &is.base.graph);
        let names = |of: &Graph, is_it: &dyn Fn(&Hop) -> bool| {
            let hops = of.hops().iter().filter(|hop| is_it(hop));
            hops.map(|hop| hop.id.to_string()).collect()
        };
        let is_other = |hop: &Hop| {
            let was = old.position(&hop.id).and_then(|at| old.hop(at));
            was.is_some_and(|was| !is_same((old, was), (new, hop)))
        };
        Difference {
            added: names(new, &|hop| old.position(&hop.id).is_none()),
            removed: names(old, &|hop| new.position(&hop.id).is_none()),
            changed: names(new, &is_other),
            fields: fields(was, is),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Difference::default()
    }

    /// `added`, `removed`, `changed`, `fields`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({"added": self.added, "removed": self.removed, "changed": self.changed,
               "fields": self.fields})
    }
}

/// Fields of two workflows that differ, in the order of the alphabet.
fn fields(was: &Flow, is: &Flow) -> Vec<String> {
    let keys = |flow: &Flow| match &*flow.written {
        Value::Object(fields) => fields.keys().cloned().collect(),
        _ => Vec::new(),
    };
    let mut other: Vec<String> = keys(was);
    other.extend(keys(is));
    other.retain(|key| key != HOPS && was.written.get(key) != is.written.get(key));
    let places = |of: &Graph, by: &Graph| -> Vec<usize> {
        let hops = of.hops().iter();
        hops.filter_map(|hop| by.position(&hop.id)).collect()
    };
    if !places(&was.base.graph, &is.base.graph).is_sorted() {
        other.push(HOPS.to_owned());
    }
    if was.template != is.template {
        other.push(TEMPLATE.to_owned());
    }
    other.sort_unstable();
    other.dedup();
    other
}

/// Whether two hops say the same, wherever the others stand.
fn is_same((old, was): (&Graph, &Hop), (new, is): (&Graph, &Hop)) -> bool {
    let name = |graph: &Graph, at: usize| graph.hop(at).map(|hop| hop.id.clone());
    let edges = was.edges.len() == is.edges.len()
        && was.edges.iter().zip(&is.edges).all(|(one, other)| {
            name(old, one.from) == name(new, other.from)
                && (&one.on, &one.when) == (&other.on, &other.when)
        });
    let plain = |hop: &Hop| Hop {
        edges: Vec::new(),
        ..hop.clone()
    };
    edges && plain(was) == plain(is)
}

/// Lets the task go on with another workflow.
///
/// # Errors
/// `AOF-2043` if it carries none, if its workflow is over, or if a plan that was carried out does
/// not fit.
pub fn upgrade(
    card: &Card,
    next: Flow,
    maker: &mut Maker<'_>,
) -> Result<(Advance, Difference), Refusal> {
    let Some(old) = card
        .workflow
        .as_deref()
        .filter(|_| !card.status.is_terminal())
    else {
        return Err(over(card));
    };
    if old.state.status == FlowStatus::Complete {
        return Err(over(card));
    }
    let difference = Difference::between(old, &next);
    let mut card = card.clone();
    touch(&mut card, maker.now);
    let mut changes = Changes::default();
    let old = old.clone();
    let mut flow = next;
    if old.state.status != FlowStatus::Pending {
        carry_over(&old, (&mut flow, &card), &mut changes, maker)?;
    }
    let mut payload = difference.to_json();
    if let Some(fields) = payload.as_object_mut() {
        fields.insert("workflow".to_owned(), flow.base.name.clone().into());
        fields.insert("template".to_owned(), json!(flow.template));
    }
    changes
        .events
        .push(EventDraft::new("dag.upgraded", payload));
    if card.status == Status::InProgress && flow.state.status == FlowStatus::Running {
        return Ok((conclude((card, flow), changes, maker)?, difference));
    }
    drop_parts(&mut flow, &mut changes);
    card.workflow = Some(Box::new(flow));
    let advance = Advance {
        whole: Step {
            card,
            events: changes.events,
        },
        made: Vec::new(),
        dropped: changes.dropped,
    };
    Ok((advance, difference))
}

/// What the old workflow came to holds for the new one.
fn carry_over(
    old: &Flow,
    (flow, card): (&mut Flow, &Card),
    changes: &mut Changes,
    maker: &Maker<'_>,
) -> Result<(), Refusal> {
    flow.state.status = old.state.status;
    flow.state.dropped.clone_from(&old.state.dropped);
    flow.state.started_at = old.state.started_at;
    let graph =
        grown(flow.graph(), &|id| old.done(id), maker.plan).map_err(|why| misfit(card, &why))?;
    flow.set_graph(graph);
    let definition = flow.definition.clone();
    let is_other = |was: &Hop, is: &Hop| match (&was.kind, &is.kind) {
        (Kind::Work, Kind::Work) => false,
        (Kind::Expand(was), Kind::Expand(is)) => was.into_tasks != is.into_tasks,
        (was, is) => was != is,
    };
    flow.state.hops = vec![HopRecord::default(); definition.graph.hops().len()];
    for (hop, record) in old.graph().hops().iter().zip(&old.state.hops) {
        let at = definition.graph.position(&hop.id);
        let is_open = !record.standing.state.is_final();
        let next = at.and_then(|at| definition.graph.hop(at));
        let goes_on = next.is_some_and(|next| !is_open || !is_other(hop, next));
        if is_open && !goes_on {
            changes.dropped.extend(record.task.clone());
            flow.state.dropped.extend(record.children.iter().cloned());
        }
        if let Some(place) = at.and_then(|at| flow.state.hops.get_mut(at)) {
            *place = kept(record, goes_on);
        }
    }
    let facts = CardFacts::of(card, flow, maker.has_file);
    let mut progress = progress_of(&definition.graph, flow);
    progress.rejudge(maker.now, &facts);
    take_in(flow, &progress, maker.now);
    Ok(())
}

/// What stays of a hop: all of one that is over or goes on, the counts of any other.
fn kept(record: &HopRecord, goes_on: bool) -> HopRecord {
    let mut kept = record.clone();
    if !goes_on || matches!(record.standing.state, State::Pending | State::Skipped(_)) {
        kept = HopRecord {
            pass: record.pass,
            is_escalated: record.is_escalated,
            ..HopRecord::default()
        };
        kept.standing.rejections = record.standing.rejections;
    }
    kept.standing.closed.clear();
    kept.standing.live_since = None;
    kept
}

fn misfit(card: &Card, why: &str) -> Refusal {
    let message = format!("a plan that {} carried out does not fit: {why}", card.id);
    let hint = "let the hop that expands allow what it made";
    Refusal::refused("AOF-2043", message, hint).at("workflow")
}

fn over(card: &Card) -> Refusal {
    let message = match &card.workflow {
        None => format!("{} carries no workflow", card.id),
        Some(_) => format!("the workflow of {} is over", card.id),
    };
    let hint = "only a workflow that did not come to its end goes on with another definition";
    Refusal::refused("AOF-2043", message, hint).at("taskId")
}
