//! The rules: their names, how bad it is to break them, and what that means for the scheduler.

use std::fmt;

use crate::diagnostic::Level;

/// What kind of mistake breaks a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    /// A name that the chart does not declare. The scheduler does not use such a chart.
    Reference,
    /// A name that is declared twice. The scheduler does not use such a chart.
    Duplicate,
    /// Parts that contradict one another. The chart is used all the same.
    Contradiction,
}

macro_rules! rules {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $level:ident, $nature:ident;)+) => {
        /// One rule.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum LintRule {
            $($(#[$doc])* $variant,)+
        }

        impl LintRule {
            /// All of them.
            pub const ALL: &'static [LintRule] = &[$(LintRule::$variant),+];

            /// The name as people and programs know it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(LintRule::$variant => $name,)+ }
            }

            /// How bad it is to break it.
            #[must_use]
            pub const fn level(self) -> Level {
                match self { $(LintRule::$variant => Level::$level,)+ }
            }

            /// What kind of mistake breaks it.
            #[must_use]
            pub const fn nature(self) -> Nature {
                match self { $(LintRule::$variant => Nature::$nature,)+ }
            }
        }
    };
}

rules! {
    /// `agents[].reportsTo` is an agent.
    ValidReportsTo = "valid-reports-to", Error, Reference;
    /// `teams[].lead` is an agent.
    ValidTeamLead = "valid-team-lead", Error, Reference;
    /// `teams[].orchestrator` is an agent.
    ValidTeamOrchestrator = "valid-team-orchestrator", Error, Reference;
    /// `teams[].technicalLead` is an agent.
    ValidTechnicalLead = "valid-technical-lead", Error, Reference;
    /// `agents[].team` is a team.
    ValidAgentTeam = "valid-agent-team", Error, Reference;
    /// At most one agent is in no team or unit and reports to nobody.
    OrphanedAgent = "orphaned-agent", Warning, Contradiction;
    /// A rule's agent and team are there.
    ValidRoutingTarget = "valid-routing-target", Error, Reference;
    /// A rule's role is a role or an agent.
    ValidRoutingRole = "valid-routing-role", Error, Reference;
    /// A rule says where tasks go.
    RoutingRuleHasTarget = "routing-rule-has-target", Error, Contradiction;
    /// A rule's agent is active.
    InactiveRoutingTarget = "inactive-routing-target", Warning, Contradiction;
    /// No rule comes after one that matches every task.
    CatchAllShadowsLaterRules = "catch-all-shadows-later-rules", Warning, Contradiction;
    /// `roles.<role>.agents[]` are agents.
    ValidRoleAgent = "valid-role-agent", Error, Reference;
    /// A role has somebody who is active.
    RoleHasActiveAgent = "role-has-active-agent", Warning, Contradiction;
    /// A role that needs a person has one.
    HumanRoleWithoutHuman = "human-role-without-human", Warning, Contradiction;
    /// Nobody reports to oneself through others.
    NoCircularReports = "no-circular-reports", Error, Contradiction;
    /// Nobody reports to oneself.
    NoSelfReport = "no-self-report", Error, Contradiction;
    /// No two agents have one id.
    UniqueAgentId = "unique-agent-id", Error, Duplicate;
    /// No two teams have one id.
    UniqueTeamId = "unique-team-id", Error, Duplicate;
    /// No two units have one id.
    UniqueOrgUnitId = "unique-org-unit-id", Error, Duplicate;
    /// No two groups have one id.
    UniqueGroupId = "unique-group-id", Error, Duplicate;
    /// At most one unit is part of no other.
    SingleRoot = "single-root", Error, Contradiction;
    /// `orgUnits[].parentId` is a unit.
    ValidParentId = "valid-parent-id", Error, Reference;
    /// `orgUnits[].leadId` is an agent.
    ValidUnitLead = "valid-unit-lead", Error, Reference;
    /// No unit is part of itself.
    NoCircularUnits = "no-circular-units", Error, Contradiction;
    /// `memberships[].agentId` is an agent.
    ValidMembershipAgent = "valid-membership-agent", Error, Reference;
    /// `memberships[].orgUnitId` is a unit.
    ValidMembershipUnit = "valid-membership-unit", Error, Reference;
    /// An agent belongs mainly to one unit.
    OnePrimaryMembership = "one-primary-membership", Warning, Contradiction;
    /// `groups[].memberIds[]` are agents.
    ValidGroupMembers = "valid-group-members", Error, Reference;
    /// An active agent says what the gateway calls it.
    MissingOpenclawAgentId = "missing-openclaw-agent-id", Warning, Contradiction;
    /// No two agents are one to the gateway.
    DuplicateOpenclawAgentId = "duplicate-openclaw-agent-id", Error, Contradiction;
    /// `relationships[].fromAgentId` is an agent.
    ValidRelationshipFrom = "valid-relationship-from", Error, Reference;
    /// `relationships[].toAgentId` is an agent.
    ValidRelationshipTo = "valid-relationship-to", Error, Reference;
    /// Nobody escalates to oneself.
    NoSelfEscalation = "no-self-escalation", Error, Contradiction;
    /// Nobody escalates to oneself through others.
    NoCircularEscalation = "no-circular-escalation", Error, Contradiction;
    /// Who delegates may hand work on.
    DelegationNeedsCanDelegate = "delegation-needs-can-delegate", Warning, Contradiction;
    /// `send` has a session to send to.
    SendNeedsSessionKey = "send-needs-session-key", Error, Contradiction;
    /// A batch says how many.
    TriggerNeedsThreshold = "trigger-needs-threshold", Error, Contradiction;
    /// An interval says how long.
    TriggerNeedsInterval = "trigger-needs-interval", Error, Contradiction;
    /// Reviews of a team have a reviewer.
    MurmurNeedsOrchestrator = "murmur-needs-orchestrator", Error, Contradiction;
    /// Reviewers are given what there is.
    UnknownMurmurContext = "unknown-murmur-context", Warning, Contradiction;
    /// No cold path lies in a hot or warm pool.
    NoColdInWarm = "no-cold-in-warm", Error, Contradiction;
    /// No hot or warm pool lies in a cold path.
    NoColdPathsInPools = "no-cold-paths-in-pools", Error, Contradiction;
    /// `target` ≤ `warn` ≤ `critical`.
    ValidContextBudgetThresholds = "valid-context-budget-thresholds", Error, Contradiction;
    /// No two pools have one path.
    UniqueMemoryPoolPath = "unique-memory-pool-path", Error, Contradiction;
    /// No two pools have one id.
    UniqueMemoryPoolId = "unique-memory-pool-id", Error, Contradiction;
    /// Who has a pool is a role, an agent, `all` or a pattern.
    ValidMemoryPoolRole = "valid-memory-pool-role", Error, Contradiction;
    /// Roles that workflows name are in the chart.
    WorkflowRoleDefined = "workflow-role-defined", Error, Contradiction;
    /// The chart has no key that the format does not know.
    UnknownKey = "unknown-key", Error, Contradiction;
}

impl fmt::Display for LintRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
