//! A run shows life: its lease lasts longer.

use crate::card::Card;
use crate::instant::Instant;

/// Extends the lease to `expires_at`; never shortens it. `updatedAt` stays, so that a renewal does
/// not look like progress. None if there is no lease.
#[must_use]
pub fn renew(card: &Card, expires_at: Instant) -> Option<Card> {
    let mut next = card.clone();
    let lease = next.lease.as_mut()?;
    lease.expires_at = lease.expires_at.max(expires_at);
    lease.renew_count = lease.renew_count.saturating_add(1);
    next.revision = next.revision.saturating_add(1);
    Some(next)
}
