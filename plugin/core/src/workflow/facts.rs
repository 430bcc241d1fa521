//! What conditions of a task's workflow are about.
//!
//! Invariant: a result counts only while its hop is complete; what is done anew says nothing until
//! it is done.

use serde_json::{Map, Value};

use crate::card::Card;
use crate::id::HopId;
use crate::workflow::flow::{Flow, HopRecord};
use crate::workflow::{Facts, State};

/// The key of flags in a result: names with values.
const FLAGS: &str = "flags";
/// The key of events in a result: names.
const EVENTS: &str = "events";
/// Where the dispatch tool of AOF 1.20 put tags.
const TAGS: &str = "tags";

/// A card and its workflow as conditions see them.
pub struct CardFacts<'a> {
    card: &'a Card,
    flow: &'a Flow,
    has_file: &'a dyn Fn(&str) -> bool,
}

impl<'a> CardFacts<'a> {
    /// The facts of a card whose workflow has come this far.
    #[must_use]
    pub fn of(card: &'a Card, flow: &'a Flow, has_file: &'a dyn Fn(&str) -> bool) -> Self {
        CardFacts {
            card,
            flow,
            has_file,
        }
    }

    /// Results of hops that are complete, in declared order.
    fn results(&self) -> impl DoubleEndedIterator<Item = &Map<String, Value>> {
        let done = |record: &&HopRecord| matches!(record.standing.state, State::Complete(_));
        let records = self.flow.state.hops.iter().filter(done);
        records.filter_map(|record| record.result.as_ref())
    }

    fn task(&self, path: &str) -> Option<Value> {
        let card = self.card;
        let text = |text: &str| Some(Value::from(text));
        match path {
            "id" => text(card.id.as_str()),
            "status" => text(card.status.as_str()),
            "priority" => text(card.priority.as_str()),
            "title" => text(&card.title),
            "project" => text(card.project.as_ref()?.as_str()),
            "tags" => Some(self.tags().map(Value::from).collect()),
            "type" => card.metadata.get("type").cloned(),
            "routing.role" => text(card.routing.role.as_ref()?.as_str()),
            "routing.team" => text(card.routing.team.as_ref()?.as_str()),
            "routing.agent" => text(card.routing.agent.as_ref()?.as_str()),
            "routing.tags" => Some(card.routing.tags.iter().map(String::as_str).collect()),
            _ => {
                let (key, rest) = split(path.strip_prefix("metadata.")?);
                within(card.metadata.get(key)?, rest)
            }
        }
    }

    fn tags(&self) -> impl Iterator<Item = &str> {
        let own = self.card.routing.tags.iter().map(String::as_str);
        let given = self.card.metadata.get(TAGS).and_then(Value::as_array);
        own.chain(given.into_iter().flatten().filter_map(Value::as_str))
    }

    fn hop(&self, path: &str) -> Option<Value> {
        let (hop, rest) = split(path);
        let at = self.flow.graph().position(&HopId::parse(hop).ok()?)?;
        let record = self.flow.state.hops.get(at)?;
        match rest {
            "status" => Some(record.standing.state.as_str().into()),
            "outcome" => match &record.standing.state {
                State::Complete(outcome) => Some(outcome.as_str().into()),
                _ => None,
            },
            _ => {
                let path = rest.strip_prefix("result.")?;
                let is_done = matches!(record.standing.state, State::Complete(_));
                let (key, rest) = split(path);
                within(record.result.as_ref().filter(|_| is_done)?.get(key)?, rest)
            }
        }
    }
}

impl Facts for CardFacts<'_> {
    fn field(&self, path: &str) -> Option<Value> {
        let (root, rest) = split(path);
        match root {
            "task" => self.task(rest),
            "hops" => self.hop(rest),
            // The last word about a flag counts.
            FLAGS => {
                let mut told = self.results().rev();
                told.find_map(|result| result.get(FLAGS)?.get(rest).cloned())
            }
            _ => None,
        }
    }

    fn has_tag(&self, tag: &str) -> bool {
        self.tags().any(|own| own == tag)
    }

    fn has_event(&self, event: &str) -> bool {
        let is_told = |result: &Map<String, Value>| {
            let told = result.get(EVENTS).and_then(Value::as_array);
            told.is_some_and(|told| told.iter().any(|it| it.as_str() == Some(event)))
        };
        self.results().any(is_told)
    }

    fn has_file(&self, path: &str) -> bool {
        (self.has_file)(path)
    }
}

fn split(path: &str) -> (&str, &str) {
    path.split_once('.').unwrap_or((path, ""))
}

fn within(value: &Value, path: &str) -> Option<Value> {
    let mut found = value;
    for key in path.split('.').filter(|key| !key.is_empty()) {
        found = found.get(key)?;
    }
    Some(found.clone())
}
