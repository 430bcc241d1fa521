//! One test per field: what every key that a file may have is proven by.
//!
//! The keys come from the tables that the parser itself uses, so that a new one without a row here
//! fails. Invariant: a field either has an effect, and a test that fails without it, or is kept for
//! people and other programs, or says that it is idle.

mod card;
mod chart;
mod manifest;
mod rules;
mod settings;
mod source;
mod workflow;

use std::collections::BTreeSet;
use std::process::Command;

use aof_codec::{
    card_schema, notification_rules_schema, org_chart_schema, parse_card, parse_notification_rules,
    parse_org_chart, parse_project, parse_settings, parse_workflow, project_schema,
    settings_schema, workflow_schema,
};
use aof_core::diagnostic::Diagnostic;
use serde_json::{Map, Value, json};

use crate::omit::VARIABLE;

/// What a field is proven by.
#[derive(Debug, Clone, Copy)]
enum Proof {
    /// This test writes the field into a file, and fails without it.
    By(&'static str),
    /// The same, with the place at which the field is written.
    Laid(&'static str, &'static str),
    /// This test fails without the field; why it cannot be taken out of a fixture.
    Apart(&'static str, &'static str),
    /// Nothing acts on it: it earns AOF-1190.
    Idle,
}

use Proof::{Apart, By, Idle, Laid};

type Row = (&'static str, Proof);

/// What came out of a file, shown, and the warnings; or why it is refused.
type Read = Result<(String, Vec<Diagnostic>), Vec<Diagnostic>>;

/// A kind of file.
struct Kind {
    /// As fixtures call it.
    name: &'static str,
    schema: Value,
    rows: &'static [Row],
    /// A file in which every name that a sample of this field uses is declared.
    ground: fn(&str) -> Value,
    read: fn(&str) -> Read,
}

fn kinds() -> [Kind; 6] {
    [
        Kind {
            name: "chart",
            schema: org_chart_schema(),
            rows: chart::ROWS,
            ground: |_| chart::ground(),
            read: |text| {
                let read = parse_org_chart("org/org-chart.yaml", text.as_bytes());
                read.map(|(chart, told)| (format!("{chart:?}"), told))
            },
        },
        Kind {
            name: "manifest",
            schema: project_schema(),
            rows: manifest::ROWS,
            ground: |_| manifest::ground(),
            read: |text| {
                let read = parse_project("projects/x/project.yaml", text.as_bytes());
                read.map(|(project, told)| (format!("{project:?}"), told))
            },
        },
        Kind {
            name: "settings",
            schema: settings_schema(),
            rows: settings::ROWS,
            ground: |_| {
                json!({
                    "executor": {"kind": "command"}, "budgets": [{"tokensMax": 5}],
                })
            },
            read: |text| {
                let read = parse_settings("aof.yaml", text.as_bytes(), None);
                read.map(|(settings, told)| (format!("{settings:?}"), told))
            },
        },
        Kind {
            name: "rules",
            schema: notification_rules_schema(),
            rows: rules::ROWS,
            ground: |_| rules::ground(),
            read: |text| {
                let read = parse_notification_rules("org/notification-rules.yaml", text.as_bytes());
                read.map(|(rules, told)| (format!("{rules:?}"), told))
            },
        },
        Kind {
            name: "card",
            schema: card_schema(),
            rows: card::ROWS,
            ground: card::ground,
            read: |text| {
                let text = format!("---\n{text}\n---\n");
                let read = parse_card(card::PATH, text.as_bytes());
                read.map(|it| (format!("{:?}", it.card()), it.warnings().to_vec()))
            },
        },
        Kind {
            name: "workflow",
            schema: workflow_schema(),
            rows: workflow::ROWS,
            ground: workflow::ground,
            read: |text| {
                let read = parse_workflow("ship.yaml", text.as_bytes());
                read.map(|(flow, told)| (format!("{:?}", flow.definition), told))
            },
        },
    ]
}

/// The fields of a schema that hold values: path, schema, and whether they say that they are idle.
fn fields<'s>(
    schema: &'s Value,
    (path, is_idle): (&str, bool),
    found: &mut Vec<(String, &'s Value, bool)>,
) {
    let inner = |key: &str| schema.get(key).filter(|it| it.is_object());
    let Some(properties) = inner("properties").and_then(Value::as_object) else {
        return match (inner("items"), inner("additionalProperties")) {
            (Some(items), _) if is_map(items) => fields(items, (path, is_idle), found),
            (_, Some(value)) if is_map(value) => {
                fields(value, (&format!("{path}.*"), is_idle), found);
            }
            _ => found.push((path.to_owned(), schema, is_idle)),
        };
    };
    for (name, field) in properties {
        let about = field["description"].as_str().unwrap_or_default();
        let is_idle = is_idle || about.ends_with("(no effect in this version)");
        let path = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}.{name}")
        };
        fields(field, (&path, is_idle), found);
    }
}

fn is_map(schema: &Value) -> bool {
    schema["properties"].is_object()
}

fn fields_of(kind: &Kind) -> Vec<(String, &Value, bool)> {
    let mut found = Vec::new();
    fields(&kind.schema, ("", false), &mut found);
    found
}

#[test]
fn every_field_has_one_row_and_every_row_a_field() {
    for kind in kinds() {
        let declared: BTreeSet<String> = fields_of(&kind).into_iter().map(|it| it.0).collect();
        let listed: BTreeSet<String> = kind.rows.iter().map(|it| it.0.to_owned()).collect();
        assert_eq!(listed.len(), kind.rows.len(), "{}: a row twice", kind.name);
        let missing: Vec<&String> = declared.difference(&listed).collect();
        let extra: Vec<&String> = listed.difference(&declared).collect();
        assert!(
            missing.is_empty() && extra.is_empty(),
            "{}: without a row {missing:#?}, without a field {extra:#?}",
            kind.name
        );
    }
}

#[test]
fn every_row_names_a_test_that_speaks_of_the_field() {
    let mut findings = Vec::new();
    for kind in kinds() {
        for (field, proof) in kind.rows {
            let key = field.rsplit('.').next().unwrap_or_default();
            let flaw = match proof {
                By(test) => source::of_test(test).map(|text| {
                    (!source::speaks_of(&text, key)).then(|| format!("{test} never says `{key}`"))
                }),
                Laid(test, why) | Apart(test, why) => {
                    assert!(!why.is_empty(), "{field}");
                    source::of_test(test).map(|_| None)
                }
                Idle => Some(None),
            };
            match flaw {
                None => findings.push(format!("{} {field}: no test {proof:?}", kind.name)),
                Some(Some(flaw)) => findings.push(format!("{} {field}: {flaw}", kind.name)),
                Some(None) => {}
            }
        }
    }
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

/// A value of this shape that says something.
fn sample(schema: &Value) -> Value {
    if let Some(words) = schema["enum"].as_array() {
        // The first word is often the default.
        return words.iter().rfind(|it| !it.is_null()).cloned().unwrap();
    }
    let kinds = match &schema["type"] {
        Value::String(kind) => vec![kind.as_str()],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => return json!({"x": "y"}),
    };
    match kinds.first() {
        Some(&"integer") => json!(schema["maximum"].as_u64().unwrap_or(7)),
        Some(&"boolean") => json!(true),
        Some(&"string") if schema["format"] == "date-time" => json!("2026-02-17T10:00:00.000Z"),
        Some(&"string") => json!("x"),
        Some(&"array") => json!([sample(&schema["items"])]),
        _ => {
            let required = schema["required"].as_array().into_iter().flatten();
            let keys = required.filter_map(Value::as_str);
            let whole = keys.map(|key| (key.to_owned(), sample(&schema["properties"][key])));
            let whole: Map<String, Value> = whole.collect();
            if whole.is_empty() {
                return json!({"x": "y"});
            }
            Value::Object(whole)
        }
    }
}

/// A value of a field, of which the schema may say less than the parser wants.
fn value_of(kind: &Kind, field: &str, schema: &Value) -> Value {
    if (kind.name, field) == ("rules", "rules.match.eventType") {
        return json!("task.blocked");
    }
    let own = match kind.name {
        "card" => card::samples().into_iter().find(|it| it.0 == field),
        "manifest" => manifest::samples().into_iter().find(|it| it.0 == field),
        "workflow" => workflow::samples().into_iter().find(|it| it.0 == field),
        _ => None,
    };
    own.map_or_else(|| sample(schema), |it| it.1)
}

/// The ground with one field set, and what is required around it.
fn with(ground: &mut Value, schema: &Value, (path, value): (&[&str], Value)) {
    let [key, rest @ ..] = path else {
        *ground = value;
        return;
    };
    if let Some(items) = schema.get("items") {
        if !ground.is_array() {
            *ground = json!([sample(items)]);
        }
        return with(&mut ground[0], items, (path, value));
    }
    let inner = match *key {
        "*" => &schema["additionalProperties"],
        key => &schema["properties"][key],
    };
    let key = if *key == "*" { "x" } else { key };
    if ground[key].is_null() {
        let is_whole = is_map(inner) && inner["required"].is_array();
        let filled = if is_whole { sample(inner) } else { json!({}) };
        ground[key] = filled;
    }
    with(&mut ground[key], inner, (rest, value));
}

fn file_with(kind: &Kind, field: &str, value: Value) -> String {
    let mut file = (kind.ground)(field);
    let path: Vec<&str> = field.split('.').collect();
    with(&mut file, &kind.schema, (&path, value));
    file.to_string()
}

fn idle_paths(warnings: &[Diagnostic]) -> Vec<&str> {
    let idle = warnings.iter().filter(|it| it.code == "AOF-1190");
    let quoted = idle.flat_map(|it| it.message.split('`').skip(1).step_by(2));
    quoted.collect()
}

#[test]
fn a_field_warns_that_it_has_no_effect_exactly_if_it_is_idle() {
    for kind in kinds() {
        for (field, schema, says_idle) in fields_of(&kind) {
            let row = kind.rows.iter().find(|row| row.0 == field);
            let is_idle = matches!(row, Some((_, Idle)));
            assert_eq!(says_idle, is_idle, "{} {field}: the schema", kind.name);
            let text = file_with(&kind, &field, value_of(&kind, &field, schema));
            let read = (kind.read)(&text);
            let (_, warnings) = read.unwrap_or_else(|it| panic!("{field}: {it:#?}\n{text}"));
            let told = idle_paths(&warnings);
            let named = field.replace('*', "x");
            let is_told = |path: &&str| {
                named == **path
                    || named
                        .strip_prefix(*path)
                        .is_some_and(|it| it.starts_with('.'))
            };
            assert_eq!(
                told.iter().any(is_told),
                is_idle,
                "{} {field}: {text}",
                kind.name
            );
            assert_eq!(told.is_empty(), !is_idle, "{} {field}: {told:?}", kind.name);
        }
    }
}

/// Fields whose value nobody reads: the version, and what is kept for people and other programs.
const UNREAD: &[(&str, &str)] = &[
    ("chart", "schemaVersion"),
    ("chart", "metadata"),
    ("chart", "orgUnits.metadata"),
    ("chart", "groups.metadata"),
    ("chart", "relationships.metadata"),
    ("manifest", "schemaVersion"),
    ("manifest", "description"),
    ("manifest", "links.repo"),
    ("manifest", "links.dashboards"),
    ("manifest", "links.docs"),
    ("manifest", "metadata"),
    ("settings", "schemaVersion"),
    ("rules", "schemaVersion"),
    ("workflow", "description"),
];

#[test]
fn the_parser_hands_on_every_field_that_has_an_effect() {
    for kind in kinds() {
        for (field, schema, is_idle) in fields_of(&kind) {
            let is_read = !UNREAD.contains(&(kind.name, field.as_str()));
            if is_idle {
                continue;
            }
            let one = value_of(&kind, &field, schema);
            let others = match (&one, schema["enum"].as_array()) {
                (_, Some(words)) => words.clone(),
                (Value::String(text), _) if text.contains(':') => {
                    vec![json!("2026-02-18T10:00:00.000Z")]
                }
                (Value::String(_), _) => vec![json!("y")],
                (Value::Bool(_), _) => vec![json!(false)],
                (Value::Number(_), _) => {
                    vec![schema.get("minimum").cloned().unwrap_or_else(|| json!(1))]
                }
                (Value::Array(_), _) => vec![json!([])],
                _ => vec![json!({"x": "z"})],
            };
            let read = |value: &Value| (kind.read)(&file_with(&kind, &field, value.clone()));
            let shown = read(&one).unwrap_or_else(|it| panic!("{field}: {it:#?}")).0;
            // Another value may be refused, which is an effect.
            let differs = |other: &Value| read(other).map_or(is_read, |it| it.0 != shown);
            let is_handed_on = others.iter().any(differs);
            assert_eq!(is_handed_on, is_read, "{} {field}", kind.name);
        }
    }
}

/// Runs the test of every field without the field: each must fail. Slow, as each is a process.
#[test]
fn every_test_fails_without_its_field() {
    if !crate::daemon::works::is_slow() {
        return;
    }
    let only = std::env::var("AOF_FIELD").unwrap_or_default();
    let mut findings = Vec::new();
    for kind in kinds() {
        for (field, proof) in kind.rows {
            let (By(test) | Laid(test, _)) = proof else {
                continue;
            };
            let wish = format!("{} {field}", kind.name);
            if !wish.contains(&only) {
                continue;
            }
            let out = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", test])
                .env(VARIABLE, &wish)
                .env("INSTA_UPDATE", "no")
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&out.stdout).into_owned();
            if !said.contains("test result: FAILED. 0 passed; 1 failed") {
                findings.push(format!("{wish}: {test} does not need it"));
            }
        }
    }
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}
