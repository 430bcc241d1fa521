//! Names that the host of AOF 1 gave to agents of the chart.
//!
//! Only for adopting a store of AOF 1, where cards name agents either way. Never judges the chart.
//! Invariant: a name that two agents share, or that is itself an agent, is nobody's other name.

use std::collections::{BTreeMap, BTreeSet};

use aof_core::gather::gathered;
use aof_core::id::AgentId;

use crate::document::tree;
use crate::finding::Findings;
use crate::yaml::Node;

use super::form::CODES;

/// Reads which agent each `openclawAgentId` of a chart stands for. Empty for what is no chart.
#[must_use]
pub fn agent_aliases(bytes: &[u8]) -> BTreeMap<AgentId, AgentId> {
    let mut findings = Findings::new("", &CODES);
    let Some(root) = tree(bytes, &mut findings) else {
        return BTreeMap::new();
    };
    let agents = root.get("agents").map(Node::items).unwrap_or_default();
    let name = |node: &Node<'_>, key| AgentId::parse(node.get(key)?.text()?).ok();
    let mut taken: BTreeSet<AgentId> = gathered(agents.iter().filter_map(|it| name(it, "id")));
    let mut aliases = BTreeMap::new();
    for (alias, agent) in agents
        .iter()
        .filter_map(|it| name(it, "openclawAgentId").zip(name(it, "id")))
    {
        if taken.insert(alias.clone()) {
            aliases.insert(alias, agent);
        } else {
            aliases.remove(&alias);
        }
    }
    aliases
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_name_that_means_one_agent_is_an_alias() {
        let chart = "agents:\n- {id: a, openclawAgentId: x}\n- {id: b, openclawAgentId: y}\n\
                     - {id: c, openclawAgentId: y}\n- {id: d, openclawAgentId: a}\n- {id: e}\n";
        let aliases = agent_aliases(chart.as_bytes());
        let found: Vec<_> = aliases
            .iter()
            .map(|(alias, agent)| (alias.as_str(), agent.as_str()))
            .collect();
        assert_eq!(found, [("x", "a")]);
        assert!(agent_aliases(b"- {").is_empty());
    }
}
