//! The rules of a company: its chart, caps, pauses, limits of time and work logs.
//!
//! It reads chart, manifests and cards itself and decides nothing the way the scheduler does: it
//! only says what the scheduler may not do. Invariant: while a file has several editions that may
//! be in force, what any of them allows is allowed.

use std::collections::{BTreeMap, BTreeSet};

use aof_core::card::Card;
use aof_core::org::OrgChart;
use aof_core::project::Project;
use aof_core::settings::Settings;
use aof_core::status::Status;

use super::Violation;
use super::caps::Live;
use super::disk::{Disk, Files};
use super::editions::Editions;
use super::ledger::{Ledger, contains};
use super::limits::Stay;
use super::log::{History, Line};
use super::money::Money;
use super::reach::may_have;

pub(super) type Verdict = Result<(), Violation>;

/// Looks at a company after every step.
#[derive(Debug, Default)]
pub struct Company {
    pub(super) dawn_ms: u64,
    charts: Editions<OrgChart>,
    pub(super) projects: BTreeMap<String, Editions<Project>>,
    pub(super) settings: Editions<Settings>,
    /// Runs that hold their tasks.
    pub(super) live: BTreeMap<String, Live>,
    /// The last dispatch of everything that has a pace.
    pub(super) paces: BTreeMap<String, u64>,
    pub(super) stays: BTreeMap<String, Stay>,
    /// What was used.
    pub(super) money: Money,
    /// Runs whose sessions were asked for.
    pub(super) started: BTreeSet<String>,
    /// What was written into the work log of each task.
    entries: BTreeMap<String, Vec<String>>,
}

impl Company {
    /// Rules for a company that begins at this moment.
    #[must_use]
    pub fn new(dawn_ms: u64) -> Self {
        Self {
            dawn_ms,
            ..Self::default()
        }
    }

    /// Every chart that may be in force.
    #[must_use]
    pub fn charts(&self) -> &[OrgChart] {
        self.charts.all()
    }

    /// Whether an agent leads anybody, in a chart that may be in force.
    #[must_use]
    pub fn is_head(&self, agent: &str) -> bool {
        self.charts().iter().any(|chart| is_head(chart, agent))
    }

    /// Whether anybody may have a task and has money for it, by the chart and the manifest that
    /// were saved last.
    #[must_use]
    pub fn has_taker(&self, task: &str, project: &str, card: &Card, now_ms: u64) -> bool {
        let Some(chart) = self.charts.last() else {
            return false;
        };
        let mut takers = may_have(chart, card, self.project(project)).into_iter();
        takers.any(|agent| {
            let run = Live {
                agent: agent.to_owned(),
                team: card.routing.team.as_ref().map(ToString::to_string),
                project: project.to_owned(),
                resource: None,
            };
            self.empty_purse(task, card, &run, now_ms).is_none()
        })
    }

    /// A project as it was saved last.
    #[must_use]
    pub fn project(&self, name: &str) -> Option<&Project> {
        self.projects.get(name)?.last()
    }

    /// Every manifest of a project that may be in force; none where it has none, or where what was
    /// saved last cannot be used.
    #[must_use]
    pub fn manifests(&self, name: &str) -> Vec<Option<&Project>> {
        let editions = self.projects.get(name);
        let usable = editions.into_iter().flat_map(Editions::all).map(Some);
        let is_bare = editions.is_none_or(|it| !it.is_whole());
        usable.chain(is_bare.then_some(None)).collect()
    }

    /// A host begins anew: it knows of no edition but the present ones.
    pub fn begin(&mut self, files: &Files) {
        self.look(files);
        self.charts.begin(OrgChart::default());
        self.settings.settle();
        self.projects.values_mut().for_each(Editions::settle);
    }

    /// Takes in what people saved.
    pub fn look(&mut self, files: &Files) {
        if let Some(text) = files.get("org/org-chart.yaml") {
            let read = |text: &[u8]| aof_codec::parse_org_chart("org/org-chart.yaml", text).ok();
            self.charts.take(text, |text| Some(read(text)?.0));
        }
        if let Some(text) = files.get("aof.yaml") {
            let read = |text: &[u8]| aof_codec::parse_settings("aof.yaml", text, None).ok();
            self.settings.take(text, |text| Some(read(text)?.0));
        }
        for (path, text) in files.range("projects/".to_owned().."projects0".to_owned()) {
            let name = path.strip_suffix("/project.yaml");
            let Some(name) = name.and_then(|it| it.strip_prefix("projects/")) else {
                continue;
            };
            let editions = self.projects.entry(name.to_owned()).or_default();
            let read = |text: &[u8]| aof_codec::parse_project(path, text).ok();
            editions.take(text, |text| Some(read(text)?.0));
        }
    }

    /// A host has looked at what is saved now.
    pub fn settle(&mut self) {
        self.charts.settle();
        self.settings.settle();
        self.projects.values_mut().for_each(Editions::settle);
    }

    /// Judges what the log says since the last look, and if a host polled at this moment what it
    /// left undone.
    ///
    /// # Errors
    /// What does not hold.
    pub fn judge(
        &mut self,
        history: &History,
        (files, disk): (&Files, &Disk),
        ledger: &Ledger,
        polled_ms: Option<u64>,
    ) -> Verdict {
        self.live.retain(|task, _| ledger.is_ours(task));
        self.entries.retain(|task, _| ledger.is_ours(task));
        for line in history.fresh.iter().filter_map(|id| history.line(id)) {
            let Some(task) = line.task.as_deref() else {
                continue;
            };
            if line.kind == "usage.recorded" {
                self.money.record(line);
            }
            let card = disk.only(task).and_then(|file| file.card.as_deref());
            let card = card.filter(|_| ledger.is_ours(task));
            match (line.kind.as_str(), card) {
                // A card that lay there at the beginning has stood there since.
                ("task.created", _) if ledger.initial.contains_key(task) => {}
                ("task.created" | "task.transitioned", _) => self.moved(task, line),
                ("task.assigned", Some(card)) => self.assigned(task, card, line)?,
                ("sla.violation", Some(card)) => self.overdue(task, card, line)?,
                ("task.logged", Some(_)) => {
                    let entries = self.entries.entry(task.to_owned()).or_default();
                    entries.extend(line.text("text").map(str::to_owned));
                }
                _ => {}
            }
        }
        self.follow_edits(disk);
        self.entries_are_kept(files, disk)?;
        match polled_ms {
            Some(now_ms) => self.nobody_overstays(disk, ledger, now_ms),
            None => Ok(()),
        }
    }

    fn moved(&mut self, task: &str, line: &Line) {
        let Some(status) = line.to else { return };
        if status != Status::InProgress {
            self.live.remove(task);
        }
        let stay = Stay {
            status,
            since_ms: line.ms(),
            told_ms: None,
        };
        self.stays.insert(task.to_owned(), stay);
    }

    fn assigned(&mut self, task: &str, card: &Card, line: &Line) -> Verdict {
        let agent = line.text("agent").unwrap_or_default().to_owned();
        let project = line.project.clone().unwrap_or_default();
        self.is_meant(task, card, (&agent, &project))?;
        self.is_open(task, &project)?;
        let run = Live {
            team: card.routing.team.as_ref().map(ToString::to_string),
            project,
            resource: card.resource.clone(),
            agent,
        };
        self.has_room(task, &run)?;
        self.keeps_pace(task, &run, line.ms())?;
        self.has_money(task, card, &run, line.ms())?;
        self.live.insert(task.to_owned(), run);
        Ok(())
    }

    /// A task that runs may be given another team or resource: from then on it counts for those.
    fn follow_edits(&mut self, disk: &Disk) {
        for (task, run) in &mut self.live {
            let card = disk.only(task).and_then(|file| file.card.as_deref());
            if let Some(card) = card {
                run.team = card.routing.team.as_ref().map(ToString::to_string);
                run.resource.clone_from(&card.resource);
            }
        }
    }

    /// I15: an agent gets what some edition leads to it, while it is active.
    fn is_meant(&self, task: &str, card: &Card, (agent, project): (&str, &str)) -> Verdict {
        let projects = self.manifests(project);
        let is_meant = self.charts().iter().any(|chart| {
            let mut projects = projects.iter();
            projects.any(|project| may_have(chart, card, *project).contains(agent))
        });
        if is_meant {
            return Ok(());
        }
        let mut charts = self.charts().iter();
        let state = match charts.find_map(|it| it.agents.named(agent)) {
            None => "unknown",
            Some(agent) if agent.is_active => "active",
            Some(_) => "inactive",
        };
        let found = format!("{task} was given to {agent}, which is {state} and not meant for it");
        Err(Violation::new("I15", found))
    }

    /// I19: a work log is only added to.
    fn entries_are_kept(&self, files: &Files, disk: &Disk) -> Verdict {
        for (task, entries) in &self.entries {
            let Some(content) = disk.only(task).and_then(|file| files.get(&file.path)) else {
                continue;
            };
            if let Some(lost) = entries.iter().find(|entry| !contains(content, entry)) {
                let found = format!("the work log of {task} has lost `{lost}`");
                return Err(Violation::new("I19", found));
            }
        }
        Ok(())
    }
}

/// Whether an agent leads a team, or a unit that works.
#[must_use]
pub fn is_head(chart: &OrgChart, agent: &str) -> bool {
    let teams = chart.teams.iter();
    let heads = teams.flat_map(|team| [&team.lead, &team.orchestrator]);
    let units = chart.units.iter().filter(|unit| unit.is_active);
    let mut all = heads.chain(units.map(|unit| &unit.lead)).flatten();
    all.any(|head| head.as_str() == agent)
}
