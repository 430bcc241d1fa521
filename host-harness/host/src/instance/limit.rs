//! Bounds of one instance, and the account of its memory.
//!
//! Invariant: all linear memories together never exceed the limit; a refused growth is remembered,
//! because the guest's way of dying of it looks like any other trap.

use wasmtime::ResourceLimiter;

/// Bounds of one instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Linear memory, all memories together.
    pub memory_bytes_max: usize,
    /// Elements of one table.
    pub table_elements_max: usize,
    /// Core instances inside the component.
    pub instances_max: usize,
    /// Handles to host objects (streams, pollables) at a time.
    pub handles_max: usize,
    /// How long one call may take.
    pub call_ms_max: u64,
    /// How long opening the store may take: it reads every open card.
    pub open_ms_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes_max: 256 << 20,
            table_elements_max: 100_000,
            instances_max: 64,
            handles_max: 1_000,
            call_ms_max: 10_000,
            open_ms_max: 60_000,
        }
    }
}

/// Counts what the guest has and refuses what it may not have.
#[derive(Debug)]
pub(super) struct Meter {
    limits: Limits,
    used_bytes: usize,
    denied: bool,
}

impl Meter {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            limits: limits.clone(),
            used_bytes: 0,
            denied: false,
        }
    }

    /// Forgets earlier refusals.
    pub(super) fn begin(&mut self) {
        self.denied = false;
    }

    pub(super) fn was_denied(&self) -> bool {
        self.denied
    }

    pub(super) fn limit_bytes(&self) -> usize {
        self.limits.memory_bytes_max
    }

    pub(super) fn used_bytes(&self) -> usize {
        self.used_bytes
    }
}

impl ResourceLimiter for Meter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let used_bytes = self
            .used_bytes
            .saturating_add(desired.saturating_sub(current));
        let granted = used_bytes <= self.limits.memory_bytes_max;
        if granted {
            self.used_bytes = used_bytes;
        } else {
            self.denied = true;
        }
        Ok(granted)
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        self.denied = true;
        tracing::debug!(%error, "guest memory did not grow");
        Ok(())
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= self.limits.table_elements_max)
    }

    fn instances(&self) -> usize {
        self.limits.instances_max
    }

    fn tables(&self) -> usize {
        self.limits.instances_max
    }

    fn memories(&self) -> usize {
        self.limits.instances_max
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_memories_count_against_one_limit() {
        let limits = Limits {
            memory_bytes_max: 100,
            ..Limits::default()
        };
        let mut meter = Meter::new(&limits);
        assert!(meter.memory_growing(0, 60, None).expect("first"));
        assert!(!meter.memory_growing(0, 60, None).expect("second"));
        assert!(meter.was_denied());
        meter.begin();
        assert!(!meter.was_denied());
        assert!(meter.memory_growing(60, 100, None).expect("exactly full"));
        assert!(!meter.memory_growing(0, usize::MAX, None).expect("huge"));
        assert_eq!(meter.used_bytes(), 100);
    }

    #[test]
    fn tables_and_instances_have_their_limits() {
        let limits = Limits::default();
        let mut meter = Meter::new(&limits);
        let mut grows = |elements| meter.table_growing(0, elements, None).expect("answer");
        assert!(grows(100_000) && !grows(100_001));
        let counts = [meter.instances(), meter.tables(), meter.memories()];
        assert_eq!(counts, [64; 3]);
    }
}
