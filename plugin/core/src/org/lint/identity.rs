//! Names that are declared, here and in the gateway.

use std::collections::BTreeMap;

use super::super::OrgChart;
use super::super::roster::{Named, Roster};
use super::{Issue, LintRule, Place, excerpt};

pub(super) fn issues(chart: &OrgChart) -> Vec<Issue> {
    let mut found = twice(LintRule::UniqueAgentId, ("agents", "agent"), &chart.agents);
    found.extend(twice(
        LintRule::UniqueTeamId,
        ("teams", "team"),
        &chart.teams,
    ));
    found.extend(twice(
        LintRule::UniqueOrgUnitId,
        ("orgUnits", "unit"),
        &chart.units,
    ));
    found.extend(twice(
        LintRule::UniqueGroupId,
        ("groups", "group"),
        &chart.groups,
    ));
    found.extend(unnamed_in_gateway(chart));
    found.extend(one_in_gateway(chart));
    found
}

fn twice<T: Named>(rule: LintRule, (list, noun): (&str, &str), roster: &Roster<T>) -> Vec<Issue> {
    let mut met = BTreeMap::new();
    let mut found = Vec::new();
    for (at, entry) in roster.iter().enumerate() {
        let name = entry.name_in_chart();
        if met.insert(name, at).is_some() {
            let place = Place::top(list).named(at, name).key("id");
            let message = format!("the {noun} `{name}` is declared twice");
            let hint = "give one of the two another id, or remove it";
            found.push(Issue::new(rule, place, message, hint));
        }
    }
    found
}

fn unnamed_in_gateway(chart: &OrgChart) -> Vec<Issue> {
    let unnamed = chart.agents.iter().enumerate();
    let unnamed = unnamed.filter(|(_, agent)| agent.is_active && agent.gateway_id.is_none());
    let issue = |(at, agent): (usize, &super::super::Agent)| {
        let id = agent.id.as_str();
        let message = format!("`{id}` does not say what the gateway calls it");
        let hint = format!("add `openclawAgentId`; until then it is taken to be `{id}`");
        let place = Place::top("agents").named(at, id);
        Issue::new(LintRule::MissingOpenclawAgentId, place, message, &hint)
    };
    unnamed.map(issue).collect()
}

fn one_in_gateway(chart: &OrgChart) -> Vec<Issue> {
    let mut met: BTreeMap<&str, &str> = BTreeMap::new();
    let mut found = Vec::new();
    for (at, agent) in chart.agents.iter().enumerate() {
        let Some(there) = agent.gateway_id.as_deref() else {
            continue;
        };
        let id = agent.id.as_str();
        if let Some(first) = met.get(there) {
            let place = Place::top("agents").named(at, id).key("openclawAgentId");
            let message = format!(
                "`{first}` and `{id}` are both `{}` in the gateway",
                excerpt(there)
            );
            let hint = "two agents of the chart need two agents of the gateway";
            let rule = LintRule::DuplicateOpenclawAgentId;
            found.push(Issue::new(rule, place, message, hint));
        } else {
            met.insert(there, id);
        }
    }
    found
}
