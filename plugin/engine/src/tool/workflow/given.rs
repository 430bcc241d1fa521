//! Facts for trying a condition: those that somebody gives, or those of a card.

use aof_core::card::Card;
use aof_core::gather::gathered;
use aof_core::id::HopId;
use aof_core::workflow::{Condition, Facts, Flow, HopRecord, State};
use serde_json::{Map, Value};

/// Where tags may stand.
const TAGS: [&str; 4] = [
    "/tags",
    "/task/tags",
    "/task/routing/tags",
    "/task/metadata/tags",
];

/// Facts, as a document of `task`, `tags`, `flags`, `hops`, `events` and `files`.
#[derive(Debug)]
pub(super) struct Given(Value);

impl Given {
    /// Those of a document.
    pub(super) fn of(document: Value) -> Self {
        Given(document)
    }

    /// Those of a card, with the files that are there.
    pub(super) fn of_card(card: &Card, files: Vec<String>) -> Self {
        let own = &card.routing;
        let named = |it: Option<&str>| it.map(Value::from);
        let routing = [
            ("agent", named(own.agent.as_ref().map(|it| it.as_str()))),
            ("role", named(own.role.as_ref().map(|it| it.as_str()))),
            ("team", named(own.team.as_ref().map(|it| it.as_str()))),
            ("tags", Some(own.tags.iter().map(String::as_str).collect())),
        ];
        let project = card.project.as_ref().map(|it| it.as_str());
        let task = [
            ("status", named(Some(card.status.as_str()))),
            ("priority", named(Some(card.priority.as_str()))),
            ("title", named(Some(&card.title))),
            ("project", named(project)),
            ("type", card.metadata.get("type").cloned()),
            ("routing", Some(told(routing.into()))),
            ("metadata", Some(Value::Object(card.metadata.clone()))),
        ];
        let mut document = vec![
            ("task", Some(told(task.into()))),
            ("files", Some(files.into())),
        ];
        if let Some(flow) = card.workflow.as_deref() {
            let (flags, events) = reported(flow);
            document.push(("hops", Some(hops(flow))));
            document.push(("flags", Some(Value::Object(flags))));
            document.push(("events", Some(events.into())));
        }
        Given(told(document))
    }

    /// Whether a condition holds.
    pub(super) fn satisfies(&self, condition: &Condition) -> bool {
        let is_in = |hop: &str, status: &str| self.status(hop).is_some_and(|it| it == status);
        condition.holds(self, &is_in)
    }

    /// What a condition looks at, without its parts; null if that is not there.
    pub(super) fn seen_by(&self, condition: &Condition) -> Option<Value> {
        match condition {
            Condition::Compare(field, ..) | Condition::In(field, _) => self.field(field),
            Condition::HopStatus(hop, _) => self.status(hop).cloned(),
            Condition::HasTag(_) => Some(self.tags().cloned().collect()),
            Condition::HasEvent(_) => self.0.get("events").cloned(),
            Condition::FileExists(_) => self.0.get("files").cloned(),
            Condition::Constant(_) | Condition::And(_) | Condition::Or(_) | Condition::Not(_) => {
                None
            }
        }
    }

    fn status(&self, hop: &str) -> Option<&Value> {
        self.0.get("hops")?.get(hop)?.get("status")
    }

    fn tags(&self) -> impl Iterator<Item = &Value> {
        let lists = TAGS.iter().filter_map(|path| self.0.pointer(path));
        lists.filter_map(Value::as_array).flatten()
    }

    fn lists(&self, key: &str, word: &str) -> bool {
        let list = self.0.get(key).and_then(Value::as_array);
        list.is_some_and(|list| list.iter().any(|it| it == word))
    }
}

impl Facts for Given {
    fn field(&self, path: &str) -> Option<Value> {
        if path.split_once('.') == Some(("task", "tags")) {
            return Some(self.tags().cloned().collect());
        }
        let mut found = &self.0;
        for key in path.split('.') {
            found = found.get(key)?;
        }
        Some(found.clone())
    }

    fn has_tag(&self, tag: &str) -> bool {
        self.tags().any(|it| it == tag)
    }

    fn has_event(&self, event: &str) -> bool {
        self.lists("events", event)
    }

    fn has_file(&self, path: &str) -> bool {
        self.lists("files", path)
    }
}

/// How each hop stands, and what came of it.
fn hops(flow: &Flow) -> Value {
    let hop = |(id, record): (&HopId, &HopRecord)| {
        let state = &record.standing.state;
        let (outcome, result) = match state {
            State::Complete(outcome) => (Some(outcome.as_str().into()), record.result.clone()),
            _ => (None, None),
        };
        let fields = vec![
            ("status", Some(state.as_str().into())),
            ("outcome", outcome),
            ("result", result.map(Value::Object)),
        ];
        (id.to_string(), told(fields))
    };
    Value::Object(gathered(flow.hops().map(hop)))
}

/// Flags and events of hops that are complete; the last word about a flag counts.
fn reported(flow: &Flow) -> (Map<String, Value>, Vec<Value>) {
    let (mut flags, mut events) = (Map::new(), Vec::new());
    let done = |record: &&HopRecord| matches!(record.standing.state, State::Complete(_));
    let records = flow.state.hops.iter().filter(done);
    for result in records.filter_map(|record| record.result.as_ref()) {
        if let Some(Value::Object(said)) = result.get("flags") {
            flags.extend(said.clone());
        }
        let said = result.get("events").and_then(Value::as_array);
        events.extend(said.into_iter().flatten().cloned());
    }
    (flags, events)
}

/// What there is of these fields.
fn told(fields: Vec<(&str, Option<Value>)>) -> Value {
    let fields = fields.into_iter();
    let fields = fields.filter_map(|(key, value)| Some((key.to_owned(), value?)));
    Value::Object(gathered(fields))
}
