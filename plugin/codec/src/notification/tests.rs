//! Rules as people write them.

use super::*;

const RULE_TEXT: &str = "\
- match: {eventType: task.blocked, payload: {by: dependency, failureCount: 3, x: null}}
  severity: warn
  audience: [agent, team-lead]
  channel: '#ops'
  template: '{taskId}'
";

fn read(text: &str) -> Result<Vec<Rule>, Vec<String>> {
    let read = parse_notification_rules("org/notification-rules.yaml", text.as_bytes());
    let told = |it: Vec<_>| {
        it.iter()
            .map(|it: &aof_core::diagnostic::Diagnostic| format!("{it}; {}", it.hint))
            .collect()
    };
    read.map(|it| it.0).map_err(told)
}

fn with(from: &str, to: &str) -> Result<Vec<Rule>, Vec<String>> {
    assert!(RULE_TEXT.contains(from), "{from}");
    read(&format!("rules:\n{}", RULE_TEXT.replacen(from, to, 1)))
}

#[test]
fn a_rule_is_read_with_its_defaults() {
    let text = |it: &str| it.to_owned();
    let expected = Rule {
        event: text("task.blocked"),
        payload: vec![
            (text("by"), text("dependency")),
            (text("failureCount"), text("3")),
            (text("x"), text("")),
        ],
        severity: Severity::Warn,
        channel: text("#ops"),
        audience: text("agent, team-lead"),
        template: text("{taskId}"),
        window_ms: 300_000,
        never_suppress: false,
    };
    assert_eq!(with("", ""), Ok(vec![expected]));
    for empty in [
        "",
        "# nothing yet\n",
        "rules: []\n",
        "schemaVersion: 1\nrules: []\n",
    ] {
        assert_eq!(read(empty), Ok(Vec::new()), "{empty}");
    }
}

#[test]
fn the_older_spelling_of_a_dead_letter_is_understood() {
    for (written, meant) in [
        ("task.deadletter", "task.deadlettered"),
        ("task.deadlettered", "task.deadlettered"),
        ("task.*", "task.*"),
        ("silent_model_failure", "silent_model_failure"),
    ] {
        let rules = with("task.blocked", written).unwrap();
        assert_eq!(rules[0].event, meant);
    }
}

/// What a text of a rule is replaced by, and what is said of it: code, place, words.
const WRONG: [(&str, &str, &str); 21] = [
    (
        "severity",
        "severty",
        "AOF-1171 3:3 did you mean `severity`?",
    ),
    (
        "eventType",
        "eventTyp",
        "AOF-1171 2:11 did you mean `eventType`?",
    ),
    (
        "severity: warn",
        "severity: loud",
        "AOF-1172 3:13 info, warn or critical",
    ),
    (
        "team-lead]",
        "boss]",
        "AOF-1172 4:21 agent, team-lead or operator",
    ),
    (
        "[agent, team-lead]",
        "[]",
        "AOF-1172 4:13 a list of somebody",
    ),
    (
        "  channel: '#ops'\n",
        "",
        "AOF-1172 2:3 `rules.channel` is missing",
    ),
    ("'#ops'", "'# ops'", "AOF-1172 5:12 one word"),
    ("'#ops'", "''", "AOF-1172 5:12 one word"),
    ("'{taskId}'", "''", "AOF-1172 6:13 a text of 1 to 500"),
    ("task.blocked", "'*'", "AOF-1172 2:22 the type of an event"),
    (
        "task.blocked",
        "task.*.x",
        "AOF-1172 2:22 write it like `task.blocked`",
    ),
    ("task.blocked", "'.*'", "AOF-1172 2:22 the type of an event"),
    (
        "task.blocked",
        "task.bloked",
        "AOF-1172 2:22 did you mean `task.blocked`?",
    ),
    (
        "task.blocked",
        "Task.Blocked",
        "AOF-1172 2:22 did you mean `task.blocked`?",
    ),
    (
        "task.blocked",
        "taks.*",
        "AOF-1172 2:22 did you mean `task.*`?",
    ),
    (
        "task.blocked",
        "task.deps.*",
        "AOF-1172 2:22 did you mean `task.dep.*`?",
    ),
    (
        "task.blocked",
        "weather.*",
        "AOF-1172 2:22 docs/events.md has all types",
    ),
    (
        "task.blocked",
        "tas.*",
        "AOF-1172 2:22 a type of docs/events.md",
    ),
    ("3, x: null", "[3]", "AOF-1172 2:76 must be text"),
    (
        "'{taskId}'\n",
        "x\n  dedupeWindowMs: -1\n",
        "AOF-1172 7:19 from 0 to 86400000",
    ),
    (
        "'{taskId}'\n",
        "x\n  neverSuppress: 1\n",
        "AOF-1172 7:18 true or false",
    ),
];

#[test]
fn what_is_wrong_has_a_code_a_place_and_a_hint() {
    for (from, to, expected) in WRONG {
        let told = with(from, to).unwrap_err();
        let mut words = expected.splitn(3, ' ');
        let [code, place, said] = [(); 3].map(|()| words.next().unwrap());
        let place = format!("org/notification-rules.yaml:{place}: ");
        let is_it = |it: &String| it.starts_with(&place) && it.contains(code) && it.contains(said);
        assert!(told.iter().any(is_it), "{to}: {told:#?}");
    }
    for text in ["rules: [\n", "- x\n"] {
        let told = read(text).unwrap_err();
        assert!(told[0].contains("AOF-1170"), "{told:?}");
    }
}

#[test]
fn a_rule_for_any_type_of_event_is_read() {
    for kind in KINDS {
        assert!(with("task.blocked", kind).is_ok(), "{kind}");
        if let Some((start, _)) = kind.rsplit_once('.') {
            let pattern = format!("{start}.*");
            assert!(with("task.blocked", &pattern).is_ok(), "{pattern}");
        }
    }
}

#[test]
fn rules_have_their_bounds() {
    let rules = |count: usize| read(&format!("rules:\n{}", RULE_TEXT.repeat(count)));
    let fields = |count: usize| {
        let fields: Vec<String> = (0..count).map(|it| format!("f{it}: x")).collect();
        with(
            "by: dependency, failureCount: 3, x: null",
            &fields.join(", "),
        )
    };
    let channel = |count: usize| with("#ops", &"#".repeat(count));
    let template = |count: usize| with("{taskId}", &"ä".repeat(count));
    let window = |ms: u64| with("'{taskId}'\n", &format!("x\n  dedupeWindowMs: {ms}\n"));
    for (name, at, past) in [
        ("rules", rules(RULES_MAX), rules(RULES_MAX + 1)),
        (
            "payload",
            fields(PAYLOAD_FIELDS_MAX),
            fields(PAYLOAD_FIELDS_MAX + 1),
        ),
        (
            "channel",
            channel(CHANNEL_CHARS_MAX),
            channel(CHANNEL_CHARS_MAX + 1),
        ),
        (
            "template",
            template(TEMPLATE_CHARS_MAX),
            template(TEMPLATE_CHARS_MAX + 1),
        ),
        ("window", window(WINDOW_MS_MAX), window(WINDOW_MS_MAX + 1)),
    ] {
        assert!(at.is_ok(), "{name}: {at:?}");
        assert!(past.unwrap_err()[0].contains("AOF-1172"), "{name}");
    }
}
