//! I14: how much may run at the same time, how fast it may begin, and where nothing may.
//!
//! Counts the runs that the log tells of. Invariant: a run that a person's hand took part in counts
//! for nothing, and what one of several editions allows is allowed.

use aof_core::org::OrgChart;
use aof_core::project::{Project, ProjectStatus};
use aof_core::settings::Settings;

use super::Violation;
use super::company::{Company, Verdict};

/// Projects within one another that are followed.
const DEPTH_MAX: usize = 16;

/// A run that holds its task.
#[derive(Debug, Clone)]
pub(super) struct Live {
    pub(super) agent: String,
    /// The team that the card names.
    pub(super) team: Option<String>,
    pub(super) project: String,
    pub(super) resource: Option<String>,
}

impl Live {
    /// The team that it counts for: the one that its card names, else its agent's.
    pub(super) fn team_by<'t>(&'t self, chart: &'t OrgChart) -> Option<&'t str> {
        let named = self.team.as_deref();
        let named = named.filter(|name| chart.teams.named(name).is_some());
        named.or_else(|| Some(chart.agents.named(&self.agent)?.team.as_ref()?.as_str()))
    }
}

/// Whose cap it is, how many it lets run, and how many do.
type Cap<'a> = (&'a str, Option<u32>, usize);

fn exceeded((whose, most, used): Cap<'_>) -> Option<String> {
    let most = most.filter(|most| used > usize::try_from(*most).unwrap_or(usize::MAX))?;
    Some(format!("run {used} of {most} of {whose}"))
}

impl Company {
    /// No cap is exceeded by this run and those that hold their tasks already.
    pub(super) fn has_room(&self, task: &str, run: &Live) -> Verdict {
        let count = |fits: &dyn Fn(&Live) -> bool| {
            let others = self.live.iter().filter(|(other, _)| *other != task);
            1 + others.filter(|(_, other)| fits(other)).count()
        };
        let project = self.projects.get(&run.project);
        let of_project = |it: &Project| it.dispatch.max_concurrent;
        let of_all = |it: &Settings| Some(it.scheduler.max_concurrent_dispatches);
        let caps = [
            ("everybody", self.settings.most(of_all), count(&|_| true)),
            (
                run.project.as_str(),
                project.and_then(|it| it.most(of_project)),
                count(&|it| it.project == run.project),
            ),
            (
                run.resource.as_deref().unwrap_or_default(),
                run.resource.as_ref().map(|_| 1),
                count(&|it| it.resource == run.resource),
            ),
        ];
        let of_charts: Option<Vec<String>> = self
            .charts()
            .iter()
            .map(|chart| {
                let team = run.team_by(chart);
                let of_agent = chart.agents.named(&run.agent).map(|it| it.concurrency_max);
                let of_team =
                    team.and_then(|team| chart.teams.named(team)?.dispatch.max_concurrent);
                let in_team = count(&|it| it.team_by(chart) == team);
                let in_agent = count(&|it| it.agent == run.agent);
                exceeded((&run.agent, of_agent, in_agent))
                    .or_else(|| exceeded((team.unwrap_or_default(), of_team, in_team)))
            })
            .collect();
        let in_chart = of_charts.and_then(|flaws| flaws.into_iter().next());
        match in_chart.or_else(|| caps.into_iter().find_map(exceeded)) {
            Some(flaw) => Err(Violation::new("I14", format!("{task} is {flaw}"))),
            None => Ok(()),
        }
    }

    /// Nobody is given work faster than it may be.
    pub(super) fn keeps_pace(&mut self, task: &str, run: &Live, now_ms: u64) -> Verdict {
        // The team is known for sure only while one edition alone may be in force.
        let team = match self.charts() {
            [chart] => run.team_by(chart).map(|team| {
                let pause = chart.teams.named(team);
                let pause = pause.and_then(|it| it.dispatch.min_interval_ms);
                (format!("team {team}"), pause.unwrap_or_default())
            }),
            _ => None,
        };
        let project = self.projects.get(&run.project);
        let of_project = |it: &Project| it.dispatch.min_interval_ms;
        let of_all = |it: &Settings| Some(it.scheduler.min_dispatch_interval_ms);
        let paces = [
            ("everybody".to_owned(), self.settings.least(of_all)),
            (
                format!("project {}", run.project),
                project.map_or(0, |it| it.least(of_project)),
            ),
        ];
        for (whose, pause_ms) in paces.into_iter().chain(team) {
            let last = self.paces.insert(whose.clone(), now_ms);
            if let Some(last) = last.filter(|last| now_ms < last.saturating_add(pause_ms)) {
                let passed_ms = now_ms.saturating_sub(last);
                let found = format!("{task} comes {passed_ms} ms after the last of {whose}");
                return Err(Violation::new("I14", found));
            }
        }
        Ok(())
    }

    /// Nothing begins in a project that rests, or is a part of one that does.
    pub(super) fn is_open(&self, task: &str, project: &str) -> Verdict {
        if self.may_work(project, DEPTH_MAX) {
            return Ok(());
        }
        let found = format!("{task} is started in {project}, where nothing may begin");
        Err(Violation::new("I14", found))
    }

    fn may_work(&self, project: &str, depth: usize) -> bool {
        let Some(editions) = self.projects.get(project) else {
            return true;
        };
        let works = |it: &Project| {
            let parent = it.parent.as_ref();
            it.status == ProjectStatus::Active
                && parent.is_none_or(|it| depth > 0 && self.may_work(it.as_str(), depth - 1))
        };
        !editions.is_whole() || editions.all().iter().any(works)
    }
}
