//! The files of the project, as they lie on disk.
//!
//! Skips what is built or belongs to version control. Never follows a symbolic link.

use std::fs;
use std::path::{Path, PathBuf};

/// Directories that hold nothing of ours.
const FOREIGN: [&str; 3] = ["target", ".git", "node_modules"];

/// A text file: where it lies below the root, and what it says.
pub(super) struct Source {
    pub(super) path: String,
    pub(super) text: String,
}

impl Source {
    /// Whether it is only ever built for tests.
    pub(super) fn is_test(&self) -> bool {
        let path = &self.path;
        path.starts_with("tests/")
            || path.contains("/tests/")
            || path.ends_with("/tests.rs")
            || path.ends_with("/fake.rs")
    }

    /// Its lines, counted from 1.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .map(|(at, line)| (at + 1, line))
    }
}

/// The top of the project.
pub(super) fn root() -> PathBuf {
    let tests = std::env::var("CARGO_MANIFEST_DIR").expect("cargo says where the tests lie");
    Path::new(&tests)
        .parent()
        .expect("the tests lie in the project")
        .to_owned()
}

/// Every text file below `top` whose name ends in one of `ends`, sorted by path.
pub(super) fn files(top: &str, ends: &[&str]) -> Vec<Source> {
    let root = root();
    let mut found = Vec::new();
    walk(&root.join(top), &mut found);
    let mut sources: Vec<Source> = found
        .into_iter()
        .filter(|path| ends.iter().any(|end| path.to_string_lossy().ends_with(end)))
        .filter_map(|path| {
            let text = fs::read_to_string(&path).ok()?;
            let path = path.strip_prefix(&root).expect("it lies below the root");
            Some(Source {
                path: path.to_string_lossy().into_owned(),
                text,
            })
        })
        .collect();
    sources.sort_by(|left, right| left.path.cmp(&right.path));
    sources
}

/// All Rust files.
pub(super) fn rust() -> Vec<Source> {
    files("", &[".rs"])
}

/// All JavaScript files.
pub(super) fn script() -> Vec<Source> {
    files("", &[".js", ".mjs"])
}

fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).expect("the directory can be listed") {
        let entry = entry.expect("the entry can be read");
        let kind = entry.file_type().expect("the entry has a type");
        let name = entry.file_name();
        if kind.is_file() {
            found.push(entry.path());
        } else if kind.is_dir() && !FOREIGN.iter().any(|foreign| name == *foreign) {
            walk(&entry.path(), found);
        }
    }
}
