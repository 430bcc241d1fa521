//! Which ready tasks go to whom in this poll.
//!
//! Walks ready tasks by priority and age and stops looking once nothing more can start, unless the
//! reason of a task further down is asked for.

use crate::id::{AgentId, ProjectId, TaskId};
use crate::index::{Row, TaskIndex};
use crate::plan::caps::{Exhausted, Taken, Tally};
use crate::plan::{Action, Considered, Plan, Scope, Snapshot, WaitKind, Waiting};
use crate::project::{Above, ProjectStatus, above};
use crate::routing::{self, Candidate, Decision, Target};
use crate::status::Status;

pub(super) fn fill(plan: &mut Plan, snapshot: &Snapshot<'_>, scope: Scope<'_>) {
    let mut tally = Tally::default();
    let ready_total = snapshot.index.count_of(Status::Ready) as usize;
    for (id, row) in snapshot.index.ready() {
        let is_told = plan.waiting.len() < scope.waiting_max || scope.focus == Some(id);
        let exhausted = tally.exhausted(snapshot.index, snapshot.settings);
        if exhausted.is_some() && !is_told && scope.focus.is_none() {
            break;
        }
        let judged = match snapshot.obstructed.get(id) {
            Some(path) => Err(Obstacle::InTheWay(path)),
            None => judge(snapshot, &tally, row, exhausted),
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
    Above(&'a ProjectId, Above<'a>),
    UnknownProject(&'a ProjectId),
    Workflow,
    InTheWay(&'a str),
    Dependencies,
    Unrouted(Decision<'a>),
    Exhausted(Exhausted, Vec<Candidate<'a>>),
    Taken(Taken<'a>, Vec<Candidate<'a>>),
}

type Judgement<'a> = Result<(&'a AgentId, Vec<Candidate<'a>>), Obstacle<'a>>;

fn judge<'a>(
    snapshot: &Snapshot<'a>,
    tally: &Tally,
    row: &'a Row,
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
    if let Some(above) = above(project, snapshot.projects) {
        return Err(Obstacle::Above(&row.project, above));
    }
    if row.has_workflow {
        return Err(Obstacle::Workflow);
    }
    if snapshot.index.open_dependencies(row).next().is_some() {
        return Err(Obstacle::Dependencies);
    }
    let load = |agent: &AgentId| snapshot.index.running_of(agent) + tally.of_agent(agent);
    let decision = routing::route(&row.routing, project, snapshot.chart, &load);
    let Target::Agent(agent) = decision.target else {
        return Err(Obstacle::Unrouted(decision));
    };
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
            Obstacle::Workflow => {
                "the card carries a workflow, which this version does not run".to_owned()
            }
            Obstacle::InTheWay(path) => {
                waiting.kind = WaitKind::Human;
                format!("`{path}` is in the way; move it elsewhere")
            }
            Obstacle::Dependencies => waits_for(snapshot.index, row).unwrap_or_default(),
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

/// The dependencies that a row still waits for, for people; none if all are done.
#[must_use]
pub fn waits_for(index: &TaskIndex, row: &Row) -> Option<String> {
    let open: Vec<String> = index
        .open_dependencies(row)
        .map(|(id, status)| match status {
            Some(status) => format!("{id} ({status})"),
            None => format!("{id} (not found)"),
        })
        .collect();
    (!open.is_empty()).then(|| format!("waits for {}", open.join(", ")))
}
