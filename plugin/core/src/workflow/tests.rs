//! Workflows against a model that knows nothing of events: it walks the hops once, in an order in
//! which each comes after those that it depends on, and reads the truth table of
//! `docs/workflows.md`.

use serde_json::{Value, json};

use super::condition::Comparison;
use super::graph::{Flaw, HOP_REJECTIONS_MAX};
use super::progress::Rejected;
use super::*;
use crate::id::HopId;
use crate::instant::Instant;

/// Facts in which a condition on a hop's own field decides.
struct World(Vec<Fate>);

impl Facts for World {
    fn field(&self, path: &str) -> Option<Value> {
        let at: usize = path.strip_prefix('h')?.parse().ok()?;
        Some(json!(self.0[at] != Fate::Unwanted))
    }

    fn has_tag(&self, tag: &str) -> bool {
        tag == "known"
    }

    fn has_event(&self, event: &str) -> bool {
        event == "seen"
    }

    fn has_file(&self, path: &str) -> bool {
        path == "there"
    }
}

/// What happens to a hop if it comes to that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Success,
    Other,
    Failure,
    Unwanted,
}

const NOW: Instant = Instant::from_ms(1_000);

fn id(at: usize) -> HopId {
    HopId::parse(&format!("h{at}")).unwrap()
}

fn hop(at: usize, edges: Vec<Edge>, join: Join) -> Hop {
    Hop {
        id: id(at),
        kind: Kind::Work,
        generation: 0,
        duty: Duty::default(),
        edges,
        join,
        condition: Some(Condition::Compare(
            format!("h{at}"),
            Comparison::Equal,
            json!(true),
        )),
        can_reject: true,
        strategy: Strategy::Origin,
        rejections_max: HOP_REJECTIONS_MAX,
    }
}

fn edge(from: usize, on: Option<&str>) -> Edge {
    let on = on.map(|on| vec![on.to_owned()]);
    Edge {
        from,
        on,
        when: None,
    }
}

/// The states in which the hops end, by the table alone.
fn model(graph: &Graph, fates: &[Fate]) -> Vec<State> {
    let mut ends: Vec<State> = Vec::new();
    for (hop, fate) in graph.hops().iter().zip(fates) {
        let marks: Vec<char> = hop
            .edges
            .iter()
            .map(|edge| match (&ends[edge.from], edge.on.as_deref()) {
                (State::Complete(_), None) => 'L',
                (State::Complete(outcome), Some(on)) if on.contains(outcome) => 'L',
                (State::Failed, Some(on)) if on.contains(&"failed".to_owned()) => 'L',
                (State::Failed | State::Skipped(SkipReason::Failure), None) => 'F',
                _ => 'D',
            })
            .collect();
        let count = |mark| marks.iter().filter(|it| **it == mark).count();
        let (live, failed) = (count('L'), count('F'));
        let runs = match hop.join {
            _ if marks.is_empty() => true,
            Join::All => live >= 1 && failed == 0,
            Join::Any | Join::Deadline(_) => live >= 1,
            Join::Quorum(needed) => live >= needed,
        };
        let runs = runs || hop.decides() && live + failed >= 1;
        ends.push(match (runs, fate) {
            (false, _) if failed > 0 => State::Skipped(SkipReason::Failure),
            (false, _) => State::Skipped(SkipReason::DeadPath),
            (true, Fate::Unwanted) => State::Skipped(SkipReason::Condition),
            (true, Fate::Failure) => State::Failed,
            (true, Fate::Success) => State::Complete("success".to_owned()),
            (true, Fate::Other) => State::Complete("other".to_owned()),
        });
    }
    ends
}

fn end_of(fate: Fate) -> State {
    match fate {
        Fate::Failure => State::Failed,
        Fate::Other => State::Complete("other".to_owned()),
        Fate::Success | Fate::Unwanted => State::Complete("success".to_owned()),
    }
}

/// Lives through every order in which ready hops can end; returns how many there are.
fn every_order(progress: &Progress<'_>, world: &World, expected: &[State]) -> usize {
    let ready: Vec<usize> = (0..expected.len())
        .filter(|at| *progress.state(*at) == State::Ready)
        .collect();
    if ready.is_empty() {
        let ends: Vec<State> = progress.hops().iter().map(|it| it.state.clone()).collect();
        assert_eq!(ends, expected, "{progress:?}");
        return 1;
    }
    let again = Progress::resume(progress.graph(), progress.hops().to_vec());
    assert_eq!(&again, progress, "what is written down is all there is");
    let each = ready.into_iter().map(|at| {
        let mut next = progress.clone();
        assert!(next.start(at, false));
        let changed = next.settle(at, end_of(world.0[at]), (NOW, world));
        assert_eq!(changed.first(), Some(&at));
        every_order(&next, world, expected)
    });
    each.sum()
}

fn check(graph: &Graph, world: &World) -> usize {
    let expected = model(graph, &world.0);
    every_order(&Progress::begin(graph, NOW, world), world, &expected)
}

/// All combinations of `count` out of `all`.
fn tuples<T: Copy>(all: &[T], count: usize) -> Vec<Vec<T>> {
    (0..count).fold(vec![Vec::new()], |before, _| {
        let longer = before.iter().flat_map(|tuple| {
            all.iter()
                .map(move |it| tuple.iter().copied().chain([*it]).collect())
        });
        longer.collect()
    })
}

/// Pairs of hops between which an edge may be.
fn pairs(hops: usize) -> Vec<(usize, usize)> {
    let all = (0..hops).flat_map(|to| (0..to).map(move |from| (from, to)));
    all.collect()
}

fn graphs(hops: usize, kinds: &[Option<Option<&'static str>>], joins: &[Join]) -> Vec<Graph> {
    let mut found = Vec::new();
    for kinds in tuples(kinds, pairs(hops).len()) {
        for joins in tuples(joins, hops) {
            let edges_of = |at| {
                let own = pairs(hops).into_iter().zip(&kinds);
                let own = own.filter(|((_, to), _)| *to == at);
                own.filter_map(|((from, _), kind)| Some(edge(from, (*kind)?)))
                    .collect::<Vec<_>>()
            };
            let made = (0..hops).map(|at| hop(at, edges_of(at), joins[at]));
            // A join of a hop with fewer than two edges says nothing that is not said elsewhere.
            let is_told = (0..hops).all(|at| edges_of(at).len() > 1 || joins[at] == joins_of_few());
            if is_told {
                found.extend(Graph::new(made.collect()));
            }
        }
    }
    found
}

const fn joins_of_few() -> Join {
    Join::All
}

const JOINS: [Join; 6] = [
    Join::All,
    Join::Any,
    Join::Quorum(1),
    Join::Quorum(2),
    Join::Quorum(3),
    Join::Deadline(10),
];

#[test]
fn every_workflow_of_four_hops_ends_as_the_table_says() {
    let graphs = graphs(4, &[None, Some(None)], &JOINS);
    let fates = tuples(&[Fate::Success, Fate::Failure, Fate::Unwanted], 4);
    let mut lives = 0;
    for graph in &graphs {
        for fates in &fates {
            lives += check(graph, &World(fates.clone()));
        }
    }
    assert_eq!((graphs.len(), lives), (400, 55_968));
}

#[test]
fn every_workflow_of_three_hops_with_outcomes_ends_as_the_table_says() {
    let kinds = [
        None,
        Some(None),
        Some(Some("success")),
        Some(Some("other")),
        Some(Some("failed")),
    ];
    let graphs = graphs(3, &kinds, &JOINS);
    let fates = [Fate::Success, Fate::Other, Fate::Failure, Fate::Unwanted];
    let mut lives = 0;
    for graph in &graphs {
        for fates in tuples(&fates, 3) {
            lives += check(graph, &World(fates));
        }
    }
    assert_eq!((graphs.len(), lives), (445, 33_538));
}

fn decision() -> Kind {
    Kind::Decide(Box::new(Decide {
        rule: decide::Rule::Majority,
        options: Vec::new(),
        votes_min: 1,
        allows_partial: true,
        confidence_min: None,
        merge: None,
    }))
}

#[test]
fn a_hop_that_decides_runs_once_nothing_is_open_whatever_failed() {
    let kinds = [None, Some(None), Some(Some("failed"))];
    let mut lives = 0;
    let all = graphs(3, &kinds, &JOINS);
    for graph in &all {
        for which in tuples(&[false, true], 3) {
            let decides = |(hop, is): (&Hop, &bool)| Hop {
                kind: if *is { decision() } else { Kind::Work },
                ..hop.clone()
            };
            let hops = graph.hops().iter().zip(&which).map(decides);
            let graph = Graph::new(hops.collect()).unwrap();
            for fates in tuples(&[Fate::Success, Fate::Failure, Fate::Unwanted], 3) {
                lives += check(&graph, &World(fates));
            }
        }
    }
    assert_eq!((all.len(), lives), (75, 20_288));
}

#[test]
fn a_vote_that_is_missing_is_none_of_the_workflow_and_told_as_what_it_is() {
    let hops = (0..5).map(|at| hop(at, vec![], Join::All)).collect();
    let mut hops: Vec<Hop> = hops;
    hops[4].kind = decision();
    hops[4].edges = vec![
        edge(0, None),
        edge(1, None),
        edge(2, Some("other")),
        edge(3, Some("failed")),
    ];
    let graph = Graph::new(hops).unwrap();
    let world = World(vec![Fate::Success; 5]);
    let mut progress = Progress::begin(&graph, NOW, &world);
    let casts = |progress: &Progress<'_>| -> Vec<Cast> {
        progress
            .casts(4)
            .into_iter()
            .map(|(_, cast)| cast)
            .collect()
    };
    assert_eq!(casts(&progress), [Cast::Open; 4]);
    done(&mut progress, 0);
    progress.settle(1, State::Failed, (NOW, &world));
    done(&mut progress, 2);
    assert_eq!(*progress.state(4), State::Pending);
    progress.settle(3, State::Failed, (NOW, &world));
    let expected = [Cast::Complete, Cast::Failed, Cast::Skipped, Cast::Failed];
    assert_eq!(casts(&progress), expected);
    assert_eq!(*progress.state(4), State::Ready);
    done(&mut progress, 4);
    assert_eq!(progress.verdict(), Verdict::Complete);
}

#[test]
fn a_decision_that_is_not_made_takes_no_failure_into_account() {
    let mut last = hop(2, vec![edge(0, None), edge(1, None)], Join::All);
    last.kind = decision();
    let graph = Graph::new(vec![
        hop(0, vec![], Join::All),
        hop(1, vec![], Join::All),
        last,
    ])
    .unwrap();
    for (fate, expected) in [
        (Fate::Success, Verdict::Complete),
        (Fate::Unwanted, Verdict::Failed),
    ] {
        let world = World(vec![Fate::Success, Fate::Success, fate]);
        let mut progress = Progress::begin(&graph, NOW, &world);
        progress.settle(0, State::Failed, (NOW, &world));
        progress.settle(1, end_of(Fate::Success), (NOW, &world));
        progress.settle(2, end_of(Fate::Success), (NOW, &world));
        assert_eq!(progress.verdict(), expected);
    }
}

fn line(hops: usize) -> Graph {
    let edges = |at: usize| (0..at).rev().take(1).map(|from| edge(from, None)).collect();
    Graph::new((0..hops).map(|at| hop(at, edges(at), Join::All)).collect()).unwrap()
}

fn done(progress: &mut Progress<'_>, at: usize) -> Vec<usize> {
    let world = World(vec![Fate::Success; progress.hops().len()]);
    progress.start(at, false);
    progress.settle(at, end_of(Fate::Success), (NOW, &world))
}

#[test]
fn a_rejection_sets_everything_back_and_counts() {
    let graph = line(3);
    let world = World(vec![Fate::Success; 3]);
    let mut progress = Progress::begin(&graph, NOW, &world);
    for round in 1..=2 {
        done(&mut progress, 0);
        done(&mut progress, 1);
        progress.start(2, false);
        let rejected = progress.reject(2, (NOW, &world));
        assert_eq!(rejected, Some(Rejected::Reset(vec![0, 1, 2])));
        assert_eq!(progress.hops()[2].rejections, round);
        assert_eq!(*progress.state(0), State::Ready);
        assert_eq!(*progress.state(1), State::Pending);
    }
    done(&mut progress, 0);
    done(&mut progress, 1);
    progress.start(2, true);
    assert_eq!(progress.reject(2, (NOW, &world)), Some(Rejected::Breaker));
    assert_eq!(*progress.state(2), State::Failed);
    assert_eq!(progress.verdict(), Verdict::Failed);
}

#[test]
fn reviewers_who_reject_in_turn_open_the_breaker_of_one_of_them() {
    let world = World(vec![Fate::Success; 3]);
    let hops = vec![
        hop(0, vec![], Join::All),
        hop(1, vec![edge(0, None)], Join::All),
        hop(2, vec![edge(0, None)], Join::All),
    ];
    let graph = Graph::new(hops).unwrap();
    let mut progress = Progress::begin(&graph, NOW, &world);
    let mut rounds = 0;
    let last = loop {
        done(&mut progress, 0);
        let by = 1 + rounds % 2;
        rounds += 1;
        progress.start(1, false);
        progress.start(2, false);
        match progress.reject(by, (NOW, &world)).unwrap() {
            Rejected::Breaker => break by,
            Rejected::Reset(reset) => assert_eq!(reset, [0, 1, 2]),
        }
    };
    assert_eq!((rounds, last), (5, 1));
}

#[test]
fn the_breaker_of_the_task_opens_where_no_hop_rejects_often() {
    let count = 8;
    let world = World(vec![Fate::Success; count]);
    let reviews = (1..count).map(|at| hop(at, vec![edge(0, None)], Join::All));
    let graph = Graph::new(
        [hop(0, vec![], Join::All)]
            .into_iter()
            .chain(reviews)
            .collect(),
    );
    let graph = graph.unwrap();
    let mut progress = Progress::begin(&graph, NOW, &world);
    for by in 1..=5 {
        done(&mut progress, 0);
        progress.start(by, false);
        let rejected = progress.reject(by, (NOW, &world));
        assert!(matches!(rejected, Some(Rejected::Reset(_))), "{by}");
    }
    done(&mut progress, 0);
    progress.start(6, false);
    assert_eq!(progress.reject(6, (NOW, &world)), Some(Rejected::Breaker));
}

#[test]
fn a_rejection_to_the_predecessors_leaves_the_rest_alone() {
    let world = World(vec![Fate::Success; 5]);
    let mut review = hop(3, vec![edge(1, None)], Join::All);
    review.strategy = Strategy::Predecessors;
    let hops = vec![
        hop(0, vec![], Join::All),
        hop(1, vec![edge(0, None)], Join::All),
        hop(2, vec![edge(0, None)], Join::All),
        review,
        hop(4, vec![edge(1, None), edge(2, None)], Join::All),
    ];
    let graph = Graph::new(hops).unwrap();
    let mut progress = Progress::begin(&graph, NOW, &world);
    for at in [0, 1, 2, 4] {
        done(&mut progress, at);
    }
    progress.start(3, false);
    let rejected = progress.reject(3, (NOW, &world));
    assert_eq!(rejected, Some(Rejected::Reset(vec![1, 3, 4])));
    let states: Vec<&str> = progress.hops().iter().map(|it| it.state.as_str()).collect();
    assert_eq!(
        states,
        ["complete", "ready", "complete", "pending", "pending"]
    );
    assert!(
        progress.reject(0, (NOW, &world)).is_none(),
        "it is not at work"
    );
}

#[test]
fn a_deadline_runs_from_the_first_live_edge() {
    let world = World(vec![Fate::Success; 3]);
    let hops = vec![
        hop(0, vec![], Join::All),
        hop(1, vec![], Join::All),
        hop(2, vec![edge(0, None), edge(1, None)], Join::Deadline(500)),
    ];
    let graph = Graph::new(hops).unwrap();
    let mut progress = Progress::begin(&graph, NOW, &world);
    assert_eq!(progress.due(), None);
    done(&mut progress, 1);
    let due = NOW.plus_ms(500);
    assert_eq!(progress.due(), Some(due));
    assert!(
        progress
            .pass(Instant::from_ms(due.ms() - 1), &world)
            .is_empty()
    );
    assert_eq!(progress.pass(due, &world), [2]);
    assert_eq!((progress.state(2), progress.due()), (&State::Ready, None));
}

#[test]
fn an_edge_remembers_that_its_condition_did_not_hold() {
    struct Open(bool);
    impl Facts for Open {
        fn field(&self, _: &str) -> Option<Value> {
            Some(json!(true))
        }
        fn has_tag(&self, _: &str) -> bool {
            self.0
        }
        fn has_event(&self, _: &str) -> bool {
            false
        }
        fn has_file(&self, _: &str) -> bool {
            false
        }
    }
    let mut way = edge(0, None);
    way.when = Some(Condition::HasTag("fast".to_owned()));
    let hops = vec![
        hop(0, vec![], Join::All),
        hop(1, vec![], Join::All),
        hop(2, vec![way, edge(1, None)], Join::Any),
    ];
    let graph = Graph::new(hops).unwrap();
    let mut progress = Progress::begin(&graph, NOW, &Open(true));
    progress.settle(0, end_of(Fate::Success), (NOW, &Open(false)));
    assert_eq!(*progress.state(2), State::Pending);
    let mut again = Progress::resume(&graph, progress.hops().to_vec());
    assert_eq!(again, progress);
    // It holds now, and that is too late.
    again.settle(1, State::Failed, (NOW, &Open(true)));
    assert_eq!(*again.state(2), State::Skipped(SkipReason::Failure));
    // Only a live edge is closed by it: a failure is one, whatever else was asked for.
    let mut failed = Progress::begin(&graph, NOW, &Open(false));
    failed.settle(0, State::Failed, (NOW, &Open(false)));
    failed.settle(1, State::Skipped(SkipReason::DeadPath), (NOW, &Open(false)));
    assert_eq!(*failed.state(2), State::Skipped(SkipReason::Failure));
}

#[test]
fn a_failure_that_something_leads_on_from_is_none_of_the_workflow() {
    let world = World(vec![Fate::Success; 2]);
    let hops = vec![
        hop(0, vec![], Join::All),
        hop(1, vec![edge(0, Some("failed"))], Join::All),
    ];
    let graph = Graph::new(hops).unwrap();
    let mut progress = Progress::begin(&graph, NOW, &world);
    progress.settle(0, State::Failed, (NOW, &world));
    assert_eq!(progress.verdict(), Verdict::Open);
    done(&mut progress, 1);
    assert_eq!(progress.verdict(), Verdict::Complete);
}

#[test]
fn a_workflow_of_which_nothing_is_done_failed() {
    let hops = vec![hop(0, vec![], Join::All), hop(1, vec![], Join::All)];
    let graph = Graph::new(hops).unwrap();
    let world = World(vec![Fate::Unwanted; 2]);
    let progress = Progress::begin(&graph, NOW, &world);
    assert_eq!(progress.verdict(), Verdict::Failed);
}

#[test]
fn what_is_final_or_pending_is_not_settled() {
    let graph = line(2);
    let world = World(vec![Fate::Success; 2]);
    let mut progress = Progress::begin(&graph, NOW, &world);
    assert!(!progress.start(1, false));
    let fine = end_of(Fate::Success);
    assert!(progress.settle(1, fine.clone(), (NOW, &world)).is_empty());
    assert!(progress.settle(0, State::Ready, (NOW, &world)).is_empty());
    assert_eq!(progress.settle(0, fine.clone(), (NOW, &world)), [0, 1]);
    assert!(progress.settle(0, fine, (NOW, &world)).is_empty());
    assert!(progress.start(1, false) && progress.release(1));
    assert_eq!(*progress.state(1), State::Ready);
    assert!(!progress.release(1));
}

#[test]
fn hops_that_make_no_workflow_are_told_why() {
    let flaws = |hops: Vec<Hop>| Graph::new(hops).unwrap_err();
    let plain = |at, edges: &[usize]| {
        let edges = edges.iter().map(|from| edge(*from, None));
        hop(at, edges.collect(), Join::All)
    };
    assert_eq!(flaws(vec![]), [Flaw::Empty]);
    assert_eq!(
        flaws(vec![
            plain(0, &[2]),
            plain(1, &[0]),
            plain(2, &[1]),
            plain(3, &[2])
        ]),
        [Flaw::Ring(vec![0, 1, 2])]
    );
    assert_eq!(flaws(vec![plain(0, &[0])]), [Flaw::Ring(vec![0])]);
    assert_eq!(
        flaws(vec![plain(0, &[]), plain(0, &[])]),
        [Flaw::Twice(0, 1)]
    );
    assert_eq!(flaws(vec![plain(0, &[7])]), [Flaw::Unknown(0)]);
    assert_eq!(
        flaws(vec![plain(0, &[]), plain(1, &[0, 0])]),
        [Flaw::Double(1, 0)]
    );
    for (needed, is_fine) in [(0, false), (1, true), (2, true), (3, false)] {
        let mut last = plain(2, &[0, 1]);
        last.join = Join::Quorum(needed);
        let made = Graph::new(vec![plain(0, &[]), plain(1, &[]), last]);
        assert_eq!(made.is_ok(), is_fine, "{needed}");
    }
    for (count, is_fine) in [(1_000, true), (1_001, false)] {
        let made = Graph::new((0..count).map(|at| plain(at, &[])).collect());
        assert_eq!(made.is_ok(), is_fine, "{count}");
    }
}
