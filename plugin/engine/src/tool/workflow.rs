//! `aof_workflow_check`: what is wrong with a workflow, what it says, whether a condition holds.
//!
//! Looks at templates of projects, or at a text that the caller brings. Never changes anything and
//! begins no workflow.

mod given;

use aof_codec::{lint_workflow_roles, parse_condition, parse_facts, parse_workflow};
use aof_core::caller::Context;
use aof_core::diagnostic::{Diagnostic, Level};
use aof_core::id::ProjectId;
use aof_core::org::OrgChart;
use aof_core::refusal::Refusal;
use aof_core::suggest;
use aof_core::workflow::Condition;
use aof_store::layout::INBOX;
use aof_store::loaded::CARD_BYTES_MAX;
use aof_store::port::{Blob, Store};
use aof_store::refusal::refusal_of;
use serde_json::{Map, Value, json};

use crate::access::check_actor;
use crate::change::load_one;
use crate::engine::Engine;
use crate::outcome::Outcome;
use crate::tool::arguments::texts;
use given::Given;

/// All arguments, besides `actor`, with what they say.
pub(super) const FIELDS: [(&str, &str); 7] = [
    (
        "project",
        "The project of the template; `_inbox` if left out.",
    ),
    (
        "template",
        "A template of the project; without it and `definition` all are listed.",
    ),
    (
        "definition",
        "A workflow to check instead, as YAML or JSON.",
    ),
    ("path", "What to call that text in messages."),
    (
        "condition",
        "A condition to try instead, as YAML or JSON: what does it say of `taskId` or `facts`?",
    ),
    (
        "facts",
        "Facts for it, as YAML or JSON: task, tags, flags, hops, events, files.",
    ),
    (
        "taskId",
        "The task that it is about, unless facts are given.",
    ),
];

/// What the arguments are called where they have no other name.
const TEXT: &str = "(text)";

impl<S: Store> Engine<S> {
    pub(super) fn check_workflow(
        &mut self,
        ctx: &Context,
        arguments: &str,
    ) -> Result<Outcome, Refusal> {
        let optional = [
            "project",
            "template",
            "definition",
            "path",
            "condition",
            "facts",
            "taskId",
            "actor",
        ];
        let given = texts(arguments, &[], &optional)?;
        let text = |key: &str| given.get(key).and_then(Value::as_str);
        check_actor(ctx, text("actor"))?;
        let workflow = if let Some(condition) = text("condition") {
            self.try_condition(condition, &given)?
        } else if let Some(definition) = text("definition") {
            let path = text("path").unwrap_or(TEXT);
            let (_, session) = self.at_hand()?;
            of_text(&session.chart, path, definition.as_bytes())
        } else {
            let project = ProjectId::parse(text("project").unwrap_or(INBOX));
            let project = project.map_err(|error| Refusal::bad_id(&error, "project"))?;
            self.templates(&project, text("template"))?
        };
        Ok(Outcome {
            value: json!({"workflow": workflow}).to_string(),
            ..Outcome::default()
        })
    }

    /// The template of that name, or the names of all.
    fn templates(&mut self, id: &ProjectId, name: Option<&str>) -> Result<Value, Refusal> {
        let (store, session) = self.at_hand()?;
        let path = session.root(id)?.manifest();
        session.require_in_scope(id)?;
        if let Some(held) = session.shelf.quarantine.get(&path) {
            return Ok(unusable(&path, &held.findings));
        }
        let project = session.projects.get(id);
        let all = project.map_or(&[][..], |project| &project.templates);
        let names: Vec<&str> = all.iter().map(|it| it.name.as_str()).collect();
        let default = project.and_then(|project| project.default_template.as_deref());
        let Some(name) = name else {
            return Ok(json!({"path": path, "templates": names, "default": default}));
        };
        let Some(template) = all.iter().find(|it| it.name == name) else {
            return Err(unknown(id, name, &names));
        };
        let blobs = store
            .read(std::slice::from_ref(&path), CARD_BYTES_MAX)
            .map_err(|error| refusal_of(&error))?;
        let mut findings = Vec::new();
        if let Some(Blob::Content { bytes, .. }) = blobs.first() {
            // Gates are the workflow of their manifest, whatever they are called.
            let under = format!("workflowTemplates.{name}.");
            let is_own = |field: &str| field.starts_with(&under) || field.starts_with("workflow.");
            findings = roles(&session.chart, (&path, bytes), &is_own);
        }
        let mut document = document(&path, &findings, Some(&template.written));
        document.insert("template".to_owned(), name.into());
        document.insert("isDefault".to_owned(), (default == Some(name)).into());
        Ok(Value::Object(document))
    }

    fn try_condition(
        &mut self,
        condition: &str,
        given: &Map<String, Value>,
    ) -> Result<Value, Refusal> {
        let text = |key: &str| given.get(key).and_then(Value::as_str);
        let path = text("path").unwrap_or("condition");
        let (condition, written) = usable(parse_condition(path, condition.as_bytes()))?;
        let facts = match (text("facts"), text("taskId")) {
            (Some(facts), _) => Given::of(usable(parse_facts("facts", facts.as_bytes()))?),
            (None, Some(task)) => {
                let (store, session) = self.at_hand()?;
                let id = session.resolve(task)?;
                Given::of_card(&load_one(store, session, &id)?.card())
            }
            (None, None) => Given::of(Value::Null),
        };
        Ok(json!({
            "condition": written,
            "holds": facts.satisfies(&condition),
            "part": account(&condition, &facts),
        }))
    }
}

/// Each part of a condition: whether it holds, and what it saw.
fn account(condition: &Condition, facts: &Given) -> Value {
    let parts = match condition {
        Condition::And(parts) | Condition::Or(parts) => parts.as_slice(),
        Condition::Not(part) => std::slice::from_ref(&**part),
        _ => &[],
    };
    let parts: Vec<Value> = parts.iter().map(|part| account(part, facts)).collect();
    json!({
        "holds": facts.satisfies(condition), "saw": facts.seen_by(condition), "parts": parts,
    })
}

/// What was read, without warnings, or the first thing that is wrong.
pub(super) fn usable<T>(
    parsed: Result<(T, Vec<Diagnostic>), Vec<Diagnostic>>,
) -> Result<T, Refusal> {
    match parsed {
        Ok((value, _)) => Ok(value),
        Err(findings) => Err(findings.first().map_or_else(
            || Refusal::refused("AOF-1160", "there is nothing in it".to_owned(), ""),
            Refusal::from,
        )),
    }
}

fn of_text(chart: &OrgChart, path: &str, bytes: &[u8]) -> Value {
    match parse_workflow(path, bytes) {
        Err(findings) => unusable(path, &findings),
        Ok((template, mut findings)) => {
            findings.splice(0..0, roles(chart, (path, bytes), &|_| true));
            Value::Object(document(path, &findings, Some(&template.written)))
        }
    }
}

/// Whom a workflow names and the chart does not have; a store without a chart knows nobody.
fn roles(
    chart: &OrgChart,
    (path, bytes): (&str, &[u8]),
    is_own: &dyn Fn(&str) -> bool,
) -> Vec<Diagnostic> {
    if chart.agents.is_empty() && chart.roles.is_empty() {
        return Vec::new();
    }
    let found = lint_workflow_roles(chart, path, bytes).into_iter();
    let found = found.filter(|it| is_own(&it.field));
    found.map(|it| it.diagnostic).collect()
}

fn unusable(path: &str, findings: &[Diagnostic]) -> Value {
    Value::Object(document(path, findings, None))
}

fn document(path: &str, findings: &[Diagnostic], written: Option<&Value>) -> Map<String, Value> {
    let errors = findings.iter().filter(|it| it.level == Level::Error);
    let mut document = Map::new();
    let mut insert = |key: &str, value: Value| document.insert(key.to_owned(), value);
    insert("path", path.into());
    insert("usable", written.is_some().into());
    insert("errors", errors.count().into());
    insert("definition", written.cloned().unwrap_or_default());
    insert("findings", findings.iter().map(finding).collect());
    document
}

fn finding(found: &Diagnostic) -> Value {
    json!({
        "level": match found.level { Level::Error => "error", Level::Warning => "warning" },
        "code": found.code,
        "location": found.location(),
        "message": found.message,
        "hint": found.hint,
    })
}

pub(super) fn unknown(project: &ProjectId, name: &str, names: &[&str]) -> Refusal {
    let hint = match suggest::nearest(name, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if names.is_empty() => {
            "it has none; write them under `workflowTemplates` of its project.yaml".to_owned()
        }
        None => format!("it has {}", names.join(", ")),
    };
    let name: String = name.chars().take(64).flat_map(char::escape_debug).collect();
    let message = format!("`{project}` has no workflow `{name}`");
    Refusal::refused("AOF-1013", message, &hint).at("template")
}
