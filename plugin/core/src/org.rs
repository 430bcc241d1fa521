//! The org chart: who exists, how they belong together, how work finds them.
//!
//! Never consults the gateway; what really runs there is compared elsewhere. Names that one part
//! uses of another are kept as they are written: who reads a chart decides what an unknown one
//! means.

pub mod agent;
pub mod comms;
pub mod defaults;
pub mod drift;
pub mod group;
pub mod lint;
pub mod membership;
pub mod murmur;
pub mod policy;
pub mod pool;
pub mod relationship;
pub mod role;
pub mod roster;
pub mod rule;
pub mod team;
pub mod unit;

use std::collections::BTreeMap;

use crate::id::{AgentId, RoleId, TeamId};

pub use agent::Agent;
pub use comms::{Comms, Method, Ways};
pub use defaults::Defaults;
pub use group::Group;
pub use membership::Membership;
pub use murmur::{Murmur, Trigger, TriggerKind};
pub use policy::{CommunicationPolicy, ContextBudget, MemoryPolicy, Policies, Tasking, Tier};
pub use pool::{Adapter, Curation, HotPool, Pools, WarmPool};
pub use relationship::{Relationship, RelationshipKind};
pub use role::Role;
pub use roster::Roster;
pub use rule::Rule;
pub use team::Team;
pub use unit::Unit;

/// The chart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OrgChart {
    /// Name of the template that it was made from.
    pub template: Option<String>,
    /// In declared order.
    pub agents: Roster<Agent>,
    /// In declared order.
    pub teams: Roster<Team>,
    /// By name.
    pub roles: BTreeMap<RoleId, Role>,
    /// In the order in which they are tried: by weight, then as declared.
    pub routing: Vec<Rule>,
    /// In declared order.
    pub units: Roster<Unit>,
    /// In declared order.
    pub groups: Roster<Group>,
    /// In declared order.
    pub memberships: Vec<Membership>,
    /// In declared order.
    pub relationships: Vec<Relationship>,
    /// What agents get that they do not say themselves; merged into them already.
    pub defaults: Defaults,
    /// Where memory lies.
    pub pools: Option<Pools>,
    /// Who tidies it up.
    pub curation: Option<Curation>,
}

impl OrgChart {
    /// The agent of that name.
    #[must_use]
    pub fn agent(&self, id: &AgentId) -> Option<&Agent> {
        self.agents.named(id.as_str())
    }

    /// The team of that name.
    #[must_use]
    pub fn team(&self, id: &TeamId) -> Option<&Team> {
        self.teams.named(id.as_str())
    }

    /// Members of a team, in declared order.
    pub fn members(&self, id: &TeamId) -> impl Iterator<Item = &Agent> {
        self.agents
            .iter()
            .filter(move |agent| agent.team.as_ref() == Some(id))
    }
}
