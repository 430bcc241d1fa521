//! The end of a world: trouble stops, and the work has to come to rest.
//!
//! Invariant: nothing here helps the orchestrator but time and hosts that live.

use std::collections::{BTreeMap, BTreeSet};

use aof_core::card::Card;
use aof_core::id::TaskId;
use aof_core::status::Status;

use super::host::Host;
use super::people::lock;
use super::{Verdict, World};
use crate::check::{Ledger, Violation};

/// Rounds of a poll and a look at the news before a world must be at rest.
const ROUNDS_MAX: usize = 500;

/// Rounds in which nothing happens but that people are told again of a task that stands too long
/// where a person put it: longer than any lease or delay. After that nothing else will happen.
const ALERTS_MAX: usize = 40;

/// The same for a world with a task whose result is refused because a person's file lies where its
/// card has to go: it does not end, and must not keep anybody else from working.
const OBSTRUCTED_ROUNDS_MAX: usize = 60;
pub(super) const IN_THE_WAY: &str = "AOF-3002";

impl World {
    /// Stops all trouble, starts one host and lets it work until nothing is left to do.
    ///
    /// # Errors
    /// What does not hold; `I11` if the world does not come to rest.
    pub fn settle(&mut self) -> Verdict {
        for number in 0..self.options.hosts {
            self.stop(number);
            let pid = self.pid(number);
            self.machine.stop_faults(pid);
            self.machine.spare(pid);
            self.machine.reset_clock(pid);
        }
        self.machine.clear_hooks();
        self.hosts.iter().for_each(Host::leave_alone);
        self.machine.set_capacity(None);
        self.machine.set_read_only(false);
        self.mend();
        self.crowd.become_gentle();
        self.last_error = None;
        self.owner = None;
        self.has_looked = false;
        self.tell_time();
        self.start(0)?;
        self.bury();
        self.look()?;
        if self.hosts.first().is_none_or(|host| host.gateway.is_none()) {
            return Err(Violation::new("I11", "the store cannot be opened any more"));
        }
        let mut alerts = 0;
        for round in 0..ROUNDS_MAX {
            let before = self.checker.history.counts();
            if round >= OBSTRUCTED_ROUNDS_MAX && self.is_obstructed() {
                return Ok(());
            }
            let has_passed = self.people_let_pass()?;
            self.pump(0)?;
            self.poll(0)?;
            self.poll(0)?;
            if self.workflows.is_some() {
                // One makes it ready, one begins its workflow, one starts its hops.
                self.poll(0)?;
                self.poll(0)?;
            }
            self.bury();
            self.look()?;
            self.nobody_waits()?;
            if has_passed {
                continue;
            }
            let after = self.checker.history.counts();
            alerts = match after.others == before.others {
                // A round in which nobody is told anything says nothing.
                true => alerts + usize::from(after.alerts > before.alerts),
                false => 0,
            };
            let wake_ms = self.next_wake_ms()?.filter(|_| alerts < ALERTS_MAX);
            let Some(wake_ms) = wake_ms else {
                // What was handed in just now, somebody has to look at.
                if self.people_let_pass()? {
                    continue;
                }
                return self.at_rest();
            };
            let now_ms = self.machine.wall_ns(self.pid(0)) / 1_000_000;
            let wait_ms = wake_ms.saturating_sub(now_ms).max(1);
            self.machine.advance_ms(wait_ms);
            self.tell_time();
        }
        let said = self.last_error.as_deref().unwrap_or("nothing");
        let found = format!("the work does not come to rest; the host said last: {said}");
        Err(Violation::new("I11", found))
    }

    /// Nothing can be said about the rest of this world.
    fn is_obstructed(&self) -> bool {
        let said = self.last_error.as_deref().unwrap_or_default();
        said.starts_with(IN_THE_WAY)
    }

    fn next_wake_ms(&mut self) -> Result<Option<u64>, Violation> {
        let mut wake = None;
        self.with(0, |gateway| {
            wake = gateway.next_wake_ms()?;
            Ok(())
        })?;
        Ok(wake.filter(|at| *at < u64::MAX))
    }

    /// After two polls no task is ready whose agent is free.
    fn nobody_waits(&self) -> Verdict {
        // In a company many things keep a task from a free agent; it is asked for at the end.
        if self.company.is_some() {
            return Ok(());
        }
        let cards: BTreeMap<&String, &Card> = self
            .checker
            .disk
            .tasks()
            .filter_map(|(task, files)| match files.as_slice() {
                [file] => Some((task, file.card.as_deref()?)),
                _ => None,
            })
            .collect();
        let files = self.checker.disk.tasks().flat_map(|(_, files)| files);
        let running: Vec<&Card> = files
            .filter(|file| file.status == Status::InProgress)
            .filter_map(|file| file.card.as_deref())
            .collect();
        let leases = running.iter().filter_map(|card| card.lease.as_ref());
        let busy: BTreeSet<String> = leases.map(|lease| lease.agent.to_string()).collect();
        let resources = running.iter().filter_map(|card| card.resource.as_ref());
        let resources: BTreeSet<&String> = resources.collect();
        let count = running
            .iter()
            .filter(|card| card.workflow.is_none())
            .count();
        if count as u64 >= u64::from(self.options.runs_max) {
            return Ok(());
        }
        let ledger = lock(&self.ledger);
        let wholes = self.open_wholes();
        for (task, card) in cards {
            let agent = card.routing.agent.as_ref().map(ToString::to_string);
            let done = |needed: String| {
                let folded = self.checker.history.task(&needed);
                folded.is_some_and(|it| it.status == Some(Status::Done)) && ledger.is_ours(&needed)
            };
            let waits = card.status == Status::Ready
                && ledger.touch_of(task).is_none()
                && agent.is_some_and(|agent| !busy.contains(&agent))
                && card
                    .resource
                    .as_ref()
                    .is_none_or(|it| !resources.contains(it))
                && !wholes.contains(task)
                && self.is_due(card)
                && card.depends_on.iter().all(|it| done(it.to_string()));
            if waits {
                let said = self.last_error.as_deref().unwrap_or("nothing");
                let found = format!(
                    "{task} is ready, its agent is free, and nobody starts it; the host said \
                     last: {said}"
                );
                return Err(Violation::new("I11", found));
            }
        }
        Ok(())
    }

    /// Not a hop of a workflow that stands still.
    fn is_due(&self, card: &Card) -> bool {
        let workflows = self.workflows.as_ref();
        workflows.is_none_or(|it| it.goes_on(&self.checker.disk, card))
    }

    /// Tasks with a part that is not over: they wait for it.
    pub(super) fn open_wholes(&self) -> BTreeSet<String> {
        let files = self.checker.disk.tasks().flat_map(|(_, files)| files);
        let open = files.filter(|file| !file.status.is_terminal());
        let cards = open.filter_map(|file| file.card.as_deref());
        cards
            .filter_map(|card| card.parent_id.as_ref())
            .map(ToString::to_string)
            .collect()
    }

    /// Whoever waits in the backlog waits for something that can still come.
    fn nobody_is_forgotten(&self, ledger: &Ledger) -> Verdict {
        let wholes = self.open_wholes();
        for (task, files) in self.checker.disk.tasks() {
            let [file] = files.as_slice() else { continue };
            let Some(card) = &file.card else { continue };
            let is_queued = file.status == Status::Backlog && card.routing.names_target();
            if !is_queued || ledger.touch_of(task).is_some() {
                continue;
            }
            let status_of = |needed: &TaskId| {
                let folded = self.checker.history.task(needed.as_str());
                folded.and_then(|folded| folded.status)
            };
            let policy = card.dependency_policy;
            let (ours, theirs): (Vec<&TaskId>, Vec<&TaskId>) = card
                .depends_on
                .iter()
                .partition(|needed| ledger.is_ours(needed.as_str()));
            let mut open = ours
                .iter()
                .filter(|needed| !policy.is_met(status_of(needed)));
            let lost = ours.iter().find(|needed| {
                let status = status_of(needed);
                status.is_some() && policy.is_hopeless(status)
            });
            if let Some(lost) = lost {
                let found = format!("{task} waits in vain for {lost}");
                return Err(Violation::new("I11", found));
            }
            let is_whole = wholes.contains(task);
            if theirs.is_empty() && !is_whole && open.next().is_none() {
                let found = format!("{task} stays in the backlog and waits for nothing");
                return Err(Violation::new("I11", found));
            }
        }
        Ok(())
    }

    /// Nothing is due any more: then nothing may be under way, and nobody waits for what is there
    /// already or never comes.
    fn at_rest(&mut self) -> Verdict {
        if self.company.is_some() {
            self.rests_with_reason()?;
            let (files, told) = (self.files(), self.crowd.told());
            let company = self.company.as_ref();
            company.map_or(Ok(()), |it| it.books_agree(&files, &told))?;
        }
        self.workflows_rest()?;
        let ledger = lock(&self.ledger);
        self.nobody_is_forgotten(&ledger)?;
        for (task, files) in self.checker.disk.tasks() {
            let [file] = files.as_slice() else { continue };
            let card = file.card.as_deref();
            let is_whole = card.is_some_and(|card| card.workflow.is_some());
            if file.status == Status::InProgress && ledger.is_ours(task) && !is_whole {
                let found = format!("{task} is in progress for ever");
                return Err(Violation::new("I11", found));
            }
        }
        Ok(())
    }
}
