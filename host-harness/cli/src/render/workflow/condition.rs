//! A condition in words.

use serde_json::Value;

/// Parts within one another that are told.
const DEPTH: usize = 8;

/// The condition as somebody would say it.
pub fn words(condition: &Value) -> String {
    within(condition, 0)
}

/// One part without what it is made of.
pub fn part(condition: &Value) -> String {
    match op(condition) {
        "and" => "all of".to_owned(),
        "or" => "one of".to_owned(),
        "not" => "not".to_owned(),
        _ => leaf(condition),
    }
}

/// The parts that a condition is made of.
pub fn parts(condition: &Value) -> Vec<&Value> {
    let list = condition.get("conditions").and_then(Value::as_array);
    let one = condition.get("condition");
    list.into_iter().flatten().chain(one).collect()
}

fn op(condition: &Value) -> &str {
    condition
        .get("op")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn within(condition: &Value, depth: usize) -> String {
    if depth > DEPTH {
        return "…".to_owned();
    }
    let inner: Vec<String> = parts(condition)
        .into_iter()
        .map(|part| within(part, depth + 1))
        .collect();
    let several = |word: &str| {
        let joined = inner.join(word);
        if depth > 0 && inner.len() > 1 {
            format!("({joined})")
        } else {
            joined
        }
    };
    match op(condition) {
        "and" => several(" and "),
        "or" => several(" or "),
        "not" => format!("not {}", inner.concat()),
        _ => leaf(condition),
    }
}

fn leaf(condition: &Value) -> String {
    let text = |key: &str| match condition.get(key) {
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => String::new(),
    };
    let compared = |sign: &str| {
        let value = condition.get("value").unwrap_or(&Value::Null);
        format!("{} {sign} {value}", text("field"))
    };
    match op(condition) {
        "eq" => compared("="),
        "neq" => compared("≠"),
        "gt" => compared(">"),
        "gte" => compared("≥"),
        "lt" => compared("<"),
        "lte" => compared("≤"),
        "in" => compared("in"),
        "has_tag" => format!("tag {}", text("value")),
        "has_event" => format!("event {}", text("value")),
        "file_exists" => format!("file {}", text("value")),
        "hop_status" => format!("{} is {}", text("hop"), text("status")),
        "true" => "always".to_owned(),
        "false" => "never".to_owned(),
        other => other.to_owned(),
    }
}
