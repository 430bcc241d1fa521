//! The lint of org charts: every rule with the exact words, and the place, of what it finds.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail loudly"
)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use aof_codec::{
    CHART_FINDINGS_MAX, ChartReport, lint_org_chart, notification_rules_schema, org_chart_schema,
    parse_org_chart, workflow_schema,
};
use aof_core::diagnostic::Level;
use aof_core::org::lint::{LintRule, Nature};

const PATH: &str = "org/org-chart.yaml";

fn corpus() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus/charts")
}

fn chart(name: &str) -> Vec<u8> {
    std::fs::read(corpus().join(format!("{name}.yaml"))).unwrap()
}

fn lint(bytes: &[u8]) -> ChartReport {
    lint_org_chart(PATH, bytes, Level::Error)
}

fn shown(report: &ChartReport) -> String {
    let mut text = String::new();
    for finding in &report.findings {
        let found = &finding.diagnostic;
        let level = match found.level {
            Level::Error => "error",
            Level::Warning => "warning",
        };
        let (line, column) = (found.line, found.column);
        let (rule, field) = (finding.rule, &finding.field);
        let head = format!("{level} {} {line}:{column} [{rule}] {field}", found.code);
        writeln!(text, "{}", head.trim_end()).unwrap();
        writeln!(text, "    {}\n    {}", found.message, found.hint).unwrap();
    }
    text
}

fn names() -> Vec<String> {
    let entries = std::fs::read_dir(corpus()).unwrap();
    let mut names: Vec<String> = entries
        .filter_map(|entry| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            name.strip_suffix(".yaml").map(str::to_owned)
        })
        .collect();
    names.sort();
    names
}

#[test]
fn every_chart_is_judged_as_expected() {
    let is_accepting = std::env::var_os("AOF_ACCEPT").is_some();
    for name in names() {
        let report = lint(&chart(&name));
        assert_eq!(report.dropped, 0, "{name}");
        for finding in &report.findings {
            let found = &finding.diagnostic;
            assert!(found.line > 0 && found.column > 0, "{name}: {found}");
            assert!(
                !found.hint.is_empty() && found.message.len() < 400,
                "{name}"
            );
        }
        let beside = corpus().join(format!("{name}.expected"));
        if is_accepting {
            std::fs::write(&beside, shown(&report)).unwrap();
        }
        let expected = std::fs::read_to_string(&beside).unwrap_or_default();
        assert_eq!(shown(&report), expected, "{name}");
    }
}

/// Rows of the table in the handbook: names, level, nature.
fn documented() -> BTreeSet<(String, String, String)> {
    let page = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/org-chart.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, table) = page
        .split_once("| rule | level | nature | broken by |")
        .unwrap();
    let rows = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    let cells = rows.map(|row| row.split(" | ").collect::<Vec<_>>());
    cells
        .flat_map(|cells| {
            let names = cells[0].split('`').skip(1).step_by(2);
            let row = |name: &str| (name.to_owned(), cells[1].to_owned(), cells[2].to_owned());
            names.map(row).collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn the_handbook_lists_every_rule_with_its_level_and_nature() {
    let known = LintRule::ALL.iter().map(|rule| {
        let level = match rule.level() {
            Level::Error => "error",
            Level::Warning => "warning",
        };
        let nature = match rule.nature() {
            _ if *rule == LintRule::UnknownKey => "shape",
            Nature::Reference => "reference",
            Nature::Duplicate => "duplicate",
            Nature::Contradiction => "contradiction",
        };
        (rule.name().to_owned(), level.to_owned(), nature.to_owned())
    });
    assert_eq!(documented(), known.collect());
    assert_eq!(LintRule::ALL.len(), 48);
}

#[test]
fn every_rule_has_a_chart_that_breaks_it_alone() {
    for rule in LintRule::ALL {
        // It looks at projects, not at the chart alone.
        if *rule == LintRule::WorkflowRoleDefined {
            continue;
        }
        let report = lint(&chart(rule.name()));
        let of_format = ["no-effect"];
        let broken: BTreeSet<&str> = report.findings.iter().map(|it| it.rule).collect();
        let broken: Vec<&str> = broken
            .into_iter()
            .filter(|name| !of_format.contains(name))
            .collect();
        assert_eq!(broken, [rule.name()], "{rule}");
        let worst = report.findings.iter().find(|it| it.rule == rule.name());
        assert_eq!(
            worst.map(|it| it.diagnostic.level),
            Some(rule.level()),
            "{rule}"
        );
    }
}

#[test]
fn a_chart_is_used_unless_names_are_unknown_or_doubled() {
    for rule in LintRule::ALL {
        if *rule == LintRule::WorkflowRoleDefined {
            continue;
        }
        let bytes = chart(rule.name());
        let is_unusable = rule.nature() != Nature::Contradiction || *rule == LintRule::UnknownKey;
        let loaded = parse_org_chart(PATH, &bytes);
        assert_eq!(loaded.is_err(), is_unusable, "{rule}");
        assert_eq!(lint(&bytes).chart.is_none(), is_unusable, "{rule}");
        if let Ok((_, warnings)) = loaded {
            let is_told = warnings.iter().any(|warning| warning.code == "AOF-1115");
            assert_eq!(is_told, rule.level() == Level::Error, "{rule}");
        }
    }
}

#[test]
fn a_chart_that_uses_everything_has_no_finding_of_a_rule() {
    for name in ["clean", "rich"] {
        let report = lint(&chart(name));
        let broken: Vec<_> = report
            .findings
            .iter()
            .filter(|it| it.rule != "no-effect")
            .collect();
        assert!(broken.is_empty(), "{name}: {broken:#?}");
        assert!(report.chart.is_some(), "{name}");
    }
}

#[test]
fn unknown_keys_can_be_taken_lightly() {
    let report = lint_org_chart(PATH, &chart("unknown-key"), Level::Warning);
    assert_eq!(
        (report.count(Level::Error), report.count(Level::Warning)),
        (0, 2)
    );
    assert!(report.chart.is_some());
    assert!(report.findings.iter().all(|it| it.rule == "unknown-key"));
}

#[test]
fn what_has_a_wrong_shape_is_told_before_any_rule_is_looked_at() {
    let report = lint(b"schemaVersion: 1\nagents:\n  - {name: A, reportsTo: nobody}\n");
    insta::assert_snapshot!(shown(&report), @r"
    error AOF-1112 3:5 [schema]
        `agents.id` is missing
        add `id: …`
    ");
    insta::assert_snapshot!(shown(&lint(b"")), @r"
    error AOF-1110 0:0 [schema]
        there is nothing in the file
        write the required fields
    ");
}

fn with_unknown_reports(count: usize) -> String {
    let mut text =
        "schemaVersion: 1\nagents:\n- {id: boss, openclawAgentId: b, name: B}\n".to_owned();
    for at in 0..count {
        writeln!(
            text,
            "- {{id: a{at}, openclawAgentId: g{at}, name: A, reportsTo: bos}}"
        )
        .unwrap();
    }
    text
}

#[test]
fn a_flood_of_findings_is_cut_and_counted() {
    let report = lint(with_unknown_reports(CHART_FINDINGS_MAX).as_bytes());
    assert_eq!(
        (report.findings.len(), report.dropped),
        (CHART_FINDINGS_MAX, 0)
    );
    let report = lint(with_unknown_reports(CHART_FINDINGS_MAX + 1).as_bytes());
    assert_eq!(
        (report.findings.len(), report.dropped),
        (CHART_FINDINGS_MAX, 1)
    );
}

#[test]
fn names_are_guessed_for_the_first_findings_only() {
    let report = lint(with_unknown_reports(51).as_bytes());
    let hints: Vec<&str> = report
        .findings
        .iter()
        .map(|it| it.diagnostic.hint.as_str())
        .collect();
    assert_eq!(hints[49], "did you mean `boss`?");
    assert_eq!(hints[50], "declare it under `agents`, or correct the name");
}

#[test]
fn a_hostile_chart_neither_floods_nor_hangs() {
    let cold: String = (0..6_000).map(|_| "a,").collect();
    let warm: String = (0..1_000)
        .map(|at| {
            format!(
                "- {{id: w{at}, path: a/{at}, roles: [\"\\e[2J{}\"]}}\n",
                "x".repeat(300)
            )
        })
        .collect();
    let text = format!(
        "schemaVersion: 1\nagents: []\nmemoryPools:\n  cold: [{cold}]\n  warm:\n{}",
        warm.lines()
            .map(|line| format!("  {line}\n"))
            .collect::<String>()
    );
    let report = lint(text.as_bytes());
    assert_eq!(report.findings.len(), CHART_FINDINGS_MAX);
    assert!(report.dropped > 1_000);
    for finding in &report.findings {
        assert!(finding.diagnostic.message.len() < 400, "{finding:?}");
        assert!(!finding.diagnostic.message.contains('\u{1b}'));
        assert!(finding.field.len() < 400);
    }
}

#[test]
fn the_published_schemas_are_the_parsers() {
    for (file, schema) in [
        ("org-chart", org_chart_schema()),
        ("notification-rules", notification_rules_schema()),
        ("workflow", workflow_schema()),
    ] {
        let docs = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs");
        let published = docs.join(format!("{file}.schema.json"));
        let made = format!("{schema:#}\n");
        if std::env::var_os("AOF_ACCEPT").is_some() {
            std::fs::write(&published, &made).unwrap();
        }
        assert_eq!(std::fs::read_to_string(published).unwrap(), made);
    }
}

/// Every field of a schema with its path, and what is said about it.
fn fields(schema: &serde_json::Value, path: &str, found: &mut Vec<(String, String)>) {
    let under = |key: &str| schema.get(key).filter(|inner| inner.is_object());
    for (name, field) in under("properties")
        .and_then(|it| it.as_object())
        .into_iter()
        .flatten()
    {
        let about = field["description"].as_str().unwrap_or_default();
        let path = format!("{path}.{name}");
        found.push((path.clone(), about.to_owned()));
        fields(field, &path, found);
    }
    for inner in ["items", "additionalProperties"] {
        if let Some(inner) = under(inner) {
            fields(inner, path, found);
        }
    }
}

#[test]
fn every_field_of_the_schema_says_what_it_is() {
    let mut found = Vec::new();
    fields(&org_chart_schema(), "", &mut found);
    fields(&notification_rules_schema(), "", &mut found);
    fields(&workflow_schema(), "", &mut found);
    assert!(found.len() > 100, "{}", found.len());
    for (path, about) in found {
        assert!(!about.is_empty() && !about.starts_with(" ("), "{path}");
    }
}
