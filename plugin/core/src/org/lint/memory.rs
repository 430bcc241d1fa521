//! Memory: pools that overlap, people who do not exist, budgets that contradict themselves.
//!
//! A policy may list every tier. Paths are compared folder by folder, so that `warm` is not in
//! `lukewarm`.

use std::collections::BTreeMap;

use super::super::{ContextBudget, OrgChart, Pools};
use super::{Issue, LintRule, Place, excerpt};
use crate::id::RoleId;
use crate::suggest;

pub(super) fn issues(chart: &OrgChart) -> Vec<Issue> {
    let mut found = budgets(chart);
    if let Some(pools) = &chart.pools {
        found.extend(unique_paths(pools));
        found.extend(unique_ids(pools));
        found.extend(overlaps(pools));
        found.extend(holders(chart, pools));
    }
    found
}

/// A budget that agents only inherit is told where it is written.
fn budgets(chart: &OrgChart) -> Vec<Issue> {
    let shared = chart.defaults.policies.context;
    let defaults = Place::top("defaults");
    let mut found: Vec<Issue> = shared
        .and_then(|budget| budget_issue(budget, defaults))
        .into_iter()
        .collect();
    for (at, agent) in chart.agents.iter().enumerate() {
        if let Some(budget) = agent.context.filter(|own| Some(*own) != shared) {
            let place = Place::top("agents").named(at, agent.id.as_str());
            found.extend(budget_issue(budget, place));
        }
    }
    found
}

fn budget_issue(budget: ContextBudget, owner: Place) -> Option<Issue> {
    let steps = [
        ("target", budget.target),
        ("warn", budget.warn),
        ("critical", budget.critical),
    ];
    let steps: Vec<(&str, u64)> = steps
        .into_iter()
        .filter_map(|(name, size)| Some((name, size?)))
        .collect();
    if steps.is_sorted_by_key(|(_, size)| *size) {
        return None;
    }
    let sizes: Vec<String> = steps
        .iter()
        .map(|(name, size)| format!("{name} {size}"))
        .collect();
    let message = format!("the context budget does not grow: {}", sizes.join(", "));
    let hint = "let `target` be at most `warn`, and `warn` at most `critical`";
    let place = owner.key("policies").key("context");
    let rule = LintRule::ValidContextBudgetThresholds;
    Some(Issue::new(rule, place, message, hint))
}

/// The folders of a path.
fn folders(path: &str) -> Vec<&str> {
    let parts = path.split('/');
    parts.filter(|part| !matches!(*part, "" | ".")).collect()
}

/// Hot and warm pools: what they are called, where their paths stand, and the paths.
fn warmer(pools: &Pools) -> Vec<(String, Place, &str)> {
    let top = || Place::top("memoryPools");
    let hot = pools.hot.iter().map(|hot| {
        let place = top().key("hot").key("path");
        ("the hot pool".to_owned(), place, hot.path.as_str())
    });
    let warm = pools.warm.iter().enumerate().map(|(at, warm)| {
        let place = top().key("warm").named(at, &warm.id).key("path");
        (
            format!("warm pool `{}`", excerpt(&warm.id)),
            place,
            warm.path.as_str(),
        )
    });
    hot.chain(warm).collect()
}

fn cold_place(at: usize) -> Place {
    Place::top("memoryPools").key("cold").item(at)
}

fn unique_paths(pools: &Pools) -> Vec<Issue> {
    let mut all = warmer(pools);
    let cold = pools.cold.iter().enumerate();
    all.extend(cold.map(|(at, path)| {
        let name = format!("cold path {}", at.saturating_add(1));
        (name, cold_place(at), path.as_str())
    }));
    let mut met: BTreeMap<Vec<&str>, String> = BTreeMap::new();
    let mut found = Vec::new();
    for (name, place, path) in all {
        if let Some(first) = met.get(&folders(path)) {
            let message = format!("{first} and {name} have the same path");
            let hint = "give each pool a folder of its own";
            let rule = LintRule::UniqueMemoryPoolPath;
            found.push(Issue::new(rule, place, message, hint));
        } else {
            met.insert(folders(path), name);
        }
    }
    found
}

fn unique_ids(pools: &Pools) -> Vec<Issue> {
    let mut met = BTreeMap::new();
    let mut found = Vec::new();
    for (at, warm) in pools.warm.iter().enumerate() {
        let id = warm.id.as_str();
        if met.insert(id, at).is_some() {
            let place = Place::top("memoryPools").key("warm");
            let place = place.named(at, id).key("id");
            let message = format!("the warm pool `{}` is declared twice", excerpt(id));
            let hint = "give one of the two another id, or remove it";
            let rule = LintRule::UniqueMemoryPoolId;
            found.push(Issue::new(rule, place, message, hint));
        }
    }
    found
}

/// Each pool and each cold path is told once, with the first that it lies in. Equal paths are told
/// elsewhere.
fn overlaps(pools: &Pools) -> Vec<Issue> {
    let warmer = warmer(pools);
    let warm: Vec<Vec<&str>> = warmer.iter().map(|(_, _, path)| folders(path)).collect();
    let cold: Vec<Vec<&str>> = pools.cold.iter().map(|path| folders(path)).collect();
    let mut found = Vec::new();
    for ((name, place, _), pool) in warmer.iter().zip(&warm) {
        let around = cold.iter().position(|cold| lies_in(pool, cold));
        if let Some(path) = around.and_then(|at| pools.cold.get(at)) {
            let message = format!("{name} lies in the cold path `{}`", excerpt(path));
            let hint = "move the pool out of what is put away";
            let rule = LintRule::NoColdPathsInPools;
            found.push(Issue::new(rule, place.clone(), message, hint));
        }
    }
    for (at, (path, cold)) in pools.cold.iter().zip(&cold).enumerate() {
        let around = warm.iter().position(|pool| lies_in(cold, pool));
        if let Some((name, _, _)) = around.and_then(|at| warmer.get(at)) {
            let message = format!("the cold path `{}` lies in {name}", excerpt(path));
            let hint = "move it out, or what is put away is at hand all the same";
            let rule = LintRule::NoColdInWarm;
            found.push(Issue::new(rule, cold_place(at), message, hint));
        }
    }
    found
}

fn lies_in(inner: &[&str], outer: &[&str]) -> bool {
    outer.len() < inner.len() && inner.starts_with(outer)
}

/// Everybody who has a pool is a role, an agent, `all`, or a pattern with `*`.
fn holders(chart: &OrgChart, pools: &Pools) -> Vec<Issue> {
    let hot = Place::top("memoryPools").key("hot").key("agents");
    let hot = pools.hot.iter().map(|pool| (hot.clone(), &pool.agents));
    let warm = pools.warm.iter().enumerate().map(|(at, pool)| {
        let place = Place::top("memoryPools").key("warm").named(at, &pool.id);
        (place.key("roles"), &pool.roles)
    });
    let mut found = Vec::new();
    for (list, names) in hot.chain(warm) {
        for (at, name) in names.iter().enumerate() {
            if !is_holder(chart, name) {
                found.push(unknown_holder(chart, name, list.clone().item(at)));
            }
        }
    }
    found
}

fn is_holder(chart: &OrgChart, name: &str) -> bool {
    name == "all"
        || name.contains('*')
        || chart.agents.named(name).is_some()
        || RoleId::parse(name).is_ok_and(|role| chart.roles.contains_key(&role))
}

fn unknown_holder(chart: &OrgChart, name: &str, place: Place) -> Issue {
    let agents = chart.agents.iter().map(|agent| agent.id.as_str());
    let roles = chart.roles.keys().map(|role| role.as_str());
    let hint = match suggest::nearest(name, roles.chain(agents)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "name a role, an agent, `all`, or a pattern with `*`".to_owned(),
    };
    let message = format!("`{}` is no role or agent of the chart", excerpt(name));
    Issue::new(LintRule::ValidMemoryPoolRole, place, message, &hint)
}
