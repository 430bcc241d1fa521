//! Names: those that the chart declares, and those that one part uses of another.

use std::collections::BTreeSet;
use std::fmt::Display;

use aof_core::id::{AgentId, IdError, TeamId};

use crate::finding::Findings;
use crate::suggest;
use crate::yaml::Node;

use super::super::form::{CODES, DUPLICATE};
use super::Reader;

/// What the chart declares.
pub(super) struct Names {
    agents: BTreeSet<AgentId>,
    teams: BTreeSet<TeamId>,
}

impl Names {
    /// Gathers the names, and reports those that are no names and those declared twice.
    pub(super) fn declared(root: &Node<'_>, findings: &mut Findings<'_>) -> Names {
        Names {
            agents: declared(root, ("agents", "agent"), AgentId::parse, findings),
            teams: declared(root, ("teams", "team"), TeamId::parse, findings),
        }
    }
}

fn declared<T: Ord + Display>(
    root: &Node<'_>,
    (list, noun): (&str, &str),
    parse: fn(&str) -> Result<T, IdError>,
    findings: &mut Findings<'_>,
) -> BTreeSet<T> {
    let mut names = BTreeSet::new();
    for item in root.get(list).map(Node::items).unwrap_or_default() {
        let Some(node) = item.literal("id") else {
            continue;
        };
        match node.text().map(parse) {
            Some(Ok(id)) => {
                let message = format!("the {noun} `{id}` is declared twice");
                if !names.insert(id) {
                    let hint = "give one of the two another id, or remove it";
                    findings.error(DUPLICATE, node.start, message, hint);
                }
            }
            Some(Err(error)) => {
                let message = format!("`{list}.id`: {error}");
                findings.error(CODES.value, node.start, message, error.hint());
            }
            None => {}
        }
    }
    names
}

impl Reader<'_, '_, '_> {
    /// The identity of an item, which must be a name.
    pub(super) fn own<T>(
        &mut self,
        node: &Node<'_>,
        path: &str,
        parse: fn(&str) -> Result<T, IdError>,
    ) -> Option<T> {
        let node = node.literal("id")?;
        match parse(node.text()?) {
            Ok(id) => Some(id),
            Err(error) => {
                let message = format!("`{path}`: {error}");
                self.findings
                    .error(CODES.value, node.start, message, error.hint());
                None
            }
        }
    }

    /// A name that the item uses; one that can be no name is nobody's.
    pub(super) fn used<T>(
        &mut self,
        node: Option<&Node<'_>>,
        (path, noun, list): (&str, &str, &str),
        parse: fn(&str) -> Result<T, IdError>,
    ) -> Option<T> {
        let node = node?;
        let name = parse(node.text()?).ok();
        if name.is_none() {
            self.unknown_name(node, path, noun, &reference_hint(list, None));
        }
        name
    }

    /// An agent that the chart must have.
    pub(super) fn known_agent(&mut self, node: Option<&Node<'_>>, path: &str) -> Option<AgentId> {
        let node = node?;
        let text = node.text()?;
        let known = AgentId::parse(text)
            .ok()
            .filter(|id| self.names.agents.contains(id));
        if known.is_none() {
            let names = self.names.agents.iter().map(AgentId::as_str);
            let hint = reference_hint("agents", suggest::nearest(text, names));
            self.unknown_name(node, path, "agent", &hint);
        }
        known
    }

    /// A team that the chart must have.
    pub(super) fn known_team(&mut self, node: Option<&Node<'_>>, path: &str) -> Option<TeamId> {
        let node = node?;
        let text = node.text()?;
        let known = TeamId::parse(text)
            .ok()
            .filter(|id| self.names.teams.contains(id));
        if known.is_none() {
            let names = self.names.teams.iter().map(TeamId::as_str);
            let hint = reference_hint("teams", suggest::nearest(text, names));
            self.unknown_name(node, path, "team", &hint);
        }
        known
    }
}

fn reference_hint(list: &str, suggestion: Option<&str>) -> String {
    match suggestion {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("declare it under `{list}`, or correct the name"),
    }
}
