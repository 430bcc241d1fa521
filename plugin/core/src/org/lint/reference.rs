//! Names that one part of the chart uses of another.

use super::super::OrgChart;
use super::super::roster::{Named, Roster};
use super::{Issue, LintRule, Place};
use crate::id::AgentId;
use crate::suggest;

pub(super) fn issues(chart: &OrgChart) -> Vec<Issue> {
    let mut check = Check {
        chart,
        found: Vec::new(),
    };
    check.agents();
    check.teams();
    check.roles();
    check.routing();
    check.units();
    check.groups();
    check.memberships();
    check.relationships();
    check.found
}

/// What a name should be: the list that declares it, and what one of its entries is called.
type Kind = (&'static str, &'static str);

const AGENT: Kind = ("agents", "agent");
const TEAM: Kind = ("teams", "team");
const ROLE: Kind = ("roles", "role");
const UNIT: Kind = ("orgUnits", "unit");

/// Unknown names that a known one is looked for; the others are told without a guess.
const GUESSES_MAX: usize = 50;

struct Check<'c> {
    chart: &'c OrgChart,
    found: Vec<Issue>,
}

impl Check<'_> {
    fn agents(&mut self) {
        for (at, agent) in self.chart.agents.iter().enumerate() {
            let place = Place::top("agents").named(at, agent.id.as_str());
            if let Some(team) = &agent.team {
                let is_there = self.chart.team(team).is_some();
                let place = place.clone().key("team");
                let use_of = (place, "agents.team", team.as_str());
                self.expect(is_there, LintRule::ValidAgentTeam, TEAM, use_of);
            }
            if let Some(other) = &agent.reports_to {
                let use_of = (place.key("reportsTo"), "agents.reportsTo");
                self.agent(LintRule::ValidReportsTo, use_of, other);
            }
        }
    }

    fn teams(&mut self) {
        for (at, team) in self.chart.teams.iter().enumerate() {
            let heads = [
                (LintRule::ValidTeamLead, "lead", &team.lead),
                (
                    LintRule::ValidTeamOrchestrator,
                    "orchestrator",
                    &team.orchestrator,
                ),
                (
                    LintRule::ValidTechnicalLead,
                    "technicalLead",
                    &team.technical_lead,
                ),
            ];
            for (rule, key, head) in heads {
                if let Some(head) = head {
                    let place = Place::top("teams").named(at, team.id.as_str()).key(key);
                    self.agent(rule, (place, &format!("teams.{key}")), head);
                }
            }
        }
    }

    fn roles(&mut self) {
        for (name, role) in &self.chart.roles {
            let list = Place::top("roles").key(name.as_str()).key("agents");
            let path = format!("roles.{name}.agents");
            for (at, agent) in role.agents.iter().enumerate() {
                let use_of = (list.clone().item(at), path.as_str());
                self.agent(LintRule::ValidRoleAgent, use_of, agent);
            }
        }
    }

    fn routing(&mut self) {
        for rule in &self.chart.routing {
            let place = |key: &str| Place::top("routing").item(rule.position).key(key);
            if let Some(agent) = &rule.target_agent {
                let use_of = (place("targetAgent"), "routing.targetAgent");
                self.agent(LintRule::ValidRoutingTarget, use_of, agent);
            }
            if let Some(team) = &rule.target_team {
                let name = team.as_str();
                let is_there = self.chart.team(team).is_some()
                    || self.chart.units.named(name).is_some()
                    || self.chart.groups.named(name).is_some();
                let use_of = (place("targetTeam"), "routing.targetTeam", team.as_str());
                self.expect(is_there, LintRule::ValidRoutingTarget, TEAM, use_of);
            }
            if let Some(role) = &rule.target_role {
                let is_there = self.chart.roles.contains_key(role)
                    || self.chart.agents.named(role.as_str()).is_some();
                let use_of = (place("targetRole"), "routing.targetRole", role.as_str());
                self.expect(is_there, LintRule::ValidRoutingRole, ROLE, use_of);
            }
        }
    }

    fn units(&mut self) {
        for (at, unit) in self.chart.units.iter().enumerate() {
            let place = Place::top("orgUnits").named(at, unit.id.as_str());
            if let Some(parent) = &unit.parent {
                let is_there = self.chart.units.named(parent.as_str()).is_some();
                let place = place.clone().key("parentId");
                let use_of = (place, "orgUnits.parentId", parent.as_str());
                self.expect(is_there, LintRule::ValidParentId, UNIT, use_of);
            }
            if let Some(lead) = &unit.lead {
                let use_of = (place.key("leadId"), "orgUnits.leadId");
                self.agent(LintRule::ValidUnitLead, use_of, lead);
            }
        }
    }

    fn groups(&mut self) {
        for (at, group) in self.chart.groups.iter().enumerate() {
            let list = Place::top("groups").named(at, group.id.as_str());
            let list = list.key("memberIds");
            for (at, member) in group.members.iter().enumerate() {
                let use_of = (list.clone().item(at), "groups.memberIds");
                self.agent(LintRule::ValidGroupMembers, use_of, member);
            }
        }
    }

    fn memberships(&mut self) {
        for (at, membership) in self.chart.memberships.iter().enumerate() {
            let place = Place::top("memberships").item(at);
            let use_of = (place.clone().key("agentId"), "memberships.agentId");
            self.agent(LintRule::ValidMembershipAgent, use_of, &membership.agent);
            let unit = membership.unit.as_str();
            let is_there = self.chart.units.named(unit).is_some();
            let use_of = (place.key("orgUnitId"), "memberships.orgUnitId", unit);
            self.expect(is_there, LintRule::ValidMembershipUnit, UNIT, use_of);
        }
    }

    fn relationships(&mut self) {
        for (at, relationship) in self.chart.relationships.iter().enumerate() {
            let place = Place::top("relationships").item(at);
            let from = (
                place.clone().key("fromAgentId"),
                "relationships.fromAgentId",
            );
            self.agent(LintRule::ValidRelationshipFrom, from, &relationship.from);
            let to = (place.key("toAgentId"), "relationships.toAgentId");
            self.agent(LintRule::ValidRelationshipTo, to, &relationship.to);
        }
    }

    fn agent(&mut self, rule: LintRule, (place, path): (Place, &str), id: &AgentId) {
        let is_there = self.chart.agent(id).is_some();
        self.expect(is_there, rule, AGENT, (place, path, id.as_str()));
    }

    fn expect(
        &mut self,
        is_there: bool,
        rule: LintRule,
        (list, noun): Kind,
        (place, path, name): (Place, &str, &str),
    ) {
        if is_there {
            return;
        }
        let message = format!("`{path}` names the {noun} `{name}`, which the chart does not have");
        let hint = match self.nearest(list, name) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("declare it under `{list}`, or correct the name"),
        };
        self.found.push(Issue::new(rule, place, message, &hint));
    }

    fn nearest(&self, list: &str, name: &str) -> Option<&str> {
        if self.found.len() >= GUESSES_MAX {
            return None;
        }
        match list {
            "agents" => nearest(name, &self.chart.agents),
            "teams" => nearest(name, &self.chart.teams),
            "orgUnits" => nearest(name, &self.chart.units),
            _ => suggest::nearest(name, self.chart.roles.keys().map(|role| role.as_str())),
        }
    }
}

fn nearest<'c, T: Named>(name: &str, roster: &'c Roster<T>) -> Option<&'c str> {
    suggest::nearest(name, roster.iter().map(Named::name_in_chart))
}
