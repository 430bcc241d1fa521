//! The tree: every node knows where it stands, and nothing about what it means.

use std::borrow::Cow;

use serde_json::{Map, Number, Value};

use crate::finding::excerpt;
use aof_core::gather::gathered;

/// A place in a text: line and column, both from 1, columns in characters. Line 0 is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Mark {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
}

impl Mark {
    /// The file as a whole.
    pub(crate) const NOWHERE: Mark = Mark { line: 0, column: 0 };
    /// The first character.
    pub(crate) const START: Mark = Mark { line: 1, column: 1 };
}

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// Without quotes.
    Plain,
    /// In single or double quotes.
    Quoted,
    /// After `|` or `>`.
    Block,
}

/// One scalar or collection.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node<'t> {
    /// First character.
    pub start: Mark,
    /// Just after the last character; for a block scalar, where the next token begins.
    pub end: Mark,
    /// What it is.
    pub kind: Kind<'t>,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind<'t> {
    /// Text.
    Scalar(Cow<'t, str>, Style),
    /// A list.
    List(Vec<Node<'t>>),
    /// A mapping, in written order, without duplicate keys.
    Map(Vec<Entry<'t>>),
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry<'t> {
    /// The key's text.
    pub key: Cow<'t, str>,
    /// How the key is written.
    pub key_style: Style,
    /// First character of the key.
    pub key_start: Mark,
    /// Just after the key.
    pub key_end: Mark,
    /// The value; a missing one is an empty plain scalar.
    pub value: Node<'t>,
}

impl<'t> Node<'t> {
    /// Whether it is what YAML calls null: nothing, `~` or `null`, unquoted.
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.kind, Kind::Scalar(text, Style::Plain) if is_null(text))
    }

    /// Whether it says nothing: null, an empty text or collection, `false` or `0`.
    pub(crate) fn is_blank(&self) -> bool {
        match &self.kind {
            Kind::Scalar(text, Style::Plain) => {
                is_null(text) || matches!(text.as_ref(), "false" | "False" | "FALSE" | "0")
            }
            Kind::Scalar(text, _) => text.is_empty(),
            Kind::List(items) => items.is_empty(),
            Kind::Map(entries) => entries.is_empty(),
        }
    }

    /// The text, if it is a scalar.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(text, _) => Some(text),
            _ => None,
        }
    }

    /// The text of an unquoted scalar.
    pub(crate) fn plain(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(text, Style::Plain) => Some(text),
            _ => None,
        }
    }

    /// The items; none unless it is a list.
    pub(crate) fn items(&self) -> &[Node<'t>] {
        match &self.kind {
            Kind::List(items) => items,
            _ => &[],
        }
    }

    /// The entries; none unless it is a mapping.
    pub(crate) fn entries(&self) -> &[Entry<'t>] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The value under a key as it is written, even where YAML would read a null.
    pub(crate) fn literal(&self, key: &str) -> Option<&Node<'t>> {
        // Most keys differ in length already, which is seen without calling anything.
        let named = |entry: &&Entry<'_>| entry.key.len() == key.len() && *entry.key == *key;
        self.entries().iter().find(named).map(|entry| &entry.value)
    }

    /// The value under a key, unless it is null.
    pub(crate) fn get(&self, key: &str) -> Option<&Node<'t>> {
        self.literal(key).filter(|value| !value.is_null())
    }

    /// The value at the end of a path of keys, unless it is null.
    pub(crate) fn at(&self, path: &[&str]) -> Option<&Node<'t>> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// An unquoted `true` or `false`.
    pub(crate) fn boolean(&self) -> Option<bool> {
        match self.plain()? {
            "true" | "True" | "TRUE" => Some(true),
            "false" | "False" | "FALSE" => Some(false),
            _ => None,
        }
    }

    /// An unquoted natural number in decimal digits.
    pub(crate) fn integer(&self) -> Option<u64> {
        let text = self.plain()?;
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            text.parse().ok()
        } else {
            None
        }
    }

    /// What it is, in words, for a message.
    pub(crate) fn describe(&self) -> String {
        match &self.kind {
            Kind::Scalar(..) if self.is_null() => "empty".to_owned(),
            Kind::Scalar(text, Style::Plain) => format!("`{}`", excerpt(text)),
            Kind::Scalar(text, _) => format!("the text `{}`", excerpt(text)),
            Kind::List(_) => "a list".to_owned(),
            Kind::Map(_) => "a mapping".to_owned(),
        }
    }

    /// The untyped value, by the core rules of YAML 1.2 for plain scalars. Numbers that a JSON
    /// number cannot hold stay text.
    pub(crate) fn to_value(&self) -> Value {
        match &self.kind {
            Kind::Scalar(text, Style::Plain) => plain_value(text),
            Kind::Scalar(text, _) => Value::String(text.to_string()),
            Kind::List(items) => items.iter().map(Node::to_value).collect(),
            Kind::Map(_) => Value::Object(self.to_map()),
        }
    }

    /// The entries as an untyped map.
    pub(crate) fn to_map(&self) -> Map<String, Value> {
        let pair = |entry: &Entry<'_>| (entry.key.to_string(), entry.value.to_value());
        gathered(self.entries().iter().map(pair))
    }

    /// A tree without places out of an untyped value.
    pub(crate) fn from_value(value: &'t Value) -> Node<'t> {
        let plain = |text: Cow<'t, str>| Kind::Scalar(text, Style::Plain);
        let kind = match value {
            Value::Null => plain(Cow::Borrowed("null")),
            Value::Bool(true) => plain(Cow::Borrowed("true")),
            Value::Bool(false) => plain(Cow::Borrowed("false")),
            Value::Number(number) => plain(Cow::Owned(number.to_string())),
            Value::String(text) => Kind::Scalar(Cow::Borrowed(text), Style::Quoted),
            Value::Array(items) => Kind::List(items.iter().map(Node::from_value).collect()),
            Value::Object(map) => Kind::Map(map.iter().map(Entry::from_pair).collect()),
        };
        Node {
            start: Mark::NOWHERE,
            end: Mark::NOWHERE,
            kind,
        }
    }
}

impl<'t> Entry<'t> {
    fn from_pair((key, value): (&'t String, &'t Value)) -> Entry<'t> {
        Entry {
            key: Cow::Borrowed(key),
            key_style: Style::Quoted,
            key_start: Mark::NOWHERE,
            key_end: Mark::NOWHERE,
            value: Node::from_value(value),
        }
    }
}

fn is_null(text: &str) -> bool {
    match text.len() {
        0 => true,
        1 => text == "~",
        4 => matches!(text, "null" | "Null" | "NULL"),
        _ => false,
    }
}

fn plain_value(text: &str) -> Value {
    if is_null(text) {
        return Value::Null;
    }
    match text {
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    number(text).map_or_else(|| Value::String(text.to_owned()), Value::Number)
}

fn number(text: &str) -> Option<Number> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return None;
    }
    if unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        let signed = text.parse::<i64>().ok().map(Number::from);
        return signed.or_else(|| text.parse::<u64>().ok().map(Number::from));
    }
    let numeric = |byte: u8| byte.is_ascii_digit() || b".eE+-".contains(&byte);
    if !unsigned.bytes().all(numeric) {
        return None;
    }
    text.parse::<f64>().ok().and_then(Number::from_f64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn plain_scalars_follow_the_core_rules() {
        for (text, expected) in [
            ("", json!(null)),
            ("~", json!(null)),
            ("NULL", json!(null)),
            ("true", json!(true)),
            ("False", json!(false)),
            ("yes", json!("yes")),
            ("012", json!(12)),
            ("-7", json!(-7)),
            ("+7", json!(7)),
            ("1e3", json!(1000.0)),
            (".5", json!(0.5)),
            ("1.", json!(1.0)),
            ("0x1F", json!("0x1F")),
            ("0o7", json!("0o7")),
            ("1_000", json!("1_000")),
            (".inf", json!(".inf")),
            ("1e999", json!("1e999")),
            ("-", json!("-")),
            (".", json!(".")),
            ("+", json!("+")),
            ("e3", json!("e3")),
            ("2026-01-01", json!("2026-01-01")),
            ("18446744073709551615", json!(u64::MAX)),
            ("18446744073709551616", json!("18446744073709551616")),
            ("-9223372036854775809", json!("-9223372036854775809")),
        ] {
            assert_eq!(plain_value(text), expected, "{text}");
        }
    }

    #[test]
    fn a_value_becomes_the_same_value_again() {
        let value = json!({"a": [1, -2, 0.5, "x", "1", null, true], "": {"b": {}}});
        assert_eq!(Node::from_value(&value).to_value(), value);
    }
}
