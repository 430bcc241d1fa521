//! Cards as bytes: read, written unchanged, written anew, and edited.

use aof_codec::{CardDocument, FINDINGS_MAX, new_card, parse_card};
use aof_core::card::Card;
use aof_core::diagnostic::{Diagnostic, Level};
use aof_core::instant::Instant;
use aof_core::status::Status;

const PATH: &str = "projects/a/tasks/ready/TASK-2026-02-17-k7Qm2xYz.md";

/// A card that is refused says why; one that is taken renders to itself, and to what reads the same
/// after an edit.
///
/// # Panics
/// If that does not hold.
pub fn card(input: &[u8]) {
    let document = match parse_card(PATH, input) {
        Ok(document) => document,
        Err(findings) => return assert_explained(&findings),
    };
    let card = document.card();
    let unchanged = document.render(PATH, card);
    assert_eq!(
        unchanged.as_deref().map(str::as_bytes),
        Ok(input),
        "unchanged"
    );
    let mut next = card.clone();
    next.status = Status::Done;
    next.lease = None;
    next.revision = card.revision.saturating_add(1);
    next.updated_at = Instant::from_ms(1_771_322_400_000);
    next.content_hash = None;
    assert_becomes(&document, &next);
    next.body.push_str("\n---\nmore: 1\n---\n");
    assert_becomes(&document, &next);
    let anew = parse_card(PATH, new_card(card).as_bytes());
    let anew = anew.unwrap_or_else(|findings| panic!("what we wrote anew: {findings:?}"));
    assert_eq!(anew.card().title, card.title);
    assert_eq!(anew.card().metadata, card.metadata);
    assert_eq!(anew.card().body, card.body);
}

pub(super) fn assert_explained(findings: &[Diagnostic]) {
    assert!((1..=FINDINGS_MAX).contains(&findings.len()));
    let is_error = |finding: &Diagnostic| finding.level == Level::Error;
    assert!(findings.iter().any(is_error), "refused without an error");
    for finding in findings {
        assert!(finding.code.starts_with("AOF-11"), "{finding}");
        assert!(!finding.hint.is_empty(), "{finding}");
        assert!(finding.message.len() <= 1_000, "{finding}");
    }
}

/// Text may grow past a limit by an edit; apart from that it can be read, and says what it should.
fn assert_becomes(document: &CardDocument, next: &Card) {
    match document.render(PATH, next) {
        Ok(text) => match parse_card(PATH, text.as_bytes()) {
            Ok(document) => assert_eq!(document.card(), next),
            Err(findings) => panic!("what we wrote: {findings:?}"),
        },
        Err(findings) => {
            let is_size = |finding: &Diagnostic| finding.code == "AOF-1104";
            assert!(findings.iter().any(is_size), "what we write: {findings:?}");
        }
    }
}
