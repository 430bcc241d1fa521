//! The rules of a company: its chart, caps, pauses and limits of time.
//!
//! It reads chart, manifests and cards itself and decides nothing the way the scheduler does: it
//! only says what the scheduler may not do. Invariant: while a file has several editions that may
//! be in force, what any of them allows is allowed.

use std::collections::BTreeMap;
use std::sync::Arc;

use aof_core::card::Card;
use aof_core::org::OrgChart;
use aof_core::project::Project;
use aof_core::settings::Settings;
use aof_core::sla::{Policy, Terms};
use aof_core::status::Status;

use super::Violation;
use super::disk::{Disk, Files};
use super::ledger::Ledger;
use super::log::{History, Line};
use super::reach::may_have;

type Verdict = Result<(), Violation>;

/// Editions of a file that may be in force, the newest last, and the text that was read last.
#[derive(Debug)]
struct Editions<T> {
    text: Arc<Vec<u8>>,
    /// What was read last can be used.
    is_whole: bool,
    usable: Vec<T>,
}

impl<T> Default for Editions<T> {
    fn default() -> Self {
        Self {
            text: Arc::default(),
            is_whole: false,
            usable: Vec::new(),
        }
    }
}

impl<T> Editions<T> {
    fn take(&mut self, text: &Arc<Vec<u8>>, read: impl Fn(&[u8]) -> Option<T>) {
        if self.text != *text {
            self.text = Arc::clone(text);
            let edition = read(text);
            self.is_whole = edition.is_some();
            self.usable.extend(edition);
        }
    }

    /// A host has looked: the newest one is in force, unless it saw something broken in its place.
    fn settle(&mut self) {
        if self.is_whole {
            let former = self.usable.len().saturating_sub(1);
            self.usable.drain(..former);
        }
    }

    /// The largest of what they allow; none if one of them sets no limit.
    fn most(&self, limit: impl Fn(&T) -> Option<u64>) -> Option<u64> {
        let limits: Option<Vec<u64>> = self.usable.iter().map(limit).collect();
        limits?.into_iter().max()
    }

    /// The shortest of what they ask for.
    fn least(&self, pause: impl Fn(&T) -> Option<u64>) -> u64 {
        let pauses = self.usable.iter().map(|it| pause(it).unwrap_or_default());
        pauses.min().unwrap_or_default()
    }
}

/// A run that holds its task.
#[derive(Debug, Clone)]
struct Live {
    agent: String,
    /// The team that the card names.
    team: Option<String>,
    project: String,
    resource: Option<String>,
}

impl Live {
    /// The team that it counts for: the one that its card names, else its agent's.
    fn team_by<'t>(&'t self, chart: &'t OrgChart) -> Option<&'t str> {
        let named = self.team.as_deref();
        let named = named.filter(|name| chart.teams.named(name).is_some());
        named.or_else(|| Some(chart.agents.named(&self.agent)?.team.as_ref()?.as_str()))
    }
}

/// A cap, if it is exceeded.
fn exceeded((whose, most, used): (&str, Option<u32>, u64)) -> Option<String> {
    let most = most.filter(|most| used > u64::from(*most))?;
    Some(format!("run {used} of {most} of {whose}"))
}

/// Since when a task stands where it is, and when people were last told.
#[derive(Debug, Clone, Copy)]
struct Stay {
    status: Status,
    since_ms: u64,
    told_ms: Option<u64>,
}

/// Looks at a company after every step.
#[derive(Debug, Default)]
pub struct Company {
    dawn_ms: u64,
    charts: Editions<OrgChart>,
    projects: BTreeMap<String, Editions<Project>>,
    settings: Editions<Settings>,
    live: BTreeMap<String, Live>,
    /// The last dispatch of everything that has a pace.
    paces: BTreeMap<String, u64>,
    stays: BTreeMap<String, Stay>,
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
        &self.charts.usable
    }

    /// Whether an agent leads anybody, in a chart that may be in force.
    #[must_use]
    pub fn is_head(&self, agent: &str) -> bool {
        self.charts().iter().any(|chart| {
            let teams = chart.teams.iter();
            let heads = teams.flat_map(|team| [&team.lead, &team.orchestrator]);
            let units = chart.units.iter().map(|unit| &unit.lead);
            let mut all = heads.chain(units).flatten();
            all.any(|head| head.as_str() == agent)
        })
    }

    /// The chart that was saved last and can be used.
    #[must_use]
    pub fn chart(&self) -> Option<&OrgChart> {
        self.charts.usable.last()
    }

    /// A project as it was saved last.
    #[must_use]
    pub fn project(&self, name: &str) -> Option<&Project> {
        self.projects.get(name)?.usable.last()
    }

    /// A host that begins anew knows no longer when it last started something.
    pub fn forget_paces(&mut self) {
        self.paces.clear();
    }

    /// Takes in what people saved.
    pub fn look(&mut self, files: &Files) {
        if let Some(text) = files.get("org/org-chart.yaml") {
            self.charts.take(text, |text| {
                Some(
                    aof_codec::parse_org_chart("org/org-chart.yaml", text)
                        .ok()?
                        .0,
                )
            });
        }
        if let Some(text) = files.get("aof.yaml") {
            let read =
                |text: &[u8]| Some(aof_codec::parse_settings("aof.yaml", text, None).ok()?.0);
            self.settings.take(text, read);
        }
        for (path, text) in files.range("projects/".to_owned().."projects0".to_owned()) {
            let name = path.strip_suffix("/project.yaml");
            let Some(name) = name.and_then(|it| it.strip_prefix("projects/")) else {
                continue;
            };
            let editions = self.projects.entry(name.to_owned()).or_default();
            editions.take(text, |text| {
                Some(aof_codec::parse_project(path, text).ok()?.0)
            });
        }
    }

    /// A host has looked at what is saved now.
    pub fn settle(&mut self) {
        self.charts.settle();
        self.settings.settle();
        self.projects.values_mut().for_each(Editions::settle);
    }

    /// Judges what the log says since the last look.
    ///
    /// # Errors
    /// What does not hold.
    pub fn judge(&mut self, history: &History, disk: &Disk, ledger: &Ledger) -> Verdict {
        self.live.retain(|task, _| ledger.is_ours(task));
        for line in history.fresh.iter().filter_map(|id| history.line(id)) {
            let Some(task) = line.task.clone() else {
                continue;
            };
            match line.kind.as_str() {
                // A card that lay there at the beginning has stood there since.
                "task.created" if ledger.initial.contains_key(&task) => {}
                "task.created" | "task.transitioned" => self.moved(&task, line),
                "task.assigned" if ledger.is_ours(&task) => {
                    if let Some(card) = disk.only(&task).and_then(|file| file.card.clone()) {
                        self.assigned(&task, &card, line)?;
                    }
                }
                "sla.violation" if ledger.is_ours(&task) => {
                    if let Some(card) = disk.only(&task).and_then(|file| file.card.clone()) {
                        self.overdue(&task, &card, line)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
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
        let run = Live {
            team: card.routing.team.as_ref().map(ToString::to_string),
            project,
            resource: card.resource.clone(),
            agent,
        };
        self.has_room(task, &run)?;
        self.keeps_pace(task, &run, line.ms())?;
        self.live.insert(task.to_owned(), run);
        Ok(())
    }

    /// I15: an agent gets what some rule of an edition leads to, while it is active.
    fn is_meant(&self, task: &str, card: &Card, (agent, project): (&str, &str)) -> Verdict {
        let projects = self.projects.get(project).map(|it| it.usable.as_slice());
        let projects = projects.unwrap_or_default();
        let is_meant = self.charts.usable.iter().any(|chart| {
            let meant = |project| may_have(chart, card, project).contains(agent);
            meant(None) || projects.iter().any(|it| meant(Some(it)))
        });
        if is_meant {
            return Ok(());
        }
        let known = self
            .charts
            .usable
            .iter()
            .find_map(|it| it.agents.named(agent));
        let state = known.map_or(
            "unknown",
            |it| if it.is_active { "active" } else { "inactive" },
        );
        Err(Violation::new(
            "I15",
            format!("{task} was given to {agent}, which is {state} and not meant for it"),
        ))
    }

    /// I14: no cap is exceeded by this run and those that hold their tasks already.
    fn has_room(&self, task: &str, run: &Live) -> Verdict {
        let others = || self.live.iter().filter(|(other, _)| *other != task);
        let count = |fits: &dyn Fn(&Live) -> bool| {
            1 + others().filter(|(_, other)| fits(other)).count() as u64
        };
        let of_chart = self.charts.usable.iter().map(|chart| {
            let team = run.team_by(chart);
            let agent = chart.agents.named(&run.agent).map(|it| it.concurrency_max);
            let of_team = team.and_then(|team| chart.teams.named(team)?.dispatch.max_concurrent);
            [
                (
                    run.agent.as_str(),
                    agent,
                    count(&|it| it.agent == run.agent),
                ),
                (
                    team.unwrap_or_default(),
                    of_team,
                    count(&|it| it.team_by(chart) == team),
                ),
            ]
        });
        let flaws = of_chart.map(|caps| caps.into_iter().find_map(exceeded));
        let flaws: Vec<Option<String>> = flaws.collect();
        let in_chart = flaws
            .iter()
            .all(Option::is_some)
            .then(|| flaws.first().cloned());
        let project = self.projects.get(&run.project);
        let of_project = |it: &Project| it.dispatch.max_concurrent.map(u64::from);
        let global = |it: &Settings| Some(u64::from(it.scheduler.max_concurrent_dispatches));
        let small = |limit: Option<u64>| limit.and_then(|it| u32::try_from(it).ok());
        let others = [
            (
                "everybody",
                small(self.settings.most(global)),
                count(&|_| true),
            ),
            (
                run.project.as_str(),
                small(project.and_then(|it| it.most(of_project))),
                count(&|it| it.project == run.project),
            ),
            (
                run.resource.as_deref().unwrap_or_default(),
                run.resource.as_ref().map(|_| 1),
                count(&|it| it.resource == run.resource),
            ),
        ];
        let in_chart = in_chart.flatten().flatten();
        match in_chart.or_else(|| others.into_iter().find_map(exceeded)) {
            Some(flaw) => Err(Violation::new("I14", format!("{task} is {flaw}"))),
            None => Ok(()),
        }
    }

    /// I14: nobody is given work faster than it may be.
    fn keeps_pace(&mut self, task: &str, run: &Live, now_ms: u64) -> Verdict {
        // The team is known for sure only while one edition alone may be in force.
        let team = match self.charts.usable.as_slice() {
            [chart] => run.team_by(chart).map(|team| {
                let team = (team.to_owned(), chart.teams.named(team));
                let pause = team.1.and_then(|it| it.dispatch.min_interval_ms);
                (format!("team {}", team.0), pause.unwrap_or_default())
            }),
            _ => None,
        };
        let project = self.projects.get(&run.project);
        let of_project = |it: &Project| it.dispatch.min_interval_ms;
        let global = |it: &Settings| Some(it.scheduler.min_dispatch_interval_ms);
        let paces = [
            ("everybody".to_owned(), self.settings.least(global)),
            (
                format!("project {}", run.project),
                project.map_or(0, |it| it.least(of_project)),
            ),
        ];
        for (whose, pause_ms) in paces.into_iter().chain(team) {
            let last = self.paces.insert(whose.clone(), now_ms);
            if let Some(last) = last
                && now_ms < last.saturating_add(pause_ms)
            {
                let found = format!(
                    "{task} comes {} ms after the last of {whose}",
                    now_ms - last
                );
                return Err(Violation::new("I14", found));
            }
        }
        Ok(())
    }

    /// I17: a limit of time is acted upon once it is over, not before, and people are told again
    /// after a pause only.
    fn overdue(&mut self, task: &str, card: &Card, line: &Line) -> Verdict {
        let wrong = |found: String| Err(Violation::new("I17", format!("{task}: {found}")));
        let status = line.text("status").and_then(Status::parse);
        let (Some(status), now_ms) = (status, line.ms()) else {
            return wrong("a violation in no status".to_owned());
        };
        let terms = self.terms(line.project.as_deref().unwrap_or_default());
        let limit_ms = line.number("limitMs");
        let own = card.sla.limits.of(status);
        let limits = terms.iter().map(|it| own.or_else(|| it.limits.of(status)));
        if !limits.clone().any(|it| it.is_some() && it == limit_ms) {
            return wrong(format!("the limit is {limit_ms:?}, not one of {limits:?}"));
        }
        let policy = line.text("policy").and_then(Policy::parse);
        let own = card.sla.on_violation;
        let mut policies = terms
            .iter()
            .map(|it| match (status, own.unwrap_or(it.on_violation)) {
                (Status::Blocked, Policy::Block) => Policy::Alert,
                (Status::Review, Policy::Deadletter) => Policy::Block,
                (_, policy) => policy,
            });
        if !policies.any(|it| Some(it) == policy) {
            return wrong(format!("the policy is not {policy:?}"));
        }
        let repeat_ms = terms
            .iter()
            .map(|it| it.repeat_ms)
            .min()
            .unwrap_or_default();
        let stay = self.stays.entry(task.to_owned()).or_insert(Stay {
            status,
            since_ms: self.dawn_ms,
            told_ms: None,
        });
        let stood_ms = now_ms.saturating_sub(stay.since_ms);
        if stay.status != status || limit_ms.is_none_or(|limit| stood_ms < limit) {
            return wrong(format!("{stood_ms} ms in {} are not too long", stay.status));
        }
        if let Some(told) = stay.told_ms.replace(now_ms)
            && now_ms < told.saturating_add(repeat_ms)
        {
            return wrong(format!("told again after {} ms", now_ms - told));
        }
        Ok(())
    }

    fn terms(&self, project: &str) -> Vec<Terms> {
        let editions = self.projects.get(project);
        let usable = editions.iter().flat_map(|it| &it.usable);
        // A project whose manifest is not there, or cannot be read, says nothing.
        let is_whole = editions.is_some_and(|it| it.is_whole);
        let bare = aof_core::id::ProjectId::parse(project).ok();
        let bare = bare.filter(|_| !is_whole).map(Project::bare);
        let projects: Vec<&Project> = usable.chain(&bare).collect();
        let settings = self.settings.usable.iter();
        settings
            .flat_map(|it| projects.iter().map(|project| Terms::of(&it.sla, project)))
            .collect()
    }
}
