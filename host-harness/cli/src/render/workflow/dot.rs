//! A workflow for Graphviz.

use crate::render::text::clean;
use crate::shape::workflow::{Flow, Hop};

use super::condition::words;
use super::{standing, terms};

/// The graph in the DOT language.
pub fn graph(flow: &Flow) -> String {
    let mut text = format!("digraph {} {{\n", quoted(&[clean(&flow.name)]));
    text += "  rankdir=TB;\n  node [shape=box, style=\"rounded,filled\", fillcolor=white, \
             fontname=\"sans-serif\"];\n  edge [fontname=\"sans-serif\", fontsize=10];\n";
    for hop in &flow.hops {
        text += &node(hop);
    }
    for hop in &flow.hops {
        for edge in &hop.edges {
            let Some(from) = flow.hops.get(edge.from) else {
                continue;
            };
            let (from, to) = (clean(&from.id), clean(&hop.id));
            text += &format!("  {} -> {}", quoted(&[from]), quoted(&[to]));
            if let Some(terms) = terms(edge) {
                text += &format!(" [label={}]", quoted(&[clean(&terms)]));
            }
            text += ";\n";
        }
    }
    text + "}\n"
}

fn node(hop: &Hop) -> String {
    let lines = super::lines(hop);
    let id = quoted(&[clean(&hop.id)]);
    let mut label: Vec<String> = lines.iter().map(|line| clean(line)).collect();
    label.extend(
        hop.condition
            .as_ref()
            .map(|it| clean(&format!("if {}", words(it)))),
    );
    label.extend(hop.state.as_ref().map(|it| clean(&standing(it))));
    let mut text = format!("  {id} [label={}", quoted(&label));
    if hop.is_human {
        text += ", peripheries=2";
    }
    if let Some(state) = &hop.state {
        let (fill, _) = super::svg::colours(Some(state));
        text += &format!(", fillcolor=\"{fill}\"");
    }
    text + "];\n"
}

/// A string of DOT; the lines are joined by its own line break.
fn quoted(lines: &[String]) -> String {
    let escape = |line: &String| line.replace('\\', "\\\\").replace('"', "\\\"");
    let lines: Vec<String> = lines.iter().map(escape).collect();
    format!("\"{}\"", lines.join("\\n"))
}
