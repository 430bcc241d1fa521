//! A path into a chart, and setting a value in a tree without text.

use aof_core::gather::gathered;
use serde_json::Value;

/// Longest path.
const STEPS_MAX: usize = 16;

/// One step of a path: a key of a mapping; in a list a position or an id.
pub(super) type Step<'p> = &'p str;

/// The steps of a path; none if it is none.
pub(super) fn steps(path: &str) -> Option<Vec<Step<'_>>> {
    let steps: Vec<&str> = path.split('.').collect();
    let fits = steps.len() <= STEPS_MAX && steps.iter().all(|step| !step.is_empty());
    fits.then_some(steps)
}

/// Where a step leads in a list: to an item, or behind the last one, with the id that it gets.
pub(super) fn position(
    items: impl Iterator<Item = Option<String>>,
    step: &str,
) -> Option<(usize, Option<&str>)> {
    let ids: Vec<Option<String>> = items.collect();
    if let Some(at) = ids.iter().position(|id| id.as_deref() == Some(step)) {
        return Some((at, None));
    }
    match step.parse::<usize>() {
        Ok(at) if at <= ids.len() => Some((at, None)),
        Ok(_) => None,
        Err(_) => Some((ids.len(), Some(step))),
    }
}

/// Sets a value in a tree; makes what is missing on the way.
pub(super) fn set(tree: &mut Value, steps: &[Step<'_>], value: &Value) -> Result<(), String> {
    let Some((step, rest)) = steps.split_first() else {
        *tree = value.clone();
        return Ok(());
    };
    match tree {
        Value::Null => {
            *tree = made(steps, value);
            Ok(())
        }
        Value::Object(map) => match map.get_mut(*step) {
            Some(inner) => set(inner, rest, value),
            None => {
                map.insert((*step).to_owned(), made(rest, value));
                Ok(())
            }
        },
        Value::Array(items) => {
            let (at, id) = position(items.iter().map(id_of), step)
                .ok_or_else(|| format!("the list has {} items", items.len()))?;
            match items.get_mut(at) {
                Some(inner) => set(inner, rest, value),
                None => {
                    items.push(item(id, rest, value)?);
                    Ok(())
                }
            }
        }
        _ => Err(format!("`{step}` is looked for in a plain value")),
    }
}

fn id_of(item: &Value) -> Option<String> {
    item.get("id")?.as_str().map(str::to_owned)
}

/// What a path and a value make where nothing is.
pub(super) fn made(steps: &[Step<'_>], value: &Value) -> Value {
    steps.iter().rev().fold(value.clone(), |inner, step| {
        Value::Object(gathered([((*step).to_owned(), inner)]))
    })
}

/// A new item of a list, with the id that the path gave it.
pub(super) fn item(id: Option<&str>, rest: &[Step<'_>], value: &Value) -> Result<Value, String> {
    let Some(id) = id else {
        return Ok(made(rest, value));
    };
    match made(rest, value) {
        Value::Object(mut fields) => {
            fields.entry("id").or_insert_with(|| id.into());
            Ok(Value::Object(fields))
        }
        _ => Err(format!("the list has no item `{id}`")),
    }
}
