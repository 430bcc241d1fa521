//! Random charts and loads: no cap is exceeded at any moment, and nobody starves.

use super::*;
use crate::card::Routing;
use crate::dice::Dice;
use crate::id::{RoleId, TeamId};
use crate::org::{Role, Team};
use crate::share::Share;

/// Random worlds.
const WORLDS: u64 = 300;
/// Polls in each.
const POLLS: usize = 40;
const TASKS: u32 = 30;

fn below(dice: &mut Dice, bound: u64) -> u64 {
    dice.roll() % bound
}

fn small(dice: &mut Dice, bound: u64) -> u32 {
    u32::try_from(below(dice, bound)).unwrap()
}

fn share(dice: &mut Dice) -> Share {
    Share {
        max_concurrent: (below(dice, 2) == 0).then(|| 1 + small(dice, 4)),
        min_interval_ms: (below(dice, 3) == 0).then(|| 500 * below(dice, 5)),
        weight: 1 + small(dice, 3),
    }
}

fn named<T>(parse: fn(&str) -> Result<T, crate::id::IdError>, kind: &str, number: u64) -> T {
    parse(&format!("{kind}{number}")).unwrap()
}

/// A world of three projects, three teams and six agents, all with random limits.
fn random_world(dice: &mut Dice) -> World {
    let agents = (0..6).map(|number| {
        let mut agent = agent(&format!("a{number}"), 1 + small(dice, 3));
        agent.is_active = below(dice, 6) > 0;
        agent.team = (below(dice, 3) > 0).then(|| named(TeamId::parse, "t", number % 3));
        agent
    });
    let mut world = world(agents.collect());
    let teams = (0..3).map(|number| Team {
        dispatch: share(dice),
        ..Team::bare(named(TeamId::parse, "t", number))
    });
    world.chart.teams = teams.collect();
    let role = Role {
        agents: (0..6).map(|it| named(AgentId::parse, "a", it)).collect(),
        description: None,
        requires_human: false,
    };
    world.chart.roles = BTreeMap::from([(RoleId::parse("r").unwrap(), role)]);
    let projects = (0..3).map(|number| {
        let id = named(ProjectId::parse, "p", number);
        let dispatch = share(dice);
        (
            id.clone(),
            Project {
                dispatch,
                ..Project::bare(id)
            },
        )
    });
    world.projects = projects.collect();
    world.settings.max_concurrent_dispatches = 1 + small(dice, 8);
    world.settings.max_dispatches_per_poll = 1 + small(dice, 6);
    world.settings.min_dispatch_interval_ms = 300 * below(dice, 3);
    for number in 0..TASKS {
        let mut row = row(Status::Ready, Priority::ALL[below(dice, 4) as usize], 1);
        row.project = named(ProjectId::parse, "p", below(dice, 3));
        row.routing = match below(dice, 3) {
            0 => Routing {
                agent: Some(named(AgentId::parse, "a", below(dice, 6))),
                ..Routing::default()
            },
            1 => Routing {
                role: RoleId::parse("r").ok(),
                ..Routing::default()
            },
            _ => Routing {
                team: Some(named(TeamId::parse, "t", below(dice, 3))),
                ..Routing::default()
            },
        };
        row.resource = (below(dice, 4) == 0).then(|| format!("res{}", below(dice, 3)));
        world.index.put(task(number), row);
    }
    world
}

impl World {
    /// Gives a task to an agent, as a poll that was committed does.
    fn start(&mut self, id: &TaskId, agent: &AgentId, now: Instant) {
        let mut row = self.index.row(id).unwrap().clone();
        let project = &self.projects[&row.project];
        let shared = served(&self.chart, project, &row.routing, agent);
        self.ledger.served(shared, now);
        row.status = Status::InProgress;
        row.lease = Some(Lease {
            agent: agent.clone(),
            run: Some(RunId::generate(now, (u64::from(self.index.total()), 7))),
            attempt: 1,
            acquired_at: now,
            expires_at: now.plus_ms(u64::from(u32::MAX)),
            renew_count: 0,
        });
        self.index.put(id.clone(), row);
    }

    fn finish(&mut self, id: &TaskId) {
        let project = self.index.project(id).unwrap().clone();
        let status = Status::Done;
        self.index
            .put_finished(id.clone(), Finished { project, status });
    }

    /// Counts everything anew, from the rows alone.
    fn assert_within_caps(&self, seed: u64) {
        let running: Vec<&Row> = self
            .index
            .rows()
            .map(|(_, row)| row)
            .filter(|row| row.status == Status::InProgress)
            .collect();
        let holder = |row: &&&Row| row.lease.as_ref().unwrap().agent.clone();
        assert!(running.len() as u32 <= self.settings.max_concurrent_dispatches);
        for agent in &self.chart.agents {
            let count = running.iter().filter(|row| holder(row) == agent.id).count();
            assert!(
                count as u32 <= agent.concurrency_max,
                "seed {seed}: {}",
                agent.id
            );
            assert!(agent.is_active || count == 0, "seed {seed}: {}", agent.id);
        }
        for team in &self.chart.teams {
            let is_its = |row: &&&Row| {
                let own = || self.chart.agent(&holder(row)).unwrap().team.clone();
                row.routing.team.clone().or_else(own).as_ref() == Some(&team.id)
            };
            let count = running.iter().filter(is_its).count();
            let limit = team.dispatch.max_concurrent.unwrap_or(u32::MAX);
            assert!(count as u32 <= limit, "seed {seed}: {}", team.id);
        }
        for project in self.projects.values() {
            let count = running.iter().filter(|row| row.project == project.id);
            let limit = project.dispatch.max_concurrent.unwrap_or(u32::MAX);
            assert!(count.count() as u32 <= limit, "seed {seed}: {}", project.id);
        }
        for resource in running.iter().filter_map(|row| row.resource.as_ref()) {
            let count = running
                .iter()
                .filter(|row| row.resource.as_ref() == Some(resource));
            assert_eq!(count.count(), 1, "seed {seed}: {resource}");
        }
    }
}

#[test]
fn no_cap_is_exceeded_at_any_moment() {
    let mut started = 0;
    for seed in 0..WORLDS {
        let mut dice = Dice::new((seed, !seed));
        let mut world = random_world(&mut dice);
        let mut last: BTreeMap<String, Instant> = BTreeMap::new();
        for poll in 0..POLLS {
            let now = Instant::from_ms(1_000_000 + 200 * poll as u64);
            let actions = world.plan_at(now.ms()).actions;
            let dispatches = actions.len() as u32;
            assert!(dispatches <= world.settings.max_dispatches_per_poll);
            for action in actions {
                let Action::Dispatch { task, agent, .. } = action else {
                    panic!("{action:?}");
                };
                let row = world.index.row(&task).unwrap();
                let team = team_of(&world.chart, &row.routing, &agent).cloned();
                let pauses = [
                    ("all".to_owned(), world.settings.min_dispatch_interval_ms),
                    (
                        row.project.to_string(),
                        world.projects[&row.project]
                            .dispatch
                            .min_interval_ms
                            .unwrap_or(0),
                    ),
                    team.map_or_else(
                        || ("none".to_owned(), 0),
                        |team| {
                            let dispatch = world.chart.team(&team).unwrap().dispatch;
                            (team.to_string(), dispatch.min_interval_ms.unwrap_or(0))
                        },
                    ),
                ];
                for (whose, interval_ms) in pauses {
                    if let Some(before) = last.insert(whose.clone(), now) {
                        let passed = now.since_ms(before);
                        assert!(passed >= interval_ms, "seed {seed}: {whose} after {passed}");
                    }
                }
                world.start(&task, &agent, now);
                world.assert_within_caps(seed);
                started += 1;
            }
            let running: Vec<TaskId> = world.index.leased().map(|(id, _)| id.clone()).collect();
            for id in running {
                if below(&mut dice, 2) == 0 {
                    world.finish(&id);
                }
            }
        }
    }
    assert!(started > 3_000, "only {started} dispatches");
}

#[test]
fn an_explanation_agrees_with_the_plan_whatever_the_load() {
    for seed in 0..WORLDS {
        let mut dice = Dice::new((seed, seed));
        let world = random_world(&mut dice);
        let whole = world.plan_at(5);
        let given: Vec<&TaskId> = whole.actions.iter().map(Action::task).collect();
        for number in 0..TASKS {
            let id = task(number);
            let scope = Scope {
                waiting_max: 0,
                focus: Some(&id),
                dispatched: 0,
            };
            let alone = world.plan_with(5, scope);
            let is_given = alone.actions.iter().any(|action| *action.task() == id);
            assert_eq!(is_given, given.contains(&&id), "seed {seed}: {id}");
            let is_beginning = whole.actions.starts_with(&alone.actions);
            assert!(is_beginning, "seed {seed}: {id}");
            let told = |plan: &Plan| {
                let waiting = plan.waiting.iter().find(|waiting| waiting.task == id);
                waiting.map(|waiting| waiting.reason.clone())
            };
            assert_eq!(told(&alone), told(&whole), "seed {seed}: {id}");
        }
    }
}
