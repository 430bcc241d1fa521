//! The workflow of a card, and what the card of a hop says of the hop.
//!
//! Never decides anything. Invariant: the state of a workflow that is read has a record for each
//! hop of its definition, and what is written of it reads as it was.

use std::sync::Arc;

use aof_core::id::{HopId, RoleId, TaskId};
use aof_core::instant::Instant;
use aof_core::workflow::expand::Plan;
use aof_core::workflow::flow::{Done, grown};
use aof_core::workflow::outcome::SUCCESS;
use aof_core::workflow::{Flow, FlowStatus, Graph, HopOf, HopRecord, Kind, SkipReason, State};
use serde_json::{Map, Value};

use crate::finding::excerpt;
use crate::workflow::{definition_of, parse_plan};
use crate::yaml::{Node, Out, quote};

use super::field::{Before, beside, with_unknown};
use super::form::CODES;
use super::read::Reader;

impl Reader<'_, '_, '_> {
    /// The workflow that the card carries.
    pub(super) fn workflow(&mut self) -> Option<Box<Flow>> {
        let node = self.root.get("workflow")?;
        let written = node.get("definition")?;
        let definition = definition_of(written, "workflow.definition.", self.findings)?;
        let template = node.get("templateName").and_then(Node::text);
        let mut flow = Flow::new(
            Arc::new(definition),
            Arc::new(written.to_value()),
            template.map(str::to_owned),
        );
        if let Some(state) = node.get("state") {
            self.grow(state, &mut flow);
            self.state(state, &mut flow);
        }
        Some(Box::new(flow))
    }

    /// Takes the hops in that plans have added.
    fn grow(&mut self, state: &Node<'_>, flow: &mut Flow) {
        let hops = flow.graph().hops();
        if !hops.iter().any(|hop| matches!(hop.kind, Kind::Expand(_))) {
            return;
        }
        let done = |id: &HopId| {
            let hop = state.at(&["hops", id.as_str()])?;
            let is_done = hop.get("status").and_then(Node::text) == Some("complete");
            is_done.then(|| Done {
                at: moment(hop, "completedAt"),
                has_card: hop.get("task").is_some(),
                result: hop.get("result").map_or_else(Map::new, Node::to_map),
            })
        };
        match grown(flow.graph(), &done, &plan_of) {
            Ok(graph) => drop(flow.set_graph(graph)),
            Err(why) => {
                let message = format!("`workflow.state.hops` has a plan that is wrong: {why}");
                let hint = "mend `payload.plan` of the hop, or take its result out";
                self.findings.error(CODES.value, state.start, message, hint);
            }
        }
    }

    fn state(&mut self, node: &Node<'_>, flow: &mut Flow) {
        let status = node.get("status").and_then(Node::text);
        flow.state.status = status.and_then(FlowStatus::parse).unwrap_or_default();
        flow.state.started_at = moment(node, "startedAt");
        flow.state.completed_at = moment(node, "completedAt");
        flow.state.dropped = self.tasks(node, "workflow.state.dropped");
        let hops = node.get("hops").map(Node::entries).unwrap_or_default();
        for entry in hops {
            let id = HopId::parse(&entry.key).ok();
            let at = id.and_then(|id| flow.graph().position(&id));
            let Some(at) = at else {
                let message = format!(
                    "`workflow.state.hops.{}` is no hop of the definition",
                    excerpt(&entry.key)
                );
                let hint = "take it out, or put the hop back";
                self.findings
                    .error(CODES.value, entry.key_start, message, hint);
                continue;
            };
            let record = self.record(&entry.value, flow);
            if let Some(known) = flow.state.hops.get_mut(at) {
                *known = record;
            }
        }
    }

    /// The tasks that the last key of a path lists.
    fn tasks(&mut self, node: &Node<'_>, path: &str) -> Vec<TaskId> {
        let key = path.rsplit_once('.').map_or(path, |(_, key)| key);
        let items = node.get(key).map(Node::items).unwrap_or_default();
        let ids = items.iter();
        ids.filter_map(|it| self.id(Some(it), path, TaskId::parse))
            .collect()
    }

    fn record(&mut self, node: &Node<'_>, flow: &Flow) -> HopRecord {
        let text = |key: &str| node.get(key).and_then(Node::text).map(str::to_owned);
        let map = |key: &str| node.get(key).map(Node::to_map);
        let task = node.get("task");
        let task = self.id(task, "workflow.state.hops.task", TaskId::parse);
        let closed = node.get("closed").map(Node::items).unwrap_or_default();
        let closed = closed.iter().filter_map(|it| {
            let id = HopId::parse(it.text()?).ok()?;
            flow.graph().position(&id)
        });
        let mut record = HopRecord {
            pass: self.number(node, "pass", 0),
            task,
            by: text("agent"),
            started_at: moment(node, "startedAt"),
            completed_at: moment(node, "completedAt"),
            result: map("result"),
            children: self.tasks(node, "workflow.state.hops.children"),
            reason: text("reason"),
            review: map("review"),
            is_escalated: node.get("escalated").and_then(Node::boolean) == Some(true),
            ..HopRecord::default()
        };
        record.standing.closed = closed.collect();
        record.standing.live_since = moment(node, "liveSince");
        record.standing.rejections = self.number(node, "rejectionCount", 0);
        record.standing.state = match text("status").as_deref() {
            Some("dispatched") if !record.children.is_empty() => State::Dispatched,
            // A run is told by the card of the hop; one of AOF 1 had none and is begun anew.
            Some("ready" | "dispatched") => State::Ready,
            Some("waiting-human") => State::WaitingHuman,
            Some("complete") => {
                State::Complete(text("outcome").unwrap_or_else(|| SUCCESS.to_owned()))
            }
            Some("failed") => State::Failed,
            Some("skipped") => State::Skipped(match text("skipped").as_deref() {
                Some("condition") => SkipReason::Condition,
                Some("failure") => SkipReason::Failure,
                _ => SkipReason::DeadPath,
            }),
            _ => State::Pending,
        };
        record
    }

    /// What the card says of the hop that it is.
    pub(super) fn hop(&mut self) -> Option<Box<HopOf>> {
        let node = self.root.get("hop")?;
        let is = |key: &str| node.get(key).and_then(Node::boolean);
        Some(Box::new(HopOf {
            of: self.id(node.get("of"), "hop.of", TaskId::parse)?,
            id: self.id(node.get("id"), "hop.id", HopId::parse)?,
            pass: self.number(node, "pass", 1),
            is_human: node.get("kind").and_then(Node::text) == Some("human"),
            waits_for_review: is("autoAdvance") == Some(false),
            can_reject: is("canReject") == Some(true),
            timeout_ms: node.get("timeoutMs").and_then(Node::integer),
            escalate_to: self.id(node.get("escalateTo"), "hop.escalateTo", RoleId::parse),
            escalated_at: moment(node, "escalatedAt"),
            timed_out_at: moment(node, "timedOutAt"),
            retries: node.get("retries").map(|_| self.number(node, "retries", 0)),
            result: node.get("result").map(Node::to_map),
        }))
    }
}

/// Reads the plan in a payload, for the hop at a position of a workflow.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn plan_of(payload: Option<&Value>, about: (&Graph, usize)) -> Result<Plan, String> {
    match parse_plan("payload", payload, about, 0) {
        Ok((plan, _)) => Ok(plan),
        Err(findings) => {
            let first = findings.first();
            Err(first.map_or_else(String::new, |it| format!("{}: {}", it.code, it.message)))
        }
    }
}

fn moment(node: &Node<'_>, key: &str) -> Option<Instant> {
    node.get(key).and_then(Node::text).and_then(Instant::parse)
}

type Field<'a> = (&'static str, Option<Out<'a>>);

/// The workflow of a card as it is written.
pub(super) fn carried<'a>(flow: &'a Flow, before: &'a Before<'a>) -> Out<'a> {
    let was = before.card.and_then(|card| card.workflow.as_deref());
    let is_kept = was.is_some_and(|was| was.written == flow.written);
    let node = before.node.and_then(|node| node.get("definition"));
    let definition = match node.filter(|_| is_kept) {
        Some(node) => Out::node(node),
        None => Out::value(&flow.written),
    };
    let state = &flow.state;
    let told = before.node.and_then(|node| node.get("state"));
    let kept = told.and_then(|told| told.get("hops"));
    let hops = flow.hops().filter(|(_, it)| **it != HopRecord::default());
    let hops: Vec<_> = hops
        .map(|(id, it)| {
            let kept = kept.and_then(|kept| kept.get(id.as_str()));
            (quote(id.as_str()), beside(record(flow, it), kept))
        })
        .collect();
    let hops_are_new = hops.is_empty();
    let fields = Vec::from([
        ("status", Some(Out::bare(state.status.as_str()))),
        ("startedAt", state.started_at.map(Out::bare)),
        ("completedAt", state.completed_at.map(Out::bare)),
        ("hops", (!hops.is_empty()).then_some(Out::Map(hops))),
        ("dropped", tasks(&state.dropped)),
    ]);
    let told = beside(fields, told);
    let is_new = state.status == FlowStatus::Pending && hops_are_new;
    let fields = [
        ("definition", Some(definition)),
        ("state", (!is_new).then_some(told)),
        ("templateName", flow.template.as_deref().map(Out::text)),
    ];
    with_unknown(Vec::from(fields), before)
}

fn tasks(ids: &[TaskId]) -> Option<Out<'_>> {
    let list: Vec<_> = ids.iter().map(|id| Out::text(id.as_str())).collect();
    (!list.is_empty()).then_some(Out::List(list))
}

fn record<'a>(flow: &'a Flow, record: &'a HopRecord) -> Vec<Field<'a>> {
    let standing = &record.standing;
    let (outcome, skipped) = match &standing.state {
        State::Complete(outcome) => (Some(outcome.as_str()), None),
        State::Skipped(SkipReason::Condition) => (None, Some("condition")),
        State::Skipped(SkipReason::DeadPath) => (None, Some("dead-path")),
        State::Skipped(SkipReason::Failure) => (None, Some("failure")),
        _ => (None, None),
    };
    let closed = standing
        .closed
        .iter()
        .filter_map(|at| flow.graph().hop(*at));
    let closed: Vec<_> = closed.map(|hop| Out::text(hop.id.as_str())).collect();
    let count = standing.rejections;
    Vec::from([
        ("status", Some(Out::bare(standing.state.as_str()))),
        ("outcome", outcome.map(Out::text)),
        ("skipped", skipped.map(Out::text)),
        (
            "task",
            record.task.as_ref().map(|id| Out::text(id.as_str())),
        ),
        ("agent", record.by.as_deref().map(Out::text)),
        ("pass", (record.pass > 0).then(|| Out::bare(record.pass))),
        ("startedAt", record.started_at.map(Out::bare)),
        ("completedAt", record.completed_at.map(Out::bare)),
        ("children", tasks(&record.children)),
        ("reason", record.reason.as_deref().map(Out::text)),
        ("rejectionCount", (count > 0).then(|| Out::bare(count))),
        ("escalated", record.is_escalated.then(|| Out::bare(true))),
        ("review", record.review.as_ref().map(object)),
        ("closed", (!closed.is_empty()).then_some(Out::List(closed))),
        ("liveSince", standing.live_since.map(Out::bare)),
        ("result", record.result.as_ref().map(object)),
    ])
}

/// What the card of a hop says of it, as it is written.
pub(super) fn of_another<'a>(hop: &'a HopOf, before: &'a Before<'a>) -> Out<'a> {
    let fields: [Field<'a>; 12] = [
        ("of", Some(Out::text(hop.of.as_str()))),
        ("id", Some(Out::text(hop.id.as_str()))),
        ("pass", Some(Out::bare(hop.pass))),
        ("kind", hop.is_human.then(|| Out::bare("human"))),
        (
            "autoAdvance",
            hop.waits_for_review.then(|| Out::bare(false)),
        ),
        ("canReject", hop.can_reject.then(|| Out::bare(true))),
        ("timeoutMs", hop.timeout_ms.map(Out::bare)),
        (
            "escalateTo",
            hop.escalate_to.as_ref().map(|id| Out::text(id.as_str())),
        ),
        ("escalatedAt", hop.escalated_at.map(Out::bare)),
        ("timedOutAt", hop.timed_out_at.map(Out::bare)),
        ("retries", hop.retries.map(Out::bare)),
        ("result", hop.result.as_ref().map(object)),
    ];
    with_unknown(Vec::from(fields), before)
}

fn object(map: &Map<String, Value>) -> Out<'_> {
    let entries = map.iter();
    Out::Map(
        entries
            .map(|(key, value)| (quote(key), Out::value(value)))
            .collect(),
    )
}

#[cfg(test)]
mod tests;
