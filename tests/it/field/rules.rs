//! The rules by which people are told of what happens.

use serde_json::{Value, json};

use super::Proof::By;
use super::Row;

const HOW: &str = "scheduler::notify::the_first_rule_that_an_event_fits_says_how_it_is_told";

pub(super) const ROWS: &[Row] = &[
    (
        "schemaVersion",
        By("scheduler::notify::\
             a_file_that_cannot_be_used_leaves_the_last_good_rules_and_is_told_once"),
    ),
    ("rules.match.eventType", By(HOW)),
    ("rules.match.payload", By(HOW)),
    ("rules.severity", By(HOW)),
    ("rules.audience", By(HOW)),
    ("rules.channel", By(HOW)),
    ("rules.template", By(HOW)),
    (
        "rules.dedupeWindowMs",
        By("scheduler::notify::the_same_is_not_told_again_within_the_window"),
    ),
    (
        "rules.neverSuppress",
        By("scheduler::notify::a_burst_becomes_a_digest_and_a_dead_letter_is_always_told"),
    ),
];

/// One rule, with what it must have.
pub(super) fn ground() -> Value {
    json!({"rules": [{
        "match": {"eventType": "task.created"}, "severity": "info", "audience": ["agent"],
        "channel": "x", "template": "x",
    }]})
}
