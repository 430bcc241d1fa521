//! What the loss of power does to everything that was not flushed, decided by a seed or enumerated.
//!
//! Never looks at the bytes or names themselves. Invariant: the enumeration gives every combination
//! if there are no more than asked for, otherwise at least none, all, and each on its own.

use std::collections::BTreeSet;

/// Which name operations survive the loss of power.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Any of them without any other, as the standard permits.
    Any,
    /// A prefix in the order they were made, as journaling file systems do.
    Ordered,
}

/// The sizes of blocks that a disk writes whole.
const BLOCKS_BYTES: [usize; 2] = [512, 4096];

/// What becomes of one un-flushed edit of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Survival {
    Nothing,
    Whole,
    /// The new size, but none of the bytes.
    Zeros,
    /// Some blocks.
    Torn {
        block_bytes: usize,
        seed: u64,
    },
}

/// What becomes of everything that was not flushed, in the order of its making.
#[derive(Debug, Clone)]
pub(super) struct Fate {
    pub(super) names: Vec<bool>,
    pub(super) edits: Vec<Survival>,
}

/// How much there is to decide.
#[derive(Debug, Clone)]
pub(super) struct Stake {
    /// For each name operation not yet merged: true if it is sure to survive.
    pub(super) sure: Vec<bool>,
    pub(super) edits: usize,
}

impl Stake {
    /// The shortest prefix that holds every sure operation.
    fn prefix_min(&self) -> usize {
        let last = self.sure.iter().rposition(|sure| *sure);
        last.map_or(0, |at| at + 1)
    }

    fn open(&self) -> usize {
        self.sure.iter().filter(|sure| !**sure).count()
    }

    /// Name operations as digits: how many values the decision about them has.
    fn name_digits(&self, mode: Mode) -> Vec<u64> {
        match mode {
            Mode::Any => vec![2; self.open()],
            Mode::Ordered => vec![(self.sure.len() - self.prefix_min()) as u64 + 1],
        }
    }

    fn names(&self, mode: Mode, digits: &[u64]) -> Vec<bool> {
        match mode {
            Mode::Any => {
                let mut open = digits.iter();
                let mut decide = |sure: &bool| *sure || open.next().is_some_and(|digit| *digit > 0);
                self.sure.iter().map(&mut decide).collect()
            }
            Mode::Ordered => {
                let kept = self.prefix_min() as u64 + digits.first().copied().unwrap_or(0);
                (0..self.sure.len() as u64).map(|at| at < kept).collect()
            }
        }
    }

    /// A fate drawn by a seed. One in four keeps all names, one in eight keeps none.
    pub(super) fn draw(&self, mode: Mode, seed: u64) -> Fate {
        let mut dice = fastrand::Rng::with_seed(seed);
        let mut digits: Vec<u64> = self.name_digits(mode);
        let temper = dice.u8(0..8);
        for digit in &mut digits {
            *digit = match temper {
                0 => 0,
                1 | 2 => *digit - 1,
                _ => dice.u64(0..*digit),
            };
        }
        let edits = (0..self.edits).map(|_| survival(dice.u64(0..4), dice.u64(..)));
        Fate {
            names: self.names(mode, &digits),
            edits: edits.collect(),
        }
    }

    /// All fates, or `cap` of them.
    pub(super) fn enumerate(&self, mode: Mode, cap: usize, seed: u64) -> Vec<Fate> {
        let mut bounds = self.name_digits(mode);
        let names = bounds.len();
        bounds.resize(names + self.edits, 4);
        let total = bounds
            .iter()
            .try_fold(1_u64, |all, one| all.checked_mul(*one));
        let combinations = match total {
            Some(total) if total <= cap as u64 => all(&bounds, total),
            _ => sampled(&bounds, cap, seed),
        };
        let mut dice = fastrand::Rng::with_seed(seed);
        let fate = |digits: Vec<u64>| {
            let (of_names, of_edits) = digits.split_at(names.min(digits.len()));
            let edits = of_edits.iter().map(|digit| survival(*digit, dice.u64(..)));
            Fate {
                names: self.names(mode, of_names),
                edits: edits.collect(),
            }
        };
        combinations.into_iter().map(fate).collect()
    }
}

fn survival(digit: u64, seed: u64) -> Survival {
    match digit {
        0 => Survival::Nothing,
        1 => Survival::Whole,
        2 => Survival::Zeros,
        _ => {
            let [small, large] = BLOCKS_BYTES;
            let block_bytes = if seed.is_multiple_of(2) { small } else { large };
            Survival::Torn { block_bytes, seed }
        }
    }
}

fn all(bounds: &[u64], total: u64) -> Vec<Vec<u64>> {
    let digits = |number: u64| {
        let mut rest = number;
        let mut next = |bound: &u64| {
            let digit = rest % bound;
            rest /= bound;
            digit
        };
        bounds.iter().map(&mut next).collect()
    };
    (0..total).map(digits).collect()
}

/// None, all, each alone, all but each, and then what the dice give.
fn sampled(bounds: &[u64], cap: usize, seed: u64) -> Vec<Vec<u64>> {
    let none = vec![0; bounds.len()];
    let full: Vec<u64> = bounds.iter().map(|bound| 1.min(bound - 1)).collect();
    let most: Vec<u64> = bounds.iter().map(|bound| bound - 1).collect();
    let mut found = vec![none.clone(), full.clone(), most];
    for (at, most) in bounds.iter().enumerate() {
        for digit in 1..(*most).min(4) {
            found.push(with(&none, at, digit));
        }
        found.push(with(&full, at, 0));
    }
    let mut dice = fastrand::Rng::with_seed(seed);
    while found.len() < cap {
        found.push(bounds.iter().map(|bound| dice.u64(0..*bound)).collect());
    }
    let mut seen = BTreeSet::new();
    found.retain(|digits| seen.insert(digits.clone()));
    found.truncate(cap.max(1));
    found
}

fn with(digits: &[u64], at: usize, digit: u64) -> Vec<u64> {
    let mut changed = digits.to_vec();
    if let Some(place) = changed.get_mut(at) {
        *place = digit;
    }
    changed
}
