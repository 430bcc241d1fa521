//! The workflow that a card carries, and how far it has come.
//!
//! Never says what follows from an event: [`super::advance()`] does. Invariant: there is one record
//! for each hop of the graph, in declared order.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::id::{HopId, RoleId, TaskId};
use crate::instant::Instant;
use crate::workflow::expand::Plan;
use crate::workflow::{Definition, Graph, Hop, HopState, Kind, State};

/// How a workflow of a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FlowStatus {
    /// It did not begin.
    #[default]
    Pending,
    /// Hops are at work, or waited for.
    Running,
    /// It is over, and it came to its end.
    Complete,
    /// It is over, and a hop failed.
    Failed,
}

impl FlowStatus {
    /// All of them.
    pub const ALL: [FlowStatus; 4] = [
        FlowStatus::Pending,
        FlowStatus::Running,
        FlowStatus::Complete,
        FlowStatus::Failed,
    ];

    /// The name in cards. Source: AOF 1.20, "Schema" of workflows.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            FlowStatus::Pending => "pending",
            FlowStatus::Running => "running",
            FlowStatus::Complete => "complete",
            FlowStatus::Failed => "failed",
        }
    }

    /// The status of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut all = FlowStatus::ALL.into_iter();
        all.find(|status| status.as_str() == text)
    }
}

/// What is known of one hop of a task.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HopRecord {
    /// Where it stands.
    pub standing: HopState,
    /// How often it was begun.
    pub pass: u32,
    /// The card of its present pass; once it is over, of its last.
    pub task: Option<TaskId>,
    /// Who did it.
    pub by: Option<String>,
    /// When its present pass was begun.
    pub started_at: Option<Instant>,
    /// When it was over.
    pub completed_at: Option<Instant>,
    /// What came of it, as whoever did it said.
    pub result: Option<Map<String, Value>>,
    /// Tasks that a plan became, of a hop that expands into tasks.
    pub children: Vec<TaskId>,
    /// Why it failed.
    pub reason: Option<String>,
    /// Who sent it back and why, until it is done again: `hop`, `notes`, `count`.
    pub review: Option<Map<String, Value>>,
    /// Somebody else took an earlier pass over, as its time was up; nobody does so twice.
    pub is_escalated: bool,
}

impl HopRecord {
    /// Whether the hop may be done and has no card yet. What is computed needs one only for the
    /// person who is asked.
    #[must_use]
    pub fn lacks_card(&self, hop: &Hop) -> bool {
        self.task.is_none()
            && match self.standing.state {
                State::Ready => hop.kind == Kind::Work,
                State::WaitingHuman => true,
                _ => false,
            }
    }
}

/// How far the workflow of a task has come.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FlowState {
    /// As a whole.
    pub status: FlowStatus,
    /// When it began.
    pub started_at: Option<Instant>,
    /// When it was over.
    pub completed_at: Option<Instant>,
    /// Hop by hop, in declared order.
    pub hops: Vec<HopRecord>,
    /// Tasks of plans that nobody waits for any more, and that are still to be given up.
    pub dropped: Vec<TaskId>,
}

/// The workflow of a card.
#[derive(Debug, Clone, PartialEq)]
pub struct Flow {
    /// What is to be done, with what plans have added so far.
    pub definition: Arc<Definition>,
    /// The same without that.
    pub base: Arc<Definition>,
    /// That as it was written.
    pub written: Arc<Value>,
    /// The template that it was made from.
    pub template: Option<String>,
    /// How far it has come.
    pub state: FlowState,
}

impl Flow {
    /// A workflow that did not begin.
    #[must_use]
    pub fn new(definition: Arc<Definition>, written: Arc<Value>, template: Option<String>) -> Self {
        let count = definition.graph.hops().len();
        Flow {
            base: definition.clone(),
            definition,
            written,
            template,
            state: FlowState {
                hops: vec![HopRecord::default(); count],
                ..FlowState::default()
            },
        }
    }

    /// Its hops and edges.
    #[must_use]
    pub fn graph(&self) -> &Graph {
        &self.definition.graph
    }

    /// Lets these hops count from now on; records of those that are there stay, and those of others
    /// come back.
    pub fn set_graph(&mut self, graph: Graph) -> Vec<HopRecord> {
        let name = self.base.name.clone();
        let old = std::mem::replace(&mut self.definition, Arc::new(Definition { name, graph }));
        let records = std::mem::take(&mut self.state.hops);
        let names = old.graph.hops().iter().map(|hop| &hop.id);
        let graph = &self.definition.graph;
        let place = |at: &usize| graph.position(&old.graph.hop(*at)?.id);
        let (mut kept, mut gone) = (vec![HopRecord::default(); graph.hops().len()], Vec::new());
        for (id, mut record) in names.zip(records) {
            let closed = record.standing.closed.iter().filter_map(place);
            record.standing.closed = closed.collect();
            match graph.position(id).and_then(|at| kept.get_mut(at)) {
                Some(known) => *known = record,
                None => gone.push(record),
            }
        }
        self.state.hops = kept;
        gone
    }

    /// Its hops with what is known of each.
    pub fn hops(&self) -> impl Iterator<Item = (&HopId, &HopRecord)> {
        let hops = self.graph().hops().iter();
        hops.map(|hop| &hop.id).zip(&self.state.hops)
    }

    /// What came of a hop that is complete.
    #[must_use]
    pub fn done(&self, id: &HopId) -> Option<Done> {
        let record = self.state.hops.get(self.graph().position(id)?)?;
        let is_done = matches!(record.standing.state, State::Complete(_));
        is_done.then(|| Done {
            at: record.completed_at,
            has_card: record.task.is_some(),
            result: record.result.clone().unwrap_or_default(),
        })
    }

    /// The cards of hops that are at work or may be, with their places.
    pub fn open(&self) -> impl Iterator<Item = (usize, &TaskId)> {
        let open = |record: &HopRecord| {
            let state = &record.standing.state;
            !state.is_final() && *state != State::Pending
        };
        let hops = self.state.hops.iter().enumerate();
        let open = hops.filter(move |(_, record)| open(record));
        open.filter_map(|(at, record)| Some((at, record.task.as_ref()?)))
    }
}

/// Reads the plan in a payload, for the hop at a position of a workflow.
pub type ReadPlan<'a> = &'a dyn Fn(Option<&Value>, (&Graph, usize)) -> Result<Plan, String>;

/// A hop that is complete.
#[derive(Debug, Clone)]
pub struct Done {
    /// When that was.
    pub at: Option<Instant>,
    /// It had a card: somebody did it.
    pub has_card: bool,
    /// What came of it.
    pub result: Map<String, Value>,
}

/// A workflow with the hops of all plans that were carried out, in the order in which they were:
/// `done` tells of a hop that is complete.
///
/// # Errors
/// What is wrong with a plan.
pub fn grown(
    base: &Graph,
    done: &dyn Fn(&HopId) -> Option<Done>,
    read: ReadPlan<'_>,
) -> Result<Graph, String> {
    let mut graph = base.clone();
    let mut is_grown = Vec::new();
    loop {
        is_grown.resize(graph.hops().len(), false);
        let hops = graph.hops().iter().enumerate();
        let next = hops.filter(|(at, _)| is_grown.get(*at) == Some(&false));
        let next = next.filter_map(|(at, hop)| match hop.kind {
            // What somebody did, or what came to something itself, was of another kind then.
            Kind::Expand(expand) if !expand.into_tasks => {
                let own = done(&hop.id)?;
                let is_one = !own.has_card && own.result.is_empty();
                is_one.then_some((own.at, at, expand.from))
            }
            _ => None,
        });
        let Some((_, at, from)) = next.min() else {
            return Ok(graph);
        };
        if let Some(own) = is_grown.get_mut(at) {
            *own = true;
        }
        if let Some(from) = graph.hop(from).and_then(|from| done(&from.id))
            && let Plan::Hops(more) = read(from.result.get(PAYLOAD), (&graph, at))?
        {
            graph = *more;
        }
    }
}

/// The key of what a result hands on.
pub(super) const PAYLOAD: &str = "payload";

/// What the card of a hop says of the hop.
#[derive(Debug, Clone, PartialEq)]
pub struct HopOf {
    /// The task that carries the workflow.
    pub of: TaskId,
    /// Which hop.
    pub id: HopId,
    /// From 1; a rejection leads to another pass.
    pub pass: u32,
    /// Only a person does it.
    pub is_human: bool,
    /// A person looks at it before the workflow goes on.
    pub waits_for_review: bool,
    /// It may send work back.
    pub can_reject: bool,
    /// How long a run may take.
    pub timeout_ms: Option<u64>,
    /// Who takes over then.
    pub escalate_to: Option<RoleId>,
    /// When somebody else took over, as its time was up.
    pub escalated_at: Option<Instant>,
    /// When its time was up and people were told; they are told once.
    pub timed_out_at: Option<Instant>,
    /// Further tries after a run that failed.
    pub retries: Option<u32>,
    /// What came of it.
    pub result: Option<Map<String, Value>>,
}
