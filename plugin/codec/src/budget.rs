//! Budgets, as cards, projects, org charts and settings write them.
//!
//! Never says whose they are. Invariant: every budget that comes out has a limit.

use aof_core::budget::{ALERT_AT_PERCENT_DEFAULT, BUDGETS_MAX, Budget, LIMIT_MAX, Window};

use crate::finding::Findings;
use crate::schema::Shape::{Choice, Integer, List, Map};
use crate::schema::{Field, Schema, Shape, closed, open, optional};
use crate::yaml::{Entry, Kind, Node};

const TOKENS: Field = optional("tokensMax", Integer(0, LIMIT_MAX)).about("tokens read and written");
const COST: Field =
    optional("costMicrosMax", Integer(0, LIMIT_MAX)).about("cost in millionths of the currency");
const ALERT: Field = optional("alertAtPercent", Integer(1, 100))
    .about("per cent of it at which people are told; 80 unless given");

/// One budget of a list.
const BUDGET: Schema = closed(&[
    TOKENS,
    COST,
    optional("window", Choice(&Window::NAMES)).about("within which time, in UTC; all unless given"),
    ALERT,
]);
/// A list of budgets.
pub(crate) const BUDGETS: Shape = List(&Map(&BUDGET));
/// The budget of a task, which is for all of its runs.
pub(crate) const CARD_BUDGET: Schema = open(&[TOKENS, COST, ALERT]);

/// The budgets of a checked node.
pub(crate) fn budgets(node: &Node<'_>, findings: &mut Findings<'_>) -> Vec<Budget> {
    let Some(list) = node.get("budgets") else {
        return Vec::new();
    };
    let items = list.items();
    if items.len() > BUDGETS_MAX {
        let message = format!("`budgets` has {} entries, over {BUDGETS_MAX}", items.len());
        let hint = "keep those that are the first to be spent";
        findings.error(findings.codes.value, list.start, message, hint);
    }
    let read = items.iter().filter_map(|item| {
        let window = item.get("window").and_then(|it| Window::parse(it.text()?));
        Some(Budget {
            window: window.unwrap_or_default(),
            ..budget(item, findings)?
        })
    });
    read.collect()
}

/// One checked budget, for all time: that of a task has no window.
pub(crate) fn budget(node: &Node<'_>, findings: &mut Findings<'_>) -> Option<Budget> {
    let number = |key| node.get(key)?.integer();
    let (tokens_max, cost_micros_max) = (number("tokensMax"), number("costMicrosMax"));
    if tokens_max.is_none() && cost_micros_max.is_none() {
        // What is not a budget at all, or was meant as a limit, was reported by the check.
        let is_limit = |entry: &Entry<'_>| {
            !entry.value.is_null() && !["window", "alertAtPercent"].contains(&&*entry.key)
        };
        let is_map = matches!(node.kind, Kind::Map(_));
        if is_map && !node.entries().iter().any(is_limit) {
            let message = "a budget has no limit".to_owned();
            let hint = "add `tokensMax` or `costMicrosMax`";
            findings.error(findings.codes.missing, node.start, message, hint);
        }
        return None;
    }
    Some(Budget {
        tokens_max,
        cost_micros_max,
        window: Window::default(),
        alert_at_percent: number("alertAtPercent")
            .and_then(|percent| u8::try_from(percent).ok())
            .unwrap_or(ALERT_AT_PERCENT_DEFAULT),
    })
}

#[cfg(test)]
mod tests {
    use aof_core::diagnostic::Diagnostic;

    use super::*;
    use crate::{parse_card, parse_org_chart, parse_project, parse_settings};

    type Told = (&'static str, u32, String, String);

    fn told(findings: Vec<Diagnostic>) -> Vec<Told> {
        let told = findings.into_iter();
        told.map(|it| (it.code, it.line, it.message, it.hint))
            .collect()
    }

    fn settings(text: &str) -> Result<Vec<Budget>, Vec<Told>> {
        let parsed = parse_settings("aof.yaml", text.as_bytes(), None);
        parsed.map(|(it, _)| it.budgets).map_err(told)
    }

    fn project(text: &str) -> Result<Vec<Budget>, Vec<Told>> {
        let text = format!("id: p\n{text}");
        let parsed = parse_project("projects/p/project.yaml", text.as_bytes());
        parsed.map(|(it, _)| it.budgets).map_err(told)
    }

    fn agent(text: &str) -> Result<Vec<Budget>, Vec<Told>> {
        let text = format!(
            "schemaVersion: 1\nagents:\n- id: a\n  name: A\n  {}",
            indented(text)
        );
        let parsed = parse_org_chart("org/org-chart.yaml", text.as_bytes());
        let first = |chart: aof_core::org::OrgChart| chart.agents.iter().next().cloned();
        parsed
            .map(|(it, _)| first(it).unwrap().budgets)
            .map_err(told)
    }

    fn team(text: &str) -> Result<Vec<Budget>, Vec<Told>> {
        let head = "schemaVersion: 1\nagents: []\nteams:\n- id: t\n  name: T\n  ";
        let text = format!("{head}{}", indented(text));
        let parsed = parse_org_chart("org/org-chart.yaml", text.as_bytes());
        let first = |chart: aof_core::org::OrgChart| chart.teams.iter().next().cloned();
        parsed
            .map(|(it, _)| first(it).unwrap().budgets)
            .map_err(told)
    }

    fn indented(text: &str) -> String {
        text.replace('\n', "\n  ")
    }

    type Read = fn(&str) -> Result<Vec<Budget>, Vec<Told>>;

    const PLACES: [(&str, Read, u32); 4] = [
        ("aof.yaml", settings, 0),
        ("project.yaml", project, 1),
        ("agent", agent, 4),
        ("team", team, 5),
    ];

    #[test]
    fn budgets_are_read_the_same_everywhere() {
        let text = "budgets:\n- {tokensMax: 5, window: day, alertAtPercent: 50}\n\
                    - costMicrosMax: 1000000000000000\n";
        let expected = [
            Budget {
                tokens_max: Some(5),
                cost_micros_max: None,
                window: Window::Day,
                alert_at_percent: 50,
            },
            Budget {
                tokens_max: None,
                cost_micros_max: Some(1_000_000_000_000_000),
                window: Window::Total,
                alert_at_percent: 80,
            },
        ];
        for (place, read, _) in PLACES {
            assert_eq!(read(text), Ok(expected.to_vec()), "{place}");
            assert_eq!(read("budgets: []\n"), Ok(Vec::new()), "{place}");
        }
    }

    #[test]
    fn a_budget_that_is_wrong_is_refused_with_its_place() {
        for (item, message, hint) in [
            (
                "{window: day}",
                "a budget has no limit",
                "add `tokensMax` or `costMicrosMax`",
            ),
            (
                "{tokensMx: 5}",
                "budgets.tokensMx`",
                "did you mean `tokensMax`?",
            ),
            ("{tokensMax: -1}", "budgets.tokensMax` must be", ""),
            ("{tokensMax: 1.5}", "budgets.tokensMax` must be", ""),
            (
                "{costMicrosMax: 1000000000000001}",
                "budgets.costMicrosMax` must be",
                "",
            ),
            (
                "{tokensMax: 5, window: year}",
                "budgets.window` must be",
                "",
            ),
            (
                "{tokensMax: 5, alertAtPercent: 0}",
                "budgets.alertAtPercent` must be",
                "",
            ),
            (
                "{tokensMax: 5, alertAtPercent: 101}",
                "budgets.alertAtPercent` must be",
                "",
            ),
        ] {
            for (place, read, lines) in PLACES {
                let findings = read(&format!("budgets:\n- {item}\n")).unwrap_err();
                let found = findings.iter().find(|it| it.2.contains(message));
                let found = found.unwrap_or_else(|| panic!("{place} {item}: {findings:?}"));
                assert_eq!(found.1, lines + 2, "{place} {item}");
                assert!(found.3.contains(hint), "{place} {item}: {}", found.3);
            }
        }
    }

    #[test]
    fn eight_budgets_are_enough_for_anybody() {
        for (count, is_allowed) in [(8, true), (9, false)] {
            let text = format!("budgets:\n{}", "- {tokensMax: 1}\n".repeat(count));
            for (place, read, _) in PLACES {
                assert_eq!(read(&text).is_ok(), is_allowed, "{place} {count}");
            }
        }
    }

    #[test]
    fn a_task_has_one_budget() {
        let card = |budget: &str| {
            let text = format!(
                "---\nschemaVersion: 2\nid: TASK-2026-02-17-001\ntitle: t\nstatus: ready\n\
                 {budget}\n---\n"
            );
            let parsed = parse_card("TASK-2026-02-17-001.md", text.as_bytes());
            parsed.map(|it| it.card().budget).map_err(told)
        };
        let one = Budget {
            tokens_max: Some(5),
            cost_micros_max: Some(6),
            window: Window::Total,
            alert_at_percent: 10,
        };
        let text = "budget: {tokensMax: 5, costMicrosMax: 6, alertAtPercent: 10}";
        assert_eq!(card(text), Ok(Some(one)));
        assert_eq!(card(&text.replace('}', ", window: day}")), Ok(Some(one)));
        assert_eq!(card(""), Ok(None));
        let refused = card("budget: {alertAtPercent: 10}").unwrap_err();
        assert_eq!((refused[0].0, refused[0].1), ("AOF-1102", 6));
        assert!(card("budget: {tokensMax: many}").is_err());
    }
}
