//! The rules of the house as tests: what a reviewer would otherwise have to look for by eye.
//!
//! Reads the source tree as it lies on disk and builds nothing. Each test names every place that
//! breaks its rule, so that one run shows all of them.

mod bound;
mod link;
mod page;
mod room;
mod shape;
mod size;
mod tree;
mod word;

/// Fails with every finding on a line of its own.
fn assert_none(rule: &str, findings: &[String]) {
    assert!(
        findings.is_empty(),
        "{rule}; {} places break it:\n{}",
        findings.len(),
        findings.join("\n")
    );
}
