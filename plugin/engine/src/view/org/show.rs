//! The whole chart, as a document. Keys are those of the file, defaults filled in.

use aof_core::gather::gathered;
use aof_core::org::{
    Agent, Comms, Group, Membership, Murmur, OrgChart, Pools, Relationship, Role, Rule, Team, Unit,
};
use serde_json::{Map, Value, json};

use crate::settings::budget_json;

/// `{"org": {"chart": {…}}}`
pub(super) fn document(path: &str, chart: &OrgChart) -> Value {
    let roles = chart.roles.iter();
    let roles: Map<String, Value> = gathered(roles.map(|(name, it)| (name.to_string(), role(it))));
    json!({"org": {"chart": {
        "path": path,
        "template": chart.template,
        "agents": each(&chart.agents, agent),
        "teams": each(&chart.teams, team),
        "roles": roles,
        "routing": each(&chart.routing, rule),
        "orgUnits": each(&chart.units, unit),
        "groups": each(&chart.groups, group),
        "memberships": each(&chart.memberships, membership),
        "relationships": each(&chart.relationships, relationship),
        "memoryPools": chart.pools.as_ref().map(pools),
        "memoryCuration": chart.curation.as_ref().map(|curation| json!({
            "policyPath": curation.policy_path, "role": curation.role,
        })),
    }}})
}

fn each<T>(items: &[T], document: fn(&T) -> Value) -> Vec<Value> {
    items.iter().map(document).collect()
}

/// Names as texts.
fn names<T: ToString>(items: &[T]) -> Vec<String> {
    items.iter().map(ToString::to_string).collect()
}

fn name<T: ToString>(item: Option<&T>) -> Option<String> {
    item.map(ToString::to_string)
}

fn agent(agent: &Agent) -> Value {
    json!({
        "id": agent.id.as_str(),
        "name": agent.name,
        "description": agent.description,
        "openclawAgentId": agent.gateway_id,
        "team": name(agent.team.as_ref()),
        "reportsTo": name(agent.reports_to.as_ref()),
        "active": agent.is_active,
        "canDelegate": agent.can_delegate,
        "tags": agent.tags,
        "concurrency": agent.concurrency_max,
        "model": agent.model,
        "provider": agent.provider,
        "comms": comms(&agent.comms),
        "policies": policies(agent),
        "budgets": each(&agent.budgets, budget_json),
    })
}

fn comms(comms: &Comms) -> Value {
    let ways = comms.ways();
    json!({
        "methods": ways.as_ref().map(|ways| names(&ways.methods)),
        "reachedBy": ways.as_ref().map(ToString::to_string),
        "preferred": comms.preferred().as_str(),
        "sessionKey": comms.session_key,
        "fallbacks": names(comms.fallbacks()),
    })
}

fn policies(agent: &Agent) -> Value {
    let priorities = agent.tasking.allowed_priorities.as_deref();
    json!({
        "tasking": {
            "allowSelfAssign": agent.tasking.allow_self_assign,
            "requiresReview": agent.tasking.requires_review,
            "allowedPriorities": priorities.map(names),
        },
        "memory": agent.memory.as_ref().map(|it| json!({
            "scope": it.scope, "tiers": names(&it.tiers), "readOnly": it.is_read_only,
        })),
        "communication": agent.communication.as_ref().map(|it| json!({
            "allowedChannels": it.allowed_channels,
            "requiresApproval": it.requires_approval,
            "restrictedAgents": it.restricted_agents,
        })),
        "context": agent.context.map(|it| json!({
            "target": it.target, "warn": it.warn, "critical": it.critical,
        })),
    })
}

fn team(team: &Team) -> Value {
    json!({
        "id": team.id.as_str(),
        "name": team.name,
        "description": team.description,
        "lead": name(team.lead.as_ref()),
        "orchestrator": name(team.orchestrator.as_ref()),
        "technicalLead": name(team.technical_lead.as_ref()),
        "dispatch": {
            "maxConcurrent": team.dispatch.max_concurrent,
            "minIntervalMs": team.dispatch.min_interval_ms,
        },
        "murmur": team.murmur.as_ref().map(murmur),
        "budgets": each(&team.budgets, budget_json),
    })
}

fn murmur(murmur: &Murmur) -> Value {
    let triggers = murmur.triggers.iter().map(|trigger| {
        json!({
            "kind": trigger.kind.as_str(),
            "threshold": trigger.threshold,
            "intervalMs": trigger.interval_ms,
        })
    });
    json!({"triggers": triggers.collect::<Vec<_>>(), "context": murmur.context})
}

fn role(role: &Role) -> Value {
    json!({
        "agents": names(&role.agents),
        "description": role.description,
        "requireHuman": role.requires_human,
    })
}

fn rule(rule: &Rule) -> Value {
    json!({
        "declared": rule.position,
        "matchTags": rule.match_tags,
        "matchPriority": names(&rule.match_priority),
        "targetRole": name(rule.target_role.as_ref()),
        "targetTeam": name(rule.target_team.as_ref()),
        "targetAgent": name(rule.target_agent.as_ref()),
        "weight": rule.weight,
    })
}

fn unit(unit: &Unit) -> Value {
    json!({
        "id": unit.id.as_str(),
        "name": unit.name,
        "type": unit.kind,
        "parentId": name(unit.parent.as_ref()),
        "description": unit.description,
        "leadId": name(unit.lead.as_ref()),
        "active": unit.is_active,
    })
}

fn group(group: &Group) -> Value {
    json!({
        "id": group.id.as_str(),
        "name": group.name,
        "description": group.description,
        "memberIds": names(&group.members),
    })
}

fn membership(membership: &Membership) -> Value {
    json!({
        "agentId": membership.agent.as_str(),
        "orgUnitId": membership.unit.as_str(),
        "role": membership.role,
        "primary": membership.is_primary,
    })
}

fn relationship(relationship: &Relationship) -> Value {
    json!({
        "fromAgentId": relationship.from.as_str(),
        "toAgentId": relationship.to.as_str(),
        "type": relationship.kind.as_str(),
        "active": relationship.is_active,
    })
}

fn pools(pools: &Pools) -> Value {
    let warm = pools.warm.iter().map(|pool| {
        json!({
            "id": pool.id, "path": pool.path, "description": pool.description, "roles": pool.roles,
        })
    });
    json!({
        "hot": pools.hot.as_ref().map(|pool| json!({
            "path": pool.path, "description": pool.description, "agents": pool.agents,
        })),
        "warm": warm.collect::<Vec<_>>(),
        "cold": pools.cold,
        "adapter": pools.adapter.as_str(),
    })
}
