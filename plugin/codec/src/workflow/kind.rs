//! Which fields a hop of which kind has.
//!
//! Never reads what they say. Invariant: a field that would have no effect on a hop is refused.

use super::definition::Reader;
use crate::yaml::Node;

/// Of hops that somebody does.
const OF_DOERS: [&str; 12] = [
    "role",
    "agent",
    "team",
    "requireHuman",
    "autoAdvance",
    "canReject",
    "timeout",
    "escalateTo",
    "retries",
    "resource",
    "sla",
    "budget",
];
/// Of hops that runs do.
const OF_RUNS: [&str; 3] = ["retries", "resource", "budget"];

/// The kind of a hop, and whether it has no field of another one.
pub(super) fn check(hop: &mut Reader<'_, '_, '_, '_>) -> (&'static str, bool) {
    let written = hop.text("kind");
    let needs_human = hop.node.get("requireHuman").and_then(Node::boolean) == Some(true);
    let kind = match written.as_deref() {
        Some("human") => "human",
        Some("decide") => "decide",
        Some("expand") => "expand",
        _ if needs_human => "human",
        _ => "work",
    };
    let mut is_fine = true;
    let mut refuse = |hop: &mut Reader<'_, '_, '_, '_>, key: &str, message: &str, hint: &str| {
        if hop.node.get(key).is_some() {
            hop.wrong(key, message, hint);
            is_fine = false;
        }
    };
    for block in ["decide", "expand"].into_iter().filter(|it| *it != kind) {
        let hint = format!("write `kind: {block}`, or take it out");
        refuse(hop, block, "is of another kind of hop", &hint);
    }
    let foreign: &[&str] = match kind {
        "human" => &OF_RUNS,
        "work" => &[],
        _ => &OF_DOERS,
    };
    for key in foreign {
        let message = format!("has no effect on a hop of kind `{kind}`");
        refuse(hop, key, &message, "take it out");
    }
    if needs_human && written.as_deref() == Some("work") {
        refuse(
            hop,
            "requireHuman",
            "contradicts `kind: work`",
            "take out one of them",
        );
    } else if needs_human && kind == "human" && hop.node.get("role").is_none() {
        let hint = "write `role`, which says who the person is, or `kind: human`";
        refuse(hop, "requireHuman", "is of a hop without a role", hint);
    }
    (kind, is_fine)
}
