//! Facts for trying a condition: those that somebody gives, or those of a card.

use aof_core::card::Card;
use aof_core::workflow::{Condition, Facts};
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

    /// Those of a card.
    pub(super) fn of_card(card: &Card) -> Self {
        let mut routing = Map::new();
        let own = &card.routing;
        let named = [
            ("agent", own.agent.as_ref().map(|it| it.as_str())),
            ("role", own.role.as_ref().map(|it| it.as_str())),
            ("team", own.team.as_ref().map(|it| it.as_str())),
        ];
        for (key, name) in named {
            if let Some(name) = name {
                routing.insert(key.to_owned(), name.into());
            }
        }
        let tags = own.tags.iter().map(|tag| Value::from(tag.as_str()));
        routing.insert("tags".to_owned(), tags.collect());
        let mut task = Map::new();
        let mut insert = |key: &str, value: Value| task.insert(key.to_owned(), value);
        insert("status", card.status.as_str().into());
        insert("priority", card.priority.as_str().into());
        insert("title", card.title.as_str().into());
        if let Some(project) = &card.project {
            insert("project", project.as_str().into());
        }
        if let Some(kind) = card.metadata.get("type") {
            insert("type", kind.clone());
        }
        insert("routing", Value::Object(routing));
        insert("metadata", Value::Object(card.metadata.clone()));
        let mut document = Map::new();
        document.insert("task".to_owned(), Value::Object(task));
        Given(Value::Object(document))
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
