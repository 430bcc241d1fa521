//! Agents that could hand work on to others, if they might hand any on.

use super::super::{OrgChart, RelationshipKind};
use super::{Issue, LintRule, Place};
use crate::permission::may_delegate;

/// `delegates_to` only narrows what `canDelegate` or leading somebody allows: without either it is
/// for nothing. Told once for each agent.
pub(super) fn issues(chart: &OrgChart) -> Vec<Issue> {
    let mut found: Vec<Issue> = Vec::new();
    let mut told = Vec::new();
    for (at, it) in chart.relationships.iter().enumerate() {
        let is_one = it.is_active && it.kind == RelationshipKind::DelegatesTo;
        // An unknown agent is told as such.
        let is_known = chart.agent(&it.from).is_some();
        if !is_one || !is_known || told.contains(&&it.from) || may_delegate(&it.from, chart) {
            continue;
        }
        told.push(&it.from);
        let place = Place::top("relationships").item(at).key("type");
        let message = format!(
            "`{}` delegates to `{}` and may hand nothing on",
            it.from, it.to
        );
        let hint = "give it `canDelegate: true`, or remove the relationship";
        found.push(Issue::new(
            LintRule::DelegationNeedsCanDelegate,
            place,
            message,
            hint,
        ));
    }
    found
}
