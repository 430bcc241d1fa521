//! The lines between two layers: from each spot one line down, along, and down again to each spot
//! that it leads to.
//!
//! Lines of two spots may cross, and never lie on one another: each spot has a row of its own where
//! it would meet another's, and each line ends in a column of its own. So it can always be told
//! which line is which.

use super::layout::{Layout, Spot};

/// How bad it is if two lines lie on one another, in crossings.
const CLASH: usize = 1_000;

/// The lines of one spot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The column in which they begin.
    pub from: i64,
    /// The columns in which they end, from the left.
    pub to: Vec<i64>,
    /// The row in which they go along, from 0; none if there is one that goes straight down.
    pub row: Option<usize>,
}

impl Line {
    fn is_straight(&self) -> bool {
        self.to == [self.from]
    }

    /// First and last column.
    pub fn span(&self) -> (i64, i64) {
        let first = self.to.first().copied().unwrap_or(self.from);
        let last = self.to.last().copied().unwrap_or(self.from);
        (first.min(self.from), last.max(self.from))
    }

    fn meets(&self, other: &Line) -> bool {
        let ((left, right), (from, to)) = (self.span(), other.span());
        left <= to && from <= right
    }

    /// How often the two cross if this one goes along above the other.
    fn crossings_above(&self, other: &Line) -> usize {
        let (left, right) = other.span();
        let inner = |column: &&i64| left < **column && **column < right;
        let own = self.to.iter().filter(inner).count();
        let (left, right) = self.span();
        let other_crosses = left < other.from && other.from < right;
        let clashes = self.to.contains(&other.from);
        own + usize::from(other_crosses) + if clashes { CLASH } else { 0 }
    }
}

/// The lines below a layer, and how many rows they take.
pub fn lines(layout: &Layout, layer: usize) -> (Vec<Line>, usize) {
    let above = spots(layout, layer);
    let below = spots(layout, layer + 1);
    let mut lines: Vec<(usize, Line)> = above
        .iter()
        .filter(|(_, spot)| !spot.next.is_empty())
        .map(|(at, spot)| {
            let line = Line {
                from: spot.middle,
                to: Vec::new(),
                row: None,
            };
            (*at, line)
        })
        .collect();
    for (_, spot) in &below {
        for (from, column) in ports(layout, spot, &lines) {
            if let Some((_, line)) = lines.iter_mut().find(|(at, _)| *at == from) {
                line.to.push(column);
            }
        }
    }
    let mut lines: Vec<Line> = lines.into_iter().map(|(_, line)| line).collect();
    for line in &mut lines {
        line.to.sort_unstable();
    }
    let rows = rows(&mut lines);
    (lines, rows)
}

fn spots(layout: &Layout, layer: usize) -> Vec<(usize, &Spot)> {
    let layer = layout.layers.get(layer).map_or(&[][..], Vec::as_slice);
    let spots = layer.iter();
    spots
        .filter_map(|at| Some((*at, layout.spots.get(*at)?)))
        .collect()
}

/// In which column of a spot each line ends: straight below its own if it can, else spread evenly;
/// never where another one begins.
fn ports(layout: &Layout, spot: &Spot, lines: &[(usize, Line)]) -> Vec<(usize, i64)> {
    let column = |at: &usize| layout.spots.get(*at).map_or(0, |spot| spot.middle);
    let mut before = spot.before.clone();
    before.sort_by_key(column);
    let count = i64::try_from(before.len()).unwrap_or(i64::MAX);
    // A box has corners.
    let corner = i64::from(spot.hop.is_some());
    let (first, last) = (spot.left() + corner, spot.right() - corner);
    let step = ((last - first) / count.max(1)).clamp(1, 4);
    let mut least = first;
    let mut found = Vec::new();
    for (number, at) in (0..count).zip(&before) {
        let most = last - (count - 1 - number);
        let own = column(at);
        let even = spot.middle + (2 * number - (count - 1)) * step / 2;
        let is_only = layout.spots.get(*at).is_some_and(|it| it.next.len() == 1);
        let is_above = is_only || (own - spot.middle).abs() <= spot.width / 4;
        let wish = match is_above && (least..=most).contains(&own) {
            true => own,
            false => even,
        };
        let is_free = |column: &i64| {
            lines
                .iter()
                .all(|(from, it)| from == at || it.from != *column)
        };
        let mut near: Vec<i64> = (least..=most).collect();
        near.sort_by_key(|column| (column - wish).abs());
        let column = near
            .iter()
            .copied()
            .find(is_free)
            .unwrap_or_else(|| wish.clamp(least, last));
        least = column + 1;
        found.push((*at, column));
    }
    found
}

/// Gives each line that is not straight a row in which it meets no other.
fn rows(lines: &mut [Line]) -> usize {
    let mut order: Vec<usize> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if line.is_straight() {
            continue;
        }
        let costs = |place: usize| {
            let others = order.iter().enumerate();
            let cost = others.filter_map(|(own, other)| {
                let other = lines.get(*other)?;
                Some(match own < place {
                    true => other.crossings_above(line),
                    false => line.crossings_above(other),
                })
            });
            cost.sum::<usize>()
        };
        let best = (0..=order.len()).min_by_key(|place| costs(*place));
        order.insert(best.unwrap_or_default(), at);
    }
    let mut count = 0;
    let mut placed: Vec<(Line, usize)> = Vec::new();
    for at in order {
        let Some(line) = lines.get_mut(at) else {
            continue;
        };
        let met = placed.iter().filter(|(other, _)| line.meets(other));
        let row = met.map(|(_, row)| row + 1).max().unwrap_or_default();
        line.row = Some(row);
        count = count.max(row + 1);
        placed.push((line.clone(), row));
    }
    count
}
