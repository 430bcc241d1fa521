//! I17: limits of time, which are acted upon when they are over, and not before.
//!
//! Goes by when the log says that a task was moved. Invariant: of several terms that may be in
//! force any excuses what was done, and all are needed for what was not.

use aof_core::card::Card;
use aof_core::id::ProjectId;
use aof_core::metadata::TIMEOUT_MS;
use aof_core::project::Project;
use aof_core::sla::{Policy, Terms};
use aof_core::status::Status;
use serde_json::Value;

use super::Violation;
use super::company::{Company, Verdict};
use super::disk::{Disk, Placed};
use super::ledger::Ledger;
use super::log::Line;
use crate::agent::Start;

/// A host that found a person's file in its way leaves for so long what is due.
const HELD_UP_MS: u64 = 5_000;

/// Since when a task stands where it is, and when people were last told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stay {
    pub(super) status: Status,
    pub(super) since_ms: u64,
    pub(super) told_ms: Option<u64>,
}

fn wrong(task: &str, found: &str) -> Verdict {
    Err(Violation::new("I17", format!("{task}: {found}")))
}

/// What becomes of a policy where it cannot be.
fn in_effect(status: Status, policy: Policy) -> Policy {
    match (status, policy) {
        (Status::Blocked, Policy::Block) => Policy::Alert,
        (Status::Review, Policy::Deadletter) => Policy::Block,
        (_, policy) => policy,
    }
}

impl Company {
    /// People were told that a task stands too long: it does, by the policy that is in force, and
    /// they were not told just before.
    pub(super) fn overdue(&mut self, task: &str, card: &Card, line: &Line) -> Verdict {
        let status = line.text("status").and_then(Status::parse);
        let (Some(status), now_ms) = (status, line.ms()) else {
            return wrong(task, "a violation in no status");
        };
        let terms = self.terms(line.project.as_deref().unwrap_or_default());
        let limit_ms = line.number("limitMs");
        let own = card.sla.limits.of(status);
        let mut limits = terms.iter().map(|it| own.or_else(|| it.limits.of(status)));
        if !limits.any(|it| it.is_some() && it == limit_ms) {
            return wrong(task, &format!("{limit_ms:?} ms are no limit of it"));
        }
        let policy = line.text("policy").and_then(Policy::parse);
        let own = card.sla.on_violation;
        let mut policies = terms
            .iter()
            .map(|it| in_effect(status, own.unwrap_or(it.on_violation)));
        if !policies.any(|it| Some(it) == policy) {
            return wrong(task, &format!("the policy is not {policy:?}"));
        }
        let repeat_ms = terms.iter().map(|it| it.repeat_ms).min();
        let dawn = self.at_dawn(status);
        let stay = self.stays.entry(task.to_owned()).or_insert(dawn);
        let stood_ms = now_ms.saturating_sub(stay.since_ms);
        if stay.status != status || limit_ms.is_none_or(|limit| stood_ms < limit) {
            let found = format!("{stood_ms} ms in {} are not too long", stay.status);
            return wrong(task, &found);
        }
        if let Some(told_ms) = stay.told_ms.replace(now_ms)
            && now_ms < told_ms.saturating_add(repeat_ms.unwrap_or_default())
        {
            return wrong(
                task,
                &format!("told again after {} ms", now_ms.saturating_sub(told_ms)),
            );
        }
        Ok(())
    }

    /// Sessions that were asked for may run as long as their cards say, else the settings.
    ///
    /// # Errors
    /// What does not hold.
    pub fn starts(&mut self, starts: &[Start], disk: &Disk, ledger: &Ledger) -> Verdict {
        for start in starts.iter().filter(|start| ledger.is_ours(&start.task)) {
            let card = disk.only(&start.task).and_then(|file| file.card.as_ref());
            // One that is asked for again has the limit that it was given first.
            let Some(card) = card.filter(|_| self.started.insert(start.run.clone())) else {
                continue;
            };
            let own = card.metadata.get(TIMEOUT_MS).and_then(Value::as_u64);
            let mut settings = self.settings.all().iter();
            let is_limit = |limit_ms: u64| limit_ms == start.timeout_ms;
            if !settings.any(|it| is_limit(own.unwrap_or(it.scheduler.run_timeout_ms))) {
                let found = format!("a run may take {} ms", start.timeout_ms);
                return wrong(&start.task, &found);
            }
        }
        Ok(())
    }

    /// A host has just polled: whatever stands too long has been acted upon.
    pub(super) fn nobody_overstays(&self, disk: &Disk, ledger: &Ledger, now_ms: u64) -> Verdict {
        let is_free = disk.tasks().all(|(task, _)| ledger.is_ours(task));
        let now_ms = now_ms.saturating_sub(if is_free { 0 } else { HELD_UP_MS });
        let ours = disk.tasks().filter(|(task, _)| ledger.is_ours(task));
        for (task, files) in ours {
            let [file] = files.as_slice() else { continue };
            if let Some(due_ms) = self.due_ms(task, file)
                && due_ms <= now_ms
            {
                let late_ms = now_ms.saturating_sub(due_ms);
                let found = format!(
                    "nobody was told for {late_ms} ms that it stands too long in {}",
                    file.status
                );
                return wrong(task, &found);
            }
        }
        Ok(())
    }

    /// When people must be told of a task at the latest, whichever terms are in force.
    fn due_ms(&self, task: &str, file: &Placed) -> Option<u64> {
        let card = file.card.as_deref()?;
        let is_whole = self.projects.get(&file.project);
        // The manifest that was good last may be older than any that is known here.
        if is_whole.is_some_and(|it| !it.is_whole()) {
            return None;
        }
        let terms = self.terms(&file.project);
        let own = card.sla.limits.of(file.status);
        let limits = terms
            .iter()
            .map(|it| own.or_else(|| it.limits.of(file.status)));
        let limits: Option<Vec<u64>> = limits.collect();
        let limit_ms = limits?.into_iter().max()?;
        let repeat_ms = terms.iter().map(|it| it.repeat_ms).max()?;
        let stay = self.stays.get(task).copied();
        let stay = stay.unwrap_or_else(|| self.at_dawn(file.status));
        let since_ms = stay.since_ms.saturating_add(limit_ms);
        let again_ms = stay.told_ms.map(|told| told.saturating_add(repeat_ms));
        Some(again_ms.map_or(since_ms, |again| again.max(since_ms)))
    }

    /// Where a card stands that has stood there from the beginning.
    fn at_dawn(&self, status: Status) -> Stay {
        Stay {
            status,
            since_ms: self.dawn_ms,
            told_ms: None,
        }
    }

    fn terms(&self, project: &str) -> Vec<Terms> {
        let editions = self.projects.get(project);
        let usable = editions.iter().flat_map(|it| it.all());
        // A project whose manifest is not there, or cannot be read, says nothing.
        let is_whole = editions.is_some_and(|it| it.is_whole());
        let bare = ProjectId::parse(project).ok().filter(|_| !is_whole);
        let bare = bare.map(Project::bare);
        let projects: Vec<&Project> = usable.chain(&bare).collect();
        let settings = self.settings.all().iter();
        settings
            .flat_map(|it| projects.iter().map(|project| Terms::of(&it.sla, project)))
            .collect()
    }
}
