//! What a task is, is changed by a tool: its title, its urgency, whom it names, and so on.

use serde_json::{Map, Value, json};

use crate::card::{Card, Routing};
use crate::event::EventDraft;
use crate::instant::Instant;
use crate::priority::Priority;
use crate::verb::edit::refuse_finished;
use crate::verb::walk::touch;
use crate::verb::{Step, Verdict};

/// What to change; whatever is none stays as it is.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Amendment {
    /// One line for people.
    pub title: Option<String>,
    /// Order of dispatch.
    pub priority: Option<Priority>,
    /// Who should do it.
    pub routing: Option<Routing>,
    /// Two running tasks never share one; the inner none takes it away.
    pub resource: Option<Option<String>>,
    /// Entries of the open map; null takes one away.
    pub metadata: Map<String, Value>,
}

/// Changes what a task is; saying it again changes nothing. Its run, if it has one, goes on with
/// what it was told.
///
/// # Errors
/// `AOF-2002` on a finished task.
pub fn amend(card: &Card, amendment: &Amendment, now: Instant) -> Verdict {
    refuse_finished(card)?;
    let mut next = card.clone();
    let mut changes = Map::new();
    let mut note = |key: &str, from: Value, to: Value| {
        if from != to {
            changes.insert(key.to_owned(), json!({"from": from, "to": to}));
        }
    };
    if let Some(title) = &amendment.title {
        note("title", json!(card.title), json!(title));
        next.title.clone_from(title);
    }
    if let Some(priority) = amendment.priority {
        let words = [card.priority.as_str(), priority.as_str()];
        note("priority", json!(words[0]), json!(words[1]));
        next.priority = priority;
    }
    if let Some(routing) = &amendment.routing {
        note("routing", told(&card.routing), told(routing));
        next.routing.clone_from(routing);
    }
    if let Some(resource) = &amendment.resource {
        note("resource", json!(card.resource), json!(resource));
        next.resource.clone_from(resource);
    }
    // Values of the open map may be anything, a secret too: the log names the keys only.
    let mut keys = Vec::new();
    for (key, value) in &amendment.metadata {
        let is_gone = value.is_null();
        let before = match is_gone {
            true => next.metadata.remove(key),
            false => next.metadata.insert(key.clone(), value.clone()),
        };
        if before.as_ref() != Some(value).filter(|_| !is_gone) {
            keys.push(key.as_str());
        }
    }
    if !keys.is_empty() {
        changes.insert("metadata".to_owned(), json!({"keys": keys}));
    }
    touch(&mut next, now);
    let told = (!changes.is_empty()).then(|| json!({"changes": changes}));
    let events = told.map(|payload| EventDraft::new("task.updated", payload));
    Ok(Step {
        card: next,
        events: events.into_iter().collect(),
    })
}

fn told(routing: &Routing) -> Value {
    json!({
        "agent": routing.agent.as_ref().map(ToString::to_string),
        "role": routing.role.as_ref().map(ToString::to_string),
        "team": routing.team.as_ref().map(ToString::to_string),
        "tags": routing.tags,
    })
}
