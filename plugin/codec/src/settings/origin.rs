//! Where a setting comes from: a line of the file, or what the host calls its override.
//!
//! Invariant: every value that is no default has exactly one origin.

use std::collections::BTreeMap;

use aof_core::diagnostic::Diagnostic;

use crate::yaml::{Kind, Mark, Node};

use super::{Layers, OVERRIDES, Overrides};

/// An override of a host that does not say where it has it from.
const UNNAMED: &str = "override";
/// Says how to read the file, and sets nothing.
const VERSION: &str = "schemaVersion";

/// The origin of every value that is set, by its path.
pub(super) fn origins(
    path: &str,
    layers: &Layers<'_>,
    overrides: &Overrides<'_>,
) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    each(layers.file, &mut |key, at| {
        found.insert(key, format!("{path}:{}", at.line));
    });
    each(layers.over, &mut |key, _| {
        // What lies over a value also lies over what was above and below it.
        found.retain(|other, _| !is_above(other, &key) && !is_above(&key, other));
        let name = overrides.name_of(&key).unwrap_or(UNNAMED);
        found.insert(key, name.to_owned());
    });
    found
}

/// Gives a finding in a named override the name for its path.
pub(super) fn name(finding: &mut Diagnostic, overrides: &Overrides<'_>) {
    let field = finding.message.split('`').nth(1).unwrap_or_default();
    let Some(key) = field.strip_prefix(OVERRIDES) else {
        return;
    };
    let key = key.trim_start_matches('.');
    if let Some(name) = overrides.name_of(key) {
        name.clone_into(&mut finding.path);
        finding.message = finding.message.replacen(field, key, 1);
    }
}

fn is_above(short: &str, long: &str) -> bool {
    long.strip_prefix(short)
        .is_some_and(|rest| rest.starts_with('.'))
}

fn each(root: Option<&Node<'_>>, tell: &mut dyn FnMut(String, Mark)) {
    let sections = root.map_or(&[][..], Node::entries).iter();
    for section in sections.filter(|section| section.key != VERSION) {
        if !section.value.is_null() {
            leaves(&section.value, &section.key, tell);
        }
    }
}

fn leaves(node: &Node<'_>, path: &str, tell: &mut dyn FnMut(String, Mark)) {
    match &node.kind {
        Kind::Map(entries) => {
            for entry in entries.iter().filter(|entry| !entry.value.is_null()) {
                leaves(&entry.value, &format!("{path}.{}", entry.key), tell);
            }
        }
        Kind::Scalar(..) | Kind::List(_) => tell(path.to_owned(), node.start),
    }
}
