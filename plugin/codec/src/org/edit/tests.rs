//! Setting values: what changes, and that nothing else does.

use super::*;

const CHART: &str = "\
# Who works here.
schemaVersion: 1
agents:
  # The first one.
  - id: ada   # a comment
    name: Ada
    capabilities: {tags: [rust], concurrency: 1}   # flow
  - {id: max, name: Max}

teams: []
routing:
metadata:
    deep:
        a: 1 # one
# The end.
";

fn set(path: &str, value: &str) -> String {
    set_in_chart(CHART, path, value).unwrap()
}

/// The lines that differ, old ones with `-`, new ones with `+`.
fn difference(path: &str, value: &str) -> String {
    let new = set(path, value);
    let (old, new): (Vec<&str>, Vec<&str>) = (CHART.lines().collect(), new.lines().collect());
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - same;
    let tail = old.iter().rev().zip(new.iter().rev());
    let tail = tail.take_while(|(a, b)| a == b).count().min(rest);
    let lines = |sign: char, lines: &[&str]| -> Vec<String> {
        let changed = &lines[same..lines.len() - tail];
        changed.iter().map(|line| format!("{sign}{line}")).collect()
    };
    [lines('-', &old), lines('+', &new)].concat().join("\n")
}

#[test]
fn one_value_changes_and_comments_stay() {
    for (path, value, expected) in [
        (
            "agents.ada.name",
            "Ada L.",
            "-    name: Ada\n+    name: Ada L.",
        ),
        (
            "agents.0.name",
            "'true'",
            "-    name: Ada\n+    name: \"true\"",
        ),
        (
            "agents.ada.id",
            "eve",
            "-  - id: ada   # a comment\n+  - id: eve   # a comment",
        ),
        (
            "agents.ada.capabilities.concurrency",
            "3",
            "-    capabilities: {tags: [rust], concurrency: 1}   # flow\n\
             +    capabilities: {tags: [rust], concurrency: 3}   # flow",
        ),
        (
            "agents.ada.capabilities.tags",
            "[a, 'b, c']",
            "-    capabilities: {tags: [rust], concurrency: 1}   # flow\n\
             +    capabilities: {tags: [a, \"b, c\"], concurrency: 1}   # flow",
        ),
        (
            "metadata.deep.a",
            "2",
            "-        a: 1 # one\n+        a: 2 # one",
        ),
        ("schemaVersion", "2", "-schemaVersion: 1\n+schemaVersion: 2"),
    ] {
        assert_eq!(difference(path, value), expected, "{path}");
    }
}

#[test]
fn what_is_missing_is_made() {
    for (path, value, expected) in [
        (
            "agents.max.team",
            "core",
            "-  - {id: max, name: Max}\n+  - {id: max, name: Max, team: core}",
        ),
        (
            "agents.ada.comms.preferred",
            "cli",
            "+    comms:\n+      preferred: cli",
        ),
        (
            "agents.ada.capabilities.tags.1",
            "wasm",
            "-    capabilities: {tags: [rust], concurrency: 1}   # flow\n\
             +    capabilities: {tags: [rust, wasm], concurrency: 1}   # flow",
        ),
        ("agents.eve.name", "Eve", "+  - id: eve\n+    name: Eve"),
        (
            "teams.core.name",
            "Core",
            "-teams: []\n+teams: [{id: core, name: Core}]",
        ),
        (
            "routing",
            "[{targetAgent: ada}]",
            "-routing:\n+routing: [{targetAgent: ada}]",
        ),
        ("metadata.deep.b", "x", "+        b: x"),
        (
            "roles.builder.agents",
            "[ada]",
            "+roles:\n+  builder:\n+    agents:\n+      - ada",
        ),
        (
            "metadata",
            "null",
            "-metadata:\n-    deep:\n-        a: 1 # one\n+metadata: null # one",
        ),
    ] {
        assert_eq!(difference(path, value), expected, "{path}");
    }
}

#[test]
fn a_value_that_is_there_already_changes_nothing() {
    assert_eq!(set("agents.ada.name", "Ada"), CHART);
}

#[test]
fn what_leads_nowhere_is_refused() {
    for (path, value) in [
        ("", "1"),
        ("agents..name", "1"),
        ("agents.7.name", "x"),
        ("agents.eve", "x"),
        ("schemaVersion.deep", "1"),
        ("agents.ada.name", "a\nb"),
    ] {
        let refusal = set_in_chart(CHART, path, value).unwrap_err();
        assert_eq!(refusal.code, "AOF-1117", "{path}");
    }
    assert!(set_in_chart("- [", "a", "1").is_err());
}

#[test]
fn a_path_has_up_to_16_steps() {
    let path = |steps: usize| format!("metadata.{}", vec!["x"; steps - 1].join("."));
    assert!(set_in_chart(CHART, &path(16), "1").is_ok());
    assert!(set_in_chart(CHART, &path(17), "1").is_err());
}

#[test]
fn line_ends_and_a_missing_last_one_are_kept() {
    let windows = CHART.replace('\n', "\r\n");
    let edited = set_in_chart(&windows, "agents.ada.active", "false").unwrap();
    assert_eq!(edited.matches('\n').count(), edited.matches("\r\n").count());
    let short = set_in_chart("schemaVersion: 1\nagents: []", "template", "t").unwrap();
    assert_eq!(short, "schemaVersion: 1\nagents: []\ntemplate: t");
}
