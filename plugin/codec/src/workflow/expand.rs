//! Hops that expand, and the plans that they expand into.
//!
//! Never creates anything. Invariant: a plan that comes out is within its bounds, and nothing in it
//! waits for itself.

use aof_core::id::HopId;
use aof_core::priority::Priority;
use aof_core::workflow::expand::{Child, DEPTH_MAX, ENTRIES_MAX, Excess, Plan, WIDTH_MAX, order};
use aof_core::workflow::graph::HOP_REJECTIONS_MAX;
use aof_core::workflow::{Bounds, Duty, Edge, Expand, Graph, Hop, Join, Kind, Strategy};
use serde_json::Value;

use super::definition::{CODES, HOP, Reader};
use super::entries::{Entries, id_of};
use crate::check::check_under;
use crate::document::Parsed;
use crate::finding::{Findings, LIMIT};
use crate::schema::Shape::{Choice, Integer, List, Map, Text};
use crate::schema::{Schema, closed, optional, required};
use crate::yaml::{Mark, Node};

/// The keys of `expand`.
pub(super) const EXPAND: Schema = closed(&[
    optional("from", Text).about("hop whose result has the plan, where it depends on several"),
    optional("into", Choice(&["hops", "tasks"])).about("what becomes of it; hops unless given"),
    optional("maxCount", Integer(1, ENTRIES_MAX as u64)).about("entries; 20 unless given"),
    optional("maxWidth", Integer(1, WIDTH_MAX as u64))
        .about("entries at work at the same time; 10 unless given"),
    optional("maxDepth", Integer(1, DEPTH_MAX as u64))
        .about("plans that come one from another; 3 unless given"),
]);

/// A task of a plan.
const CHILD: Schema = closed(&[
    required("id", Text),
    required("title", Text),
    optional("description", Text),
    optional("routing", Map(&ROUTING)),
    optional("dependsOn", List(&Text)),
    optional(
        "priority",
        Choice(&["critical", "high", "normal", "medium", "low"]),
    ),
]);
const ROUTING: Schema = closed(&[
    optional("role", Text),
    optional("agent", Text),
    optional("team", Text),
]);

/// The field of a payload that has the plan.
const PLAN: &str = "plan";
/// What it is called.
const LIST: &str = "payload.plan";

/// Reads what a hop makes of a plan that has these edges.
pub(super) fn expands(hop: &mut Reader<'_, '_, '_, '_>, edges: &[Edge]) -> Option<Expand> {
    let start = hop.node.get("expand").map_or(hop.node.start, |it| it.start);
    let named = hop.node.at(&["expand", "from"]);
    let only = match edges {
        [only] => Some(only.from),
        _ => None,
    };
    let from = match named.and_then(|node| Some((node.text()?, node))) {
        Some(named) => Some(hop.position(format_args!("expand.from"), named)?),
        None => only,
    };
    let is_before = |from: &usize| edges.iter().any(|edge| edge.from == *from);
    let Some(from) = from.filter(is_before) else {
        let message = format!(
            "`{}` names no hop that it depends on",
            hop.at("expand.from")
        );
        let hint = "name the hop whose result has the plan, in `dependsOn` and in `from`";
        hop.findings.error(CODES.value, start, message, hint);
        return None;
    };
    let text = |key| hop.node.at(&["expand", key])?.text();
    let number = |key, usual| {
        let number = hop.node.at(&["expand", key]).and_then(Node::integer);
        number.map_or(Some(usual), |number| usize::try_from(number).ok())
    };
    Some(Expand {
        from,
        into_tasks: text("into") == Some("tasks"),
        bounds: Bounds {
            count: number("maxCount", Bounds::USUAL.count)?,
            width: number("maxWidth", Bounds::USUAL.width)?,
            depth: number("maxDepth", Bounds::USUAL.depth)?,
        },
    })
}

/// Reads the plan in the payload of a result, for the hop at a position, which expands; `depth` is
/// how many plans the task of the workflow comes from itself.
///
/// # Errors
/// Everything that is wrong with it, at most [`crate::FINDINGS_MAX`] of it; `name` is what the
/// result is called. Nothing of a plan is taken unless all of it can be.
pub fn parse_plan(
    name: &str,
    payload: Option<&Value>,
    (graph, at): (&Graph, usize),
    depth: usize,
) -> Parsed<Plan> {
    let mut findings = Findings::new(name, &CODES);
    let read = plan(payload, (graph, at), depth, &mut findings);
    findings.conclude(read)
}

fn plan(
    payload: Option<&Value>,
    (graph, at): (&Graph, usize),
    depth: usize,
    findings: &mut Findings<'_>,
) -> Option<Plan> {
    let hop = graph.hop(at)?;
    let Kind::Expand(expand) = hop.kind else {
        let message = format!("the hop `{}` does not expand", hop.id);
        findings.error(CODES.value, Mark::NOWHERE, message, "write `kind: expand`");
        return None;
    };
    let root = payload.and_then(|payload| payload.get(PLAN));
    let Some(root) = root.map(Node::from_value).filter(|it| !it.is_null()) else {
        let message = format!("`{LIST}` is missing");
        let hint = "hand on a list of what is to be done; it may be empty";
        findings.error(CODES.missing, Mark::NOWHERE, message, hint);
        return None;
    };
    if !matches!(root.kind, crate::yaml::Kind::List(_)) {
        findings.bad_value(
            LIST,
            &root,
            "a list",
            "write one entry for each hop or task",
        );
        return None;
    }
    let (schema, known) = match expand.into_tasks {
        true => (&CHILD, &[][..]),
        false => (&HOP, graph.hops()),
    };
    for (at, node) in root.items().iter().enumerate() {
        check_under(node, &format!("{LIST}[{at}]"), schema, findings);
    }
    let known_names = known.iter().map(|hop| Some(hop.id.as_str()));
    let names: Vec<Option<&str>> = known_names.chain(root.items().iter().map(id_of)).collect();
    let entries = Entries {
        nodes: root.items(),
        names: &names,
        list: LIST,
        start: Mark::NOWHERE,
        first: known.len(),
    };
    let depth = depth + hop.generation + 1;
    match expand.into_tasks {
        true => tasks(&entries, (expand.bounds, depth), findings).map(Plan::Tasks),
        false => {
            let hops = entries.hops(findings)?;
            let all: Vec<&Hop> = hops.iter().collect();
            ordered(&all, &entries, (expand.bounds, depth), findings);
            let grown = graph.extend(at, hops);
            let grown =
                grown.map_err(|flaws| flaws.iter().for_each(|it| entries.tell(it, findings)));
            grown.ok().map(Box::new).map(Plan::Hops)
        }
    }
}

/// The order of entries, or what is too much of them.
fn ordered(
    all: &[&Hop],
    entries: &Entries<'_, '_>,
    (bounds, depth): (Bounds, usize),
    findings: &mut Findings<'_>,
) -> Option<Vec<usize>> {
    match order(all, (entries.first, depth), bounds) {
        Ok(order) => Some(order),
        Err(excess) => {
            for excess in excess {
                let (what, is, most) = match excess {
                    Excess::Count(is, most) => ("entries", is, most),
                    Excess::Width(is, most) => ("entries at the same time", is, most),
                    Excess::Depth(is, most) => ("plans that come one from another", is, most),
                };
                let message = format!("`{LIST}` leads to {is} {what}, over {most}");
                let hint = "plan less, or let the hop allow more";
                findings.error(LIMIT, Mark::NOWHERE, message, hint);
            }
            None
        }
    }
}

fn tasks(
    entries: &Entries<'_, '_>,
    limits: (Bounds, usize),
    findings: &mut Findings<'_>,
) -> Option<Vec<Child>> {
    let mut children: Vec<Child> = Vec::new();
    for (at, node) in entries.nodes.iter().enumerate() {
        let mut reader = Reader {
            node,
            path: format!("{LIST}[{at}]"),
            names: entries.names,
            place: entries.first + at,
            findings,
        };
        children.extend(child(&mut reader));
    }
    if children.len() < entries.nodes.len() {
        return None;
    }
    let all: Vec<&Hop> = children.iter().map(|child| &child.hop).collect();
    let order = ordered(&all, entries, limits, findings);
    if !children.is_empty()
        && let Err(flaws) = Graph::new(all.into_iter().cloned().collect())
    {
        flaws.iter().for_each(|flaw| entries.tell(flaw, findings));
    }
    let order = order.filter(|order| order.len() == children.len())?;
    let place = |at: usize| order.iter().position(|it| *it == at).unwrap_or(at);
    for edge in children.iter_mut().flat_map(|it| &mut it.hop.edges) {
        edge.from = place(edge.from);
    }
    let mut left: Vec<Option<Child>> = children.into_iter().map(Some).collect();
    let sorted = order.iter().filter_map(|at| left.get_mut(*at)?.take());
    Some(sorted.collect())
}

fn child(reader: &mut Reader<'_, '_, '_, '_>) -> Option<Child> {
    let id = reader.name("id", HopId::parse);
    let edges = reader.edges();
    let doer = match reader.under("routing") {
        Some(mut routing) => routing.doer()?,
        None => None,
    };
    let priority = reader.text("priority").as_deref().and_then(Priority::parse);
    Some(Child {
        hop: Hop {
            id: id?,
            kind: Kind::Work,
            generation: 0,
            duty: Duty {
                doer,
                description: reader.text("description"),
                ..Duty::default()
            },
            edges: edges?,
            join: Join::All,
            condition: None,
            can_reject: false,
            strategy: Strategy::Origin,
            rejections_max: HOP_REJECTIONS_MAX,
        },
        title: reader.text("title")?,
        priority: priority.unwrap_or_default(),
    })
}
