//! The org chart's schema. Source: AOF 1.20, "Org chart".
//!
//! Knows types only. A field is idle here until something acts upon it.

use serde_json::Value;

use crate::budget::BUDGETS;
use crate::finding::Codes;
use crate::json_schema::of_file;
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

/// A JSON Schema of the org chart, for editors.
#[must_use]
pub fn org_chart_schema() -> Value {
    of_file("The org chart of AOF", &CHART)
}

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
    required("schemaVersion", Version(2)).about("1 or 2; both mean the same"),
    optional("template", Text).about("what the chart was made from"),
    required("agents", List(&Map(&AGENT))).about("who exists"),
    optional("teams", List(&Map(&TEAM))).about("who works together"),
    optional("roles", Table(&Map(&ROLE))).about("who can act as what"),
    optional("routing", List(&Map(&RULE)))
        .about("where tasks go that name nobody; the lightest rule first"),
    optional("orgUnits", List(&Map(&UNIT))).about("departments, squads and the like, as a tree"),
    optional("groups", List(&Map(&GROUP))).about("agents that belong together across units"),
    optional("memberships", List(&Map(&MEMBERSHIP))).about("which agent is in which unit"),
    optional("relationships", List(&Map(&RELATIONSHIP))).about("what one agent is to another"),
    optional("defaults", Map(&DEFAULTS)).about("what every agent gets that it does not say itself"),
    idle("memoryPools", Map(&POOLS)).about("where memory lies"),
    idle("memoryCuration", Map(&CURATION)).about("who tidies memory up"),
    optional("metadata", Table(&Any)).about("for other programs"),
]);

const DESCRIPTION: Field = optional("description", Text).about("what it is for, in a sentence");

const AGENT: Schema = closed(&[
    required("id", Text).about("its name in cards"),
    required("name", Text).about("its name for people"),
    DESCRIPTION,
    optional("team", Text).about("the team that it belongs to"),
    optional("active", Boolean).about("false: it gets no work"),
    optional("capabilities", Map(&CAPABILITIES)).about("what it can do"),
    optional("comms", Map(&COMMS)).about("how tasks reach it"),
    optional("policies", Map(&POLICIES)).about("what it may do"),
    optional("openclawAgentId", Text).about("what the gateway calls it, if not by its id"),
    optional("reportsTo", Text).about("the agent that it reports to"),
    optional("canDelegate", Boolean).about("whether it may hand tasks on"),
    optional("budgets", BUDGETS).about("how much its runs may use"),
]);

const DEFAULTS: Schema = closed(&[
    optional("policies", Map(&POLICIES)).about("policies of an agent that gives none"),
    optional("capabilities", Map(&CAPABILITIES)).about("capabilities of an agent that gives none"),
]);

const CAPABILITIES: Schema = closed(&[
    optional("tags", List(&Text)).about("compared with the tags of cards"),
    optional("concurrency", Integer(1, CONCURRENCY_MAX)).about("runs at the same time"),
    optional("model", Text).about("the model that it runs on"),
    optional("provider", Text).about("who serves the model"),
]);

const COMMS: Schema = closed(&[
    optional("sessionKey", Text).about("the session that `send` uses"),
    optional("preferred", Choice(METHODS)).about("the way to try first"),
    optional("fallbacks", List(&Choice(METHODS))).about("the ways to try after it"),
]);

const METHODS: &[&str] = words!(Method: Spawn, Send, Cli);

const POLICIES: Schema = closed(&[
    optional("tasking", Map(&TASKING)).about("what it may take on"),
    idle("memory", Map(&MEMORY)).about("what it may remember"),
    idle("communication", Map(&COMMUNICATION)).about("whom it may talk to"),
    idle("context", Map(&CONTEXT)).about("how much it is given to read, in characters"),
]);

const TASKING: Schema = closed(&[
    optional("maxConcurrent", Integer(1, CONCURRENCY_MAX))
        .about("runs at the same time; the smaller of it and `concurrency` counts"),
    optional("allowSelfAssign", Boolean).about("whether it may take tasks by itself"),
    optional("requiresReview", Boolean).about("whether somebody looks at what it has done"),
    optional("allowedPriorities", List(&Choice(PRIORITIES))).about("urgencies that it takes"),
]);

/// `medium` is another word for `normal`.
const PRIORITIES: &[&str] = &["critical", "high", "normal", "low", "medium"];

const MEMORY: Schema = closed(&[
    optional("scope", List(&Text)).about("parts of memory that it sees"),
    optional("tiers", List(&Choice(words!(Tier: Hot, Warm, Cold))))
        .about("tiers that it sees, any of them together"),
    optional("readOnly", Boolean).about("true: it writes nothing down"),
]);

const COMMUNICATION: Schema = closed(&[
    optional("allowedChannels", List(&Text)).about("channels that it may use"),
    optional("requiresApproval", Boolean).about("whether somebody agrees first"),
    optional("restrictedAgents", List(&Text)).about("agents that it does not talk to"),
]);

const CONTEXT: Schema = closed(&[
    optional("target", Integer(1, u64::MAX)).about("what is aimed at"),
    optional("warn", Integer(1, u64::MAX)).about("more than this is pointed out"),
    optional("critical", Integer(1, u64::MAX)).about("more than this is not given"),
]);

const TEAM: Schema = closed(&[
    required("id", Text).about("its name in cards"),
    required("name", Text).about("its name for people"),
    DESCRIPTION,
    optional("lead", Text).about("gets its tasks if there is no orchestrator"),
    optional("orchestrator", Text).about("gets its tasks first"),
    optional("technicalLead", Text).about("is asked about technical matters"),
    optional("murmur", Map(&MURMUR)).about("when its work is reviewed as a whole"),
    optional("dispatch", Map(&DISPATCH)).about("how fast it is given work"),
    optional("budgets", BUDGETS).about("how much its runs may use"),
]);

const MURMUR: Schema = closed(&[
    required("triggers", List(&Map(&TRIGGER))).about("what leads to a review, in order"),
    optional("context", List(&Text)).about("what the reviewer is given"),
]);

const TRIGGER: Schema = closed(&[
    required("kind", Choice(TRIGGERS)).about("what happens"),
    optional("threshold", Integer(1, u64::MAX)).about("how often, for batches"),
    optional("intervalMs", Integer(1, u64::MAX)).about("how long, for intervals"),
]);

const TRIGGERS: &[&str] = words!(TriggerKind: QueueEmpty, CompletionBatch, Interval, FailureBatch);

const ROLE: Schema = closed(&[
    required("agents", List(&Text)).about("who can fill it, in order of preference"),
    DESCRIPTION,
    optional("requireHuman", Boolean).about("true: a person does it, nothing is started"),
]);

const RULE: Schema = closed(&[
    optional("matchTags", List(&Text)).about("tags that a task must have; none for any"),
    optional("matchPriority", List(&Choice(PRIORITIES)))
        .about("urgencies that it may have; none for any"),
    optional("targetRole", Text).about("the role that gets it"),
    optional("targetTeam", Text).about("the team that gets it"),
    optional("targetAgent", Text).about("the agent that gets it"),
    optional("weight", Integer(0, u64::MAX))
        .about("the lighter rule is tried first; 100 unless given"),
]);

const UNIT: Schema = closed(&[
    required("id", Text).about("its name in memberships"),
    required("name", Text).about("its name for people"),
    required("type", Text).about("what such a part is called: department, squad"),
    optional("parentId", Text).about("the unit that it is part of"),
    DESCRIPTION,
    optional("leadId", Text).about("the agent that leads it"),
    optional("active", Boolean).about("false: it no longer works"),
    optional("metadata", Table(&Any)).about("for other programs"),
]);

const GROUP: Schema = closed(&[
    required("id", Text).about("its name"),
    required("name", Text).about("its name for people"),
    DESCRIPTION,
    optional("memberIds", List(&Text)).about("the agents in it"),
    optional("metadata", Table(&Any)).about("for other programs"),
]);

const MEMBERSHIP: Schema = closed(&[
    required("agentId", Text).about("the agent"),
    required("orgUnitId", Text).about("the unit"),
    optional("role", Text).about("what it is there, in words"),
    optional("primary", Boolean).about("whether it mainly belongs there; true unless given"),
]);

const RELATIONSHIP: Schema = closed(&[
    required("fromAgentId", Text).about("whose it is"),
    required("toAgentId", Text).about("to whom"),
    required("type", Choice(RELATIONSHIPS)).about("what it is"),
    optional("active", Boolean).about("false: it is as if it were not there"),
    optional("metadata", Table(&Any)).about("for other programs"),
]);

const RELATIONSHIPS: &[&str] =
    words!(RelationshipKind: EscalatesTo, DelegatesTo, ConsultsWith, ReportsTo);

const POOLS: Schema = closed(&[
    optional("hot", Map(&HOT)).about("what everybody has at hand"),
    optional("warm", List(&Map(&WARM))).about("what some have at hand"),
    optional("cold", List(&Text)).about("paths of what is put away"),
    optional("adapter", Choice(words!(Adapter: Filesystem, Lancedb))).about("how it is stored"),
]);

const HOT: Schema = closed(&[
    required("path", Text).about("its folder"),
    DESCRIPTION,
    optional("agents", List(&Text)).about("who has it; empty for everybody"),
]);

const WARM: Schema = closed(&[
    required("id", Text).about("its name"),
    required("path", Text).about("its folder"),
    DESCRIPTION,
    required("roles", List(&Text)).about("who has it: roles, agents, `all`, patterns with `*`"),
]);

const CURATION: Schema = closed(&[
    required("policyPath", Text).about("the policy"),
    required("role", Text).about("the role that does it"),
]);
