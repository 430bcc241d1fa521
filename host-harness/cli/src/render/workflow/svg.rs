//! A workflow as an SVG picture, for documents.
//!
//! Plain shapes with their colours written on them: no scripts, no fonts, nothing that is loaded.

use crate::render::text::{clean, columns};
use crate::shape::workflow::{Flow, Hop, State};

use super::condition::words;
use super::layout::{Layout, Spot};
use super::{lines, returns, standing, terms};

/// Pixels of a column, of a line of text, and between two layers.
const COLUMN: i64 = 8;
const LINE: i64 = 17;
const BETWEEN: i64 = 46;
const MARGIN: i64 = 16;
const PAD: i64 = 10;

/// Fill and stroke of a box.
pub fn colours(state: Option<&State>) -> (&'static str, &'static str) {
    match state.map(|state| state.status.as_str()) {
        Some("complete") => ("#d9f2df", "#2e7d43"),
        Some("dispatched") => ("#d8ecf8", "#1f6f9f"),
        Some("waiting-human") => ("#fdf0cc", "#9a6b00"),
        Some("failed") => ("#f9dada", "#b02a2a"),
        Some("skipped") => ("#eeeeee", "#9a9a9a"),
        _ => ("#ffffff", "#444444"),
    }
}

/// The picture; none if it has too many lines to be one.
pub fn picture(flow: &Flow) -> Option<String> {
    let of = |at: usize| flow.hops.get(at).map_or(0, width);
    let layout = Layout::of(flow, of)?;
    let heights = heights(flow, &layout);
    let sheet = Sheet {
        flow,
        layout: &layout,
        tops: tops(&heights),
        heights,
    };
    let width = layout.width * COLUMN + 2 * MARGIN;
    let bottom = sheet.tops.last().zip(sheet.heights.last());
    let height = bottom.map_or(0, |(top, height)| top + height) + MARGIN;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"ui-monospace, monospace\" \
         font-size=\"13\">\n<title>{}</title>\n<rect width=\"{width}\" height=\"{height}\" \
         fill=\"#ffffff\"/>\n<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" \
         markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0 L8 4 L0 8 Z\" \
         fill=\"#666666\"/></marker></defs>\n",
        escaped(&flow.name)
    );
    // Words lie over all lines.
    let mut labels = String::new();
    for (to, hop) in flow.hops.iter().enumerate() {
        for (number, edge) in hop.edges.iter().enumerate() {
            let (line, middle) = sheet.edge(edge.from, (to, number));
            text += &line;
            labels.extend(terms(edge).map(|terms| label(&terms, middle)));
        }
    }
    text += &labels;
    for spot in &layout.spots {
        if let Some(hop) = spot.hop.and_then(|at| flow.hops.get(at)) {
            text += &sheet.hop(spot, hop);
        }
    }
    Some(text + "</svg>\n")
}

/// What stands in a box.
fn inside(hop: &Hop) -> Vec<String> {
    let mut inside = lines(hop);
    inside.extend(hop.state.as_ref().map(standing));
    inside
}

fn width(hop: &Hop) -> usize {
    let widest = inside(hop).iter().map(|line| columns(line)).max();
    widest.unwrap_or_default() + 4
}

/// How high each layer is.
fn heights(flow: &Flow, layout: &Layout) -> Vec<i64> {
    let lines = |at: &usize| {
        let hop = layout.spots.get(*at)?.hop?;
        i64::try_from(inside(flow.hops.get(hop)?).len()).ok()
    };
    let layers = layout.layers.iter();
    let most = layers.map(|layer| layer.iter().filter_map(lines).max().unwrap_or(1));
    most.map(|lines| lines * LINE + PAD).collect()
}

/// Where each layer begins.
fn tops(heights: &[i64]) -> Vec<i64> {
    let mut top = MARGIN;
    let mut tops = Vec::new();
    for height in heights {
        tops.push(top);
        top += height + BETWEEN;
    }
    tops
}

struct Sheet<'a> {
    flow: &'a Flow,
    layout: &'a Layout,
    tops: Vec<i64>,
    heights: Vec<i64>,
}

impl Sheet<'_> {
    /// Left to right and top to bottom of a layer, in pixels.
    fn rows(&self, spot: &Spot) -> (i64, i64) {
        let top = self.tops.get(spot.layer).copied().unwrap_or_default();
        let height = self.heights.get(spot.layer).copied().unwrap_or_default();
        (top, top + height)
    }

    fn middle(spot: &Spot) -> i64 {
        MARGIN + spot.middle * COLUMN + COLUMN / 2
    }

    /// A line, and where it can be written on.
    fn edge(&self, from: usize, edge: (usize, usize)) -> (String, (i64, i64)) {
        let Some(mut spot) = self.layout.spots.get(from) else {
            return (String::new(), (0, 0));
        };
        let mut x = Self::middle(spot);
        let mut y = self.rows(spot).1;
        let mut path = format!("M{x} {y}");
        let mut middle = None;
        while let Some((next, _)) = spot.next.iter().find(|next| next.1 == edge) {
            let Some(below) = self.layout.spots.get(*next) else {
                break;
            };
            let (top, bottom) = self.rows(below);
            let to = self.landing(below, edge);
            let half = BETWEEN / 2;
            path += &format!(" C{x} {} {to} {} {to} {top}", y + half, top - half);
            middle.get_or_insert(((x + to) / 2, (y + top) / 2));
            (x, y) = (to, top);
            if below.hop.is_none() {
                path += &format!(" L{to} {bottom}");
                y = bottom;
            }
            spot = below;
        }
        let line = format!(
            "<path d=\"{path}\" fill=\"none\" stroke=\"#666666\" marker-end=\"url(#tip)\"/>\n"
        );
        (line, middle.unwrap_or_default())
    }

    /// Where a line ends on a box: lines are spread in the order in which they come.
    fn landing(&self, below: &Spot, edge: (usize, usize)) -> i64 {
        if below.hop.is_none() {
            return Self::middle(below);
        }
        let spots = &self.layout.spots;
        let mut lines: Vec<(i64, (usize, usize))> = Vec::new();
        for before in below.before.iter().filter_map(|at| spots.get(*at)) {
            let own = before
                .next
                .iter()
                .filter(|next| Some(next.1.0) == below.hop);
            lines.extend(own.map(|next| (before.middle, next.1)));
        }
        lines.sort_unstable();
        lines.dedup();
        let place = lines.iter().position(|line| line.1 == edge);
        let place = i64::try_from(place.unwrap_or_default()).unwrap_or_default();
        let count = i64::try_from(lines.len()).unwrap_or(1);
        let step = (below.width * COLUMN / (count + 1)).min(3 * COLUMN);
        Self::middle(below) + (2 * place - (count - 1)) * step / 2
    }

    fn hop(&self, spot: &Spot, hop: &Hop) -> String {
        let (fill, stroke) = colours(hop.state.as_ref());
        let (top, bottom) = self.rows(spot);
        let (x, width) = (MARGIN + spot.left() * COLUMN, spot.width * COLUMN);
        let dash = match hop.condition.is_some() {
            true => " stroke-dasharray=\"5 3\"",
            false => "",
        };
        let round = if hop.is_human { 0 } else { 7 };
        let mut text = format!(
            "<g><title>{}</title><rect x=\"{x}\" y=\"{top}\" width=\"{width}\" height=\"{}\" \
             rx=\"{round}\" fill=\"{fill}\" stroke=\"{stroke}\"{dash}/>\n",
            escaped(&self.about(hop)),
            bottom - top,
        );
        for (number, line) in (1_i64..).zip(inside(hop)) {
            let weight = match number {
                1 => " font-weight=\"bold\"",
                _ => " fill=\"#444444\"",
            };
            text += &format!(
                "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\"{weight}>{}</text>\n",
                Self::middle(spot),
                top + number * LINE,
                escaped(&line)
            );
        }
        text + "</g>\n"
    }

    /// What is told when the pointer rests on a box.
    fn about(&self, hop: &Hop) -> String {
        let only = hop.condition.as_ref();
        let parts = [
            Some(hop.id.clone()),
            hop.description.clone(),
            super::after(self.flow, hop),
            only.map(|condition| format!("only if {}", words(condition))),
            returns(hop).map(str::to_owned),
        ];
        let parts = parts.into_iter().flatten().chain(hop.facts.clone());
        parts.collect::<Vec<_>>().join("; ")
    }
}

/// Words on a line, with room around them.
fn label(words: &str, (x, y): (i64, i64)) -> String {
    let place = format!(
        "x=\"{x}\" y=\"{}\" font-size=\"11\" text-anchor=\"middle\"",
        y + 4
    );
    let words = escaped(words);
    format!(
        "<text {place} stroke=\"#ffffff\" stroke-width=\"4\">{words}</text>\n\
         <text {place} fill=\"#444444\">{words}</text>\n"
    )
}

/// Text that is no markup.
fn escaped(text: &str) -> String {
    let text = clean(text);
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;").replace('"', "&quot;")
}
