//! How a hop decides.
//!
//! Never decides. Invariant: whatever is written has an effect on the rule that it stands beside.

use aof_core::id::HopId;
use aof_core::workflow::Edge;
use aof_core::workflow::condition::Comparison;
use aof_core::workflow::decide::{
    Aggregate, Decide, Merge, MergeRule, OPTIONS_MAX, Rule, Threshold, WEIGHT_MAX,
};
use aof_core::workflow::decimal::Decimal;
use aof_core::workflow::graph::{FAILED, HOPS_MAX};

use super::condition::comparison;
use super::definition::Reader;
use crate::finding::{LIMIT, excerpt};
use crate::schema::Shape::{Boolean, Choice, Integer, List, Map, Table, Text};
use crate::schema::{Schema, closed, optional, required};
use crate::yaml::Node;

const CONSENSUS: [&str; 5] = [
    "majority",
    "unanimous",
    "weighted",
    "first_wins",
    "human_review",
];

/// The keys of `decide`.
pub(super) const DECIDE: Schema = closed(&[
    optional("consensus", Choice(&CONSENSUS)).about("how votes decide"),
    optional("options", List(&Text)).about("answers that count; each is an outcome of the hop"),
    optional("minVotes", Integer(1, HOPS_MAX as u64)).about("answers it needs; 1 unless given"),
    optional("allowPartial", Boolean).about("false: nothing is decided unless all answered"),
    optional("minConfidence", Text).about("how sure it has to be, from 0 to 1"),
    optional("weights", Table(&Text)).about("weights of votes other than 1, by hop"),
    optional("threshold", Map(&THRESHOLD)).about("a number that decides"),
    optional("merge", Map(&MERGE)).about("how payloads become one"),
]);

const THRESHOLD: Schema = closed(&[
    required("field", Text).about("where the number stands in the payload"),
    required("of", Choice(&["min", "max", "sum", "mean", "count"])).about("what several become"),
    required("op", Choice(&["gt", "gte", "lt", "lte", "eq", "neq"])).about("how it is compared"),
    required("value", Text).about("with what"),
]);

const MERGE: Schema = closed(&[
    required(
        "rule",
        Choice(&["concat", "union", "first", "last", "by_key"]),
    )
    .about("how"),
    optional("field", Text).about("the part of each payload; all of it unless given"),
    optional("key", Text).about("the field of an item; the name of the hop unless given"),
]);

/// Reads how a hop decides that has these edges.
pub(super) fn decides(hop: &mut Reader<'_, '_, '_, '_>, edges: &[Edge]) -> Option<Box<Decide>> {
    if edges.is_empty() {
        let hint = "name the hops whose results decide";
        hop.wrong("dependsOn", "is missing: nothing can decide", hint);
        return None;
    }
    if hop.node.get("decide").is_none() {
        let hint = "write `consensus`, `threshold` or `merge` below it";
        hop.wrong("decide", "is missing", hint);
        return None;
    }
    let mut reader = hop.under("decide")?;
    let rule = rule(&mut reader, edges)?;
    let has_options = is_of(&mut reader, "options", votes(&rule), "consensus");
    let is_bound = !matches!(rule, Rule::FirstWins | Rule::HumanReview);
    let bound = "majority, unanimous or weighted";
    let fits = [
        has_options,
        is_of(&mut reader, "minVotes", is_bound, bound),
        is_of(&mut reader, "allowPartial", is_bound, bound),
        is_of(
            &mut reader,
            "minConfidence",
            matches!(rule, Rule::Majority | Rule::Weighted { .. }),
            "majority or weighted",
        ),
        is_of(
            &mut reader,
            "weights",
            matches!(rule, Rule::Weighted { .. }),
            "weighted",
        ),
    ];
    let votes_min = reader.node.get("minVotes").and_then(Node::integer);
    let votes_min = votes_min.map_or(Some(1), |least| usize::try_from(least).ok())?;
    if votes_min > edges.len() {
        let message = format!("is more than the {} hops that it depends on", edges.len());
        reader.wrong("minVotes", &message, "ask for at most all of them");
        return None;
    }
    let partial = reader.node.get("allowPartial").and_then(Node::boolean);
    let confidence_min = match reader.node.get("minConfidence") {
        Some(_) => Some(number(&mut reader, "minConfidence", (0, 1))?),
        None => None,
    };
    let decide = Decide {
        options: options(&mut reader)?,
        merge: merge(&mut reader)?,
        rule,
        votes_min,
        allows_partial: partial != Some(false),
        confidence_min,
    };
    fits.into_iter().all(|fits| fits).then(|| Box::new(decide))
}

const fn votes(rule: &Rule) -> bool {
    !matches!(rule, Rule::Threshold(_) | Rule::Merge)
}

fn rule(reader: &mut Reader<'_, '_, '_, '_>, edges: &[Edge]) -> Option<Rule> {
    let consensus = reader.text("consensus");
    let threshold = reader.node.get("threshold").is_some();
    if consensus.is_some() && threshold {
        let hint = "write two hops, one after the other";
        reader.wrong("threshold", "stands beside `consensus`", hint);
        return None;
    }
    Some(match consensus.as_deref() {
        Some("majority") => Rule::Majority,
        Some("unanimous") => Rule::Unanimous,
        Some("first_wins") => Rule::FirstWins,
        Some("human_review") => Rule::HumanReview,
        Some("weighted") => Rule::Weighted {
            weights: weights(reader, edges)?,
        },
        // Anything else was reported by the check.
        Some(_) => return None,
        None if threshold => Rule::Threshold(self::threshold(&mut reader.under("threshold")?)?),
        None if reader.node.get("merge").is_some() => Rule::Merge,
        None => {
            let hint = "write `consensus`, `threshold` or `merge`";
            reader.wrong("consensus", "is missing: nothing decides", hint);
            return None;
        }
    })
}

/// Whether a field is not there, or stands beside a rule that it is of.
fn is_of(reader: &mut Reader<'_, '_, '_, '_>, key: &str, fits: bool, of: &str) -> bool {
    let is_fine = fits || reader.node.get(key).is_none();
    if !is_fine {
        reader.wrong(key, &format!("is only of {of}"), "take it out");
    }
    is_fine
}

/// A number within bounds.
fn number(
    reader: &mut Reader<'_, '_, '_, '_>,
    key: &str,
    (least, most): (u64, u64),
) -> Option<Decimal> {
    let text = reader.text(key)?;
    let bound = |bound: u64| Decimal::parse(&bound.to_string()).unwrap_or_default();
    let number = Decimal::parse(&text).filter(|it| (bound(least)..=bound(most)).contains(it));
    if number.is_none() {
        let message = format!("is `{}`, no number from {least} to {most}", excerpt(&text));
        let hint = "write it like 0.6, with up to six digits behind the point";
        reader.wrong(key, &message, hint);
    }
    number
}

fn weights(reader: &mut Reader<'_, '_, '_, '_>, edges: &[Edge]) -> Option<Vec<(usize, Decimal)>> {
    let Some(mut reader) = reader.under("weights") else {
        return Some(Vec::new());
    };
    let mut weights = Vec::new();
    let mut is_fine = true;
    for entry in reader.node.entries() {
        let name = entry.key.as_ref();
        let at = reader.position(format_args!("{}", excerpt(name)), (name, &entry.value));
        let weight = number(&mut reader, name, (0, WEIGHT_MAX));
        let is_before = |at: &usize| edges.iter().any(|edge| edge.from == *at);
        if at.is_some_and(|at| !is_before(&at)) {
            let hint = "weigh those that the hop depends on";
            reader.wrong(name, "weighs a hop that has no vote", hint);
        }
        match at.filter(is_before).zip(weight) {
            Some(weight) => weights.push(weight),
            None => is_fine = false,
        }
    }
    is_fine.then_some(weights)
}

fn options(reader: &mut Reader<'_, '_, '_, '_>) -> Option<Vec<String>> {
    let Some(list) = reader.node.get("options") else {
        return Some(Vec::new());
    };
    let items = list.items();
    if items.len() > OPTIONS_MAX {
        let message = format!("`{}` has over {OPTIONS_MAX} entries", reader.at("options"));
        reader
            .findings
            .error(LIMIT, list.start, message, "ask for less");
        return None;
    }
    let mut options: Vec<String> = Vec::new();
    for word in items.iter().filter_map(Node::text) {
        let lower = word.to_lowercase();
        let is_new = options.iter().all(|known| known.to_lowercase() != lower);
        if HopId::parse(word).is_err() || lower == FAILED || !is_new {
            let message = format!("has `{}`, which cannot be told apart", excerpt(word));
            let hint = format!("write words that differ not only in case, and none `{FAILED}`");
            reader.wrong("options", &message, &hint);
            return None;
        }
        options.push(word.to_owned());
    }
    if options.is_empty() {
        reader.wrong("options", "is empty: no answer would count", "write some");
        return None;
    }
    Some(options)
}

fn threshold(reader: &mut Reader<'_, '_, '_, '_>) -> Option<Threshold> {
    let of = match reader.text("of")?.as_str() {
        "min" => Aggregate::Min,
        "max" => Aggregate::Max,
        "sum" => Aggregate::Sum,
        "mean" => Aggregate::Mean,
        "count" => Aggregate::Count,
        _ => return None,
    };
    let comparison: Comparison = comparison(&reader.text("op")?)?;
    let text = reader.text("value")?;
    let value = Decimal::parse(&text);
    if value.is_none() {
        let message = format!("is `{}`, no number", excerpt(&text));
        let hint = "write up to 10^12, with up to six digits behind the point";
        reader.wrong("value", &message, hint);
    }
    Some(Threshold {
        field: path(reader, "field")??,
        of,
        comparison,
        value: value?,
    })
}

fn merge(reader: &mut Reader<'_, '_, '_, '_>) -> Option<Option<Merge>> {
    let Some(mut reader) = reader.under("merge") else {
        return Some(None);
    };
    let rule = match reader.text("rule")?.as_str() {
        "concat" => MergeRule::Concat,
        "union" => MergeRule::Union,
        "first" => MergeRule::First,
        "last" => MergeRule::Last,
        "by_key" => MergeRule::ByKey,
        _ => return None,
    };
    let is_keyed = is_of(&mut reader, "key", rule == MergeRule::ByKey, "by_key");
    let field = path(&mut reader, "field")?;
    let key = path(&mut reader, "key")?;
    is_keyed.then_some(Some(Merge { rule, field, key }))
}

/// Keys with points between them; none if the field is not there.
fn path(reader: &mut Reader<'_, '_, '_, '_>, key: &str) -> Option<Option<String>> {
    let Some(path) = reader.text(key) else {
        return Some(None);
    };
    let is_path = path.split('.').all(|part| !part.is_empty());
    if !is_path {
        let hint = "write keys of the payload with points between them, as review.score";
        reader.wrong(key, "is no path", hint);
    }
    is_path.then_some(Some(path))
}
