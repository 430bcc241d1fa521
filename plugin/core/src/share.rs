//! How much work a project or a team gets at the same time, how fast, and beside others.
//!
//! Never counts anything; planning does.

/// Weight of whoever gives none.
pub const WEIGHT_DEFAULT: u32 = 1;

/// What a `dispatch` block says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Runs at the same time; none for no limit of its own.
    pub max_concurrent: Option<u32>,
    /// Least time between two dispatches; none for no limit of its own.
    pub min_interval_ms: Option<u64>,
    /// How much it gets where several compete: twice the weight, twice the dispatches.
    pub weight: u32,
}

impl Default for Share {
    fn default() -> Self {
        Share {
            max_concurrent: None,
            min_interval_ms: None,
            weight: WEIGHT_DEFAULT,
        }
    }
}
