//! What a workflow has become by the plans that were carried out, entry by entry.
//!
//! Never judges a plan. Invariant: plans count in the order in which they were carried out.

use std::collections::BTreeSet;

use aof_core::workflow::{HopRecord, State};
use serde_json::{Value, json};

use super::{edges, from};

/// The hop whose result has the plan of one that expands.
pub(super) fn source(hop: &Value) -> &str {
    let named = hop["expand"]["from"].as_str();
    named.unwrap_or_else(|| edges(hop).next().map_or("", from))
}

/// The plan that a hop came to.
pub(super) fn of(record: &HopRecord) -> Option<&Vec<Value>> {
    let is_done = matches!(record.standing.state, State::Complete(_));
    let result = record.result.as_ref().filter(|_| is_done)?;
    result.get("payload")?.get("plan")?.as_array()
}

/// Whether a hop becomes tasks.
pub(super) fn is_of_tasks(hop: &Value) -> bool {
    hop["expand"]["into"] == "tasks"
}

/// The hops as they were written, and after them those of plans.
pub(super) fn grown<'r>(
    written: &[Value],
    record: impl Fn(&str) -> Option<&'r HopRecord>,
) -> Vec<Value> {
    let mut hops = written.to_vec();
    let mut known = BTreeSet::new();
    loop {
        let due = hops.iter().filter_map(|hop| {
            let name = hop["id"].as_str()?;
            let own = record(name)?;
            let is_one = hop["kind"] == "expand" && !is_of_tasks(hop) && !known.contains(name);
            // What somebody did, or what has a result, was of another kind when it was done.
            let is_expanded = matches!(own.standing.state, State::Complete(_))
                && own.task.is_none()
                && own.result.is_none();
            (is_one && is_expanded).then(|| (own.completed_at, name.to_owned()))
        });
        // Of two at the same time the one that stands first.
        let due: Vec<_> = due.collect();
        let first = due.iter().map(|(at, _)| at).min();
        let Some((_, name)) = due.iter().find(|(at, _)| Some(at) == first) else {
            return hops;
        };
        known.insert(name.clone());
        let hop = hops.iter().find(|hop| hop["id"] == name.as_str());
        let plan = hop.and_then(|hop| of(record(source(hop))?));
        let plan = plan.cloned().unwrap_or_default();
        add(&mut hops, name, plan);
    }
}

/// Puts the hops of a plan behind the one that made it.
fn add(hops: &mut Vec<Value>, maker: &str, plan: Vec<Value>) {
    let name = |hop: &Value| hop["id"].as_str().unwrap_or_default().to_owned();
    let new: BTreeSet<String> = plan.iter().map(name).collect();
    let needs = |hop: &Value, it: &dyn Fn(&str) -> bool| edges(hop).any(|edge| it(from(edge)));
    let is_last = |id: &str| !plan.iter().any(|hop| needs(hop, &|from| from == id));
    let last: Vec<String> = plan.iter().map(name).filter(|id| is_last(id)).collect();
    for hop in hops.iter_mut() {
        let on_maker = edges(hop).find(|edge| from(edge) == maker).cloned();
        let Some(edge) = on_maker else { continue };
        let on = edge["on"].as_array();
        if on.is_some_and(|on| !on.iter().any(|word| word == "success")) {
            continue;
        }
        let more = last.iter().map(|id| match edge.get("when") {
            Some(when) => json!({"hop": id, "added": true, "when": when}),
            None => json!({"hop": id, "added": true}),
        });
        if let Some(all) = hop["dependsOn"].as_array_mut() {
            all.extend(more);
        }
    }
    for mut hop in plan {
        if !needs(&hop, &|from| new.contains(from) || from == maker) {
            match hop["dependsOn"].as_array_mut() {
                Some(all) => all.push(json!(maker)),
                None => hop["dependsOn"] = json!([maker]),
            }
        }
        hops.push(hop);
    }
}
