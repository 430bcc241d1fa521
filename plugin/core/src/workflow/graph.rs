//! What a workflow is made of.
//!
//! Never says how far a task has come. Invariant: every edge leads from a hop of the graph to
//! another one, and no way along edges leads back to where it began.

use std::collections::BTreeMap;

use crate::budget::Budget;
use crate::id::{AgentId, HopId, RoleId, TeamId};
use crate::sla::CardSla;
use crate::workflow::Condition;
use crate::workflow::decide::Decide;
use crate::workflow::expand::{Bounds, Expand};
use crate::workflow::outcome::SUCCESS;

/// Hops of one workflow.
pub const HOPS_MAX: usize = 1_000;
/// Rejections by one hop at which it fails. Source: AOF 1.20, "rejection circuit breaker".
pub const HOP_REJECTIONS_MAX: u32 = 3;
/// Rejections by all hops of a task at which the last one fails.
pub const TASK_REJECTIONS_MAX: u32 = 6;
/// What an edge calls a hop that failed.
pub const FAILED: &str = "failed";

/// When a hop runs that depends on several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Join {
    /// All are decided, none failed and at least one is live.
    #[default]
    All,
    /// One is live.
    Any,
    /// So many are live.
    Quorum(usize),
    /// All are decided, or this many milliseconds have passed since the first became live.
    Deadline(u64),
}

/// What a rejection sets back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Strategy {
    /// Everything.
    #[default]
    Origin,
    /// What the rejecting hop directly depends on, and whatever depends on that.
    Predecessors,
}

/// A dependency of one hop on another.
#[derive(Debug, Clone, PartialEq)]
pub struct Edge {
    /// Position of the hop that comes before.
    pub from: usize,
    /// Outcomes that make it live; any unless given.
    pub on: Option<Vec<String>>,
    /// What must hold besides.
    pub when: Option<Condition>,
}

/// Who does a hop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doer {
    /// Somebody who has this role in the org chart; an agent of that name where there is no such
    /// role.
    Role(RoleId),
    /// This agent.
    Agent(AgentId),
    /// Somebody of this team.
    Team(TeamId),
}

/// How a hop comes to its end.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Kind {
    /// Somebody does it: an agent, or a person.
    #[default]
    Work,
    /// What others came to decides.
    Decide(Box<Decide>),
    /// A plan of another one becomes hops or tasks.
    Expand(Expand),
}

/// What a hop is about, and how it is done.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Duty {
    /// Who does it.
    pub doer: Option<Doer>,
    /// A person does it, not a run.
    pub is_human: bool,
    /// What is to be done, for whoever does it.
    pub description: Option<String>,
    /// A person looks at it before the workflow goes on.
    pub waits_for_review: bool,
    /// How long a run may take before somebody else does it.
    pub timeout_ms: Option<u64>,
    /// Who does it then.
    pub escalate_to: Option<RoleId>,
    /// Further tries after a run that failed.
    pub retries: Option<u32>,
    /// What no two runs use at the same time.
    pub resource: Option<String>,
    /// How long its card may stand in one status.
    pub sla: CardSla,
    /// How much its runs may use.
    pub budget: Option<Budget>,
}

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub struct Hop {
    /// Its name.
    pub id: HopId,
    /// How it comes to its end.
    pub kind: Kind,
    /// Expansions that it comes from, one within another; 0 if somebody wrote it.
    pub generation: usize,
    /// What it is about.
    pub duty: Duty,
    /// What it depends on.
    pub edges: Vec<Edge>,
    /// When it runs.
    pub join: Join,
    /// What must hold, or it is skipped.
    pub condition: Option<Condition>,
    /// Whether it may send work back.
    pub can_reject: bool,
    /// What that sets back.
    pub strategy: Strategy,
    /// At how many rejections it fails.
    pub rejections_max: u32,
}

impl Hop {
    /// Whether it decides from what others came to.
    #[must_use]
    pub const fn decides(&self) -> bool {
        matches!(self.kind, Kind::Decide(_))
    }

    /// Whether it depends on a hop at this position or behind it.
    pub(super) fn needs(&self, first: usize) -> bool {
        self.edges.iter().any(|edge| edge.from >= first)
    }
}

impl Edge {
    /// One that any outcome makes live.
    #[must_use]
    pub const fn from(from: usize) -> Self {
        Edge {
            from,
            on: None,
            when: None,
        }
    }

    /// Whether it can be live once the hop before it went well.
    fn follows_success(&self) -> bool {
        let is_it = |outcome: &String| outcome == SUCCESS;
        self.on.as_ref().is_none_or(|on| on.iter().any(is_it))
    }
}

/// A workflow as it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// Its name.
    pub name: String,
    /// Its hops.
    pub graph: Graph,
}

/// A checked workflow.
#[derive(Debug, Clone, PartialEq)]
pub struct Graph {
    hops: Vec<Hop>,
    /// Positions of those that directly depend on a hop.
    after: Vec<Vec<usize>>,
    /// Positions by name.
    named: BTreeMap<HopId, usize>,
    /// At how many rejections by all hops the last one fails.
    pub rejections_max: u32,
}

/// Why hops make no workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// There is none.
    Empty,
    /// There are more than [`HOPS_MAX`].
    TooMany(usize),
    /// Two have one name: the positions.
    Twice(usize, usize),
    /// An edge of this position comes from no hop.
    Unknown(usize),
    /// Two edges of the first position come from the second.
    Double(usize, usize),
    /// These depend on each other, in this order.
    Ring(Vec<usize>),
    /// More edges must be live than there are.
    Quorum(usize),
}

impl Graph {
    /// The workflow of these hops.
    ///
    /// # Errors
    /// All flaws that were found; a ring is told once, in full.
    pub fn new(hops: Vec<Hop>) -> Result<Self, Vec<Flaw>> {
        let mut flaws = Vec::new();
        if hops.is_empty() {
            flaws.push(Flaw::Empty);
        }
        if hops.len() > HOPS_MAX {
            return Err(vec![Flaw::TooMany(hops.len())]);
        }
        let mut named = BTreeMap::new();
        let mut after = vec![Vec::new(); hops.len()];
        for (at, hop) in hops.iter().enumerate() {
            if let Some(first) = named.get(&hop.id) {
                flaws.push(Flaw::Twice(*first, at));
            } else {
                named.insert(hop.id.clone(), at);
            }
            for edge in &hop.edges {
                match after.get_mut(edge.from) {
                    None => flaws.push(Flaw::Unknown(at)),
                    Some(next) if next.last() == Some(&at) => {
                        flaws.push(Flaw::Double(at, edge.from));
                    }
                    Some(next) => next.push(at),
                }
            }
            let is_short = |needed| needed == 0 || needed > hop.edges.len().max(1);
            if matches!(hop.join, Join::Quorum(needed) if is_short(needed)) {
                flaws.push(Flaw::Quorum(at));
            }
        }
        let graph = Graph {
            hops,
            after,
            named,
            rejections_max: TASK_REJECTIONS_MAX,
        };
        flaws.extend(graph.ring().map(Flaw::Ring));
        if flaws.is_empty() {
            Ok(graph)
        } else {
            Err(flaws)
        }
    }

    /// The workflow with more hops behind one of it; positions of its hops stay as they are.
    ///
    /// Edges of the new hops name positions in the new workflow, where they come last. Those that
    /// depend on none of the new ones depend on the one before; what depends on that waits for the
    /// new ones, too, on which no new one depends. Whatever expands in turn is bounded as that is.
    ///
    /// # Errors
    /// All flaws of the new workflow.
    pub fn extend(&self, before: usize, more: Vec<Hop>) -> Result<Self, Vec<Flaw>> {
        let first = self.hops.len();
        let Some(own) = self.hops.get(before) else {
            return Err(vec![Flaw::Unknown(first)]);
        };
        let mut is_last = vec![true; more.len()];
        for edge in more.iter().flat_map(|hop| &hop.edges) {
            let at = edge.from.checked_sub(first);
            if let Some(mark) = at.and_then(|at| is_last.get_mut(at)) {
                *mark = false;
            }
        }
        let bounds = match own.kind {
            Kind::Expand(Expand { bounds, .. }) => bounds,
            Kind::Work | Kind::Decide(_) => Bounds::LARGEST,
        };
        let mut hops = self.hops.clone();
        for hop in self.after(before).iter() {
            let Some(hop) = hops.get_mut(*hop) else {
                continue;
            };
            let edge = hop.edges.iter().find(|edge| edge.from == before);
            let when = match edge.filter(|edge| edge.follows_success()) {
                Some(edge) => edge.when.clone(),
                None => continue,
            };
            let last = is_last.iter().enumerate().filter(|(_, is_last)| **is_last);
            hop.edges.extend(last.map(|(at, _)| Edge {
                when: when.clone(),
                ..Edge::from(first + at)
            }));
        }
        let generation = own.generation + 1;
        hops.extend(more.into_iter().map(|mut hop| {
            if !hop.needs(first) && hop.edges.iter().all(|edge| edge.from != before) {
                hop.edges.push(Edge::from(before));
            }
            if let Kind::Expand(expand) = &mut hop.kind {
                expand.bounds = expand.bounds.within(bounds);
            }
            hop.generation = generation;
            hop
        }));
        Graph::new(hops).map(|graph| Graph {
            rejections_max: self.rejections_max,
            ..graph
        })
    }

    /// All hops, as declared.
    #[must_use]
    pub fn hops(&self) -> &[Hop] {
        &self.hops
    }

    /// The hop at a position.
    #[must_use]
    pub fn hop(&self, at: usize) -> Option<&Hop> {
        self.hops.get(at)
    }

    /// The position of a hop.
    #[must_use]
    pub fn position(&self, id: &HopId) -> Option<usize> {
        self.named.get(id).copied()
    }

    /// Those that directly depend on a hop.
    #[must_use]
    pub fn after(&self, at: usize) -> &[usize] {
        self.after.get(at).map_or(&[], Vec::as_slice)
    }

    /// The given hops and all that depend on one of them at any distance, in declared order.
    #[must_use]
    pub fn downstream(&self, of: impl IntoIterator<Item = usize>) -> Vec<usize> {
        let mut is_in = vec![false; self.hops.len()];
        let mut due: Vec<usize> = of.into_iter().collect();
        while let Some(at) = due.pop() {
            if let Some(mark) = is_in.get_mut(at)
                && !std::mem::replace(mark, true)
            {
                due.extend(self.after(at));
            }
        }
        let marked = is_in.into_iter().enumerate().filter(|(_, mark)| *mark);
        marked.map(|(at, _)| at).collect()
    }

    /// A ring, if there is one. Takes away what depends on nothing left, again and again; whoever
    /// remains is in a ring or behind one.
    fn ring(&self) -> Option<Vec<usize>> {
        let mut open: Vec<usize> = Vec::with_capacity(self.hops.len());
        let mut left = vec![0_usize; self.hops.len()];
        for next in self.after.iter().flatten() {
            if let Some(count) = left.get_mut(*next) {
                *count += 1;
            }
        }
        open.extend((0..self.hops.len()).filter(|at| left.get(*at) == Some(&0)));
        let mut is_gone = vec![false; self.hops.len()];
        while let Some(at) = open.pop() {
            if let Some(gone) = is_gone.get_mut(at) {
                *gone = true;
            }
            for next in self.after(at) {
                if let Some(count) = left.get_mut(*next) {
                    *count -= 1;
                    if *count == 0 {
                        open.push(*next);
                    }
                }
            }
        }
        let remains = |at: &usize| is_gone.get(*at) == Some(&false);
        let first = (0..self.hops.len()).find(remains)?;
        // Backwards: everyone who remains depends on somebody who does.
        let before = |at: usize| {
            let edges = &self.hops.get(at)?.edges;
            edges.iter().map(|edge| edge.from).find(remains)
        };
        let mut path = vec![first];
        loop {
            let next = path.last().and_then(|at| before(*at))?;
            if let Some(begin) = path.iter().position(|at| *at == next) {
                let mut ring = path.split_off(begin);
                ring.reverse();
                let smallest = ring.iter().enumerate().min_by_key(|(_, at)| **at);
                let turn = smallest.map_or(0, |(turn, _)| turn);
                ring.rotate_left(turn);
                return Some(ring);
            }
            path.push(next);
        }
    }
}
