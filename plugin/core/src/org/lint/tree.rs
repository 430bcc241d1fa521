//! Who is above whom: reports, units, escalations; and who belongs nowhere or in two places.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Agent, OrgChart, Relationship, RelationshipKind};
use super::ring::{Graph, rings, way_round};
use super::{Issue, LintRule, Place, listed};
use crate::gather::gathered;

pub(super) fn issues(chart: &OrgChart) -> Vec<Issue> {
    let mut found = orphans(chart);
    found.extend(reports(chart));
    found.extend(units(chart));
    found.extend(escalations(chart));
    found.extend(memberships(chart));
    found
}

/// One agent may stand alone: the one at the top.
fn orphans(chart: &OrgChart) -> Vec<Issue> {
    let placed: BTreeSet<_> = gathered(chart.memberships.iter().map(|it| &it.agent));
    let stands_alone = |agent: &Agent| {
        agent.team.is_none() && agent.reports_to.is_none() && !placed.contains(&agent.id)
    };
    let alone = chart.agents.iter().enumerate();
    let alone: Vec<_> = alone.filter(|(_, agent)| stands_alone(agent)).collect();
    if alone.len() < 2 {
        return Vec::new();
    }
    let issue = |(at, agent): &(usize, &Agent)| {
        let message = format!("`{}` is in no team or unit and reports to nobody", agent.id);
        let hint = "give it a `team` or `reportsTo`; one agent may do without, at the top";
        let place = Place::top("agents").named(*at, agent.id.as_str());
        Issue::new(LintRule::OrphanedAgent, place, message, hint)
    };
    alone.iter().map(issue).collect()
}

fn reports(chart: &OrgChart) -> Vec<Issue> {
    let mut found = Vec::new();
    let mut graph = Graph::new();
    let mut at_of = BTreeMap::new();
    for (at, agent) in chart.agents.iter().enumerate() {
        let id = agent.id.as_str();
        at_of.entry(id).or_insert(at);
        let Some(other) = &agent.reports_to else {
            continue;
        };
        if *other == agent.id {
            let place = Place::top("agents").named(at, id).key("reportsTo");
            let message = format!("`{id}` reports to itself");
            let hint = "leave `reportsTo` out, or name somebody else";
            found.push(Issue::new(LintRule::NoSelfReport, place, message, hint));
        }
        graph.entry(id).or_default().insert(other.as_str());
    }
    for ring in rings(graph) {
        let first = ring.first().copied().unwrap_or_default();
        let at = at_of.get(first).copied().unwrap_or_default();
        let place = Place::top("agents").named(at, first).key("reportsTo");
        let message = format!("reports go round in a ring: {}", way_round(&ring));
        let hint = "let one of them report to somebody outside, or to nobody";
        found.push(Issue::new(
            LintRule::NoCircularReports,
            place,
            message,
            hint,
        ));
    }
    found
}

fn units(chart: &OrgChart) -> Vec<Issue> {
    let mut found = Vec::new();
    let roots = chart.units.iter().enumerate();
    let roots: Vec<_> = roots.filter(|(_, unit)| unit.parent.is_none()).collect();
    if let [(_, first), (at, second), ..] = roots.as_slice() {
        let names: Vec<String> = roots.iter().map(|(_, it)| format!("`{}`", it.id)).collect();
        let message = format!("more than one unit is part of no other: {}", listed(&names));
        let hint = format!("give all but one a `parentId`, such as `{}`", first.id);
        let place = Place::top("orgUnits").named(*at, second.id.as_str());
        found.push(Issue::new(LintRule::SingleRoot, place, message, &hint));
    }
    let mut at_of = BTreeMap::new();
    let mut graph = Graph::new();
    for (at, unit) in chart.units.iter().enumerate() {
        let id = unit.id.as_str();
        at_of.entry(id).or_insert(at);
        match &unit.parent {
            Some(parent) if *parent == unit.id => found.push(circular_units(at, &[id])),
            Some(parent) => {
                graph.entry(id).or_default().insert(parent.as_str());
            }
            None => {}
        }
    }
    for ring in rings(graph) {
        let first = ring.first().copied().unwrap_or_default();
        let at = at_of.get(first).copied().unwrap_or_default();
        found.push(circular_units(at, &ring));
    }
    found
}

fn circular_units(at: usize, ring: &[&str]) -> Issue {
    let first = ring.first().copied().unwrap_or_default();
    let place = Place::top("orgUnits").named(at, first).key("parentId");
    let message = format!("units are part of one another: {}", way_round(ring));
    let hint = "let one of them be part of a unit outside, or of none";
    Issue::new(LintRule::NoCircularUnits, place, message, hint)
}

fn escalations(chart: &OrgChart) -> Vec<Issue> {
    let mut found = Vec::new();
    let mut graph = Graph::new();
    let mut at_of = BTreeMap::new();
    let all = chart.relationships.iter().enumerate();
    for (at, it) in all.filter(|(_, it)| it.kind == RelationshipKind::EscalatesTo) {
        if it.from == it.to {
            let message = format!("`{}` escalates to itself", it.from);
            let hint = "name somebody who can help, or remove the relationship";
            let place = Place::top("relationships").item(at).key("toAgentId");
            found.push(Issue::new(LintRule::NoSelfEscalation, place, message, hint));
        } else if it.is_active {
            let Relationship { from, to, .. } = it;
            graph.entry(from.as_str()).or_default().insert(to.as_str());
            at_of.entry((from.as_str(), to.as_str())).or_insert(at);
        }
    }
    for ring in rings(graph) {
        let edge = ring.first().copied().zip(ring.get(1).copied());
        let at = edge.and_then(|edge| at_of.get(&edge).copied());
        let place = Place::top("relationships").item(at.unwrap_or_default());
        let message = format!("escalations go round in a ring: {}", way_round(&ring));
        let hint = "remove one of them, or switch it off with `active: false`";
        found.push(Issue::new(
            LintRule::NoCircularEscalation,
            place,
            message,
            hint,
        ));
    }
    found
}

fn memberships(chart: &OrgChart) -> Vec<Issue> {
    let mut first = BTreeMap::new();
    let mut found = Vec::new();
    let primary = chart.memberships.iter().enumerate();
    for (at, it) in primary.filter(|(_, it)| it.is_primary) {
        if let Some(unit) = first.get(&it.agent) {
            let message = format!(
                "`{}` belongs mainly to `{unit}` and mainly to `{}`",
                it.agent, it.unit
            );
            let hint = "say `primary: false` in all but one of its memberships";
            let place = Place::top("memberships").item(at);
            let rule = LintRule::OnePrimaryMembership;
            found.push(Issue::new(rule, place, message, hint));
        } else {
            first.insert(&it.agent, &it.unit);
        }
    }
    found
}
