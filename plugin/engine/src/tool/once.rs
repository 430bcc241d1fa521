//! A call with a key of its own: made once, however often it comes.
//!
//! Never remembers what was refused. Invariant: what a call did and that it was made are one
//! commit, so that a crash leaves both or neither.

use aof_core::caller::{Caller, Context};
use aof_core::json::ToLine as _;
use aof_core::refusal::Refusal;
use aof_store::port::Store;
use aof_store::request::{Request, RequestKey, Subject};
use serde_json::Value;

use crate::change::load_one;
use crate::engine::Engine;
use crate::json;
use crate::outcome::Outcome;
use crate::session::Asking;
use crate::tool::answer::{self, Touched, TouchedTask, touched};
use crate::tool::project::one;

/// The argument.
pub(super) const FIELD: &str = "idempotencyKey";
/// Its longest value, in characters.
pub(super) const KEY_CHARS_MAX: usize = 128;

/// What a caller says about being asked again.
pub(super) struct Keyed {
    /// The key, if there is one.
    pub(super) key: Option<String>,
    /// The other arguments.
    pub(super) rest: String,
}

/// Takes the key out of the arguments of a tool that changes something.
pub(super) fn keyed(arguments: &str) -> Result<Keyed, Refusal> {
    let without = || Keyed {
        key: None,
        rest: arguments.to_owned(),
    };
    if !arguments.contains(FIELD) {
        return Ok(without());
    }
    // What is no object, or says something twice, is refused by whoever reads the rest.
    let Ok(mut fields) = json::object(arguments.as_bytes()) else {
        return Ok(without());
    };
    let key = match fields.remove(FIELD) {
        None => return Ok(without()),
        Some(Value::Null) => None,
        Some(Value::String(key)) => Some(checked(key)?),
        Some(_) => return Err(no_key("AOF-1002")),
    };
    let rest = Value::Object(fields).to_line();
    Ok(Keyed { key, rest })
}

fn checked(key: String) -> Result<String, Refusal> {
    let is_visible = key.chars().all(|c| c.is_ascii_graphic());
    match is_visible && (1..=KEY_CHARS_MAX).contains(&key.len()) {
        true => Ok(key),
        false => Err(no_key("AOF-1004")),
    }
}

fn no_key(code: &'static str) -> Refusal {
    Refusal::refused(
        code,
        format!("`{FIELD}` is no key"),
        "give 1 to 128 visible ASCII characters, a fresh one for each thing that you want done",
    )
    .at(FIELD)
}

impl<S: Store> Engine<S> {
    /// The answer to a call that was made before; else none, and what the call now does is
    /// remembered under its key.
    pub(super) fn made_before(
        &mut self,
        ctx: &Context,
        (tool, key, rest): (&str, String, &str),
    ) -> Result<Option<Outcome>, Refusal> {
        let caller = match &ctx.caller {
            Caller::Agent { agent, .. } => format!("agent:{agent}"),
            Caller::Human(name) => format!("human:{name}"),
            Caller::Host => "host".to_owned(),
        };
        let tool = tool.to_owned();
        let key = RequestKey { caller, tool, key };
        let digest = aof_codec::content_hash(rest);
        let (_, session) = self.at_hand()?;
        let known = session.outbox.requests.get(&key, ctx.now).cloned();
        match known {
            None => {
                let at = ctx.now;
                session.asking = Some(Asking { key, digest, at });
                Ok(None)
            }
            Some(request) if request.digest == digest => self.repeated(&request).map(Some),
            Some(_) => Err(Refusal::refused(
                "AOF-2034",
                format!(
                    "the key `{}` stands for another call of {}",
                    key.key, key.tool
                ),
                "repeat a call with the very same arguments, or give it a key of its own",
            )
            .at(FIELD)),
        }
    }

    /// Where what the call changed stands now.
    fn repeated(&mut self, request: &Request) -> Result<Outcome, Refusal> {
        let (store, session) = self.at_hand()?;
        let value = match &request.subject {
            Subject::Project(id) => one(session, id),
            Subject::Task(id) => {
                let loaded = load_one(store, session, id)?;
                let card = loaded.card();
                let task = TouchedTask {
                    project: Some(loaded.root().id().to_string()),
                    file_path: Some(loaded.root().card(loaded.status(), id)),
                    updated_at: Some(card.updated_at.to_string()),
                    ..touched(&card)
                };
                answer::json(&Touched { task }).to_line()
            }
        };
        Ok(Outcome {
            value,
            ..Outcome::default()
        })
    }
}
