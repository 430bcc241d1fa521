//! Rings in a graph: ways that lead back to where they began.
//!
//! Invariant: every node that can reach itself shares a ring with one that is told, and no node is
//! in two rings that are told, so that one mistake is told once.

use std::collections::{BTreeMap, BTreeSet};

use super::NAMES_SHOWN;
use crate::gather::gathered;

/// Where one can go from each node.
pub(super) type Graph<'n> = BTreeMap<&'n str, BTreeSet<&'n str>>;

/// Rings without common nodes, each from its smallest name on. A node that leads to itself is not
/// looked at.
pub(super) fn rings<'n>(mut graph: Graph<'n>) -> Vec<Vec<&'n str>> {
    for (node, next) in &mut graph {
        next.remove(node);
    }
    let mut found = Vec::new();
    loop {
        trim(&mut graph);
        let Some(ring) = walk(&graph) else {
            return found;
        };
        for node in &ring {
            graph.remove(node);
        }
        found.push(ring);
    }
}

/// Takes away what leads nowhere, again and again.
fn trim(graph: &mut Graph<'_>) {
    let mut before: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let known: BTreeSet<&str> = gathered(graph.keys().copied());
    for (node, next) in graph.iter_mut() {
        next.retain(|next| known.contains(next));
        for next in next.iter() {
            before.entry(next).or_default().push(node);
        }
    }
    let ends = graph.iter().filter(|(_, next)| next.is_empty());
    let mut ends: Vec<&str> = ends.map(|(node, _)| *node).collect();
    while let Some(end) = ends.pop() {
        graph.remove(end);
        for node in before.remove(end).unwrap_or_default() {
            if let Some(next) = graph.get_mut(node) {
                next.remove(end);
                if next.is_empty() {
                    ends.push(node);
                }
            }
        }
    }
}

/// Follows first ways until a node comes again. In a trimmed graph that happens from anywhere.
fn walk<'n>(graph: &Graph<'n>) -> Option<Vec<&'n str>> {
    let mut path: Vec<&'n str> = Vec::new();
    let mut met: BTreeMap<&'n str, usize> = BTreeMap::new();
    let mut at = *graph.keys().next()?;
    let begin = loop {
        if let Some(begin) = met.get(at) {
            break *begin;
        }
        met.insert(at, path.len());
        path.push(at);
        at = *graph.get(at)?.first()?;
    };
    let mut ring = path.split_off(begin);
    let smallest = ring.iter().enumerate().min_by_key(|(_, node)| **node)?.0;
    ring.rotate_left(smallest);
    Some(ring)
}

/// `a → b → a`; of a long ring only the beginning.
pub(super) fn way_round(ring: &[&str]) -> String {
    let mut names: Vec<&str> = ring.iter().take(NAMES_SHOWN).copied().collect();
    if ring.len() > NAMES_SHOWN {
        names.push("…");
    }
    names.extend(ring.first());
    names.join(" → ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rings_of(edges: &[(&'static str, &'static str)]) -> Vec<String> {
        let mut graph = Graph::new();
        for (from, to) in edges {
            graph.entry(from).or_default().insert(to);
        }
        rings(graph).iter().map(|ring| way_round(ring)).collect()
    }

    #[test]
    fn every_ring_is_told_once_from_its_smallest_name() {
        assert_eq!(rings_of(&[("c", "b"), ("b", "c")]), ["b → c → b"]);
        let two = [("x", "y"), ("y", "x"), ("b", "a"), ("a", "b"), ("l", "a")];
        assert_eq!(rings_of(&two), ["a → b → a", "x → y → x"]);
    }

    #[test]
    fn a_ring_is_found_behind_ways_that_branch() {
        let edges = [("a", "b"), ("a", "c"), ("c", "d"), ("d", "a"), ("b", "e")];
        assert_eq!(rings_of(&edges), ["a → c → d → a"]);
    }

    #[test]
    fn what_leads_nowhere_or_to_itself_is_no_ring() {
        assert_eq!(rings_of(&[]), [""; 0]);
        assert_eq!(rings_of(&[("a", "a"), ("a", "b"), ("b", "z")]), [""; 0]);
    }

    #[test]
    fn a_long_chain_takes_no_stack() {
        let names: Vec<String> = (0..20_000).map(|at| format!("{at:05}")).collect();
        let mut graph: Graph<'_> = names
            .windows(2)
            .map(|pair| (pair[0].as_str(), BTreeSet::from([pair[1].as_str()])))
            .collect();
        assert_eq!(rings(graph.clone()).len(), 0);
        graph.insert("19999", BTreeSet::from(["00000"]));
        let ring = &rings(graph)[0];
        assert_eq!(ring.len(), 20_000);
        assert!(way_round(ring).ends_with("00005 → … → 00000"));
    }
}
