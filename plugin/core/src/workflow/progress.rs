//! How far the hops of a task have come, and what follows from the end of one.
//!
//! Never starts a run and never asks for a clock. Invariant: after every change each pending hop
//! waits for an edge that is not decided, and the counts of its edges say which.

use crate::id::HopId;
use crate::instant::Instant;
use crate::workflow::decide::Cast;
use crate::workflow::graph::FAILED;
use crate::workflow::{Condition, Edge, Facts, Graph, Hop, Join, Strategy};

/// Why a hop will not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SkipReason {
    /// Its condition does not hold.
    Condition,
    /// Nothing led to it.
    DeadPath,
    /// What it depends on failed.
    Failure,
}

/// Where a hop stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum State {
    /// What it depends on is not decided.
    #[default]
    Pending,
    /// It may be started.
    Ready,
    /// A run holds it.
    Dispatched,
    /// A person has to decide.
    WaitingHuman,
    /// It is done, with this outcome.
    Complete(String),
    /// It failed for good.
    Failed,
    /// It will not run.
    Skipped(SkipReason),
}

impl State {
    /// Whether nothing more happens to it, unless it is reset.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        matches!(self, State::Complete(_) | State::Failed | State::Skipped(_))
    }

    /// The name in files and reports.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            State::Pending => "pending",
            State::Ready => "ready",
            State::Dispatched => "dispatched",
            State::WaitingHuman => "waiting-human",
            State::Complete(_) => "complete",
            State::Failed => "failed",
            State::Skipped(_) => "skipped",
        }
    }
}

/// What is known of one hop.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HopState {
    /// Where it stands.
    pub state: State,
    /// Times that it sent work back.
    pub rejections: u32,
    /// Positions of hops to which its edges are dead although it is complete or failed, because
    /// they wanted another outcome or their `when` did not hold.
    pub closed: Vec<usize>,
    /// When the first edge to it became live.
    pub live_since: Option<Instant>,
}

/// How a workflow stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Something is to be done.
    Open,
    /// Every hop is final and no failure is left unhandled.
    Complete,
    /// Every hop is final, and one failed or none was done.
    Failed,
}

/// Decided edges of one hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Counts {
    live: usize,
    dead: usize,
    failed: usize,
}

impl Counts {
    fn add(&mut self, mark: Mark) {
        match mark {
            Mark::Live => self.live += 1,
            Mark::Dead => self.dead += 1,
            Mark::Failed => self.failed += 1,
        }
    }
}

/// What an edge is, once the hop that it comes from is final.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Live,
    Dead,
    Failed,
}

/// What a join says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Wait,
    Run,
    Skip(SkipReason),
}

/// What came of a rejection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejected {
    /// It was one too many: the hop failed.
    Breaker,
    /// These were set back, in declared order.
    Reset(Vec<usize>),
}

/// The hops of one task.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress<'g> {
    graph: &'g Graph,
    hops: Vec<HopState>,
    counts: Vec<Counts>,
}

impl<'g> Progress<'g> {
    /// A task that begins: roots are ready, or skipped by their conditions.
    #[must_use]
    pub fn begin(graph: &'g Graph, now: Instant, facts: &dyn Facts) -> Self {
        let count = graph.hops().len();
        let mut progress = Progress {
            graph,
            hops: vec![HopState::default(); count],
            counts: vec![Counts::default(); count],
        };
        progress.follow((0..count).collect(), now, facts);
        progress
    }

    /// A task that has come this far; `hops` in declared order, as many as the graph has.
    #[must_use]
    pub fn resume(graph: &'g Graph, mut hops: Vec<HopState>) -> Self {
        hops.resize(graph.hops().len(), HopState::default());
        let counts = vec![Counts::default(); hops.len()];
        let mut progress = Progress {
            graph,
            hops,
            counts,
        };
        progress.count();
        progress
    }

    /// What it is the progress of.
    #[must_use]
    pub const fn graph(&self) -> &'g Graph {
        self.graph
    }

    /// All hops in declared order.
    #[must_use]
    pub fn hops(&self) -> &[HopState] {
        &self.hops
    }

    /// Where a hop stands.
    #[must_use]
    pub fn state(&self, at: usize) -> &State {
        const NONE: &State = &State::Pending;
        self.hops.get(at).map_or(NONE, |hop| &hop.state)
    }

    /// A ready hop was given to a run, or to a person. False if it was not ready.
    pub fn start(&mut self, at: usize, is_human: bool) -> bool {
        let Some(hop) = self.hops.get_mut(at) else {
            return false;
        };
        let is_ready = hop.state == State::Ready;
        if is_ready {
            hop.state = match is_human {
                true => State::WaitingHuman,
                false => State::Dispatched,
            };
        }
        is_ready
    }

    /// A run was lost or is to be tried again: the hop is ready once more. False if none held it.
    pub fn release(&mut self, at: usize) -> bool {
        let hop = self.hops.get_mut(at);
        let held = hop.filter(|hop| matches!(hop.state, State::Dispatched | State::WaitingHuman));
        held.map(|hop| hop.state = State::Ready).is_some()
    }

    /// A hop that was ready or held is over. Says which hops changed, itself first; none if it was
    /// not, or if the state is not final.
    pub fn settle(
        &mut self,
        at: usize,
        state: State,
        (now, facts): (Instant, &dyn Facts),
    ) -> Vec<usize> {
        let is_open = matches!(
            self.state(at),
            State::Ready | State::Dispatched | State::WaitingHuman
        );
        match self.hops.get_mut(at) {
            Some(hop) if is_open && state.is_final() => hop.state = state,
            _ => return Vec::new(),
        }
        let mut changed = vec![at];
        let due = self.decide_edges(at, now, facts);
        changed.extend(self.follow(due, now, facts));
        changed
    }

    /// Hops whose time to wait is over are decided. Says which changed.
    pub fn pass(&mut self, now: Instant, facts: &dyn Facts) -> Vec<usize> {
        let late = |at: &usize| self.deadline(*at).is_some_and(|due| due <= now);
        let due = (0..self.hops.len()).filter(late).collect();
        self.follow(due, now, facts)
    }

    /// When [`Progress::pass`] has something to do next, if that is known.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        (0..self.hops.len())
            .filter_map(|at| self.deadline(at))
            .min()
    }

    /// A hop sends work back. None if it may not, or is not at work.
    pub fn reject(&mut self, at: usize, (now, facts): (Instant, &dyn Facts)) -> Option<Rejected> {
        let may = |hop: &&Hop| hop.can_reject || hop.duty.waits_for_review;
        let hop = self.graph.hop(at).filter(may)?;
        let is_held = matches!(self.state(at), State::Dispatched | State::WaitingHuman);
        let own = self.hops.get_mut(at).filter(|_| is_held)?;
        own.rejections = own.rejections.saturating_add(1);
        let is_own = own.rejections >= hop.rejections_max;
        let all = self
            .hops
            .iter()
            .map(|hop| u64::from(hop.rejections))
            .sum::<u64>();
        if is_own || all >= u64::from(self.graph.rejections_max) {
            self.settle(at, State::Failed, (now, facts));
            return Some(Rejected::Breaker);
        }
        let reset = match hop.strategy {
            // Whoever looks at it sends it back to whoever did it.
            _ if !hop.can_reject => self.graph.downstream([at]),
            Strategy::Origin => (0..self.hops.len()).collect(),
            Strategy::Predecessors => {
                let before = hop.edges.iter().map(|edge| edge.from);
                self.graph.downstream(before.chain([at]))
            }
        };
        self.reset(&reset, now, facts);
        Some(Rejected::Reset(reset))
    }

    /// A workflow that failed goes on: whatever failed, or was skipped since something did, is done
    /// anew, and what follows from it. Rejections stay counted. Pending hops are decided as well,
    /// in case a person changed what is known of them.
    pub fn revive(&mut self, now: Instant, facts: &dyn Facts) {
        let is_over = |hop: &HopState| {
            let state = &hop.state;
            matches!(state, State::Failed | State::Skipped(SkipReason::Failure))
        };
        let hops = self.hops.iter().enumerate();
        let failed = hops.filter(|(_, hop)| is_over(hop)).map(|(at, _)| at);
        let failed: Vec<usize> = failed.collect();
        let reset = self.graph.downstream(failed);
        self.reset(&reset, now, facts);
        self.decide(now, facts);
    }

    /// Decides all edges anew, as the workflow is another one: those of hops that are over, and
    /// then what follows for those that did not begin.
    pub fn rejudge(&mut self, now: Instant, facts: &dyn Facts) {
        let graph = self.graph;
        for at in 0..self.hops.len() {
            let is_final = self.state(at).is_final();
            let next = graph.after(at).iter().filter(|_| is_final);
            let closed = next.filter(|to| {
                let edge = self.edges(**to).iter().find(|edge| edge.from == at);
                let when = edge.and_then(|edge| edge.when.as_ref());
                when.is_some_and(|when| !self.holds(when, facts))
            });
            let closed: Vec<usize> = closed.copied().collect();
            if let Some(hop) = self.hops.get_mut(at) {
                hop.closed = closed;
            }
        }
        self.count();
        for (hop, counts) in self.hops.iter_mut().zip(&self.counts) {
            hop.live_since = (counts.live > 0).then_some(now);
        }
        self.decide(now, facts);
    }

    /// Decides every pending hop, in case something else changed than what was told.
    pub fn decide(&mut self, now: Instant, facts: &dyn Facts) {
        self.follow((0..self.hops.len()).collect(), now, facts);
    }

    /// Whether a pending hop waits for nothing, or all are over: so it is only if somebody else
    /// changed what is known of them.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        let mut hops = self.graph.hops().iter().enumerate();
        let long_ago = Instant::from_ms(0);
        let is_due = |(at, hop): (usize, &Hop)| {
            *self.state(at) == State::Pending && self.answer(at, hop, long_ago) != Answer::Wait
        };
        hops.any(is_due) || self.verdict() != Verdict::Open
    }

    /// How the workflow stands.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        if !self.hops.iter().all(|hop| hop.state.is_final()) {
            return Verdict::Open;
        }
        let mut all = 0..self.hops.len();
        let failed = |at: usize| *self.state(at) == State::Failed && !self.is_handled(at);
        let is_done = |hop: &HopState| matches!(hop.state, State::Complete(_));
        match all.any(failed) || !self.hops.iter().any(is_done) {
            true => Verdict::Failed,
            false => Verdict::Complete,
        }
    }

    /// How the hops before one take part in what it decides, in the order of its edges.
    #[must_use]
    pub fn casts(&self, at: usize) -> Vec<(usize, Cast)> {
        let cast = |edge: &Edge| match self.mark(edge, at) {
            None => Cast::Open,
            Some(Mark::Dead) => Cast::Skipped,
            Some(Mark::Failed) => Cast::Failed,
            Some(Mark::Live) if *self.state(edge.from) == State::Failed => Cast::Failed,
            Some(Mark::Live) => Cast::Complete,
        };
        let edges = self.edges(at).iter();
        edges.map(|edge| (edge.from, cast(edge))).collect()
    }

    /// Whether a live edge leads on from a hop that failed, or a decision took it into account.
    fn is_handled(&self, at: usize) -> bool {
        let next = self.graph.after(at).iter();
        let mut edges =
            next.flat_map(|next| self.edges(*next).iter().map(move |edge| (next, edge)));
        edges.any(|(next, edge)| {
            edge.from == at
                && match self.mark(edge, *next) {
                    Some(Mark::Live) => true,
                    Some(Mark::Failed) => {
                        let decides = self.graph.hop(*next).is_some_and(Hop::decides);
                        decides && !matches!(self.state(*next), State::Skipped(_))
                    }
                    Some(Mark::Dead) | None => false,
                }
        })
    }

    fn edges(&self, at: usize) -> &'g [Edge] {
        self.graph.hop(at).map_or(&[], |hop| hop.edges.as_slice())
    }

    /// What an edge is; none while it is not decided.
    fn mark(&self, edge: &Edge, to: usize) -> Option<Mark> {
        let hop = self.hops.get(edge.from)?;
        let mark = mark(edge, &hop.state)?;
        match mark == Mark::Live && hop.closed.contains(&to) {
            true => Some(Mark::Dead),
            false => Some(mark),
        }
    }

    /// Counts the edges of a hop that became final, and says whose counts changed.
    fn decide_edges(&mut self, from: usize, now: Instant, facts: &dyn Facts) -> Vec<usize> {
        let graph = self.graph;
        let mut closed = Vec::new();
        for to in graph.after(from) {
            let edge = self.edges(*to).iter().find(|edge| edge.from == from);
            let when = edge.and_then(|edge| edge.when.as_ref());
            if when.is_some_and(|when| !self.holds(when, facts)) {
                closed.push(*to);
            }
        }
        if let Some(hop) = self.hops.get_mut(from) {
            hop.closed = closed;
        }
        for to in graph.after(from) {
            let edge = self.edges(*to).iter().find(|edge| edge.from == from);
            let mark = edge.and_then(|edge| self.mark(edge, *to));
            if let (Some(mark), Some(counts)) = (mark, self.counts.get_mut(*to)) {
                counts.add(mark);
                if mark == Mark::Live
                    && let Some(hop) = self.hops.get_mut(*to)
                {
                    hop.live_since.get_or_insert(now);
                }
            }
        }
        graph.after(from).to_vec()
    }

    /// Decides pending hops, and whatever follows from that. Says which changed.
    fn follow(&mut self, mut due: Vec<usize>, now: Instant, facts: &dyn Facts) -> Vec<usize> {
        let mut changed = Vec::new();
        due.reverse();
        while let Some(at) = due.pop() {
            let Some(hop) = self
                .graph
                .hop(at)
                .filter(|_| *self.state(at) == State::Pending)
            else {
                continue;
            };
            let state = match self.answer(at, hop, now) {
                Answer::Wait => continue,
                Answer::Skip(reason) => State::Skipped(reason),
                Answer::Run => match &hop.condition {
                    Some(condition) if !self.holds(condition, facts) => {
                        State::Skipped(SkipReason::Condition)
                    }
                    _ => State::Ready,
                },
            };
            let is_final = state.is_final();
            if let Some(hop) = self.hops.get_mut(at) {
                hop.state = state;
            }
            changed.push(at);
            if is_final {
                let next = self.decide_edges(at, now, facts);
                due.extend(next.into_iter().rev());
            }
        }
        changed
    }

    fn answer(&self, at: usize, hop: &Hop, now: Instant) -> Answer {
        let Counts { live, dead, failed } = self.counts.get(at).copied().unwrap_or_default();
        if hop.edges.is_empty() {
            return Answer::Run;
        }
        let open = hop.edges.len().saturating_sub(live + dead + failed);
        let skip = Answer::Skip(match failed {
            0 => SkipReason::DeadPath,
            _ => SkipReason::Failure,
        });
        let is_late = || self.deadline(at).is_some_and(|due| due <= now);
        match hop.join {
            Join::Any if live > 0 => Answer::Run,
            Join::Quorum(needed) if live >= needed => Answer::Run,
            Join::Deadline(_) if live > 0 && is_late() => Answer::Run,
            // A failure is a vote that is not there: the rule says what follows.
            _ if hop.decides() && open > 0 => Answer::Wait,
            _ if hop.decides() && live + failed > 0 => Answer::Run,
            Join::All if failed > 0 => skip,
            Join::Quorum(needed) if failed > 0 && live + open < needed => skip,
            Join::Quorum(needed) if open == 0 && live < needed => skip,
            _ if open > 0 => Answer::Wait,
            Join::All | Join::Deadline(_) if live > 0 => Answer::Run,
            _ => skip,
        }
    }

    /// When a pending hop waits no longer for its other edges. One to which nothing leads waits.
    fn deadline(&self, at: usize) -> Option<Instant> {
        self.counts.get(at).filter(|counts| counts.live > 0)?;
        let hop = self
            .hops
            .get(at)
            .filter(|hop| hop.state == State::Pending)?;
        match self.graph.hop(at)?.join {
            Join::Deadline(ms) => Some(hop.live_since?.plus_ms(ms)),
            _ => None,
        }
    }

    fn reset(&mut self, which: &[usize], now: Instant, facts: &dyn Facts) {
        for at in which {
            if let Some(hop) = self.hops.get_mut(*at) {
                hop.state = State::Pending;
                hop.closed = Vec::new();
                hop.live_since = None;
            }
        }
        self.count();
        for at in which {
            let has_live = self.counts.get(*at).is_some_and(|counts| counts.live > 0);
            if let Some(hop) = self.hops.get_mut(*at).filter(|_| has_live) {
                hop.live_since = Some(now);
            }
        }
        self.follow(which.to_vec(), now, facts);
    }

    /// Counts all decided edges anew.
    fn count(&mut self) {
        for at in 0..self.hops.len() {
            let mut counts = Counts::default();
            for edge in self.edges(at) {
                if let Some(mark) = self.mark(edge, at) {
                    counts.add(mark);
                }
            }
            if let Some(known) = self.counts.get_mut(at) {
                *known = counts;
            }
        }
    }

    fn holds(&self, condition: &Condition, facts: &dyn Facts) -> bool {
        let is_in = |hop: &str, status: &str| {
            let id = HopId::parse(hop).ok();
            let at = id.and_then(|id| self.graph.position(&id));
            at.is_some_and(|at| self.state(at).as_str() == status)
        };
        condition.holds(facts, &is_in)
    }
}

/// What an edge is without its `when`.
fn mark(edge: &Edge, from: &State) -> Option<Mark> {
    let wants = |outcome: &str| {
        let on = edge.on.as_ref()?;
        match on.iter().any(|wanted| wanted == outcome) {
            true => Some(Mark::Live),
            false => Some(Mark::Dead),
        }
    };
    Some(match from {
        State::Complete(outcome) => wants(outcome).unwrap_or(Mark::Live),
        State::Failed => wants(FAILED).unwrap_or(Mark::Failed),
        State::Skipped(SkipReason::Failure) if edge.on.is_none() => Mark::Failed,
        State::Skipped(_) => Mark::Dead,
        State::Pending | State::Ready | State::Dispatched | State::WaitingHuman => return None,
    })
}
