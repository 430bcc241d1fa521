//! A task need not wait any longer: backlog to ready.

use crate::card::Card;
use crate::instant::Instant;
use crate::status::Status;
use crate::verb::Verdict;
use crate::verb::walk::walk;

/// Makes a backlog task ready.
///
/// # Errors
/// `AOF-2001` from another status that does not lead to ready.
pub fn promote(card: &Card, now: Instant) -> Verdict {
    walk(card, &[Status::Ready], Some("dependencies are done"), now)
}
