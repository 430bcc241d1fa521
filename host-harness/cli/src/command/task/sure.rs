//! Asks for a change until it is known whether it happened, also when the daemon dies meanwhile.
//!
//! Never repeats what would happen twice: a change that leads to one status is asked for again if
//! it is not there, any other under a key of its own. Invariant: success means that it happened
//! once.

use aof_host::clock::{Entropy, SystemEntropy};
use serde_json::{Value, json};

use crate::access::{Need, View};
use crate::command::Session;
use crate::exit::Failure;

/// The daemon was there and is gone: nobody knows what became of the request.
const CONNECTION_LOST: &str = "AOF-5310";
const ATTEMPTS_MAX: usize = 4;

/// Where a change leads, so that asking for it again does no harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// Nowhere in particular; a key tells that it is the same call.
    Once,
    /// To this status.
    Status(&'static str),
    /// Away from this status.
    Not(&'static str),
}

impl Aim {
    fn is_reached_by(self, status: &str) -> bool {
        match self {
            Aim::Once => false,
            Aim::Status(wanted) => status == wanted,
            Aim::Not(left) => status != left,
        }
    }
}

/// Calls the tool; if the connection is lost, finds out what happened, or calls again.
///
/// # Errors
/// What the component answered; the lost connection if the change cannot be repeated.
pub fn call(
    session: &Session<'_>,
    tool: &str,
    arguments: &Value,
    aim: Aim,
) -> Result<Value, Failure> {
    if aim == Aim::Once {
        return under_key(session, tool, arguments);
    }
    match once(session, tool, arguments) {
        Err(failure) if is_lost(&failure) => again(session, tool, (arguments, aim), failure),
        result => result,
    }
}

/// Asks until there is an answer: the component makes a call with the same key once.
fn under_key(session: &Session<'_>, tool: &str, arguments: &Value) -> Result<Value, Failure> {
    let mut arguments = arguments.clone();
    if let Some(fields) = arguments.as_object_mut() {
        let key = fields.entry("idempotencyKey");
        key.or_insert_with(|| fresh_key().into());
    }
    for _ in 1..ATTEMPTS_MAX {
        match once(session, tool, &arguments) {
            Err(failure) if is_lost(&failure) => {
                tracing::info!(
                    tool,
                    "the daemon went away while it was asked; asking again"
                );
            }
            result => return result,
        }
    }
    once(session, tool, &arguments).map_err(|failure| match is_lost(&failure) {
        true => unknown(),
        false => failure,
    })
}

fn fresh_key() -> String {
    let (high, low) = SystemEntropy.draw();
    format!("aof-{high:016x}{low:016x}")
}

/// Asks again after the connection was lost, unless the change has happened.
fn again(
    session: &Session<'_>,
    tool: &str,
    (arguments, aim): (&Value, Aim),
    mut lost: Failure,
) -> Result<Value, Failure> {
    for _ in 1..ATTEMPTS_MAX {
        tracing::info!(
            tool,
            "the daemon went away while it was asked; asking again"
        );
        let attempt = match reached(session, arguments, aim) {
            Ok(Some(answer)) => return Ok(answer),
            Ok(None) => once(session, tool, arguments),
            Err(failure) => Err(failure),
        };
        match attempt {
            Err(failure) if is_lost(&failure) => lost = failure,
            // Before the next daemon has read the journal the change cannot be seen, and afterwards
            // the change itself may be why it is refused.
            Err(refusal) => return reached(session, arguments, aim)?.ok_or(refusal),
            done => return done,
        }
    }
    Err(lost)
}

fn once(session: &Session<'_>, tool: &str, arguments: &Value) -> Result<Value, Failure> {
    session.ask(Need::Act, |access| access.tool(tool, arguments))
}

fn is_lost(failure: &Failure) -> bool {
    failure.fault().code == CONNECTION_LOST
}

/// The answer that was lost, if the change had happened.
fn reached(session: &Session<'_>, arguments: &Value, aim: Aim) -> Result<Option<Value>, Failure> {
    let id = arguments
        .get("taskId")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let view = View::Task { id: id.to_owned() };
    // The change that was lost may have ended the run that asked for it.
    let answer = session.ask(Need::Look, |access| {
        access.claim_nothing();
        access.view(&view)
    })?;
    let text = |name: &str| {
        answer
            .pointer(&format!("/task/{name}"))
            .and_then(Value::as_str)
    };
    let (id, status) = (text("id").unwrap_or(id), text("status").unwrap_or_default());
    let document = json!({ "task": { "taskId": id, "status": status } });
    Ok(aim.is_reached_by(status).then_some(document))
}

fn unknown() -> Failure {
    Failure::conflict(
        "AOF-3601",
        "the daemon went away while it was asked; it may have done it, or not",
        "look with `aof task list` before you ask again",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_that_happened_is_not_asked_for_again() {
        assert!(Aim::Status("done").is_reached_by("done"));
        assert!(!Aim::Status("done").is_reached_by("review"));
        assert!(Aim::Not("blocked").is_reached_by("in-progress"));
        assert!(!Aim::Not("blocked").is_reached_by("blocked"));
        assert!(!Aim::Once.is_reached_by("ready"));
    }
}
