//! Documents that must keep pace with the code: a page for each error code, a line for each event.
//!
//! Compares both ways, so that nothing is undocumented and nothing documented is gone.

use std::collections::{BTreeMap, BTreeSet};

use aof_core::event::KINDS;

use super::assert_none;
use super::tree;

/// What each page tells, besides its title.
const HEADINGS: [&str; 3] = ["## Example", "## Causes", "## Remedy"];

#[test]
fn every_error_code_has_a_page_and_every_page_a_code() {
    let in_sources = codes_in(&["plugin", "host-harness"], ".rs");
    let pages = pages();
    let mut findings = Vec::new();
    for (code, place) in &in_sources {
        if !pages.contains_key(code) {
            findings.push(format!("{code} ({place}) has no page"));
        }
    }
    for code in pages.keys().filter(|code| !in_sources.contains_key(*code)) {
        findings.push(format!("docs/errors/{code}.md: the code is not used"));
    }
    assert_none("a code and its page go together", &findings);
}

#[test]
fn error_pages_tell_example_causes_and_remedy() {
    let mut findings = Vec::new();
    for (code, text) in pages() {
        let title = text.lines().next().unwrap_or_default();
        if !title.starts_with(&format!("# {code}: ")) {
            findings.push(format!("{code}: the title is `{title}`"));
        }
        for heading in HEADINGS {
            if !text.lines().any(|line| line == heading) {
                findings.push(format!("{code}: no `{heading}`"));
            }
        }
    }
    assert_none("an error page has one form", &findings);
}

#[test]
fn the_index_of_errors_lists_each_page_under_its_title() {
    let index = tree::files("docs/errors", &["README.md"]).remove(0).text;
    let listed: BTreeSet<&str> = index
        .lines()
        .filter(|line| line.starts_with("| [AOF"))
        .collect();
    let row = |(code, text): (String, String)| {
        let title = text.lines().next().and_then(|line| line.split_once(": "));
        format!("| [{code}]({code}.md) | {} |", title.unwrap_or_default().1)
    };
    let wanted: BTreeSet<String> = pages().into_iter().map(row).collect();
    let wanted: BTreeSet<&str> = wanted.iter().map(String::as_str).collect();
    let findings: Vec<String> = wanted
        .symmetric_difference(&listed)
        .map(|line| (*line).to_owned())
        .collect();
    assert_none("docs/errors/README.md lists the pages", &findings);
}

#[test]
fn documents_name_only_codes_that_exist() {
    let in_sources = codes_in(&["plugin", "host-harness"], ".rs");
    let mut named = codes_in(&["docs"], ".md");
    named.extend(codes_in(&["tests/it"], ".rs"));
    let unknown = named
        .iter()
        .filter(|(code, _)| !in_sources.contains_key(*code));
    let findings: Vec<String> = unknown
        .map(|(code, place)| format!("{place}: {code}"))
        .collect();
    assert_none("a code that is named exists", &findings);
}

#[test]
fn every_event_is_described_and_every_description_an_event() {
    let page = tree::files("docs", &["/events.md"]).remove(0).text;
    let (_, tables) = page.split_once("\n## Tasks\n").unwrap_or_default();
    let rows = tables
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let described: BTreeSet<&str> = rows.collect();
    let listed: BTreeSet<&str> = KINDS.iter().copied().collect();
    let findings: Vec<&&str> = listed.symmetric_difference(&described).collect();
    assert!(findings.is_empty(), "docs/events.md lists {findings:?}");
    assert_eq!(listed.len(), KINDS.len(), "a type is listed once");
}

#[test]
fn every_event_that_is_emitted_is_listed_and_every_listed_one_emitted() {
    let rooms = ["plugin/core", "plugin/store", "plugin/engine"];
    let sources = rooms.iter().flat_map(|room| tree::files(room, &[".rs"]));
    let mut emitted = BTreeSet::new();
    let is_list = |source: &tree::Source| source.path.ends_with("core/src/event.rs");
    for source in sources.filter(|source| !source.is_test() && !is_list(source)) {
        let words = source.text.split('"').filter(|text| is_event(text));
        let drafts = source.text.split("EventDraft::new(").skip(1);
        let drafts =
            drafts.filter_map(|text| text.trim_start().strip_prefix('"')?.split('"').next());
        emitted.extend(words.chain(drafts).map(str::to_owned));
    }
    let listed: BTreeSet<String> = KINDS.iter().map(|kind| (*kind).to_owned()).collect();
    let findings: Vec<String> = emitted.symmetric_difference(&listed).cloned().collect();
    assert_none("aof_core::event::KINDS lists what is emitted", &findings);
}

/// Whether a text is the type of an event, or looks like one.
fn is_event(text: &str) -> bool {
    let subjects = || KINDS.iter().filter_map(|kind| kind.split_once('.'));
    let plain = |it: char| it.is_ascii_lowercase() || "._-".contains(it);
    let looks_like_one = text.split_once('.').is_some_and(|(subject, rest)| {
        let is_file = ["json", "jsonl", "yaml", "md"].contains(&rest);
        !is_file && rest.chars().all(plain) && subjects().any(|(known, _)| known == subject)
    });
    looks_like_one || KINDS.contains(&text)
}

/// Each error page, by its code.
fn pages() -> BTreeMap<String, String> {
    let pages = tree::files("docs/errors", &[".md"]);
    pages
        .into_iter()
        .filter_map(|page| {
            let name = page
                .path
                .rsplit('/')
                .next()?
                .strip_suffix(".md")?
                .to_owned();
            (name != "README").then_some((name, page.text))
        })
        .collect()
}

/// Each code that is named below `tops`, with the first place that names it.
fn codes_in(tops: &[&str], end: &str) -> BTreeMap<String, String> {
    let mut codes = BTreeMap::new();
    for source in tops.iter().flat_map(|top| tree::files(top, &[end])) {
        for (at, line) in source.lines() {
            for tail in line.split("AOF-").skip(1) {
                let digits = tail.bytes().take_while(u8::is_ascii_digit).count();
                if digits == 4 {
                    let place = format!("{}:{at}", source.path);
                    codes.entry(format!("AOF-{}", &tail[..4])).or_insert(place);
                }
            }
        }
    }
    codes
}
