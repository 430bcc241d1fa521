//! What somebody says a condition is about, to try one.
//!
//! Never looks at a task. Invariant: what comes out has no key that no condition can ask for.

use serde_json::Value;

use super::condition::STATUSES;
use super::definition::CODES;
use crate::document::{Parsed, check, tree};
use crate::finding::Findings;
use crate::schema::Shape::{Any, Choice, List, Map, Table, Text};
use crate::schema::{Schema, closed, optional};

const GIVEN: Schema = closed(&[
    optional("task", Map(&TASK)),
    optional("tags", List(&Text)),
    optional("flags", Table(&Any)),
    optional("hops", Table(&Map(&HOP))),
    optional("events", List(&Text)),
    optional("files", List(&Text)),
]);

const TASK: Schema = closed(&[
    optional("status", Text),
    optional("tags", List(&Text)),
    optional("priority", Text),
    optional("type", Text),
    optional("title", Text),
    optional("project", Text),
    optional("routing", Table(&Any)),
    optional("metadata", Table(&Any)),
]);

const HOP: Schema = closed(&[
    optional("status", Choice(&STATUSES)),
    optional("result", Table(&Any)),
]);

/// Reads facts from YAML or JSON: `task`, `tags`, `flags`, `hops`, `events`, `files`.
///
/// # Errors
/// All findings, at least one of them an error.
pub fn parse_facts(path: &str, bytes: &[u8]) -> Parsed<Value> {
    let mut findings = Findings::new(path, &CODES);
    let read = tree(bytes, &mut findings).map(|root| {
        check(&root, &GIVEN, &mut findings);
        root.to_value()
    });
    findings.conclude(read)
}
