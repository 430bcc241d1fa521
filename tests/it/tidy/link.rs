//! Links between documents: each leads to a file that is there, and to a heading that is in it.
//!
//! Looks at relative links only; where others lead is for people to check.

use std::fs;

use super::assert_none;
use super::tree::{self, Source};

#[test]
fn links_between_documents_lead_somewhere() {
    let mut findings = Vec::new();
    for page in tree::files("", &[".md"]) {
        if page.path.starts_with("tests/corpus/") {
            continue;
        }
        for link in links(&page) {
            if let Some(problem) = problem(&page, &link) {
                findings.push(format!("{}: `{link}` {problem}", page.path));
            }
        }
    }
    assert_none("a link leads somewhere", &findings);
}

fn links(page: &Source) -> Vec<String> {
    let targets = page.text.split("](").skip(1);
    let targets = targets.filter_map(|rest| rest.split(')').next());
    targets
        .filter(|target| !target.contains("://"))
        .map(str::to_owned)
        .collect()
}

fn problem(page: &Source, link: &str) -> Option<&'static str> {
    let (file, heading) = link.split_once('#').unwrap_or((link, ""));
    let root = tree::root();
    let here = root.join(&page.path);
    let folder = here.parent().expect("it lies in a folder");
    let target = if file.is_empty() {
        here.clone()
    } else {
        folder.join(file)
    };
    if !target.exists() {
        return Some("leads to no file");
    }
    if heading.is_empty() {
        return None;
    }
    let text = fs::read_to_string(&target).expect("the file can be read");
    let titles = text.lines().filter(|line| line.starts_with('#'));
    let is_there = titles.map(anchor).any(|anchor| anchor == heading);
    (!is_there).then_some("leads to no heading")
}

/// The anchor of a heading, as renderers of Markdown make it.
fn anchor(heading: &str) -> String {
    let title = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = title
        .chars()
        .filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
    kept.map(|letter| if letter == ' ' { '-' } else { letter })
        .collect()
}
