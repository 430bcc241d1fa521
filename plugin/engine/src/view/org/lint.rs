//! What is wrong with a chart, as a document.

use aof_codec::{ChartFinding, ChartReport, lint_workflow_roles};
use aof_core::diagnostic::Level;
use aof_core::json::ToLine as _;
use aof_core::org::OrgChart;
use aof_core::org::lint::{LintRule, Nature};
use aof_core::refusal::Refusal;
use aof_store::loaded::CARD_BYTES_MAX;
use aof_store::port::{Blob, Store};
use aof_store::refusal::refusal_of;
use serde_json::{Value, json};

use crate::engine::Engine;

impl<S: Store> Engine<S> {
    /// The report with what the projects ask of the chart, and the text if it was edited.
    pub(super) fn lint(
        &mut self,
        path: &str,
        mut report: ChartReport,
        edited: Option<&str>,
    ) -> Result<String, Refusal> {
        if let Some(chart) = &report.chart {
            let asked = self.workflow_roles(chart)?;
            let errors = report.count(Level::Error);
            report.findings.splice(errors..errors, asked);
        }
        let findings: Vec<Value> = report.findings.iter().map(finding).collect();
        Ok(json!({"org": {"lint": {
            "path": path,
            "usable": report.chart.is_some(),
            "errors": report.count(Level::Error),
            "warnings": report.count(Level::Warning),
            "dropped": report.dropped,
            "template": report.chart.as_ref().and_then(|chart| chart.template.clone()),
            "counts": report.chart.as_ref().map(counts),
            "findings": findings,
            "text": edited,
        }}})
        .to_line())
    }

    fn workflow_roles(&mut self, chart: &OrgChart) -> Result<Vec<ChartFinding>, Refusal> {
        let (store, session) = self.fresh()?;
        let paths: Vec<String> = session.shelf.roots().map(|root| root.manifest()).collect();
        let blobs = store
            .read(&paths, CARD_BYTES_MAX)
            .map_err(|error| refusal_of(&error))?;
        let mut found = Vec::new();
        for (path, blob) in paths.iter().zip(blobs) {
            if let Blob::Content { bytes, .. } = blob {
                found.extend(lint_workflow_roles(chart, path, &bytes));
            }
        }
        found.truncate(aof_codec::CHART_FINDINGS_MAX);
        Ok(found)
    }
}

fn counts(chart: &OrgChart) -> Value {
    json!({
        "agents": chart.agents.len(),
        "teams": chart.teams.len(),
        "roles": chart.roles.len(),
        "routing": chart.routing.len(),
        "orgUnits": chart.units.len(),
        "groups": chart.groups.len(),
        "memberships": chart.memberships.len(),
        "relationships": chart.relationships.len(),
    })
}

fn finding(finding: &ChartFinding) -> Value {
    let found = &finding.diagnostic;
    json!({
        "rule": finding.rule,
        "nature": nature(finding.rule),
        "level": match found.level { Level::Error => "error", Level::Warning => "warning" },
        "code": found.code,
        "field": finding.field,
        "location": found.location(),
        "line": found.line,
        "column": found.column,
        "message": found.message,
        "hint": found.hint,
    })
}

/// What kind of mistake it is; what no rule of names finds is a matter of shape.
fn nature(rule: &str) -> &'static str {
    let known = LintRule::ALL.iter().find(|known| known.name() == rule);
    match known.filter(|known| **known != LintRule::UnknownKey) {
        Some(known) => match known.nature() {
            Nature::Reference => "reference",
            Nature::Duplicate => "duplicate",
            Nature::Contradiction => "contradiction",
        },
        None => "shape",
    }
}
