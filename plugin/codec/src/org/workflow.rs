//! Roles that the workflows of a project ask for, looked up in the chart.
//!
//! Never judges a workflow otherwise, nor a manifest: what has another shape asks for no role.

use aof_core::diagnostic::Diagnostic;
use aof_core::org::OrgChart;
use aof_core::org::lint::LintRule;
use aof_core::suggest;

use crate::document::tree;
use crate::finding::{Findings, excerpt};
use crate::yaml::Node;

use super::form::{CODES, CONTRADICTION};
use super::lint::{CHART_FINDINGS_MAX, ChartFinding};

/// Where a manifest keeps its workflows: one of its own, and templates by name.
const ONE: &str = "workflow";
const TEMPLATES: &str = "workflowTemplates";

/// Whom the workflows of a manifest name and the chart does not have. As a role, an agent will do.
#[must_use]
pub fn lint_workflow_roles(chart: &OrgChart, path: &str, bytes: &[u8]) -> Vec<ChartFinding> {
    let mut findings = Findings::new(path, &CODES);
    let Some(root) = tree(bytes, &mut findings) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    if let Some(workflow) = root.get(ONE) {
        steps(chart, (path, ONE), workflow, &mut found);
    }
    let templates = root.get(TEMPLATES).map(Node::entries).unwrap_or_default();
    for template in templates {
        let field = format!("{TEMPLATES}.{}", excerpt(&template.key));
        steps(chart, (path, &field), &template.value, &mut found);
    }
    found.truncate(CHART_FINDINGS_MAX);
    found
}

/// The same of the hops of one workflow.
pub(crate) fn strangers(chart: &OrgChart, path: &str, workflow: &Node<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    // A store without a chart knows nobody.
    if !(chart.agents.is_empty() && chart.roles.is_empty()) {
        steps(chart, (path, ""), workflow, &mut found);
    }
    found.into_iter().map(|it| it.diagnostic).collect()
}

fn steps(
    chart: &OrgChart,
    (path, workflow): (&str, &str),
    node: &Node<'_>,
    found: &mut Vec<ChartFinding>,
) {
    for list in ["hops", "gates"] {
        let items = node.get(list).map(Node::items).unwrap_or_default();
        for (at, step) in items.iter().enumerate() {
            for key in ["role", "escalateTo", "agent", "team"] {
                let Some((name, node)) = step.get(key).and_then(|it| Some((it.text()?, it))) else {
                    continue;
                };
                let what = if key == "escalateTo" { "role" } else { key };
                if !is_known(chart, what, name) && found.len() < CHART_FINDINGS_MAX {
                    let dot = if workflow.is_empty() { "" } else { "." };
                    let field = format!("{workflow}{dot}{list}[{at}].{key}");
                    found.push(unknown(chart, (path, field), (what, name, node)));
                }
            }
        }
    }
}

/// As in routing, an agent's id counts as a role.
fn is_known(chart: &OrgChart, what: &str, name: &str) -> bool {
    match what {
        "team" => chart.teams.named(name).is_some(),
        "role" if chart.roles.keys().any(|known| known.as_str() == name) => true,
        _ => chart.agents.named(name).is_some(),
    }
}

fn unknown(
    chart: &OrgChart,
    (path, field): (&str, String),
    (what, name, node): (&str, &str, &Node<'_>),
) -> ChartFinding {
    let rule = LintRule::WorkflowRoleDefined;
    let roles = chart.roles.keys().map(|known| known.as_str());
    let near = suggest::nearest(name, roles).filter(|_| what == "role");
    let hint = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("declare it under `{what}s` of the org chart, or correct the name"),
    };
    ChartFinding {
        rule: rule.name(),
        field,
        diagnostic: Diagnostic {
            code: CONTRADICTION,
            level: rule.level(),
            path: path.to_owned(),
            line: node.start.line,
            column: node.start.column,
            message: format!(
                "the workflow asks for the {what} `{}`, which the chart does not have",
                excerpt(name)
            ),
            hint,
        },
    }
}

#[cfg(test)]
mod tests {
    use aof_core::diagnostic::Level;

    use super::super::parse_org_chart;
    use super::*;

    fn found(manifest: &str) -> Vec<String> {
        let chart = "schemaVersion: 1\nagents: [{id: ada, name: A}]\nroles: {builder: {agents: \
                     [ada]}}\n";
        let (chart, _) = parse_org_chart("c", chart.as_bytes()).unwrap();
        let found = lint_workflow_roles(&chart, "p/project.yaml", manifest.as_bytes());
        let shown = |it: &ChartFinding| {
            assert_eq!(it.diagnostic.level, Level::Error);
            let (place, hint) = (it.diagnostic.location(), &it.diagnostic.hint);
            format!("{} {} {place} {hint}", it.rule, it.field)
        };
        found.iter().map(shown).collect()
    }

    #[test]
    fn roles_of_workflows_are_looked_up() {
        let manifest = "id: p\nworkflow:\n  gates: [{role: bilder}, {role: builder}]\n\
                        workflowTemplates:\n  ship:\n    hops:\n      - {id: a, role: ada}\n      \
                        - {id: b, role: builder, escalateTo: boss}\n";
        assert_eq!(
            found(manifest),
            [
                "workflow-role-defined workflow.gates[0].role p/project.yaml:3:18 did you mean \
                 `builder`?",
                "workflow-role-defined workflowTemplates.ship.hops[1].escalateTo \
                 p/project.yaml:8:44 declare it under `roles` of the org chart, or correct the \
                 name",
            ]
        );
    }

    #[test]
    fn what_is_no_workflow_asks_for_nobody() {
        for manifest in [
            "",
            "- {",
            "id: p",
            "workflow: 3",
            "workflow: {hops: {role: x}}",
        ] {
            assert_eq!(found(manifest), [""; 0], "{manifest}");
        }
    }
}
