//! What the component says of workflows and conditions.
//!
//! A workflow is taken as it was written: whoever wrote `1` for a name meant the text. Invariant:
//! every edge comes from a hop that is there.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::Finding;

/// What was said of a workflow, or of the templates of a project.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Checked {
    /// Where it stands.
    pub path: String,
    /// Its name in the project.
    pub template: Option<String>,
    /// Whether a task gets it that asks for no other.
    pub is_default: bool,
    /// Whether it is one.
    pub usable: bool,
    /// How many errors there are.
    pub errors: u64,
    /// What was found.
    pub findings: Vec<Finding>,
    /// As it was written.
    pub definition: Value,
    /// How far a task has come with it, if it is one of a task.
    pub state: Value,
    /// The names of a project's templates.
    pub templates: Option<Vec<String>>,
    /// The one that a task gets that asks for no other.
    pub default: Option<String>,
}

/// What was said of a condition.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Trial {
    /// As it was written.
    pub condition: Value,
    /// Whether it holds.
    pub holds: bool,
    /// The same for each part.
    pub part: Part,
}

/// A part of a condition.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Part {
    /// Whether it holds.
    pub holds: bool,
    /// What it looked at.
    pub saw: Value,
    /// The parts that it is made of.
    pub parts: Vec<Part>,
}

/// A workflow.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Flow {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Its hops, as declared.
    pub hops: Vec<Hop>,
}

/// One hop.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Hop {
    /// Its name.
    pub id: String,
    /// Who does it.
    pub who: String,
    /// Whether that is a person.
    pub is_human: bool,
    /// What is to be done.
    pub description: Option<String>,
    /// What it depends on.
    pub edges: Vec<Edge>,
    /// How its edges are joined, unless all are needed.
    pub join: Option<String>,
    /// What must hold.
    pub condition: Option<Value>,
    /// Whether it sends work back, and what.
    pub rejects: Option<String>,
    /// Whatever else it says: `timeout 2h`.
    pub facts: Vec<String>,
    /// How it stands, if it is one of a task.
    pub state: Option<State>,
}

/// How a hop of a task stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Its status.
    pub status: String,
    /// What came of it, if that is more than a success; why it was skipped.
    pub outcome: Option<String>,
}

/// A dependency.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Edge {
    /// Position of the hop before.
    pub from: usize,
    /// The outcomes that it waits for.
    pub on: Vec<String>,
    /// What must hold besides.
    pub when: Option<Value>,
}

impl Flow {
    /// A workflow as it was written, and how a task stands with it.
    pub fn of(definition: &Value, state: &Value) -> Self {
        let items = definition.get("hops").and_then(Value::as_array);
        let items = items.map_or(&[][..], Vec::as_slice);
        let ids: Vec<String> = items
            .iter()
            .map(|item| text(item, "id").unwrap_or_default())
            .collect();
        let places: BTreeMap<&str, usize> = ids.iter().map(String::as_str).zip(0..).collect();
        let hop = |(item, id): (&Value, &String)| hop(item, (id, state), &places);
        Flow {
            name: text(definition, "name").unwrap_or_default(),
            description: text(definition, "description"),
            hops: items.iter().zip(&ids).map(hop).collect(),
        }
    }
}

fn hop(item: &Value, (id, state): (&str, &Value), places: &BTreeMap<&str, usize>) -> Hop {
    let kind = text(item, "kind").filter(|kind| kind != "work");
    let is_human = kind.as_deref() == Some("human");
    let kind = kind.map(|kind| match is_human {
        true => "a person".to_owned(),
        false => kind,
    });
    let team = text(item, "team").map(|team| format!("team {team}"));
    let doer = text(item, "role").or_else(|| text(item, "agent")).or(team);
    let who: Vec<String> = doer.into_iter().chain(kind).collect();
    let rejects = item.get("canReject") == Some(&Value::Bool(true));
    let strategy = text(item, "rejectionStrategy").unwrap_or_else(|| "origin".to_owned());
    let before = item.get("dependsOn").and_then(Value::as_array);
    Hop {
        id: id.to_owned(),
        who: who.join(", "),
        is_human,
        description: text(item, "description"),
        edges: before
            .into_iter()
            .flatten()
            .filter_map(|item| edge(item, places))
            .collect(),
        join: text(item, "joinType").filter(|join| join != "all"),
        condition: given(item, "condition"),
        rejects: rejects.then_some(strategy),
        facts: facts(item),
        state: state_of(state, id),
    }
}

/// Whatever is said of how a hop is done.
fn facts(item: &Value) -> Vec<String> {
    let mut facts = Vec::new();
    match (text(item, "timeout"), text(item, "escalateTo")) {
        (Some(time), Some(role)) => facts.push(format!("after {time} {role} takes over")),
        (Some(time), None) => facts.push(format!("at most {time}")),
        _ => {}
    }
    for (key, words) in [
        ("rejectionsMax", "rejections at most"),
        ("retries", "retries"),
    ] {
        facts.extend(text(item, key).map(|count| format!("{count} {words}")));
    }
    facts.extend(text(item, "resource").map(|name| format!("uses {name}")));
    if item.get("autoAdvance") == Some(&Value::Bool(false)) {
        facts.push("then a person looks at it".to_owned());
    }
    facts
}

fn edge(item: &Value, places: &BTreeMap<&str, usize>) -> Option<Edge> {
    let name = scalar(item).or_else(|| text(item, "hop"))?;
    let on = item.get("on");
    let one = on.and_then(scalar);
    let several = on.and_then(Value::as_array).into_iter().flatten();
    Some(Edge {
        from: *places.get(name.as_str())?,
        on: one.into_iter().chain(several.filter_map(scalar)).collect(),
        when: given(item, "when"),
    })
}

fn state_of(state: &Value, id: &str) -> Option<State> {
    let mut hops = state.get("hops")?.as_array()?.iter();
    let hop = hops.find(|hop| text(hop, "id").as_deref() == Some(id))?;
    let outcome = text(hop, "outcome").filter(|outcome| outcome != "success");
    Some(State {
        status: text(hop, "state")?,
        outcome: outcome.or_else(|| text(hop, "skipped")),
    })
}

fn given(item: &Value, key: &str) -> Option<Value> {
    item.get(key).filter(|value| !value.is_null()).cloned()
}

fn text(item: &Value, key: &str) -> Option<String> {
    scalar(item.get(key)?)
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(word) => Some(word.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
