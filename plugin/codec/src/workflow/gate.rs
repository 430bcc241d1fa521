//! Gates, the workflows of AOF 0.1, as hops. Source: AOF 1.20, "Older gates".
//!
//! Never runs the JavaScript that a gate may have. Invariant: what comes out stands where the gates
//! stood, so that whatever is wrong with it is told there.

use std::borrow::Cow;

use crate::document::check_part;
use crate::finding::{Findings, excerpt};
use crate::schema::Shape::{Any, Boolean, Choice, List, Map, Text};
use crate::schema::{Schema, closed, idle, optional, required};
use crate::yaml::{Entry, Kind, Node, Style};

/// The key of a manifest.
pub(super) const OLD: &str = "workflow";

const GATES: Schema = closed(&[
    required("name", Text),
    optional("rejectionStrategy", Choice(&["origin"])),
    required("gates", List(&Map(&GATE))),
    idle("outcomes", Any),
]);

const GATE: Schema = closed(&[
    required("id", Text),
    required("role", Text),
    optional("canReject", Boolean),
    optional("when", Text),
    optional("description", Text),
    optional("requireHuman", Boolean),
    optional("timeout", Text),
    optional("escalateTo", Text),
]);

/// What a hop says in the same words.
const SAME: [&str; 6] = [
    "id",
    "role",
    "canReject",
    "description",
    "timeout",
    "escalateTo",
];

/// The workflow that these gates are: each a hop that depends on the one before.
pub(super) fn converted<'t>(old: &Node<'t>, findings: &mut Findings<'_>) -> Node<'t> {
    check_part(old, OLD, &GATES, findings);
    let gates = old.get("gates");
    let mut hops = Vec::new();
    let mut before: Option<&Node<'t>> = None;
    for (at, gate) in gates
        .map(Node::items)
        .unwrap_or_default()
        .iter()
        .enumerate()
    {
        if let Some(when) = gate.get("when") {
            refuse(when, at, findings);
        }
        let rejection = old.get("rejectionStrategy");
        hops.push(hop(gate, before, rejection));
        before = gate.get("id");
    }
    let name = old.get("name").cloned();
    let name = name.map(|name| entry("name", name));
    let list = gates.unwrap_or(old);
    let hops = entry("hops", with(list, Kind::List(hops)));
    with(old, Kind::Map(name.into_iter().chain([hops]).collect()))
}

fn hop<'t>(gate: &Node<'t>, before: Option<&Node<'t>>, rejection: Option<&Node<'t>>) -> Node<'t> {
    let is = |key: &str| gate.get(key).and_then(Node::boolean) == Some(true);
    let same = gate.entries().iter();
    let same = same.filter(|entry| SAME.contains(&entry.key.as_ref()));
    let mut entries: Vec<Entry<'t>> = same.cloned().collect();
    if let Some(before) = before {
        let list = Kind::List(vec![before.clone()]);
        entries.push(entry("dependsOn", with(before, list)));
    }
    if let Some(human) = gate.get("requireHuman").filter(|_| is("requireHuman")) {
        let kind = Kind::Scalar(Cow::Borrowed("human"), Style::Plain);
        entries.push(entry("kind", with(human, kind)));
    }
    if let Some(rejection) = rejection.filter(|_| is("canReject")) {
        entries.push(entry("rejectionStrategy", rejection.clone()));
    }
    with(gate, Kind::Map(entries))
}

fn refuse(when: &Node<'_>, at: usize, findings: &mut Findings<'_>) {
    let text = when.text().unwrap_or_default();
    let message = format!(
        "`{OLD}.gates[{at}].when` is JavaScript, which is not run: `{}`",
        excerpt(text)
    );
    // The one that everybody wrote.
    let tag = text.trim().strip_prefix("tags.includes(");
    let tag = tag.and_then(|rest| rest.strip_suffix(')'));
    let tag = tag.map_or("…", |tag| tag.trim_matches(['\'', '"']));
    let hint = format!(
        "write the gates as hops under `workflowTemplates`, and here \
         `condition: {{op: has_tag, value: {}}}`; docs/workflows.md has all operators",
        excerpt(tag)
    );
    findings.error(findings.codes.value, when.start, message, &hint);
}

/// Something else at the same place.
fn with<'t>(at: &Node<'t>, kind: Kind<'t>) -> Node<'t> {
    Node {
        start: at.start,
        end: at.end,
        kind,
    }
}

fn entry<'t>(key: &'static str, value: Node<'t>) -> Entry<'t> {
    Entry {
        key: Cow::Borrowed(key),
        key_style: Style::Plain,
        key_start: value.start,
        key_end: value.start,
        value,
    }
}
