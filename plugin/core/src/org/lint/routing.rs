//! Rules that lead nowhere, or are never reached.

use super::super::{OrgChart, Rule};
use super::{Issue, LintRule, Place, listed};

pub(super) fn issues(chart: &OrgChart) -> Vec<Issue> {
    let mut found = Vec::new();
    for rule in &chart.routing {
        found.extend(without_target(rule));
        found.extend(inactive(chart, rule));
    }
    found.extend(shadows(chart));
    found
}

fn has_target(rule: &Rule) -> bool {
    rule.target_agent.is_some() || rule.target_role.is_some() || rule.target_team.is_some()
}

fn without_target(rule: &Rule) -> Option<Issue> {
    if has_target(rule) {
        return None;
    }
    let place = Place::top("routing").item(rule.position);
    let message = "the rule does not say where tasks go".to_owned();
    let hint = "add `targetAgent`, `targetRole` or `targetTeam`";
    let kind = LintRule::RoutingRuleHasTarget;
    Some(Issue::new(kind, place, message, hint))
}

/// A role's word may be an agent's id.
fn inactive(chart: &OrgChart, rule: &Rule) -> Option<Issue> {
    let by_role = rule.target_role.as_ref();
    let by_role = by_role.filter(|role| !chart.roles.contains_key(*role));
    let (key, name) = match (&rule.target_agent, by_role) {
        (Some(agent), _) => ("targetAgent", agent.as_str()),
        (None, Some(role)) => ("targetRole", role.as_str()),
        (None, None) => return None,
    };
    chart.agents.named(name).filter(|agent| !agent.is_active)?;
    let place = Place::top("routing").item(rule.position).key(key);
    let message = format!("the rule leads to `{name}`, which is not active");
    let hint = "switch the agent on, or name another target";
    let kind = LintRule::InactiveRoutingTarget;
    Some(Issue::new(kind, place, message, hint))
}

/// The first rule that takes every task leaves none for those after it.
fn shadows(chart: &OrgChart) -> Option<Issue> {
    let takes_all = |rule: &Rule| rule.is_catch_all() && has_target(rule);
    let at = chart.routing.iter().position(takes_all)?;
    let (catch_all, later) = chart.routing.get(at..)?.split_first()?;
    if later.is_empty() {
        return None;
    }
    let names: Vec<String> = later
        .iter()
        .map(|rule| format!("routing[{}]", rule.position))
        .collect();
    let message = format!(
        "the rule matches every task, so that these are never reached: {}",
        listed(&names)
    );
    let place = Place::top("routing").item(catch_all.position);
    let hint = "give it a greater `weight` than all others, or something to match";
    let kind = LintRule::CatchAllShadowsLaterRules;
    Some(Issue::new(kind, place, message, hint))
}
