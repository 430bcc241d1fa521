//! The claim of one run on one task, limited in time.
//!
//! Invariant: a card in progress names exactly one run; a result that names another changes
//! nothing.

use crate::id::{AgentId, RunId};
use crate::instant::Instant;

/// How long an offer to a person or a command-line agent stands before it is made again. Nobody
/// gives signs of life for it.
pub const OFFER_TTL_MS: u64 = 7 * 24 * 60 * 60 * 1_000;

/// An exclusive, time-limited claim. The attempt number is its fencing token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Who holds it.
    pub agent: AgentId,
    /// The run that it belongs to. Cards written by AOF 1.20 have none.
    pub run: Option<RunId>,
    /// 1 for the first run of a task, growing with each.
    pub attempt: u32,
    /// When it was granted.
    pub acquired_at: Instant,
    /// When it lapses unless the run shows life.
    pub expires_at: Instant,
    /// How often it was extended.
    pub renew_count: u32,
}

impl Lease {
    /// Whether the lease has lapsed at `now`.
    #[must_use]
    pub fn is_expired(&self, now: Instant) -> bool {
        self.expires_at <= now
    }
}
