//! The definition of a workflow.

use serde_json::{Value, json};

use super::Proof::{By, Laid};
use super::Row;

/// A definition around a field: what the field is only of stands there, too.
pub(super) fn ground(field: &str) -> Value {
    let first = match field.split('.').nth(1) {
        Some("agent" | "team") => json!({"id": "x"}),
        Some("decide") => {
            let rule = match field.rsplit('.').next() {
                Some("weights") => json!({"consensus": "weighted"}),
                Some(_) if field.contains("threshold") => {
                    let mean = json!({"field": "f", "of": "mean", "op": "gte", "value": "2"});
                    json!({"threshold": mean})
                }
                Some("rule" | "field" | "key") => {
                    json!({"merge": {"rule": "by_key", "field": "f"}})
                }
                _ => json!({"consensus": "majority"}),
            };
            json!({"id": "x", "kind": "decide", "dependsOn": ["a", "b"], "decide": rule})
        }
        Some("expand") => json!({
            "id": "x", "kind": "expand", "dependsOn": ["a", "b"], "expand": {"from": "a"},
        }),
        Some("requireHuman" | "kind") => json!({"id": "x", "role": "r", "dependsOn": ["a", "b"]}),
        _ => json!({
            "id": "x", "role": "r", "dependsOn": ["a", "b"], "canReject": true, "timeout": "1h",
            "budget": {"tokensMax": 5, "costMicrosMax": 5},
        }),
    };
    json!({"name": "w", "hops": [first, {"id": "a", "role": "r"}, {"id": "b", "role": "r"}]})
}

/// Values of fields of which the schema says less than the parser wants.
pub(super) fn samples() -> [(&'static str, Value); 11] {
    [
        ("hops.kind", json!("human")),
        ("hops.dependsOn", json!(["a"])),
        ("hops.joinType", json!("any")),
        ("hops.condition", json!({"op": "has_tag", "value": "x"})),
        ("hops.timeout", json!("2h")),
        ("hops.decide.consensus", json!("unanimous")),
        ("hops.decide.minVotes", json!(2)),
        ("hops.decide.minConfidence", json!("0.5")),
        ("hops.decide.weights", json!({"a": "2"})),
        ("hops.decide.threshold.value", json!("1")),
        ("hops.expand.from", json!("b")),
    ]
}

const RUNS: &str = "workflow::run::hops_run_one_after_the_other_and_lead_the_task_to_its_end";
const CARD: &str = "workflow::definition::the_card_of_a_hop_says_what_its_definition_does";
const HANDED_ON: &str = "workflow::time::a_hop_that_takes_too_long_is_handed_on_once";
const BREAKER: &str = "workflow::definition::the_breaker_opens_where_the_workflow_says";
const VOTES: &str = "workflow::decide::answers_are_counted_as_the_workflow_says";
const NUMBERS: &str = "workflow::decide::numbers_decide";
const MERGES: &str = "workflow::decide::payloads_become_one";
const PLANS: &str = "workflow::expand::a_plan_is_taken_within_its_bounds";

pub(super) const ROWS: &[Row] = &[
    (
        "name",
        Laid(
            "workflow::run::whoever_does_a_hop_reads_what_was_done_before_in_its_own_directory",
            "every workflow of these tests is written by one function",
        ),
    ),
    (
        "description",
        By("workflow::definition::what_a_workflow_is_for_is_kept_as_it_was_written"),
    ),
    ("rejectionsMax", By(BREAKER)),
    (
        "hops.id",
        By("workflow::time::a_hop_that_takes_too_long_is_handed_on_once"),
    ),
    (
        "hops.kind",
        By("workflow::gate::a_person_decides_a_human_hop_and_no_agent_does"),
    ),
    (
        "hops.role",
        By("workflow::run::parallel_hops_run_at_the_same_time_and_the_join_waits_for_both"),
    ),
    ("hops.agent", By(HANDED_ON)),
    ("hops.team", By(CARD)),
    (
        "hops.requireHuman",
        By("workflow::definition::a_role_that_needs_a_person_is_a_person"),
    ),
    ("hops.description", By(CARD)),
    (
        "hops.dependsOn",
        Laid(RUNS, "the two hops are written by one function"),
    ),
    (
        "hops.joinType",
        By("workflow::time::a_join_with_a_deadline_goes_on_with_what_is_there"),
    ),
    (
        "hops.condition",
        By("workflow::branch::only_the_matching_branch_runs_and_the_other_is_skipped"),
    ),
    (
        "hops.autoAdvance",
        By("workflow::gate::a_hop_that_does_not_advance_by_itself_waits_for_a_person"),
    ),
    (
        "hops.canReject",
        By("workflow::reject::work_that_is_sent_back_is_done_again_with_the_notes"),
    ),
    (
        "hops.rejectionStrategy",
        By("workflow::reject::only_the_hops_before_are_reset_if_the_workflow_says_so"),
    ),
    ("hops.rejectionsMax", By(BREAKER)),
    (
        "hops.retries",
        By("workflow::time::a_hop_is_tried_as_often_as_it_says"),
    ),
    ("hops.timeout", By(HANDED_ON)),
    ("hops.escalateTo", By(HANDED_ON)),
    ("hops.resource", By(CARD)),
    ("hops.sla.maxInProgressMs", By(CARD)),
    ("hops.sla.maxQueueMs", By(CARD)),
    ("hops.sla.maxReviewMs", By(CARD)),
    ("hops.sla.maxBlockedMs", By(CARD)),
    ("hops.sla.onViolation", By(CARD)),
    ("hops.budget.tokensMax", By(CARD)),
    ("hops.budget.costMicrosMax", By(CARD)),
    ("hops.budget.alertAtPercent", By(CARD)),
    ("hops.decide.consensus", By(VOTES)),
    ("hops.decide.options", By(VOTES)),
    ("hops.decide.minVotes", By(VOTES)),
    ("hops.decide.allowPartial", By(VOTES)),
    ("hops.decide.minConfidence", By(VOTES)),
    ("hops.decide.weights", By(VOTES)),
    ("hops.decide.threshold.field", By(NUMBERS)),
    ("hops.decide.threshold.of", By(NUMBERS)),
    ("hops.decide.threshold.op", By(NUMBERS)),
    ("hops.decide.threshold.value", By(NUMBERS)),
    ("hops.decide.merge.rule", By(MERGES)),
    ("hops.decide.merge.field", By(MERGES)),
    ("hops.decide.merge.key", By(MERGES)),
    ("hops.expand.from", By(PLANS)),
    ("hops.expand.into", By(PLANS)),
    ("hops.expand.maxCount", By(PLANS)),
    ("hops.expand.maxWidth", By(PLANS)),
    ("hops.expand.maxDepth", By(PLANS)),
];
