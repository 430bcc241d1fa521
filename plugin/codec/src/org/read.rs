//! From an org chart's text to the chart.
//!
//! Invariant: in a chart that comes out every name that is used is declared, and declared once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use aof_core::id::{AgentId, IdError, RoleId, TeamId};
use aof_core::org::{Agent, OrgChart, Role, Team};

use crate::document::{Parsed, check, tree};
use crate::finding::{Findings, excerpt};
use crate::suggest;
use crate::yaml::{Entry, Kind, Node};

use super::form::{CHART, CODES, DUPLICATE, REFERENCE};

/// Runs of one agent at the same time, unless the chart says otherwise.
const CONCURRENCY_DEFAULT: u32 = 1;

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
            findings: &mut findings,
        }
        .chart(&root)
    });
    findings.conclude(chart)
}

/// What the chart declares.
struct Names {
    agents: BTreeSet<AgentId>,
    teams: BTreeSet<TeamId>,
}

impl Names {
    fn declared(root: &Node<'_>, findings: &mut Findings<'_>) -> Names {
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

struct Reader<'r, 'p> {
    names: Names,
    findings: &'r mut Findings<'p>,
}

impl Reader<'_, '_> {
    fn chart(&mut self, root: &Node<'_>) -> OrgChart {
        let items = |key| root.get(key).map(Node::items).unwrap_or_default();
        let agents = items("agents")
            .iter()
            .filter_map(|node| self.agent(node))
            .collect();
        let teams = items("teams")
            .iter()
            .filter_map(|node| self.team(node))
            .collect();
        let roles = root.get("roles").map(Node::entries).unwrap_or_default();
        let roles: BTreeMap<_, _> = roles.iter().filter_map(|entry| self.role(entry)).collect();
        OrgChart {
            agents,
            teams,
            roles,
        }
    }

    fn agent(&mut self, node: &Node<'_>) -> Option<Agent> {
        let name = self.label(node, "agents.name");
        let team = self.known_team(node.get("team"), "agents.team");
        let tags = node
            .at(&["capabilities", "tags"])
            .map(Node::items)
            .unwrap_or_default();
        let session_key = node.at(&["comms", "sessionKey"]).and_then(Node::text);
        Some(Agent {
            id: AgentId::parse(node.literal("id")?.text()?).ok()?,
            name: name?,
            team,
            is_active: node.get("active").and_then(Node::boolean).unwrap_or(true),
            tags: tags
                .iter()
                .filter_map(Node::text)
                .map(str::to_owned)
                .collect(),
            concurrency_max: concurrency_max(node),
            session_key: session_key.map(str::to_owned),
        })
    }

    fn team(&mut self, node: &Node<'_>) -> Option<Team> {
        let name = self.label(node, "teams.name");
        let orchestrator = self.known_agent(node.get("orchestrator"), "teams.orchestrator");
        let lead = self.known_agent(node.get("lead"), "teams.lead");
        let id = TeamId::parse(node.literal("id")?.text()?).ok()?;
        Some(Team {
            id,
            name: name?,
            orchestrator,
            lead,
        })
    }

    fn role(&mut self, entry: &Entry<'_>) -> Option<(RoleId, Role)> {
        let path = format!("roles.{}.agents", excerpt(&entry.key));
        let list = entry.value.get("agents");
        if let Some(node) = list.filter(|node| node.kind == Kind::List(Vec::new())) {
            let message = format!("`{path}` is empty");
            self.findings
                .error(CODES.value, node.start, message, "name at least one agent");
        }
        let items = list.map(Node::items).unwrap_or_default();
        let agents = items
            .iter()
            .filter_map(|node| self.known_agent(Some(node), &path))
            .collect();
        let requires_human = entry.value.get("requireHuman").and_then(Node::boolean);
        match RoleId::parse(&entry.key) {
            Ok(id) => Some((
                id,
                Role {
                    agents,
                    requires_human: requires_human.unwrap_or_default(),
                },
            )),
            Err(error) => {
                let message = format!("`roles`: {error}");
                self.findings
                    .error(CODES.value, entry.key_start, message, error.hint());
                None
            }
        }
    }

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

    fn known_agent(&mut self, node: Option<&Node<'_>>, path: &str) -> Option<AgentId> {
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

    fn known_team(&mut self, node: Option<&Node<'_>>, path: &str) -> Option<TeamId> {
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

    fn unknown_name(&mut self, node: &Node<'_>, path: &str, noun: &str, hint: &str) {
        let name = excerpt(node.text().unwrap_or_default());
        let message = format!("`{path}` names the {noun} `{name}`, which the chart does not have");
        self.findings.error(REFERENCE, node.start, message, hint);
    }
}

fn reference_hint(list: &str, suggestion: Option<&str>) -> String {
    match suggestion {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("declare it under `{list}`, or correct the name"),
    }
}

/// The smaller of the limits that are given.
fn concurrency_max(agent: &Node<'_>) -> u32 {
    let paths = [
        ["capabilities", "concurrency"].as_slice(),
        &["policies", "tasking", "maxConcurrent"],
    ];
    let given = paths.iter().filter_map(|path| agent.at(path)?.integer());
    given
        .min()
        .and_then(|least| u32::try_from(least).ok())
        .unwrap_or(CONCURRENCY_DEFAULT)
}

#[cfg(test)]
mod tests;
