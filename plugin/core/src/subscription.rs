//! Who asked to be told how a task ends, as its card remembers it.
//!
//! Never decides how anybody is told. Invariant: an entry that makes no sense is nobody's, and it
//! stays as it is.

use serde_json::Value;

use crate::card::Card;
use crate::id::{AgentId, RunId};
use crate::metadata;
use crate::status::Status;

/// Subscriptions of one card.
pub const SUBSCRIPTIONS_MAX: usize = 16;
/// Times that one subscriber is told. Source: AOF 1.20, "callback delivery".
pub const TRIES_MAX: u32 = 3;
/// Least time between two of them. Source: as above.
pub const PAUSE_MS: u64 = 30_000;

/// The subscriber is still to be told.
pub const ACTIVE: &str = "active";
/// The subscriber was told.
pub const DELIVERED: &str = "delivered";
/// The subscriber could not be told.
pub const FAILED: &str = "failed";
/// Somebody took the subscription back.
pub const CANCELLED: &str = "cancelled";

/// One entry that can be understood.
#[derive(Debug, Clone, Copy)]
pub struct Subscription<'a> {
    /// Its name, a ULID.
    pub id: &'a str,
    /// The agent to tell.
    pub subscriber: &'a str,
    /// How often that failed so far, and how often it was done.
    pub attempts: u32,
    /// Still to be told.
    pub is_active: bool,
}

/// The subscriptions of a card.
#[must_use]
pub fn all(card: &Card) -> Vec<Subscription<'_>> {
    let entries = card.metadata.get(metadata::SUBSCRIPTIONS);
    let entries = entries.and_then(Value::as_array).into_iter().flatten();
    entries
        .filter_map(understood)
        .take(SUBSCRIPTIONS_MAX)
        .collect()
}

fn understood(entry: &Value) -> Option<Subscription<'_>> {
    let text = |field: &str| entry.get(field).and_then(Value::as_str);
    let attempts = entry.get("attempts").and_then(Value::as_u64);
    Some(Subscription {
        id: text("id").filter(|id| RunId::parse(id).is_ok())?,
        subscriber: text("subscriber").filter(|agent| AgentId::parse(agent).is_ok())?,
        attempts: u32::try_from(attempts.unwrap_or_default()).unwrap_or(u32::MAX),
        is_active: text("status") == Some(ACTIVE),
    })
}

/// Whether somebody is to be told of a card that lies in this directory.
#[must_use]
pub fn is_awaited(card: &Card, status: Status) -> bool {
    is_end(status) && all(card).iter().any(|it| it.is_active)
}

/// Whether a task has come to its end there.
#[must_use]
pub const fn is_end(status: Status) -> bool {
    status.is_terminal() || matches!(status, Status::Deadletter)
}
