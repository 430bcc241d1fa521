//! A workflow hop by hop.

use crate::render::finding::finding;
use crate::render::style::{DIM, HEAD};
use crate::render::text::clean;
use crate::shape::workflow::{Checked, Flow, Hop};

use super::condition::words;
use super::{after, of_state, returns, standing};

/// Everything that it says.
pub fn flow(checked: &Checked) -> String {
    let flow = Flow::of(&checked.definition, &checked.state);
    let default = if checked.is_default { ", default" } else { "" };
    let (name, path) = (clean(&flow.name), clean(&checked.path));
    let mut text = format!("{HEAD}{name}{HEAD:#}  {DIM}{path}{default}{DIM:#}\n");
    if let Some(description) = &flow.description {
        text += &format!("{}\n", clean(description));
    }
    let width = flow.hops.iter().map(|hop| hop.id.chars().count()).max();
    for item in &flow.hops {
        text += &hop(&flow, item, width.unwrap_or_default());
    }
    text + &checked.findings.iter().map(finding).collect::<String>()
}

fn hop(flow: &Flow, hop: &Hop, width: usize) -> String {
    let style = of_state(hop.state.as_ref());
    let id = format!("{:width$}", clean(&hop.id));
    let first = [
        Some(clean(&hop.who)),
        after(flow, hop).map(|after| clean(&after)),
        hop.state.as_ref().map(|state| clean(&standing(state))),
    ];
    let first: Vec<String> = first.into_iter().flatten().collect();
    let mut text = format!("\n{style}{id}{style:#}  {}\n", first.join("  "));
    if let Some(description) = &hop.description {
        text += &format!("  {DIM}{}{DIM:#}\n", clean(description));
    }
    if let Some(condition) = &hop.condition {
        text += &format!("  only if {}\n", clean(&words(condition)));
    }
    let facts = hop.facts.iter().map(|fact| clean(fact));
    let facts: Vec<String> = returns(hop)
        .map(str::to_owned)
        .into_iter()
        .chain(facts)
        .collect();
    if !facts.is_empty() {
        text += &format!("  {}\n", facts.join(", "));
    }
    text
}
