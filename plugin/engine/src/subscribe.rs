//! How a task ended is told to whoever asked for it, once.
//!
//! Never wakes anybody before his time. Invariant: what is still to be told stands in the outbox
//! from the commit that ends the task until the one that says on the card that it was told; its key
//! names the task, the subscription, the try and the time before which it is not handed out.

use aof_core::caller::Context;
use aof_core::card::Card;
use aof_core::effect::{Effect, Notify, Severity};
use aof_core::id::TaskId;
use aof_core::instant::Instant;
use aof_core::metadata;
use aof_core::permission::Operation;
use aof_core::refusal::Refusal;
use aof_core::run::RunOutcome;
use aof_core::status::Status;
use aof_core::subscription::{self, PAUSE_MS, Subscription, TRIES_MAX};
use aof_core::verb;
use aof_store::loaded::{Place, load};
use aof_store::outbox::Outbox;
use aof_store::port::Store;
use serde_json::{Value, json};

use crate::batches::Batches;
use crate::change::Plan;
use crate::engine::Engine;
use crate::outcome::Outcome;
use crate::session::Session;
use crate::work::{Closing, Work};

/// How the keys of these effects begin.
const KEY: &str = "subscription:";
/// Piece of a summary or a reason that is told along, in characters.
const SUMMARY_CHARS: usize = 500;
/// Piece of an error that goes into the event, in characters.
const ERROR_CHARS: usize = 500;
/// Cards read at a time.
const READ_TOGETHER: usize = 64;

/// Lets the outbox have what this card asks for, and nothing else of its subscriptions.
pub(crate) fn tell(session: &Session, ctx: &Context, card: &Card, work: &mut Work) {
    for it in subscription::all(card) {
        let prefix = format!("{KEY}{}:{}:", card.id, it.id);
        let is_due = it.is_active && it.attempts < TRIES_MAX && subscription::is_end(card.status);
        let wanted = is_due.then(|| format!("{prefix}{}:", it.attempts.saturating_add(1)));
        let mut is_open = false;
        for (key, _) in session.outbox.beginning_with(&prefix) {
            match &wanted {
                Some(wanted) if key.starts_with(wanted.as_str()) => is_open = true,
                _ => work.settle(key),
            }
        }
        let Some(wanted) = wanted.filter(|_| !is_open) else {
            continue;
        };
        let pause = if it.attempts == 0 { 0 } else { PAUSE_MS };
        let due = ctx.now.plus_ms(pause);
        let notice = Effect::Notify(notice(card, &it, format!("{wanted}{}", due.ms())));
        match pause {
            0 => work.effect(notice),
            _ => work.defer(due, notice),
        }
    }
}

fn notice(card: &Card, it: &Subscription<'_>, key: String) -> Notify {
    let ending = match card.status {
        Status::Deadletter => "was given up",
        Status::Cancelled => "was cancelled",
        _ => "is done",
    };
    let summary = summary(card);
    let colon = if summary.is_empty() { "." } else { ": " };
    Notify {
        key,
        severity: Severity::Info,
        audience: Some(it.subscriber.to_owned()),
        channel: None,
        task: Some(card.id.clone()),
        message: format!(
            "{} ({}) {ending}{colon}{summary}\n\nYou asked to be told. It has ended as `{}`: do \
             not do it again, and do not complete it. Read it with aof_task_get.",
            card.id, card.title, card.status
        ),
    }
}

/// What was said at the end: the last completion, or why it was given up.
fn summary(card: &Card) -> String {
    let reason = |key: &str| card.metadata.get(key).and_then(Value::as_str);
    let text = match card.status {
        Status::Deadletter => reason(metadata::DEADLETTER_REASON),
        Status::Cancelled => reason(metadata::CANCELLATION_REASON),
        _ => card.body.split("\n## Completion\n").skip(1).last(),
    };
    let text = text.unwrap_or_default().trim();
    let text = text.split_once("\n## ").map_or(text, |(first, _)| first);
    text.chars().take(SUMMARY_CHARS).collect()
}

/// The task and the subscription in such a key.
fn parts(key: &str) -> Option<(&str, &str)> {
    let mut parts = key.strip_prefix(KEY)?.split(':');
    parts.next().zip(parts.next())
}

/// When an effect of that key may be handed out.
fn due_at(key: &str) -> Instant {
    let ms = key.rsplit(':').next().and_then(|ms| ms.parse().ok());
    Instant::from_ms(ms.unwrap_or_default())
}

/// What is recorded and may not be handed out yet.
pub(crate) fn deferred(outbox: &Outbox, now: Instant) -> Vec<(Instant, String)> {
    let open = outbox.beginning_with(KEY);
    let open = open.map(|(key, _)| (due_at(key), key.to_owned()));
    open.filter(|(due, _)| *due > now).collect()
}

/// Notes notices that only the outbox of a half-done commit knows of: nobody handed them out.
pub(crate) fn recall(session: &mut Session, former: &Outbox) {
    for (key, effect) in session.outbox.open() {
        if former.get(key).is_none() && matches!(effect, Effect::Notify(_)) {
            let due = match is_ours(key) {
                true => due_at(key),
                false => Instant::from_ms(0),
            };
            session.deferred.push((due, key.to_owned()));
        }
    }
}

/// Hands out what is due again, and sees to tasks that a person ended by hand.
pub(crate) fn deliver<S: Store>(
    store: &mut S,
    session: &mut Session,
    ctx: &Context,
    batches: &mut Batches,
) -> Result<(), Refusal> {
    for (due, key) in &session.deferred {
        if *due <= ctx.now {
            batches
                .done
                .effects
                .extend(session.outbox.get(key).cloned());
        }
    }
    session.deferred.retain(|(due, _)| *due > ctx.now);
    if session.shelf.untold.is_empty() {
        return Ok(());
    }
    let untold = session.shelf.untold.iter();
    let places: Vec<Place> = untold.flat_map(|task| session.place(task)).collect();
    for places in places.chunks(READ_TOGETHER) {
        // One that is gone, or was broken meanwhile, is told by the next change.
        for loaded in load(store, places)?.into_iter().flatten() {
            let mut work = Work::default();
            tell(session, ctx, &loaded.card(), &mut work);
            batches.add(store, session, work)?;
        }
    }
    batches.flush(store, session)?;
    session.shelf.untold.clear();
    Ok(())
}

/// Whether that is the key of such an effect.
pub(crate) fn is_ours(key: &str) -> bool {
    parts(key).is_some()
}

impl<S: Store> Engine<S> {
    /// A subscriber was told, or could not be: the card says so, and what follows is decided in the
    /// same commit. Where the card knows nothing of it any more, the effect is forgotten.
    pub(crate) fn subscriber_told(
        &mut self,
        ctx: &Context,
        key: &str,
        error: Option<&str>,
    ) -> Result<Outcome, Refusal> {
        let Some((task, id)) = parts(key) else {
            return self.forget_effect(key, true);
        };
        let error: Option<String> = error.map(|it| it.chars().take(ERROR_CHARS).collect());
        let plan = Plan {
            operation: Operation::Subscribe,
            verb: &|card| verb::told(card, id, error.as_deref(), ctx.now),
            closing: &|_| Closing::new(RunOutcome::Released, None),
        };
        match self.change(ctx, task, &plan) {
            Ok(changed) => {
                Ok(changed.into_outcome(&json!({"effect": {"key": key, "settled": true}})))
            }
            // A card that cannot be read just now may know of it: the host tells it again.
            Err(refusal) if refusal.code == "AOF-1004" => self.forget_effect(key, true),
            Err(refusal) => {
                let id = TaskId::parse(task).ok();
                let (_, session) = self.at_hand()?;
                let is_known = id.is_some_and(|id| session.shelf.index.status(&id).is_some());
                match refusal.code == "AOF-1005" && !is_known {
                    true => self.forget_effect(key, true),
                    false => Err(refusal),
                }
            }
        }
    }
}
