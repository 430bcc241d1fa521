//! What the store's own errors mean to a caller.

use aof_core::refusal::Refusal;

use crate::port::StoreError;

/// Turns a store error into an answer with a code and a remedy.
#[must_use]
pub fn refusal_of(error: &StoreError) -> Refusal {
    let message = error.to_string();
    match error {
        StoreError::Busy(owner) => Refusal::conflict(
            "AOF-4001",
            message,
            &match owner.is_numbered() {
                true => format!("use the running daemon, or end {owner}"),
                false => "let it close the store; if it died, wait a minute".to_owned(),
            },
        ),
        StoreError::StaleEpoch(_) => Refusal::conflict(
            "AOF-4002",
            message,
            "another process took the store over; open it again",
        ),
        StoreError::Conflict(path) => Refusal::conflict(
            "AOF-3001",
            message,
            "somebody else wrote the file at the same time; repeat the call",
        )
        .at(path.clone()),
        StoreError::Exists(path) => {
            Refusal::conflict("AOF-3002", message, "repeat the call").at(path.clone())
        }
        StoreError::NotFound(path) => Refusal::conflict(
            "AOF-3003",
            message,
            "the file was moved or deleted; repeat the call",
        )
        .at(path.clone()),
        StoreError::ReadOnly(path) => Refusal::broken(
            "AOF-4003",
            message,
            "make the data directory writable for this user",
        )
        .at(path.clone()),
        StoreError::NoSpace(path) => {
            Refusal::broken("AOF-4004", message, "free some space; nothing was lost")
                .at(path.clone())
        }
        StoreError::BadPath(path) => Refusal::broken(
            "AOF-4005",
            message,
            "replace links in the data directory by what they lead to",
        )
        .at(path.clone()),
        StoreError::TooLarge(_) => Refusal::broken(
            "AOF-4006",
            message,
            "split what is too large into smaller parts",
        ),
        StoreError::Io { path, .. } => {
            Refusal::broken("AOF-4007", message, "see the system's message").at(path.clone())
        }
        StoreError::Unflushed { path, .. } => Refusal::broken(
            "AOF-4009",
            message,
            "see the system's message; the store has to be opened again",
        )
        .at(path.clone()),
    }
}
