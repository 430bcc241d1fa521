//! The org chart and what is said about it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One finding of a lint.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ChartFinding {
    /// The rule that is broken.
    pub rule: String,
    /// `shape`, `reference`, `duplicate` or `contradiction`.
    pub nature: String,
    /// `error` or `warning`.
    pub level: String,
    /// Stable code.
    pub code: String,
    /// The field.
    pub field: String,
    /// `path:line:column`.
    pub location: String,
    /// Line, from 1.
    pub line: u64,
    /// Column, from 1.
    pub column: u64,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl ChartFinding {
    /// Whether it decides if the chart can be used.
    pub fn decides(&self) -> bool {
        self.nature != "contradiction" && self.rule != "no-effect"
    }
}

/// What a lint says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Lint {
    /// The file.
    pub path: String,
    /// Whether the scheduler can use the chart.
    pub usable: bool,
    /// How many errors.
    pub errors: u64,
    /// How many warnings.
    pub warnings: u64,
    /// Findings that were too many to be told.
    pub dropped: u64,
    /// What the chart was made from.
    pub template: Option<String>,
    /// How much of everything the chart has, if it can be used.
    pub counts: Option<BTreeMap<String, u64>>,
    /// Errors first.
    pub findings: Vec<ChartFinding>,
    /// The text, if it was edited.
    pub text: Option<String>,
}

impl Lint {
    /// How many findings of that level are told.
    pub fn count(&self, level: &str) -> u64 {
        let of_level = self.findings.iter().filter(|found| found.level == level);
        of_level.count() as u64
    }
}

/// One difference between chart and gateway.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DriftItem {
    /// How they differ.
    pub kind: String,
    /// The agent of the chart.
    pub agent: Option<String>,
    /// Its id in the gateway.
    pub gateway_id: String,
    /// What is the matter.
    pub message: String,
}

/// How the gateway differs from the chart.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Drift {
    /// `gateway` or `fixture`.
    pub source: String,
    /// When the gateway told its agents.
    pub seen_at: Option<String>,
    /// How many agents the gateway has.
    pub agents_there: u64,
    /// The differences.
    pub items: Vec<DriftItem>,
    /// Agents with policies of which the gateway does not say whether it has a profile.
    pub unchecked_profiles: Vec<String>,
}

/// The chart.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Chart {
    /// The file.
    pub path: String,
    /// What it was made from.
    pub template: Option<String>,
    /// Who exists.
    pub agents: Vec<Agent>,
    /// Teams.
    pub teams: Vec<Team>,
    /// Roles by name.
    pub roles: BTreeMap<String, Role>,
    /// Rules in the order in which they are tried.
    pub routing: Vec<Rule>,
    /// Units.
    pub org_units: Vec<Unit>,
    /// Groups.
    pub groups: Vec<Group>,
    /// Who is in which unit.
    pub memberships: Vec<Membership>,
    /// What one agent is to another.
    pub relationships: Vec<Relationship>,
    /// Where memory lies.
    pub memory_pools: Option<Pools>,
    /// Who tidies it up.
    pub memory_curation: Option<Curation>,
}

/// How an agent is reached.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Comms {
    /// The ways in order; none where the chart does not say.
    pub reached_by: Option<String>,
}

/// One agent.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Agent {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// What the gateway calls it.
    pub openclaw_agent_id: Option<String>,
    /// Its team.
    pub team: Option<String>,
    /// Whom it reports to.
    pub reports_to: Option<String>,
    /// Whether it gets work.
    pub active: bool,
    /// Whether it may hand tasks on.
    pub can_delegate: bool,
    /// What it can do.
    pub tags: Vec<String>,
    /// Runs at the same time.
    pub concurrency: u64,
    /// Its model.
    pub model: Option<String>,
    /// Who serves it.
    pub provider: Option<String>,
    /// How it is reached.
    pub comms: Comms,
    /// How much it may use.
    pub budgets: Vec<Budget>,
}

/// One team.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Team {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Who leads it.
    pub lead: Option<String>,
    /// Who gets its tasks.
    pub orchestrator: Option<String>,
    /// Who is asked about technical matters.
    pub technical_lead: Option<String>,
    /// How fast it is given work.
    pub dispatch: TeamDispatch,
    /// When its work is reviewed.
    pub murmur: Option<Murmur>,
    /// How much it may use.
    pub budgets: Vec<Budget>,
}

/// How much may be used within a window of time.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Budget {
    /// Tokens read and written.
    pub tokens_max: Option<u64>,
    /// Cost in millionths.
    pub cost_micros_max: Option<u64>,
    /// Within which time.
    pub window: String,
    /// At how much of it people are told.
    pub alert_at_percent: u64,
}

/// How fast a team is given work.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TeamDispatch {
    /// Runs at the same time.
    pub max_concurrent: Option<u64>,
    /// Least time between two dispatches.
    pub min_interval_ms: Option<u64>,
}

/// When the work of a team is reviewed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Murmur {
    /// What leads to a review.
    pub triggers: Vec<Trigger>,
    /// What the reviewer is given.
    pub context: Vec<String>,
}

/// One occasion for a review.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Trigger {
    /// What happens.
    pub kind: String,
    /// How often.
    pub threshold: Option<u64>,
    /// How long.
    pub interval_ms: Option<u64>,
}

/// One role.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Role {
    /// Who can fill it.
    pub agents: Vec<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Whether a person must.
    pub require_human: bool,
}

/// One routing rule.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Rule {
    /// Tags that a task must have.
    pub match_tags: Vec<String>,
    /// Urgencies that it may have.
    pub match_priority: Vec<String>,
    /// The role that gets it.
    pub target_role: Option<String>,
    /// The team that gets it.
    pub target_team: Option<String>,
    /// The agent that gets it.
    pub target_agent: Option<String>,
    /// The lighter rule is tried first.
    pub weight: u64,
}

/// One unit.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Unit {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// What such a part is called.
    #[serde(rename = "type")]
    pub kind: String,
    /// The unit that it is part of.
    pub parent_id: Option<String>,
    /// Who leads it.
    pub lead_id: Option<String>,
    /// Whether it works.
    pub active: bool,
}

/// One group.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Group {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Who is in it.
    pub member_ids: Vec<String>,
}

/// One agent in one unit.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Membership {
    /// The agent.
    pub agent_id: String,
    /// The unit.
    pub org_unit_id: String,
    /// What it is there.
    pub role: Option<String>,
    /// Whether it mainly belongs there.
    pub primary: bool,
}

/// What one agent is to another.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Relationship {
    /// Whose it is.
    pub from_agent_id: String,
    /// To whom.
    pub to_agent_id: String,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether it counts.
    pub active: bool,
}

/// Where memory lies.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Pools {
    /// What everybody has at hand.
    pub hot: Option<Pool>,
    /// What some have.
    pub warm: Vec<Pool>,
    /// What is put away.
    pub cold: Vec<String>,
    /// How it is stored.
    pub adapter: String,
}

/// One pool.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Pool {
    /// Its id, if it has one.
    pub id: String,
    /// Its folder.
    pub path: String,
    /// Who has it, for hot pools.
    pub agents: Vec<String>,
    /// Who has it, for warm pools.
    pub roles: Vec<String>,
}

/// Who tidies memory up.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Curation {
    /// The policy.
    pub policy_path: String,
    /// The role that does it.
    pub role: String,
}
