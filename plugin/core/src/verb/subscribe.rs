//! Somebody wants to be told how a task ends, no longer wants it, or was told.

use serde_json::{Value, json};

use crate::card::Card;
use crate::event::EventDraft;
use crate::id::{AgentId, RunId};
use crate::instant::Instant;
use crate::metadata;
use crate::refusal::Refusal;
use crate::subscription::{
    ACTIVE, CANCELLED, DELIVERED, FAILED, SUBSCRIPTIONS_MAX, TRIES_MAX, all,
};
use crate::verb::edit::refuse_finished;
use crate::verb::walk::touch;
use crate::verb::{Step, Verdict};

/// Adds a subscription of that id, unless the agent has one that is active. One that is over makes
/// room for it.
///
/// # Errors
/// `AOF-2002` on a finished task; `AOF-1009` if the card has as many as it may; `AOF-1004` if a
/// person put something else in their place.
pub fn subscribe(card: &Card, id: &RunId, subscriber: &AgentId, now: Instant) -> Verdict {
    refuse_finished(card)?;
    let mut next = card.clone();
    touch(&mut next, now);
    let mut step = Step {
        card: next,
        events: Vec::new(),
    };
    if active_of(card, subscriber).is_none() {
        subscribe_along(&mut step, id, subscriber, now)?;
    }
    Ok(step)
}

/// Adds a subscription to what is done with a card anyway, such as making it.
///
/// # Errors
/// `AOF-1009` if the card has as many as it may.
pub fn subscribe_along(
    step: &mut Step,
    id: &RunId,
    subscriber: &AgentId,
    now: Instant,
) -> Result<(), Refusal> {
    let entry = json!({
        "id": id.as_str(), "subscriber": subscriber.as_str(), "granularity": "completion",
        "status": ACTIVE, "attempts": 0, "createdAt": now.to_string(),
    });
    add(&mut step.card, entry)?;
    let (id, subscriber) = (id.as_str(), subscriber.as_str());
    step.events
        .push(event("subscription.created", id, subscriber));
    Ok(())
}

/// The id of the subscription by which an agent is still to be told.
#[must_use]
pub fn active_of<'c>(card: &'c Card, subscriber: &AgentId) -> Option<&'c str> {
    let all = all(card);
    let mut own = all.iter().filter(|it| it.subscriber == subscriber.as_str());
    own.find(|it| it.is_active).map(|it| it.id)
}

/// Takes a subscription back. Saying it again changes nothing.
///
/// # Errors
/// `AOF-2002` on a finished task; `AOF-1004` if the card has no such subscription.
pub fn unsubscribe(card: &Card, id: &str, now: Instant) -> Verdict {
    refuse_finished(card)?;
    let mut next = card.clone();
    touch(&mut next, now);
    let mut events = Vec::new();
    let all = all(card);
    let mut own = all.iter().filter(|it| it.id == id);
    let first = own.next().ok_or_else(unknown)?;
    if let Some(known) = std::iter::once(first).chain(own).find(|it| it.is_active) {
        change(&mut next, id, &[("status", CANCELLED.into())]);
        events.push(event("subscription.cancelled", id, known.subscriber));
    }
    Ok(Step { card: next, events })
}

/// Notes that a subscriber was told, or why not. It is no edit: `updatedAt` stays.
///
/// # Errors
/// `AOF-1004` if the card has no such subscription, or nobody is to be told by it any more.
pub fn told(card: &Card, id: &str, error: Option<&str>, now: Instant) -> Verdict {
    let all = all(card);
    let known = all.iter().find(|it| it.id == id && it.is_active);
    let known = known.ok_or_else(unknown)?;
    let attempts = known.attempts.saturating_add(1);
    let status = match error {
        None => DELIVERED,
        Some(_) if attempts >= TRIES_MAX => FAILED,
        Some(_) => ACTIVE,
    };
    let event = |kind: &'static str| {
        let payload = json!({
            "subscriptionId": id, "subscriber": known.subscriber, "attempts": attempts,
            "success": error.is_none(), "error": error,
        });
        EventDraft::new(kind, payload)
    };
    let mut events = vec![event("subscription.delivery_attempted")];
    match status {
        DELIVERED => events.push(event("subscription.delivered")),
        FAILED => events.push(event("subscription.delivery_failed")),
        _ => {}
    }
    let mut next = card.clone();
    next.revision = next.revision.saturating_add(1);
    let changes = [
        ("status", status.into()),
        ("attempts", attempts.into()),
        ("lastAttemptAt", now.to_string().into()),
    ];
    change(&mut next, id, &changes);
    Ok(Step { card: next, events })
}

fn event(kind: &'static str, id: &str, subscriber: &str) -> EventDraft {
    EventDraft::new(
        kind,
        json!({"subscriptionId": id, "subscriber": subscriber}),
    )
}

fn add(card: &mut Card, entry: Value) -> Result<(), Refusal> {
    let list = card
        .metadata
        .entry(metadata::SUBSCRIPTIONS)
        .or_insert_with(|| Value::Array(Vec::new()));
    let entries = list.as_array_mut().ok_or_else(no_list)?;
    while entries.len() >= SUBSCRIPTIONS_MAX {
        let over = entries.iter().position(is_over).ok_or_else(full)?;
        entries.remove(over);
    }
    entries.push(entry);
    Ok(())
}

/// Changes the subscription of that id that is active.
fn change(card: &mut Card, id: &str, changes: &[(&str, Value)]) {
    let list = card.metadata.get_mut(metadata::SUBSCRIPTIONS);
    let mut entries = list.and_then(Value::as_array_mut).into_iter().flatten();
    let has = |entry: &Value, field, text| entry.get(field).and_then(Value::as_str) == Some(text);
    let is_it = |entry: &&mut Value| has(entry, "id", id) && has(entry, "status", ACTIVE);
    if let Some(Value::Object(fields)) = entries.find(is_it) {
        for (field, value) in changes {
            fields.insert((*field).to_owned(), value.clone());
        }
    }
}

fn is_over(entry: &Value) -> bool {
    let status = entry.get("status").and_then(Value::as_str);
    status.is_some_and(|status| [DELIVERED, FAILED, CANCELLED].contains(&status))
}

fn full() -> Refusal {
    Refusal::refused(
        "AOF-1009",
        format!("the task has {SUBSCRIPTIONS_MAX} subscriptions"),
        "take one of them back with aof_task_unsubscribe",
    )
    .at("subscriberId")
}

fn no_list() -> Refusal {
    Refusal::refused(
        "AOF-1004",
        "`metadata.subscriptions` of the card is no list".to_owned(),
        "take it out of the card, or make a list of it",
    )
    .at("metadata.subscriptions")
}

fn unknown() -> Refusal {
    Refusal::refused(
        "AOF-1004",
        "`subscriptionId` is no subscription of the task".to_owned(),
        "aof_task_get shows them in `metadata.subscriptions`",
    )
    .at("subscriptionId")
}
