//! Which ready tasks go to whom in this poll.
//!
//! Walks ready tasks by priority and age and stops looking once nothing more can start, unless the
//! reason of a task further down is asked for.

use crate::id::{AgentId, ProjectId, TaskId};
use crate::index::{Row, TaskIndex};
use crate::plan::caps::{Exhausted, Taken, Tally};
use crate::plan::{Action, Considered, Plan, Scope, Snapshot, WaitKind, Waiting};
use crate::project::ProjectStatus;
use crate::routing::{self, Candidate, Decision, Target};
use crate::status::Status;

pub(super) fn fill(plan: &mut Plan, snapshot: &Snapshot<'_>, scope: Scope<'_>) {
    let mut tally = Tally::default();
    let ready_total = snapshot.index.count_of(Status::Ready) as usize;
    for (id, row) in snapshot.index.ready() {
        let is_told = plan.waiting.len() < scope.waiting_max || scope.focus == Some(id);
        let exhausted = tally.exhausted(snapshot.index, snapshot.settings);
        let is_shut = exhausted.is_some() || snapshot.hold.is_some();
        if is_shut && !is_told && scope.focus.is_none() {
            break;
        }
        let judged = match snapshot.obstructed.get(id) {
            Some(path) => Err(Obstacle::InTheWay(path)),
            None => judge(snapshot, &tally, (id, row), exhausted),
        };
        match judged {
            Ok((agent, candidates)) => {
                plan.actions.push(Action::Dispatch {
                    task: id.clone(),
                    agent: agent.clone(),
                    candidates: considered(&candidates),
                });
                tally.take(row, agent);
            }
            // Most of a long queue waits for the same few reasons: only what is told is written.
            Err(obstacle) if is_told => plan.waiting.push(obstacle.tell(id, snapshot, row)),
            Err(_) => {}
        }
    }
    plan.waiting_total = ready_total.saturating_sub(tally.dispatched as usize);
}

/// Why a ready task stays.
enum Obstacle<'a> {
    Paused(&'a ProjectId),
    Archived(&'a ProjectId),
    UnknownProject(&'a ProjectId),
    Workflow,
    InTheWay(&'a str),
    Dependencies,
    Unrouted(Decision<'a>),
    Held(&'a str),
    Exhausted(Exhausted, Vec<Candidate<'a>>),
    Taken(Taken<'a>, Vec<Candidate<'a>>),
}

type Judgement<'a> = Result<(&'a AgentId, Vec<Candidate<'a>>), Obstacle<'a>>;

fn judge<'a>(
    snapshot: &Snapshot<'a>,
    tally: &Tally,
    (id, row): (&'a TaskId, &'a Row),
    exhausted: Option<Exhausted>,
) -> Judgement<'a> {
    let Some(project) = snapshot.projects.get(&row.project) else {
        return Err(Obstacle::UnknownProject(&row.project));
    };
    match project.status {
        ProjectStatus::Active => {}
        ProjectStatus::Paused => return Err(Obstacle::Paused(&row.project)),
        ProjectStatus::Archived => return Err(Obstacle::Archived(&row.project)),
    }
    if row.has_workflow {
        return Err(Obstacle::Workflow);
    }
    if !snapshot.index.is_free(id, row) {
        return Err(Obstacle::Dependencies);
    }
    let load = |agent: &AgentId| snapshot.index.running_of(agent) + tally.of_agent(agent);
    let decision = routing::route(&row.routing, project, snapshot.chart, &load);
    let Target::Agent(agent) = decision.target else {
        return Err(Obstacle::Unrouted(decision));
    };
    if let Some(reason) = snapshot.hold {
        return Err(Obstacle::Held(reason));
    }
    if let Some(exhausted) = exhausted {
        return Err(Obstacle::Exhausted(exhausted, decision.candidates));
    }
    match tally.resource_taken(snapshot.index, row) {
        Some(taken) => Err(Obstacle::Taken(taken, decision.candidates)),
        None => Ok((agent, decision.candidates)),
    }
}

impl Obstacle<'_> {
    fn tell(self, id: &TaskId, snapshot: &Snapshot<'_>, row: &Row) -> Waiting {
        let mut waiting = Waiting {
            task: id.clone(),
            kind: WaitKind::Later,
            reason: String::new(),
            candidates: Vec::new(),
        };
        waiting.reason = match self {
            Obstacle::Paused(project) => format!("project `{project}` is paused"),
            Obstacle::Archived(project) => format!("project `{project}` is archived"),
            Obstacle::UnknownProject(project) => {
                waiting.kind = WaitKind::NoMatch;
                format!("project `{project}` is not known")
            }
            Obstacle::Workflow => {
                "the card carries a workflow, which this version does not run".to_owned()
            }
            Obstacle::InTheWay(path) => {
                waiting.kind = WaitKind::Human;
                format!("`{path}` is in the way; move it elsewhere")
            }
            Obstacle::Dependencies => waits_for(snapshot.index, id, row).unwrap_or_default(),
            Obstacle::Held(reason) => reason.to_owned(),
            Obstacle::Unrouted(decision) => {
                waiting.kind = match decision.target {
                    Target::Human(_) => WaitKind::Human,
                    Target::Nobody(_) => WaitKind::NoMatch,
                    Target::Agent(_) | Target::Later => WaitKind::Later,
                };
                waiting.candidates = considered(&decision.candidates);
                decision.reason()
            }
            Obstacle::Exhausted(exhausted, candidates) => {
                waiting.candidates = considered(&candidates);
                exhausted.to_string()
            }
            Obstacle::Taken(taken, candidates) => {
                waiting.candidates = considered(&candidates);
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
