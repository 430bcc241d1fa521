//! Where the hops of a workflow stand in a picture: in layers, each below all that it depends on.
//!
//! Counts in columns of text; whoever draws otherwise multiplies. An edge over several layers goes
//! through a point in each of them. Invariant: spots of one layer do not overlap, and the same
//! workflow always looks the same.

use crate::shape::workflow::Flow;

/// Spots of one picture, points of edges included.
pub const SPOTS: usize = 4_000;
/// Columns between two spots of a layer.
const GAP: i64 = 3;
/// Times that the order within layers, and the places, are bettered.
const SWEEPS: usize = 12;

/// What stands in a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// The hop; none for a point of an edge.
    pub hop: Option<usize>,
    /// Columns that it takes, odd.
    pub width: i64,
    /// Column of its middle.
    pub middle: i64,
    /// The layer, from the top.
    pub layer: usize,
    /// Spots of the next layer that a line leads to, with the edge that it is a part of: the hop
    /// that it leads to, and the position among the edges of that.
    pub next: Vec<(usize, (usize, usize))>,
    /// Spots of the layer before that lines come from.
    pub before: Vec<usize>,
}

impl Spot {
    /// First column.
    pub fn left(&self) -> i64 {
        self.middle - self.width / 2
    }

    /// Last column.
    pub fn right(&self) -> i64 {
        self.middle + self.width / 2
    }
}

/// A picture, before it is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// All spots.
    pub spots: Vec<Spot>,
    /// Positions of spots, layer by layer, from the left.
    pub layers: Vec<Vec<usize>>,
    /// Columns of the whole picture.
    pub width: i64,
}

/// The layer of each hop: one below the lowest that it depends on.
pub fn layers(flow: &Flow) -> Vec<usize> {
    let mut layer = vec![0; flow.hops.len()];
    // As often as there are layers; in declared order once will mostly do.
    for _ in 0..flow.hops.len() {
        let mut is_settled = true;
        for (at, hop) in flow.hops.iter().enumerate() {
            let above = hop.edges.iter().filter_map(|edge| layer.get(edge.from));
            let below = above.max().map_or(0, |above| above + 1);
            if let Some(own) = layer.get_mut(at).filter(|own| **own < below) {
                *own = below;
                is_settled = false;
            }
        }
        if is_settled {
            break;
        }
    }
    layer
}

impl Layout {
    /// The picture of a workflow whose hops take so many columns each; none if it has too many
    /// spots.
    pub fn of(flow: &Flow, width: impl Fn(usize) -> usize) -> Option<Self> {
        let layer = layers(flow);
        let mut layout = Layout {
            spots: Vec::new(),
            layers: Vec::new(),
            width: 0,
        };
        for (at, layer) in layer.iter().enumerate() {
            layout.put(Some(at), *layer, width(at));
        }
        for (to, hop) in flow.hops.iter().enumerate() {
            for (number, edge) in hop.edges.iter().enumerate() {
                layout.lead(edge.from, (to, number))?;
            }
        }
        if layout.spots.len() > SPOTS {
            return None;
        }
        for spot in &mut layout.spots {
            // Room for a line to each side of the middle.
            let lines = spot.before.len().max(1);
            let room = i64::try_from(lines * 2 + 3).unwrap_or(i64::MAX);
            if spot.hop.is_some() {
                spot.width = spot.width.max(room) | 1;
            }
        }
        layout.order();
        layout.place();
        Some(layout)
    }

    fn put(&mut self, hop: Option<usize>, layer: usize, width: usize) -> usize {
        let at = self.spots.len();
        self.spots.push(Spot {
            hop,
            width: i64::try_from(width).unwrap_or(i64::MAX) | 1,
            middle: 0,
            layer,
            next: Vec::new(),
            before: Vec::new(),
        });
        if self.layers.len() <= layer {
            self.layers.resize(layer + 1, Vec::new());
        }
        if let Some(layer) = self.layers.get_mut(layer) {
            layer.push(at);
        }
        at
    }

    /// A line from a hop to another, through a point in each layer between.
    fn lead(&mut self, from: usize, edge: (usize, usize)) -> Option<()> {
        let (first, last) = (self.spots.get(from)?.layer, self.spots.get(edge.0)?.layer);
        let mut above = from;
        for layer in first + 1..=last {
            let below = if layer == last {
                edge.0
            } else if self.spots.len() > SPOTS {
                return None;
            } else {
                self.put(None, layer, 3)
            };
            self.spots.get_mut(above)?.next.push((below, edge));
            self.spots.get_mut(below)?.before.push(above);
            above = below;
        }
        Some(())
    }

    /// Orders each layer so that lines cross little: by the middle of what they lead to or from.
    fn order(&mut self) {
        let mut rank = vec![0_i64; self.spots.len()];
        self.rank(&mut rank);
        for sweep in 0..SWEEPS {
            let down = sweep % 2 == 0;
            let count = self.layers.len();
            for step in 0..count {
                let at = if down { step } else { count - 1 - step };
                let mut layer = self.layers.get(at).cloned().unwrap_or_default();
                let key = |spot: &usize| {
                    let ranks = self.beside(*spot, down);
                    let ranks = ranks.iter().filter_map(|it| rank.get(*it));
                    let own = rank.get(*spot).copied().unwrap_or_default();
                    mean(ranks.map(|it| it * 1_000)).unwrap_or(own * 1_000)
                };
                layer.sort_by_cached_key(key);
                for (place, spot) in layer.iter().enumerate() {
                    if let Some(own) = rank.get_mut(*spot) {
                        *own = i64::try_from(place).unwrap_or(i64::MAX);
                    }
                }
                if let Some(kept) = self.layers.get_mut(at) {
                    *kept = layer;
                }
            }
        }
    }

    fn rank(&self, rank: &mut [i64]) {
        for layer in &self.layers {
            for (place, spot) in layer.iter().enumerate() {
                if let Some(own) = rank.get_mut(*spot) {
                    *own = i64::try_from(place).unwrap_or(i64::MAX);
                }
            }
        }
    }

    /// The spots that lines lead to or come from.
    fn beside(&self, spot: usize, is_above: bool) -> Vec<usize> {
        let Some(spot) = self.spots.get(spot) else {
            return Vec::new();
        };
        match is_above {
            true => spot.before.clone(),
            false => spot.next.iter().map(|next| next.0).collect(),
        }
    }

    /// Moves each spot as near to the middle of its neighbours as the others of its layer allow.
    fn place(&mut self) {
        for at in 0..self.layers.len() {
            self.settle(at, &|_| 0);
        }
        for sweep in 0..SWEEPS {
            let down = sweep % 2 == 0;
            let count = self.layers.len();
            for step in 0..count {
                let at = if down { step } else { count - 1 - step };
                let layout = self.clone();
                self.settle(at, &|spot| {
                    let beside = layout.beside(spot, down);
                    let middles = beside.iter().filter_map(|it| layout.spots.get(*it));
                    let own = layout.spots.get(spot).map_or(0, |spot| spot.middle);
                    mean(middles.map(|spot| spot.middle)).unwrap_or(own)
                });
            }
        }
        let left = self.spots.iter().map(Spot::left).min().unwrap_or_default();
        for spot in &mut self.spots {
            spot.middle -= left;
        }
        let right = self.spots.iter().map(Spot::right).max();
        self.width = right.map_or(0, |right| right + 1);
    }

    /// Places one layer: halfway between pushing to the right and pushing to the left.
    fn settle(&mut self, layer: usize, wish: &dyn Fn(usize) -> i64) {
        let spots = self.layers.get(layer).cloned().unwrap_or_default();
        let width = |spot: &usize| self.spots.get(*spot).map_or(1, |spot| spot.width);
        let halves: Vec<i64> = spots.iter().map(|spot| width(spot) / 2).collect();
        let wishes: Vec<i64> = spots.iter().map(|spot| wish(*spot)).collect();
        let mut pushed: Vec<(i64, i64)> = wishes.iter().map(|wish| (*wish, *wish)).collect();
        let mut least = i64::MIN;
        for (place, half) in pushed.iter_mut().zip(&halves) {
            place.0 = place.0.max(least.saturating_add(*half));
            least = place.0 + half + 1 + GAP;
        }
        let mut most = i64::MAX;
        for (place, half) in pushed.iter_mut().zip(&halves).rev() {
            place.1 = place.1.min(most.saturating_sub(*half));
            most = place.1 - half - 1 - GAP;
        }
        let mut least = i64::MIN;
        for ((spot, place), half) in spots.iter().zip(&pushed).zip(&halves) {
            let middle = (place.0 + place.1).div_euclid(2);
            let middle = middle.max(least.saturating_add(*half));
            least = middle + half + 1 + GAP;
            if let Some(spot) = self.spots.get_mut(*spot) {
                spot.middle = middle;
            }
        }
    }
}

fn mean(values: impl Iterator<Item = i64>) -> Option<i64> {
    let (mut sum, mut count) = (0_i64, 0_i64);
    for value in values {
        sum = sum.saturating_add(value);
        count += 1;
    }
    sum.checked_div(count)
}
