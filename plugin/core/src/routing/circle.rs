//! Who stands behind a name: an agent, a role, a team, a unit, a group, or some tags.
//!
//! Never looks at what anybody has to do. Invariant: the order of the agents is the order in which
//! equals are preferred.

use crate::id::{AgentId, RoleId, TeamId, UnitId};
use crate::org::{Agent, Membership, OrgChart, Unit};
use crate::routing::Flaw;

/// Units within one another that are followed. A chart that nests deeper, or in a circle, is
/// followed so far.
const UNITS_DEPTH_MAX: usize = 32;

/// Who may get a task.
pub(super) enum Circle<'a> {
    Agents(Vec<&'a Agent>),
    Human(&'a RoleId),
    Flawed(Flaw<'a>),
}

pub(super) fn of_agent<'a>(chart: &'a OrgChart, id: &'a AgentId) -> Circle<'a> {
    match chart.agent(id) {
        Some(agent) => Circle::Agents(vec![agent]),
        None => Circle::Flawed(Flaw::UnknownAgent(id)),
    }
}

/// The role of that name, else what agents are in their units, else the agent of that name, as
/// charts in use name one where a role is expected.
pub(super) fn of_role<'a>(chart: &'a OrgChart, id: &'a RoleId) -> Circle<'a> {
    if let Some(role) = chart.roles.get(id) {
        if role.requires_human {
            return Circle::Human(id);
        }
        let agents = role.agents.iter().filter_map(|agent| chart.agent(agent));
        return Circle::Agents(agents.collect());
    }
    let is_meant = |role: &Option<String>| role.as_deref() == Some(id.as_str());
    let members = primary_first(
        chart,
        chart.memberships.iter().filter(|it| is_meant(&it.role)),
    );
    if members.is_empty() {
        return match chart.agents.named(id.as_str()) {
            Some(agent) => Circle::Agents(vec![agent]),
            None => Circle::Flawed(Flaw::UnknownRole(id)),
        };
    }
    Circle::Agents(members)
}

/// The team of that name, else the unit, else the group: who leads it, else everyone in it who has
/// the tags.
pub(super) fn of_team<'a>(chart: &'a OrgChart, id: &'a TeamId, tags: &[String]) -> Circle<'a> {
    let (heads, members): (Vec<&AgentId>, Vec<&Agent>) = if let Some(team) = chart.team(id) {
        let heads = team.orchestrator.iter().chain(&team.lead);
        (heads.collect(), chart.members(id).collect())
    } else if let Some(unit) = chart.units.named(id.as_str()) {
        if !unit.is_active {
            return Circle::Flawed(Flaw::InactiveUnit(id));
        }
        (unit.lead.iter().collect(), in_unit(chart, unit))
    } else if let Some(group) = chart.groups.named(id.as_str()) {
        let members = group.members.iter().filter_map(|agent| chart.agent(agent));
        (Vec::new(), distinct(members))
    } else {
        return Circle::Flawed(Flaw::UnknownTeam(id));
    };
    let mut heads = heads.into_iter().filter_map(|head| chart.agent(head));
    if let Some(head) = heads.find(|head| head.is_active) {
        return Circle::Agents(vec![head]);
    }
    let skilled: Vec<&Agent> = members
        .into_iter()
        .filter(|agent| has_tags(agent, tags))
        .collect();
    match skilled.is_empty() {
        true => Circle::Flawed(Flaw::NoMember(id)),
        false => Circle::Agents(skilled),
    }
}

/// Everyone who has all these tags; none if no tags are asked for or nobody has them.
pub(super) fn with_tags<'a>(chart: &'a OrgChart, tags: &[String]) -> Option<Circle<'a>> {
    if tags.is_empty() {
        return None;
    }
    let skilled = chart.agents.iter().filter(|agent| has_tags(agent, tags));
    let skilled: Vec<&Agent> = skilled.filter(|agent| agent.is_active).collect();
    (!skilled.is_empty()).then_some(Circle::Agents(skilled))
}

fn has_tags(agent: &Agent, tags: &[String]) -> bool {
    tags.iter().all(|tag| agent.tags.contains(tag))
}

/// Everyone in the unit or in one that is part of it; those first who mainly belong there.
fn in_unit<'a>(chart: &'a OrgChart, unit: &Unit) -> Vec<&'a Agent> {
    let is_inside = |id: &UnitId| {
        let mut at = chart.units.named(id.as_str());
        for _ in 0..UNITS_DEPTH_MAX {
            match at {
                Some(inner) if inner.id == unit.id => return true,
                Some(inner) if inner.is_active => {
                    at = inner
                        .parent
                        .as_ref()
                        .and_then(|id| chart.units.named(id.as_str()));
                }
                _ => return false,
            }
        }
        false
    };
    primary_first(
        chart,
        chart.memberships.iter().filter(|it| is_inside(&it.unit)),
    )
}

/// The agents of these memberships, each once; those first who mainly belong there.
fn primary_first<'a>(
    chart: &'a OrgChart,
    memberships: impl Iterator<Item = &'a Membership>,
) -> Vec<&'a Agent> {
    let (mut all, others): (Vec<&Membership>, Vec<&Membership>) =
        memberships.partition(|it| it.is_primary);
    all.extend(others);
    distinct(all.into_iter().filter_map(|it| chart.agent(&it.agent)))
}

fn distinct<'a>(agents: impl Iterator<Item = &'a Agent>) -> Vec<&'a Agent> {
    let mut found: Vec<&Agent> = Vec::new();
    for agent in agents {
        if !found.iter().any(|other| other.id == agent.id) {
            found.push(agent);
        }
    }
    found
}
