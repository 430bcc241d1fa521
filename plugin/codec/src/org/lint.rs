//! What is wrong in an org chart, with the place in the file; and the chart, if it can be used.
//!
//! Invariant: in a chart that comes out every name that is used is declared, and declared once.

use aof_core::diagnostic::{Diagnostic, Level};
use aof_core::order;
use aof_core::org::OrgChart;
use aof_core::org::lint::{Issue, LintRule, Nature, Place, Step, lint};

use crate::document::{Parsed, tree};
use crate::finding::{Findings, NO_EFFECT};
use crate::yaml::{Mark, Node};

use super::form::{CODES, CONTRADICTION, DUPLICATE, REFERENCE};
use super::read::read;

/// Most findings of one lint of a chart.
pub const CHART_FINDINGS_MAX: usize = 200;

/// What the schema, not a rule, finds.
const SCHEMA: &str = "schema";
/// A field that is kept and not acted upon.
const WITHOUT_EFFECT: &str = "no-effect";

/// One finding of a lint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChartFinding {
    /// The rule that is broken; `schema` or `no-effect` for what the format says.
    pub rule: &'static str,
    /// The field, as a path of names; empty if only the place in the file is known.
    pub field: String,
    /// What, where, how bad, and what to do.
    pub diagnostic: Diagnostic,
}

/// What a lint finds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChartReport {
    /// The chart, if the scheduler can use it.
    pub chart: Option<OrgChart>,
    /// Errors first, each kind in file order.
    pub findings: Vec<ChartFinding>,
    /// Findings that were too many to be kept.
    pub dropped: usize,
}

impl ChartReport {
    /// How many findings of that level are kept.
    #[must_use]
    pub fn count(&self, level: Level) -> usize {
        let of_level = |finding: &&ChartFinding| finding.diagnostic.level == level;
        self.findings.iter().filter(of_level).count()
    }
}

/// Reads an org chart for the scheduler; the warnings come with it, among them the errors of the
/// lint that it can live with.
///
/// # Errors
/// All findings of the file, at most [`crate::FINDINGS_MAX`], at least one of them an error.
pub fn parse_org_chart(path: &str, bytes: &[u8]) -> Parsed<OrgChart> {
    let mut findings = Findings::new(path, &CODES);
    let chart = tree(bytes, &mut findings).map(|root| {
        let draft = read(&root, &mut findings);
        let issues = draft.is_whole.then(|| lint(&draft.chart));
        for issue in issues.unwrap_or_default() {
            let at = mark_of(&root, &issue.place);
            match issue.rule.nature() {
                Nature::Reference => findings.error(REFERENCE, at, issue.message, &issue.hint),
                Nature::Duplicate => findings.error(DUPLICATE, at, issue.message, &issue.hint),
                Nature::Contradiction if issue.level == Level::Error => {
                    findings.warn(CONTRADICTION, at, issue.message, &issue.hint);
                }
                Nature::Contradiction => {}
            }
        }
        draft.chart
    });
    findings.conclude(chart)
}

/// Finds everything that is wrong in an org chart, in one go. Keys that the format does not know
/// are taken for as bad as the caller says.
#[must_use]
pub fn lint_org_chart(path: &str, bytes: &[u8], unknown_keys: Level) -> ChartReport {
    let findings = Findings::new(path, &CODES).keep(CHART_FINDINGS_MAX);
    let mut findings = findings.judge_unknown_keys(unknown_keys);
    let tree = tree(bytes, &mut findings);
    let draft = tree.as_ref().map(|root| read(root, &mut findings));
    let issues = match &draft {
        Some(draft) if draft.is_whole => lint(&draft.chart),
        _ => Vec::new(),
    };
    if tree.is_none() {
        findings.expect_error();
    }
    let is_usable = |issue: &Issue| issue.rule.nature() == Nature::Contradiction;
    let is_usable = !findings.has_errors() && issues.iter().all(is_usable);
    let chart = draft.map(|draft| draft.chart).filter(|_| is_usable);
    let of_format = findings.into_all();
    let of_rules = issues.into_iter().map(|issue| located(path, &tree, issue));
    let mut all: Vec<ChartFinding> = of_format.into_iter().map(of_schema).collect();
    all.extend(of_rules);
    order::sort_by_key(&mut all, |finding| {
        let found = &finding.diagnostic;
        (
            std::cmp::Reverse(found.level),
            found.line,
            found.column,
            finding.rule,
        )
    });
    let dropped = all.len().saturating_sub(CHART_FINDINGS_MAX);
    all.truncate(CHART_FINDINGS_MAX);
    ChartReport {
        chart,
        findings: all,
        dropped,
    }
}

fn of_schema(diagnostic: Diagnostic) -> ChartFinding {
    let rule = match diagnostic.code {
        code if code == CODES.unknown => LintRule::UnknownKey.name(),
        NO_EFFECT => WITHOUT_EFFECT,
        _ => SCHEMA,
    };
    ChartFinding {
        rule,
        field: String::new(),
        diagnostic,
    }
}

fn located(path: &str, tree: &Option<Node<'_>>, issue: Issue) -> ChartFinding {
    let mark = tree.as_ref().map(|root| mark_of(root, &issue.place));
    let mark = mark.unwrap_or(Mark::NOWHERE);
    let code = match issue.rule.nature() {
        Nature::Reference => REFERENCE,
        Nature::Duplicate => DUPLICATE,
        Nature::Contradiction => CONTRADICTION,
    };
    ChartFinding {
        rule: issue.rule.name(),
        field: issue.place.to_string(),
        diagnostic: Diagnostic {
            code,
            level: issue.level,
            path: path.to_owned(),
            line: mark.line,
            column: mark.column,
            message: issue.message,
            hint: issue.hint,
        },
    }
}

/// Where a place of the chart stands in its file: the value if it is written on one line, its key
/// if it is a block, else what is around it.
fn mark_of(root: &Node<'_>, place: &Place) -> Mark {
    let mut node = root;
    let mut mark = root.start;
    for step in place.steps() {
        match step {
            Step::Key(key) => {
                let Some(entry) = node.entries().iter().find(|entry| entry.key == *key) else {
                    break;
                };
                node = &entry.value;
                let is_block = node.text().is_none() && node.start.line != entry.key_start.line;
                mark = if is_block || node.is_null() {
                    entry.key_start
                } else {
                    node.start
                };
            }
            Step::Item { at, .. } => {
                let Some(item) = node.items().get(*at) else {
                    break;
                };
                node = item;
                mark = node.start;
            }
        }
    }
    mark
}

#[cfg(test)]
mod tests;
