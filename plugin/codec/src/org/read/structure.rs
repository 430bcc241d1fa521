//! Units, groups, memberships and relationships.

use aof_core::id::{AgentId, GroupId, UnitId};
use aof_core::org::{Group, Membership, Relationship, RelationshipKind, Unit};

use crate::yaml::Node;

use super::Reader;
use super::field::{flag, text};

impl<'r, 't> Reader<'r, 't, '_> {
    pub(super) fn unit(&mut self, node: &'r Node<'t>) -> Option<Unit> {
        let name = self.label(node, "orgUnits.name");
        let id = self.own(node, "orgUnits.id", UnitId::parse);
        let parent = node.get("parentId");
        let parent = self.used(
            parent,
            ("orgUnits.parentId", "unit", "orgUnits"),
            UnitId::parse,
        );
        let lead = self.used_agent(node.get("leadId"), "orgUnits.leadId");
        Some(Unit {
            id: id?,
            name: name?,
            kind: text(node, "type")?,
            parent,
            description: text(node, "description"),
            lead,
            is_active: flag(node, "active", true),
        })
    }

    pub(super) fn group(&mut self, node: &'r Node<'t>) -> Option<Group> {
        let name = self.label(node, "groups.name");
        let id = self.own(node, "groups.id", GroupId::parse);
        let items = node.get("memberIds").map(Node::items).unwrap_or_default();
        let members = items
            .iter()
            .filter_map(|item| self.used_agent(Some(item), "groups.memberIds"))
            .collect();
        Some(Group {
            id: id?,
            name: name?,
            description: text(node, "description"),
            members,
        })
    }

    pub(super) fn membership(&mut self, node: &'r Node<'t>) -> Option<Membership> {
        let agent = self.used_agent(node.get("agentId"), "memberships.agentId");
        let unit = self.used(
            node.get("orgUnitId"),
            ("memberships.orgUnitId", "unit", "orgUnits"),
            UnitId::parse,
        );
        Some(Membership {
            agent: agent?,
            unit: unit?,
            role: text(node, "role"),
            is_primary: flag(node, "primary", true),
        })
    }

    pub(super) fn relationship(&mut self, node: &'r Node<'t>) -> Option<Relationship> {
        let from = self.used_agent(node.get("fromAgentId"), "relationships.fromAgentId");
        let to = self.used_agent(node.get("toAgentId"), "relationships.toAgentId");
        Some(Relationship {
            from: from?,
            to: to?,
            kind: RelationshipKind::parse(node.get("type")?.text()?)?,
            is_active: flag(node, "active", true),
        })
    }

    /// An agent that the item uses.
    pub(super) fn used_agent(&mut self, node: Option<&Node<'_>>, path: &str) -> Option<AgentId> {
        self.used(node, (path, "agent", "agents"), AgentId::parse)
    }
}
