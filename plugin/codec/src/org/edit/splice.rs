//! One change of a text: which characters go, and what comes in their place.
//!
//! Never judges the result; whoever asked reads it again.

use std::ops::Range;

use aof_core::json::ToLine as _;
use serde_json::Value;

use crate::yaml::{Entry, Kind, Mark, Node, Out, Style, quote, write_entry};

use super::step::{Step, item, made, position};

/// Spaces that a level adds.
const INDENT: usize = 2;

/// The text with the value at the end of the path; none if it cannot be put there.
pub(super) fn splice(
    text: &str,
    root: &Node<'_>,
    steps: &[Step<'_>],
    value: &Value,
) -> Option<String> {
    let source = Source { text };
    let mut node = root;
    let mut entry: Option<&Entry<'_>> = None;
    for (depth, step) in steps.iter().enumerate() {
        let rest = steps.get(depth + 1..)?;
        let is_flow = source.is_flow(node)?;
        match &node.kind {
            Kind::Map(entries) => match entries.iter().find(|entry| entry.key == *step) {
                Some(found) => {
                    entry = Some(found);
                    node = &found.value;
                }
                None if is_flow => {
                    let new = format!("{}: {}", quote(step), flow(&made(rest, value)));
                    return source.between(node, entries.is_empty(), &new);
                }
                None => {
                    let indent = source.column(node.start)?;
                    let mut new = String::new();
                    let inner = made(rest, value);
                    write_entry(
                        &mut new,
                        indent,
                        (&quote(step), &Out::value(&inner)),
                        source.eol(),
                    );
                    return source.behind(node, &new);
                }
            },
            Kind::List(items) => {
                let ids = items
                    .iter()
                    .map(|it| Some(it.get("id")?.text()?.to_owned()));
                let (at, id) = position(ids, step)?;
                match items.get(at) {
                    Some(found) => {
                        entry = None;
                        node = found;
                    }
                    None => {
                        let new = item(id, rest, value).ok()?;
                        return source.append(node, items.is_empty(), is_flow, &new);
                    }
                }
            }
            // An empty value becomes what the rest of the path makes.
            Kind::Scalar(..) => {
                return source.replace(node, entry, &flow(&made(steps.get(depth..)?, value)));
            }
        }
    }
    source.replace(node, entry, &flow(value))
}

/// A value on one line.
fn flow(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::String(text) => quote_in_flow(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(map) => {
            let pair = |(key, value): (&String, &Value)| format!("{}: {}", quote(key), flow(value));
            let pairs: Vec<String> = map.iter().map(pair).collect();
            format!("{{{}}}", pairs.join(", "))
        }
        other => other.to_line(),
    }
}

/// Commas and brackets mean something between brackets.
fn quote_in_flow(text: &str) -> String {
    if text.contains([',', '[', ']', '{', '}']) {
        Value::String(text.to_owned()).to_line()
    } else {
        quote(text).into_owned()
    }
}

struct Source<'t> {
    text: &'t str,
}

impl Source<'_> {
    fn eol(&self) -> &'static str {
        if self.text.contains("\r\n") {
            "\r\n"
        } else {
            "\n"
        }
    }

    fn offset(&self, mark: Mark) -> Option<usize> {
        let lines = usize::try_from(mark.line).ok()?.checked_sub(1)?;
        let start = match lines {
            0 => 0,
            _ => self.text.match_indices('\n').nth(lines - 1)?.0 + 1,
        };
        let line = self.text.get(start..)?;
        let column = usize::try_from(mark.column).ok()?.checked_sub(1)?;
        let within = line.char_indices().map(|(at, _)| at).chain([line.len()]);
        Some(start + within.into_iter().nth(column)?)
    }

    fn column(&self, mark: Mark) -> Option<usize> {
        usize::try_from(mark.column).ok()?.checked_sub(1)
    }

    fn is_flow(&self, node: &Node<'_>) -> Option<bool> {
        let rest = self.text.get(self.offset(node.start)?..)?;
        Some(match node.kind {
            Kind::Scalar(..) => true,
            Kind::List(_) => rest.starts_with('['),
            Kind::Map(_) => rest.starts_with('{'),
        })
    }

    /// The last scalar or bracket of a value.
    fn end(&self, node: &Node<'_>) -> Option<usize> {
        if self.is_flow(node)? {
            return self.offset(node.end);
        }
        match &node.kind {
            Kind::Scalar(..) => self.offset(node.end),
            Kind::List(items) => self.end(items.last()?),
            Kind::Map(entries) => {
                let last = entries.last()?;
                Some(self.end(&last.value)?.max(self.offset(last.key_end)?))
            }
        }
    }

    /// Puts the value on one line where a value is.
    fn replace(&self, node: &Node<'_>, entry: Option<&Entry<'_>>, new: &str) -> Option<String> {
        if matches!(node.kind, Kind::Scalar(_, Style::Block)) {
            return None;
        }
        let is_missing = matches!(&node.kind, Kind::Scalar(text, Style::Plain) if text.is_empty());
        let starts = self.offset(node.start)?;
        let (range, new) = match entry {
            Some(entry) if is_missing || !self.is_flow(node)? => {
                let key = self.offset(entry.key_end)?;
                let colon = key + self.text.get(key..)?.find(':')? + 1;
                let end = if is_missing { colon } else { self.end(node)? };
                (colon..end, format!(" {new}"))
            }
            _ => (starts..self.end(node)?, new.to_owned()),
        };
        self.with(range, &new)
    }

    /// Puts a pair or item behind the last one between brackets.
    fn between(&self, node: &Node<'_>, is_empty: bool, new: &str) -> Option<String> {
        let close = self.offset(node.end)?.checked_sub(1)?;
        let before = self.text.get(..close)?;
        let kept = before.trim_end().len();
        let comma = if is_empty { "" } else { ", " };
        let has_comma = before.trim_end().ends_with(',');
        let comma = if has_comma { " " } else { comma };
        self.with(kept..kept, &format!("{comma}{new}"))
    }

    /// Puts whole lines behind the line on which a block ends.
    fn behind(&self, node: &Node<'_>, new: &str) -> Option<String> {
        let end = self.end(node)?;
        let line = self.text.get(end..)?.find('\n');
        match line {
            Some(line) => {
                let at = end + line + 1;
                self.with(at..at, new)
            }
            None => {
                let at = self.text.len();
                let new = format!("{}{}", self.eol(), new.trim_end());
                self.with(at..at, &new)
            }
        }
    }

    fn append(
        &self,
        node: &Node<'_>,
        is_empty: bool,
        is_flow: bool,
        new: &Value,
    ) -> Option<String> {
        if is_flow {
            return self.between(node, is_empty, &flow(new));
        }
        let indent = self.column(node.start)?;
        let mut lines = String::new();
        match new {
            Value::Object(map) => {
                for (at, (key, value)) in map.iter().enumerate() {
                    let mut line = String::new();
                    let pair = (quote(key), Out::value(value));
                    write_entry(&mut line, indent + INDENT, (&pair.0, &pair.1), self.eol());
                    if at == 0 {
                        line.replace_range(indent..indent + INDENT, "- ");
                    }
                    lines += &line;
                }
            }
            other => lines = format!("{}- {}{}", " ".repeat(indent), flow(other), self.eol()),
        }
        self.behind(node, &lines)
    }

    fn with(&self, range: Range<usize>, new: &str) -> Option<String> {
        let (before, after) = (self.text.get(..range.start)?, self.text.get(range.end..)?);
        Some(format!("{before}{new}{after}"))
    }
}
