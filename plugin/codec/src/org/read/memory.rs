//! Where memory lies, and who tidies it up.

use aof_core::org::{Adapter, Curation, HotPool, Pools, WarmPool};

use crate::yaml::Node;

use super::field::{text, texts};

/// The pools.
pub(super) fn pools(node: &Node<'_>) -> Pools {
    let warm = node.get("warm").map(Node::items).unwrap_or_default();
    let is_lancedb = text(node, "adapter").as_deref() == Some(Adapter::Lancedb.as_str());
    Pools {
        hot: node.get("hot").map(|hot| HotPool {
            path: text(hot, "path").unwrap_or_default(),
            description: text(hot, "description"),
            agents: texts(hot.get("agents")),
        }),
        warm: warm.iter().map(warm_pool).collect(),
        cold: texts(node.get("cold")),
        adapter: if is_lancedb {
            Adapter::Lancedb
        } else {
            Adapter::Filesystem
        },
    }
}

fn warm_pool(node: &Node<'_>) -> WarmPool {
    WarmPool {
        id: text(node, "id").unwrap_or_default(),
        path: text(node, "path").unwrap_or_default(),
        description: text(node, "description"),
        roles: texts(node.get("roles")),
    }
}

/// Who tidies up.
pub(super) fn curation(node: &Node<'_>) -> Option<Curation> {
    Some(Curation {
        policy_path: text(node, "policyPath")?,
        role: text(node, "role")?,
    })
}
