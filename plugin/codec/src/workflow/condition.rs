//! Conditions of workflows. Source: AOF 1.20, "Conditions"; `has_event` and `file_exists` are ours.
//!
//! Never evaluates one. Invariant: a condition that comes out is within its limits, and names only
//! fields that there can be.

use aof_core::workflow::Condition;
use aof_core::workflow::condition::{Comparison, DEPTH_MAX, NODES_MAX};
use serde_json::Value;

use super::definition::CODES;
use crate::document::{Parsed, tree};
use crate::finding::{Findings, LIMIT, excerpt, one_of};
use crate::yaml::Node;

/// Every operator, with the keys that it needs.
const OPERATORS: [(&str, &[&str]); 15] = [
    ("eq", &["field", "value"]),
    ("neq", &["field", "value"]),
    ("gt", &["field", "value"]),
    ("gte", &["field", "value"]),
    ("lt", &["field", "value"]),
    ("lte", &["field", "value"]),
    ("in", &["field", "value"]),
    ("has_tag", &["value"]),
    ("has_event", &["value"]),
    ("file_exists", &["value"]),
    ("hop_status", &["hop", "status"]),
    ("and", &["conditions"]),
    ("or", &["conditions"]),
    ("not", &["condition"]),
    ("true", &[]),
];
/// The operator that is written like a boolean.
const FALSE: &str = "false";
/// States of a hop: what a card keeps of one, and what a condition can ask for.
pub(crate) const STATUSES: [&str; 7] = [
    "pending",
    "ready",
    "dispatched",
    "waiting-human",
    "complete",
    "failed",
    "skipped",
];
/// How fields begin.
const ROOTS: [&str; 9] = [
    "task.status",
    "task.tags",
    "task.priority",
    "task.type",
    "task.title",
    "task.project",
    "task.routing.",
    "task.metadata.",
    "flags.",
];

/// Reads a condition on its own, in YAML or JSON; it comes with what was written.
///
/// # Errors
/// All findings, at least one of them an error.
pub fn parse_condition(path: &str, bytes: &[u8]) -> Parsed<(Condition, Value)> {
    let mut findings = Findings::new(path, &CODES);
    let read = tree(bytes, &mut findings).and_then(|root| {
        let condition = condition(&root, "condition", &mut findings)?;
        Some((condition, root.to_value()))
    });
    findings.conclude(read)
}

/// Reads a condition; `path` is where it stands.
pub(super) fn condition(
    node: &Node<'_>,
    path: &str,
    findings: &mut Findings<'_>,
) -> Option<Condition> {
    let mut reader = Reader {
        findings,
        left: NODES_MAX,
    };
    reader.read(node, path, 1)
}

struct Reader<'f, 'p> {
    findings: &'f mut Findings<'p>,
    /// Parts that may still come.
    left: usize,
}

impl Reader<'_, '_> {
    fn read(&mut self, node: &Node<'_>, path: &str, depth: usize) -> Option<Condition> {
        if depth > DEPTH_MAX {
            let message = format!("`{path}` lies more than {DEPTH_MAX} conditions deep");
            let hint = "say the same with fewer conditions within one another";
            self.findings.error(LIMIT, node.start, message, hint);
            return None;
        }
        if self.left == 0 {
            let message = format!("`{path}` is one of more than {NODES_MAX} parts of a condition");
            let hint = "use `in`, or split the hop";
            self.findings.error(LIMIT, node.start, message, hint);
            return None;
        }
        self.left -= 1;
        let Some(op) = node.get("op").and_then(Node::text) else {
            let hint = format!("write `op` with one of {}", words());
            let wanted = "a mapping with `op`";
            self.findings.bad_value(path, node, wanted, &hint);
            return None;
        };
        let known = OPERATORS.iter().find(|(name, _)| *name == op);
        if op == FALSE {
            return self
                .keys(node, (path, op), &[])
                .then_some(Condition::Constant(false));
        }
        let Some((_, keys)) = known else {
            let names: Vec<&str> = OPERATORS.iter().map(|it| it.0).chain([FALSE]).collect();
            let hint = aof_core::suggest::nearest(op, names.iter().copied());
            let hint = hint.map_or_else(words, |it| format!("did you mean `{it}`?"));
            let message = format!("`{path}.op` is `{}`, which is no operator", excerpt(op));
            let start = node.get("op").map_or(node.start, |it| it.start);
            self.findings
                .error(self.findings.codes.value, start, message, &hint);
            return None;
        };
        if !self.keys(node, (path, op), keys) {
            return None;
        }
        self.operator(node, (path, op), depth)
    }

    /// Whether every key is there that the operator needs, and no other.
    fn keys(&mut self, node: &Node<'_>, (path, op): (&str, &str), keys: &[&str]) -> bool {
        let mut is_whole = true;
        for key in keys {
            if node.get(key).is_none() {
                let message = format!("`{path}` lacks `{key}`, which `{op}` needs");
                let code = self.findings.codes.missing;
                self.findings.error(code, node.start, message, "write it");
                is_whole = false;
            }
        }
        for entry in node.entries() {
            let key = entry.key.as_ref();
            if key != "op" && !keys.contains(&key) {
                let message = format!("unknown key `{path}.{}`", excerpt(key));
                let hint = format!("`{op}` has {}", one_of(keys));
                self.findings.unknown_key(entry.key_start, message, &hint);
            }
        }
        is_whole
    }

    fn operator(
        &mut self,
        node: &Node<'_>,
        (path, op): (&str, &str),
        depth: usize,
    ) -> Option<Condition> {
        let value = || node.get("value").map(Node::to_value);
        Some(match op {
            "true" => Condition::Constant(true),
            "has_tag" => Condition::HasTag(self.text(node, "value", path)?),
            "has_event" => Condition::HasEvent(self.text(node, "value", path)?),
            "file_exists" => Condition::FileExists(self.file(node, path)?),
            "hop_status" => {
                let hop = self.text(node, "hop", path)?;
                Condition::HopStatus(hop, self.status(node, path)?)
            }
            "in" => {
                let field = self.field(node, path)?;
                let Some(Value::Array(values)) = value() else {
                    let list = node.get("value")?;
                    let path = format!("{path}.value");
                    let hint = "write the values in brackets";
                    self.findings.bad_value(&path, list, "a list", hint);
                    return None;
                };
                Condition::In(field, values)
            }
            "and" => Condition::And(self.list(node, path, depth)?),
            "or" => Condition::Or(self.list(node, path, depth)?),
            "not" => {
                let inner = node.get("condition")?;
                let path = format!("{path}.condition");
                Condition::Not(Box::new(self.read(inner, &path, depth + 1)?))
            }
            _ => {
                let how = comparison(op)?;
                Condition::Compare(self.field(node, path)?, how, value()?)
            }
        })
    }

    fn list(&mut self, node: &Node<'_>, path: &str, depth: usize) -> Option<Vec<Condition>> {
        let list = node.get("conditions")?;
        if list.items().is_empty() {
            let path = format!("{path}.conditions");
            let hint = "write at least one, or use `true` or `false`";
            self.findings
                .bad_value(&path, list, "a list of conditions", hint);
            return None;
        }
        let items = list.items().iter().enumerate();
        let read: Vec<Option<Condition>> = items
            .map(|(at, item)| self.read(item, &format!("{path}.conditions[{at}]"), depth + 1))
            .collect();
        read.into_iter().collect()
    }

    fn text(&mut self, node: &Node<'_>, key: &str, path: &str) -> Option<String> {
        let value = node.get(key)?;
        let text = value.text().filter(|text| !text.is_empty());
        if text.is_none() {
            let path = format!("{path}.{key}");
            self.findings
                .bad_value(&path, value, "a text", "write a word");
        }
        text.map(str::to_owned)
    }

    fn status(&mut self, node: &Node<'_>, path: &str) -> Option<String> {
        let status = self.text(node, "status", path)?;
        if STATUSES.contains(&status.as_str()) {
            return Some(status);
        }
        let hint = format!("write {}", one_of(&STATUSES));
        let value = node.get("status")?;
        let path = format!("{path}.status");
        self.findings
            .bad_value(&path, value, "the state of a hop", &hint);
        None
    }

    /// A path below the work of the task.
    fn file(&mut self, node: &Node<'_>, path: &str) -> Option<String> {
        let file = self.text(node, "value", path)?;
        let is_plain = |part: &str| !part.is_empty() && part != "." && part != "..";
        if file.split('/').all(is_plain) && !file.contains(['\\', '\0']) {
            return Some(file);
        }
        let path = format!("{path}.value");
        let hint = "write a path relative to the work of the task, without `..`";
        self.findings
            .bad_value(&path, node.get("value")?, "a path that stays there", hint);
        None
    }

    fn field(&mut self, node: &Node<'_>, path: &str) -> Option<String> {
        let field = self.text(node, "field", path)?;
        let is_result = field.strip_prefix("hops.").is_some_and(|rest| {
            let parts: Vec<&str> = rest.split('.').collect();
            parts.len() >= 3 && parts.get(1) == Some(&"result") && !parts.contains(&"")
        });
        let is_root = |root: &str| match root.strip_suffix('.') {
            Some(_) => field.len() > root.len() && field.starts_with(root),
            None => field == *root,
        };
        if is_result || ROOTS.iter().any(|root| is_root(root)) {
            return Some(field);
        }
        let path = format!("{path}.field");
        let hint = "fields are task.status, task.tags, task.priority, task.type, task.title, \
                    task.project, task.routing.…, task.metadata.…, flags.… and hops.<id>.result.…";
        self.findings
            .bad_value(&path, node.get("field")?, "a field that there is", hint);
        None
    }
}

fn words() -> String {
    let names: Vec<&str> = OPERATORS.iter().map(|it| it.0).chain([FALSE]).collect();
    one_of(&names)
}

pub(super) fn comparison(op: &str) -> Option<Comparison> {
    Some(match op {
        "eq" => Comparison::Equal,
        "neq" => Comparison::Differs,
        "gt" => Comparison::Greater,
        "gte" => Comparison::AtLeast,
        "lt" => Comparison::Less,
        "lte" => Comparison::AtMost,
        _ => return None,
    })
}
