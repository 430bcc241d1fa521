//! Who gets a task: explicit agent, else role, else team, else the chart's rules, else whoever has
//! the tags, else the project's owner.
//!
//! Never looks at caps that are not about who works. Every candidate comes back with what it was
//! judged by, so that a decision can be explained; texts are made only when somebody asks. Source:
//! the documented contract of AOF, "Routing".

mod candidate;
mod circle;
mod flaw;

use std::fmt;

use crate::card::Routing;
use crate::id::{AgentId, RoleId};
use crate::org::{Agent, OrgChart, Rule};
use crate::priority::Priority;
use crate::project::Project;

pub use candidate::{Candidate, Full, Occupancy, Rejection, Verdict};
pub use flaw::Flaw;

use circle::Circle;

/// What is asked of routing.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// What the card names.
    pub routing: &'a Routing,
    /// How urgent it is.
    pub priority: Priority,
    /// Where it belongs.
    pub project: &'a Project,
}

/// How much an agent has to do now, and what keeps it from more.
pub type Bench<'a, 'b> = dyn Fn(&Agent) -> Occupancy<'a> + 'b;

/// Where a task goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'a> {
    /// To this agent.
    Agent(&'a AgentId),
    /// To a person; nothing is spawned.
    Human(&'a RoleId),
    /// Nowhere as long as the chart and the card are as they are: somebody must mend one of them.
    Nobody(Flaw<'a>),
    /// To nobody now, but later: every candidate has as much as it can take.
    Later,
}

/// What led to the candidates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via<'a> {
    /// The card names the agent.
    Agent,
    /// The card names the role.
    Role,
    /// The card names the team.
    Team,
    /// A rule of the chart.
    Rule(&'a Rule),
    /// The tags that the card and the agents share.
    Tags,
    /// The project's owner.
    Owner,
}

impl fmt::Display for Via<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Via::Agent => f.write_str("routing.agent of the card"),
            Via::Role => f.write_str("routing.role of the card"),
            Via::Team => f.write_str("routing.team of the card"),
            Via::Rule(rule) => write!(f, "routing[{}], weight {}", rule.position, rule.weight),
            Via::Tags => f.write_str("capabilities.tags"),
            Via::Owner => f.write_str("owner of the project"),
        }
    }
}

/// The decision and how it came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision<'a> {
    /// Where the task goes.
    pub target: Target<'a>,
    /// What led there.
    pub via: Via<'a>,
    /// Everyone who was considered, in order.
    pub candidates: Vec<Candidate<'a>>,
}

impl<'a> Decision<'a> {
    fn flawed(via: Via<'a>, flaw: Flaw<'a>) -> Self {
        Decision {
            target: Target::Nobody(flaw),
            via,
            candidates: Vec::new(),
        }
    }

    /// Why nobody gets the task, for people.
    #[must_use]
    pub fn reason(&self) -> String {
        match self.target {
            Target::Agent(agent) => format!("goes to agent `{agent}`"),
            Target::Human(role) => {
                format!("role `{role}` is a person's (requireHuman); nothing is spawned")
            }
            Target::Later | Target::Nobody(Flaw::NobodyFits) => self.each_candidate(),
            Target::Nobody(flaw) => flaw.to_string(),
        }
    }

    fn each_candidate(&self) -> String {
        let parts: Vec<String> = self
            .candidates
            .iter()
            .map(|candidate| format!("agent `{}` {candidate}", candidate.agent.id))
            .collect();
        parts.join("; ")
    }
}

/// Decides who gets a task.
#[must_use]
pub fn route<'a>(wish: Wish<'a>, chart: &'a OrgChart, bench: &Bench<'a, '_>) -> Decision<'a> {
    let router = Router { wish, chart, bench };
    let Routing {
        agent, role, team, ..
    } = wish.routing;
    if let Some(agent) = agent {
        return router.to(circle::of_agent(chart, agent), Via::Agent);
    }
    if let Some(role) = role {
        return router.to(circle::of_role(chart, role), Via::Role);
    }
    if let Some(team) = team {
        return router.to(circle::of_team(chart, team, &wish.routing.tags), Via::Team);
    }
    router.unnamed()
}

/// Everyone to whom the agent, role or team that a card names may lead, whatever they have to do
/// and whether or not they work; empty if it names nobody whom the chart knows.
#[must_use]
pub fn named<'a>(routing: &'a Routing, chart: &'a OrgChart) -> Vec<&'a Agent> {
    let Routing {
        agent,
        role,
        team,
        tags,
    } = routing;
    let circle = match (agent, role, team) {
        (Some(agent), _, _) => circle::of_agent(chart, agent),
        (None, Some(role), _) => circle::of_role(chart, role),
        (None, None, Some(team)) => circle::of_team(chart, team, tags),
        (None, None, None) => return Vec::new(),
    };
    match circle {
        Circle::Agents(agents) => agents,
        Circle::Human(_) | Circle::Flawed(_) => Vec::new(),
    }
}

struct Router<'a, 'b> {
    wish: Wish<'a>,
    chart: &'a OrgChart,
    bench: &'b Bench<'a, 'b>,
}

impl<'a> Router<'a, '_> {
    /// A task that names nobody.
    fn unnamed(&self) -> Decision<'a> {
        let tags = &self.wish.routing.tags;
        let mut passed = Vec::new();
        for rule in self.chart.routing.iter().filter(|rule| self.matches(rule)) {
            let mut decision = self.to(self.target_of(rule), Via::Rule(rule));
            // A rule that leads to nobody at all is as if it did not match.
            if !matches!(decision.target, Target::Nobody(_)) {
                passed.append(&mut decision.candidates);
                return Decision {
                    candidates: passed,
                    ..decision
                };
            }
            passed.append(&mut decision.candidates);
        }
        let skilled = circle::with_tags(self.chart, tags);
        let owner = (&self.wish.project.lead, &self.wish.project.team);
        let mut decision = match (skilled, owner) {
            (Some(skilled), _) => self.to(skilled, Via::Tags),
            (None, (Some(lead), _)) => self.to(circle::of_agent(self.chart, lead), Via::Owner),
            (None, (None, Some(team))) => {
                self.to(circle::of_team(self.chart, team, tags), Via::Owner)
            }
            (None, (None, None)) if !passed.is_empty() => {
                Decision::flawed(Via::Owner, Flaw::NobodyFits)
            }
            (None, (None, None)) => Decision::flawed(Via::Owner, Flaw::NoTarget),
        };
        passed.append(&mut decision.candidates);
        Decision {
            candidates: passed,
            ..decision
        }
    }

    fn matches(&self, rule: &Rule) -> bool {
        let tags = &self.wish.routing.tags;
        let has = |tag: &String| tags.contains(tag);
        let is_meant = |priority: &Priority| *priority == self.wish.priority;
        rule.match_tags.iter().all(has)
            && (rule.match_priority.is_empty() || rule.match_priority.iter().any(is_meant))
    }

    fn target_of(&self, rule: &'a Rule) -> Circle<'a> {
        let Rule {
            target_agent,
            target_role,
            target_team,
            ..
        } = rule;
        match (target_agent, target_role, target_team) {
            (Some(agent), _, _) => circle::of_agent(self.chart, agent),
            (None, Some(role), _) => circle::of_role(self.chart, role),
            (None, None, Some(team)) => circle::of_team(self.chart, team, &self.wish.routing.tags),
            (None, None, None) => Circle::Flawed(Flaw::NoTarget),
        }
    }

    /// The least loaded of those that have room; ties go to the earlier one.
    fn to(&self, circle: Circle<'a>, via: Via<'a>) -> Decision<'a> {
        let agents = match circle {
            Circle::Agents(agents) => agents,
            Circle::Flawed(flaw) => return Decision::flawed(via, flaw),
            Circle::Human(role) => {
                return Decision {
                    target: Target::Human(role),
                    via,
                    candidates: Vec::new(),
                };
            }
        };
        let judged = agents
            .into_iter()
            .map(|agent| Candidate::judge(agent, self.wish.priority, (self.bench)(agent)));
        let mut candidates: Vec<Candidate<'a>> = judged.collect();
        let target = candidate::choose(&mut candidates);
        Decision {
            target,
            via,
            candidates,
        }
    }
}
