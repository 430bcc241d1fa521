//! Who may know whom: the direction of dependencies between the rooms, and what no room of the
//! component may reach for.
//!
//! Reads manifests through `cargo metadata` without the network, and sources as syntax trees.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use syn::visit::{self, Visit};

use super::assert_none;
use super::tree;

/// What each room may depend on, of ours. Rooms below never look up.
const ROOMS: [(&str, &[&str]); 15] = [
    ("aof-core", &[]),
    ("aof-yaml", &[]),
    ("aof-codec", &["aof-core", "aof-yaml"]),
    ("aof-store", &["aof-core", "aof-codec"]),
    ("aof-engine", &["aof-core", "aof-codec", "aof-store"]),
    ("aof-front", &["aof-core", "aof-codec", "aof-store"]),
    ("aof-component", &["aof-core", "aof-engine", "aof-store"]),
    ("aof-disk", &[]),
    ("aof-disk-component", &["aof-disk"]),
    ("aof-wasi-system", &[]),
    ("aof-embedded", &[]),
    ("aof-host", &["aof-disk"]),
    // What is composed are components, as bytes.
    ("aof-compose", &["aof-host"]),
    (
        "aof-sim",
        &[
            "aof-core",
            "aof-codec",
            "aof-store",
            "aof-engine",
            "aof-disk",
            "aof-host",
        ],
    ),
    // The command reads a store of AOF 1 itself, as no component has it open.
    ("aof", &["aof-disk", "aof-host", "aof-front", "aof-sim"]),
];

/// Crates that may know everything.
const OUTSIDE: [&str; 2] = ["aof-tests", "aof-benches"];

/// Dependencies that are the business of few crates only.
const RESERVED: [(&str, &[&str]); 7] = [
    ("saphyr-parser", &["aof-yaml"]),
    ("anyhow", &["aof", "aof-compose"]),
    ("clap", &["aof"]),
    ("wac-graph", &["aof-compose"]),
    // The types of the contract's `store` are made on either side of it.
    (
        "wit-bindgen",
        &[
            "aof-component",
            "aof-disk",
            "aof-wasi-system",
            "aof-embedded",
        ],
    ),
    ("wasip2", &["aof-wasi-system", "aof-embedded"]),
    // The tests have a host of WASI.
    ("wasmtime", &["aof-host", "aof-disk", "aof-tests"]),
];

/// Modules of the standard library that the component has no use for: the world comes to it as
/// arguments.
const OUTWARD: [&str; 6] = ["env", "fs", "net", "os", "process", "thread"];

#[test]
fn dependencies_between_rooms_point_one_way() {
    let crates = crates();
    let rooms: BTreeMap<&str, &[&str]> = ROOMS.into_iter().collect();
    let mut findings = Vec::new();
    for (name, found) in &crates {
        if OUTSIDE.contains(&name.as_str()) {
            continue;
        }
        let Some(allowed) = rooms.get(name.as_str()) else {
            findings.push(format!("{name}: a room that the rules do not know"));
            continue;
        };
        let ours = found
            .dependencies
            .iter()
            .filter(|dependency| crates.contains_key(*dependency));
        for dependency in ours.filter(|dependency| !allowed.contains(&dependency.as_str())) {
            findings.push(format!("{name} depends on {dependency}"));
        }
    }
    assert_none("a room depends only on rooms below it", &findings);
}

#[test]
fn some_dependencies_stay_in_one_room() {
    let mut findings = Vec::new();
    for (name, found) in crates() {
        for (dependency, homes) in RESERVED {
            if found.dependencies.contains(dependency) && !homes.contains(&name.as_str()) {
                findings.push(format!(
                    "{name} depends on {dependency}, which is for {homes:?}"
                ));
            }
        }
    }
    assert_none("a dependency stays where it is needed", &findings);
}

/// Where a module lies that a file takes in from outside its own crate.
fn borrowed_directory(source: &tree::Source) -> Option<String> {
    let (_, rest) = source.text.split_once("#[path = \"../")?;
    let (path, _) = rest.split_once('"')?;
    let mut top = Path::new(&source.path).parent()?.parent()?;
    let mut below = path;
    while let Some(rest) = below.strip_prefix("../") {
        (top, below) = (top.parent()?, rest);
    }
    let directory = top.join(below);
    Some(directory.parent()?.to_str()?.to_owned())
}

#[test]
fn every_dependency_is_used() {
    let mut findings = Vec::new();
    let crates = crates();
    for (name, found) in &crates {
        let mut sources = tree::files(&found.directory, &[".rs"]);
        let borrowed: Vec<String> = sources.iter().filter_map(borrowed_directory).collect();
        sources.extend(borrowed.iter().flat_map(|at| tree::files(at, &[".rs"])));
        for dependency in &found.dependencies {
            let word = dependency.replace('-', "_");
            if !sources.iter().any(|source| names(&source.text, &word)) {
                findings.push(format!(
                    "{name} depends on {dependency} and does not use it"
                ));
            }
        }
    }
    let manifest = &tree::files("", &["Cargo.toml"]).remove(0);
    let shared = manifest
        .text
        .split("[workspace.dependencies]")
        .nth(1)
        .unwrap_or_default();
    let shared = shared.split("\n[").next().unwrap_or_default();
    let names = shared.lines().filter_map(|line| line.split_once(" = "));
    for (name, _) in names.filter(|(name, _)| !name.starts_with([' ', '#'])) {
        if !crates
            .values()
            .any(|found| found.dependencies.contains(name))
        {
            findings.push(format!("{}: nobody depends on {name}", manifest.path));
        }
    }
    assert_none("a dependency has a use", &findings);
}

#[test]
fn the_component_reaches_for_nothing_outside() {
    let mut findings = Vec::new();
    for source in tree::files("plugin", &[".rs"]) {
        let file = syn::parse_file(&source.text).expect("the file parses");
        let mut watch = Reach {
            path: &source.path,
            findings: &mut findings,
        };
        watch.visit_file(&file);
    }
    assert_none("the plugin rooms reach for nothing outside", &findings);
}

/// Whether a text has this word, not as a part of another one.
fn names(text: &str, word: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    text.match_indices(word).any(|(at, _)| {
        let (before, rest) = text.split_at(at);
        !before.ends_with(is_part) && !rest[word.len()..].starts_with(is_part)
    })
}

/// A crate of the workspace.
struct Found {
    /// Where it lies, below the root.
    directory: String,
    /// All its dependencies, those for tests and builds included.
    dependencies: BTreeSet<String>,
}

/// Every crate of the workspace, by name.
fn crates() -> BTreeMap<String, Found> {
    let root = tree::root();
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
        ])
        .current_dir(&root)
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    let text = |value: &Value| value["name"].as_str().expect("it has a name").to_owned();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    list(&metadata["packages"])
        .iter()
        .map(|package| {
            let manifest = Path::new(package["manifest_path"].as_str().expect("it has a path"));
            let directory = manifest
                .parent()
                .and_then(|dir| dir.strip_prefix(&root).ok());
            let directory = directory.expect("it lies in the project").to_string_lossy();
            let dependencies = list(&package["dependencies"]).iter().map(text).collect();
            (
                text(package),
                Found {
                    directory: directory.into_owned(),
                    dependencies,
                },
            )
        })
        .collect()
}

struct Reach<'a> {
    path: &'a str,
    findings: &'a mut Vec<String>,
}

impl Reach<'_> {
    fn judge(&mut self, segments: &[String], line: usize) {
        let names: Vec<&str> = segments.iter().map(String::as_str).collect();
        let is_outward = match names.as_slice() {
            ["std", module, ..] if OUTWARD.contains(module) => true,
            ["std", "time", rest @ ..] => rest.iter().any(|name| is_clock(name)),
            _ => false,
        };
        if is_outward {
            self.findings
                .push(format!("{}:{line}: `{}`", self.path, names.join("::")));
        }
    }

    fn tree(&mut self, prefix: &mut Vec<String>, tree: &syn::UseTree) {
        match tree {
            syn::UseTree::Path(path) => {
                prefix.push(path.ident.to_string());
                self.tree(prefix, &path.tree);
                prefix.pop();
            }
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.tree(prefix, tree);
                }
            }
            syn::UseTree::Name(syn::UseName { ident })
            | syn::UseTree::Rename(syn::UseRename { ident, .. }) => {
                prefix.push(ident.to_string());
                self.judge(prefix, ident.span().start().line);
                prefix.pop();
            }
            syn::UseTree::Glob(glob) => {
                prefix.push("Instant".to_owned());
                self.judge(prefix, glob.star_token.spans[0].start().line);
                prefix.pop();
            }
        }
    }
}

fn is_clock(name: &str) -> bool {
    matches!(name, "Instant" | "SystemTime")
}

impl<'ast> Visit<'ast> for Reach<'_> {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.tree(&mut Vec::new(), &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string())
            .collect();
        if let Some(first) = path.segments.first() {
            self.judge(&segments, first.ident.span().start().line);
        }
        visit::visit_path(self, path);
    }
}
