//! The frontmatter of a card.

use serde_json::{Value, json};

use super::Proof::{Apart, By, Idle};
use super::Row;

/// Where the sample lies.
pub(super) const PATH: &str = "projects/x/tasks/ready/TASK-2026-02-17-001.md";

/// A card around a field: what the field is only of stands there, too.
pub(super) fn ground(field: &str) -> Value {
    let status = match field.rsplit('.').next() {
        Some("outcome") => "complete",
        Some("skipped") => "skipped",
        _ => "pending",
    };
    let at = "2026-02-17T10:00:00.000Z";
    json!({
        "schemaVersion": 1, "id": "TASK-2026-02-17-001", "title": "t", "status": "ready",
        "createdAt": at, "updatedAt": at, "lastTransitionAt": at, "createdBy": "me",
        "budget": {"tokensMax": 5, "costMicrosMax": 5},
        "lease": {"agent": "x", "acquiredAt": at, "expiresAt": at},
        "workflow": {
            "definition": {"name": "w", "hops": [{"id": "x", "role": "r"}]},
            "state": {"hops": {"x": {"status": status}}},
        },
        "hop": {"of": "TASK-2026-02-17-002", "id": "x"},
    })
}

/// What must look like an id or a word of its own.
pub(super) fn samples() -> [(&'static str, Value); 11] {
    [
        ("id", json!("TASK-2026-02-17-001")),
        ("status", json!("blocked")),
        ("priority", json!("high")),
        ("parentId", json!("TASK-2026-02-17-002")),
        ("dependsOn", json!(["TASK-2026-02-17-002"])),
        ("lease.run", json!("01ARZ3NDEKTSV4RRFFQ69G5FAV")),
        (
            "workflow.definition",
            json!({"name": "x", "hops": [{"id": "x", "role": "r"}]}),
        ),
        ("workflow.state.hops.*.task", json!("TASK-2026-02-17-002")),
        (
            "workflow.state.hops.*.children",
            json!(["TASK-2026-02-17-002"]),
        ),
        ("workflow.state.dropped", json!(["TASK-2026-02-17-002"])),
        ("hop.of", json!("TASK-2026-02-17-003")),
    ]
}

const SHOWN: &str = "tool::get::a_card_that_says_everything_is_shown_as_it_says";
const LIMIT: &str = "scheduler::sla::each_status_has_its_own_limit_from_the_moment_of_entry";
const BUDGET: &str = "scheduler::budget::a_task_has_a_budget_of_its_own";
const FLOW: &str = "workflow::card::how_far_a_workflow_has_come_is_shown_as_its_card_says";
const NEXT: &str =
    "workflow::card::the_next_pass_of_a_hop_knows_who_sent_it_back_and_who_took_over";
const HOP: &str = "workflow::card::a_card_says_which_hop_of_which_task_it_is";
const ONCE: &str = "workflow::card::a_person_who_takes_too_long_is_told_of_once";
const HANDED_ON: &str = "workflow::card::a_hop_is_handed_on_once";
const HANDED_IN: &str = "workflow::card::what_was_handed_in_is_taken_when_a_person_lets_it_pass";

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
    ("workflow.definition", By(FLOW)),
    ("workflow.templateName", By(FLOW)),
    ("workflow.state.status", By(FLOW)),
    ("workflow.state.startedAt", By(FLOW)),
    ("workflow.state.completedAt", By(FLOW)),
    (
        "workflow.state.dropped",
        By("workflow::card::tasks_that_a_rejection_left_are_given_up"),
    ),
    ("workflow.state.hops.*.status", By(FLOW)),
    ("workflow.state.hops.*.startedAt", By(FLOW)),
    ("workflow.state.hops.*.completedAt", By(FLOW)),
    ("workflow.state.hops.*.agent", By(FLOW)),
    ("workflow.state.hops.*.correlationId", Idle),
    ("workflow.state.hops.*.result", By(FLOW)),
    ("workflow.state.hops.*.rejectionCount", By(FLOW)),
    ("workflow.state.hops.*.escalated", By(NEXT)),
    ("workflow.state.hops.*.outcome", By(FLOW)),
    ("workflow.state.hops.*.skipped", By(FLOW)),
    ("workflow.state.hops.*.task", By(FLOW)),
    ("workflow.state.hops.*.pass", By(FLOW)),
    (
        "workflow.state.hops.*.children",
        By("workflow::card::a_hop_waits_for_the_tasks_that_its_plan_became"),
    ),
    ("workflow.state.hops.*.reason", By(FLOW)),
    ("workflow.state.hops.*.review", By(NEXT)),
    (
        "workflow.state.hops.*.closed",
        By("workflow::card::an_edge_that_was_closed_stays_closed"),
    ),
    (
        "workflow.state.hops.*.liveSince",
        By("workflow::card::a_join_waits_from_the_moment_at_which_something_led_to_it"),
    ),
    ("hop.of", By(HOP)),
    ("hop.id", By(HOP)),
    ("hop.pass", By(HOP)),
    ("hop.kind", By(ONCE)),
    ("hop.autoAdvance", By(HANDED_IN)),
    (
        "hop.canReject",
        By("workflow::card::a_hop_sends_work_back_if_its_card_says_that_it_may"),
    ),
    ("hop.timeoutMs", By(HANDED_ON)),
    ("hop.escalateTo", By(HANDED_ON)),
    ("hop.escalatedAt", By(HANDED_ON)),
    ("hop.timedOutAt", By(ONCE)),
    (
        "hop.retries",
        By("workflow::card::a_hop_without_retries_fails_at_once"),
    ),
    ("hop.result", By(HANDED_IN)),
    ("revision", By(SHOWN)),
];
