//! Where the chart and the gateway differ.
//!
//! Pure: the gateway's agents come as a list, and what the chart switched off is not missed.
//! Invariant: every difference is told once, from the chart's side where it has one.

use std::collections::{BTreeMap, BTreeSet};

use super::{Agent, OrgChart};
use crate::gather::gathered;

/// An agent that the gateway knows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GatewayAgent {
    /// Its id there.
    pub id: String,
    /// Its name there.
    pub name: Option<String>,
    /// Model that it runs on.
    pub model: Option<String>,
    /// Who serves that model.
    pub provider: Option<String>,
    /// Whether it can be used.
    pub is_active: bool,
    /// Whether it has a profile of permissions; none if the gateway does not say.
    pub has_profile: Option<bool>,
}

/// How the two differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DriftKind {
    /// An active agent of the chart is not in the gateway.
    Missing,
    /// It is there, and switched off.
    InactiveThere,
    /// An active agent of the gateway is not in the chart.
    Extra,
    /// A field differs.
    Mismatch,
    /// The chart restricts the agent, and the gateway has no profile that would.
    NeedsPermissionProfile,
    /// Two agents of the chart are one in the gateway.
    DuplicateInChart,
    /// The gateway lists one id twice.
    DuplicateInGateway,
}

impl DriftKind {
    /// All of them, in the order in which they are told.
    pub const ALL: [DriftKind; 7] = [
        DriftKind::Missing,
        DriftKind::InactiveThere,
        DriftKind::Extra,
        DriftKind::Mismatch,
        DriftKind::NeedsPermissionProfile,
        DriftKind::DuplicateInChart,
        DriftKind::DuplicateInGateway,
    ];

    /// The name for programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            DriftKind::Missing => "missing",
            DriftKind::InactiveThere => "inactive-there",
            DriftKind::Extra => "extra",
            DriftKind::Mismatch => "mismatch",
            DriftKind::NeedsPermissionProfile => "needs-permission-profile",
            DriftKind::DuplicateInChart => "duplicate-in-chart",
            DriftKind::DuplicateInGateway => "duplicate-in-gateway",
        }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// How they differ.
    pub kind: DriftKind,
    /// The agent of the chart, if it has one.
    pub agent: Option<String>,
    /// The agent's id in the gateway.
    pub gateway_id: String,
    /// The field that differs, with what the chart and the gateway say.
    pub field: Option<(&'static str, String, String)>,
    /// What is the matter, for people.
    pub message: String,
}

/// All differences, kind by kind, each kind in declared order.
#[must_use]
pub fn drift(chart: &OrgChart, gateway: &[GatewayAgent]) -> Vec<Drift> {
    let mut there: BTreeMap<&str, &GatewayAgent> = BTreeMap::new();
    let mut found = Vec::new();
    for agent in gateway {
        if there.contains_key(agent.id.as_str()) {
            let message = "the gateway lists it twice".to_owned();
            found.push(of_gateway(DriftKind::DuplicateInGateway, agent, message));
        } else {
            there.insert(&agent.id, agent);
        }
    }
    found.extend(doubled(chart));
    for agent in chart.agents.iter().filter(|agent| agent.is_active) {
        match there.get(agent.gateway_name()) {
            None => found.push(of_chart(
                DriftKind::Missing,
                agent,
                "is not in the gateway".to_owned(),
            )),
            Some(known) => found.extend(compare(agent, known)),
        }
    }
    let charted: BTreeSet<&str> = gathered(chart.agents.iter().map(Agent::gateway_name));
    let mut told = BTreeSet::new();
    for agent in gateway {
        let id = agent.id.as_str();
        if agent.is_active && !charted.contains(id) && told.insert(id) {
            let message = "is not in the chart".to_owned();
            found.push(of_gateway(DriftKind::Extra, agent, message));
        }
    }
    let mut sorted = Vec::new();
    for kind in DriftKind::ALL {
        sorted.extend(found.iter().filter(|it| it.kind == kind).cloned());
    }
    sorted
}

/// Agents that have policies, where the gateway does not say whether it has a profile for them.
pub fn unchecked_profiles<'c>(
    chart: &'c OrgChart,
    gateway: &[GatewayAgent],
) -> impl Iterator<Item = &'c Agent> {
    let unsaid = gateway.iter().filter(|agent| agent.has_profile.is_none());
    let unsaid: BTreeSet<String> = gathered(unsaid.map(|agent| agent.id.clone()));
    let active = chart.agents.iter().filter(|agent| agent.is_active);
    active.filter(move |agent| unsaid.contains(agent.gateway_name()) && is_restricted(agent))
}

fn doubled(chart: &OrgChart) -> Vec<Drift> {
    let mut met: BTreeMap<&str, &Agent> = BTreeMap::new();
    let mut found = Vec::new();
    for agent in &chart.agents {
        if let Some(first) = met.get(agent.gateway_name()) {
            let message = format!("is one with `{}` in the gateway", first.id);
            found.push(of_chart(DriftKind::DuplicateInChart, agent, message));
        } else {
            met.insert(agent.gateway_name(), agent);
        }
    }
    found
}

fn compare(agent: &Agent, there: &GatewayAgent) -> Vec<Drift> {
    let mut found = Vec::new();
    if !there.is_active {
        let message = "is switched off in the gateway".to_owned();
        found.push(of_chart(DriftKind::InactiveThere, agent, message));
    }
    let fields = [
        ("name", Some(&agent.name), there.name.as_ref()),
        ("model", agent.model.as_ref(), there.model.as_ref()),
        ("provider", agent.provider.as_ref(), there.provider.as_ref()),
    ];
    for (name, here, there) in fields {
        if let (Some(here), Some(there)) = (here, there)
            && here != there
        {
            let message = format!("{name} is `{here}` in the chart, `{there}` in the gateway");
            found.push(Drift {
                field: Some((name, here.clone(), there.clone())),
                ..of_chart(DriftKind::Mismatch, agent, message)
            });
        }
    }
    if there.has_profile == Some(false) && is_restricted(agent) {
        let message = format!(
            "has {} in the chart, and no profile in the gateway",
            restrictions(agent).join(" and ")
        );
        found.push(of_chart(DriftKind::NeedsPermissionProfile, agent, message));
    }
    found
}

fn is_restricted(agent: &Agent) -> bool {
    !restrictions(agent).is_empty()
}

/// The policies that only the gateway can hold an agent to.
fn restrictions(agent: &Agent) -> Vec<&'static str> {
    let tasking = agent.tasking != super::Tasking::default();
    let policies = [
        ("a memory policy", agent.memory.is_some()),
        ("a communication policy", agent.communication.is_some()),
        ("a tasking policy", tasking),
    ];
    let set = policies.into_iter().filter(|(_, is_set)| *is_set);
    set.map(|(name, _)| name).collect()
}

fn of_chart(kind: DriftKind, agent: &Agent, message: String) -> Drift {
    Drift {
        kind,
        agent: Some(agent.id.to_string()),
        gateway_id: agent.gateway_name().to_owned(),
        field: None,
        message,
    }
}

fn of_gateway(kind: DriftKind, agent: &GatewayAgent, message: String) -> Drift {
    Drift {
        kind,
        agent: None,
        gateway_id: agent.id.clone(),
        field: None,
        message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::AgentId;
    use crate::org::{MemoryPolicy, Tasking};

    fn agent(id: &str, gateway_id: &str) -> Agent {
        Agent {
            gateway_id: (!gateway_id.is_empty()).then(|| gateway_id.to_owned()),
            ..Agent::bare(AgentId::parse(id).unwrap())
        }
    }

    fn there(id: &str) -> GatewayAgent {
        GatewayAgent {
            id: id.to_owned(),
            is_active: true,
            ..GatewayAgent::default()
        }
    }

    fn told(agents: Vec<Agent>, gateway: &[GatewayAgent]) -> Vec<String> {
        let chart = OrgChart {
            agents: agents.into(),
            ..OrgChart::default()
        };
        let shown = |it: &Drift| {
            let who = it.agent.as_ref().unwrap_or(&it.gateway_id);
            format!("{} {who}: {}", it.kind.as_str(), it.message)
        };
        drift(&chart, gateway).iter().map(shown).collect()
    }

    #[test]
    fn what_is_the_same_is_no_drift() {
        let gateway = [there("gw-a"), there("b")];
        assert_eq!(
            told(vec![agent("a", "gw-a"), agent("b", "")], &gateway),
            [""; 0]
        );
        assert_eq!(told(Vec::new(), &[]), [""; 0]);
    }

    #[test]
    fn each_side_may_lack_an_agent() {
        let off = Agent {
            is_active: false,
            ..agent("off", "gw-off")
        };
        let asleep = GatewayAgent {
            is_active: false,
            ..there("asleep")
        };
        let gateway = [there("new"), asleep.clone(), there("a")];
        let agents = vec![agent("a", ""), agent("b", "gw-b"), off, agent("asleep", "")];
        assert_eq!(
            told(agents, &gateway),
            [
                "missing b: is not in the gateway",
                "inactive-there asleep: is switched off in the gateway",
                "extra new: is not in the chart",
            ]
        );
        assert_eq!(told(Vec::new(), &[asleep]), [""; 0]);
    }

    #[test]
    fn fields_are_compared_where_both_sides_have_them() {
        let here = Agent {
            name: "Ada".to_owned(),
            model: Some("large".to_owned()),
            ..agent("a", "")
        };
        let known = GatewayAgent {
            name: Some("Eve".to_owned()),
            model: Some("small".to_owned()),
            provider: Some("house".to_owned()),
            ..there("a")
        };
        assert_eq!(
            told(vec![here], &[known]),
            [
                "mismatch a: name is `Ada` in the chart, `Eve` in the gateway",
                "mismatch a: model is `large` in the chart, `small` in the gateway",
            ]
        );
    }

    #[test]
    fn a_profile_is_needed_only_where_the_gateway_says_that_it_has_none() {
        let restricted = || Agent {
            memory: Some(MemoryPolicy::default()),
            tasking: Tasking {
                requires_review: true,
                ..Tasking::default()
            },
            ..agent("a", "")
        };
        let with = |has_profile| GatewayAgent {
            has_profile,
            ..there("a")
        };
        assert_eq!(
            told(vec![restricted()], &[with(Some(false))]),
            [
                "needs-permission-profile a: has a memory policy and a tasking policy \
                 in the chart, and no profile in the gateway"
            ]
        );
        for said in [Some(true), None] {
            assert_eq!(told(vec![restricted()], &[with(said)]), [""; 0]);
        }
        assert_eq!(told(vec![agent("a", "")], &[with(Some(false))]), [""; 0]);
        let chart = OrgChart {
            agents: vec![restricted()].into(),
            ..OrgChart::default()
        };
        assert_eq!(unchecked_profiles(&chart, &[with(None)]).count(), 1);
        assert_eq!(unchecked_profiles(&chart, &[with(Some(true))]).count(), 0);
    }

    #[test]
    fn one_id_for_two_agents_is_told_on_either_side() {
        let gateway = [there("x"), there("x")];
        assert_eq!(
            told(vec![agent("a", "x"), agent("b", "x")], &gateway),
            [
                "duplicate-in-chart b: is one with `a` in the gateway",
                "duplicate-in-gateway x: the gateway lists it twice",
            ]
        );
    }
}
