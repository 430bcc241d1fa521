//! What a poll would do, from rows and a chart.

use std::collections::BTreeMap;

use super::*;
use crate::card::Routing;
use crate::dependency::DependencyPolicy;
use crate::id::{ProjectId, RunId};
use crate::index::Finished;
use crate::lease::Lease;
use crate::org::Agent;
use crate::priority::Priority;
use crate::project::ProjectStatus;

mod property;

struct World {
    index: TaskIndex,
    chart: OrgChart,
    projects: BTreeMap<ProjectId, Project>,
    obstructed: BTreeMap<TaskId, String>,
    ledger: Ledger,
    books: Books,
    settings: SchedulerSettings,
}

fn project() -> ProjectId {
    ProjectId::parse("p").unwrap()
}

fn task(number: u32) -> TaskId {
    TaskId::parse(&format!("TASK-2026-02-17-{number:03}")).unwrap()
}

fn agent(name: &str, concurrency_max: u32) -> Agent {
    Agent {
        concurrency_max,
        ..Agent::bare(AgentId::parse(name).unwrap())
    }
}

fn row(status: Status, priority: Priority, created_ms: u64) -> Row {
    Row {
        project: project(),
        status,
        title: String::new(),
        priority,
        routing: Routing {
            agent: Some(AgentId::parse("a").unwrap()),
            ..Routing::default()
        },
        depends_on: Vec::new(),
        dependency_policy: DependencyPolicy::Done,
        parent_id: None,
        is_forced: false,
        is_held: false,
        sla: None,
        created_at: Instant::from_ms(created_ms),
        last_transition_at: Instant::from_ms(created_ms),
        resource: None,
        lease: None,
        retry_at: None,
        reason: None,
        timeout_ms: None,
        flow: None,
        hop: None,
        budget: None,
        revision: 1,
        is_moved: false,
    }
}

fn world(agents: Vec<Agent>) -> World {
    World {
        index: TaskIndex::default(),
        chart: OrgChart {
            agents: agents.into(),
            ..OrgChart::default()
        },
        projects: BTreeMap::from([(project(), Project::bare(project()))]),
        obstructed: BTreeMap::new(),
        ledger: Ledger::default(),
        books: Books::default(),
        settings: SchedulerSettings::default(),
    }
}

impl World {
    fn plan_at(&self, now_ms: u64) -> Plan {
        let scope = Scope {
            waiting_max: 50,
            focus: None,
            dispatched: 0,
        };
        self.plan_with(now_ms, scope)
    }

    fn plan_with(&self, now_ms: u64, scope: Scope<'_>) -> Plan {
        let snapshot = Snapshot {
            index: &self.index,
            chart: &self.chart,
            projects: &self.projects,
            obstructed: &self.obstructed,
            ledger: &self.ledger,
            books: &self.books,
            budgets: &[],
            settings: &self.settings,
            hold: None,
            now: Instant::from_ms(now_ms),
        };
        plan(&snapshot, scope)
    }

    fn dispatched(&self) -> Vec<TaskId> {
        let actions = self.plan_at(0).actions.into_iter();
        actions
            .filter_map(|action| match action {
                Action::Dispatch { task, .. } => Some(task),
                _ => None,
            })
            .collect()
    }

    fn reason(&self) -> String {
        self.plan_at(0).waiting.first().unwrap().reason.clone()
    }
}

#[test]
fn urgent_goes_first_then_old() {
    let mut world = world(vec![agent("a", 9)]);
    world.settings.max_concurrent_dispatches = 9;
    world
        .index
        .put(task(1), row(Status::Ready, Priority::Low, 1));
    world
        .index
        .put(task(2), row(Status::Ready, Priority::Normal, 9));
    world
        .index
        .put(task(3), row(Status::Ready, Priority::Normal, 5));
    world
        .index
        .put(task(4), row(Status::Ready, Priority::Critical, 9));
    assert_eq!(world.dispatched(), [task(4), task(3), task(2), task(1)]);
}

#[test]
fn no_cap_is_exceeded_within_one_poll() {
    let mut world = world(vec![agent("a", 2)]);
    for number in 1..=5 {
        world
            .index
            .put(task(number), row(Status::Ready, Priority::Normal, 1));
    }
    assert_eq!(world.dispatched(), [task(1), task(2)]);
    world.settings.max_concurrent_dispatches = 1;
    assert_eq!(world.dispatched(), [task(1)]);
    world.settings.max_concurrent_dispatches = 9;
    world.settings.max_dispatches_per_poll = 1;
    assert_eq!(world.dispatched(), [task(1)]);
}

#[test]
fn running_work_counts_against_the_caps() {
    let mut world = world(vec![agent("a", 1)]);
    let mut busy = row(Status::InProgress, Priority::Normal, 1);
    busy.lease = Some(Lease {
        agent: AgentId::parse("a").unwrap(),
        run: Some(RunId::generate(Instant::from_ms(1), (1, 1))),
        attempt: 1,
        acquired_at: Instant::from_ms(1),
        expires_at: Instant::from_ms(100),
        renew_count: 0,
    });
    world.index.put(task(1), busy);
    world
        .index
        .put(task(2), row(Status::Ready, Priority::Critical, 1));
    assert_eq!(world.dispatched(), []);
    assert_eq!(world.reason(), "agent `a` runs 1 of 1");
    assert_eq!(world.plan_at(100).actions, [Action::Expire(task(1))]);
}

#[test]
fn a_resource_goes_to_one_task_only() {
    let mut world = world(vec![agent("a", 9)]);
    for number in 1..=2 {
        let mut wanting = row(Status::Ready, Priority::Normal, 1);
        wanting.resource = Some("repo".to_owned());
        world.index.put(task(number), wanting);
    }
    assert_eq!(world.dispatched(), [task(1)]);
    assert_eq!(
        world.reason(),
        "resource `repo` goes to another task in this poll"
    );
}

#[test]
fn what_waits_for_others_is_neither_promoted_nor_dispatched() {
    let mut world = world(vec![agent("a", 9)]);
    let mut later = row(Status::Backlog, Priority::Normal, 1);
    later.depends_on = vec![task(1), task(2)];
    let mut early = row(Status::Ready, Priority::Normal, 1);
    early.depends_on = vec![task(1), task(9)];
    world.index.put(task(3), later);
    world.index.put(task(4), early);
    world
        .index
        .put(task(1), row(Status::Review, Priority::Normal, 1));
    let strand = Action::Strand {
        task: task(4),
        snag: Snag::Dependency(task(9), None),
    };
    let strand_later = Action::Strand {
        task: task(3),
        snag: Snag::Dependency(task(2), None),
    };
    assert_eq!(world.plan_at(0).actions, [strand_later, strand]);
    let missing = "waits for TASK-2026-02-17-001 (review), TASK-2026-02-17-009 (not found)";
    assert_eq!(world.reason(), missing);
    for number in 1..=2 {
        let done = Finished {
            project: project(),
            status: Status::Done,
        };
        world.index.put_finished(task(number), done);
    }
    let promoted = world.plan_at(0).actions;
    assert_eq!(promoted.last(), Some(&Action::Promote(task(3))));
}

#[test]
fn unknown_inactive_and_human_targets_are_told_apart() {
    let mut idle = agent("a", 1);
    idle.is_active = false;
    let mut world = world(vec![idle]);
    world
        .index
        .put(task(1), row(Status::Ready, Priority::Normal, 1));
    let plan = world.plan_at(0);
    let waiting = plan.waiting.first().unwrap();
    assert_eq!(
        (&waiting.kind, waiting.reason.as_str()),
        (&WaitKind::NoMatch, "agent `a` is not active")
    );
    world.chart = OrgChart::default();
    assert_eq!(world.reason(), "agent `a` is not in the org chart");
}

#[test]
fn paused_projects_rest() {
    let mut world = world(vec![agent("a", 1)]);
    world
        .index
        .put(task(1), row(Status::Ready, Priority::Normal, 1));
    world.projects.get_mut(&project()).unwrap().status = ProjectStatus::Paused;
    assert_eq!(world.dispatched(), []);
    assert_eq!(world.reason(), "project `p` is paused");
}

#[test]
fn the_counters_follow_every_change() {
    let mut index = TaskIndex::default();
    index.put(task(1), row(Status::Ready, Priority::Normal, 1));
    index.put(task(1), row(Status::Blocked, Priority::Normal, 1));
    index.put(task(2), row(Status::Done, Priority::Normal, 1));
    assert_eq!((index.total(), index.count_of(Status::Blocked)), (2, 1));
    assert_eq!(index.queues().count(), 0);
    index.remove(&task(1));
    index.remove(&task(2));
    assert_eq!((index.total(), index.running()), (0, 0));
}
