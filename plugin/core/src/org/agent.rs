//! One agent: who it is, what it can do, and what it may do.
//!
//! Never says whether it really runs.

use crate::budget::Budget;
use crate::id::{AgentId, TeamId};

use super::comms::Comms;
use super::policy::{CommunicationPolicy, ContextBudget, MemoryPolicy, Tasking};
use super::roster::Named;

/// Runs of one agent at the same time, unless the chart says otherwise.
pub const CONCURRENCY_DEFAULT: u32 = 1;

/// One agent. What the chart's defaults give is in it already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// Identity.
    pub id: AgentId,
    /// Name for people.
    pub name: String,
    /// What it is for, in a sentence.
    pub description: Option<String>,
    /// What the gateway calls it, where that differs from its identity here.
    pub gateway_id: Option<String>,
    /// Home team.
    pub team: Option<TeamId>,
    /// Whom it reports to.
    pub reports_to: Option<AgentId>,
    /// Whether it may hand tasks on to others.
    pub can_delegate: bool,
    /// False: nothing is dispatched to it.
    pub is_active: bool,
    /// What it can do.
    pub tags: Vec<String>,
    /// Runs at the same time: the smaller of `capabilities.concurrency` and
    /// `policies.tasking.maxConcurrent`, where given.
    pub concurrency_max: u32,
    /// How much its runs may use.
    pub budgets: Vec<Budget>,
    /// Model that it should run on.
    pub model: Option<String>,
    /// Who serves that model.
    pub provider: Option<String>,
    /// How tasks reach it.
    pub comms: Comms,
    /// What it may take on.
    pub tasking: Tasking,
    /// What it may remember.
    pub memory: Option<MemoryPolicy>,
    /// Whom it may talk to.
    pub communication: Option<CommunicationPolicy>,
    /// How much it is given to read.
    pub context: Option<ContextBudget>,
}

impl Agent {
    /// An active agent without a team that says nothing but its name.
    #[must_use]
    pub fn bare(id: AgentId) -> Self {
        let name = id.to_string();
        Agent {
            id,
            name,
            description: None,
            gateway_id: None,
            team: None,
            reports_to: None,
            can_delegate: false,
            is_active: true,
            tags: Vec::new(),
            concurrency_max: CONCURRENCY_DEFAULT,
            budgets: Vec::new(),
            model: None,
            provider: None,
            comms: Comms::default(),
            tasking: Tasking::default(),
            memory: None,
            communication: None,
            context: None,
        }
    }

    /// What the gateway calls it.
    #[must_use]
    pub fn gateway_name(&self) -> &str {
        self.gateway_id.as_deref().unwrap_or(self.id.as_str())
    }
}

impl Named for Agent {
    fn name_in_chart(&self) -> &str {
        self.id.as_str()
    }
}
