//! Teams, roles and routing rules.

use std::collections::BTreeMap;

use aof_core::gather::gathered;
use aof_core::id::{RoleId, TeamId};
use aof_core::order;
use aof_core::org::rule::WEIGHT_DEFAULT;
use aof_core::org::{Murmur, Role, Rule, Team, Trigger, TriggerKind};
use aof_core::priority::Priority;

use crate::budget::budgets;
use crate::finding::excerpt;
use crate::share::dispatch;
use crate::yaml::{Entry, Kind, Node};

use super::super::form::CODES;
use super::Reader;
use super::field::{flag, number, text, texts, words};

impl<'r, 't> Reader<'r, 't, '_> {
    pub(super) fn team(&mut self, node: &'r Node<'t>) -> Option<Team> {
        let name = self.label(node, "teams.name");
        let orchestrator = self.used_agent(node.get("orchestrator"), "teams.orchestrator");
        let lead = self.used_agent(node.get("lead"), "teams.lead");
        let technical_lead = self.used_agent(node.get("technicalLead"), "teams.technicalLead");
        let id = self.own(node, "teams.id", TeamId::parse);
        Some(Team {
            id: id?,
            name: name?,
            description: text(node, "description"),
            orchestrator,
            lead,
            technical_lead,
            dispatch: dispatch(node),
            budgets: budgets(node, self.findings),
            murmur: node.get("murmur").map(murmur),
        })
    }

    /// The roles by name.
    pub(super) fn roles(&mut self) -> BTreeMap<RoleId, Role> {
        let roles = self.root.get("roles").map(Node::entries);
        let roles = roles.unwrap_or_default().iter();
        gathered(roles.filter_map(|entry| self.role(entry)))
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
            .filter_map(|node| self.used_agent(Some(node), &path))
            .collect();
        match RoleId::parse(&entry.key) {
            Ok(id) => Some((
                id,
                Role {
                    agents,
                    description: text(&entry.value, "description"),
                    requires_human: flag(&entry.value, "requireHuman", false),
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

    /// The rules in the order in which they are tried.
    pub(super) fn routing(&mut self) -> Vec<Rule> {
        let items = self.root.get("routing").map(Node::items);
        let items = items.unwrap_or_default().iter().enumerate();
        let mut rules: Vec<Rule> = items.map(|(at, node)| self.rule(at, node)).collect();
        order::sort_by_key(&mut rules, |rule| (rule.weight, rule.position));
        rules
    }

    fn rule(&mut self, position: usize, node: &Node<'_>) -> Rule {
        let priorities = node.get("matchPriority");
        Rule {
            position,
            match_tags: texts(node.get("matchTags")),
            match_priority: priorities
                .map(|list| words(list, Priority::parse))
                .unwrap_or_default(),
            target_role: self.used(
                node.get("targetRole"),
                ("routing.targetRole", "role", "roles"),
                RoleId::parse,
            ),
            target_team: self.used(
                node.get("targetTeam"),
                ("routing.targetTeam", "team", "teams"),
                TeamId::parse,
            ),
            target_agent: self.used_agent(node.get("targetAgent"), "routing.targetAgent"),
            weight: number(node, "weight").unwrap_or(WEIGHT_DEFAULT),
        }
    }
}

fn murmur(node: &Node<'_>) -> Murmur {
    let triggers = node.get("triggers").map(Node::items).unwrap_or_default();
    Murmur {
        triggers: triggers.iter().filter_map(trigger).collect(),
        context: texts(node.get("context")),
    }
}

fn trigger(node: &Node<'_>) -> Option<Trigger> {
    Some(Trigger {
        kind: TriggerKind::parse(node.get("kind")?.text()?)?,
        threshold: number(node, "threshold"),
        interval_ms: number(node, "intervalMs"),
    })
}
