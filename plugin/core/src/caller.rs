//! Who makes a call, as the host vouches for it.

use crate::id::{AgentId, RunId};

/// Everything a call may know about the world besides the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// The moment of the call.
    pub now: crate::instant::Instant,
    /// 128 random bits, fresh for each call.
    pub entropy: (u64, u64),
    /// Who calls.
    pub caller: Caller,
}

/// Who makes a call. Never taken from arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// An agent, perhaps within a run.
    Agent {
        /// The agent.
        agent: AgentId,
        /// The run that its session was started for.
        run: Option<RunId>,
    },
    /// A person.
    Human(String),
    /// The host: scheduler ticks and hooks.
    Host,
}

impl Caller {
    /// The name for events and `createdBy`.
    #[must_use]
    pub fn actor(&self) -> &str {
        match self {
            Caller::Agent { agent, .. } => agent.as_str(),
            Caller::Human(name) => name,
            Caller::Host => "scheduler",
        }
    }
}
