//! The rules by which people are told of what happens, `org/notification-rules.yaml`. Source: AOF
//! 1.20, "Notifications".
//!
//! Never asks whether an event has the fields that a rule names. Invariant: every rule that comes
//! out can be followed, and some event is of its type.

use aof_core::effect::Severity;
use aof_core::event::{KINDS, is_meant};
use aof_core::notification::{
    CHANNEL_CHARS_MAX, PAYLOAD_FIELDS_MAX, RULES_MAX, Rule, TEMPLATE_CHARS_MAX, WINDOW_MS_DEFAULT,
    WINDOW_MS_MAX,
};
use aof_core::suggest;
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
    let event = event(node, findings);
    let channel = word(node, &["channel"], CHANNEL, findings);
    let template = word(node, &["template"], TEMPLATE, findings);
    let mut audience = String::new();
    if let Some(list) = node.get("audience") {
        if list.items().is_empty() && list.text().is_none() {
            let hint = "name agent, team-lead or operator";
            findings.bad_value("rules.audience", list, "a list of somebody", hint);
        }
        for who in list.items().iter().filter_map(Node::text) {
            let comma = if audience.is_empty() { "" } else { ", " };
            audience = format!("{audience}{comma}{who}");
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
        event,
        payload,
        severity: match node.get("severity").and_then(Node::text) {
            Some("critical") => Severity::Critical,
            Some("info") => Severity::Info,
            _ => Severity::Warn,
        },
        channel,
        audience,
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

/// The type of the events that are meant. A rule for what never happens would be silent for ever.
fn event(node: &Node<'_>, findings: &mut Findings<'_>) -> String {
    let path = ["match", "eventType"];
    let text = word(node, &path, PATTERN, findings);
    if text == DEADLETTER.0 {
        return DEADLETTER.1.to_owned();
    }
    if let Some(node) = node.at(&path)
        && is_pattern(&text)
        && !KINDS.iter().any(|kind| is_meant(&text, kind))
    {
        let wanted = "a type of docs/events.md, or the beginning of some and `.*`";
        let hint = meant(&text).unwrap_or_else(|| PATTERN.1.to_owned());
        findings.bad_value("rules.match.eventType", node, wanted, &hint);
    }
    text
}

/// Which type a mistyped one was meant to be, or which beginning.
fn meant(text: &str) -> Option<String> {
    let start = text.strip_suffix('*');
    let star = start.map_or("", |_| "*");
    let part = |kind: &&'static str| match star {
        "" => Some(*kind),
        _ => kind.get(..=kind.rfind('.')?),
    };
    let known: Vec<&str> = KINDS.iter().filter_map(part).collect();
    let nearest = suggest::nearest(start.unwrap_or(text), known.iter().copied())?;
    Some(format!("did you mean `{nearest}{star}`?"))
}

/// What a text must be, how to write it, and whether one is that.
type Form = (&'static str, &'static str, fn(&str) -> bool);

const PATTERN: Form = (
    "the type of an event, or the beginning of some and `.*`",
    "write it like `task.blocked` or `task.*`; docs/events.md has all types",
    is_pattern,
);
const CHANNEL: Form = (
    "one word of at most 80 characters",
    "write it like '#aof-alerts', in quotes",
    is_channel,
);
const TEMPLATE: Form = (
    "a text of 1 to 500 characters",
    "write it like '{taskId}: {payload.reason}', in quotes",
    is_template,
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
    (wanted, hint, fits): Form,
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
