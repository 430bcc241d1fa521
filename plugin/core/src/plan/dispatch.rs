//! Which ready tasks go to whom in this poll.
//!
//! Walks ready tasks by priority and age and stops looking once nothing more can start, unless the
//! reason of a task further down is asked for.

use crate::id::AgentId;
use crate::index::{Row, TaskIndex};
use crate::plan::caps::Tally;
use crate::plan::{Action, Plan, Scope, Snapshot, WaitKind, Waiting};
use crate::project::ProjectStatus;
use crate::routing::{self, Candidate, Decision, Target};
use crate::status::Status;

pub(super) fn fill(plan: &mut Plan, snapshot: &Snapshot<'_>, scope: Scope<'_>) {
    let mut tally = Tally::default();
    let ready_total = snapshot.index.count_of(Status::Ready) as usize;
    for (id, row) in snapshot.index.ready() {
        let has_room = plan.waiting.len() < scope.waiting_max;
        let is_focus = scope.focus == Some(id);
        let exhausted = tally.exhausted(snapshot);
        if exhausted.is_some() && !has_room && scope.focus.is_none() {
            break;
        }
        match judge(snapshot, &tally, row, exhausted) {
            Judgement::Go(agent, candidates) => {
                tally.take(row, &agent);
                plan.actions.push(Action::Dispatch {
                    task: id.clone(),
                    agent,
                    candidates,
                });
            }
            Judgement::Wait {
                kind,
                reason,
                candidates,
            } if has_room || is_focus => {
                plan.waiting.push(Waiting {
                    task: id.clone(),
                    kind,
                    reason,
                    candidates,
                });
            }
            Judgement::Wait { .. } => {}
        }
    }
    plan.waiting_total = ready_total.saturating_sub(tally.dispatched as usize);
}

enum Judgement {
    Go(AgentId, Vec<Candidate>),
    Wait {
        kind: WaitKind,
        reason: String,
        candidates: Vec<Candidate>,
    },
}

fn judge(
    snapshot: &Snapshot<'_>,
    tally: &Tally,
    row: &Row,
    exhausted: Option<String>,
) -> Judgement {
    if let Some(reason) = not_startable(snapshot, row) {
        return wait(WaitKind::Later, reason, Vec::new());
    }
    let Decision { target, candidates } = decide(snapshot, tally, row);
    match target {
        Target::Nobody(reason) => wait(WaitKind::NoMatch, reason, candidates),
        Target::Human(role) => {
            let reason = format!("role `{role}` is a person's (requireHuman); nothing is spawned");
            wait(WaitKind::Human, reason, candidates)
        }
        Target::Later(reason) => wait(WaitKind::Later, reason, candidates),
        Target::Agent(agent) => {
            let taken = exhausted.or_else(|| tally.resource_taken(snapshot.index, row));
            match taken {
                Some(reason) => wait(WaitKind::Later, reason, candidates),
                None => Judgement::Go(agent, candidates),
            }
        }
    }
}

fn wait(kind: WaitKind, reason: String, candidates: Vec<Candidate>) -> Judgement {
    Judgement::Wait {
        kind,
        reason,
        candidates,
    }
}

fn not_startable(snapshot: &Snapshot<'_>, row: &Row) -> Option<String> {
    match snapshot
        .projects
        .get(&row.project)
        .map(|project| project.status)
    {
        Some(ProjectStatus::Paused) => return Some(format!("project `{}` is paused", row.project)),
        Some(ProjectStatus::Archived) => {
            return Some(format!("project `{}` is archived", row.project));
        }
        Some(ProjectStatus::Active) | None => {}
    }
    if row.has_workflow {
        return Some("the card carries a workflow, which this version does not run".to_owned());
    }
    waits_for(snapshot.index, row)
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

/// Routes with what this plan has already given out counted in.
fn decide(snapshot: &Snapshot<'_>, tally: &Tally, row: &Row) -> Decision {
    let Some(project) = snapshot.projects.get(&row.project) else {
        let reason = format!("project `{}` is not known", row.project);
        return Decision {
            target: Target::Nobody(reason),
            candidates: Vec::new(),
        };
    };
    let load = |agent: &AgentId| snapshot.index.running_of(agent) + tally.of_agent(agent);
    routing::route(&row.routing, project, snapshot.chart, &load)
}
