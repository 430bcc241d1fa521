//! Plans: hops or tasks that the result of a hop asks for.
//!
//! Never creates any. Invariant: a plan is taken whole or not at all, and what is taken is within
//! the bounds of the hop that takes it.

#[cfg(test)]
mod tests;

use super::graph::{Graph, Hop};
use crate::priority::Priority;

/// Entries of a plan.
pub const ENTRIES_MAX: usize = 100;
/// Entries of a plan that can be at work at the same time.
pub const WIDTH_MAX: usize = 100;
/// Plans that come from hops or tasks of another plan.
pub const DEPTH_MAX: usize = 8;

/// How large a plan may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Entries.
    pub count: usize,
    /// Entries that can be at work at the same time.
    pub width: usize,
    /// How many plans may come one from another, itself included.
    pub depth: usize,
}

impl Bounds {
    /// What holds unless a hop says otherwise.
    pub const USUAL: Bounds = Bounds {
        count: 20,
        width: 10,
        depth: 3,
    };
    /// What no hop can exceed.
    pub const LARGEST: Bounds = Bounds {
        count: ENTRIES_MAX,
        width: WIDTH_MAX,
        depth: DEPTH_MAX,
    };

    /// These, and others besides.
    #[must_use]
    pub fn within(self, other: Bounds) -> Bounds {
        Bounds {
            count: self.count.min(other.count),
            width: self.width.min(other.width),
            depth: self.depth.min(other.depth),
        }
    }
}

/// What a hop does with a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expand {
    /// Position of the hop whose result has the plan.
    pub from: usize,
    /// Its entries become tasks, not hops.
    pub into_tasks: bool,
    /// How large it may be.
    pub bounds: Bounds,
}

/// A task of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Child {
    /// Its name in the plan, what is to be done and by whom; its edges name other tasks of the
    /// plan by position.
    pub hop: Hop,
    /// What it is called.
    pub title: String,
    /// How urgent it is.
    pub priority: Priority,
}

/// What a plan leads to.
#[derive(Debug, Clone, PartialEq)]
pub enum Plan {
    /// The workflow with the new hops.
    Hops(Box<Graph>),
    /// Tasks to create; each comes after those that it depends on.
    Tasks(Vec<Child>),
}

/// Why a plan is too large. Each has what it is, and what it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Excess {
    /// Entries.
    Count(usize, usize),
    /// Entries that can be at work at the same time.
    Width(usize, usize),
    /// Plans that come one from another.
    Depth(usize, usize),
}

/// The order in which entries can be created, by place; none may be missing before what depends on
/// it. Edges from before `first` lead out of the plan; `depth` is how many plans this one is.
///
/// # Errors
/// Every bound that is exceeded.
pub fn order(
    entries: &[&Hop],
    (first, depth): (usize, usize),
    bounds: Bounds,
) -> Result<Vec<usize>, Vec<Excess>> {
    let (order, width) = waves(entries, first);
    let mut excess = Vec::new();
    if entries.len() > bounds.count {
        excess.push(Excess::Count(entries.len(), bounds.count));
    }
    if width > bounds.width {
        excess.push(Excess::Width(width, bounds.width));
    }
    if depth > bounds.depth {
        excess.push(Excess::Depth(depth, bounds.depth));
    }
    if excess.is_empty() {
        Ok(order)
    } else {
        Err(excess)
    }
}

/// Entries wave by wave, each as soon as all that it depends on came before, and the largest wave.
fn waves(entries: &[&Hop], first: usize) -> (Vec<usize>, usize) {
    let mut order: Vec<usize> = Vec::new();
    let (mut is_out, mut width) = (vec![false; entries.len()], 0);
    loop {
        let before = order.len();
        for (at, hop) in entries.iter().enumerate() {
            let is_there = |from: usize| {
                let inner = from.checked_sub(first);
                inner.is_none_or(|it| is_out.get(it) == Some(&true))
            };
            let is_new = is_out.get(at) == Some(&false);
            if is_new && hop.edges.iter().all(|edge| is_there(edge.from)) {
                order.push(at);
            }
        }
        let wave = order.get(before..).unwrap_or_default();
        if wave.is_empty() {
            return (order, width);
        }
        width = width.max(wave.len());
        for at in wave {
            if let Some(out) = is_out.get_mut(*at) {
                *out = true;
            }
        }
    }
}
