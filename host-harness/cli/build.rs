//! Notes which commit the program is built from, for whoever wants to see a failure again.
//!
//! Never fails: sources without a repository are built from commit `unknown`.

use std::path::Path;
use std::process::Command;

/// Grows with every commit.
const LOG: &str = "../../.git/logs/HEAD";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if Path::new(LOG).exists() {
        println!("cargo::rerun-if-changed={LOG}");
    }
    let commit = commit().unwrap_or_else(|| "unknown".to_owned());
    println!("cargo::rustc-env=AOF_COMMIT={commit}");
}

fn commit() -> Option<String> {
    let mut git = Command::new("git");
    let said = git
        .args(["rev-parse", "--short=12", "HEAD"])
        .output()
        .ok()?;
    let commit = String::from_utf8(said.stdout).ok()?.trim().to_owned();
    (said.status.success() && !commit.is_empty()).then_some(commit)
}
