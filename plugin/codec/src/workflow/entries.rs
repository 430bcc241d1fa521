//! The hops of a list, wherever it stands, and what is wrong with them together.
//!
//! Never looks into one. Invariant: every flaw of a graph is told with its place.

use aof_core::workflow::Hop;
use aof_core::workflow::graph::Flaw;

use super::definition::{CODES, Reader};
use crate::finding::{Findings, LIMIT, excerpt};
use crate::yaml::{Mark, Node};

/// Hops that lead back to where they began.
const RING: &str = "AOF-1163";

/// The name of an entry, as far as it has one.
pub(super) fn id_of<'n>(node: &'n Node<'_>) -> Option<&'n str> {
    node.get("id")?.text()
}

/// Hops of a list, where it stands, and whom they may depend on.
pub(super) struct Entries<'e, 't> {
    /// The entries.
    pub nodes: &'e [Node<'t>],
    /// Names by position: first of those that there are already, then of the entries.
    pub names: &'e [Option<&'e str>],
    /// What the list is called.
    pub list: &'e str,
    /// Where it begins.
    pub start: Mark,
    /// The position of the first entry.
    pub first: usize,
}

impl Entries<'_, '_> {
    /// All hops, or none if something is wrong with one.
    pub(super) fn hops(&self, findings: &mut Findings<'_>) -> Option<Vec<Hop>> {
        let mut hops = Vec::new();
        for (at, node) in self.nodes.iter().enumerate() {
            let mut reader = Reader {
                node,
                path: format!("{}[{at}]", self.list),
                names: self.names,
                place: self.first + at,
                findings,
            };
            hops.extend(reader.hop());
        }
        (hops.len() == self.nodes.len()).then_some(hops)
    }

    fn node(&self, at: usize) -> Option<&Node<'_>> {
        self.nodes.get(at.checked_sub(self.first)?)
    }

    fn name(&self, at: usize) -> String {
        excerpt(self.names.get(at).copied().flatten().unwrap_or_default())
    }

    fn place(&self, at: usize) -> Mark {
        let node = self.node(at);
        let id = node.and_then(|node| node.get("id"));
        id.or(node).map_or(self.start, |node| node.start)
    }

    /// `hops[3]`, or `hop a` for one that was there before.
    fn called(&self, at: usize) -> String {
        match at.checked_sub(self.first) {
            Some(own) => format!("{}[{own}]", self.list),
            None => format!("hop {}", self.name(at)),
        }
    }

    /// Reports a flaw.
    pub(super) fn tell(&self, flaw: &Flaw, findings: &mut Findings<'_>) {
        let list = self.list;
        let (code, at, message, hint) = match flaw {
            Flaw::Empty => (
                CODES.value,
                self.start,
                format!("`{list}` is empty"),
                "write at least one",
            ),
            Flaw::TooMany(count) => (
                LIMIT,
                self.start,
                format!("`{list}` has {} entries", count.saturating_sub(self.first)),
                "split the workflow",
            ),
            Flaw::Twice(first, second) => (
                CODES.value,
                self.place(*second),
                format!(
                    "`{}.id` is `{}`, as {} is",
                    self.called(*second),
                    self.name(*second),
                    self.called(*first),
                ),
                "give each hop a name of its own",
            ),
            Flaw::Double(at, from) => (
                CODES.value,
                self.place(*at),
                format!(
                    "`{}.dependsOn` has `{}` twice",
                    self.called(*at),
                    self.name(*from)
                ),
                "name each hop once; `on` takes several outcomes",
            ),
            Flaw::Ring(ring) => {
                let way: Vec<String> = ring
                    .iter()
                    .chain(ring.first())
                    .map(|at| self.name(*at))
                    .collect();
                (
                    RING,
                    ring.first().map_or(self.start, |at| self.place(*at)),
                    format!("hops wait for each other: {}", way.join(" → ")),
                    "take one of these out of a `dependsOn`; a rejection is what sends work back",
                )
            }
            Flaw::Quorum(at) => (
                CODES.value,
                self.place(*at),
                format!(
                    "`{}.joinType` asks for more or fewer hops than it depends on",
                    self.called(*at)
                ),
                "ask for at least one, and at most all of `dependsOn`",
            ),
            // Told where the name is read.
            Flaw::Unknown(_) => return,
        };
        findings.error(code, at, message, hint);
    }
}
