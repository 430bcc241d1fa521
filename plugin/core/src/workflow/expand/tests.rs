//! Plans, at their bounds and one past them, and workflows that grow.

use super::*;
use crate::id::HopId;
use crate::workflow::graph::{Flaw, HOP_REJECTIONS_MAX};
use crate::workflow::{Condition, Duty, Edge, Graph, Join, Kind, Strategy};

fn hop(name: &str, edges: &[usize]) -> Hop {
    Hop {
        id: HopId::parse(name).unwrap(),
        kind: Kind::Work,
        generation: 0,
        duty: Duty::default(),
        edges: edges.iter().map(|from| Edge::from(*from)).collect(),
        join: Join::All,
        condition: None,
        can_reject: false,
        strategy: Strategy::Origin,
        rejections_max: HOP_REJECTIONS_MAX,
    }
}

fn bounds(count: usize, width: usize, depth: usize) -> Bounds {
    Bounds {
        count,
        width,
        depth,
    }
}

/// Entries of which each depends on those at these places.
fn entries(edges: &[&[usize]]) -> Vec<Hop> {
    let named = edges.iter().enumerate();
    named
        .map(|(at, edges)| hop(&format!("h{at}"), edges))
        .collect()
}

fn ordered(edges: &[&[usize]], depth: usize, bounds: Bounds) -> Result<Vec<usize>, Vec<Excess>> {
    let entries = entries(edges);
    order(&entries.iter().collect::<Vec<_>>(), (0, depth), bounds)
}

#[test]
fn a_plan_is_within_its_bounds_or_refused_with_every_reason() {
    let plan: [&[usize]; 4] = [&[3], &[0], &[3], &[]];
    assert_eq!(ordered(&plan, 1, bounds(4, 2, 1)), Ok(vec![3, 0, 2, 1]));
    for (of, depth, excess) in [
        (bounds(3, 2, 1), 1, vec![Excess::Count(4, 3)]),
        (bounds(4, 1, 1), 1, vec![Excess::Width(2, 1)]),
        (bounds(4, 2, 1), 2, vec![Excess::Depth(2, 1)]),
        (
            bounds(3, 1, 8),
            9,
            vec![
                Excess::Count(4, 3),
                Excess::Width(2, 1),
                Excess::Depth(9, 8),
            ],
        ),
    ] {
        assert_eq!(ordered(&plan, depth, of), Err(excess));
    }
    assert_eq!(ordered(&[], 1, Bounds::USUAL), Ok(vec![]));
}

#[test]
fn no_plan_has_more_than_a_hundred_entries_or_eight_before_it() {
    let many = |count: usize, depth| ordered(&vec![&[] as &[usize]; count], depth, Bounds::LARGEST);
    assert!(many(100, 8).is_ok());
    assert_eq!(
        many(101, 9),
        Err(vec![
            Excess::Count(101, 100),
            Excess::Width(101, 100),
            Excess::Depth(9, 8)
        ])
    );
}

#[test]
fn edges_out_of_the_plan_are_no_part_of_its_order() {
    let plan = [hop("a", &[2, 11]), hop("b", &[10]), hop("c", &[0])];
    let plan: Vec<&Hop> = plan.iter().collect();
    let found = order(&plan, (10, 1), Bounds::USUAL);
    // `a` depends on `b`, which depends on `a`: only what is in no ring can be ordered.
    assert_eq!(found, Ok(vec![2]));
}

/// `plan` → `grow` → `end`, and `late`, which runs if `grow` fails.
fn growing() -> Graph {
    let mut grow = hop("grow", &[0]);
    grow.kind = Kind::Expand(Expand {
        from: 0,
        into_tasks: false,
        bounds: bounds(10, 5, 2),
    });
    let mut late = hop("late", &[1]);
    late.edges[0].on = Some(vec!["failed".to_owned()]);
    let mut end = hop("end", &[1]);
    end.edges[0].when = Some(Condition::HasTag("x".to_owned()));
    let mut graph = Graph::new(vec![hop("plan", &[]), grow, end, late]).unwrap();
    graph.rejections_max = 4;
    graph
}

fn froms(graph: &Graph, at: usize) -> Vec<usize> {
    let edges = &graph.hop(at).unwrap().edges;
    edges.iter().map(|edge| edge.from).collect()
}

#[test]
fn a_workflow_grows_between_a_hop_and_what_depends_on_it() {
    let graph = growing();
    let more = vec![hop("a", &[]), hop("b", &[4]), hop("c", &[0])];
    let grown = graph.extend(1, more).unwrap();
    let names: Vec<&str> = grown.hops().iter().map(|hop| hop.id.as_str()).collect();
    assert_eq!(names, ["plan", "grow", "end", "late", "a", "b", "c"]);
    let edges: Vec<Vec<usize>> = (0..7).map(|at| froms(&grown, at)).collect();
    let expected: [&[usize]; 7] = [&[], &[0], &[1, 5, 6], &[1], &[1], &[4], &[0, 1]];
    assert_eq!(edges, expected);
    let when = |edge: &Edge| edge.when == Some(Condition::HasTag("x".to_owned()));
    assert!(grown.hop(2).unwrap().edges.iter().all(when));
    let generations: Vec<usize> = grown.hops().iter().map(|hop| hop.generation).collect();
    assert_eq!(generations, [0, 0, 0, 0, 1, 1, 1]);
    assert_eq!(grown.rejections_max, 4);
    let same = graph.extend(1, vec![]);
    assert_eq!(same, Ok(graph));
}

#[test]
fn what_expands_in_turn_is_bounded_as_what_it_comes_from() {
    let mut inner = hop("inner", &[]);
    inner.kind = Kind::Expand(Expand {
        from: 0,
        into_tasks: true,
        bounds: bounds(3, 99, 8),
    });
    let grown = growing().extend(1, vec![inner]).unwrap();
    let Kind::Expand(inner) = grown.hop(4).unwrap().kind else {
        panic!("{grown:?}")
    };
    assert_eq!(inner.bounds, bounds(3, 5, 2));
    assert_eq!(
        grown.extend(4, vec![hop("x", &[])]).unwrap().hops()[5].generation,
        2
    );
}

#[test]
fn a_workflow_that_would_not_be_one_does_not_grow() {
    let graph = growing();
    let flaws = |more: Vec<Hop>| graph.extend(1, more).unwrap_err();
    assert_eq!(flaws(vec![hop("end", &[])]), [Flaw::Twice(2, 4)]);
    assert_eq!(
        flaws(vec![hop("a", &[5]), hop("b", &[4])]),
        [Flaw::Ring(vec![4, 5])]
    );
    // What waits for the new hops cannot come before them.
    assert_eq!(flaws(vec![hop("a", &[2])]), [Flaw::Ring(vec![2, 4])]);
    assert_eq!(flaws(vec![hop("a", &[9])]), [Flaw::Unknown(4)]);
    assert_eq!(graph.extend(7, vec![]), Err(vec![Flaw::Unknown(4)]));
    for (count, is_fine) in [(996, true), (997, false)] {
        let more = (0..count).map(|at| hop(&format!("h{at}"), &[]));
        assert_eq!(graph.extend(1, more.collect()).is_ok(), is_fine, "{count}");
    }
}

#[test]
fn no_expansion_leaves_a_ring_or_moves_a_hop() {
    let graph = growing();
    let mut grown = 0;
    // Three new hops, each with any set of edges from all seven.
    for edges in 0..1_u32 << 21 {
        // A sample that meets every edge with every other: an odd step through all sets.
        if edges % 97 != 0 {
            continue;
        }
        let of = |at: u32| -> Vec<usize> {
            let all = 0..7_usize;
            all.filter(|from| edges >> (7 * at) >> from & 1 == 1)
                .collect()
        };
        let more = vec![hop("a", &of(0)), hop("b", &of(1)), hop("c", &of(2))];
        let Ok(next) = graph.extend(1, more) else {
            continue;
        };
        grown += 1;
        let all: Vec<&Hop> = next.hops().iter().collect();
        let (order, _) = waves(&all, 0);
        assert_eq!(order.len(), 7, "no ring");
        let place = |at: usize| order.iter().position(|it| *it == at).unwrap();
        for at in 4..7 {
            assert!(place(1) < place(at) && place(at) < place(2), "{edges:b}");
        }
        for at in 0..4 {
            assert_eq!(next.hop(at).unwrap().id, graph.hop(at).unwrap().id);
        }
    }
    assert!(grown > 100, "{grown}");
}
