//! What is wrong in a chart: every rule looks at the whole chart and tells all that it finds.
//!
//! Never looks outside the chart and never stops early. Places are paths through the chart; where
//! they stand in a file is for those who read files. Source: AOF 1.20, "Lint rules", without its
//! false alarms, and the gaps that were found in it.

mod delegation;
mod identity;
mod memory;
mod murmur;
mod place;
mod reach;
mod reference;
mod ring;
mod role;
mod routing;
mod rule;
mod tree;

pub use place::{Place, Step};
pub use rule::{LintRule, Nature};

use crate::diagnostic::Level;

use super::OrgChart;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// The rule that it breaks.
    pub rule: LintRule,
    /// How bad it is.
    pub level: Level,
    /// Where it is.
    pub place: Place,
    /// What is wrong: a lower-case fragment.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl Issue {
    fn new(rule: LintRule, place: Place, message: String, hint: &str) -> Self {
        Issue {
            rule,
            level: rule.level(),
            place,
            message,
            hint: hint.to_owned(),
        }
    }
}

/// Names in one message; more are only counted.
const NAMES_SHOWN: usize = 6;

/// Longest piece of a chart that a message repeats, in characters.
const EXCERPT_CHARS: usize = 60;

/// A piece of the chart, cut and made harmless, for a message.
fn excerpt(text: &str) -> String {
    let mut short: String = text
        .chars()
        .take(EXCERPT_CHARS)
        .flat_map(char::escape_debug)
        .collect();
    if text.chars().nth(EXCERPT_CHARS).is_some() {
        short.push('…');
    }
    short
}

/// The first few names, and how many more there are.
fn listed(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(NAMES_SHOWN).map(String::as_str).collect();
    match names.len().saturating_sub(NAMES_SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Everything that is wrong in a chart, rule by rule.
#[must_use]
pub fn lint(chart: &OrgChart) -> Vec<Issue> {
    let checks: [fn(&OrgChart) -> Vec<Issue>; 9] = [
        identity::issues,
        reference::issues,
        tree::issues,
        routing::issues,
        role::issues,
        reach::issues,
        delegation::issues,
        murmur::issues,
        memory::issues,
    ];
    checks.iter().flat_map(|check| check(chart)).collect()
}
