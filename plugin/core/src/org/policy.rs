//! What an agent may do.
//!
//! Never enforces anything.

use std::fmt;

use crate::priority::Priority;

/// The four policies, as one block of the chart gives them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policies {
    /// What it may take on.
    pub tasking: Tasking,
    /// What it may remember.
    pub memory: Option<MemoryPolicy>,
    /// Whom it may talk to.
    pub communication: Option<CommunicationPolicy>,
    /// How much it is given to read.
    pub context: Option<ContextBudget>,
}

/// What an agent may take on. Its `maxConcurrent` is in [`super::Agent::concurrency_max`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tasking {
    /// Whether it may take a task by itself.
    pub allow_self_assign: bool,
    /// Whether somebody else looks at what it has done.
    pub requires_review: bool,
    /// Urgencies that it takes; none for all.
    pub allowed_priorities: Option<Vec<Priority>>,
}

/// Where a piece of memory lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// Always at hand.
    Hot,
    /// At hand for some.
    Warm,
    /// Put away.
    Cold,
}

impl Tier {
    /// All three, warmest first.
    pub const ALL: [Tier; 3] = [Tier::Hot, Tier::Warm, Tier::Cold];

    /// The name as written in charts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Tier::Hot => "hot",
            Tier::Warm => "warm",
            Tier::Cold => "cold",
        }
    }

    /// The tier of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Tier::ALL.into_iter().find(|tier| tier.as_str() == text)
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What an agent may remember.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MemoryPolicy {
    /// Parts of memory that it sees.
    pub scope: Vec<String>,
    /// Tiers that it sees.
    pub tiers: Vec<Tier>,
    /// True: it writes nothing down.
    pub is_read_only: bool,
}

/// Whom an agent may talk to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CommunicationPolicy {
    /// Channels that it may use.
    pub allowed_channels: Vec<String>,
    /// Whether somebody agrees first.
    pub requires_approval: bool,
    /// Agents that it does not talk to.
    pub restricted_agents: Vec<String>,
}

/// How much an agent is given to read, in characters. None where the chart leaves it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ContextBudget {
    /// What is aimed at.
    pub target: Option<u64>,
    /// More than this is pointed out.
    pub warn: Option<u64>,
    /// More than this is not given.
    pub critical: Option<u64>,
}
