//! The rules themselves.
//!
//! Each is one function that finds nothing or says what it found. Invariant: a rule looks at facts
//! only: files, the log, the ledger.

use std::collections::BTreeMap;

use aof_core::status::Status;

use super::Violation;
use super::disk::{Disk, Files};
use super::ledger::{Ledger, Touch, contains};
use super::log::History;
use crate::agent::Start;

type Verdict = Result<(), Violation>;

/// Looks at a world after every step.
#[derive(Debug)]
pub struct Checker {
    /// The cards.
    pub disk: Disk,
    /// The log.
    pub history: History,
    lease_ttl_ms: u64,
    runs: BTreeMap<String, (String, String, u32)>,
}

impl Checker {
    /// Rules for a world that begins with these cards.
    #[must_use]
    pub fn new(initial: BTreeMap<String, (Status, u64)>, lease_ttl_ms: u64) -> Self {
        Self {
            disk: Disk::default(),
            history: History::new(initial),
            lease_ttl_ms,
            runs: BTreeMap::new(),
        }
    }

    /// Takes in the files as they are now.
    pub fn look(&mut self, files: &Files) {
        self.disk.look(files);
        self.history.look(files);
    }

    /// What holds even while hosts are dead or fail.
    ///
    /// # Errors
    /// What does not hold.
    pub fn always(&self, files: &Files, ledger: &Ledger) -> Verdict {
        // Before recovery a text may be in the journal only.
        self.texts_are_kept(files, ledger, "")?;
        self.nothing_strange(files)
    }

    /// What holds whenever a host has the store and its last call went well.
    ///
    /// # Errors
    /// What does not hold.
    pub fn settled(&self, files: &Files, ledger: &Ledger) -> Verdict {
        self.texts_are_kept(files, ledger, "projects/")?;
        self.acknowledged_is_logged(ledger)?;
        self.history_is_legal(ledger)?;
        self.one_place(ledger)?;
        self.log_agrees(ledger)?;
        self.dependencies_are_done(ledger)?;
        self.leases_are_kept(ledger)
    }

    /// Sessions that were started.
    ///
    /// # Errors
    /// What does not hold.
    pub fn starts(&mut self, starts: &[Start], ledger: &Ledger) -> Verdict {
        for start in starts {
            self.is_alone(start, ledger)?;
            let is = (start.task.clone(), start.agent.clone(), start.attempt);
            match self.runs.get(&start.run) {
                Some(was) if *was != is => {
                    return Err(Violation::new(
                        "I3",
                        format!("run {} was {was:?} and is {is:?}", start.run),
                    ));
                }
                _ => drop(self.runs.insert(start.run.clone(), is)),
            }
        }
        Ok(())
    }

    /// What an agent did to its task, and whether its session ever asked for it.
    ///
    /// # Errors
    /// What does not hold.
    pub fn results(&self, has_called: impl Fn(&str, &str, &str) -> bool) -> Verdict {
        let fresh = self.history.fresh.iter();
        let lines = fresh.filter_map(|id| self.history.line(id));
        let results = lines.filter(|line| {
            matches!(line.kind.as_str(), "task.completed" | "task.blocked")
                && line.actor.starts_with("agent-")
        });
        for line in results {
            if let (Some(task), Some(run)) = (&line.task, &line.run)
                && !has_called(run, task, &line.actor)
            {
                let found = format!("{}: {task} by run {run}, which never said so", line.kind);
                return Err(Violation::new("I3", found));
            }
        }
        Ok(())
    }

    fn is_alone(&self, start: &Start, ledger: &Ledger) -> Verdict {
        let Start { run, task, .. } = start;
        if !ledger.is_ours(task) {
            return Ok(());
        }
        if let Some(other) = &start.beside {
            let found = format!("{task} is started in run {run} while run {other} has it");
            return Err(Violation::new("I3", found));
        }
        if !self.history.is_assigned(task, run) {
            let found = format!("{task} is started in run {run}, which the log does not know");
            return Err(Violation::new("I3", found));
        }
        Ok(())
    }

    fn acknowledged_is_logged(&self, ledger: &Ledger) -> Verdict {
        let lost = ledger
            .acknowledged
            .iter()
            .find(|(id, _)| self.history.line(id).is_none());
        match lost {
            None => Ok(()),
            Some((id, about)) => Err(Violation::new(
                "I1",
                format!("acknowledged, but not in the log: {id} {about}"),
            )),
        }
    }

    fn history_is_legal(&self, ledger: &Ledger) -> Verdict {
        if let Some(flaw) = &self.history.flaw {
            return Err(Violation::new("I3", flaw.clone()));
        }
        for (task, folded) in self.history.tasks() {
            if let Some(illegal) = &folded.illegal {
                return Err(Violation::new("I5", format!("{task}: {illegal}")));
            }
            if let Some(line) = &folded.restarted
                && ledger.is_ours(task)
            {
                let found = format!("{task} was given to an agent after it was done: {line}");
                return Err(Violation::new("I4", found));
            }
            match &folded.flaw {
                Some(flaw) if ledger.is_ours(task) => {
                    return Err(Violation::new("I5", format!("{task}: {flaw}")));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn one_place(&self, ledger: &Ledger) -> Verdict {
        for task in self.known(ledger) {
            let touch = ledger.touch_of(task);
            let files = self.disk.files_of(task);
            let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
            match (paths.len(), touch) {
                (0, Some(Touch::Gone)) | (1, _) => {}
                (0, _) => return Err(Violation::new("I1", format!("{task} is gone"))),
                (_, None | Some(Touch::Text)) => {
                    return Err(Violation::new("I2", format!("{task} is in {paths:?}")));
                }
                (_, Some(Touch::Place | Touch::Gone)) => {}
            }
        }
        Ok(())
    }

    fn log_agrees(&self, ledger: &Ledger) -> Verdict {
        for (task, files) in self.disk.tasks() {
            let [file] = files.as_slice() else { continue };
            if !ledger.is_ours(task) {
                continue;
            }
            let Some(card) = &file.card else {
                let found = format!("{} cannot be read, and no person broke it", file.path);
                return Err(Violation::new("I1", found));
            };
            let found = (Some(file.status), card.revision);
            let logged = self.history.task(task);
            let logged = logged.map_or((None, 0), |folded| (folded.status, folded.revision));
            // An update that changes nothing counts a revision and is no event.
            if found.0 != logged.0 || found.1 < logged.1 {
                return Err(Violation::new(
                    "I6",
                    format!("{}: the disk says {found:?}, the log {logged:?}", file.path),
                ));
            }
            if card.status != file.status {
                let found = format!("{} says it is {}", file.path, card.status);
                return Err(Violation::new("I2", found));
            }
        }
        Ok(())
    }

    fn dependencies_are_done(&self, ledger: &Ledger) -> Verdict {
        let fresh = self.history.fresh.iter();
        let lines = fresh.filter_map(|id| self.history.line(id));
        for line in lines.filter(|line| line.kind == "task.assigned") {
            let Some(task) = line.task.as_deref().filter(|task| ledger.is_ours(task)) else {
                continue;
            };
            let Some(card) = self.disk.only(task).and_then(|file| file.card.as_ref()) else {
                continue;
            };
            // A person may let a task start whatever it waits for.
            if card.metadata.contains_key("forcedAt") {
                continue;
            }
            for needed in card.depends_on.iter().map(ToString::to_string) {
                let status = self.history.task(&needed).and_then(|folded| folded.status);
                let is_met = card.dependency_policy.is_met(status);
                if ledger.is_ours(&needed) && !is_met {
                    return Err(Violation::new(
                        "I13",
                        format!("{task} was started while {needed} is {status:?}"),
                    ));
                }
            }
        }
        Ok(())
    }

    fn leases_are_kept(&self, ledger: &Ledger) -> Verdict {
        let ours = ledger
            .expired
            .iter()
            .filter(|(task, _)| ledger.is_ours(task));
        for (task, lasted_ms) in ours {
            if *lasted_ms < self.lease_ttl_ms {
                let ttl_ms = self.lease_ttl_ms;
                let found = format!("the lease of {task} lasted {lasted_ms} ms of {ttl_ms} ms");
                return Err(Violation::new("I8", found));
            }
        }
        Ok(())
    }

    fn texts_are_kept(&self, files: &Files, ledger: &Ledger, within: &str) -> Verdict {
        for (text, mark) in &ledger.marks {
            let near = self.disk.files_of(&mark.task).iter();
            let mut near = near.filter_map(|file| files.get(&file.path));
            let is_there = near.any(|content| contains(content, text))
                || files
                    .iter()
                    .filter(|(path, _)| path.starts_with(within))
                    .any(|(_, content)| contains(content, text));
            if !is_there {
                return Err(Violation::new(
                    "I9",
                    format!("a person wrote `{text}` into {}, and it is lost", mark.task),
                ));
            }
        }
        Ok(())
    }

    fn nothing_strange(&self, files: &Files) -> Verdict {
        let known = ["aof.yaml", "org/", "projects/", "events/", "state/"];
        let strange = files
            .keys()
            .find(|path| !known.iter().any(|known| path.starts_with(known)));
        match strange {
            None => Ok(()),
            Some(path) => Err(Violation::new("I12", format!("{path} is not ours to make"))),
        }
    }

    fn known<'a>(&'a self, ledger: &'a Ledger) -> impl Iterator<Item = &'a String> {
        let begun = ledger.initial.keys();
        begun.chain(&ledger.created)
    }
}
