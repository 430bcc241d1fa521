//! Reading cards: what is taken in, what is refused, with place and hint.

use aof_core::diagnostic::Level;
use serde_json::json;

use super::*;
use crate::limit::FRONTMATTER_BYTES_MAX;

const ID: &str = "TASK-2026-02-17-k7Qm2xYz";
const PATH: &str = "projects/alpha/tasks/ready/TASK-2026-02-17-k7Qm2xYz.md";

fn with(fields: &str) -> String {
    format!("---\nschemaVersion: 1\nid: {ID}\ntitle: T\nstatus: ready\n{fields}---\n\nbody\n")
}

fn read(text: &str) -> Card {
    let document = parse_card(PATH, text.as_bytes());
    document
        .unwrap_or_else(|findings| panic!("{findings:#?}\n{text}"))
        .into_card()
}

/// `code line:column message` of each finding of a refused card.
fn refusals(bytes: &[u8]) -> Vec<String> {
    let findings = parse_card(PATH, bytes).expect_err("refused");
    assert!(findings.iter().any(|finding| finding.level == Level::Error));
    findings
        .iter()
        .filter(|f| f.level == Level::Error)
        .map(line)
        .collect()
}

fn warnings(fields: &str) -> Vec<String> {
    let made = "createdAt: 2026-02-17T00:00:00Z\nupdatedAt: 2026-02-17T00:00:00Z\n\
                lastTransitionAt: 2026-02-17T00:00:00Z\ncreatedBy: me\n";
    let document = parse_card(PATH, with(&format!("{made}{fields}")).as_bytes()).unwrap();
    document.warnings().iter().map(line).collect()
}

fn line(finding: &Diagnostic) -> String {
    format!(
        "{} {}:{} {}",
        finding.code, finding.line, finding.column, finding.message
    )
}

#[test]
fn every_field_is_read() {
    let card = read(&with(
        "project: alpha\npriority: high\nrouting: {role: r, team: t, agent: a, tags: [x, 1e3]}\n\
         lease:\n  agent: a\n  acquiredAt: 1970-01-01T00:00:01Z\n  expiresAt: \
         1970-01-01T00:00:02Z\n  \
         renewCount: 3\n  run: 01J8ZQ4T5V6W7X8Y9Z0A1B2C3D\n  attempt: 4\n\
         createdAt: 1970-01-01T00:00:03Z\nupdatedAt: 1970-01-01T00:00:04Z\n\
         lastTransitionAt: 1970-01-01T01:00:05+01:00\ncreatedBy: me\n\
         parentId: TASK-2026-02-17-001\ndependsOn: [TASK-2026-02-17-002]\ncontentHash: 0123\n\
         metadata: {a: 1, b: '1', c: [~]}\nresource: /w\nworkflow: {definition: {name: w, \
         hops: [{id: a, role: r}]}}\nrevision: 9\n",
    ));
    assert_eq!(card.project.as_ref().map(ProjectId::as_str), Some("alpha"));
    assert_eq!(card.priority, Priority::High);
    assert_eq!(card.routing.role.as_ref().map(RoleId::as_str), Some("r"));
    assert_eq!(card.routing.team.as_ref().map(TeamId::as_str), Some("t"));
    assert_eq!(card.routing.agent.as_ref().map(AgentId::as_str), Some("a"));
    assert_eq!(card.routing.tags, ["x", "1e3"]);
    let lease = card.lease.unwrap();
    assert_eq!(
        (lease.renew_count, lease.attempt, lease.run.is_some()),
        (3, 4, true)
    );
    assert_eq!(
        (lease.acquired_at.ms(), lease.expires_at.ms()),
        (1_000, 2_000)
    );
    assert_eq!((card.created_at.ms(), card.updated_at.ms()), (3_000, 4_000));
    assert_eq!(
        (card.last_transition_at.ms(), card.created_by.as_str()),
        (5_000, "me")
    );
    assert_eq!(card.parent_id, TaskId::parse("TASK-2026-02-17-001").ok());
    assert_eq!(
        card.depends_on,
        [TaskId::parse("TASK-2026-02-17-002").unwrap()]
    );
    assert_eq!(card.content_hash.as_deref(), Some("0123"));
    assert_eq!(
        serde_json::Value::Object(card.metadata),
        json!({"a": 1, "b": "1", "c": [null]})
    );
    assert_eq!(card.resource.as_deref(), Some("/w"));
    assert!(card.workflow.is_some());
    assert_eq!((card.revision, card.body.as_str()), (9, "body\n"));
}

#[test]
fn a_card_typed_by_a_person_needs_four_fields() {
    let document = parse_card(PATH, with("").as_bytes()).unwrap();
    let found: Vec<_> = document.warnings().iter().map(line).collect();
    assert_eq!(
        found,
        [
            "AOF-1102 2:1 `createdAt` is missing, taken as 1970",
            "AOF-1102 2:1 `updatedAt` is missing, taken as 1970",
            "AOF-1102 2:1 `lastTransitionAt` is missing, taken as 1970",
            "AOF-1102 2:1 `createdBy` is missing, taken as unknown",
        ]
    );
    let card = document.into_card();
    assert_eq!(
        (card.created_by.as_str(), card.created_at.ms()),
        ("unknown", 0)
    );
    assert_eq!(
        (card.priority, card.routing, card.lease),
        Default::default()
    );
    assert_eq!(
        (card.revision, card.workflow.is_some(), card.metadata.len()),
        (0, false, 0)
    );
}

#[test]
fn null_is_absent() {
    let fields = "project: ~\nrouting:\nlease: null\ncreatedBy:\nparentId: Null\ndependsOn: ~\n\
                  contentHash:\nmetadata: ~\nresource: NULL\nworkflow: ~\nrevision:\npriority:\n\
                  createdAt: ~\nsla:\ntests: ~\n";
    assert_eq!(read(&with(fields)), read(&with("")));
    let empty_routing = "routing: {role: , team: ~, agent: null, tags: }\n";
    assert_eq!(read(&with(empty_routing)), read(&with("")));
}

#[test]
fn titles_are_text_whatever_they_look_like() {
    for title in [
        "no",
        "012",
        "1e3",
        "0o7",
        "2026-01-01",
        "~",
        "null",
        "true",
        "[x]",
        "a: b",
    ] {
        let quoted = format!("'{title}'");
        let written = if title.contains(['[', ':']) {
            quoted.as_str()
        } else {
            title
        };
        let card = read(&with("").replace("title: T", &format!("title: {written}")));
        assert_eq!(card.title, title);
    }
}

#[test]
fn byte_order_mark_and_line_ends_do_not_matter() {
    let text = with("dependsOn:\n  - TASK-2026-02-17-001\n");
    let expected = read(&text);
    assert_eq!(read(&text.replace('\n', "\r\n")), expected);
    assert_eq!(read(&format!("\u{feff}{text}")), expected);
    assert_eq!(
        read(&format!("\u{feff}{}", text.replace('\n', "\r\n"))),
        expected
    );
}

#[test]
fn the_word_medium_means_normal() {
    assert_eq!(read(&with("priority: medium\n")).priority, Priority::Normal);
}

#[test]
fn fields_that_are_only_kept_earn_a_warning_when_set() {
    assert_eq!(
        warnings("contextTier: full\nrouting: {workflow: w}\ncallbackDepth: 1\n"),
        ["contextTier", "routing.workflow", "callbackDepth"]
            .into_iter()
            .zip(["10:1", "11:11", "12:1"])
            .map(|(name, at)| {
                format!("AOF-1190 {at} kept but not acted upon by this version: `{name}`")
            })
            .collect::<Vec<_>>()
    );
    let blank = "sla: {}\nrouting: {workflow: ''}\ncallbackDepth: 0\ngateHistory: []\ntests: []\n\
                 testsFile:\nreviewContext: {}\ngate: ~\n";
    assert_eq!(warnings(blank), [""; 0]);
}

#[test]
fn unknown_keys_are_kept_silently_unless_they_look_mistyped() {
    assert_eq!(warnings("notes: 1\nmy-key: {a: [1]}\n"), [""; 0]);
    assert_eq!(
        warnings("dependson: []\n"),
        ["AOF-1106 10:1 unknown key `dependson`"]
    );
    assert_eq!(
        warnings("routing: {agnet: x}\n"),
        ["AOF-1106 10:11 unknown key `routing.agnet`"]
    );
}

#[test]
fn all_findings_of_a_card_are_reported_together() {
    let text = "---\nschemaVersion: 3\nid: TASK-2026-02-17-k7Qm2xYz\ntitle: ''\nstatus: redy\n\
                priority: urgent\nrouting: {tags: x, agent: a b}\nlease: {agent: a}\n\
                createdAt: yesterday\ndependsOn: [x]\nmetadata: []\nrevision: -1\ntests: \
                [1]\n---\n";
    assert_eq!(
        refusals(text.as_bytes()),
        [
            "AOF-1101 2:16 `schemaVersion` is 3: made by a newer aof, this one reads up to 2",
            "AOF-1101 4:8 `title` is empty",
            "AOF-1101 5:9 `status` must be one of the eight statuses, but is `redy`",
            "AOF-1101 6:11 `priority` must be one of the four priorities, but is `urgent`",
            "AOF-1101 7:17 `routing.tags` must be a list, but is `x`",
            "AOF-1101 7:27 `routing.agent`: `a b` is not a valid name",
            "AOF-1102 8:8 `lease.acquiredAt` is missing",
            "AOF-1102 8:8 `lease.expiresAt` is missing",
            "AOF-1101 9:12 `createdAt` must be a moment in RFC 3339, but is `yesterday`",
            "AOF-1101 10:13 `dependsOn`: `x` is not a task id",
            "AOF-1101 11:11 `metadata` must be a mapping, but is a list",
            "AOF-1101 12:11 `revision` must be a whole number from 0, but is `-1`",
            "AOF-1101 13:9 `tests` must be a mapping, but is `1`",
        ]
    );
}

#[test]
fn a_flood_of_findings_is_cut_and_never_hides_the_errors() {
    let many: String = (0..100).map(|n| format!("x{n}: &a{n} 1\n")).collect();
    assert_eq!(refusals(with(&many).as_bytes()).len(), crate::FINDINGS_MAX);
    let typos: String = (0..50).map(|n| format!("titl{n}: 1\n")).collect();
    assert_eq!(
        refusals(with(&format!("{typos}revision: x\n")).as_bytes()).len(),
        1
    );
}

#[test]
fn bytes_that_are_no_text_are_refused_where_they_stand() {
    let mut text = with("").into_bytes();
    text.extend(b"\nab\xFFc");
    assert_eq!(refusals(&text), ["AOF-1100 10:3 the file is not UTF-8"]);
    assert_eq!(
        refusals(b"\xFF\xFE-\0"),
        ["AOF-1100 1:1 the file is not UTF-8"]
    );
    let nul = with("").replace("body", "bo\0dy");
    assert_eq!(
        refusals(nul.as_bytes()),
        ["AOF-1100 8:3 the card contains a NUL character"]
    );
    let escape = with("note: \u{1b}[0m\n");
    assert_eq!(
        refusals(escape.as_bytes()),
        ["AOF-1100 6:7 the character U+001B is not allowed here"]
    );
    let colour = with("").replace("body", "\u{1b}[31mred\r");
    assert_eq!(read(&colour).body, "\u{1b}[31mred\r\n");
}

#[test]
fn the_size_of_the_frontmatter_is_limited_exactly() {
    let base = Parts::find(&with("note: \n")).unwrap().frontmatter.len();
    let note = |bytes: usize| with(&format!("note: {}\n", "x".repeat(bytes - base)));
    assert_eq!(read(&note(FRONTMATTER_BYTES_MAX)).title, "T");
    let message = "AOF-1104 1:1 the frontmatter that opens here does not end within 524288 bytes";
    assert_eq!(
        refusals(note(FRONTMATTER_BYTES_MAX + 1).as_bytes()),
        [message]
    );
}

#[test]
fn the_size_of_a_card_is_limited_exactly() {
    let card = |bytes: usize| {
        let mut text = with("");
        text.extend(std::iter::repeat_n('x', bytes - text.len()));
        text
    };
    assert_eq!(read(&card(CARD_BYTES_MAX)).title, "T");
    let message = "AOF-1104 the file has 1048577 bytes, the limit is 1048576";
    assert_eq!(
        refusals(card(CARD_BYTES_MAX + 1).as_bytes()),
        [message.replace("1104", "1104 0:0")]
    );
}

#[test]
fn the_file_must_be_named_like_the_task() {
    for (path, fits) in [
        (PATH, true),
        ("TASK-2026-02-17-k7Qm2xYz.md", true),
        ("TASK-2026-02-17-k7qm2xyz.md", false),
        ("tasks/TASK-2026-02-17-k7Qm2xYz.md.md", false),
        ("", false),
    ] {
        let found = parse_card(path, with("").as_bytes()).map_err(|f| line(&f[0]));
        assert_eq!(found.is_ok(), fits, "{path}: {found:?}");
        assert!(fits || found.unwrap_err().starts_with("AOF-1103 3:5 the id `TASK-"));
    }
}

#[test]
fn a_card_has_its_own_limits_and_its_own_idea_of_a_dependency() {
    use aof_core::dependency::DependencyPolicy;
    use aof_core::sla::{CardSla, Limits, Policy};
    let more = "dependencyPolicy: terminal\nsla:\n  maxInProgressMs: 60000\n  \
                maxQueueMs: 61000\n  maxReviewMs: 62000\n  maxBlockedMs: 86400000\n  \
                onViolation: deadletter\n";
    let card = read(&with(more));
    assert_eq!(card.dependency_policy, DependencyPolicy::Terminal);
    let expected = CardSla {
        limits: Limits {
            in_progress_ms: Some(60_000),
            queue_ms: Some(61_000),
            review_ms: Some(62_000),
            blocked_ms: Some(86_400_000),
        },
        on_violation: Some(Policy::Deadletter),
    };
    assert_eq!(card.sla, expected);
    for wrong in [
        "dependencyPolicy: sometimes\n",
        "sla: {maxQueueMs: 59999}\n",
        "sla: {maxBlockedMs: 86400001}\n",
        "sla: {onViolation: shout}\n",
    ] {
        let found = refusals(with(wrong).as_bytes());
        assert!(found[0].starts_with("AOF-1101"), "{found:?}");
    }
}
