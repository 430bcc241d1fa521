//! How modules look: what they open with, what they are called, what a map may hold.
//!
//! Judges names and outlines, never what the code does.

use syn::visit::{self, Visit};

use super::assert_none;
use super::tree;

/// Names that say nothing about what is inside.
const HOLLOW: [&str; 9] = [
    "util", "utils", "helper", "helpers", "manager", "common", "data", "info", "misc",
];

#[test]
fn every_module_opens_with_what_it_is_for() {
    let sources = tree::rust();
    let bare = sources
        .iter()
        .filter(|source| !source.text.starts_with("//! "));
    let scripts = tree::script();
    let bare_scripts = scripts
        .iter()
        .filter(|source| !source.text.starts_with("// "));
    let findings: Vec<String> = bare
        .chain(bare_scripts)
        .map(|source| source.path.clone())
        .collect();
    assert_none("a module opens with what it is for", &findings);
}

#[test]
fn no_module_has_a_name_that_says_nothing() {
    let mut findings = Vec::new();
    for source in tree::rust() {
        let parts = source.path.trim_end_matches(".rs").split('/');
        if parts.clone().any(|part| HOLLOW.contains(&part)) {
            findings.push(source.path.clone());
        }
        for (at, line) in source.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            let name = match words.as_slice() {
                ["mod", name, ..] | [_, "mod", name, ..] => name.trim_end_matches(';'),
                _ => continue,
            };
            if HOLLOW.contains(&name) {
                findings.push(format!("{}:{at}: `{name}`", source.path));
            }
        }
    }
    assert_none("a module is called after what it holds", &findings);
}

#[test]
fn maps_hold_no_logic() {
    let mut findings = Vec::new();
    for source in tree::rust() {
        let name = source.path.rsplit('/').next().unwrap_or_default();
        if !matches!(name, "lib.rs" | "mod.rs") || source.path.starts_with("tests/guests/") {
            continue;
        }
        let file = syn::parse_file(&source.text).expect("the file parses");
        let is_map = |item: &syn::Item| matches!(item, syn::Item::Mod(_) | syn::Item::Use(_));
        if !file.items.iter().all(is_map) {
            findings.push(source.path.clone());
        }
    }
    assert_none("`lib.rs` and `mod.rs` hold `mod` and `use` only", &findings);
}

#[test]
fn no_lint_is_silenced_without_a_reason() {
    let mut findings = Vec::new();
    for source in tree::rust() {
        let file = syn::parse_file(&source.text).expect("the file parses");
        let mut watch = Silences {
            path: &source.path,
            findings: &mut findings,
        };
        watch.visit_file(&file);
    }
    assert_none("a silenced lint says why", &findings);
}

struct Silences<'a> {
    path: &'a str,
    findings: &'a mut Vec<String>,
}

impl<'ast> Visit<'ast> for Silences<'_> {
    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        let path = attribute.path();
        if let syn::Meta::List(list) = &attribute.meta
            && (path.is_ident("allow") || path.is_ident("expect"))
            && !list.tokens.to_string().contains("reason =")
        {
            let line = attribute.pound_token.spans[0].start().line;
            self.findings.push(format!("{}:{line}", self.path));
        }
        visit::visit_attribute(self, attribute);
    }
}
