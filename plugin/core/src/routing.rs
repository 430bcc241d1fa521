//! Who gets a task: explicit agent, else role, else team.
//!
//! Never looks at caps that are not an agent's own. Every candidate comes back with what it was
//! judged by, so that a decision can be explained; texts are made only when somebody asks. Source:
//! the documented contract of AOF, "Routing", points 1 to 3.

use std::fmt;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate<'a> {
    /// The agent.
    pub agent: &'a Agent,
    /// What became of it.
    pub verdict: Verdict,
    /// Its runs at the time.
    pub running: u32,
}

impl fmt::Display for Candidate<'_> {
    /// Why it was taken or left.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.agent.is_active {
            write!(f, "runs {} of {}", self.running, self.agent.concurrency_max)
        } else {
            f.write_str("is not active")
        }
    }
}

/// Where a task goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'a> {
    /// To this agent.
    Agent(&'a AgentId),
    /// To a person; nothing is spawned.
    Human(&'a RoleId),
    /// Nowhere as long as the chart and the card are as they are: somebody must mend one of them.
    Nobody(Flaw<'a>),
    /// To nobody now, but later: every candidate has as much as it can take.
    Later,
}

/// Why nobody can have a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw<'a> {
    /// The card names nobody, and its project has no owner.
    NoTarget,
    /// The agent is not in the chart.
    UnknownAgent(&'a AgentId),
    /// The role is not in the chart.
    UnknownRole(&'a RoleId),
    /// The team is not in the chart.
    UnknownTeam(&'a TeamId),
    /// The team has nobody for this task.
    NoMember(&'a TeamId),
    /// The role has no agent of the chart.
    EmptyRole,
    /// Every candidate is switched off.
    NobodyActive,
}

/// The decision and how it came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision<'a> {
    /// Where the task goes.
    pub target: Target<'a>,
    /// Everyone who was considered, in order.
    pub candidates: Vec<Candidate<'a>>,
}

impl<'a> Decision<'a> {
    fn flawed(flaw: Flaw<'a>) -> Self {
        Decision {
            target: Target::Nobody(flaw),
            candidates: Vec::new(),
        }
    }

    /// Why nobody gets the task, for people.
    #[must_use]
    pub fn reason(&self) -> String {
        match self.target {
            Target::Agent(agent) => format!("goes to agent `{agent}`"),
            Target::Human(role) => {
                format!("role `{role}` is a person's (requireHuman); nothing is spawned")
            }
            Target::Later | Target::Nobody(Flaw::NobodyActive) => self.each_candidate(),
            Target::Nobody(flaw) => flaw.to_string(),
        }
    }

    fn each_candidate(&self) -> String {
        let parts: Vec<String> = self
            .candidates
            .iter()
            .map(|candidate| format!("agent `{}` {candidate}", candidate.agent.id))
            .collect();
        parts.join("; ")
    }
}

impl fmt::Display for Flaw<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Flaw::NoTarget => {
                f.write_str("the card names no agent, role or team, and its project has no owner")
            }
            Flaw::UnknownAgent(id) => write!(f, "agent `{id}` is not in the org chart"),
            Flaw::UnknownRole(id) => write!(f, "role `{id}` is not in the org chart"),
            Flaw::UnknownTeam(id) => write!(f, "team `{id}` is not in the org chart"),
            Flaw::NoMember(id) => write!(
                f,
                "team `{id}` has no orchestrator, no lead and no member with the tags of the card"
            ),
            Flaw::EmptyRole => f.write_str("no agent of the org chart fills that role"),
            Flaw::NobodyActive => f.write_str("no candidate is active"),
        }
    }
}

/// How many runs an agent has now.
pub type Load<'a> = dyn Fn(&AgentId) -> u32 + 'a;

/// Decides who gets a task with this routing. A task that names nobody goes to its project's owner.
#[must_use]
pub fn route<'a>(
    routing: &'a Routing,
    project: &'a Project,
    chart: &'a OrgChart,
    load: &Load<'_>,
) -> Decision<'a> {
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
        (None, None) => Decision::flawed(Flaw::NoTarget),
    }
}

fn to_agent<'a>(id: &'a AgentId, chart: &'a OrgChart, load: &Load<'_>) -> Decision<'a> {
    match chart.agent(id) {
        Some(agent) => choose(vec![agent], load),
        None => Decision::flawed(Flaw::UnknownAgent(id)),
    }
}

/// An agent's id is accepted where a role is expected, as charts in use do that.
fn to_role<'a>(id: &'a RoleId, chart: &'a OrgChart, load: &Load<'_>) -> Decision<'a> {
    let Some(role) = chart.roles.get(id) else {
        return match chart.agents.named(id.as_str()) {
            Some(agent) => choose(vec![agent], load),
            None => Decision::flawed(Flaw::UnknownRole(id)),
        };
    };
    if role.requires_human {
        return Decision {
            target: Target::Human(id),
            candidates: Vec::new(),
        };
    }
    let agents = role.agents.iter().filter_map(|agent| chart.agent(agent));
    choose(agents.collect(), load)
}

fn to_team<'a>(
    id: &'a TeamId,
    routing: &'a Routing,
    chart: &'a OrgChart,
    load: &Load<'_>,
) -> Decision<'a> {
    let Some(team) = chart.team(id) else {
        return Decision::flawed(Flaw::UnknownTeam(id));
    };
    let head = team.orchestrator.as_ref().or(team.lead.as_ref());
    if let Some(head) = head.and_then(|head| chart.agent(head)) {
        return choose(vec![head], load);
    }
    let skilled = |agent: &&Agent| routing.tags.iter().all(|tag| agent.tags.contains(tag));
    let members: Vec<&Agent> = chart.members(id).filter(skilled).collect();
    if members.is_empty() {
        return Decision::flawed(Flaw::NoMember(id));
    }
    choose(members, load)
}

/// The least loaded of those that are active and have room; ties go to the earlier one.
fn choose<'a>(agents: Vec<&'a Agent>, load: &Load<'_>) -> Decision<'a> {
    let mut candidates: Vec<Candidate<'a>> =
        agents.into_iter().map(|agent| judge(agent, load)).collect();
    let best = candidates
        .iter_mut()
        .filter(|candidate| candidate.verdict == Verdict::Eligible)
        .min_by_key(|candidate| candidate.running);
    if let Some(best) = best {
        best.verdict = Verdict::Chosen;
        let target = Target::Agent(&best.agent.id);
        return Decision { target, candidates };
    }
    let target = if candidates.is_empty() {
        Target::Nobody(Flaw::EmptyRole)
    } else if candidates.iter().any(|candidate| candidate.agent.is_active) {
        Target::Later
    } else {
        Target::Nobody(Flaw::NobodyActive)
    };
    Decision { target, candidates }
}

fn judge<'a>(agent: &'a Agent, load: &Load<'_>) -> Candidate<'a> {
    let running = load(&agent.id);
    let verdict = if agent.is_active && running < agent.concurrency_max {
        Verdict::Eligible
    } else {
        Verdict::Rejected
    };
    Candidate {
        agent,
        verdict,
        running,
    }
}
