//! I22: workflows, read naively from the cards on the disk and from the log.
//!
//! Never asks the orchestrator what follows from what: [`model`] counts the edges itself.
//! Invariant: a workflow with a card that people moved, broke or removed is judged by its own card
//! only.

mod change;
mod model;

use std::collections::{BTreeMap, BTreeSet};

use aof_core::card::Card;
use aof_core::metadata::CANCELLATION_REASON;
use aof_core::status::Status;
use aof_core::workflow::{Flow, FlowStatus, HopOf, HopRecord, State};
use serde_json::Value;

use super::Violation;
use super::disk::{Disk, Placed};
use super::ledger::Ledger;
use super::log::{History, Line};
use model::Model;

type Verdict = Result<(), Violation>;

/// A hop of a task: the task, and the hop.
type Key = (String, String);

fn wrong(task: &str, found: impl std::fmt::Display) -> Verdict {
    Err(Violation::new("I22", format!("{task}: {found}")))
}

/// What is remembered of all workflows.
#[derive(Debug, Default)]
pub struct Workflows {
    /// What every card of a hop says that was ever seen, by its task.
    hops: BTreeMap<String, HopOf>,
    /// Tasks with workflows whose cards people changed.
    spoiled: BTreeSet<String>,
    /// How often a hop sent work back, as its card said last.
    rejections: BTreeMap<Key, u32>,
    /// All rejections of a task together.
    sent_back: BTreeMap<String, u32>,
    /// How often a hop was set back, as the log tells it.
    set_back: BTreeMap<Key, u32>,
    /// Cards of hops that may have vanished, each of which is made once more.
    vanished_max: u32,
    /// Workflows that began or went on in this step: the next poll takes in what ended before.
    begun: BTreeSet<String>,
    /// How often a workflow failed, as the log tells it.
    failures: BTreeMap<String, u32>,
    /// Tasks that went on with another definition since all was well.
    changed: BTreeSet<String>,
    /// Tasks of which hops were done anew since then.
    done_anew: BTreeSet<String>,
    /// How often a task went on with another definition.
    changes: BTreeMap<String, u32>,
    /// Passes of hops that were begun before that.
    kept: BTreeMap<Key, u32>,
    /// How the hops of every task stood when all was well last.
    seen: BTreeMap<Key, HopRecord>,
    /// Looks since then.
    looks: u32,
    /// Tasks that were over once.
    ended: BTreeSet<String>,
}

/// A workflow and its card.
struct Carried<'a> {
    file: &'a Placed,
    card: &'a Card,
    flow: &'a Flow,
}

impl Carried<'_> {
    fn is_running(&self) -> bool {
        self.file.status == Status::InProgress && self.flow.state.status == FlowStatus::Running
    }

    /// The records of hops that may be done, by name.
    fn open(&self) -> impl Iterator<Item = (String, &HopRecord)> {
        let hops = self
            .flow
            .hops()
            .map(|(id, record)| (id.to_string(), record));
        hops.filter(|(_, record)| {
            let state = &record.standing.state;
            matches!(
                state,
                State::Ready | State::Dispatched | State::WaitingHuman
            )
        })
    }
}

fn carried(disk: &Disk) -> impl Iterator<Item = (&String, Carried<'_>)> {
    disk.tasks().filter_map(|(task, files)| {
        let [file] = files.as_slice() else {
            return None;
        };
        let card = file.card.as_deref()?;
        let flow = card.workflow.as_deref()?;
        Some((task, Carried { file, card, flow }))
    })
}

/// Cards of hops, each with its file.
fn hop_cards(disk: &Disk) -> impl Iterator<Item = (&String, &Placed, &HopOf)> {
    disk.tasks().filter_map(|(task, files)| {
        let file = files.first()?;
        let hop = file.card.as_deref()?.hop.as_deref()?;
        Some((task, file, hop))
    })
}

/// Whether the card of a hop was given up as its workflow went on without it.
fn is_superseded(disk: &Disk, task: &str) -> bool {
    let file = disk.only(task);
    let file = file.filter(|file| file.status == Status::Cancelled);
    let card = file.and_then(|file| file.card.as_deref());
    let reason = card.and_then(|card| card.metadata.get(CANCELLATION_REASON));
    let reason = reason.and_then(Value::as_str).unwrap_or_default();
    reason.starts_with("superseded")
}

const fn is_over(status: Status) -> bool {
    matches!(
        status,
        Status::Done | Status::Cancelled | Status::Deadletter
    )
}

/// Whoever made a task may give it up, and whoever is named in its card may block it.
fn may_stop(card: &Card, line: &Line) -> bool {
    let assignee = card.routing.agent.as_ref();
    match line.to {
        Some(Status::Cancelled) => card.created_by == line.actor,
        Some(Status::Blocked) => assignee.is_some_and(|it| it.as_str() == line.actor),
        _ => false,
    }
}

impl Workflows {
    /// Workflows of a store in which so many cards could not be found for a moment.
    pub(crate) fn with_vanished(vanished_max: u32) -> Self {
        Self {
            vanished_max,
            ..Self::default()
        }
    }

    /// Takes in what is new; whatever was done by the wrong one is told.
    ///
    /// # Errors
    /// What does not hold.
    pub fn look(&mut self, history: &History, disk: &Disk, ledger: &Ledger) -> Verdict {
        self.looks += 1;
        for (task, _, hop) in hop_cards(disk) {
            self.hops.entry(task.clone()).or_insert_with(|| hop.clone());
        }
        let is_touched = |hop: &HopOf| !ledger.is_ours(hop.of.as_str());
        let touched = self.hops.iter();
        let touched = touched.filter(|(task, hop)| !ledger.is_ours(task) || is_touched(hop));
        self.spoiled
            .extend(touched.map(|(_, hop)| hop.of.to_string()));
        let wholes = carried(disk).filter(|(task, _)| !ledger.is_ours(task));
        self.spoiled.extend(wholes.map(|(task, _)| task.clone()));
        let fresh = history.fresh.iter();
        let lines: Vec<&Line> = fresh.filter_map(|id| history.line(id)).collect();
        let begun = lines.iter().filter(|line| line.kind == "dag.started");
        self.begun = begun.filter_map(|line| line.task.clone()).collect();
        for line in &lines {
            self.take(line, &lines, disk, ledger)?;
        }
        let over = disk
            .tasks()
            .filter(|(_, files)| files.iter().any(|it| is_over(it.status)));
        self.ended.extend(over.map(|(task, _)| task.clone()));
        Ok(())
    }

    /// Passes of hops of a task that were begun under another definition.
    fn kept_of(&self, task: &str) -> BTreeMap<&str, u32> {
        let own = (task.to_owned(), String::new())..;
        let own = self.kept.range(own).take_while(|((of, _), _)| of == task);
        own.map(|((_, hop), pass)| (hop.as_str(), *pass)).collect()
    }

    fn take(&mut self, line: &Line, fresh: &[&Line], disk: &Disk, ledger: &Ledger) -> Verdict {
        let Some(task) = line.task.as_ref() else {
            return Ok(());
        };
        match line.kind.as_str() {
            "dag.upgraded" => drop(self.changed.insert(task.clone())),
            "dag.hop_rejected" | "dag.started" => drop(self.done_anew.insert(task.clone())),
            _ => {}
        }
        if line.kind == "dag.hop_rejected" {
            for hop in line.names("reset") {
                *self.set_back.entry((task.clone(), hop)).or_default() += 1;
            }
        }
        if line.kind == "task.assigned"
            && self.hops.get(task).is_some_and(|hop| hop.is_human)
            && ledger.is_ours(task)
        {
            return wrong(task, "a hop that a person does is given to an agent");
        }
        let reason = line.text("reason").unwrap_or_default();
        if line.kind == "task.blocked" && reason.starts_with("workflow: ") {
            *self.failures.entry(task.clone()).or_default() += 1;
        }
        let is_done = line.kind == "task.transitioned" && line.to == Some(Status::Done);
        let is_agent = line.actor.starts_with("agent-");
        if !is_agent || line.kind != "task.transitioned" || !ledger.is_ours(task) {
            return Ok(());
        }
        if let Some(hop) = self.hops.get(task)
            && is_done
            && hop.is_human
        {
            return wrong(
                task,
                format!("{} ended a hop that a person ends", line.actor),
            );
        }
        if let Some(hop) = self.hops.get(task)
            && is_done
            && hop.waits_for_review
        {
            return wrong(task, format!("{} passed a review of people", line.actor));
        }
        let card = disk.only(task).and_then(|file| file.card.as_deref());
        let carries = card.is_some_and(|card| card.workflow.is_some());
        if card.is_some_and(|card| may_stop(card, line)) {
            return Ok(());
        }
        // The end of its hop may lead the task on.
        let mut same = fresh.iter().filter(|it| it.task.as_ref() == Some(task));
        let is_led = same.any(|it| it.kind.starts_with("dag.hop_") && it.actor == line.actor);
        // The end of what it waited for may let it begin.
        let is_begun = |status: Option<Status>| {
            let at_work = [Status::InProgress, Status::Review, Status::Done];
            status.is_some_and(|status| at_work.contains(&status))
        };
        if carries && !is_led && (is_begun(line.from) || is_begun(line.to)) {
            let to = line.to.map_or("nowhere", Status::as_str);
            return wrong(task, format!("{} moved the whole to {to}", line.actor));
        }
        Ok(())
    }

    /// What holds whenever a host has the store and its last call went well.
    ///
    /// # Errors
    /// What does not hold.
    pub fn settled(&mut self, disk: &Disk, ledger: &Ledger) -> Verdict {
        self.compared(disk, ledger)?;
        for (task, carried) in carried(disk).filter(|(task, _)| ledger.is_ours(task)) {
            let Carried { file, card, flow } = &carried;
            if flow.state.status == FlowStatus::Pending {
                if file.status == Status::Done {
                    return wrong(task, "done, and its workflow never began");
                }
                continue;
            }
            let is_changed = self.changes.contains_key(task);
            if is_changed && file.status != Status::InProgress {
                // What follows for it is seen once it goes on.
                continue;
            }
            let model = Model::of(card, flow, self.kept_of(task));
            if let Some(flaw) = model.flaw() {
                return wrong(task, flaw);
            }
            let status = match (model.is_over(), model.is_complete()) {
                (false, _) => FlowStatus::Running,
                (true, true) => FlowStatus::Complete,
                (true, false) => FlowStatus::Failed,
            };
            if flow.state.status != status {
                let found = format!("the workflow is {:?}, not {status:?}", flow.state.status);
                return wrong(task, found);
            }
            let is_fitting = match flow.state.status {
                FlowStatus::Complete => file.status == Status::Done,
                FlowStatus::Failed => {
                    file.status != Status::InProgress && file.status != Status::Done
                }
                _ => file.status != Status::Done && file.status != Status::Review,
            };
            if !is_fitting {
                let found = format!("the workflow is {status:?}, and the task {}", file.status);
                return wrong(task, found);
            }
            self.counters(task, flow)?;
        }
        self.passes_are_done_once(disk)
    }

    /// Rejections are never forgotten, and no hop is begun more often than it was set back.
    fn counters(&mut self, task: &str, flow: &Flow) -> Verdict {
        let is_there = |hop: &str| flow.hops().any(|(id, _)| id.as_str() == hop);
        self.rejections
            .retain(|(of, hop), _| of != task || is_there(hop));
        let all = flow.hops().map(|(_, it)| it.standing.rejections).sum();
        let known = self.sent_back.entry(task.to_owned()).or_insert(all);
        if all < *known {
            return wrong(
                task,
                format!("work was sent back {known} times, and now {all}"),
            );
        }
        *known = all;
        for (hop, record) in flow.hops() {
            let key = (task.to_owned(), hop.to_string());
            let count = record.standing.rejections;
            let known = self.rejections.entry(key.clone()).or_default();
            if count < *known {
                return wrong(
                    task,
                    format!("{hop} rejected {known} times, and now {count}"),
                );
            }
            *known = count;
            if self.spoiled.contains(task) {
                continue;
            }
            let back = self.set_back.get(&key).copied().unwrap_or_default();
            let failures = self.failures.get(task).copied().unwrap_or_default();
            let changes = self.changes.get(task).copied().unwrap_or_default();
            if record.pass > 1 + back + failures + changes + self.vanished_max {
                let found = format!(
                    "{hop} is begun for the {}. time; it was set back {back} times, and the \
                     workflow failed {failures} times and was changed {changes} times",
                    record.pass
                );
                return wrong(task, found);
            }
        }
        Ok(())
    }

    /// Whether a hop is one that somebody wrote, and the definition is still the first.
    fn is_written(&self, disk: &Disk, hop: &HopOf) -> bool {
        let of = hop.of.as_str();
        let card = disk.only(of).and_then(|file| file.card.as_deref());
        let flow = card.and_then(|card| card.workflow.as_deref());
        let hops = flow.and_then(|flow| flow.written["hops"].as_array());
        let mut names = hops.into_iter().flatten().map(|hop| &hop["id"]);
        !self.changes.contains_key(of) && names.any(|name| name == hop.id.as_str())
    }

    /// No pass of a hop has two cards.
    fn passes_are_done_once(&self, disk: &Disk) -> Verdict {
        let mut seen = BTreeMap::new();
        for (task, file, hop) in hop_cards(disk) {
            let of = hop.of.to_string();
            if self.spoiled.contains(&of) {
                continue;
            }
            let written = self.is_written(disk, hop);
            if !written && is_over(file.status) {
                // A plan that is made anew is another one.
                continue;
            }
            let key = (of, hop.id.to_string(), hop.pass);
            if let Some(other) = seen.insert(key, task) {
                let found = format!("pass {} of {} is {other} and {task}", hop.pass, hop.id);
                return wrong(hop.of.as_str(), found);
            }
        }
        Ok(())
    }

    /// What holds once a host has polled: every hop that may be done has one card, and no other
    /// card is left.
    ///
    /// # Errors
    /// What does not hold.
    pub fn cards_agree(&self, disk: &Disk, ledger: &Ledger) -> Verdict {
        self.children_agree(disk, ledger)?;
        let mut unfinished: BTreeMap<&str, Vec<&String>> = BTreeMap::new();
        for (task, file, hop) in hop_cards(disk) {
            if !is_over(file.status) {
                unfinished.entry(hop.of.as_str()).or_default().push(task);
            }
        }
        for (task, carried) in carried(disk) {
            if self.spoiled.contains(task) {
                continue;
            }
            let own = unfinished.remove(task.as_str()).unwrap_or_default();
            if carried.is_running() && !self.begun.contains(task) {
                self.each_has_a_card(task, &carried, disk)?;
            }
            let is_open = |card: &String| {
                let mut open = carried.open();
                open.any(|(_, record)| record.task.as_ref().is_some_and(|it| it.as_str() == card))
            };
            let is_left = |card: &&&String| is_over(carried.file.status) || !is_open(card);
            if let Some(card) = own.iter().find(is_left) {
                return wrong(task, format!("nobody waits for {card}, and it is not over"));
            }
        }
        Ok(())
    }

    fn each_has_a_card(&self, task: &str, carried: &Carried<'_>, disk: &Disk) -> Verdict {
        let model = Model::of(carried.card, carried.flow, BTreeMap::new());
        for (hop, record) in carried.open() {
            if model.needs_no_card(&hop, record) {
                let mut made = record.children.iter().map(|it| disk.only(it.as_str()));
                if !record.children.is_empty()
                    && made.all(|it| it.is_none_or(|it| is_over(it.status)))
                {
                    return wrong(task, format!("{hop} waits for tasks that are over"));
                }
                continue;
            }
            let Some(card) = record.task.as_ref().map(ToString::to_string) else {
                return wrong(task, format!("{hop} may be done, and has no card"));
            };
            let Some(file) = disk.only(&card) else {
                return wrong(task, format!("{hop} may be done, and {card} is not there"));
            };
            let says = file.card.as_deref().and_then(|it| it.hop.as_deref());
            let is_its = says.is_some_and(|it| {
                (it.of.as_str(), it.id.as_str(), it.pass) == (task, hop.as_str(), record.pass)
            });
            if !is_its || is_over(file.status) {
                let found = format!("{hop} may be done, and {card} is {}", file.status);
                return wrong(task, found);
            }
        }
        Ok(())
    }

    /// No two sessions that nobody asked to end do the same hop, and none a hop that was set back
    /// under it.
    ///
    /// # Errors
    /// What does not hold.
    pub fn work_alone(&self, working: &[(String, String)], disk: &Disk) -> Verdict {
        let mut seen: BTreeMap<Key, &str> = BTreeMap::new();
        for (run, task) in working {
            let Some(hop) = self.hops.get(task) else {
                continue;
            };
            let of = hop.of.to_string();
            if self.spoiled.contains(&of) {
                continue;
            }
            if is_superseded(disk, task) {
                let found = format!("nobody ends the run {run}, and {} went on without", hop.id);
                return wrong(hop.of.as_str(), found);
            }
            if let Some(other) = seen.insert((of, hop.id.to_string()), run) {
                let found = format!("{} is done by the runs {other} and {run}", hop.id);
                return wrong(hop.of.as_str(), found);
            }
        }
        Ok(())
    }

    /// Whether the workflow that a card is a hop of goes on: not while its task cannot be read.
    #[must_use]
    pub fn goes_on(&self, disk: &Disk, card: &Card) -> bool {
        card.hop.as_deref().is_none_or(|hop| {
            let whole = disk.only(hop.of.as_str());
            let whole = whole.filter(|file| file.card.is_some());
            whole.is_some_and(|file| file.status == Status::InProgress)
                && !self.spoiled.contains(hop.of.as_str())
        })
    }

    /// A workflow that goes on at the end waits for somebody who blocked a hop, or whose files are
    /// in the way.
    ///
    /// # Errors
    /// What does not hold.
    pub fn rest(&self, disk: &Disk, is_held: impl Fn(&str) -> bool) -> Verdict {
        for (task, carried) in carried(disk) {
            if self.spoiled.contains(task) {
                continue;
            }
            if carried.flow.state.status == FlowStatus::Pending
                && carried.file.status == Status::Ready
                && !is_held(task)
            {
                return Err(Violation::new("I11", format!("{task} never begins")));
            }
            let waits = |(_, record): &(String, &HopRecord)| {
                let mut cards = record.task.iter().chain(&record.children);
                cards.any(|card| {
                    let card = card.to_string();
                    let file = disk.only(&card);
                    let is_blocked = file.is_none_or(|file| file.status == Status::Blocked);
                    is_blocked || is_held(&card)
                })
            };
            if carried.is_running() && !carried.open().any(|it| waits(&it)) {
                let stands = |card: &str| disk.only(card).map(|file| file.status.as_str());
                let open = carried.open().map(|(hop, record)| {
                    let card = record.task.as_ref().map(ToString::to_string);
                    let card = card.unwrap_or_default();
                    format!("{hop} by {card}, {:?}", stands(&card))
                });
                let open: Vec<String> = open.collect();
                let found = format!("the workflow of {task} goes on for ever: {open:?}");
                return Err(Violation::new("I11", found));
            }
        }
        Ok(())
    }
}

impl Line {
    /// Names that it lists.
    fn names(&self, key: &str) -> Vec<String> {
        let list = self.list(key).iter();
        list.filter_map(Value::as_str).map(str::to_owned).collect()
    }
}
