//! What happens in a company only: agents that ask for what they may not, people who change the
//! chart and the projects, and a rest that has its reasons.
//!
//! Invariant: what a person saves is flushed, so that a chart that was seen is never lost.

use aof_core::card::Card;
use aof_core::project::{Project, ProjectStatus};
use aof_core::status::Status;
use aof_host::contract::types::{AgentCaller, Caller};
use serde_json::Value;

use super::ask::{Request, unchanged};
use super::people::{lock, shrug};
use super::permit::Plea;
use super::step::{Revision, Wish};
use super::{Verdict, World, company, lay};
use crate::check::Violation;

/// What is in a file that cannot be used.
const BROKEN: &[u8] = b"schemaVersion: [broken\n";

/// Codes that say that somebody may not.
const DENIED: [&str; 2] = ["AOF-2005", "AOF-2012"];

impl World {
    /// An agent asks for something in its own name, outside of any run. Sometimes the chart does
    /// not have it.
    pub(super) fn lie(&mut self, host: u32, wish: Wish, dice: (u32, u64)) -> Verdict {
        let request = self.request(wish, dice);
        let number = u32::try_from((dice.1 >> 32) % u64::from(self.options.agents + 1));
        let agent = lay::agent(number.unwrap_or_default());
        let before = self.files();
        let rulings = self.rulings(&agent, &request);
        let (may, must) = (rulings.contains(&true), !rulings.contains(&false));
        let caller = Caller::Agent(AgentCaller {
            agent: agent.clone(),
            session: None,
            run: None,
        });
        let key = request.key(&caller);
        let may = may || self.keyed.is_made(&key, &request.arguments);
        let answer = self.call(host, &caller, &request)?;
        let Request { name, task, .. } = &request;
        match &answer {
            Some(Ok(_)) if !may => {
                let found =
                    format!("{agent} asked for {name} about {task}, which it may not, and got it");
                return Err(Violation::new("I16", found));
            }
            Some(Err(code)) if must && DENIED.contains(&code.as_str()) => {
                let found =
                    format!("{agent} asked for {name} about {task}, and is refused: {code}");
                return Err(Violation::new("I16", found));
            }
            Some(Err(_)) => unchanged(&before, &self.files()).map_err(|path| {
                let found = format!("{agent} was refused {name}, and {path} has changed");
                Violation::new("I16", found)
            })?,
            Some(Ok(_)) => drop(self.led.insert(task.clone())),
            None => {}
        }
        self.judge_answer((host, &caller), &request, (&answer, &before))
    }

    /// Whether an agent without a run may have this, by each edition of the chart and of the
    /// project's manifest.
    fn rulings(&self, agent: &str, request: &Request) -> Vec<bool> {
        let Some(company) = &self.company else {
            return Vec::new();
        };
        if !lock(&self.ledger).is_ours(&request.task) {
            // Which of several files is the card, or whether one can be read, is no question here.
            return vec![true, false];
        }
        let file = self.checker.disk.only(&request.task);
        let manifests = file.map(|file| company.manifests(&file.project));
        let projects = manifests.unwrap_or_else(|| vec![None]);
        let charts = company.charts().iter();
        let granted = charts.flat_map(|chart| {
            projects.iter().map(move |project| {
                let plea = Plea {
                    agent,
                    wish: request.wish,
                    arguments: &request.arguments,
                    card: file.and_then(|file| file.card.as_deref()),
                    project: *project,
                };
                plea.is_granted(chart)
            })
        });
        granted.collect()
    }

    /// A person saves the chart, or a manifest.
    pub(super) fn revise(&mut self, project: Option<u32>, revision: Revision, salt: u64) {
        self.counts.hands += 1;
        // Two edits in the same tick of the file system's clock cannot be told apart by anybody.
        self.machine.advance_ms(5);
        let number = project.map(|number| number % self.options.projects);
        let (path, text) = match number {
            Some(number) => company::manifest(&self.options, number, salt),
            None => (
                company::CHART.to_owned(),
                company::chart(&self.options, salt),
            ),
        };
        let text = match revision {
            Revision::Redraw => {
                self.saved.insert(path.clone(), text.clone());
                text.into_bytes()
            }
            Revision::Break if self.saved.contains_key(&path) => BROKEN.to_vec(),
            Revision::Break => return,
            Revision::Mend => match self.saved.get(&path) {
                Some(saved) => saved.clone().into_bytes(),
                None => return,
            },
        };
        self.save(&path, &text);
    }

    fn save(&self, path: &str, text: &[u8]) {
        let hand = self.machine.hand().flushing();
        if let Some((dir, _)) = path.rsplit_once('/')
            && !hand.exists(dir)
        {
            shrug(hand.mkdir(dir));
        }
        shrug(hand.save_over(path, text));
    }

    /// What was broken is mended before the world comes to rest.
    pub(super) fn mend(&self) {
        if self.company.is_none() {
            return;
        }
        for (path, text) in &self.saved {
            let is_broken = self.machine.hand().read(path);
            if is_broken.is_ok_and(|now| now == BROKEN) {
                self.save(path, text.as_bytes());
            }
        }
        self.machine.advance_ms(5);
    }

    /// I11: whatever is ready and stays so says why, and it is no reason of ours.
    pub(super) fn rests_with_reason(&mut self) -> Verdict {
        let tasks = self.checker.disk.tasks();
        let ready = tasks.filter_map(|(task, files)| match files.as_slice() {
            [file] if file.status == Status::Ready => Some((
                task.clone(),
                file.project.clone(),
                file.card.as_deref()?.clone(),
            )),
            _ => None,
        });
        let ready: Vec<_> = ready.collect();
        for (task, project, card) in ready {
            if lock(&self.ledger).touch_of(&task).is_some() {
                continue;
            }
            let mut said = Value::Null;
            self.with(0, |gateway| {
                said = gateway.explain(&task)?;
                Ok(())
            })?;
            let decision = &said["decision"];
            let reasons = decision["reasons"].as_array();
            let has_reason = reasons.is_some_and(|it| !it.is_empty());
            if decision["verdict"] == "would-dispatch" || !has_reason {
                let found = format!("{task} is ready for ever; explained as {decision}");
                return Err(Violation::new("I11", found));
            }
            if self.could_start(&task, &project, &card) {
                let found = format!("nothing keeps {task} from its agent; explained as {decision}");
                return Err(Violation::new("I11", found));
            }
        }
        Ok(())
    }

    /// Where nothing is in progress, by a person's hand neither, a task that somebody who works may
    /// have, and that waits for nobody, would have been started.
    fn could_start(&self, task: &str, project: &str, card: &Card) -> bool {
        let Some(company) = &self.company else {
            return false;
        };
        let is_done = |needed: &str| {
            let folded = self.checker.history.task(needed);
            card.dependency_policy
                .is_met(folded.and_then(|it| it.status))
        };
        let mut files = self.checker.disk.tasks().flat_map(|(_, files)| files);
        let now_ms = self.machine.true_ns() / 1_000_000;
        company.has_taker(task, project, card, now_ms)
            && files.all(|file| file.status != Status::InProgress)
            && !self.rests(project)
            && card.depends_on.iter().all(|it| is_done(it.as_str()))
            && !self.open_wholes().contains(task)
    }

    /// Whether a project, or one above it, is not active; one that cannot be read rests too.
    pub(super) fn rests(&self, project: &str) -> bool {
        let Some(company) = &self.company else {
            return false;
        };
        let mut at = Some(project.to_owned());
        for _ in 0..16 {
            let Some(name) = at else { return false };
            let here: Option<&Project> = company.project(&name);
            if here.is_some_and(|it| it.status != ProjectStatus::Active) {
                return true;
            }
            at = here
                .and_then(|it| it.parent.as_ref())
                .map(ToString::to_string);
        }
        true
    }
}
