//! A task as its card tells it: typed frontmatter and a Markdown body.
//!
//! Knows nothing of YAML or files; the codec fills it in and writes it back.

use serde_json::{Map, Value};

use crate::budget::Budget;
use crate::dependency::DependencyPolicy;
use crate::id::{AgentId, ProjectId, RoleId, TaskId, TeamId};
use crate::instant::Instant;
use crate::lease::Lease;
use crate::metadata;
use crate::priority::Priority;
use crate::sla::CardSla;
use crate::status::Status;
use crate::workflow::{Flow, HopOf};

/// Longest run that a card may ask for. Source: AOF 1.20, "per-task timeout cap".
pub const TIMEOUT_MS_MAX: u64 = 14_400_000;

/// Who should do a task.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Routing {
    /// A role of the org chart.
    pub role: Option<RoleId>,
    /// A team of the org chart.
    pub team: Option<TeamId>,
    /// One agent; it wins over role and team.
    pub agent: Option<AgentId>,
    /// Words that describe the work.
    pub tags: Vec<String>,
}

impl Routing {
    /// Whether an agent, a role or a team is named.
    #[must_use]
    pub fn names_target(&self) -> bool {
        self.agent.is_some() || self.role.is_some() || self.team.is_some()
    }
}

/// One task. Field meanings and defaults: AOF 1.20, "Frontmatter fields".
#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    /// Version of the card format: 1 or 2.
    pub schema_version: u32,
    /// Identity; equals the file name.
    pub id: TaskId,
    /// The project that the card says it belongs to.
    pub project: Option<ProjectId>,
    /// One line for people.
    pub title: String,
    /// The status that the frontmatter mirrors; the directory decides.
    pub status: Status,
    /// Order of dispatch.
    pub priority: Priority,
    /// Who should do it.
    pub routing: Routing,
    /// The current claim, while in progress.
    pub lease: Option<Lease>,
    /// When it was made.
    pub created_at: Instant,
    /// Last change of content by a tool.
    pub updated_at: Instant,
    /// Last change of status.
    pub last_transition_at: Instant,
    /// Who made it.
    pub created_by: String,
    /// The task that this one is a part of.
    pub parent_id: Option<TaskId>,
    /// Tasks that must be done before this one starts.
    pub depends_on: Vec<TaskId>,
    /// When one of them counts as met.
    pub dependency_policy: DependencyPolicy,
    /// How long it may stand in one status, where it says so itself. No verb changes it.
    pub sla: CardSla,
    /// How much all of its runs may use. No verb changes it.
    pub budget: Option<Budget>,
    /// First 16 hexadecimal digits of the SHA-256 of the body.
    pub content_hash: Option<String>,
    /// Open map; well-known keys are in [`crate::metadata`].
    pub metadata: Map<String, Value>,
    /// Two running tasks never share one.
    pub resource: Option<String>,
    /// The workflow that it carries.
    pub workflow: Option<Box<Flow>>,
    /// Which hop of another task's workflow it is.
    pub hop: Option<Box<HopOf>>,
    /// Counts our writes; a card never written by us has 0.
    pub revision: u64,
    /// The Markdown after the frontmatter.
    pub body: String,
}

impl Card {
    /// Limit of one run that the card asks for, if it asks for one that is allowed.
    #[must_use]
    pub fn timeout_ms(&self) -> Option<u64> {
        let asked = self.metadata.get(metadata::TIMEOUT_MS)?.as_u64()?;
        (1..=TIMEOUT_MS_MAX).contains(&asked).then_some(asked)
    }
}
