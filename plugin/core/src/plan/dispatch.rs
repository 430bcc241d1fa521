//! Which ready tasks go to whom in this poll.
//!
//! Walks ready tasks in their order and stops looking once nothing more can start; a queue whose
//! head waits for what all behind it wait for is left as a whole.

use crate::budget::Standing;
use crate::id::{AgentId, ProjectId, TaskId};
use crate::index::{Row, TaskIndex};
use crate::instant::Instant;
use crate::org::Agent;
use crate::plan::caps::{Exhausted, ProjectFull, Taken, Tally, served};
use crate::plan::order::Order;
use crate::plan::{Action, Considered, HOUSEKEEPING_MAX, Plan, Scope, Snapshot, WaitKind, Waiting};
use crate::project::{Above, ProjectStatus, above};
use crate::routing::{self, Candidate, Decision, Occupancy, Target, Wish};
use crate::status::Status;

pub(super) fn fill<'a>(plan: &mut Plan, snapshot: &Snapshot<'a>, scope: Scope<'a>) {
    let mut tally = Tally::new(*snapshot);
    tally.dispatched_before = scope.dispatched;
    let mut order = Order::new(*snapshot);
    let mut focus = scope.focus;
    let mut begun = 0;
    // What is only offered needs nobody to start it.
    let offers = |agent: &Agent| agent.comms.is_offered();
    let is_held = snapshot.hold.is_some() && !snapshot.chart.agents.iter().any(offers);
    while let Some((lane, id, row)) = order.next() {
        let exhausted = tally.exhausted();
        let is_told = plan.waiting.len() < scope.waiting_max;
        if (exhausted.is_some() || is_held) && !is_told {
            break;
        }
        let is_focus = focus.is_some_and(|focus| focus == id);
        focus = focus.filter(|_| !is_focus);
        match judge(snapshot, &tally, (id, row), exhausted) {
            Ok((agent, decision)) => {
                tally.take(row, agent);
                if let Some(project) = snapshot.projects.get(&row.project) {
                    order.served(served(snapshot.chart, project, &row.routing, agent));
                }
                plan.actions.push(Action::Dispatch {
                    task: id.clone(),
                    agent: agent.clone(),
                    via: decision.via.into(),
                    candidates: considered(&decision.candidates),
                });
            }
            Err(Obstacle::Begins) if begun < HOUSEKEEPING_MAX => {
                begun += 1;
                plan.actions.push(Action::Begin(id.clone()));
            }
            Err(obstacle) => {
                plan.wake_at = earlier(plan.wake_at, obstacle.until());
                let holds_all = obstacle.holds_lane() && !is_told;
                // Most of a long queue waits for the same few reasons: only what is told is
                // written.
                if is_told || is_focus {
                    plan.waiting.push(obstacle.tell(id, snapshot, row));
                }
                if holds_all {
                    if let Some(focus) = focus {
                        order.skip_to(lane, focus);
                    }
                    continue;
                }
            }
        }
        if is_focus && !is_told {
            break;
        }
        order.go_on(lane);
    }
    let stay = snapshot.index.count_of(Status::Ready) as usize;
    plan.waiting_total = stay.saturating_sub(tally.dispatched as usize + begun);
    plan.wake_at = earlier(plan.wake_at, tally.exhausted().and_then(Exhausted::until));
    // What was asked for was not reached: it waits for what all behind it wait for.
    if let Some((id, row)) = focus.and_then(|id| Some((id, snapshot.index.row(id)?)))
        && row.status == Status::Ready
        && let Err(obstacle) = judge(snapshot, &tally, (id, row), tally.exhausted())
    {
        plan.waiting.push(obstacle.tell(id, snapshot, row));
    }
}

fn earlier(left: Option<Instant>, right: Option<Instant>) -> Option<Instant> {
    match (left, right) {
        (Some(left), Some(right)) => Some(left.min(right)),
        (left, right) => left.or(right),
    }
}

/// Ready tasks that nobody but a person does.
#[must_use]
pub fn for_people<'a>(snapshot: &Snapshot<'a>) -> Vec<&'a TaskId> {
    let tally = Tally::new(*snapshot);
    let rows = snapshot.index.rows();
    let ready = rows.filter(|(_, row)| row.status == Status::Ready);
    let is_one = |task: &(&'a TaskId, &'a Row)| match judge(snapshot, &tally, *task, None) {
        Err(Obstacle::Person) => true,
        Err(Obstacle::Unrouted(decision)) => matches!(decision.target, Target::Human(_)),
        _ => false,
    };
    ready.filter(is_one).map(|(id, _)| id).collect()
}

/// Whether a task that names nobody would find anybody, now or later.
pub(super) fn is_routed(snapshot: &Snapshot<'_>, row: &Row) -> bool {
    let Some(project) = snapshot.projects.get(&row.project) else {
        return false;
    };
    let wish = Wish {
        routing: &row.routing,
        priority: row.priority,
        project,
    };
    let idle = |_: &Agent| Occupancy::default();
    !matches!(
        routing::route(wish, snapshot.chart, &idle).target,
        Target::Nobody(_)
    )
}

/// Why a ready task stays.
enum Obstacle<'a> {
    Paused(&'a ProjectId),
    Archived(&'a ProjectId),
    Above(&'a ProjectId, Above<'a>),
    UnknownProject(&'a ProjectId),
    Project(ProjectFull<'a>),
    /// Not one: its workflow begins.
    Begins,
    Workflow(&'a TaskId),
    /// A hop that no agent does.
    Person,
    InTheWay(&'a str),
    Dependencies,
    Unrouted(Decision<'a>),
    Held(&'a str),
    Exhausted(Exhausted, Decision<'a>),
    Spent(Standing<'a>, Decision<'a>),
    Taken(Taken<'a>, Decision<'a>),
}

type Judgement<'a> = Result<(&'a AgentId, Decision<'a>), Obstacle<'a>>;

fn judge<'a>(
    snapshot: &Snapshot<'a>,
    tally: &Tally<'a>,
    (id, row): (&'a TaskId, &'a Row),
    exhausted: Option<Exhausted>,
) -> Judgement<'a> {
    if let Some(path) = snapshot.obstructed.get(id) {
        return Err(Obstacle::InTheWay(path));
    }
    let Some(project) = snapshot.projects.get(&row.project) else {
        return Err(Obstacle::UnknownProject(&row.project));
    };
    match project.status {
        ProjectStatus::Active => {}
        ProjectStatus::Paused => return Err(Obstacle::Paused(&row.project)),
        ProjectStatus::Archived => return Err(Obstacle::Archived(&row.project)),
    }
    if let Some(above) = above(project, snapshot.projects) {
        return Err(Obstacle::Above(&row.project, above));
    }
    if let Some(hop) = &row.hop
        && !snapshot.index.is_waited_for(id, &hop.of)
    {
        return Err(Obstacle::Workflow(&hop.of));
    }
    if row.hop.as_ref().is_some_and(|hop| hop.is_human) {
        return Err(Obstacle::Person);
    }
    if !snapshot.index.is_free(id, row) {
        return Err(Obstacle::Dependencies);
    }
    if row.flow.is_some() {
        return Err(Obstacle::Begins);
    }
    let wish = Wish {
        routing: &row.routing,
        priority: row.priority,
        project,
    };
    let bench = |agent: &Agent| tally.occupancy(&row.routing, agent);
    let decision = routing::route(wish, snapshot.chart, &bench);
    let Target::Agent(agent) = decision.target else {
        return Err(Obstacle::Unrouted(decision));
    };
    let is_offered = || {
        let agent = snapshot.chart.agent(agent);
        agent.is_some_and(|agent| agent.comms.is_offered())
    };
    if let Some(reason) = snapshot.hold
        && !is_offered()
    {
        return Err(Obstacle::Held(reason));
    }
    if let Some(exhausted) = exhausted {
        return Err(Obstacle::Exhausted(exhausted, decision));
    }
    if let Some(full) = tally.project_full(project) {
        return Err(Obstacle::Project(full));
    }
    let whole = row.hop.as_ref().map(|hop| &hop.of);
    let whole = whole.and_then(|whole| Some((whole, snapshot.index.row(whole)?)));
    let mut purses = std::iter::once((id, row)).chain(whole);
    if let Some(spent) = purses.find_map(|(id, row)| tally.task_spent(id, row)) {
        return Err(Obstacle::Spent(spent, decision));
    }
    match tally.resource_taken(row) {
        Some(taken) => Err(Obstacle::Taken(taken, decision)),
        None => Ok((agent, decision)),
    }
}

impl Obstacle<'_> {
    /// Whether it holds back every task of the same project, destination and urgency.
    const fn holds_lane(&self) -> bool {
        match self {
            Obstacle::Paused(_)
            | Obstacle::Archived(_)
            | Obstacle::Above(..)
            | Obstacle::UnknownProject(_)
            | Obstacle::Project(_)
            | Obstacle::Held(_)
            | Obstacle::Unrouted(_) => true,
            Obstacle::Begins
            | Obstacle::Workflow(_)
            | Obstacle::Person
            | Obstacle::InTheWay(_)
            | Obstacle::Dependencies
            | Obstacle::Exhausted(..)
            | Obstacle::Spent(..)
            | Obstacle::Taken(..) => false,
        }
    }

    /// When it is over, if that is known.
    fn until(&self) -> Option<Instant> {
        match self {
            Obstacle::Project(full) => full.until(),
            Obstacle::Exhausted(exhausted, _) => exhausted.until(),
            Obstacle::Spent(spent, _) => spent.until(),
            Obstacle::Unrouted(decision) => {
                let rejections = decision.candidates.iter().filter_map(|it| it.rejection);
                rejections.filter_map(|rejection| rejection.until()).min()
            }
            _ => None,
        }
    }

    fn tell(self, id: &TaskId, snapshot: &Snapshot<'_>, row: &Row) -> Waiting {
        let mut waiting = Waiting {
            task: id.clone(),
            kind: WaitKind::Later,
            reason: String::new(),
            via: None,
            candidates: Vec::new(),
        };
        let mut decided = |decision: &Decision<'_>| {
            waiting.via = Some(decision.via.into());
            waiting.candidates = considered(&decision.candidates);
        };
        waiting.reason = match self {
            Obstacle::Paused(project) => format!("project `{project}` is paused"),
            Obstacle::Archived(project) => format!("project `{project}` is archived"),
            Obstacle::Above(project, Above::Resting(id, status)) => {
                let status = status.as_str();
                format!("project `{id}`, which `{project}` is a part of, is {status}")
            }
            Obstacle::Above(project, Above::Circle(_)) => {
                waiting.kind = WaitKind::Human;
                format!("project `{project}` is a part of itself: mend `parentId`")
            }
            Obstacle::UnknownProject(project) => {
                waiting.kind = WaitKind::NoMatch;
                format!("project `{project}` is not known")
            }
            Obstacle::Begins => "its workflow begins with a later poll".to_owned(),
            Obstacle::Workflow(of) => {
                let status = snapshot.index.status(of).map(Status::as_str);
                format!(
                    "the task of its workflow, {of}, is {}",
                    status.unwrap_or("gone")
                )
            }
            Obstacle::Person => {
                waiting.kind = WaitKind::Human;
                "only a person does it".to_owned()
            }
            Obstacle::InTheWay(path) => {
                waiting.kind = WaitKind::Human;
                format!("`{path}` is in the way; move it elsewhere")
            }
            Obstacle::Dependencies => waits_for(snapshot.index, id, row).unwrap_or_default(),
            Obstacle::Held(reason) => reason.to_owned(),
            Obstacle::Project(full) => full.to_string(),
            Obstacle::Unrouted(decision) => {
                decided(&decision);
                waiting.kind = match decision.target {
                    Target::Human(_) => WaitKind::Human,
                    Target::Nobody(_) => WaitKind::NoMatch,
                    Target::Agent(_) | Target::Later => WaitKind::Later,
                };
                decision.reason()
            }
            Obstacle::Exhausted(exhausted, decision) => {
                decided(&decision);
                exhausted.to_string()
            }
            Obstacle::Spent(spent, decision) => {
                decided(&decision);
                spent.to_string()
            }
            Obstacle::Taken(taken, decision) => {
                decided(&decision);
                taken.to_string()
            }
        };
        waiting
    }
}

fn considered(candidates: &[Candidate<'_>]) -> Vec<Considered> {
    candidates
        .iter()
        .map(|candidate| Considered {
            agent: candidate.agent.id.clone(),
            verdict: candidate.verdict,
            reason: candidate.to_string(),
        })
        .collect()
}

/// Tasks that one reason names.
const NAMED_MAX: usize = 10;

/// The tasks that a row still waits for, for people: those that it depends on, and its own parts;
/// none if it waits for nothing.
#[must_use]
pub fn waits_for(index: &TaskIndex, id: &TaskId, row: &Row) -> Option<String> {
    if index.is_free(id, row) {
        return None;
    }
    let open = index.open_dependencies(row);
    let parts = index.open_parts(id);
    let parts = parts.map(|(id, row)| (id, Some(row.status)));
    let said = [
        ("waits for ", named(open)),
        ("waits for its parts ", named(parts)),
    ];
    let said = said.into_iter().filter(|(_, names)| !names.is_empty());
    let said: Vec<String> = said.map(|(what, names)| format!("{what}{names}")).collect();
    Some(said.join("; "))
}

fn named<'a>(tasks: impl Iterator<Item = (&'a TaskId, Option<Status>)>) -> String {
    let mut tasks = tasks.map(|(id, status)| match status {
        Some(status) => format!("{id} ({status})"),
        None => format!("{id} (not found)"),
    });
    let first: Vec<String> = tasks.by_ref().take(NAMED_MAX).collect();
    let rest = tasks.count();
    let more = if rest > 0 {
        format!(" and {rest} more")
    } else {
        String::new()
    };
    first.join(", ") + &more
}
