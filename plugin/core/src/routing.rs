//! Who gets a task: explicit agent, else role, else team.
//!
//! Never looks at caps that are not an agent's own. Every candidate comes back with the reason why
//! it was taken or left, so that a decision can be explained. Source: the documented contract of
//! AOF, "Routing", points 1 to 3.

use crate::card::Routing;
use crate::id::{AgentId, RoleId, TeamId};
use crate::org::{Agent, OrgChart};
use crate::project::Project;

/// What became of one candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Gets the task.
    Chosen,
    /// Could have had it.
    Eligible,
    /// Cannot have it now.
    Rejected,
}

/// One agent that was considered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The agent.
    pub agent: AgentId,
    /// What became of it.
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
}

/// Where a task goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// To this agent.
    Agent(AgentId),
    /// To a person; nothing is spawned.
    Human(RoleId),
    /// Nowhere as long as the chart and the card are as they are: somebody must mend one of them.
    Nobody(String),
    /// To nobody now, but later.
    Later(String),
}

/// The decision and how it came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Where the task goes.
    pub target: Target,
    /// Everyone who was considered, in order.
    pub candidates: Vec<Candidate>,
}

impl Decision {
    fn without_candidates(target: Target) -> Self {
        Decision {
            target,
            candidates: Vec::new(),
        }
    }
}

/// How many runs an agent has now.
pub type Load<'a> = dyn Fn(&AgentId) -> u32 + 'a;

/// Decides who gets a task with this routing. A task that names nobody goes to its project's owner.
#[must_use]
pub fn route(routing: &Routing, project: &Project, chart: &OrgChart, load: &Load<'_>) -> Decision {
    if let Some(agent) = &routing.agent {
        return to_agent(agent, chart, load);
    }
    if let Some(role) = &routing.role {
        return to_role(role, chart, load);
    }
    if let Some(team) = &routing.team {
        return to_team(team, routing, chart, load);
    }
    match (&project.lead, &project.team) {
        (Some(lead), _) => to_agent(lead, chart, load),
        (None, Some(team)) => to_team(team, routing, chart, load),
        (None, None) => Decision::without_candidates(Target::Nobody(
            "the card names no agent, role or team, and its project has no owner".to_owned(),
        )),
    }
}

fn to_agent(id: &AgentId, chart: &OrgChart, load: &Load<'_>) -> Decision {
    let Some(agent) = chart.agent(id) else {
        return Decision::without_candidates(Target::Nobody(format!(
            "agent `{id}` is not in the org chart"
        )));
    };
    choose(vec![agent], load)
}

/// An agent's id is accepted where a role is expected, as charts in use do that.
fn to_role(id: &RoleId, chart: &OrgChart, load: &Load<'_>) -> Decision {
    let Some(role) = chart.roles.get(id) else {
        return match AgentId::parse(id.as_str())
            .ok()
            .filter(|agent| chart.agent(agent).is_some())
        {
            Some(agent) => to_agent(&agent, chart, load),
            None => Decision::without_candidates(Target::Nobody(format!(
                "role `{id}` is not in the org chart"
            ))),
        };
    };
    if role.requires_human {
        return Decision::without_candidates(Target::Human(id.clone()));
    }
    choose(
        role.agents
            .iter()
            .filter_map(|agent| chart.agent(agent))
            .collect(),
        load,
    )
}

fn to_team(id: &TeamId, routing: &Routing, chart: &OrgChart, load: &Load<'_>) -> Decision {
    let Some(team) = chart.team(id) else {
        return Decision::without_candidates(Target::Nobody(format!(
            "team `{id}` is not in the org chart"
        )));
    };
    let head = team.orchestrator.as_ref().or(team.lead.as_ref());
    if let Some(head) = head.and_then(|head| chart.agent(head)) {
        return choose(vec![head], load);
    }
    let skilled = |agent: &&Agent| routing.tags.iter().all(|tag| agent.tags.contains(tag));
    let members: Vec<&Agent> = chart.members(id).filter(skilled).collect();
    if members.is_empty() {
        return Decision::without_candidates(Target::Nobody(format!(
            "team `{id}` has no orchestrator, no lead and no member with the tags of the card"
        )));
    }
    choose(members, load)
}

/// The least loaded of those that are active and have room; ties go to the earlier one.
fn choose(agents: Vec<&Agent>, load: &Load<'_>) -> Decision {
    let mut candidates: Vec<Candidate> = agents.iter().map(|agent| judge(agent, load)).collect();
    let best = agents
        .iter()
        .zip(&candidates)
        .filter(|(_, candidate)| candidate.verdict == Verdict::Eligible)
        .min_by_key(|(agent, _)| load(&agent.id))
        .map(|(agent, _)| agent.id.clone());
    let target = match best {
        Some(id) => {
            if let Some(chosen) = candidates
                .iter_mut()
                .find(|candidate| candidate.agent == id)
            {
                chosen.verdict = Verdict::Chosen;
            }
            Target::Agent(id)
        }
        None if agents.iter().any(|agent| agent.is_active) => {
            Target::Later(join_reasons(&candidates))
        }
        None if agents.is_empty() => {
            Target::Nobody("no agent of the org chart fills that role".to_owned())
        }
        None => Target::Nobody(join_reasons(&candidates)),
    };
    Decision { target, candidates }
}

fn judge(agent: &Agent, load: &Load<'_>) -> Candidate {
    let running = load(&agent.id);
    let limit = agent.concurrency_max;
    let (verdict, reason) = if !agent.is_active {
        (Verdict::Rejected, "is not active".to_owned())
    } else if running >= limit {
        (Verdict::Rejected, format!("runs {running} of {limit}"))
    } else {
        (Verdict::Eligible, format!("runs {running} of {limit}"))
    };
    Candidate {
        agent: agent.id.clone(),
        verdict,
        reason,
    }
}

fn join_reasons(candidates: &[Candidate]) -> String {
    let parts: Vec<String> = candidates
        .iter()
        .map(|candidate| format!("agent `{}` {}", candidate.agent, candidate.reason))
        .collect();
    parts.join("; ")
}
