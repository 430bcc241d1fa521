//! Who may do what: a table of operation, role and relation to the task, as data.
//!
//! Never believes an argument: the role comes from the caller that the host vouches for and from
//! the org chart, the relation from the card. Invariant: whoever is no person and not the host
//! becomes neither by any name. The table for people is `docs/permissions.md`.

use std::fmt;

use std::collections::BTreeSet;

use crate::caller::Caller;
use crate::card::Routing;
use crate::gather::gathered;
use crate::id::{AgentId, RunId, TeamId};
use crate::lease::Lease;
use crate::org::{Agent, OrgChart, RelationshipKind, Team, Unit};
use crate::priority::Priority;
use crate::routing::named;

/// What somebody wants to do: a tool, or one of the two things that `aof_task_update` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// `aof_dispatch`.
    Dispatch,
    /// `aof_dispatch` of a part of another task: that one waits for it.
    Part,
    /// `aof_task_get`.
    Get,
    /// `aof_task_update` with a body only.
    Rewrite,
    /// `aof_task_update` with a status.
    Move,
    /// `aof_task_complete`.
    Complete,
    /// `aof_task_block`.
    Block,
    /// `aof_task_unblock`.
    Unblock,
    /// `aof_task_cancel`.
    Cancel,
    /// `aof_task_dep_add`.
    Depend,
    /// `aof_task_dep_remove`.
    Undepend,
    /// `aof_task_subscribe`.
    Subscribe,
    /// `aof_task_unsubscribe`.
    Unsubscribe,
    /// `aof_task_promote`.
    Promote,
    /// `aof_task_resurrect`.
    Resurrect,
    /// `aof_task_edit`.
    Amend,
    /// `aof_workflow_upgrade`.
    Upgrade,
    /// `aof_task_log`.
    Log,
    /// `aof_task_heartbeat`.
    Heartbeat,
    /// `aof_task_list`.
    List,
    /// `aof_explain`.
    Explain,
    /// `aof_org_show`.
    OrgShow,
    /// `aof_workflow_check`.
    WorkflowCheck,
    /// `aof_status_report`.
    Report,
    /// `aof_project_create`.
    ProjectCreate,
    /// `aof_project_list`.
    ProjectList,
    /// `aof_project_status`.
    ProjectStatus,
}

impl Operation {
    /// The tool that does it.
    #[must_use]
    pub const fn tool(self) -> &'static str {
        match self {
            Operation::Dispatch | Operation::Part => "aof_dispatch",
            Operation::Get => "aof_task_get",
            Operation::Rewrite | Operation::Move => "aof_task_update",
            Operation::Complete => "aof_task_complete",
            Operation::Block => "aof_task_block",
            Operation::Unblock => "aof_task_unblock",
            Operation::Cancel => "aof_task_cancel",
            Operation::Depend => "aof_task_dep_add",
            Operation::Undepend => "aof_task_dep_remove",
            Operation::Subscribe => "aof_task_subscribe",
            Operation::Unsubscribe => "aof_task_unsubscribe",
            Operation::Promote => "aof_task_promote",
            Operation::Resurrect => "aof_task_resurrect",
            Operation::Amend => "aof_task_edit",
            Operation::Upgrade => "aof_workflow_upgrade",
            Operation::Log => "aof_task_log",
            Operation::Heartbeat => "aof_task_heartbeat",
            Operation::List => "aof_task_list",
            Operation::Explain => "aof_explain",
            Operation::OrgShow => "aof_org_show",
            Operation::WorkflowCheck => "aof_workflow_check",
            Operation::Report => "aof_status_report",
            Operation::ProjectCreate => "aof_project_create",
            Operation::ProjectList => "aof_project_list",
            Operation::ProjectStatus => "aof_project_status",
        }
    }
}

/// What somebody is in the company.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// The host itself.
    Host,
    /// A person, as the host knows it.
    Admin,
    /// An agent that leads or orchestrates a team, or leads a unit.
    Orchestrator,
    /// Any other agent of the chart.
    Worker,
    /// An agent that the chart does not have.
    Unknown,
}

impl Role {
    /// The role of a caller.
    #[must_use]
    pub fn of(caller: &Caller, chart: &OrgChart) -> Self {
        match caller {
            Caller::Host => Role::Host,
            Caller::Human(_) => Role::Admin,
            Caller::Agent { agent, .. } if chart.agent(agent).is_none() => Role::Unknown,
            Caller::Agent { agent, .. } if leads_any(agent, chart) => Role::Orchestrator,
            Caller::Agent { .. } => Role::Worker,
        }
    }

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Host => "host",
            Role::Admin => "admin",
            Role::Orchestrator => "orchestrator",
            Role::Worker => "worker",
            Role::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a caller has to do with a task; the first that fits is the nearest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    /// Its current run holds the task.
    Holder,
    /// It leads the task's team or a unit of whoever has the task, and the task is not its own.
    TeamLead,
    /// The card names it, and no run holds the task.
    Assignee,
    /// It made the task.
    Creator,
    /// Nothing.
    None,
}

impl Relation {
    /// All of them, the nearest first.
    pub const ALL: [Relation; 5] = [
        Relation::Holder,
        Relation::TeamLead,
        Relation::Assignee,
        Relation::Creator,
        Relation::None,
    ];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Relation::Holder => "holder",
            Relation::TeamLead => "team-lead",
            Relation::Assignee => "assignee",
            Relation::Creator => "creator",
            Relation::None => "none",
        }
    }
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What the table says about one role and one operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grant {
    /// Whatever the task.
    Always,
    /// If one of these relations holds.
    As(&'static [Relation]),
    /// For itself with `allowSelfAssign`, for others with `canDelegate`.
    ByPolicy,
    /// Never.
    Never,
}

use Grant::{Always, As, ByPolicy, Never};
use Relation::{Assignee, Creator, Holder, TeamLead};

/// For whoever has to do with the task.
const CONCERNED: [Grant; 3] = [
    As(&[Holder, TeamLead, Creator]),
    As(&[Holder, Creator]),
    Never,
];

/// Orchestrator, worker, unknown. The host and people may do everything.
const TABLE: [(Operation, [Grant; 3]); 27] = [
    (Operation::Dispatch, [Always, ByPolicy, Never]),
    (
        Operation::Part,
        [
            As(&[Holder, TeamLead, Creator]),
            As(&[Holder, Creator]),
            Never,
        ],
    ),
    (Operation::Get, [Always, Always, Always]),
    (
        Operation::Rewrite,
        [
            As(&[Holder, TeamLead, Creator]),
            As(&[Holder, Creator]),
            As(&[Holder]),
        ],
    ),
    (
        Operation::Move,
        [As(&[Holder, TeamLead]), As(&[Holder]), As(&[Holder])],
    ),
    (
        Operation::Complete,
        [As(&[Holder, TeamLead]), As(&[Holder]), As(&[Holder])],
    ),
    (
        Operation::Block,
        [
            As(&[Holder, TeamLead, Assignee]),
            As(&[Holder, Assignee]),
            As(&[Holder]),
        ],
    ),
    (
        Operation::Unblock,
        [
            As(&[Holder, TeamLead, Creator]),
            As(&[Holder, Creator]),
            As(&[Holder]),
        ],
    ),
    (
        Operation::Cancel,
        [
            As(&[Holder, TeamLead, Creator]),
            As(&[Holder, Creator]),
            As(&[Holder]),
        ],
    ),
    (
        Operation::Depend,
        [As(&[TeamLead, Creator]), As(&[Creator]), Never],
    ),
    (
        Operation::Undepend,
        [As(&[TeamLead, Creator]), As(&[Creator]), Never],
    ),
    (Operation::Subscribe, CONCERNED),
    (Operation::Unsubscribe, CONCERNED),
    (Operation::Promote, [As(&[TeamLead]), Never, Never]),
    (Operation::Resurrect, [As(&[TeamLead]), Never, Never]),
    (
        Operation::Amend,
        [As(&[TeamLead, Creator]), As(&[Creator]), Never],
    ),
    (
        Operation::Upgrade,
        [As(&[TeamLead, Creator]), As(&[Creator]), Never],
    ),
    (
        Operation::Log,
        [
            As(&[Holder, TeamLead, Creator]),
            As(&[Holder, Creator]),
            As(&[Holder]),
        ],
    ),
    (
        Operation::Heartbeat,
        [As(&[Holder]), As(&[Holder]), As(&[Holder])],
    ),
    (Operation::List, [Always, Always, Always]),
    (Operation::Explain, [Always, Always, Always]),
    (Operation::OrgShow, [Always, Always, Always]),
    (Operation::WorkflowCheck, [Always, Always, Always]),
    (Operation::Report, [Always, Always, Always]),
    (Operation::ProjectCreate, [Always, Never, Never]),
    (Operation::ProjectList, [Always, Always, Always]),
    (Operation::ProjectStatus, [Never, Never, Never]),
];

fn grant(operation: Operation, role: Role) -> Grant {
    let row = TABLE.iter().find(|(known, _)| *known == operation);
    let Some((_, [orchestrator, worker, unknown])) = row else {
        return Never;
    };
    match role {
        Role::Host | Role::Admin => Always,
        Role::Orchestrator => *orchestrator,
        Role::Worker => *worker,
        Role::Unknown => *unknown,
    }
}

/// What a relation to a task is judged by.
#[derive(Debug, Clone, Copy)]
pub struct Matter<'a> {
    /// Whom the card names.
    pub routing: &'a Routing,
    /// Who holds the task.
    pub lease: Option<&'a Lease>,
    /// Who handed in what is in review.
    pub submitted_by: Option<&'a str>,
    /// Who made it; none for one that is being made.
    pub created_by: Option<&'a str>,
    /// The team that owns its project.
    pub owner: Option<&'a TeamId>,
}

impl Matter<'_> {
    /// The agent that has the task, or should.
    fn assignee(&self) -> Option<&AgentId> {
        let holder = self.lease.map(|lease| &lease.agent);
        holder.or(self.routing.agent.as_ref())
    }

    /// Whether this agent leads the team that the task belongs to: the one that the card names,
    /// else that of whoever has it, else that of the project's owner.
    fn is_led_by(&self, agent: &AgentId, chart: &OrgChart) -> bool {
        if self.assignee() == Some(agent) || self.submitted_by == Some(agent.as_str()) {
            return false;
        }
        let of_assignee = || chart.agent(self.assignee()?)?.team.as_ref();
        let of_owner = || self.owner.filter(|_| !self.routing.names_target());
        let team = self
            .routing
            .team
            .as_ref()
            .or_else(of_assignee)
            .or_else(of_owner);
        let leads_unit = |assignee: &AgentId| leads_unit_of(agent, assignee, chart);
        team.is_some_and(|team| leads(agent, team, chart))
            || self.assignee().is_some_and(leads_unit)
    }

    fn fits(&self, relation: Relation, (agent, run): Who<'_>, chart: &OrgChart) -> bool {
        match relation {
            Holder => {
                let held = self.lease.and_then(|lease| lease.run.as_ref());
                run.is_some() && held == run
            }
            TeamLead => self.is_led_by(agent, chart),
            Assignee => self.lease.is_none() && self.routing.agent.as_ref() == Some(agent),
            Creator => self.created_by == Some(agent.as_str()),
            Relation::None => true,
        }
    }
}

type Who<'a> = (&'a AgentId, Option<&'a RunId>);

/// What the table says about one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ruling {
    /// What the caller is.
    pub role: Role,
    /// The relation that allows it, else the nearest one.
    pub relation: Relation,
    /// Whether the caller may.
    pub is_allowed: bool,
}

/// Whether a caller may do something about a task.
#[must_use]
pub fn rule(
    operation: Operation,
    caller: &Caller,
    matter: &Matter<'_>,
    chart: &OrgChart,
) -> Ruling {
    let role = Role::of(caller, chart);
    let fits = |relation: &Relation| match caller {
        Caller::Agent { agent, run } => matter.fits(*relation, (agent, run.as_ref()), chart),
        Caller::Human(_) | Caller::Host => *relation == Relation::None,
    };
    let nearest = Relation::ALL
        .into_iter()
        .find(fits)
        .unwrap_or(Relation::None);
    let (relation, is_allowed) = match grant(operation, role) {
        Always => (nearest, true),
        Never => (nearest, false),
        ByPolicy => (nearest, may_make(caller, (nearest, matter.routing), chart)),
        As(relations) => match relations.iter().copied().find(fits) {
            Some(relation) => (relation, true),
            None => (nearest, false),
        },
    };
    Ruling {
        role,
        relation,
        is_allowed,
    }
}

/// Whether a caller may do something about a project.
#[must_use]
pub fn rule_project(operation: Operation, caller: &Caller, chart: &OrgChart) -> Ruling {
    let role = Role::of(caller, chart);
    Ruling {
        role,
        relation: Relation::None,
        is_allowed: grant(operation, role) == Always,
    }
}

/// Whether an agent's own policies let it make a task for itself, or for others; for others only
/// within its `delegates_to`, if the chart has any.
fn may_make(caller: &Caller, (relation, routing): (Relation, &Routing), chart: &OrgChart) -> bool {
    let Caller::Agent { agent, .. } = caller else {
        return false;
    };
    chart.agent(agent).is_some_and(|agent| match relation {
        Assignee => agent.tasking.allow_self_assign,
        _ => agent.can_delegate && is_within(&delegates(&agent.id, chart), (agent, routing), chart),
    })
}

/// Those to whom the chart lets an agent hand work on, if it says so of any; the agent needs
/// `canDelegate` all the same.
#[must_use]
pub fn delegates<'a>(agent: &AgentId, chart: &'a OrgChart) -> BTreeSet<&'a AgentId> {
    let own = chart
        .relationships
        .iter()
        .filter(|it| it.is_active && it.kind == RelationshipKind::DelegatesTo && it.from == *agent);
    gathered(own.map(|it| &it.to))
}

/// Whether everyone whom a task may lead to is among the targets. Where the chart names no targets
/// everybody is; a task that names nobody may lead to anybody.
fn is_within(
    targets: &BTreeSet<&AgentId>,
    (maker, routing): (&Agent, &Routing),
    chart: &OrgChart,
) -> bool {
    if targets.is_empty() {
        return true;
    }
    let is_own = |id: &AgentId| *id == maker.id && maker.tasking.allow_self_assign;
    let led_to = named(routing, chart);
    !led_to.is_empty()
        && led_to
            .iter()
            .all(|it| targets.contains(&&it.id) || is_own(&it.id))
}

/// Whether an agent may make tasks for others at all.
#[must_use]
pub fn may_delegate(agent: &AgentId, chart: &OrgChart) -> bool {
    leads_any(agent, chart) || chart.agent(agent).is_some_and(|it| it.can_delegate)
}

/// The most urgent task that a caller may make: none for no limit, none inside for no task at all.
#[must_use]
pub fn priority_limit(caller: &Caller, chart: &OrgChart) -> Option<Option<Priority>> {
    let Caller::Agent { agent, .. } = caller else {
        return None;
    };
    let allowed = chart.agent(agent)?.tasking.allowed_priorities.as_ref()?;
    Some(allowed.iter().copied().min())
}

/// Who may do it besides, for somebody of this role who may not.
#[must_use]
pub fn remedy(operation: Operation, role: Role) -> String {
    match grant(operation, role) {
        As(relations) => {
            let relations: Vec<&str> = relations.iter().map(|it| it.as_str()).collect();
            format!("this role may as {}", relations.join(", "))
        }
        ByPolicy => "for itself it needs `policies.tasking.allowSelfAssign: true`, for others \
                     `canDelegate: true`"
            .to_owned(),
        Always | Never => match grant(operation, Role::Orchestrator) {
            Never => "only a person may".to_owned(),
            _ => "this role never may: ask a person or an orchestrator".to_owned(),
        },
    }
}

/// Whether a run of this caller holds the task.
#[must_use]
pub fn holds(caller: &Caller, lease: Option<&Lease>) -> bool {
    let held = lease.and_then(|lease| lease.run.as_ref());
    matches!(caller, Caller::Agent { run: Some(run), .. } if held == Some(run))
}

fn leads_any(agent: &AgentId, chart: &OrgChart) -> bool {
    let of_unit = |unit: &Unit| unit.is_active && unit.lead.as_ref() == Some(agent);
    chart.teams.iter().any(|team| is_head(agent, team)) || chart.units.iter().any(of_unit)
}

fn leads(agent: &AgentId, team: &TeamId, chart: &OrgChart) -> bool {
    let is_known = chart.agent(agent).is_some();
    is_known && chart.team(team).is_some_and(|team| is_head(agent, team))
}

fn is_head(agent: &AgentId, team: &Team) -> bool {
    let heads = [&team.lead, &team.orchestrator];
    heads.into_iter().any(|head| head.as_ref() == Some(agent))
}

/// Whether an agent leads a unit that another one is in, or a unit above it.
fn leads_unit_of(agent: &AgentId, member: &AgentId, chart: &OrgChart) -> bool {
    let memberships = chart.memberships.iter();
    let mut units = memberships
        .filter(|it| it.agent == *member)
        .filter_map(|it| chart.units.named(it.unit.as_str()));
    chart.agent(agent).is_some()
        && units.any(|unit| {
            let above = |unit: &&Unit| chart.units.named(unit.parent.as_ref()?.as_str());
            // Units that are above one another are met no more often than there are units.
            std::iter::successors(Some(unit), above)
                .take(chart.units.len())
                .any(|unit| unit.is_active && unit.lead.as_ref() == Some(agent))
        })
}
