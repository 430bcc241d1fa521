//! What somebody says of a hop that is done: its outcome, and what later hops may ask about.

use aof_core::caller::{Caller, Context};
use aof_core::card::Card;
use aof_core::refusal::Refusal;
use aof_core::workflow::outcome::{NOTES, OUTCOME, REJECTED};
use aof_core::workflow::{HopOf, HopResult, answer};
use serde_json::{Map, Value};

/// The card of a hop with its result; any other card as it is. What a person says is judged by the
/// task `asker`, whose hop it is.
///
/// # Errors
/// `AOF-2042` if the caller may not end the hop so; `AOF-1004` if the result says what a hop
/// cannot.
pub(super) fn with_result(
    card: &Card,
    (result, summary): (&Map<String, Value>, Option<&str>),
    (ctx, asker): (&Context, Option<&Card>),
) -> Result<Card, Refusal> {
    let Some(hop) = card.hop.as_deref() else {
        return match result.keys().next() {
            None => Ok(card.clone()),
            Some(field) => Err(Refusal::refused(
                "AOF-1004",
                format!("{} is no hop of a workflow, and has no `{field}`", card.id),
                "leave it out; `summary` says what was done",
            )
            .at(field.clone())),
        };
    };
    let is_person = matches!(ctx.caller, Caller::Human(_));
    if hop.is_human && !is_person {
        return Err(Refusal::refused(
            "AOF-2042",
            format!("only a person decides the hop `{}`", hop.id),
            "`aof approve`, `aof reject` or `aof choose` decides it",
        )
        .at("taskId"));
    }
    check((hop, is_person), result)?;
    if let Some(asker) = asker {
        answer::check(asker, &card.id, result)?;
    }
    // Whoever looks at what was handed in adds to it.
    let mut told = hop.result.clone().unwrap_or_default();
    told.extend(result.clone());
    if !told.contains_key(NOTES)
        && let Some(summary) = summary
    {
        told.insert(NOTES.to_owned(), summary.into());
    }
    let is_told = !told.is_empty();
    let result = is_told.then_some(told);
    let hop = HopOf {
        result,
        ..hop.clone()
    };
    Ok(Card {
        hop: Some(Box::new(hop)),
        ..card.clone()
    })
}

fn check((hop, is_person): (&HopOf, bool), result: &Map<String, Value>) -> Result<(), Refusal> {
    if let Err(wrong) = HopResult::parse(result)
        && let Some(first) = wrong.first()
    {
        let message = format!("`{}` {}", first.path, first.message);
        return Err(Refusal::refused("AOF-1004", message, &first.hint).at(first.path.clone()));
    }
    let outcome = result.get(OUTCOME).and_then(Value::as_str);
    let may_reject = hop.can_reject || (hop.waits_for_review && is_person);
    if outcome == Some(REJECTED) && !may_reject {
        let message = format!("the hop `{}` cannot send work back", hop.id);
        let hint = "use success, failed, or an outcome of the workflow's own; `canReject` in its \
                    definition lets a hop reject";
        return Err(Refusal::refused("AOF-2042", message, hint).at(OUTCOME));
    }
    if outcome == Some(REJECTED) && !result.contains_key(NOTES) {
        let message = "work is sent back only with a reason".to_owned();
        return Err(Refusal::refused("AOF-1004", message, "give `notes`").at(NOTES));
    }
    Ok(())
}
