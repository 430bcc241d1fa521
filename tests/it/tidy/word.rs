//! What must not be written anywhere: notes to self, places of one machine, hosts of one network.
//!
//! Reads every text file that is kept, not only the sources.

use super::assert_none;
use super::tree;

/// Notes that belong into an issue. Written in two halves, or this file would break its own rule.
const NOTES: [&str; 3] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
];

/// Beginnings of paths that mean something on one machine only.
const MACHINE: [&str; 4] = [
    concat!("/wo", "rk/main"),
    concat!("/wo", "rk/shared"),
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
];

/// Hosts that may be linked to, or stand for any host in examples.
const HOSTS: [&str; 11] = [
    "json-schema.org",
    // The name of SVG, which nobody follows.
    "www.w3.org",
    "rustup.rs",
    "github.com",
    "keepachangelog.com",
    "semver.org",
    "www.apache.org",
    "doc.rust-lang.org",
    "localhost",
    "127.0.0.1",
    "host",
];

/// Left by a snapshot test that failed; never kept.
const PENDING: [&str; 2] = [".pending-snap", ".snap.new"];

const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

#[test]
fn no_note_to_self_is_left() {
    search("a note belongs into an issue", |line| {
        let mut words = line.split(|letter: char| !letter.is_alphanumeric());
        words.find(|word| NOTES.contains(word)).map(str::to_owned)
    });
}

#[test]
fn no_path_of_one_machine_is_left() {
    search("a path means something on every machine", |line| {
        MACHINE
            .iter()
            .find(|path| line.contains(**path))
            .map(|path| (*path).to_owned())
    });
}

#[test]
fn links_go_to_known_hosts() {
    search("a link goes to a known host", |line| {
        let rests = line.split("http").skip(1).filter_map(|rest| {
            rest.strip_prefix("://")
                .or_else(|| rest.strip_prefix("s://"))
        });
        let is_end = |letter: char| !(letter.is_alphanumeric() || ".-".contains(letter));
        let mut hosts = rests.filter_map(|rest| rest.split(is_end).next());
        let unknown = hosts.find(|host| !host.is_empty() && !HOSTS.contains(host));
        unknown.map(str::to_owned)
    });
}

#[test]
fn dependencies_come_from_the_public_registry() {
    let mut findings = Vec::new();
    for lock in tree::files("", &["Cargo.lock"]) {
        for (at, line) in lock.lines() {
            let source = line
                .strip_prefix("source = ")
                .map(|source| source.trim_matches('"'));
            if source.is_some_and(|source| source != REGISTRY) {
                findings.push(format!("{}:{at}: {line}", lock.path));
            }
        }
    }
    assert_none("a dependency comes from the public registry", &findings);
}

fn search(rule: &str, find: impl Fn(&str) -> Option<String>) {
    let mut findings = Vec::new();
    let sources = tree::files("", &[""]);
    let kept = |path: &str| !PENDING.iter().any(|end| path.ends_with(end));
    for source in sources.iter().filter(|source| kept(&source.path)) {
        for (at, line) in source.lines() {
            if let Some(found) = find(line) {
                findings.push(format!("{}:{at}: `{found}`", source.path));
            }
        }
    }
    assert_none(rule, &findings);
}
