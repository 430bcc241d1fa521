//! How the gateway differs from the chart, as a document.

use aof_core::org::OrgChart;
use aof_core::org::drift::{Drift, DriftKind, drift, unchecked_profiles};
use serde_json::{Map, Value, json};

use super::seen::Seen;

/// `{"org": {"drift": {…}}}`
pub(crate) fn document(chart: &OrgChart, seen: &Seen) -> Value {
    let found = drift(chart, &seen.agents);
    let mut categories = Map::new();
    for kind in DriftKind::ALL {
        let count = found.iter().filter(|drift| drift.kind == kind).count();
        categories.insert(kind.as_str().to_owned(), count.into());
    }
    let unchecked: Vec<&str> = unchecked_profiles(chart, &seen.agents)
        .map(|agent| agent.id.as_str())
        .collect();
    json!({"org": {"drift": {
        "source": if seen.at.is_some() { "gateway" } else { "fixture" },
        "seenAt": seen.at.map(|at| at.to_string()),
        "agentsThere": seen.agents.len(),
        "items": found.iter().map(item).collect::<Vec<_>>(),
        "uncheckedProfiles": unchecked,
        "summary": {
            "totalIssues": found.len(),
            "hasDrift": !found.is_empty(),
            "categories": categories,
        },
    }}})
}

fn item(drift: &Drift) -> Value {
    let field = drift.field.as_ref();
    json!({
        "kind": drift.kind.as_str(),
        "agent": drift.agent,
        "gatewayId": drift.gateway_id,
        "field": field.map(|(name, ..)| *name),
        "inChart": field.map(|(_, here, _)| here),
        "inGateway": field.map(|(_, _, there)| there),
        "message": drift.message,
    })
}
