//! `aof_workflow_check`: what is wrong with a workflow, what it says, whether a condition holds.
//!
//! Looks at templates of projects, or at a text that the caller brings. Never changes anything and
//! begins no workflow.

mod given;

use std::sync::Arc;

use aof_codec::{lint_workflow, lint_workflow_roles, parse_condition, parse_facts};
use aof_core::caller::Context;
use aof_core::diagnostic::{Diagnostic, Level};
use aof_core::gather::gathered;
use aof_core::id::ProjectId;
use aof_core::json::ToLine as _;
use aof_core::org::OrgChart;
use aof_core::refusal::Refusal;
use aof_core::suggest;
use aof_core::workflow::Condition;
use aof_store::layout::INBOX;
use aof_store::loaded::CARD_BYTES_MAX;
use aof_store::port::{Blob, Store};
use aof_store::refusal::refusal_of;
use serde_json::{Map, Value};

use crate::access::check_actor;
use crate::change::load_one;
use crate::engine::Engine;
use crate::flow::there;
use crate::outcome::Outcome;
use crate::tool::arguments::texts;
use crate::view::flow;
use given::Given;

/// Arguments of `aof_workflow_check`.
#[cfg(not(target_arch = "wasm32"))]
#[derive(Debug, schemars::JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "a schema is made of it; calls are read as a map")]
pub(super) struct Arguments {
    /// The project of the template; `_inbox` if left out.
    project: Option<String>,
    /// A template of the project; without it, `definition` and `taskId` all are listed.
    template: Option<String>,
    /// A workflow to check instead, as YAML or JSON.
    definition: Option<String>,
    /// What to call that text in messages.
    path: Option<String>,
    /// A condition to try instead, as YAML or JSON, on `facts` or on `taskId`.
    condition: Option<String>,
    /// Facts for it, as YAML or JSON: task, tags, flags, hops, events, files.
    facts: Option<String>,
    /// The task whose workflow is shown, or that the condition is about.
    task_id: Option<String>,
    /// Must be the caller, if given.
    actor: Option<String>,
}

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
        } else if let Some(task) = text("taskId") {
            self.workflow_of(task)?
        } else {
            let project = ProjectId::parse(text("project").unwrap_or(INBOX));
            let project = project.map_err(|error| Refusal::bad_id(&error, "project"))?;
            self.templates(&project, text("template"))?
        };
        Ok(Outcome {
            value: object(vec![("workflow", workflow)]).to_line(),
            ..Outcome::default()
        })
    }

    /// The template of that name, or the names of all.
    fn templates(&mut self, id: &ProjectId, name: Option<&str>) -> Result<Value, Refusal> {
        let (store, session) = self.at_hand()?;
        let path = session.root(id)?.manifest();
        session.require_in_scope(id)?;
        if let Some(held) = session.shelf.quarantine.get(&path) {
            return Ok(document(&path, &held.findings, None));
        }
        let project = session.projects.get(id);
        let all = project.map_or(&[][..], |project| &project.templates);
        let names: Vec<&str> = all.iter().map(|it| it.name.as_str()).collect();
        let default = project.and_then(|project| project.default_template.as_deref());
        let Some(name) = name else {
            return Ok(object(vec![
                ("path", path.into()),
                ("templates", names.into()),
                ("default", default.into()),
            ]));
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
        let mut document = document(&path, &findings, Some(Arc::clone(&template.written)));
        if let Value::Object(fields) = &mut document {
            fields.insert("template".to_owned(), name.into());
            fields.insert("isDefault".to_owned(), (default == Some(name)).into());
        }
        Ok(document)
    }

    /// The workflow that a task carries, and how its hops stand.
    fn workflow_of(&mut self, task: &str) -> Result<Value, Refusal> {
        let (store, session) = self.at_hand()?;
        let id = session.resolve(task)?;
        let loaded = load_one(store, session, &id)?;
        let card = loaded.card();
        let Some(flow) = card.workflow.as_deref() else {
            let message = format!("{id} has no workflow");
            let hint = "give a task one when it is made";
            return Err(Refusal::refused("AOF-1013", message, hint).at("taskId"));
        };
        let path = loaded.root().card(loaded.status(), &id);
        let mut document = document(&path, &[], Some(Arc::clone(&flow.written)));
        if let Value::Object(fields) = &mut document {
            fields.insert("template".to_owned(), flow.template.clone().into());
            fields.insert("state".to_owned(), flow::of(&session.shelf.index, flow));
        }
        Ok(document)
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
                let loaded = load_one(store, session, &id)?;
                let asked = condition.parts().into_iter().filter_map(|part| match part {
                    Condition::FileExists(path) => Some(path.as_str()),
                    _ => None,
                });
                let files = there(store, &loaded.root().work_dir(&id), gathered(asked))?;
                Given::of_card(&loaded.card(), files.into_iter().collect())
            }
            (None, None) => Given::of(Value::Null),
        };
        Ok(object(vec![
            ("condition", written),
            ("holds", facts.satisfies(&condition).into()),
            ("part", account(&condition, &facts)),
        ]))
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
    object(vec![
        ("holds", facts.satisfies(condition).into()),
        ("saw", facts.seen_by(condition).unwrap_or_default()),
        ("parts", parts.into()),
    ])
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
    match lint_workflow(chart, path, bytes) {
        Err(findings) => document(path, &findings, None),
        Ok((template, findings)) => document(path, &findings, Some(template.written)),
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

fn document(path: &str, findings: &[Diagnostic], written: Option<Arc<Value>>) -> Value {
    let errors = findings.iter().filter(|it| it.level == Level::Error);
    object(vec![
        ("path", path.into()),
        ("usable", written.is_some().into()),
        ("errors", errors.count().into()),
        (
            "definition",
            written.map(Arc::unwrap_or_clone).unwrap_or_default(),
        ),
        ("findings", findings.iter().map(finding).collect()),
    ])
}

fn finding(found: &Diagnostic) -> Value {
    let level = match found.level {
        Level::Error => "error",
        Level::Warning => "warning",
    };
    object(vec![
        ("level", level.into()),
        ("code", found.code.into()),
        ("location", found.location().into()),
        ("message", found.message.as_str().into()),
        ("hint", found.hint.as_str().into()),
    ])
}

/// An object; one loop takes less room than a line for each field.
fn object(fields: Vec<(&str, Value)>) -> Value {
    let fields = fields.into_iter();
    Value::Object(gathered(fields.map(|(key, value)| (key.to_owned(), value))))
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
