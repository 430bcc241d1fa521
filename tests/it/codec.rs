//! Bad cards and charts: each is refused with a code, a place and a hint; nothing panics.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail loudly"
)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use aof_codec::{
    CARD_BYTES_MAX, FINDINGS_MAX, FRONTMATTER_BYTES_MAX, new_card, parse_card, parse_org_chart,
    parse_project, parse_settings,
};
use aof_core::diagnostic::{Diagnostic, Level};

const PATH: &str = "tasks/ready/TASK-2026-02-17-k7Qm2xYz.md";
const HEAD: &str = "schemaVersion: 1\nid: TASK-2026-02-17-k7Qm2xYz\ntitle: A card\nstatus: ready\n";

fn corpus() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/cards");
    let mut files: Vec<PathBuf> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    files.sort();
    files
}

fn report(findings: &[Diagnostic]) -> String {
    let mut text = String::new();
    for finding in findings {
        let level = if finding.level == Level::Error {
            "error"
        } else {
            "warning"
        };
        let (line, column) = (finding.line, finding.column);
        let (code, message) = (finding.code, &finding.message);
        writeln!(text, "{level} {code} {line}:{column} {message}").unwrap();
        writeln!(text, "    {}", finding.hint).unwrap();
    }
    text
}

/// The findings of a refused card, checked for what holds for all of them.
fn refused(name: &str, bytes: &[u8]) -> Vec<Diagnostic> {
    let findings = parse_card(PATH, bytes)
        .err()
        .unwrap_or_else(|| panic!("accepted: {name}"));
    assert!((1..=FINDINGS_MAX).contains(&findings.len()), "{name}");
    assert_eq!(
        findings.first().map(|finding| finding.level),
        Some(Level::Error),
        "{name}"
    );
    for finding in &findings {
        assert!(finding.code.starts_with("AOF-11"), "{name}: {finding}");
        assert!(!finding.hint.is_empty(), "{name}: {finding}");
        assert!(finding.message.len() < 400, "{name}: {finding}");
        assert_eq!(finding.path, PATH, "{name}");
    }
    findings
}

#[test]
fn every_bad_card_is_refused_as_expected() {
    let is_accepting = std::env::var_os("AOF_ACCEPT").is_some();
    let files = corpus();
    assert!(files.len() >= 30, "the corpus has {} cards", files.len());
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let found = report(&refused(&name, &std::fs::read(&file).unwrap()));
        let beside = file.with_extension("md.expected");
        if is_accepting {
            std::fs::write(&beside, &found).unwrap();
        }
        let expected = std::fs::read_to_string(&beside).unwrap_or_default();
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn every_expectation_has_its_card() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/cards");
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "expected")
        {
            assert!(path.with_extension("").exists(), "{}", path.display());
        }
    }
}

/// Bytes that text files carry badly, by name.
fn generated() -> Vec<(&'static str, Vec<u8>)> {
    let card = |fields: &str| format!("---\n{HEAD}{fields}---\n\nbody\n").into_bytes();
    let mut invalid = card("");
    invalid.extend([0xC3, 0x28, 0xF8]);
    let utf16: Vec<u8> = std::iter::once(0xFEFF)
        .chain("---\n".encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let bomb: String = (0..60)
        .map(|level| {
            format!(
                "x{level}: &x{level} [*x{0}, *x{0}, *x{0}]\n",
                level.max(1) - 1
            )
        })
        .collect();
    vec![
        (
            "NUL in the body",
            card("").iter().copied().chain([0]).collect(),
        ),
        ("NUL in the frontmatter", card("a: \0\n")),
        ("escape sequence in the frontmatter", card("a: \u{1b}[2J\n")),
        ("lone carriage return", card("a: 1\rb: 2\n")),
        ("byte order mark inside", card("\u{feff}a: 1\n")),
        ("invalid UTF-8", invalid),
        ("UTF-16", utf16),
        ("only zeros", vec![0; 4096]),
        ("alias bomb", card(&bomb)),
        ("undefined aliases", card(&"- *x\n".repeat(5_000))),
        ("brackets", card(&format!("a: {}\n", "[".repeat(60_000)))),
        ("braces", card(&format!("a: {}\n", "{".repeat(60_000)))),
        (
            "question marks",
            card(&format!("a:\n  {}\n", "? ".repeat(30_000))),
        ),
        ("dashes", card(&format!("a:\n  {}\n", "- ".repeat(30_000)))),
        ("quotes", card(&format!("a: {}\n", "\"".repeat(60_001)))),
        ("colons", card(&format!("a{}\n", ": ".repeat(30_000)))),
        ("nodes", card(&format!("a: [{}]\n", "a,".repeat(60_000)))),
        ("long key", card(&format!("{}\n", "k".repeat(60_000)))),
        ("duplicate keys", card(&"a: 1\n".repeat(10_000))),
        ("document storm", card(&"...\na: 1\n".repeat(5_000))),
        (
            "large frontmatter",
            card(&"#".repeat(FRONTMATTER_BYTES_MAX)),
        ),
        ("large card", vec![b'-'; CARD_BYTES_MAX + 1]),
        ("endless dashes", vec![b'-'; CARD_BYTES_MAX]),
        ("endless lines", vec![b'\n'; CARD_BYTES_MAX]),
        (
            "unterminated lines",
            ["---\n", &"a\n".repeat(400_000)].concat().into_bytes(),
        ),
    ]
}

#[test]
fn hostile_bytes_are_refused() {
    for (name, bytes) in generated() {
        refused(name, &bytes);
    }
}

#[test]
fn every_cut_and_every_flipped_bit_of_a_card_is_answered() {
    let text = format!(
        "---\n{HEAD}routing: {{agent: 'a', tags: [\"x\"]}}\nmetadata:\n  a: |\n    b\n---\n\nbody\n"
    );
    let bytes = text.as_bytes();
    for at in 0..bytes.len() {
        drop(parse_card(PATH, &bytes[..at]));
        for bit in 0..8 {
            let mut flipped = bytes.to_vec();
            flipped[at] ^= 1 << bit;
            if let Ok(document) = parse_card(PATH, &flipped) {
                let unchanged = document.render(PATH, document.card()).unwrap();
                assert_eq!(unchanged.as_bytes(), flipped);
                let again = new_card(document.card());
                assert_eq!(
                    parse_card(PATH, again.as_bytes()).unwrap().card().title,
                    document.card().title
                );
            }
        }
    }
}

#[test]
fn hostile_documents_are_refused_by_every_reader() {
    for (name, bytes) in generated() {
        let bytes = bytes.strip_prefix(b"---\n").unwrap_or(&bytes);
        assert!(
            parse_org_chart("org/org-chart.yaml", bytes).is_err(),
            "{name}"
        );
        assert!(
            parse_project("projects/a/project.yaml", bytes).is_err(),
            "{name}"
        );
        let is_blank = bytes.iter().all(|byte| *byte == b'\n');
        assert!(
            is_blank || parse_settings("aof.yaml", bytes, None).is_err(),
            "{name}"
        );
    }
}
