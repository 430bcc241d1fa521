//! The frontmatter's schema. Source: AOF 1.20, "Frontmatter fields".
//!
//! Knows types only; the readers give them meaning.

use serde_json::Value;

use crate::budget::CARD_BUDGET;
use crate::finding::Codes;
use crate::json_schema::of_file;
use crate::schema::Shape::{
    Any, Boolean, Choice, Integer, List, Map, Moment, Table, Text, Version,
};
use crate::schema::{Schema, idle, open, optional, required};
use crate::sla::{LIMIT, ON_VIOLATION};
use crate::workflow::STATUSES;

/// Codes of cards.
pub(crate) const CODES: Codes = Codes {
    syntax: "AOF-1100",
    value: "AOF-1101",
    missing: "AOF-1102",
    unknown: "AOF-1106",
};
/// The id differs from the file's name.
pub(crate) const NAME_MISMATCH: &str = "AOF-1103";

/// A JSON Schema of a card's frontmatter.
#[must_use]
pub fn card_schema() -> Value {
    of_file("The frontmatter of a card of AOF", &CARD)
}

const INT32_MAX: u64 = u32::MAX as u64;

/// All top-level keys, in the order in which they are written.
pub(crate) const CARD: Schema = open(&[
    required("schemaVersion", Version(2)),
    required("id", Text),
    optional("project", Text),
    required("title", Text),
    required("status", Text),
    optional("priority", Text),
    optional("routing", Map(&ROUTING)),
    optional("sla", Map(&SLA)),
    optional("budget", Map(&CARD_BUDGET)),
    optional("lease", Map(&LEASE)),
    optional("createdAt", Moment),
    optional("updatedAt", Moment),
    optional("lastTransitionAt", Moment),
    optional("createdBy", Text),
    optional("parentId", Text),
    optional("dependsOn", List(&Text)),
    optional("dependencyPolicy", Choice(&["done", "terminal"])),
    optional("contentHash", Text),
    optional("metadata", Table(&Any)),
    idle("contextTier", Choice(&["seed", "full"])),
    idle("requiredRunbook", Text),
    idle("required_runbook", Text),
    idle("instructionsRef", Text),
    idle("guidanceRef", Text),
    optional("resource", Text),
    idle("callbackDepth", Integer(0, INT32_MAX)),
    idle("gate", Map(&GATE)),
    idle("gateHistory", List(&Any)),
    idle("reviewContext", Table(&Any)),
    idle("tests", List(&Map(&TEST))),
    idle("testsFile", Text),
    optional("workflow", Map(&WORKFLOW)),
    optional("hop", Map(&HOP)),
    optional("revision", Integer(0, u64::MAX)),
]);

const ROUTING: Schema = open(&[
    optional("role", Text),
    optional("team", Text),
    optional("agent", Text),
    optional("tags", List(&Text)),
    idle("workflow", Text),
]);

const SLA: Schema = open(&[
    optional("maxInProgressMs", LIMIT),
    optional("maxQueueMs", LIMIT),
    optional("maxReviewMs", LIMIT),
    optional("maxBlockedMs", LIMIT),
    optional("onViolation", ON_VIOLATION),
]);

const LEASE: Schema = open(&[
    required("agent", Text),
    required("acquiredAt", Moment),
    required("expiresAt", Moment),
    optional("renewCount", Integer(0, INT32_MAX)),
    optional("run", Text),
    optional("attempt", Integer(1, INT32_MAX)),
]);

const GATE: Schema = open(&[required("current", Text), optional("entered", Moment)]);

const TEST: Schema = open(&[
    required("given", Text),
    required("when", Text),
    required("then", Map(&THEN)),
]);

const THEN: Schema = open(&[
    optional("status", Integer(0, 999)),
    optional("body_contains", List(&Text)),
]);

const WORKFLOW: Schema = open(&[
    required("definition", Table(&Any)),
    optional("state", Map(&STATE)),
    optional("templateName", Text),
]);

const STATE: Schema = open(&[
    optional(
        "status",
        Choice(&["pending", "running", "complete", "failed"]),
    ),
    optional("startedAt", Moment),
    optional("completedAt", Moment),
    optional("hops", Table(&Map(&HOP_STATE))),
    optional("dropped", List(&Text)),
]);

/// Source: AOF 1.20, "Schema" of workflows; `outcome` and what follows it are ours.
const HOP_STATE: Schema = open(&[
    optional("status", Choice(&STATUSES)),
    optional("startedAt", Moment),
    optional("completedAt", Moment),
    optional("agent", Text),
    idle("correlationId", Text),
    optional("result", Table(&Any)),
    optional("rejectionCount", Integer(0, INT32_MAX)),
    optional("escalated", Boolean),
    optional("outcome", Text),
    optional("skipped", Choice(&["condition", "dead-path", "failure"])),
    optional("task", Text),
    optional("pass", Integer(0, INT32_MAX)),
    optional("children", List(&Text)),
    optional("reason", Text),
    optional("review", Table(&Any)),
    optional("closed", List(&Text)),
    optional("liveSince", Moment),
]);

const HOP: Schema = open(&[
    required("of", Text),
    required("id", Text),
    optional("pass", Integer(1, INT32_MAX)),
    optional("kind", Choice(&["work", "human"])),
    optional("autoAdvance", Boolean),
    optional("canReject", Boolean),
    optional("timeoutMs", Integer(1, u64::MAX)),
    optional("escalateTo", Text),
    optional("escalatedAt", Moment),
    optional("timedOutAt", Moment),
    optional("retries", Integer(0, INT32_MAX)),
    optional("result", Table(&Any)),
]);
