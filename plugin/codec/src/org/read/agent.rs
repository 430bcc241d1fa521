//! Agents, and what the chart's defaults add to them.

use aof_core::id::{AgentId, TeamId};
use aof_core::org::agent::CONCURRENCY_DEFAULT;
use aof_core::org::{
    Agent, Comms, CommunicationPolicy, ContextBudget, Defaults, MemoryPolicy, Method, Policies,
    Tasking, Tier,
};
use aof_core::priority::Priority;

use crate::budget::budgets;
use crate::yaml::Node;

use super::Reader;
use super::field::{flag, number, text, texts, words};

/// An agent with the defaults under it: what it says itself counts.
struct Layers<'n, 't> {
    own: Option<&'n Node<'t>>,
    defaults: Option<&'n Node<'t>>,
}

impl<'n, 't> Layers<'n, 't> {
    /// What the defaults alone say.
    fn of_defaults(root: &'n Node<'t>) -> Self {
        Layers {
            own: None,
            defaults: root.get("defaults"),
        }
    }

    fn at(&self, path: &[&str]) -> Option<&'n Node<'t>> {
        let layers = [self.own, self.defaults].into_iter().flatten();
        layers.filter_map(|layer| layer.at(path)).next()
    }

    fn text(&self, path: &[&str]) -> Option<String> {
        self.at(path).and_then(Node::text).map(str::to_owned)
    }

    fn flag(&self, path: &[&str]) -> bool {
        self.at(path).and_then(Node::boolean).unwrap_or_default()
    }

    fn tags(&self) -> Vec<String> {
        texts(self.at(&["capabilities", "tags"]))
    }

    fn policies(&self) -> Policies {
        let priorities = self.at(&["policies", "tasking", "allowedPriorities"]);
        Policies {
            tasking: Tasking {
                allow_self_assign: self.flag(&["policies", "tasking", "allowSelfAssign"]),
                requires_review: self.flag(&["policies", "tasking", "requiresReview"]),
                allowed_priorities: priorities.map(|node| words(node, Priority::parse)),
            },
            memory: self.at(&["policies", "memory"]).map(memory),
            communication: self.at(&["policies", "communication"]).map(communication),
            context: self.at(&["policies", "context"]).map(context),
        }
    }

    /// The smaller of the limits that are given.
    fn concurrency_max(&self) -> u32 {
        let paths = [
            ["capabilities", "concurrency"].as_slice(),
            &["policies", "tasking", "maxConcurrent"],
        ];
        let given = paths.iter().filter_map(|path| self.at(path)?.integer());
        given
            .min()
            .and_then(|least| u32::try_from(least).ok())
            .unwrap_or(CONCURRENCY_DEFAULT)
    }
}

/// What the chart's defaults give.
pub(super) fn defaults(root: &Node<'_>) -> Defaults {
    let layers = Layers::of_defaults(root);
    Defaults {
        policies: layers.policies(),
        tags: layers.tags(),
        model: layers.text(&["capabilities", "model"]),
        provider: layers.text(&["capabilities", "provider"]),
    }
}

impl<'r, 't> Reader<'r, 't, '_> {
    pub(super) fn agent(&mut self, node: &'r Node<'t>) -> Option<Agent> {
        let name = self.label(node, "agents.name");
        let id = self.own(node, "agents.id", AgentId::parse);
        let team = self.used(
            node.get("team"),
            ("agents.team", "team", "teams"),
            TeamId::parse,
        );
        let reports_to = self.used_agent(node.get("reportsTo"), "agents.reportsTo");
        let layers = Layers {
            own: Some(node),
            ..Layers::of_defaults(self.root)
        };
        let policies = layers.policies();
        Some(Agent {
            id: id?,
            name: name?,
            description: text(node, "description"),
            gateway_id: text(node, "openclawAgentId"),
            team,
            reports_to,
            can_delegate: flag(node, "canDelegate", false),
            is_active: flag(node, "active", true),
            tags: layers.tags(),
            concurrency_max: layers.concurrency_max(),
            budgets: budgets(node, self.findings),
            model: layers.text(&["capabilities", "model"]),
            provider: layers.text(&["capabilities", "provider"]),
            comms: node.get("comms").map(comms).unwrap_or_default(),
            tasking: policies.tasking,
            memory: policies.memory,
            communication: policies.communication,
            context: policies.context,
        })
    }
}

fn comms(node: &Node<'_>) -> Comms {
    Comms {
        preferred: node
            .get("preferred")
            .and_then(Node::text)
            .and_then(Method::parse),
        session_key: text(node, "sessionKey"),
        fallbacks: node.get("fallbacks").map(|list| words(list, Method::parse)),
    }
}

fn memory(node: &Node<'_>) -> MemoryPolicy {
    MemoryPolicy {
        scope: texts(node.get("scope")),
        tiers: node
            .get("tiers")
            .map(|list| words(list, Tier::parse))
            .unwrap_or_default(),
        is_read_only: flag(node, "readOnly", false),
    }
}

fn communication(node: &Node<'_>) -> CommunicationPolicy {
    CommunicationPolicy {
        allowed_channels: texts(node.get("allowedChannels")),
        requires_approval: flag(node, "requiresApproval", false),
        restricted_agents: texts(node.get("restrictedAgents")),
    }
}

fn context(node: &Node<'_>) -> ContextBudget {
    ContextBudget {
        target: number(node, "target"),
        warn: number(node, "warn"),
        critical: number(node, "critical"),
    }
}
