//! Fixtures without one of their fields, so that a test can show that it fails without it.
//!
//! `AOF_WITHOUT="chart agents.active"` takes that field out of every file of that kind that a
//! fixture lays or a test writes by hand, as if nobody read it. Never changes anything else in the
//! file. Knows YAML as fixtures are written: block and flow, no anchors, no keys in quotes.

use std::ops::Range;

use serde_json::{Value, json};

/// Names the kind of file and the field.
pub const VARIABLE: &str = "AOF_WITHOUT";

/// The text of a file of a fixture, without the field that is left out in this process.
pub fn omitted(path: &str, text: &str) -> String {
    let wish = std::env::var(VARIABLE).unwrap_or_default();
    match wish.split_once(' ') {
        Some((kind, field)) if kind_of(path) == kind => without(text, field),
        _ => text.to_owned(),
    }
}

/// Takes the field out that is left out in this process, of a value that is given as an argument.
pub fn omit(kind: &str, value: &mut Value) {
    let wish = std::env::var(VARIABLE).unwrap_or_default();
    if let Some((of, field)) = wish.split_once(' ')
        && of == kind
    {
        take(value, &field.split('.').collect::<Vec<_>>());
    }
}

/// Takes a field out of a value: keys, `*` for any, lists not counted.
fn take(value: &mut Value, field: &[&str]) {
    match (value, field) {
        (Value::Array(items), _) => items.iter_mut().for_each(|item| take(item, field)),
        (Value::Object(map), ["*"]) => map.clear(),
        (Value::Object(map), [key]) => drop(map.remove(*key)),
        (Value::Object(map), ["*", rest @ ..]) => {
            map.values_mut().for_each(|value| take(value, rest));
        }
        (Value::Object(map), [key, rest @ ..]) => {
            if let Some(value) = map.get_mut(*key) {
                take(value, rest);
            }
        }
        _ => {}
    }
}

fn kind_of(path: &str) -> &'static str {
    match path.rsplit('/').next().unwrap_or_default() {
        "org-chart.yaml" => "chart",
        "project.yaml" => "manifest",
        "aof.yaml" => "settings",
        "notification-rules.yaml" => "rules",
        name if name.ends_with(".md") => "card",
        _ => "",
    }
}

/// A text without a field: keys with dots between them, `*` for any, lists not counted.
fn without(text: &str, field: &str) -> String {
    let mut walk = Walk {
        text,
        field: field.split('.').collect(),
        path: Vec::new(),
        cuts: Vec::new(),
    };
    walk.lines();
    let mut left = String::new();
    let mut at = 0;
    for cut in walk.cuts {
        left.push_str(&text[at..cut.start.max(at)]);
        at = cut.end.max(at);
    }
    left.push_str(&text[at..]);
    left
}

struct Walk<'w> {
    text: &'w str,
    field: Vec<&'w str>,
    /// Keys around the place, each with the column at which it stands.
    path: Vec<(usize, &'w str)>,
    cuts: Vec<Range<usize>>,
}

impl<'w> Walk<'w> {
    fn is_here(&self) -> bool {
        let is_one = |(said, (_, key)): (&&str, &(usize, &str))| *said == "*" || said == key;
        self.field.len() == self.path.len() && self.field.iter().zip(&self.path).all(is_one)
    }

    fn lines(&mut self) {
        let mut at = 0;
        let mut cut_at = None;
        while at < self.text.len() {
            let end = self.text[at..]
                .find('\n')
                .map_or(self.text.len(), |it| at + it + 1);
            let line = &self.text[at..end];
            let margin = line.len() - line.trim_start_matches(' ').len();
            let is_inside = |column: usize| {
                margin > column || margin == column && line[margin..].starts_with("- ")
            };
            if line.trim().is_empty() || line[margin..].starts_with('#') {
                at = end;
                continue;
            }
            if cut_at.is_some_and(is_inside) {
                self.cuts.push(at..end);
                at = end;
                continue;
            }
            cut_at = None;
            let mut column = margin;
            while line[column..].starts_with("- ") {
                column += 2;
            }
            let Some(key) = key_of(&line[column..]) else {
                at = self.value(at + column).max(end);
                continue;
            };
            self.path.retain(|(other, _)| *other < column);
            self.path.push((column, key));
            if self.is_here() {
                cut_at = Some(column);
                let rest = self.value(at + column + key.len() + 1).max(end);
                let is_item = column > margin;
                let start = if is_item { at + column } else { at };
                self.cuts.push(start..rest - usize::from(is_item));
                at = rest;
                continue;
            }
            at = self.value(at + column + key.len() + 1).max(end);
        }
    }

    /// Passes a value that is written in flow, and says where its last line ends.
    fn value(&mut self, from: usize) -> usize {
        let rest = self.text[from..].trim_start_matches(' ');
        let start = self.text.len() - rest.len();
        let is_flow = rest.starts_with(['{', '[']);
        let end = if is_flow { self.flow(start) } else { start };
        self.text[end..]
            .find('\n')
            .map_or(self.text.len(), |it| end + it + 1)
    }

    /// Passes a flow collection that begins here.
    fn flow(&mut self, start: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut at = start + 1;
        while at < bytes.len() {
            match bytes[at] {
                b'}' | b']' => return at + 1,
                b' ' | b',' | b'\n' => at += 1,
                _ => at = self.entry(at),
            }
        }
        at
    }

    /// Passes an item of a flow collection, with or without a key.
    fn entry(&mut self, start: usize) -> usize {
        let key = key_of(&self.text[start..]);
        if let Some(key) = key {
            self.path.push((usize::MAX, key));
        }
        let from = start + key.map_or(0, |key| key.len() + 1);
        let blank = self.text[from..].len() - self.text[from..].trim_start().len();
        let at = from + blank;
        let end = match self.text.as_bytes().get(at) {
            Some(b'{' | b'[') => self.flow(at),
            Some(quote @ (b'"' | b'\'')) => {
                let close = self.text[at + 1..].find(char::from(*quote));
                at + 2 + close.unwrap_or_default()
            }
            _ => {
                let rest = &self.text[at..];
                at + rest.find([',', '}', ']']).unwrap_or(rest.len())
            }
        };
        if key.is_some() {
            if self.is_here() {
                let rest = &self.text[end..];
                let comma = rest.len() - rest.trim_start_matches([',', ' ']).len();
                self.cuts.push(start..end + comma);
            }
            self.path.pop();
        }
        end
    }
}

/// The key that a text begins with.
fn key_of(text: &str) -> Option<&str> {
    let is_word = |it: char| it.is_ascii_alphanumeric() || "_-./".contains(it);
    let end = text.find(|it| !is_word(it))?;
    let rest = text[end..].strip_prefix(':')?;
    (end > 0 && (rest.is_empty() || rest.starts_with([' ', '\n']))).then(|| &text[..end])
}

#[test]
fn a_field_is_left_out_and_nothing_else() {
    let text = "a: 1 # one\nb:\n- {x: 1, y: [p, {z: 'q, r'}]}\n- x: 2\n  y: 3\nc: {x: {z: 4}}\n";
    for (field, expected) in [
        (
            "a",
            "b:\n- {x: 1, y: [p, {z: 'q, r'}]}\n- x: 2\n  y: 3\nc: {x: {z: 4}}\n",
        ),
        ("b", "a: 1 # one\nc: {x: {z: 4}}\n"),
        (
            "b.x",
            "a: 1 # one\nb:\n- {y: [p, {z: 'q, r'}]}\n- \n  y: 3\nc: {x: {z: 4}}\n",
        ),
        (
            "b.y.z",
            "a: 1 # one\nb:\n- {x: 1, y: [p, {}]}\n- x: 2\n  y: 3\nc: {x: {z: 4}}\n",
        ),
        (
            "b.y",
            "a: 1 # one\nb:\n- {x: 1, }\n- x: 2\nc: {x: {z: 4}}\n",
        ),
        (
            "c.*.z",
            "a: 1 # one\nb:\n- {x: 1, y: [p, {z: 'q, r'}]}\n- x: 2\n  y: 3\nc: {x: {}}\n",
        ),
    ] {
        assert_eq!(without(text, field), expected, "{field}");
    }
}

#[test]
fn a_field_of_a_value_is_left_out_and_nothing_else() {
    let whole = json!({"a": 1, "b": [{"x": 1, "y": {"z": 2}}, {"x": 3}], "c": {"p": {"z": 4}}});
    for (field, expected) in [
        (
            "a",
            json!({"b": [{"x": 1, "y": {"z": 2}}, {"x": 3}], "c": {"p": {"z": 4}}}),
        ),
        (
            "b.x",
            json!({"a": 1, "b": [{"y": {"z": 2}}, {}], "c": {"p": {"z": 4}}}),
        ),
        (
            "b.y.z",
            json!({"a": 1, "b": [{"x": 1, "y": {}}, {"x": 3}], "c": {"p": {"z": 4}}}),
        ),
        (
            "c.*.z",
            json!({"a": 1, "b": [{"x": 1, "y": {"z": 2}}, {"x": 3}], "c": {"p": {}}}),
        ),
        ("d", whole.clone()),
    ] {
        let mut value = whole.clone();
        take(&mut value, &field.split('.').collect::<Vec<_>>());
        assert_eq!(value, expected, "{field}");
    }
}
