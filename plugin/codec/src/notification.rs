//! The rules by which people are told of what happens, `org/notification-rules.yaml`. Source: AOF
//! 1.20, "Notifications".
//!
//! Never asks whether an event of that type exists. Invariant: every rule that comes out can be
//! followed.

use aof_core::effect::Severity;
use aof_core::notification::{
    CHANNEL_CHARS_MAX, PAYLOAD_FIELDS_MAX, RULES_MAX, Rule, TEMPLATE_CHARS_MAX, WINDOW_MS_DEFAULT,
    WINDOW_MS_MAX,
};
use serde_json::Value;

use crate::document::{Parsed, check, tree};
use crate::finding::{Codes, Findings};
use crate::json_schema::of_file;
use crate::schema::Shape::{Boolean, Choice, Integer, List, Map, Table, Text, Version};
use crate::schema::{Schema, closed, optional, required};
use crate::yaml::Node;

const CODES: Codes = Codes {
    syntax: "AOF-1170",
    value: "AOF-1172",
    missing: "AOF-1172",
    unknown: "AOF-1171",
};

/// The older spelling of a type, and the type.
const DEADLETTER: (&str, &str) = ("task.deadletter", "task.deadlettered");

const FILE: Schema = closed(&[
    optional("schemaVersion", Version(1)).about("version of the format"),
    required("rules", List(&Map(&RULE))).about("the first one that an event fits counts"),
]);

const RULE: Schema = closed(&[
    required("match", Map(&MATCH)).about("which events"),
    required("severity", Choice(&["info", "warn", "critical"]))
        .about("how loud; what is critical always goes out at once"),
    required(
        "audience",
        List(&Choice(&["agent", "team-lead", "operator"])),
    )
    .about("whom it is for"),
    required("channel", Text).about("where, in one word"),
    required("template", Text).about("the text, with {field.path} for fields of the event"),
    optional("dedupeWindowMs", Integer(0, WINDOW_MS_MAX))
        .about("for so long the same is not told again; 300000 unless given, 0 for always"),
    optional("neverSuppress", Boolean).about("it always goes out at once"),
]);

const MATCH: Schema = closed(&[
    required("eventType", Text).about("a type of docs/events.md, or the beginning of some and .*"),
    optional("payload", Table(&Text)).about("fields of the payload and the value of each"),
]);

/// A JSON Schema of the rules.
#[must_use]
pub fn notification_rules_schema() -> Value {
    of_file("The notification rules of AOF", &FILE)
}

/// Reads the rules. An empty file has none.
///
/// # Errors
/// All findings, at most [`crate::FINDINGS_MAX`], at least one of them an error.
pub fn parse_notification_rules(path: &str, bytes: &[u8]) -> Parsed<Vec<Rule>> {
    let mut findings = Findings::new(path, &CODES);
    let root = tree(bytes, &mut findings);
    let mut rules = Vec::new();
    if let Some(root) = &root {
        check(root, &FILE, &mut findings);
        if let Some(list) = root.get("rules") {
            bound(
                ("rules", RULES_MAX),
                (list, list.items().len()),
                &mut findings,
            );
            rules.extend(list.items().iter().map(|item| rule(item, &mut findings)));
        }
    }
    findings.conclude(Some(rules))
}

/// What a checked node says; a part that is missing was reported.
fn rule(node: &Node<'_>, findings: &mut Findings<'_>) -> Rule {
    let event = word(
        node,
        &["match", "eventType"],
        (PATTERN, is_pattern),
        findings,
    );
    let channel = word(node, &["channel"], (CHANNEL, is_channel), findings);
    let template = word(node, &["template"], (TEMPLATE, is_template), findings);
    let mut mentions = String::new();
    if let Some(list) = node.get("audience") {
        if list.items().is_empty() && list.text().is_none() {
            let hint = "name agent, team-lead or operator";
            findings.bad_value("rules.audience", list, "a list of somebody", hint);
        }
        for who in list.items().iter().filter_map(Node::text) {
            mentions = format!("{mentions} @{who}");
        }
    }
    let mut payload = Vec::new();
    if let Some(fields) = node.at(&["match", "payload"]) {
        let count = fields.entries().len();
        let bounded = ("rules.match.payload", PAYLOAD_FIELDS_MAX);
        bound(bounded, (fields, count), findings);
        payload.extend(fields.entries().iter().map(|entry| {
            let text = entry.value.text().filter(|_| !entry.value.is_null());
            (entry.key.to_string(), text.unwrap_or_default().to_owned())
        }));
    }
    Rule {
        event: if event == DEADLETTER.0 {
            DEADLETTER.1.to_owned()
        } else {
            event
        },
        payload,
        severity: match node.get("severity").and_then(Node::text) {
            Some("critical") => Severity::Critical,
            Some("info") => Severity::Info,
            _ => Severity::Warn,
        },
        channel,
        mentions: mentions.trim_start().to_owned(),
        template,
        window_ms: node
            .get("dedupeWindowMs")
            .and_then(Node::integer)
            .unwrap_or(WINDOW_MS_DEFAULT),
        never_suppress: node
            .get("neverSuppress")
            .and_then(Node::boolean)
            .unwrap_or_default(),
    }
}

const PATTERN: (&str, &str) = (
    "the type of an event, or the beginning of some and `.*`",
    "write it like `task.blocked` or `task.*`; docs/events.md has all types",
);
const CHANNEL: (&str, &str) = (
    "one word of at most 80 characters",
    "write it like '#aof-alerts', in quotes",
);
const TEMPLATE: (&str, &str) = (
    "a text of 1 to 500 characters",
    "write it like '{taskId}: {payload.reason}', in quotes",
);

fn is_pattern(text: &str) -> bool {
    let plain = text.strip_suffix(".*").unwrap_or(text);
    let is_plain = |it: char| it.is_ascii_alphanumeric() || "._-".contains(it);
    !plain.is_empty() && plain.chars().all(is_plain)
}

fn is_channel(text: &str) -> bool {
    let is_plain = |it: char| !it.is_whitespace() && !it.is_control();
    (1..=CHANNEL_CHARS_MAX).contains(&text.chars().count()) && text.chars().all(is_plain)
}

fn is_template(text: &str) -> bool {
    (1..=TEMPLATE_CHARS_MAX).contains(&text.chars().count())
}

/// A text that must fit; if it is no text at all, the check has told that.
fn word(
    node: &Node<'_>,
    path: &[&str],
    ((wanted, hint), fits): ((&str, &str), fn(&str) -> bool),
    findings: &mut Findings<'_>,
) -> String {
    let Some((node, text)) = node.at(path).and_then(|node| Some((node, node.text()?))) else {
        return String::new();
    };
    if !fits(text) {
        findings.bad_value(&format!("rules.{}", path.join(".")), node, wanted, hint);
    }
    text.to_owned()
}

fn bound((name, most): (&str, usize), (node, count): (&Node<'_>, usize), to: &mut Findings<'_>) {
    if count > most {
        let message = format!("`{name}` has {count} entries, over {most}");
        to.error(
            CODES.value,
            node.start,
            message,
            "keep those that matter most",
        );
    }
}

#[cfg(test)]
mod tests;
