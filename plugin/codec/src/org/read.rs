//! From an org chart's text to the chart.
//!
//! Invariant: in a chart that comes out every agent and team that work is given to is declared, and
//! declared once.

mod agent;
mod field;
mod memory;
mod name;
mod structure;
mod team;

use aof_core::org::OrgChart;

use crate::document::{Parsed, check, tree};
use crate::finding::{Findings, excerpt};
use crate::yaml::Node;

use super::form::{CHART, CODES};
use name::Names;

/// Reads an org chart; the warnings come with it.
///
/// # Errors
/// All findings of the file, at most [`crate::FINDINGS_MAX`], at least one of them an error.
pub fn parse_org_chart(path: &str, bytes: &[u8]) -> Parsed<OrgChart> {
    let mut findings = Findings::new(path, &CODES);
    let chart = tree(bytes, &mut findings).map(|root| {
        check(&root, &CHART, &mut findings);
        let names = Names::declared(&root, &mut findings);
        Reader {
            names,
            root: &root,
            findings: &mut findings,
        }
        .chart()
    });
    findings.conclude(chart)
}

struct Reader<'r, 't, 'p> {
    names: Names,
    root: &'r Node<'t>,
    findings: &'r mut Findings<'p>,
}

impl<'r, 't> Reader<'r, 't, '_> {
    fn chart(&mut self) -> OrgChart {
        let agents = self.each("agents", Self::agent).into();
        let teams = self.each("teams", Self::team).into();
        let roles = self
            .root
            .get("roles")
            .map(Node::entries)
            .unwrap_or_default();
        OrgChart {
            template: field::text(self.root, "template"),
            agents,
            teams,
            roles: roles.iter().filter_map(|entry| self.role(entry)).collect(),
            routing: self.routing(),
            units: self.each("orgUnits", Self::unit).into(),
            groups: self.each("groups", Self::group).into(),
            memberships: self.each("memberships", Self::membership),
            relationships: self.each("relationships", Self::relationship),
            defaults: agent::defaults(self.root),
            pools: self.root.get("memoryPools").map(memory::pools),
            curation: self.root.get("memoryCuration").and_then(memory::curation),
        }
    }

    /// What can be read of the items of a list at the top.
    fn each<T>(&mut self, list: &str, read: fn(&mut Self, &'r Node<'t>) -> Option<T>) -> Vec<T> {
        let items = self.root.get(list).map(Node::items).unwrap_or_default();
        items.iter().filter_map(|node| read(self, node)).collect()
    }

    /// The name for people, which must say something.
    fn label(&mut self, node: &Node<'_>, path: &str) -> Option<String> {
        let name = node.literal("name")?;
        let text = name.text()?;
        if text.is_empty() {
            let message = format!("`{path}` is empty");
            self.findings
                .error(CODES.value, name.start, message, "write a name for people");
            return None;
        }
        Some(text.to_owned())
    }

    fn unknown_name(&mut self, node: &Node<'_>, path: &str, noun: &str, hint: &str) {
        let name = excerpt(node.text().unwrap_or_default());
        let message = format!("`{path}` names the {noun} `{name}`, which the chart does not have");
        self.findings
            .error(super::form::REFERENCE, node.start, message, hint);
    }
}

#[cfg(test)]
mod tests;
