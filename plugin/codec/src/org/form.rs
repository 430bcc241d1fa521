//! The org chart's schema. Source: AOF 1.20, "Org chart".
//!
//! Knows types only. A field is idle here until something acts upon it.

use crate::finding::Codes;
use crate::schema::Shape::{Any, Boolean, Choice, Integer, List, Map, Table, Text, Version};
use crate::schema::{Field, Schema, closed, idle, optional, required};
use crate::share::DISPATCH;

/// Codes of org charts.
pub(crate) const CODES: Codes = Codes {
    syntax: "AOF-1110",
    value: "AOF-1112",
    missing: "AOF-1112",
    unknown: "AOF-1111",
};
/// A name that the chart does not declare.
pub(crate) const REFERENCE: &str = "AOF-1113";
/// A name that is declared twice.
pub(crate) const DUPLICATE: &str = "AOF-1114";

/// Parts that contradict one another.
pub(crate) const CONTRADICTION: &str = "AOF-1115";

/// The words of one kind of name, as the domain lists them.
macro_rules! words {
    ($kind:ident: $($variant:ident),+) => {
        &[$(aof_core::org::$kind::$variant.as_str()),+]
    };
}

/// Runs at the same time: more than any machine carries.
const CONCURRENCY_MAX: u64 = 1_000;

/// All top-level keys.
pub(crate) const CHART: Schema = closed(&[
    required("schemaVersion", Version(2)),
    optional("template", Text),
    required("agents", List(&Map(&AGENT))),
    optional("teams", List(&Map(&TEAM))),
    optional("roles", Table(&Map(&ROLE))),
    optional("routing", List(&Map(&RULE))),
    optional("orgUnits", List(&Map(&UNIT))),
    optional("groups", List(&Map(&GROUP))),
    optional("memberships", List(&Map(&MEMBERSHIP))),
    optional("relationships", List(&Map(&RELATIONSHIP))),
    optional("defaults", Map(&DEFAULTS)),
    idle("memoryPools", Map(&POOLS)),
    idle("memoryCuration", Map(&CURATION)),
    optional("metadata", Table(&Any)),
]);

const DESCRIPTION: Field = optional("description", Text);

const AGENT: Schema = closed(&[
    required("id", Text),
    required("name", Text),
    DESCRIPTION,
    optional("team", Text),
    optional("active", Boolean),
    optional("capabilities", Map(&CAPABILITIES)),
    optional("comms", Map(&COMMS)),
    optional("policies", Map(&POLICIES)),
    optional("openclawAgentId", Text),
    optional("reportsTo", Text),
    optional("canDelegate", Boolean),
]);

const DEFAULTS: Schema = closed(&[
    optional("policies", Map(&POLICIES)),
    optional("capabilities", Map(&CAPABILITIES)),
]);

const CAPABILITIES: Schema = closed(&[
    optional("tags", List(&Text)),
    optional("concurrency", Integer(1, CONCURRENCY_MAX)),
    optional("model", Text),
    optional("provider", Text),
]);

const COMMS: Schema = closed(&[
    optional("sessionKey", Text),
    idle("preferred", Choice(METHODS)),
    idle("fallbacks", List(&Choice(METHODS))),
]);

const METHODS: &[&str] = words!(Method: Spawn, Send, Cli);

const POLICIES: Schema = closed(&[
    optional("tasking", Map(&TASKING)),
    idle("memory", Map(&MEMORY)),
    idle("communication", Map(&COMMUNICATION)),
    idle("context", Map(&CONTEXT)),
]);

const TASKING: Schema = closed(&[
    optional("maxConcurrent", Integer(1, CONCURRENCY_MAX)),
    optional("allowSelfAssign", Boolean),
    optional("requiresReview", Boolean),
    optional("allowedPriorities", List(&Choice(PRIORITIES))),
]);

/// `medium` is another word for `normal`.
const PRIORITIES: &[&str] = &["critical", "high", "normal", "low", "medium"];

const MEMORY: Schema = closed(&[
    optional("scope", List(&Text)),
    optional("tiers", List(&Choice(words!(Tier: Hot, Warm, Cold)))),
    optional("readOnly", Boolean),
]);

const COMMUNICATION: Schema = closed(&[
    optional("allowedChannels", List(&Text)),
    optional("requiresApproval", Boolean),
    optional("restrictedAgents", List(&Text)),
]);

const CONTEXT: Schema = closed(&[
    optional("target", Integer(1, u64::MAX)),
    optional("warn", Integer(1, u64::MAX)),
    optional("critical", Integer(1, u64::MAX)),
]);

const TEAM: Schema = closed(&[
    required("id", Text),
    required("name", Text),
    DESCRIPTION,
    optional("lead", Text),
    optional("orchestrator", Text),
    optional("technicalLead", Text),
    idle("murmur", Map(&MURMUR)),
    optional("dispatch", Map(&DISPATCH)),
]);

const MURMUR: Schema = closed(&[
    required("triggers", List(&Map(&TRIGGER))),
    optional("context", List(&Text)),
]);

const TRIGGER: Schema = closed(&[
    required("kind", Choice(TRIGGERS)),
    optional("threshold", Integer(1, u64::MAX)),
    optional("intervalMs", Integer(1, u64::MAX)),
]);

const TRIGGERS: &[&str] = words!(TriggerKind: QueueEmpty, CompletionBatch, Interval, FailureBatch);

const ROLE: Schema = closed(&[
    required("agents", List(&Text)),
    DESCRIPTION,
    optional("requireHuman", Boolean),
]);

const RULE: Schema = closed(&[
    optional("matchTags", List(&Text)),
    optional("matchPriority", List(&Choice(PRIORITIES))),
    optional("targetRole", Text),
    optional("targetTeam", Text),
    optional("targetAgent", Text),
    optional("weight", Integer(0, u64::MAX)),
]);

const UNIT: Schema = closed(&[
    required("id", Text),
    required("name", Text),
    required("type", Text),
    optional("parentId", Text),
    DESCRIPTION,
    optional("leadId", Text),
    optional("active", Boolean),
    optional("metadata", Table(&Any)),
]);

const GROUP: Schema = closed(&[
    required("id", Text),
    required("name", Text),
    DESCRIPTION,
    optional("memberIds", List(&Text)),
    optional("metadata", Table(&Any)),
]);

const MEMBERSHIP: Schema = closed(&[
    required("agentId", Text),
    required("orgUnitId", Text),
    optional("role", Text),
    optional("primary", Boolean),
]);

const RELATIONSHIP: Schema = closed(&[
    required("fromAgentId", Text),
    required("toAgentId", Text),
    required("type", Choice(RELATIONSHIPS)),
    optional("active", Boolean),
    optional("metadata", Table(&Any)),
]);

const RELATIONSHIPS: &[&str] =
    words!(RelationshipKind: EscalatesTo, DelegatesTo, ConsultsWith, ReportsTo);

const POOLS: Schema = closed(&[
    optional("hot", Map(&HOT)),
    optional("warm", List(&Map(&WARM))),
    optional("cold", List(&Text)),
    optional("adapter", Choice(words!(Adapter: Filesystem, Lancedb))),
]);

const HOT: Schema = closed(&[
    required("path", Text),
    DESCRIPTION,
    optional("agents", List(&Text)),
]);

const WARM: Schema = closed(&[
    required("id", Text),
    required("path", Text),
    DESCRIPTION,
    required("roles", List(&Text)),
]);

const CURATION: Schema = closed(&[required("policyPath", Text), required("role", Text)]);
