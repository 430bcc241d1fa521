//! Several payloads become one.
//!
//! Never looks at who won. Invariant: what comes out has the parts in the order of who gave them.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::id::HopId;
use crate::json::ToLine as _;
use crate::workflow::result::field;

/// How payloads become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MergeRule {
    /// One list of all items.
    Concat,
    /// The same without what was there before.
    Union,
    /// The first one.
    First,
    /// The last one.
    Last,
    /// One mapping: of two with one key the last stays.
    ByKey,
}

/// What becomes of payloads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merge {
    /// How.
    pub rule: MergeRule,
    /// The part of each payload that is taken; all of it unless given.
    pub field: Option<String>,
    /// The field of an item that [`MergeRule::ByKey`] goes by; the name of the hop unless given.
    pub key: Option<String>,
}

/// Whether a payload has what is merged.
pub(super) fn is_part(merge: &Merge, payload: &Value) -> bool {
    let Some(part) = part(merge, payload) else {
        return false;
    };
    let has_key = |item: &Value| {
        merge
            .key
            .as_ref()
            .is_none_or(|key| name(item, key).is_some())
    };
    items(part).iter().all(has_key)
}

/// What parts become together; none if there are none.
pub(super) fn combined(merge: &Merge, payloads: &[(&HopId, &Value)]) -> Option<Value> {
    let parts = payloads.iter();
    let parts = parts.filter_map(|(hop, payload)| Some((*hop, part(merge, payload)?)));
    let parts: Vec<(&HopId, &Value)> = parts.collect();
    let value = match merge.rule {
        MergeRule::First => parts.first()?.1.clone(),
        MergeRule::Last => parts.last()?.1.clone(),
        MergeRule::ByKey => Value::Object(by_key(merge, &parts)),
        MergeRule::Concat | MergeRule::Union => {
            let all = parts.iter().flat_map(|(_, part)| items(part));
            let mut seen = BTreeSet::new();
            let is_new = |item: &&Value| match merge.rule {
                MergeRule::Union => seen.insert(item.to_line()),
                _ => true,
            };
            Value::Array(all.filter(is_new).cloned().collect())
        }
    };
    let path = merge.field.iter().flat_map(|path| path.rsplit('.'));
    Some(path.fold(value, |value, key| {
        let mut outer = Map::new();
        outer.insert(key.to_owned(), value);
        Value::Object(outer)
    }))
}

fn part<'v>(merge: &Merge, payload: &'v Value) -> Option<&'v Value> {
    match &merge.field {
        Some(path) => field(payload, path),
        None => Some(payload),
    }
}

/// The items of a list; anything else is an item itself.
fn items(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        _ => std::slice::from_ref(value),
    }
}

fn by_key(merge: &Merge, parts: &[(&HopId, &Value)]) -> Map<String, Value> {
    let mut all = Map::new();
    for (hop, part) in parts {
        match &merge.key {
            None => {
                all.insert(hop.to_string(), (*part).clone());
            }
            Some(key) => {
                for item in items(part) {
                    if let Some(name) = name(item, key) {
                        all.insert(name, item.clone());
                    }
                }
            }
        }
    }
    all
}

/// The key of an item: a text, or a number or truth value as it is written.
fn name(item: &Value, key: &str) -> Option<String> {
    match field(item, key)? {
        Value::String(text) => Some(text.clone()),
        Value::Array(_) | Value::Object(_) | Value::Null => None,
        value => Some(value.to_line()),
    }
}
