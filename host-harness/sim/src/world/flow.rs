//! Workflows: what hops people and agents lay out, and what people decide of them.
//!
//! Invariant: equal dice are equal workflows, and every one of them is one that AOF takes.

mod computed;

use aof_core::card::Card;
use aof_core::status::Status;
use aof_host::contract::types::Caller;
use serde_json::{Value, json};

use super::lay::agent;
use super::options::{Options, Profile};
use super::people::lock;
use super::step::Wish;
use super::{Verdict, World};
use crate::agent::Crowd;
use crate::check::{Checker, Ledger, Violation, Workflows};

/// Workflows that agents choose from.
const PLANS: u64 = 4;

/// A card with a workflow; every third one has none.
pub(super) fn carrying(text: String, options: &Options, dice: &mut fastrand::Rng) -> String {
    if dice.u8(0..3) == 0 {
        return text;
    }
    let definition = draw(options, dice);
    let tags = if dice.bool() { "[fast]" } else { "[]" };
    let with = format!("workflow: {{\"definition\": {definition}}}\ncreatedAt:");
    let text = text.replacen("createdAt:", &with, 1);
    text.replacen("metadata: {}", &format!("metadata: {{tags: {tags}}}"), 1)
}

/// A workflow that a person lays out.
pub(super) fn of_people(options: &Options, salt: u64) -> Value {
    draw(options, &mut fastrand::Rng::with_seed(salt ^ 0xf10e5))
}

/// What is remembered of workflows, in worlds that have any.
pub(super) fn remembered(options: &Options) -> Option<Workflows> {
    (options.profile == Profile::Flows).then(Workflows::default)
}

/// Those that agents give to others; none in worlds without any.
pub(super) fn of_agents(options: &Options) -> Vec<Value> {
    let count = match options.profile {
        Profile::Flows => PLANS,
        _ => 0,
    };
    let plans = 0..count;
    plans
        .map(|number| of_people(options, options.seed ^ (number << 20)))
        .collect()
}

/// Up to five hops, each after some of those before it.
fn draw(options: &Options, dice: &mut fastrand::Rng) -> Value {
    let count = dice.u32(1..=5);
    let hops: Vec<Value> = (0..count).map(|at| hop(options, at, dice)).collect();
    json!({"name": "drawn", "rejectionsMax": dice.u32(1..=6), "hops": hops})
}

fn name(at: u32) -> String {
    format!("h{at}")
}

fn hop(options: &Options, at: u32, dice: &mut fastrand::Rng) -> Value {
    let mut hop = json!({"id": name(at)});
    let mut before: Vec<u32> = (0..at).filter(|_| dice.bool()).collect();
    if before.is_empty() && at > 0 && dice.u8(0..3) > 0 {
        before.push(at - 1);
    }
    if !before.is_empty() && dice.u8(0..3) == 0 {
        return computed::hop(hop, (options, &before), dice);
    }
    match dice.u8(0..10) {
        0 => hop["kind"] = json!("human"),
        1 => {
            hop["kind"] = json!("human");
            hop["role"] = json!("press");
        }
        2 => hop["role"] = json!("press"),
        3 => hop["team"] = json!("team"),
        _ => hop["agent"] = json!(agent(dice.u32(0..options.agents))),
    }
    if !before.is_empty() {
        hop["dependsOn"] = before.iter().map(|from| edge(*from, dice)).collect();
        if let Some(join) = join(before.len(), dice) {
            hop["joinType"] = json!(join);
        }
        if dice.u8(0..3) == 0 {
            hop["canReject"] = json!(true);
            hop["rejectionsMax"] = json!(dice.u32(1..=3));
            let strategy = dice.choice(["origin", "predecessors"]);
            hop["rejectionStrategy"] = json!(strategy);
        }
    }
    if dice.u8(0..5) == 0 {
        hop["condition"] = tagged(dice);
    }
    if dice.u8(0..4) == 0 {
        hop["timeout"] = json!("1m");
    }
    if hop["kind"].is_null() {
        of_agent(&mut hop, dice);
    }
    hop
}

/// What only a hop has that an agent does.
fn of_agent(hop: &mut Value, dice: &mut fastrand::Rng) {
    if dice.u8(0..8) == 0 {
        hop["autoAdvance"] = json!(false);
    }
    if dice.u8(0..4) == 0 {
        hop["retries"] = json!(dice.u32(0..=2));
    }
    if dice.bool() && !hop["timeout"].is_null() {
        hop["escalateTo"] = json!("press");
    }
    if dice.u8(0..8) == 0 {
        hop["resource"] = json!("/the/press");
    }
}

fn edge(from: u32, dice: &mut fastrand::Rng) -> Value {
    let name = name(from);
    match dice.u8(0..8) {
        0 => json!({"hop": name, "on": ["failed"]}),
        1 => json!({"hop": name, "on": ["success", "large"]}),
        2 => json!({"hop": name, "on": ["large"]}),
        3 => json!({"hop": name, "when": tagged(dice)}),
        _ => json!(name),
    }
}

fn join(count: usize, dice: &mut fastrand::Rng) -> Option<String> {
    match dice.u8(0..6) {
        0 => Some("any".to_owned()),
        1 => match dice.usize(1..=count) {
            1 => Some("quorum(1)".to_owned()),
            needed => Some(format!("quorum({needed:02})")),
        },
        2 => Some("deadline(1m)".to_owned()),
        _ => None,
    }
}

fn tagged(dice: &mut fastrand::Rng) -> Value {
    let tag = json!({"op": "has_tag", "value": "fast"});
    match dice.bool() {
        true => tag,
        false => json!({"op": "not", "condition": tag}),
    }
}

/// Whether a person has to decide of this one, wherever another one put it.
fn is_asked(status: Status, card: &Card) -> bool {
    let is_human = card.hop.as_deref().is_some_and(|hop| hop.is_human);
    match status {
        Status::Review => card.hop.is_some(),
        Status::Ready | Status::InProgress => is_human,
        _ => false,
    }
}

/// What holds of all workflows, also once a host is well, and once it has polled.
pub(super) fn judge(
    workflows: &mut Workflows,
    checker: &Checker,
    (ledger, crowd): (&Ledger, &Crowd),
    (is_well, has_polled): (bool, bool),
) -> Verdict {
    let Checker { history, disk, .. } = checker;
    workflows.look(history, disk, ledger)?;
    if !is_well {
        return Ok(());
    }
    workflows.settled(disk, ledger)?;
    workflows.work_alone(&crowd.working(), disk)?;
    if has_polled {
        workflows.cards_agree(disk, ledger)?;
    }
    Ok(())
}

impl World {
    /// Hops that wait for a person, each with the task that carries the workflow.
    fn asked(&self) -> Vec<(String, String, bool)> {
        let tasks = self.checker.disk.tasks();
        let asked = tasks.filter_map(|(task, files)| {
            let file = files.first()?;
            let card = file.card.as_deref()?;
            let hop = card
                .hop
                .as_deref()
                .filter(|_| is_asked(file.status, card))?;
            Some((task.clone(), hop.of.to_string(), hop.can_reject))
        });
        asked.collect()
    }

    /// A person says how a hop ends, by its own name or by that of the whole.
    pub(super) fn decision(&self, salt: u64) -> (&'static str, Value) {
        let asked = self.asked();
        let number = usize::try_from(salt >> 8).unwrap_or_default() % asked.len().max(1);
        let Some((task, of, can_reject)) = asked.get(number) else {
            return ("aof_status_report", json!({}));
        };
        let about = if salt.is_multiple_of(3) { of } else { task };
        if salt % 16 == 9 {
            return ("aof_task_cancel", json!({"taskId": task}));
        }
        let outcome = match salt % 8 {
            0 | 1 if *can_reject => "rejected",
            2 => "failed",
            3 => "large",
            // Answers to a question, by whoever gave them or by what they are.
            4 => ["h0", "h1", "aye", "nay"][usize::from((salt >> 16) as u8 % 4)],
            _ => "success",
        };
        let arguments =
            json!({"taskId": about, "outcome": outcome, "notes": "as a person sees it"});
        ("aof_task_complete", arguments)
    }

    /// A person lets a task go on with another definition, or with its own of other bounds.
    pub(super) fn change(&self, salt: u64) -> (&'static str, Value) {
        let open = self.checker.disk.tasks().filter_map(|(task, files)| {
            let file = files.first().filter(|file| !file.status.is_terminal())?;
            let flow = file.card.as_deref()?.workflow.as_deref()?;
            Some((task, flow))
        });
        let open: Vec<_> = open.collect();
        let number = usize::try_from(salt >> 8).unwrap_or_default() % open.len().max(1);
        let Some((task, flow)) = open.get(number) else {
            return ("aof_status_report", json!({}));
        };
        let mut other = of_people(&self.options, salt);
        if salt.is_multiple_of(3) {
            // The same hops, turned round, of which each is done in its own way.
            other = flow.written.as_ref().clone();
            if let Some(hops) = other["hops"].as_array_mut() {
                hops.reverse();
            }
        }
        (
            "aof_workflow_upgrade",
            json!({"taskId": task, "workflow": other}),
        )
    }

    /// Whatever waits for people is let through. Says whether anything did.
    pub(super) fn people_let_pass(&mut self) -> Result<bool, Violation> {
        if self.workflows.is_none() {
            return Ok(false);
        }
        let asked = self.asked();
        let ann = Caller::Human("ann".to_owned());
        let mut passed = false;
        for (task, _, _) in asked {
            let mut request = self.request(Wish::List, (0, 0));
            request.wish = Wish::Complete;
            request.name = "aof_task_complete";
            request.arguments = json!({"taskId": task, "outcome": "success", "verdict": "aye"});
            passed |= matches!(self.call(0, &ann, &request)?, Some(Ok(_)));
        }
        Ok(passed)
    }

    /// I11, I22: at the end every workflow is over, or waits for somebody who blocked a hop of it.
    pub(super) fn workflows_rest(&self) -> Verdict {
        let Some(workflows) = &self.workflows else {
            return Ok(());
        };
        let ledger = lock(&self.ledger);
        let wholes = self.open_wholes();
        let disk = &self.checker.disk;
        let at_work = disk.tasks().flat_map(|(_, files)| files);
        let at_work = at_work.filter(|file| file.status == Status::InProgress);
        let at_work = at_work.filter_map(|file| file.card.as_deref());
        let at_work = at_work.filter(|card| card.workflow.is_none());
        // Those that people moved there keep what they hold.
        let kept: Vec<&String> = at_work.filter_map(|card| card.resource.as_ref()).collect();
        let is_met = |needed: &str| {
            let status = self.checker.history.task(needed).and_then(|it| it.status);
            ledger.is_ours(needed) && status == Some(Status::Done)
        };
        let is_kept = |card: &Card| {
            let mut needed = card.depends_on.iter();
            card.resource.as_ref().is_some_and(|it| kept.contains(&it))
                || needed.any(|it| !is_met(it.as_str()))
        };
        let is_held = |task: &str| {
            let card = disk.only(task).and_then(|file| file.card.as_deref());
            let is_touched = ledger.touch_of(task).is_some();
            is_touched || wholes.contains(task) || card.is_some_and(is_kept)
        };
        workflows.cards_agree(&self.checker.disk, &ledger)?;
        workflows.rest(&self.checker.disk, is_held)
    }
}
