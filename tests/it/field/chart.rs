//! The org chart.

use serde_json::{Value, json};

use super::Proof::{By, Idle, Laid};
use super::Row;

/// Everybody and everything is called `x`.
pub(super) fn ground() -> Value {
    json!({
        "schemaVersion": 1,
        "agents": [
            {"id": "x", "name": "X", "budgets": [{"tokensMax": 5}]},
            {"id": "y", "name": "Y"},
        ],
        "teams": [
            {"id": "x", "name": "X", "budgets": [{"tokensMax": 5}]},
            {"id": "y", "name": "Y"},
        ],
        "roles": {"x": {"agents": ["x"]}, "y": {"agents": ["y"]}},
        "routing": [{"targetAgent": "y"}],
        "orgUnits": [
            {"id": "x", "name": "X", "type": "t"},
            {"id": "y", "name": "Y", "type": "t", "parentId": "x"},
        ],
        "groups": [{"id": "x", "name": "X"}],
    })
}

const ROUTED: &str = "scheduler::route::units_groups_and_memberships_are_targets";
const TEAM: &str = "scheduler::route::a_team_is_its_active_head_or_whoever_has_the_tags";
const RULE: &str = "scheduler::route::the_lightest_rule_that_matches_decides";
const TOLD: &str = "scheduler::route::an_agent_is_told_whom_it_works_with";
const PACE: &str = "scheduler::share::a_team_has_its_cap_and_its_pace_and_holds_up_nobody";
const SHOWN: &str = "cli::org::what_is_said_for_people_is_shown";
const KEPT: &str = "cli::org::what_other_programs_keep_in_a_chart_stays";
const STOPS: &str = "scheduler::budget::a_spent_budget_stops_its_scope_until_the_window_turns";
const NEAR: &str = "scheduler::budget::people_are_told_once_when_it_is_nearly_spent";
const BATCH: &str = "scheduler::murmur::so_many_completions_by_whatever_way_make_one_review";
const ROTATES: &str = "scheduler::route::a_role_rotates_among_its_agents";

pub(super) const ROWS: &[Row] = &[
    (
        "schemaVersion",
        By("scheduler::knob::the_version_of_a_file_is_at_most_the_one_that_is_known"),
    ),
    ("template", By("cli::org::the_whole_chart_is_shown")),
    ("metadata", By(KEPT)),
    ("agents.id", By(ROTATES)),
    ("agents.name", By(SHOWN)),
    ("agents.description", By(SHOWN)),
    (
        "agents.openclawAgentId",
        By("cli::org::the_gateway_is_compared_with_the_chart"),
    ),
    ("agents.team", By(TEAM)),
    ("agents.reportsTo", By(TOLD)),
    ("agents.active", By(TEAM)),
    ("agents.budgets.tokensMax", By(STOPS)),
    ("agents.budgets.costMicrosMax", By(NEAR)),
    ("agents.budgets.window", By(STOPS)),
    ("agents.budgets.alertAtPercent", By(NEAR)),
    (
        "agents.canDelegate",
        By("tool::permission::a_worker_makes_tasks_as_its_policies_say"),
    ),
    (
        "agents.capabilities.tags",
        By("scheduler::route::tags_find_an_agent_where_no_rule_does"),
    ),
    ("agents.capabilities.concurrency", By(PACE)),
    (
        "agents.capabilities.model",
        By("cli::org::the_gateway_is_compared_with_the_chart"),
    ),
    ("agents.capabilities.provider", By(SHOWN)),
    (
        "agents.comms.preferred",
        By("scheduler::reach::the_preferred_way_comes_first"),
    ),
    (
        "agents.comms.fallbacks",
        By("scheduler::reach::a_way_that_is_not_there_gives_way_to_the_next_and_consumes_no_retry"),
    ),
    (
        "agents.comms.sessionKey",
        Laid(
            "scheduler::settle::the_spawn_carries_what_the_card_and_the_chart_say",
            "CHART in stage.rs",
        ),
    ),
    (
        "agents.policies.tasking.maxConcurrent",
        By("scheduler::cap::no_cap_is_ever_exceeded_and_everything_runs"),
    ),
    (
        "agents.policies.tasking.allowSelfAssign",
        By("tool::permission::a_worker_makes_tasks_as_its_policies_say"),
    ),
    (
        "agents.policies.tasking.requiresReview",
        By("scheduler::review::reviewed_work_waits_in_review_until_a_person_accepts_it"),
    ),
    (
        "agents.policies.tasking.allowedPriorities",
        By("scheduler::route::urgencies_that_an_agent_does_not_take_pass_it_by"),
    ),
    ("agents.policies.memory.scope", Idle),
    ("agents.policies.memory.tiers", Idle),
    ("agents.policies.memory.readOnly", Idle),
    ("agents.policies.communication.allowedChannels", Idle),
    ("agents.policies.communication.requiresApproval", Idle),
    ("agents.policies.communication.restrictedAgents", Idle),
    ("agents.policies.context.target", Idle),
    ("agents.policies.context.warn", Idle),
    ("agents.policies.context.critical", Idle),
    (
        "defaults.capabilities.tags",
        By("scheduler::default::what_an_agent_can_do"),
    ),
    (
        "defaults.capabilities.concurrency",
        By("scheduler::default::how_much_an_agent_does_at_a_time"),
    ),
    ("defaults.capabilities.model", By(SHOWN)),
    ("defaults.capabilities.provider", By(SHOWN)),
    (
        "defaults.policies.tasking.maxConcurrent",
        By("scheduler::default::how_much_an_agent_does_at_a_time"),
    ),
    (
        "defaults.policies.tasking.allowSelfAssign",
        By("scheduler::default::who_may_take_tasks_by_itself"),
    ),
    (
        "defaults.policies.tasking.requiresReview",
        By("scheduler::default::whose_work_is_looked_at"),
    ),
    (
        "defaults.policies.tasking.allowedPriorities",
        By("scheduler::default::which_urgencies_an_agent_takes"),
    ),
    ("defaults.policies.memory.scope", Idle),
    ("defaults.policies.memory.tiers", Idle),
    ("defaults.policies.memory.readOnly", Idle),
    ("defaults.policies.communication.allowedChannels", Idle),
    ("defaults.policies.communication.requiresApproval", Idle),
    ("defaults.policies.communication.restrictedAgents", Idle),
    ("defaults.policies.context.target", Idle),
    ("defaults.policies.context.warn", Idle),
    ("defaults.policies.context.critical", Idle),
    ("teams.id", By(TEAM)),
    ("teams.name", By(SHOWN)),
    ("teams.description", By(SHOWN)),
    (
        "teams.lead",
        By("scheduler::route::what_a_team_is_given_goes_to_its_lead_however_free_others_are"),
    ),
    (
        "teams.orchestrator",
        By("tool::permission::an_orchestrator_is_a_lead_of_its_team_and_of_no_other"),
    ),
    ("teams.technicalLead", By(SHOWN)),
    ("teams.budgets.tokensMax", By(STOPS)),
    ("teams.budgets.costMicrosMax", By(NEAR)),
    ("teams.budgets.window", By(STOPS)),
    ("teams.budgets.alertAtPercent", By(NEAR)),
    (
        "teams.dispatch.maxConcurrent",
        By("scheduler::share::a_team_has_no_more_than_its_cap"),
    ),
    ("teams.dispatch.minIntervalMs", By(PACE)),
    (
        "teams.dispatch.weight",
        By("scheduler::share::teams_take_turns_within_a_project"),
    ),
    ("teams.murmur.triggers.kind", By(BATCH)),
    ("teams.murmur.triggers.threshold", By(BATCH)),
    (
        "teams.murmur.triggers.intervalMs",
        By("scheduler::murmur::an_interval_runs_from_the_last_review"),
    ),
    (
        "teams.murmur.context",
        By("scheduler::murmur::the_reviewer_is_given_what_the_chart_says"),
    ),
    ("roles.*.agents", By(ROTATES)),
    ("roles.*.description", By(SHOWN)),
    (
        "roles.*.requireHuman",
        By("scheduler::route::a_role_of_people_starts_nothing_even_by_a_rule"),
    ),
    ("routing.matchTags", By(RULE)),
    ("routing.matchPriority", By(RULE)),
    ("routing.targetRole", By(RULE)),
    ("routing.targetTeam", By(RULE)),
    ("routing.targetAgent", By(RULE)),
    ("routing.weight", By(RULE)),
    ("orgUnits.id", By(ROUTED)),
    ("orgUnits.name", By(SHOWN)),
    ("orgUnits.type", By(SHOWN)),
    ("orgUnits.parentId", By(ROUTED)),
    ("orgUnits.leadId", By(ROUTED)),
    ("orgUnits.description", By(SHOWN)),
    ("orgUnits.active", By(ROUTED)),
    ("orgUnits.metadata", By(KEPT)),
    ("groups.id", By(ROUTED)),
    ("groups.name", By(SHOWN)),
    ("groups.description", By(SHOWN)),
    ("groups.memberIds", By(ROUTED)),
    ("groups.metadata", By(KEPT)),
    ("memberships.agentId", By(ROUTED)),
    ("memberships.orgUnitId", By(ROUTED)),
    ("memberships.role", By(ROUTED)),
    ("memberships.primary", By(ROUTED)),
    ("relationships.fromAgentId", By(TOLD)),
    ("relationships.toAgentId", By(TOLD)),
    ("relationships.type", By(TOLD)),
    ("relationships.active", By(TOLD)),
    ("relationships.metadata", By(KEPT)),
    ("memoryPools.hot.path", Idle),
    ("memoryPools.hot.description", Idle),
    ("memoryPools.hot.agents", Idle),
    ("memoryPools.warm.id", Idle),
    ("memoryPools.warm.path", Idle),
    ("memoryPools.warm.description", Idle),
    ("memoryPools.warm.roles", Idle),
    ("memoryPools.cold", Idle),
    ("memoryPools.adapter", Idle),
    ("memoryCuration.policyPath", Idle),
    ("memoryCuration.role", Idle),
];
