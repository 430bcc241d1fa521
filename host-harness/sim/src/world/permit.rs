//! What an agent may ask for outside of any run, as `docs/permissions.md` has it.
//!
//! Takes nothing from the orchestrator but parsed files. Invariant: what it does not allow is
//! allowed by no chart.

use aof_core::card::Card;
use aof_core::metadata;
use aof_core::org::{Agent, OrgChart, RelationshipKind};
use aof_core::priority::Priority;
use aof_core::project::Project;
use serde_json::Value;

use super::step::Wish;
use crate::check::is_head;

/// Units within one another that are followed.
const DEPTH_MAX: usize = 8;

/// Somebody asks for something.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plea<'a> {
    /// Who.
    pub(super) agent: &'a str,
    /// For what.
    pub(super) wish: Wish,
    /// How.
    pub(super) arguments: &'a Value,
    /// About the task of this card, if it is about one.
    pub(super) card: Option<&'a Card>,
    /// The project of that task.
    pub(super) project: Option<&'a Project>,
}

impl Plea<'_> {
    /// Whether this chart lets the agent have it.
    pub(super) fn is_granted(&self, chart: &OrgChart) -> bool {
        let Some(agent) = chart.agents.named(self.agent) else {
            return self.wish == Wish::List;
        };
        let is_creator = || self.card.is_some_and(|card| card.created_by == self.agent);
        let is_assignee = || {
            let card = self.card.filter(|card| card.lease.is_none());
            let named = card.and_then(|card| card.routing.agent.as_ref());
            named.is_some_and(|it| it.as_str() == self.agent)
        };
        let leads = || self.card.is_some_and(|card| self.leads(chart, card));
        match self.wish {
            Wish::List => true,
            // That takes a run, or a person.
            Wish::Beat | Wish::Rest | Wish::Decide | Wish::Change => false,
            Wish::Found => is_head(chart, self.agent),
            Wish::Create | Wish::Plan => self.may_give(chart, agent),
            Wish::Again if self.arguments["taskId"].is_null() => self.may_give(chart, agent),
            Wish::Block => is_assignee() || leads(),
            Wish::Unblock | Wish::Cancel | Wish::Rewrite | Wish::Log | Wish::Again => {
                is_creator() || leads()
            }
            Wish::Depend | Wish::Undepend => is_creator() || leads(),
            Wish::Amend => (is_creator() || leads()) && self.may_give(chart, agent),
            Wish::Complete | Wish::Ready | Wish::Promote | Wish::Resurrect => leads(),
        }
    }

    /// Whether it may give work to whom it names, and as urgent as that.
    fn may_give(&self, chart: &OrgChart, agent: &Agent) -> bool {
        if self.is_too_urgent(agent) {
            return false;
        }
        let Some(target) = self.arguments["agent"].as_str() else {
            return true;
        };
        if is_head(chart, self.agent) {
            return true;
        }
        if target == self.agent {
            return agent.tasking.allow_self_assign;
        }
        let relationships = chart.relationships.iter();
        let mut delegates = relationships
            .filter(|it| it.is_active && it.kind == RelationshipKind::DelegatesTo)
            .filter(|it| it.from == agent.id)
            .peekable();
        let is_free = delegates.peek().is_none();
        agent.can_delegate && (is_free || delegates.any(|it| it.to.as_str() == target))
    }

    /// Whether the task becomes more urgent than what the agent may make.
    fn is_too_urgent(&self, agent: &Agent) -> bool {
        let limit = agent.tasking.allowed_priorities.as_ref();
        let most = limit.and_then(|all| all.iter().min());
        let asked = self.arguments["priority"].as_str();
        let asked = asked.and_then(Priority::parse);
        let Some((asked, most)) = asked.zip(most) else {
            return false;
        };
        asked < *most && self.card.is_none_or(|card| asked < card.priority)
    }

    /// Whether it leads those to whom the task belongs, and the task is not its own.
    fn leads(&self, chart: &OrgChart, card: &Card) -> bool {
        let routing = &card.routing;
        let holder = card.lease.as_ref().map(|lease| &lease.agent);
        let assignee = holder.or(routing.agent.as_ref()).map(|it| it.as_str());
        let submitted_by = card.metadata.get(metadata::SUBMITTED_BY);
        let is_own = assignee == Some(self.agent)
            || submitted_by.and_then(Value::as_str) == Some(self.agent);
        if is_own {
            return false;
        }
        let home = assignee.and_then(|it| chart.agents.named(it)?.team.as_ref());
        let names_nobody = [
            routing.agent.is_none(),
            routing.role.is_none(),
            routing.team.is_none(),
        ];
        let owner = self.project.and_then(|it| it.team.as_ref());
        let owner = owner.filter(|_| names_nobody == [true; 3]);
        let team = routing.team.as_ref().or(home).or(owner);
        let team = team.and_then(|it| chart.teams.named(it.as_str()));
        let heads = team.map(|team| [&team.lead, &team.orchestrator]);
        let mut heads = heads.into_iter().flatten().flatten();
        heads.any(|head| head.as_str() == self.agent)
            || assignee.is_some_and(|it| self.leads_unit_of(chart, it))
    }

    fn leads_unit_of(&self, chart: &OrgChart, assignee: &str) -> bool {
        let memberships = chart.memberships.iter();
        let mut own = memberships.filter(|it| it.agent.as_str() == assignee);
        own.any(|membership| {
            let mut at = chart.units.named(membership.unit.as_str());
            for _ in 0..DEPTH_MAX {
                let Some(unit) = at else { return false };
                let is_led = unit
                    .lead
                    .as_ref()
                    .is_some_and(|it| it.as_str() == self.agent);
                if is_led && unit.is_active {
                    return true;
                }
                let parent = unit.parent.as_ref();
                at = parent.and_then(|it| chart.units.named(it.as_str()));
            }
            false
        })
    }
}
