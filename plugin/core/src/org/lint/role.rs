//! Roles that nobody can fill.

use super::super::{Agent, Method, OrgChart};
use super::{Issue, LintRule, Place};

pub(super) fn issues(chart: &OrgChart) -> Vec<Issue> {
    let mut found = Vec::new();
    for (name, role) in &chart.roles {
        let agents = || role.agents.iter().filter_map(|id| chart.agent(id));
        // An unknown agent is told as such.
        if agents().count() < role.agents.len() {
            continue;
        }
        let place = || Place::top("roles").key(name.as_str());
        if role.requires_human && !agents().any(is_person) {
            let message = format!("role `{name}` needs a person, and none of its agents is one");
            let hint = "name an agent with `comms.preferred: cli`, which a person works for";
            let kind = LintRule::HumanRoleWithoutHuman;
            found.push(Issue::new(kind, place(), message, hint));
        } else if !agents().any(|agent| agent.is_active) {
            let message = format!("role `{name}` has no active agent");
            let hint = "switch one of its agents on, or add another";
            let kind = LintRule::RoleHasActiveAgent;
            found.push(Issue::new(kind, place(), message, hint));
        }
    }
    found
}

/// Tasks of a person are read on the command line.
fn is_person(agent: &Agent) -> bool {
    agent.comms.preferred() == Method::Cli
}
