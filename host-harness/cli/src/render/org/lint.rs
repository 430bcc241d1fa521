//! What is wrong with a chart, two lines each, and the verdict.

use crate::render::style::{BAD, DIM, GOOD, WARN};
use crate::render::text::{clean, counted};
use crate::shape::org::{ChartFinding, Lint};

/// Everything, errors first.
pub fn all(lint: &Lint) -> String {
    let mut text = findings(&lint.findings);
    let (errors, warnings) = (
        counted(lint.errors, "error"),
        counted(lint.warnings, "warning"),
    );
    text += &format!("{}: {errors}, {warnings}\n", clean(&lint.path));
    if lint.dropped > 0 {
        text += &format!("{} are not shown\n", counted(lint.dropped, "more finding"));
    }
    text
}

/// Whether the scheduler can use the chart, and if not, why.
pub fn verdict(lint: &Lint) -> String {
    let path = clean(&lint.path);
    let mut text = findings(&lint.findings);
    let Some(counts) = lint.counts.as_ref().filter(|_| lint.errors == 0) else {
        return text + &format!("{BAD}{path} cannot be used{BAD:#}\n");
    };
    let of = |key: &str, noun: &str| counted(counts.get(key).copied().unwrap_or_default(), noun);
    text += &format!(
        "{GOOD}{path} can be used{GOOD:#}: {}, {}, {}, {}\n",
        of("agents", "agent"),
        of("teams", "team"),
        of("roles", "role"),
        of("routing", "routing rule"),
    );
    if let Some(template) = &lint.template {
        text += &format!("{DIM}template {}{DIM:#}\n", clean(template));
    }
    text
}

fn findings(findings: &[ChartFinding]) -> String {
    findings.iter().map(finding).collect()
}

fn finding(finding: &ChartFinding) -> String {
    let (style, word) = match finding.level.as_str() {
        "error" => (BAD, "error"),
        _ => (WARN, "warn "),
    };
    let (place, rule) = (clean(&finding.location), clean(&finding.rule));
    let (message, code) = (clean(&finding.message), clean(&finding.code));
    let mut text =
        format!("{style}{word}{style:#}  {place}: {message} {DIM}[{rule}, {code}]{DIM:#}\n");
    if !finding.hint.is_empty() {
        text += &format!("       {GOOD}hint{GOOD:#} {}\n", clean(&finding.hint));
    }
    text
}
