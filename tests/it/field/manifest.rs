//! The manifest of a project.

use serde_json::{Value, json};

use super::Proof::{By, Idle};
use super::Row;

const LIMITS: &str = "scheduler::sla::projects_and_settings_limit_every_status";
const ACTS: &str =
    "scheduler::sla::projects_and_settings_say_what_happens_and_who_is_told_how_often";
const KEPT: &str = "tool::project::what_a_manifest_says_for_people_is_shown_or_kept";

const STOPS: &str = "scheduler::budget::a_spent_budget_stops_its_scope_until_the_window_turns";
const NEAR: &str = "scheduler::budget::people_are_told_once_when_it_is_nearly_spent";

const TEMPLATES: &str = "cli::workflow::template::templates_are_listed_and_one_is_the_default";

/// Values of fields of which the schema says less than the parser wants.
pub(super) fn samples() -> [(&'static str, Value); 3] {
    let hops = json!([{"id": "a", "role": "r"}]);
    [
        (
            "workflow",
            json!({"name": "old", "gates": [{"id": "a", "role": "r"}]}),
        ),
        (
            "workflowTemplates",
            json!({"x": {"name": "x", "hops": hops}}),
        ),
        ("defaultWorkflow", json!("x")),
    ]
}

/// A file in which every name that a sample uses is declared.
pub(super) fn ground() -> Value {
    let hops = json!([{"id": "b", "role": "r"}]);
    json!({
        "id": "x", "budgets": [{"tokensMax": 5}],
        "workflowTemplates": {"x": {"name": "x", "hops": hops}},
    })
}

pub(super) const ROWS: &[Row] = &[
    (
        "schemaVersion",
        By("scheduler::knob::the_version_of_a_file_is_at_most_the_one_that_is_known"),
    ),
    ("id", By(KEPT)),
    ("title", By(KEPT)),
    ("description", By(KEPT)),
    (
        "status",
        By("scheduler::order::a_paused_project_rests_and_the_others_go_on"),
    ),
    ("type", By("scheduler::sla::research_has_four_hours")),
    (
        "owner.team",
        By("tool::permission::a_project_without_other_routing_belongs_to_its_owners_team"),
    ),
    (
        "owner.lead",
        By("tool::dispatch::a_projects_owner_takes_what_names_nobody"),
    ),
    (
        "dispatch.maxConcurrent",
        By("scheduler::share::a_project_has_no_more_than_its_cap"),
    ),
    (
        "dispatch.minIntervalMs",
        By("scheduler::share::a_project_has_its_pace"),
    ),
    (
        "dispatch.weight",
        By("scheduler::share::twice_the_weight_is_twice_the_work"),
    ),
    (
        "parentId",
        By("tool::project::a_pause_touches_one_line_and_holds_what_is_below_back"),
    ),
    ("routing.intake.default", Idle),
    ("routing.mailboxes.enabled", Idle),
    ("memory.tiers", Idle),
    ("memory.allowIndex.warmPaths", Idle),
    ("memory.denyIndex", Idle),
    ("links.repo", By(KEPT)),
    ("links.dashboards", By(KEPT)),
    ("links.docs", By(KEPT)),
    ("budgets.tokensMax", By(STOPS)),
    ("budgets.costMicrosMax", By(NEAR)),
    ("budgets.window", By(STOPS)),
    ("budgets.alertAtPercent", By(NEAR)),
    ("sla.defaultMaxInProgressMs", By(LIMITS)),
    ("sla.researchMaxInProgressMs", By(LIMITS)),
    ("sla.defaultMaxQueueMs", By(LIMITS)),
    ("sla.defaultMaxReviewMs", By(LIMITS)),
    ("sla.defaultMaxBlockedMs", By(LIMITS)),
    ("sla.onViolation", By(ACTS)),
    ("sla.alerting.channel", By(ACTS)),
    ("sla.alerting.webhook", Idle),
    ("sla.alerting.rateLimitMinutes", By(ACTS)),
    (
        "workflow",
        By("cli::workflow::template::gates_are_taken_for_a_template_of_their_name"),
    ),
    ("workflowTemplates", By(TEMPLATES)),
    ("defaultWorkflow", By(TEMPLATES)),
    ("participants", Idle),
    ("metadata", By(KEPT)),
];
