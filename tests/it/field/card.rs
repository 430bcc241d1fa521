//! The frontmatter of a card.

use serde_json::{Value, json};

use super::Proof::{Apart, By, Idle};
use super::Row;

/// Where the sample lies.
pub(super) const PATH: &str = "projects/x/tasks/ready/TASK-2026-02-17-001.md";

pub(super) fn ground() -> Value {
    let at = "2026-02-17T10:00:00.000Z";
    json!({
        "schemaVersion": 1, "id": "TASK-2026-02-17-001", "title": "t", "status": "ready",
        "createdAt": at, "updatedAt": at, "lastTransitionAt": at, "createdBy": "me",
        "budget": {"tokensMax": 5, "costMicrosMax": 5},
        "lease": {"agent": "x", "acquiredAt": at, "expiresAt": at},
    })
}

/// What must look like an id or a word of its own.
pub(super) fn samples() -> [(&'static str, Value); 6] {
    [
        ("id", json!("TASK-2026-02-17-001")),
        ("status", json!("blocked")),
        ("priority", json!("high")),
        ("parentId", json!("TASK-2026-02-17-002")),
        ("dependsOn", json!(["TASK-2026-02-17-002"])),
        ("lease.run", json!("01ARZ3NDEKTSV4RRFFQ69G5FAV")),
    ]
}

const SHOWN: &str = "tool::get::a_card_that_says_everything_is_shown_as_it_says";
const LIMIT: &str = "scheduler::sla::each_status_has_its_own_limit_from_the_moment_of_entry";
const BUDGET: &str = "scheduler::budget::a_task_has_a_budget_of_its_own";
const WORKFLOW: &str = "scheduler::knob::a_card_with_a_workflow_waits_for_a_version_that_runs_it";

pub(super) const ROWS: &[Row] = &[
    (
        "schemaVersion",
        By("scheduler::knob::the_version_of_a_file_is_at_most_the_one_that_is_known"),
    ),
    ("id", By(SHOWN)),
    (
        "project",
        By("tool::project::lint_names_what_is_wrong_in_each_category"),
    ),
    ("title", By(SHOWN)),
    ("status", By(SHOWN)),
    (
        "priority",
        By("scheduler::route::urgencies_that_an_agent_does_not_take_pass_it_by"),
    ),
    (
        "routing.role",
        By("scheduler::route::a_role_rotates_among_its_agents"),
    ),
    (
        "routing.team",
        By("scheduler::route::a_team_is_its_active_head_or_whoever_has_the_tags"),
    ),
    (
        "routing.agent",
        By("scheduler::route::the_lightest_rule_that_matches_decides"),
    ),
    (
        "routing.tags",
        By("scheduler::route::tags_find_an_agent_where_no_rule_does"),
    ),
    ("routing.workflow", Idle),
    ("budget.tokensMax", By(BUDGET)),
    ("budget.costMicrosMax", By(BUDGET)),
    ("budget.alertAtPercent", By(BUDGET)),
    ("sla.maxInProgressMs", By(LIMIT)),
    ("sla.maxQueueMs", By(LIMIT)),
    ("sla.maxReviewMs", By(LIMIT)),
    ("sla.maxBlockedMs", By(LIMIT)),
    (
        "sla.onViolation",
        By("scheduler::sla::block_and_deadletter_act_and_end_the_session"),
    ),
    ("lease.agent", By(SHOWN)),
    ("lease.acquiredAt", By(SHOWN)),
    ("lease.expiresAt", By(SHOWN)),
    ("lease.renewCount", By(SHOWN)),
    ("lease.run", By(SHOWN)),
    ("lease.attempt", By(SHOWN)),
    ("createdAt", By(SHOWN)),
    ("updatedAt", By(SHOWN)),
    (
        "lastTransitionAt",
        By("scheduler::share::what_has_stood_too_long_goes_before_its_equals"),
    ),
    ("createdBy", By(SHOWN)),
    (
        "parentId",
        By("scheduler::dependency::a_whole_waits_for_its_parts"),
    ),
    (
        "dependsOn",
        By("scheduler::dependency::a_chain_is_promoted_link_by_link_without_waiting_for_a_poll"),
    ),
    (
        "dependencyPolicy",
        By("scheduler::dependency::a_card_may_be_content_with_any_end"),
    ),
    (
        "contentHash",
        Apart(
            "tool::dispatch::a_task_is_made_ready_and_says_where_it_lies",
            "written for people and other programs, never read",
        ),
    ),
    (
        "metadata",
        By("scheduler::settle::the_spawn_carries_what_the_card_and_the_chart_say"),
    ),
    ("contextTier", Idle),
    ("requiredRunbook", Idle),
    ("required_runbook", Idle),
    ("instructionsRef", Idle),
    ("guidanceRef", Idle),
    (
        "resource",
        By("scheduler::cap::two_tasks_never_share_a_resource"),
    ),
    ("callbackDepth", Idle),
    ("gate.current", Idle),
    ("gate.entered", Idle),
    ("gateHistory", Idle),
    ("reviewContext", Idle),
    ("tests.given", Idle),
    ("tests.when", Idle),
    ("tests.then.status", Idle),
    ("tests.then.body_contains", Idle),
    ("testsFile", Idle),
    ("workflow.definition", By(WORKFLOW)),
    ("workflow.state", By(WORKFLOW)),
    ("workflow.templateName", By(WORKFLOW)),
    ("revision", By(SHOWN)),
];
