//! Compares a tree with a schema and reports every difference, with its place.
//!
//! Never changes the tree and never stops early. Invariant: after a check without errors a reader
//! may take any field and find the type that the schema promised.

use std::fmt;

use aof_core::instant::Instant;

use crate::finding::{Findings, excerpt, one_of};
use crate::schema::{Field, Need, Schema, Shape, Unknown};
use crate::yaml::{Entry, Kind, Mark, Node};
use aof_core::suggest;

/// A field that is set although it has no effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Idle {
    /// The top-level key that it belongs to.
    pub top: &'static str,
    /// Its path without list positions: `agents.policies.memory`.
    pub path: String,
    /// Where it stands.
    pub at: Mark,
}

/// Checks the root mapping of a file. Returns the fields that have no effect, in file order.
pub(crate) fn check_root(
    root: &Node<'_>,
    schema: &'static Schema,
    findings: &mut Findings<'_>,
) -> Vec<Idle> {
    check_under(root, "", schema, findings)
}

/// Checks a mapping that is known to people by this path.
pub(crate) fn check_under(
    node: &Node<'_>,
    path: &str,
    schema: &'static Schema,
    findings: &mut Findings<'_>,
) -> Vec<Idle> {
    let mut checker = Checker {
        findings,
        idle: Vec::new(),
        top: None,
        is_idle: false,
    };
    checker.map(node, &Path::Root(path), schema);
    checker.idle
}

/// What leads to a value. Written out only if there is something to say of it: of a sound file
/// that is never.
enum Path<'p> {
    /// The mapping that is checked.
    Root(&'p str),
    /// What is under a key.
    Under(&'p Path<'p>, &'p str),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Path::Root(name) => out.write_str(name),
            Path::Under(Path::Root(""), name) => out.write_str(&excerpt(name)),
            Path::Under(path, name) => write!(out, "{path}.{}", excerpt(name)),
        }
    }
}

struct Checker<'c, 'p> {
    findings: &'c mut Findings<'p>,
    idle: Vec<Idle>,
    top: Option<&'static str>,
    /// Inside a field that has been reported as having no effect.
    is_idle: bool,
}

impl Checker<'_, '_> {
    fn map(&mut self, node: &Node<'_>, path: &Path<'_>, schema: &'static Schema) {
        let Kind::Map(entries) = &node.kind else {
            return self.not_a_map(node, path);
        };
        for entry in entries {
            match schema.fields.iter().find(|field| field.name == entry.key) {
                Some(field) => self.field(entry, path, field),
                None => self.unknown(entry, path, schema),
            }
        }
        for field in schema
            .fields
            .iter()
            .filter(|field| field.need == Need::Required)
        {
            let is_there = |entry: &Entry<'_>| {
                entry.key == field.name
                    && (matches!(field.shape, Shape::Text) || !entry.value.is_null())
            };
            if !entries.iter().any(is_there) {
                self.missing(node, path, field);
            }
        }
    }

    fn not_a_map(&mut self, node: &Node<'_>, path: &Path<'_>) {
        let hint = "write `key: value` lines";
        if matches!(path, Path::Root("")) {
            let message = format!("expected `key: value` lines, but found {}", node.describe());
            self.findings
                .error(self.findings.codes.syntax, node.start, message, hint);
        } else {
            self.bad(path, node, ("a mapping", hint));
        }
    }

    fn bad(&mut self, path: &Path<'_>, node: &Node<'_>, (wanted, hint): (&str, &str)) {
        let path = path.to_string();
        self.findings.bad_value(&path, node, wanted, hint);
    }

    fn missing(&mut self, node: &Node<'_>, path: &Path<'_>, field: &Field) {
        let name = Path::Under(path, field.name);
        let hint = format!("add `{}: …`{}", field.name, example(&field.shape));
        let code = self.findings.codes.missing;
        self.findings
            .error(code, node.start, format!("`{name}` is missing"), &hint);
    }

    fn unknown(&mut self, entry: &Entry<'_>, path: &Path<'_>, schema: &'static Schema) {
        let names = schema.fields.iter().map(|field| field.name);
        let suggestion = suggest::nearest(&entry.key, names);
        let path = Path::Under(path, &entry.key).to_string();
        let message = format!("unknown key `{}`", excerpt(&path));
        let code = self.findings.codes.unknown;
        match (schema.unknown, suggestion) {
            (Unknown::Refused, None) => {
                let known: Vec<&str> = schema.fields.iter().map(|field| field.name).collect();
                let hint = format!("known keys are {}", one_of(&known));
                self.findings.unknown_key(entry.key_start, message, &hint);
            }
            (Unknown::Refused, Some(name)) => {
                let hint = format!("did you mean `{name}`?");
                self.findings.unknown_key(entry.key_start, message, &hint);
            }
            (Unknown::Kept, Some(name)) => {
                let hint = format!("it is kept as it is; did you mean `{name}`?");
                self.findings.warn(code, entry.key_start, message, &hint);
            }
            (Unknown::Kept, None) => {}
        }
    }

    fn field(&mut self, entry: &Entry<'_>, path: &Path<'_>, field: &'static Field) {
        let is_top = self.top.is_none();
        let top = *self.top.get_or_insert(field.name);
        let path = Path::Under(path, field.name);
        let is_idle = self.is_idle;
        if field.need == Need::Idle && !is_idle && !entry.value.is_blank() {
            self.idle.push(Idle {
                top,
                path: path.to_string(),
                at: entry.key_start,
            });
        }
        self.is_idle |= field.need == Need::Idle;
        self.value(&entry.value, &path, &field.shape);
        self.is_idle = is_idle;
        if is_top {
            self.top = None;
        }
    }

    fn value(&mut self, node: &Node<'_>, path: &Path<'_>, shape: &'static Shape) {
        if node.is_null() {
            return;
        }
        match shape {
            Shape::Any => {}
            Shape::List(item) => match &node.kind {
                Kind::List(items) => self.items(items, path, item),
                _ => self.bad(path, node, ("a list", "write one `- item` per line")),
            },
            Shape::Map(schema) => self.map(node, path, schema),
            Shape::Table(value) => match &node.kind {
                Kind::Map(entries) => {
                    for entry in entries {
                        self.value(&entry.value, &Path::Under(path, &entry.key), value);
                    }
                }
                _ => self.bad(path, node, ("a mapping", "write `name: value` lines")),
            },
            _ => self.scalar(node, path, shape),
        }
    }

    fn items(&mut self, items: &[Node<'_>], path: &Path<'_>, shape: &'static Shape) {
        for item in items {
            if item.is_null() && !matches!(shape, Shape::Any) {
                self.bad(path, item, ("a list without gaps", "remove the empty item"));
            } else {
                self.value(item, path, shape);
            }
        }
    }

    fn scalar(&mut self, node: &Node<'_>, path: &Path<'_>, shape: &Shape) {
        if let Shape::Version(known) = shape
            && let Some(version) = node.integer().filter(|version| version > known)
        {
            let message =
                format!("`{path}` is {version}: made by a newer aof, this one reads up to {known}");
            let hint = "use the aof that made it, or a newer one";
            let code = self.findings.codes.value;
            return self.findings.error(code, node.start, message, hint);
        }
        let fits = match shape {
            Shape::Version(known) => node.integer().is_some_and(|n| (1..=*known).contains(&n)),
            Shape::Text => node.text().is_some(),
            Shape::Boolean => node.boolean().is_some(),
            Shape::Integer(min, max) => node.integer().is_some_and(|n| (*min..=*max).contains(&n)),
            Shape::Choice(words) => node.text().is_some_and(|text| words.contains(&text)),
            Shape::Moment => node
                .text()
                .is_some_and(|text| Instant::parse(text).is_some()),
            Shape::Any | Shape::List(_) | Shape::Map(_) | Shape::Table(_) => true,
        };
        if !fits {
            let (wanted, hint) = wanted(shape);
            self.bad(path, node, (&wanted, &hint));
        }
    }
}

/// What a scalar should be, and how to write it.
fn wanted(shape: &Shape) -> (String, String) {
    match shape {
        Shape::Boolean => (
            "true or false".to_owned(),
            "write `true` or `false` without quotes".to_owned(),
        ),
        Shape::Integer(min, max) => {
            let range = if *max == u64::MAX {
                format!("a whole number from {min}")
            } else {
                format!("a whole number from {min} to {max}")
            };
            (range, "write decimal digits without quotes".to_owned())
        }
        Shape::Version(known) => wanted(&Shape::Integer(1, *known)),
        Shape::Choice(words) => (one_of(words), format!("write {}", one_of(words))),
        Shape::Moment => (
            "a moment in RFC 3339".to_owned(),
            "write it like 2026-11-20T11:12:34.537Z".to_owned(),
        ),
        _ => (
            "text".to_owned(),
            "write one line of text, in quotes if in doubt".to_owned(),
        ),
    }
}

fn example(shape: &Shape) -> String {
    match shape {
        Shape::Choice(words) => format!(" with {}", one_of(words)),
        Shape::Integer(min, _) => format!(", for example {min}"),
        Shape::Version(_) => ", for example 1".to_owned(),
        Shape::List(_) => " with one `- item` per line".to_owned(),
        _ => String::new(),
    }
}
