//! Whom a task may be given to at all.
//!
//! Goes by what the documents say of the chart, and not by what anybody has to do just now: who is
//! free is no question here. Invariant: it takes nothing from the scheduler but the parsed files.

use std::collections::BTreeSet;

use aof_core::card::Card;
use aof_core::org::{Agent, OrgChart, Rule, Unit};
use aof_core::project::Project;

/// Units within one another that are followed.
const DEPTH_MAX: usize = 8;

/// The agents that may have the task of this card.
pub(super) fn may_have<'c>(
    chart: &'c OrgChart,
    card: &Card,
    project: Option<&Project>,
) -> BTreeSet<&'c str> {
    let reach = Reach { chart, card };
    let routing = &card.routing;
    let circle = match (&routing.agent, &routing.role, &routing.team) {
        (Some(agent), ..) => reach.agent(agent.as_str()),
        (None, Some(role), _) => reach.role(role.as_str()),
        (None, None, Some(team)) => reach.team(team.as_str()),
        (None, None, None) => reach.unnamed(project),
    };
    let Circle::Agents(agents) = circle else {
        return BTreeSet::new();
    };
    let taking = agents.into_iter().filter(|agent| reach.takes(agent));
    taking.map(|agent| agent.id.as_str()).collect()
}

/// Who stands behind a name.
enum Circle<'c> {
    Agents(Vec<&'c Agent>),
    /// Somebody who is no agent.
    Person,
}

struct Reach<'c, 'a> {
    chart: &'c OrgChart,
    card: &'a Card,
}

impl<'c> Reach<'c, '_> {
    /// Whether an agent would take the task, had it nothing else to do.
    fn takes(&self, agent: &Agent) -> bool {
        let allowed = agent.tasking.allowed_priorities.as_ref();
        agent.is_active && allowed.is_none_or(|all| all.contains(&self.card.priority))
    }

    fn has_tags(&self, agent: &Agent) -> bool {
        let mut wanted = self.card.routing.tags.iter();
        wanted.all(|tag| agent.tags.contains(tag))
    }

    fn known(&self, name: &str) -> Option<&'c Agent> {
        self.chart.agents.named(name)
    }

    fn agent(&self, name: &str) -> Circle<'c> {
        Circle::Agents(self.known(name).into_iter().collect())
    }

    /// A role of the chart, else what members of units are there, else an agent of that name.
    fn role(&self, name: &str) -> Circle<'c> {
        let mut roles = self.chart.roles.iter();
        if let Some((_, role)) = roles.find(|(id, _)| id.as_str() == name) {
            if role.requires_human {
                return Circle::Person;
            }
            let agents = role.agents.iter();
            return Circle::Agents(agents.filter_map(|it| self.known(it.as_str())).collect());
        }
        let members = self.chart.memberships.iter();
        let members = members.filter(|it| it.role.as_deref() == Some(name));
        let members: Vec<&Agent> = members
            .filter_map(|it| self.known(it.agent.as_str()))
            .collect();
        match members.is_empty() {
            true => self.agent(name),
            false => Circle::Agents(members),
        }
    }

    /// The first head of a team, unit or group that works; else its members with the tags.
    fn team(&self, name: &str) -> Circle<'c> {
        let (heads, members): (Vec<&str>, Vec<&str>) =
            if let Some(team) = self.chart.teams.named(name) {
                let heads = [&team.orchestrator, &team.lead].into_iter().flatten();
                let members = self.chart.members(&team.id).map(|it| it.id.as_str());
                (heads.map(|it| it.as_str()).collect(), members.collect())
            } else if let Some(unit) = self.chart.units.named(name) {
                if !unit.is_active {
                    return Circle::Agents(Vec::new());
                }
                let members = self.chart.memberships.iter();
                let members = members.filter(|it| self.is_within(it.unit.as_str(), unit));
                let lead = unit.lead.iter().map(|it| it.as_str());
                (
                    lead.collect(),
                    members.map(|it| it.agent.as_str()).collect(),
                )
            } else {
                let group = self.chart.groups.named(name);
                let members = group.iter().flat_map(|it| &it.members);
                (Vec::new(), members.map(|it| it.as_str()).collect())
            };
        let mut heads = heads.into_iter().filter_map(|it| self.known(it));
        if let Some(head) = heads.find(|head| head.is_active) {
            return Circle::Agents(vec![head]);
        }
        let members = members.into_iter().filter_map(|it| self.known(it));
        Circle::Agents(members.filter(|it| self.has_tags(it)).collect())
    }

    /// Whether a unit is this one, or a part of it that works.
    fn is_within(&self, name: &str, unit: &Unit) -> bool {
        let mut at = self.chart.units.named(name);
        for _ in 0..DEPTH_MAX {
            let Some(here) = at else { return false };
            if here.id == unit.id {
                return true;
            }
            let parent = here.parent.as_ref().filter(|_| here.is_active);
            at = parent.and_then(|it| self.chart.units.named(it.as_str()));
        }
        false
    }

    /// The first rule that fits and leads to somebody, else the tags, else the project's owner.
    fn unnamed(&self, project: Option<&Project>) -> Circle<'c> {
        let mut rules: Vec<&Rule> = self.chart.routing.iter().collect();
        rules.sort_by_key(|rule| (rule.weight, rule.position));
        for rule in rules.into_iter().filter(|rule| self.fits(rule)) {
            match self.target(rule) {
                Circle::Agents(agents) if !agents.iter().any(|it| self.takes(it)) => {}
                somebody => return somebody,
            }
        }
        let agents = self.chart.agents.iter().filter(|it| it.is_active);
        let skilled: Vec<&Agent> = agents.filter(|it| self.has_tags(it)).collect();
        if !self.card.routing.tags.is_empty() && !skilled.is_empty() {
            return Circle::Agents(skilled);
        }
        match project.map(|it| (&it.lead, &it.team)) {
            Some((Some(lead), _)) => self.agent(lead.as_str()),
            Some((None, Some(team))) => self.team(team.as_str()),
            Some((None, None)) | None => Circle::Agents(Vec::new()),
        }
    }

    fn fits(&self, rule: &Rule) -> bool {
        let mut wanted = rule.match_tags.iter();
        let priorities = &rule.match_priority;
        wanted.all(|tag| self.card.routing.tags.contains(tag))
            && (priorities.is_empty() || priorities.contains(&self.card.priority))
    }

    fn target(&self, rule: &Rule) -> Circle<'c> {
        match (&rule.target_agent, &rule.target_role, &rule.target_team) {
            (Some(agent), ..) => self.agent(agent.as_str()),
            (None, Some(role), _) => self.role(role.as_str()),
            (None, None, Some(team)) => self.team(team.as_str()),
            (None, None, None) => Circle::Agents(Vec::new()),
        }
    }
}
