//! A workflow as a picture of characters: boxes in layers, with lines between them.
//!
//! Invariant: where two lines cross, the one that goes down passes over the other; a corner or a
//! fork belongs to one line only.

use anstyle::Style;

use crate::render::style::{DIM, HEAD, PLAIN};
use crate::render::text::{clean, columns};
use crate::shape::workflow::{Flow, Hop};

use super::channel::{Line, lines};
use super::condition::words;
use super::layout::{Layout, Spot, layers};
use super::{CONDITION, RETURN, after, of_state, returns, standing, terms};

/// Columns of a picture where nobody says how wide it may be.
const WIDTH: usize = 160;

const UP: u8 = 1;
const DOWN: u8 = 2;
const LEFT: u8 = 4;
const RIGHT: u8 = 8;
/// Lines that meet in a cell, by their directions.
const STROKES: [char; 16] = [
    ' ', '│', '│', '│', '─', '┘', '┐', '┤', '─', '└', '┌', '├', '─', '┴', '┬', '┼',
];

/// The picture and what its marks mean; a list by layers if it would be wider than that.
pub fn picture(flow: &Flow, width: Option<usize>) -> String {
    let of = |at: usize| flow.hops.get(at).map_or(0, box_width);
    let most = i64::try_from(width.unwrap_or(WIDTH)).unwrap_or(i64::MAX);
    let layout = Layout::of(flow, of).filter(|layout| layout.width <= most);
    let mut text = format!("{HEAD}{}{HEAD:#}\n\n", clean(&flow.name));
    match layout {
        Some(layout) => {
            let mut canvas = Canvas::default();
            canvas.draw(flow, &layout);
            text += &canvas.text();
            text += &notes(flow);
        }
        None => text += &list(flow),
    }
    text
}

/// The lines in a box, the first one bold, and how the hop stands.
fn inside(hop: &Hop) -> Vec<(String, Style)> {
    let lines = super::lines(hop).into_iter().zip([HEAD, DIM]);
    let state = hop.state.as_ref();
    let state = state.map(|it| (standing(it), of_state(Some(it))));
    let lines = lines.chain(state);
    lines.map(|(line, style)| (clean(&line), style)).collect()
}

fn box_width(hop: &Hop) -> usize {
    let widest = inside(hop).iter().map(|(line, _)| columns(line)).max();
    widest.unwrap_or_default() + 4
}

#[derive(Debug, Clone, Copy)]
struct Cell {
    sign: char,
    style: Style,
    /// Directions of the lines in it, and whose they are.
    strokes: u8,
    owner: usize,
}

const BLANK: Cell = Cell {
    sign: ' ',
    style: PLAIN,
    strokes: 0,
    owner: 0,
};

#[derive(Debug, Default)]
struct Canvas {
    rows: Vec<Vec<Cell>>,
}

impl Canvas {
    fn draw(&mut self, flow: &Flow, layout: &Layout) {
        let mut top = 0;
        let mut arrivals: Vec<i64> = Vec::new();
        for (at, layer) in layout.layers.iter().enumerate() {
            let spots: Vec<&Spot> = layer
                .iter()
                .filter_map(|at| layout.spots.get(*at))
                .collect();
            let hops = spots.iter().filter_map(|spot| flow.hops.get(spot.hop?));
            let height = hops.map(|hop| inside(hop).len() + 2).max().unwrap_or(1);
            for spot in &spots {
                match spot.hop.and_then(|hop| flow.hops.get(hop)) {
                    Some(hop) => self.hop(spot, hop, (top, height)),
                    None => self.point(spot, (top, height), &arrivals),
                }
            }
            for column in arrivals.drain(..) {
                let is_box = |spot: &Spot| {
                    spot.hop.is_some() && (spot.left()..=spot.right()).contains(&column)
                };
                if spots.iter().any(|spot| is_box(spot)) {
                    self.put((top, column), '▼', PLAIN);
                }
            }
            let (lines, rows) = lines(layout, at);
            let rows = rows.max(1);
            for (owner, line) in lines.iter().enumerate() {
                self.line(line, (top + height, rows), owner + 1);
                arrivals.extend(&line.to);
            }
            top += height + if lines.is_empty() { 0 } else { rows };
        }
    }

    /// A line that goes through a layer, and may arrive beside its column.
    fn point(&mut self, spot: &Spot, (top, height): (usize, usize), arrivals: &[i64]) {
        let is_own = |column: &&i64| (spot.left()..=spot.right()).contains(*column);
        let from = arrivals.iter().find(is_own).copied();
        let line = Line {
            from: from.unwrap_or(spot.middle),
            to: vec![spot.middle],
            row: from.filter(|from| *from != spot.middle).map(|_| 0),
        };
        self.line(&line, (top, height), 1);
    }

    fn hop(&mut self, spot: &Spot, hop: &Hop, (top, height): (usize, usize)) {
        let style = of_state(hop.state.as_ref());
        let (left, right) = (spot.left(), spot.right());
        let bottom = top + height - 1;
        for column in left..=right {
            self.put((top, column), '─', style);
            self.put((bottom, column), '─', style);
        }
        for row in top..=bottom {
            self.put((row, left), '│', style);
            self.put((row, right), '│', style);
        }
        for (place, sign) in [
            ((top, left), '┌'),
            ((top, right), '┐'),
            ((bottom, left), '└'),
            ((bottom, right), '┘'),
        ] {
            self.put(place, sign, style);
        }
        if !spot.next.is_empty() {
            self.put((bottom, spot.middle), '┬', style);
        }
        for (number, (line, style)) in inside(hop).into_iter().enumerate() {
            let mut column = left + 2;
            for sign in line.chars() {
                self.put((top + 1 + number, column), sign, style);
                column += i64::try_from(columns(sign.encode_utf8(&mut [0; 4]))).unwrap_or(1);
            }
        }
    }

    fn line(&mut self, line: &Line, (top, rows): (usize, usize), owner: usize) {
        let bottom = top + rows - 1;
        let Some(own) = line.row else {
            for row in top..=bottom {
                self.stroke((row, line.from), UP | DOWN, owner);
            }
            return;
        };
        let row = top + own;
        let (first, last) = line.span();
        for column in first..=last {
            let left = if column > first { LEFT } else { 0 };
            let right = if column < last { RIGHT } else { 0 };
            self.stroke((row, column), left | right, owner);
        }
        for above in top..row {
            self.stroke((above, line.from), UP | DOWN, owner);
        }
        self.stroke((row, line.from), UP, owner);
        for column in &line.to {
            self.stroke((row, *column), DOWN, owner);
            for below in row + 1..=bottom {
                self.stroke((below, *column), UP | DOWN, owner);
            }
        }
    }

    /// A piece of a line. Over a line of another owner, what goes down stays in sight.
    fn stroke(&mut self, place: (usize, i64), strokes: u8, owner: usize) {
        let Some(cell) = self.cell(place) else {
            return;
        };
        let is_along = |strokes: u8| strokes & (UP | DOWN) == 0;
        if cell.owner == owner || cell.strokes == 0 {
            cell.strokes |= strokes;
        } else if is_along(cell.strokes) {
            cell.strokes = strokes;
        } else {
            return;
        }
        cell.owner = owner;
        cell.sign = STROKES
            .get(usize::from(cell.strokes))
            .copied()
            .unwrap_or(' ');
    }

    fn put(&mut self, place: (usize, i64), sign: char, style: Style) {
        if let Some(cell) = self.cell(place) {
            *cell = Cell {
                sign,
                style,
                ..BLANK
            };
        }
    }

    fn cell(&mut self, (row, column): (usize, i64)) -> Option<&mut Cell> {
        let column = usize::try_from(column).ok()?;
        if self.rows.len() <= row {
            self.rows.resize(row + 1, Vec::new());
        }
        let cells = self.rows.get_mut(row)?;
        if cells.len() <= column {
            cells.resize(column + 1, BLANK);
        }
        cells.get_mut(column)
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for row in &self.rows {
            let mut style = PLAIN;
            let last = row.iter().rposition(|cell| cell.sign != ' ');
            for cell in row.iter().take(last.map_or(0, |last| last + 1)) {
                if cell.style != style {
                    text += &format!("{style:#}{}", cell.style);
                    style = cell.style;
                }
                text.push(cell.sign);
            }
            text += &format!("{style:#}\n");
        }
        text
    }
}

/// What the marks mean, and what stands at the lines.
fn notes(flow: &Flow) -> String {
    let mut notes: Vec<String> = Vec::new();
    for hop in &flow.hops {
        let id = clean(&hop.id);
        if let Some(condition) = &hop.condition {
            notes.push(format!("{CONDITION} {id}: only if {}", words(condition)));
        }
        if let Some(returns) = returns(hop) {
            notes.push(format!("{RETURN} {id}: {returns}"));
        }
        for edge in &hop.edges {
            if let (Some(terms), Some(from)) = (terms(edge), flow.hops.get(edge.from)) {
                notes.push(format!("→ {} to {id}: {terms}", from.id));
            }
        }
    }
    let lines = notes
        .iter()
        .map(|note| format!("{DIM}{}{DIM:#}\n", clean(note)));
    let lines: String = lines.collect();
    match lines.is_empty() {
        true => lines,
        false => format!("\n{lines}"),
    }
}

/// Layer by layer, a line for each hop.
fn list(flow: &Flow) -> String {
    let layer = layers(flow);
    let width = flow.hops.iter().map(|hop| columns(&hop.id)).max();
    let width = width.unwrap_or_default();
    let mut hops: Vec<(&usize, &Hop)> = layer.iter().zip(&flow.hops).collect();
    hops.sort_by_key(|(layer, _)| **layer);
    let mut text = String::new();
    let mut before = None;
    for (layer, hop) in hops {
        let number = match before.replace(layer) == Some(layer) {
            true => String::new(),
            false => (layer + 1).to_string(),
        };
        let style = of_state(hop.state.as_ref());
        let id = format!("{:width$}", clean(&hop.id));
        let state = hop.state.as_ref().map(standing);
        let only = hop.condition.as_ref();
        let only = only.map(|condition| format!("only if {}", words(condition)));
        let facts = [Some(hop.who.clone()), state, after(flow, hop), only];
        let facts: Vec<String> = facts.into_iter().flatten().map(|it| clean(&it)).collect();
        text += &format!(
            "{DIM}{number:>4}{DIM:#}  {style}{id}{style:#}  {}\n",
            facts.join("  ")
        );
    }
    text
}
