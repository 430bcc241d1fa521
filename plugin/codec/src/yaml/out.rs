//! From values to YAML text, in block style, one scalar per line, never folded.

use std::borrow::Cow;

use serde_json::Value;

use super::{Entry, Kind, Node, Style, quote, stands_alone};

/// Spaces that each level adds.
const INDENT_SPACES: usize = 2;

/// A value in the form in which it will be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Out<'a> {
    /// A scalar as it stands in the text; empty for null.
    Scalar(Cow<'a, str>),
    /// A list.
    List(Vec<Out<'a>>),
    /// A mapping; keys as they stand in the text.
    Map(Vec<(Cow<'a, str>, Out<'a>)>),
}

impl<'a> Out<'a> {
    /// A text, quoted where necessary.
    pub(crate) fn text(text: &'a str) -> Self {
        Out::Scalar(quote(text))
    }

    /// A number, moment or identifier, which never needs quotes.
    pub(crate) fn bare(value: impl ToString) -> Self {
        Out::Scalar(Cow::Owned(value.to_string()))
    }

    /// An untyped value.
    pub(crate) fn value(value: &'a Value) -> Self {
        match value {
            Value::Null => Out::Scalar(Cow::Borrowed("null")),
            Value::Bool(yes) => Out::bare(yes),
            Value::Number(number) => Out::bare(number),
            Value::String(text) => Out::text(text),
            Value::Array(items) => Out::List(items.iter().map(Out::value).collect()),
            Value::Object(map) => Out::Map(
                map.iter()
                    .map(|(key, value)| (quote(key), Out::value(value)))
                    .collect(),
            ),
        }
    }

    /// A node as it was written, as far as block style allows.
    pub(crate) fn node(node: &'a Node<'_>) -> Self {
        match &node.kind {
            Kind::Scalar(text, Style::Plain) if !node.to_value().is_string() => {
                Out::Scalar(Cow::Borrowed(text.as_ref()))
            }
            Kind::Scalar(text, style) => Out::Scalar(as_written(text, *style)),
            Kind::List(items) => Out::List(items.iter().map(Out::node).collect()),
            Kind::Map(entries) => Out::Map(
                entries
                    .iter()
                    .map(|e| (Out::key(e), Out::node(&e.value)))
                    .collect(),
            ),
        }
    }

    /// A key as it was written.
    pub(crate) fn key(entry: &'a Entry<'_>) -> Cow<'a, str> {
        as_written(&entry.key, entry.key_style)
    }
}

/// The engine takes some plain scalars in flow style that do not stand in block style: no trust.
fn as_written(text: &str, style: Style) -> Cow<'_, str> {
    if style == Style::Plain && stands_alone(text) {
        Cow::Borrowed(text)
    } else {
        quote(text)
    }
}

/// Appends `key: value` with line ends; the key as it stands in the text.
pub(crate) fn write_entry(text: &mut String, indent: usize, entry: (&str, &Out<'_>), eol: &str) {
    pad(text, indent);
    write_pair(text, indent, entry, eol);
}

fn write_pair(text: &mut String, indent: usize, (key, value): (&str, &Out<'_>), eol: &str) {
    text.push_str(key);
    text.push(':');
    match inline(value) {
        Some("") => text.push_str(eol),
        Some(scalar) => {
            text.push(' ');
            text.push_str(scalar);
            text.push_str(eol);
        }
        None => {
            text.push_str(eol);
            pad(text, indent + INDENT_SPACES);
            write_block(text, indent + INDENT_SPACES, value, eol);
        }
    }
}

/// Writes a collection whose first line is indented already.
fn write_block(text: &mut String, indent: usize, value: &Out<'_>, eol: &str) {
    match value {
        Out::Scalar(scalar) => {
            text.push_str(scalar);
            text.push_str(eol);
        }
        Out::List(items) => {
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    pad(text, indent);
                }
                write_item(text, indent, item, eol);
            }
        }
        Out::Map(entries) => {
            for (at, (key, value)) in entries.iter().enumerate() {
                if at > 0 {
                    pad(text, indent);
                }
                write_pair(text, indent, (key, value), eol);
            }
        }
    }
}

fn write_item(text: &mut String, indent: usize, item: &Out<'_>, eol: &str) {
    text.push('-');
    match inline(item) {
        Some("") => text.push_str(eol),
        Some(scalar) => {
            text.push(' ');
            text.push_str(scalar);
            text.push_str(eol);
        }
        None => {
            text.push(' ');
            write_block(text, indent + INDENT_SPACES, item, eol);
        }
    }
}

/// What fits behind a key on the same line.
fn inline<'o>(value: &'o Out<'_>) -> Option<&'o str> {
    match value {
        Out::Scalar(scalar) => Some(scalar),
        Out::List(items) if items.is_empty() => Some("[]"),
        Out::Map(entries) if entries.is_empty() => Some("{}"),
        Out::List(_) | Out::Map(_) => None,
    }
}

fn pad(text: &mut String, spaces: usize) {
    text.extend(std::iter::repeat_n(' ', spaces));
}
