//! How the gateway differs from the chart: a heading for each kind, with what to do.

use crate::render::style::{DIM, GOOD, WARN};
use crate::render::text::{clean, counted, moment};
use crate::shape::org::{Drift, DriftItem};

/// Kinds in the order in which they are shown, with what to do.
const KINDS: [(&str, &str); 7] = [
    (
        "missing",
        "make the agent in the gateway, correct `openclawAgentId`, or say `active: false`",
    ),
    (
        "inactive-there",
        "switch it on in the gateway, or say `active: false`",
    ),
    (
        "extra",
        "add it to the chart, or switch it off in the gateway",
    ),
    ("mismatch", "let one follow the other"),
    (
        "needs-permission-profile",
        "give it a profile in the gateway that holds it to its policies",
    ),
    (
        "duplicate-in-chart",
        "give one of them another `openclawAgentId`",
    ),
    ("duplicate-in-gateway", "remove one of them in the gateway"),
];

/// The whole comparison.
pub fn report(drift: &Drift) -> String {
    let mut text = String::new();
    for (kind, remedy) in KINDS {
        let items: Vec<&DriftItem> = drift.items.iter().filter(|it| it.kind == kind).collect();
        if !items.is_empty() {
            let head = kind.to_uppercase();
            text += &format!("{WARN}{head}{WARN:#} {}\n", items.len());
            text += &items.into_iter().map(line).collect::<String>();
            text += &format!("  {GOOD}hint{GOOD:#} {remedy}\n\n");
        }
    }
    if !drift.unchecked_profiles.is_empty() {
        let names: Vec<String> = drift
            .unchecked_profiles
            .iter()
            .map(|it| clean(it))
            .collect();
        text += &format!(
            "{DIM}the gateway does not say whether it has a profile for {}{DIM:#}\n",
            names.join(", ")
        );
    }
    let source = match &drift.seen_at {
        Some(at) => format!("the gateway's agents as of {}", moment(at)),
        None => "the agents of the list".to_owned(),
    };
    let verdict = match drift.items.len() as u64 {
        0 => "no drift".to_owned(),
        count => counted(count, "difference"),
    };
    text + &format!(
        "{verdict}: the chart and {source}, {}\n",
        drift.agents_there
    )
}

fn line(item: &DriftItem) -> String {
    let there = clean(&item.gateway_id);
    let who = match &item.agent {
        Some(agent) if *agent == item.gateway_id => clean(agent),
        Some(agent) => format!("{} {DIM}({there} in the gateway){DIM:#}", clean(agent)),
        None => there,
    };
    format!("  {who} {}\n", clean(&item.message))
}
