//! The workflows of a project's manifest: templates by name, and the one that is used unless
//! another is asked for.
//!
//! Never looks into the org chart. Invariant: no two templates have one name, and the default is
//! one of them.

use aof_core::id::ProjectId;
use aof_core::workflow::{Definition, Template};

use super::definition::{CODES, definition, definition_of};
use super::gate;
use crate::finding::{Findings, excerpt, one_of};
use crate::yaml::{Mark, Node};

/// The keys of a manifest.
const TEMPLATES: &str = "workflowTemplates";
const DEFAULT: &str = "defaultWorkflow";
/// Names that a hint repeats.
const NAMES_SHOWN: usize = 20;

/// All templates of a manifest, and the name of the default.
pub(crate) fn templates(
    root: &Node<'_>,
    findings: &mut Findings<'_>,
) -> (Vec<Template>, Option<String>) {
    let mut found = Vec::new();
    let mut names: Vec<&str> = Vec::new();
    let entries = root.get(TEMPLATES).map(Node::entries).unwrap_or_default();
    for entry in entries {
        let path = format!("{TEMPLATES}.{}", excerpt(&entry.key));
        check_name(&entry.key, (&path, entry.key_start), findings);
        names.push(&entry.key);
        let definition = definition_of(&entry.value, &format!("{path}."), findings);
        found.extend(definition.map(|it| template(&entry.key, it, &entry.value)));
    }
    let gates = root.get(gate::OLD);
    let converted = gates.map(|old| gate::converted(old, findings));
    if let Some(node) = &converted
        && let Some((name, at)) = node.get("name").and_then(|it| Some((it.text()?, it.start)))
    {
        check_name(name, ("workflow.name", at), findings);
        if names.contains(&name) {
            let message = format!("`workflow.name` is `{}`, as a template is", excerpt(name));
            let hint = "take one of the two out";
            findings.error(findings.codes.value, at, message, hint);
        }
        names.push(name);
        let outer = std::mem::replace(&mut findings.codes, &CODES);
        let definition = definition(node, "workflow.gates", findings);
        findings.codes = outer;
        found.extend(definition.map(|it| template(name, it, node)));
    }
    (found, default(root, &names, findings))
}

fn template(name: &str, definition: Definition, written: &Node<'_>) -> Template {
    Template {
        name: name.to_owned(),
        definition: definition.into(),
        written: written.to_value().into(),
    }
}

/// Names are written like those of projects.
fn check_name(name: &str, (path, at): (&str, Mark), findings: &mut Findings<'_>) {
    if ProjectId::parse(name).is_err() || name.starts_with('_') {
        let message = format!("`{path}`: `{}` is no name of a workflow", excerpt(name));
        let hint = "use 1 to 64 characters: small letters, digits, `-`; begin with a letter or a \
                    digit";
        findings.error(findings.codes.value, at, message, hint);
    }
}

fn default(root: &Node<'_>, names: &[&str], findings: &mut Findings<'_>) -> Option<String> {
    let node = root.get(DEFAULT)?;
    let name = node.text()?;
    if names.contains(&name) {
        return Some(name.to_owned());
    }
    let message = format!(
        "`{DEFAULT}` is `{}`, which is no workflow here",
        excerpt(name)
    );
    let shown: Vec<&str> = names.iter().take(NAMES_SHOWN).copied().collect();
    let hint = match shown.as_slice() {
        [] => format!("add it under `{TEMPLATES}`"),
        shown => format!("write {}", one_of(shown)),
    };
    findings.error(findings.codes.value, node.start, message, &hint);
    None
}
