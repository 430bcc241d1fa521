//! The fields of the frontmatter that a card decides, in the order in which they are written.
//!
//! Invariant: every field of [`Card`] that is not the body, derived, or never changed by a verb is
//! here exactly once.

use aof_core::budget::Budget;
use aof_core::card::{Card, Routing};
use aof_core::dependency::DependencyPolicy;
use aof_core::lease::Lease;
use aof_core::sla::{CardSla, Limits};

use crate::sla::CARD_LIMITS;
use crate::yaml::{Entry, Node, Out, quote};

use super::flow;

/// A field that a card decides.
pub(crate) struct Owned {
    /// Its key.
    pub key: &'static str,
    /// Whether two cards agree in it.
    pub is_same: fn(&Card, &Card) -> bool,
    /// How it is written; nothing if it is absent.
    pub write: for<'a> fn(&'a Card, &'a Before<'a>) -> Option<Out<'a>>,
}

/// What stood in the file before.
pub(crate) struct Before<'a> {
    /// The value of the same key.
    pub node: Option<&'a Node<'a>>,
    /// The card as it was.
    pub card: Option<&'a Card>,
}

impl Before<'_> {
    /// A file that did not exist.
    pub(crate) const NOTHING: Before<'static> = Before {
        node: None,
        card: None,
    };
}

macro_rules! owned {
    ($key:literal, $field:ident, |$card:ident, $before:ident| $write:expr) => {
        Owned {
            key: $key,
            is_same: |left, right| left.$field == right.$field,
            write: |$card, $before| $write,
        }
    };
}

/// All of them. The order is that of the schema.
pub(crate) const OWNED: [Owned; 22] = [
    owned!("schemaVersion", schema_version, |card, _b| Some(Out::bare(
        card.schema_version
    ))),
    owned!("id", id, |card, _b| Some(Out::text(card.id.as_str()))),
    owned!("project", project, |card, _b| card
        .project
        .as_ref()
        .map(|id| Out::text(id.as_str()))),
    owned!("title", title, |card, _b| Some(Out::text(&card.title))),
    owned!("status", status, |card, _b| Some(Out::bare(card.status))),
    owned!("priority", priority, |card, _b| Some(Out::bare(
        card.priority
    ))),
    owned!("routing", routing, |card, before| Some(routing(
        &card.routing,
        before
    ))),
    owned!("sla", sla, |card, before| sla(&card.sla, before)),
    owned!("budget", budget, |card, before| budget(
        card.budget.as_ref(),
        before
    )),
    owned!("lease", lease, |card, before| card
        .lease
        .as_ref()
        .map(|lease| claim(lease, before))),
    owned!("createdAt", created_at, |card, _b| Some(Out::bare(
        card.created_at
    ))),
    owned!("updatedAt", updated_at, |card, _b| Some(Out::bare(
        card.updated_at
    ))),
    owned!("lastTransitionAt", last_transition_at, |card, _b| {
        Some(Out::bare(card.last_transition_at))
    }),
    owned!("createdBy", created_by, |card, _b| Some(Out::text(
        &card.created_by
    ))),
    owned!("parentId", parent_id, |card, _b| {
        card.parent_id.as_ref().map(|id| Out::text(id.as_str()))
    }),
    owned!("dependsOn", depends_on, |card, _b| {
        Some(Out::List(
            card.depends_on
                .iter()
                .map(|id| Out::text(id.as_str()))
                .collect(),
        ))
    }),
    owned!("dependencyPolicy", dependency_policy, |card, before| {
        let policy = card.dependency_policy;
        let is_worth_it = policy != DependencyPolicy::default() || before.node.is_some();
        is_worth_it.then(|| Out::bare(policy.as_str()))
    }),
    owned!("contentHash", content_hash, |card, _b| card
        .content_hash
        .as_deref()
        .map(Out::text)),
    owned!("metadata", metadata, |card, before| Some(metadata(
        card, before
    ))),
    owned!("resource", resource, |card, _b| card
        .resource
        .as_deref()
        .map(Out::text)),
    owned!("workflow", workflow, |card, before| card
        .workflow
        .as_deref()
        .map(|workflow| flow::carried(workflow, before))),
    owned!("hop", hop, |card, before| card
        .hop
        .as_deref()
        .map(|hop| flow::of_another(hop, before))),
];

/// The last one: ours, written only once it counts something.
pub(crate) const REVISION: Owned = owned!("revision", revision, |card, before| {
    let is_worth_it = card.revision > 0 || before.node.is_some();
    is_worth_it.then(|| Out::bare(card.revision))
});

/// All owned fields in order.
pub(crate) fn owned() -> impl Iterator<Item = &'static Owned> {
    OWNED.iter().chain(std::iter::once(&REVISION))
}

fn routing<'a>(routing: &'a Routing, before: &'a Before<'a>) -> Out<'a> {
    let names = [
        (
            "role",
            routing.role.as_ref().map(|id| Out::text(id.as_str())),
        ),
        (
            "team",
            routing.team.as_ref().map(|id| Out::text(id.as_str())),
        ),
        (
            "agent",
            routing.agent.as_ref().map(|id| Out::text(id.as_str())),
        ),
        (
            "tags",
            Some(Out::List(
                routing.tags.iter().map(|tag| Out::text(tag)).collect(),
            )),
        ),
    ];
    with_unknown(Vec::from(names), before)
}

/// No verb changes it: what a person wrote stays, and a new card gets what its hop says.
fn sla<'a>(sla: &'a CardSla, before: &'a Before<'a>) -> Option<Out<'a>> {
    let Limits {
        queue_ms,
        in_progress_ms,
        review_ms,
        blocked_ms,
    } = sla.limits;
    let limits = [in_progress_ms, queue_ms, review_ms, blocked_ms];
    let limits = CARD_LIMITS.into_iter().zip(limits);
    let policy = sla.on_violation.map(|policy| Out::bare(policy.as_str()));
    let set = limits.filter_map(|(key, limit)| Some((key.into(), Out::bare(limit?))));
    let set: Vec<_> = set
        .chain(policy.map(|policy| ("onViolation".into(), policy)))
        .collect();
    let own = (!set.is_empty()).then_some(Out::Map(set));
    before.node.map(Out::node).or(own)
}

/// The same of how much all runs may use.
fn budget<'a>(budget: Option<&'a Budget>, before: &'a Before<'a>) -> Option<Out<'a>> {
    let own = budget.map(|budget| {
        let limits = [
            ("tokensMax", budget.tokens_max),
            ("costMicrosMax", budget.cost_micros_max),
            ("alertAtPercent", Some(budget.alert_at_percent.into())),
        ];
        let limits = limits.into_iter();
        let set = limits.filter_map(|(key, limit)| Some((key.into(), Out::bare(limit?))));
        Out::Map(set.collect())
    });
    before.node.map(Out::node).or(own)
}

fn claim<'a>(lease: &'a Lease, before: &'a Before<'a>) -> Out<'a> {
    let fields = [
        ("agent", Some(Out::text(lease.agent.as_str()))),
        ("acquiredAt", Some(Out::bare(lease.acquired_at))),
        ("expiresAt", Some(Out::bare(lease.expires_at))),
        ("renewCount", Some(Out::bare(lease.renew_count))),
        ("run", lease.run.as_ref().map(|id| Out::text(id.as_str()))),
        ("attempt", Some(Out::bare(lease.attempt))),
    ];
    with_unknown(Vec::from(fields), before)
}

/// The fields that are set, followed by those of the file that we do not know.
pub(super) fn with_unknown<'a>(
    fields: Vec<(&'static str, Option<Out<'a>>)>,
    before: &'a Before<'a>,
) -> Out<'a> {
    beside(fields, before.node)
}

/// The fields that are set, and whatever else stood in this node.
pub(super) fn beside<'a>(
    fields: Vec<(&'static str, Option<Out<'a>>)>,
    before: Option<&'a Node<'a>>,
) -> Out<'a> {
    let is_known = |entry: &Entry<'_>| fields.iter().any(|(key, _)| *key == entry.key);
    let entries = before.map(Node::entries).unwrap_or_default();
    let kept: Vec<_> = entries
        .iter()
        .filter(|entry| !is_known(entry))
        .map(|entry| (Out::key(entry), Out::node(&entry.value)))
        .collect();
    let set = fields
        .into_iter()
        .filter_map(|(key, out)| out.map(|out| (key.into(), out)));
    Out::Map(set.chain(kept).collect())
}

/// Entries that stay keep their order and way of writing; new ones follow.
fn metadata<'a>(card: &'a Card, before: &'a Before<'a>) -> Out<'a> {
    let old = before.node.map(Node::entries).unwrap_or_default();
    let is_same = |key: &str| {
        before
            .card
            .is_some_and(|before| before.metadata.get(key) == card.metadata.get(key))
    };
    let stay = old.iter().filter_map(|entry| {
        let value = card.metadata.get(entry.key.as_ref())?;
        let out = if is_same(&entry.key) {
            Out::node(&entry.value)
        } else {
            Out::value(value)
        };
        Some((Out::key(entry), out))
    });
    let is_new = |key: &str| {
        before
            .card
            .is_none_or(|card| !card.metadata.contains_key(key))
    };
    let new = card.metadata.iter().filter(|(key, _)| is_new(key));
    Out::Map(
        stay.chain(new.map(|(key, value)| (quote(key), Out::value(value))))
            .collect(),
    )
}
