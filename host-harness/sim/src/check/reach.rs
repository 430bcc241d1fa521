//! Whom a task may be given to at all.
//!
//! More generous than the scheduler: it does not look at who is free, at heads before members, or
//! at which of several rules comes first. Invariant: whoever the scheduler may choose is among
//! those that come out.

use std::collections::BTreeSet;

use aof_core::card::Card;
use aof_core::org::{OrgChart, Rule, Unit};
use aof_core::project::Project;

/// The agents that may have the task of this card.
pub(super) fn may_have<'c>(
    chart: &'c OrgChart,
    card: &Card,
    project: Option<&Project>,
) -> BTreeSet<&'c str> {
    let reach = Reach { chart };
    let routing = &card.routing;
    let named = match (&routing.agent, &routing.role, &routing.team) {
        (Some(agent), ..) => reach.agent(agent.as_str()),
        (None, Some(role), _) => reach.role(role.as_str()),
        (None, None, Some(team)) => reach.team(team.as_str()),
        (None, None, None) => reach.unnamed(card, project),
    };
    let takes = |name: &&str| {
        chart.agents.named(name).is_some_and(|agent| {
            let allowed = agent.tasking.allowed_priorities.as_ref();
            agent.is_active && allowed.is_none_or(|all| all.contains(&card.priority))
        })
    };
    named.into_iter().filter(takes).collect()
}

struct Reach<'c> {
    chart: &'c OrgChart,
}

impl<'c> Reach<'c> {
    fn agent(&self, name: &str) -> Vec<&'c str> {
        let agent = self.chart.agents.named(name);
        agent.map(|it| it.id.as_str()).into_iter().collect()
    }

    fn role(&self, name: &str) -> Vec<&'c str> {
        let roles = self.chart.roles.iter();
        let known = roles.clone().find(|(id, _)| id.as_str() == name);
        if let Some((_, role)) = known {
            let agents = role.agents.iter().map(|it| it.as_str());
            return agents.filter(|_| !role.requires_human).collect();
        }
        let members = self.chart.memberships.iter();
        let members = members.filter(|it| it.role.as_deref() == Some(name));
        let members = members.map(|it| it.agent.as_str());
        members.chain(self.agent(name)).collect()
    }

    fn team(&self, name: &str) -> Vec<&'c str> {
        if let Some(team) = self.chart.teams.named(name) {
            let heads = [&team.orchestrator, &team.lead];
            let heads = heads.into_iter().flatten().map(|it| it.as_str());
            let members = self.chart.members(&team.id).map(|it| it.id.as_str());
            return heads.chain(members).collect();
        }
        if let Some(unit) = self.chart.units.named(name) {
            let members = self.chart.memberships.iter();
            let members = members.filter(|it| self.is_within(it.unit.as_str(), unit));
            let members = members.map(|it| it.agent.as_str());
            let lead = unit.lead.iter().map(|it| it.as_str());
            return members.chain(lead).filter(|_| unit.is_active).collect();
        }
        let group = self.chart.groups.named(name);
        let members = group.iter().flat_map(|it| &it.members);
        members.map(|it| it.as_str()).collect()
    }

    fn is_within(&self, name: &str, unit: &Unit) -> bool {
        let mut at = self.chart.units.named(name);
        for _ in 0..8 {
            match at {
                Some(here) if here.id == unit.id => return true,
                Some(here) => {
                    at = here
                        .parent
                        .as_ref()
                        .and_then(|it| self.chart.units.named(it.as_str()))
                }
                None => return false,
            }
        }
        false
    }

    fn unnamed(&self, card: &Card, project: Option<&Project>) -> Vec<&'c str> {
        let tags = &card.routing.tags;
        let mut found = Vec::new();
        for rule in &self.chart.routing {
            let fits = rule.match_tags.iter().all(|tag| tags.contains(tag))
                && (rule.match_priority.is_empty() || rule.match_priority.contains(&card.priority));
            if fits {
                found.extend(self.target(rule));
            }
        }
        if !tags.is_empty() {
            let agents = self.chart.agents.iter();
            let skilled = agents.filter(|it| tags.iter().all(|tag| it.tags.contains(tag)));
            found.extend(skilled.map(|it| it.id.as_str()));
        }
        if let Some(project) = project {
            found.extend(project.lead.iter().flat_map(|it| self.agent(it.as_str())));
            found.extend(project.team.iter().flat_map(|it| self.team(it.as_str())));
        }
        found
    }

    fn target(&self, rule: &Rule) -> Vec<&'c str> {
        match (&rule.target_agent, &rule.target_role, &rule.target_team) {
            (Some(agent), ..) => self.agent(agent.as_str()),
            (None, Some(role), _) => self.role(role.as_str()),
            (None, None, Some(team)) => self.team(team.as_str()),
            (None, None, None) => Vec::new(),
        }
    }
}
