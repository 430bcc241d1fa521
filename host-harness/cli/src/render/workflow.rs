//! Workflows for people: what is wrong, what they say, what they look like.
//!
//! Takes a workflow as it was written and, where there is one, how each hop stands. Invariant: all
//! pictures are drawn from one layout, so that they agree.

mod channel;
pub mod check;
mod condition;
pub mod dot;
mod layout;
pub mod picture;
pub mod show;
pub mod svg;
#[cfg(test)]
mod tests;
pub mod trial;

use anstyle::Style;

use super::style::{BAD, BUSY, DIM, GOOD, PLAIN, WARN};
use crate::shape::workflow::{Edge, Flow, Hop, State};
use condition::words;

/// Marks a hop that runs under a condition.
const CONDITION: char = '◇';
/// Marks a hop that may send work back.
const RETURN: char = '↰';

/// The colour of a hop's status.
fn of_state(state: Option<&State>) -> Style {
    match state.map(|state| state.status.as_str()) {
        Some("complete") => GOOD,
        Some("dispatched") => BUSY,
        Some("waiting-human") => WARN,
        Some("failed") => BAD,
        Some("skipped") => DIM,
        _ => PLAIN,
    }
}

/// How a hop stands, in words.
fn standing(state: &State) -> String {
    match &state.outcome {
        Some(outcome) => format!("{}: {outcome}", state.status),
        None => state.status.clone(),
    }
}

/// What stands in the box of a hop: its name with marks, and who does it.
fn lines(hop: &Hop) -> Vec<String> {
    let mut first = hop.id.clone();
    for (is_marked, mark) in [
        (hop.condition.is_some(), CONDITION),
        (hop.rejects.is_some(), RETURN),
    ] {
        if is_marked {
            first += &format!(" {mark}");
        }
    }
    let join = hop.join.as_ref().map(|join| format!(", {join}"));
    vec![first, format!("{}{}", hop.who, join.unwrap_or_default())]
}

/// When an edge is live, in words; none if always.
fn terms(edge: &Edge) -> Option<String> {
    let on = (!edge.on.is_empty()).then(|| format!("on {}", edge.on.join(" or ")));
    let when = edge.when.as_ref().map(|when| format!("if {}", words(when)));
    let both: Vec<String> = on.into_iter().chain(when).collect();
    (!both.is_empty()).then(|| both.join(", "))
}

/// What a hop may send back, in words.
fn returns(hop: &Hop) -> Option<&'static str> {
    Some(match hop.rejects.as_deref()? {
        "predecessors" => "may send back what it depends on",
        _ => "may send everything back",
    })
}

/// What it waits for, in words; none for a root.
fn after(flow: &Flow, hop: &Hop) -> Option<String> {
    let name = |edge: &Edge| {
        let name = flow.hops.get(edge.from)?.id.clone();
        Some(match terms(edge) {
            Some(terms) => format!("{name} ({terms})"),
            None => name,
        })
    };
    let names: Vec<String> = hop.edges.iter().filter_map(name).collect();
    let join = match (&hop.join, names.len()) {
        (_, 0) => return None,
        (Some(join), _) => format!("{join} of "),
        (None, _) => String::new(),
    };
    Some(format!("after {join}{}", names.join(", ")))
}
