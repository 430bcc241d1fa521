//! The wall clock of one process: what somebody made of true time.
//!
//! Never touches the time of others. Invariant: without a jump, freeze or drift it shows true time.

/// Parts in a million.
const MILLION: i128 = 1_000_000;

/// How a process sees the time of day.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Clock {
    offset_ns: i128,
    drift_ppm: i64,
    drift_since_ns: u64,
    frozen_ns: Option<u64>,
}

impl Clock {
    pub(super) fn wall_ns(&self, true_ns: u64) -> u64 {
        if let Some(frozen) = self.frozen_ns {
            return frozen;
        }
        let drifted = i128::from(true_ns.saturating_sub(self.drift_since_ns))
            * i128::from(self.drift_ppm)
            / MILLION;
        let shown = i128::from(true_ns) + self.offset_ns + drifted;
        u64::try_from(shown.max(0)).unwrap_or(u64::MAX)
    }

    pub(super) fn jump(&mut self, by_ns: i128) {
        self.offset_ns += by_ns;
        if let Some(frozen) = self.frozen_ns.as_mut() {
            let moved = i128::from(*frozen) + by_ns;
            *frozen = u64::try_from(moved.max(0)).unwrap_or(u64::MAX);
        }
    }

    /// A clock that goes again shows true time plus its former offset.
    pub(super) fn freeze(&mut self, frozen: bool, true_ns: u64) {
        self.frozen_ns = frozen.then(|| self.wall_ns(true_ns));
    }

    /// What it has drifted so far stays in it.
    pub(super) fn drift(&mut self, ppm: i64, true_ns: u64) {
        let running = Self {
            frozen_ns: None,
            ..*self
        };
        self.offset_ns = i128::from(running.wall_ns(true_ns)) - i128::from(true_ns);
        self.drift_ppm = ppm;
        self.drift_since_ns = true_ns;
    }
}
