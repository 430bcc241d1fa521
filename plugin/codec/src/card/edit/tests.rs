//! Edits of cards: what changes, and that nothing else does.

use aof_core::card::Routing;
use aof_core::dependency::DependencyPolicy;
use aof_core::id::{AgentId, ProjectId, RoleId, RunId, TaskId, TeamId};
use aof_core::instant::Instant;
use aof_core::lease::Lease;
use aof_core::priority::Priority;
use aof_core::status::Status;
use serde_json::{Map, Value, json};

use super::*;
use crate::{CardDocument, parse_card};

const ID: &str = "TASK-2026-02-17-k7Qm2xYz";
const PATH: &str = "tasks/ready/TASK-2026-02-17-k7Qm2xYz.md";

fn parse(text: &str) -> CardDocument {
    parse_card(PATH, text.as_bytes()).unwrap_or_else(|findings| panic!("{findings:#?}\n{text}"))
}

fn rendered(document: &CardDocument, next: &Card) -> String {
    document.render(PATH, next).unwrap()
}

/// Frontmatter lines for `text`, with the required ones in front.
fn card_text(fields: &str) -> String {
    format!("---\nschemaVersion: 1\nid: {ID}\ntitle: Old\nstatus: ready\n{fields}---\n\nbody\n")
}

/// What `change` does to a card with these fields, as fields.
fn edited(fields: &str, change: fn(&mut Card)) -> String {
    let document = parse(&card_text(fields));
    let mut next = document.card().clone();
    change(&mut next);
    let text = rendered(&document, &next);
    assert_eq!(parse(&text).card(), &next, "{text}");
    let parts = Parts::find(&text).unwrap();
    assert_eq!((parts.separator, parts.body), ("\n", "body\n"));
    let head = format!("schemaVersion: 1\nid: {ID}\ntitle: Old\nstatus: ready\n");
    parts
        .frontmatter
        .strip_prefix(&head)
        .unwrap_or(parts.frontmatter)
        .to_owned()
}

fn lease() -> Lease {
    Lease {
        agent: AgentId::parse("swe").unwrap(),
        run: None,
        attempt: 1,
        acquired_at: Instant::from_ms(0),
        expires_at: Instant::from_ms(600_000),
        renew_count: 0,
    }
}

const LAYOUTS: [&str; 14] = [
    "---\nschemaVersion: 1\nid: ID\ntitle: Old\nstatus: ready\n---\n\nbody\n",
    "---\nstatus: ready # where\ntitle: 'Old' # what\nid: \"ID\"\nschemaVersion: 2\n---\nbody",
    concat!(
        "\u{feff}---\r\nschemaVersion: 1\r\nid: ID\r\n\"title\": Old\r\n# c\r\n",
        "status: ready\r\nmetadata:\r\n  a: |\r\n    x\r\n\r\n    y\r\n# d\r\n",
        "---\r\n\r\nbody\r\n",
    ),
    concat!(
        "---\n{schemaVersion: 1, id: ID, title: Old, status: ready, x: [1, {y: 'z'}], r",
        "outing: {role: r, odd: 1}}\n---\n\nbody\n",
    ),
    "---\n? schemaVersion\n: 1\nid: ID\ntitle: Old\nstatus: ready\nodd: {a: 1}\n---\n",
    concat!(
        "---\n  schemaVersion: 1\n  id: ID\n  title: >-\n    Old\n    title\n",
        "  status: ready\n  note: |+\n    kept\n\n\n  # end\n---\n\n\n\nbody\n",
    ),
    concat!(
        "---\nschemaVersion: 1\nid: ID\ntitle: \"Old\n  # not a comment\"\n",
        "status: ready\nrouting: {role: r, tags: [a, b], workflow: w, odd: ~}  # flow\n",
        "dependsOn: []\nlast: |\n  text\n---\n\nbody\n",
    ),
    concat!(
        "---\n# first\nschemaVersion: 1\n\nid: ID\n\ntitle: Old\nstatus: ready\n",
        "lease: # held\n  agent: a\n  # inside\n  acquiredAt: 2026-02-17T00:00:00Z\n",
        "  expiresAt: 2026-02-17T01:00:00+01:00\n  odd: |\n    # text\n# after\n",
        "dependsOn:\n- TASK-2026-02-17-001\nmetadata:\n  n: 1.50\n  z: '1'\n",
        "  deep: {a: [1, {b: }], c: \"\"}\n---\n\nbody\n",
    ),
    concat!(
        "---\ntitle: Old\nid: ID\nstatus: ready\nschemaVersion: 1\nrevision: 3\n",
        "project:\nlease: ~\nmetadata: null\nrouting:\n---\n\nbody\n",
    ),
    "---\nschemaVersion : 1\nid:   ID\ntitle:\n  Old\nstatus:\n    ready\n---\n\nbody\n",
    "---\nschemaVersion: 1\nid: ID\ntitle: Old\nstatus: ready\n...\n---\n\n---\n",
    concat!(
        "---\nschemaVersion: 1\nid: ID\ntitle: |\n  Old\n\n  # no comment\n",
        " # comment\nstatus: ready\nresource: |2-\n   /w\n---\n\nbody\n",
    ),
    concat!(
        "---\nschemaVersion: 1\nid: ID\ntitle: plain\n  more\nstatus: ready\n",
        "metadata:\n  a: x\n\n  # inside\n\n# behind\n\ncreatedBy: me\n---\n",
        "\nbody\n",
    ),
    concat!(
        "---\nschemaVersion: 1\nid: ID\ntitle: Old\nstatus: ready\ntests:\n",
        "  - given: a\n    when: b\n    then: {status: 200}\nworkflow: {definition: {na",
        "me: x, hops: [{id: a, role: r}]}}\n---\n",
    ),
];

fn layouts() -> impl Iterator<Item = String> {
    LAYOUTS.iter().map(|layout| layout.replace("ID", ID))
}

const TEXTS: [&str; 22] = [
    "New",
    "no",
    "~",
    "null",
    "012",
    "1e3",
    "2026-01-01",
    "a: b",
    "a #b",
    "# a",
    "- a",
    "'a'",
    "\"a\\b\"",
    "two\nlines\n",
    "tab\there",
    " spaces ",
    "\0\u{1b}\u{85}\u{2028}\u{feff}",
    "é日本😀",
    "{a}",
    "[a, b]",
    "<<",
    ": x:",
];

fn next_card(seed: usize, from: &Card) -> Card {
    let text = |offset: usize| TEXTS[(seed + offset) % TEXTS.len()].to_owned();
    let pick = |bit: usize| (seed >> bit) & 1 == 1;
    let mut next = from.clone();
    next.title = text(0);
    next.status = Status::ALL[seed % 8];
    next.priority = Priority::ALL[seed % 4];
    next.project = pick(0).then(|| ProjectId::parse("12").unwrap());
    next.routing = Routing {
        role: pick(1).then(|| RoleId::parse("no").unwrap()),
        team: pick(2).then(|| TeamId::parse("1e3").unwrap()),
        agent: pick(3).then(|| AgentId::parse("a.b").unwrap()),
        tags: (0..seed % 3).map(text).collect(),
    };
    next.lease = pick(1).then(|| Lease {
        run: pick(2).then(|| RunId::generate(Instant::from_ms(9), (1, 2))),
        attempt: 7,
        ..lease()
    });
    next.created_at = Instant::from_ms(1_771_286_400_123);
    next.updated_at = Instant::from_ms(seed as u64);
    next.last_transition_at = if pick(0) {
        Instant::MAX
    } else {
        from.last_transition_at
    };
    next.created_by = text(3);
    next.parent_id = pick(3).then(|| TaskId::parse("TASK-2026-02-17-001-02").unwrap());
    next.depends_on = vec![TaskId::parse("TASK-2026-02-17-001").unwrap(); seed % 3];
    if pick(3) {
        next.dependency_policy = DependencyPolicy::Terminal;
    }
    next.content_hash = pick(0).then(|| "1234567890123456".to_owned());
    next.resource = pick(2).then(|| text(5));
    next.revision += seed as u64 % 2;
    next.metadata.extend(metadata(seed, text(7), text(9)));
    if pick(1) {
        next.metadata.remove("a");
    }
    next.body = if pick(2) {
        from.body.clone()
    } else {
        BODIES[seed % BODIES.len()].to_owned()
    };
    next
}

const BODIES: [&str; 6] = [
    "",
    "\n",
    "x",
    "\n\n---\nx\n---\n",
    "a\r\nb\r\n",
    "# T\n\ttab\n\nend\n",
];

fn metadata(seed: usize, key: String, text: String) -> Map<String, Value> {
    let values = [
        json!(null),
        json!([]),
        json!({}),
        json!([[1, [2]], [{"a": "b", "c": [{}]}, []], "", null]),
        json!({"deep": {"er": [{"x": 1, "y": {"z": text}}]}, "": "", "a: b": 1, "2": 2}),
        json!(1.5e300),
        json!(-0.1),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(1e16),
    ];
    let value = values[seed % values.len()].clone();
    [(key, Value::String(text)), ("value".to_owned(), value)]
        .into_iter()
        .collect()
}

#[test]
fn an_unchanged_card_is_the_same_file() {
    for text in layouts() {
        let document = parse(&text);
        assert_eq!(rendered(&document, document.card()), text);
    }
}

#[test]
fn what_is_rendered_reads_as_what_was_meant() {
    for text in layouts() {
        let document = parse(&text);
        for seed in 0..132 {
            let next = next_card(seed, document.card());
            let once = rendered(&document, &next);
            assert_eq!(parse(&once).card(), &next, "seed {seed}\n{text}\n{once}");
            if text.contains("# first") {
                assert!(once.contains("# first\n"), "{once}");
                assert!(once.contains("# after\n"), "{once}");
            }
        }
    }
}

#[test]
fn a_card_edited_again_and_again_stays_itself() {
    for text in layouts() {
        let mut document = parse(&text);
        let original = document.card().clone();
        for seed in 0..30 {
            let next = next_card(seed * 7, document.card());
            document = parse(&rendered(&document, &next));
            assert_eq!(document.card(), &next);
        }
        let back = parse(&rendered(&document, &original));
        assert_eq!(back.card(), &original);
    }
}

#[test]
fn a_new_card_reads_as_itself() {
    let from = parse(&card_text("")).into_card();
    for seed in 0..660 {
        let next = next_card(seed, &from);
        let text = new_card(&next);
        assert_eq!(parse(&text).card(), &next, "seed {seed}\n{text}");
    }
}

#[test]
fn only_the_changed_line_changes() {
    let text = "---\n# top\nid: ID\nschemaVersion:  1\nodd:   [1,2] # mine\n\
                \"status\":   'ready' # where it is\ntitle: \"Old\"\n---\nbody\n---\nend"
        .replace("ID", ID);
    let document = parse(&text);
    let next = Card {
        status: Status::Done,
        ..document.card().clone()
    };
    let expected = text.replace("\"status\":   'ready' #", "\"status\": done #");
    assert_eq!(rendered(&document, &next), expected);
}

#[test]
fn comments_behind_scalars_stay() {
    let change = |card: &mut Card| {
        card.created_by = "x".to_owned();
        card.resource = Some("z".to_owned());
    };
    for (before, after) in [
        ("createdBy: 'it''s' # it's\n", "createdBy: x # it's\n"),
        ("createdBy: \"a\\\" # b\"  # c \n", "createdBy: x  # c \n"),
        ("createdBy:  a#b #c\n", "createdBy: x #c\n"),
        ("createdBy: # nobody\n", "createdBy: x # nobody\n"),
        ("createdBy: ~\t# tab\n", "createdBy: x\t# tab\n"),
        ("createdBy: 'a' \n", "createdBy: x\n"),
        ("createdBy: 'a\n  b' # lost\n", "createdBy: x\n"),
        ("'createdBy' : a # b\n", "'createdBy': x # b\n"),
    ] {
        assert_eq!(edited(before, change), format!("{after}resource: z\n"));
    }
}

#[test]
fn a_new_key_goes_behind_its_neighbour_of_the_schema() {
    let change = |card: &mut Card| {
        card.lease = Some(lease());
        card.updated_at = Instant::from_ms(0);
        card.priority = Priority::High;
        card.revision = 1;
    };
    assert_eq!(
        edited(
            "routing: {agent: swe}\n# c\nmetadata: {}\nlast: 1\n",
            change
        ),
        "priority: high\nrouting: {agent: swe}\nlease:\n  agent: swe\n  \
         acquiredAt: 1970-01-01T00:00:00.000Z\n  expiresAt: 1970-01-01T00:10:00.000Z\n  \
         renewCount: 0\n  attempt: 1\n# c\nmetadata: {}\nrevision: 1\nlast: 1\n",
    );
}

#[test]
fn a_removed_key_takes_its_block_along() {
    let fields = "lease:\n  agent: swe\n  acquiredAt: 2026-02-17T00:00:00Z\n  \
                  expiresAt: 2026-02-17T00:00:00Z\n\n# next\nresource: /w # why\nodd: 1\n";
    let change = |card: &mut Card| {
        card.lease = None;
        card.resource = None;
    };
    assert_eq!(edited(fields, change), "\n# next\nodd: 1\n");
}

#[test]
fn unknown_keys_inside_routing_and_lease_are_kept() {
    let fields = "routing: {role: r, odd: ['1', 1], workflow: w, tags: []}\n";
    let change = |card: &mut Card| card.routing.tags = vec!["x".to_owned()];
    assert_eq!(
        edited(fields, change),
        "routing:\n  role: r\n  tags:\n    - x\n  odd:\n    - \"1\"\n    - 1\n  workflow: w\n",
    );
}

#[test]
fn metadata_that_stays_keeps_its_order_and_its_way_of_writing() {
    let fields = "metadata:\n  z: 1.50\n  gone: 1\n  b: '2'\n  a: 0x1F\n  n: ~\n";
    let change = |card: &mut Card| {
        card.metadata.remove("gone");
        card.metadata.insert("attempts".to_owned(), json!(1));
        card.metadata.insert("b".to_owned(), json!("x: y"));
    };
    assert_eq!(
        edited(fields, change),
        "metadata:\n  z: 1.50\n  b: \"x: y\"\n  a: 0x1F\n  n: ~\n  attempts: 1\n",
    );
}

#[test]
fn text_behind_a_block_scalar_does_not_become_part_of_it() {
    let fields = "createdBy: |+\n  me\n\n# c\nodd: 1\n";
    let change = |card: &mut Card| card.parent_id = TaskId::parse("TASK-2026-02-17-001").ok();
    assert_eq!(
        edited(fields, change),
        "createdBy: |+\n  me\n\nparentId: TASK-2026-02-17-001\n# c\nodd: 1\n",
    );
}

#[test]
fn a_frontmatter_in_one_flow_mapping_is_written_anew() {
    let text = format!(
        "---\n{{odd: [x, {{y: 'z'}}], id: {ID}, schemaVersion: 1, title: Old, status: \
         ready}}\n---\n"
    );
    let document = parse(&text);
    let next = Card {
        title: "New".to_owned(),
        ..document.card().clone()
    };
    let result = rendered(&document, &next);
    assert!(result.starts_with(&format!("---\nschemaVersion: 1\nid: {ID}\ntitle: New\n")));
    assert!(result.ends_with("odd:\n  - x\n  - y: z\n---\n"), "{result}");
    assert_eq!(parse(&result).card(), &next);
}

#[test]
fn line_ends_of_the_file_are_used_for_what_is_new() {
    let text = card_text("").replace('\n', "\r\n");
    let document = parse(&text);
    let mut next = document.card().clone();
    next.body = "one\ntwo\n".to_owned();
    next.depends_on = vec![TaskId::parse("TASK-2026-02-17-001").unwrap()];
    let result = rendered(&document, &next);
    assert_eq!(result.matches('\n').count(), result.matches("\r\n").count());
    assert_eq!(parse(&result).card(), &next);
}

#[test]
fn a_missing_line_end_at_the_end_stays_missing() {
    let text = card_text("").trim_end().to_owned();
    let document = parse(&text);
    let next = Card {
        status: Status::Blocked,
        ..document.card().clone()
    };
    assert_eq!(rendered(&document, &next), text.replace("ready", "blocked"));
}

#[test]
fn plain_text_that_only_flow_style_carries_is_quoted_in_block_style() {
    let fields = "metadata: {a: |\n}\n";
    let change = |card: &mut Card| {
        card.metadata.insert("b".to_owned(), json!(1));
    };
    assert_eq!(edited(fields, change), "metadata:\n  a: \"|\"\n  b: 1\n");
}
