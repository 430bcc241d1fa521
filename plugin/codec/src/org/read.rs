//! From the tree of an org chart to the chart as it is written.
//!
//! Knows shapes and names, and nothing about what they mean together: that is for the lint.

mod agent;
mod field;
mod memory;
mod name;
mod structure;
mod team;

use aof_core::org::OrgChart;

use crate::document::check;
use crate::finding::Findings;
use crate::yaml::Node;

use super::form::{CHART, CODES};

/// A chart as it is written, its names not looked up yet.
pub(super) struct Draft {
    /// What could be read.
    pub chart: OrgChart,
    /// Whether everything could: only then do positions in it count as in the file.
    pub is_whole: bool,
}

/// Checks a tree and reads what can be read of it.
pub(super) fn read(root: &Node<'_>, findings: &mut Findings<'_>) -> Draft {
    check(root, &CHART, findings);
    let mut reader = Reader {
        root,
        findings,
        is_whole: true,
    };
    Draft {
        chart: reader.chart(),
        is_whole: reader.is_whole,
    }
}

struct Reader<'r, 't, 'p> {
    root: &'r Node<'t>,
    findings: &'r mut Findings<'p>,
    is_whole: bool,
}

impl<'r, 't> Reader<'r, 't, '_> {
    fn chart(&mut self) -> OrgChart {
        OrgChart {
            template: field::text(self.root, "template"),
            agents: self.each("agents", Self::agent).into(),
            teams: self.each("teams", Self::team).into(),
            roles: self.roles(),
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
        let read: Vec<T> = items.iter().filter_map(|node| read(self, node)).collect();
        self.is_whole &= read.len() == items.len();
        read
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
}
