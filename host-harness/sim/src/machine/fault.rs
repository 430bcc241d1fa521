//! Errors that calls of one process are made to give.
//!
//! Never has an effect itself: the call decides what an error leaves behind. Invariant: a planned
//! error is given once.

use aof_disk::Errno;

/// Errors of the random kind.
const DRAWN: [Errno; 5] = [
    Errno::NOSPC,
    Errno::IO,
    Errno::ACCESS,
    Errno::MFILE,
    Errno::NOENT,
];

/// Errors to come.
#[derive(Debug, Clone, Default)]
pub(super) struct Faults {
    planned: Vec<(u64, Errno)>,
    rate: Option<Rate>,
}

#[derive(Debug, Clone)]
struct Rate {
    one_in: u32,
    dice: fastrand::Rng,
}

impl Faults {
    /// The call with this number fails.
    pub(super) fn plan(&mut self, call: u64, error: Errno) {
        self.planned.push((call, error));
    }

    /// From now on about one call in so many fails; zero for none.
    pub(super) fn draw(&mut self, one_in: u32, seed: u64) {
        let dice = fastrand::Rng::with_seed(seed);
        self.rate = (one_in > 0).then_some(Rate { one_in, dice });
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The error of a call, if it has one.
    pub(super) fn take(&mut self, call: u64) -> Option<Errno> {
        if let Some(at) = self.planned.iter().position(|(due, _)| *due == call) {
            return Some(self.planned.swap_remove(at).1);
        }
        let rate = self.rate.as_mut()?;
        let hit = rate.dice.u32(0..rate.one_in) == 0;
        let error = rate.dice.choice(DRAWN);
        error.filter(|_| hit)
    }
}
