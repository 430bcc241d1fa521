//! The `dispatch` block of a team or a project.
//!
//! Never says whose it is.

use aof_core::share::{Share, WEIGHT_DEFAULT};

use crate::schema::Shape::Integer;
use crate::schema::{Schema, closed, optional};
use crate::yaml::Node;

/// Runs at the same time: more than any machine carries.
const CONCURRENT_MAX: u64 = 1_000;
/// Longest interval between two dispatches: a day.
const INTERVAL_MS_MAX: u64 = 86_400_000;
/// Largest weight.
const WEIGHT_MAX: u64 = 100;

/// Its keys.
pub(crate) const DISPATCH: Schema = closed(&[
    optional("maxConcurrent", Integer(1, CONCURRENT_MAX)).about("runs at the same time"),
    optional("minIntervalMs", Integer(0, INTERVAL_MS_MAX)).about("least time between two starts"),
    optional("weight", Integer(1, WEIGHT_MAX))
        .about("twice the weight, twice the starts where several compete"),
]);

/// Reads the `dispatch` of a node that was checked.
pub(crate) fn dispatch(node: &Node<'_>) -> Share {
    let number = |key| node.at(&["dispatch", key])?.integer();
    let small = |key| number(key).and_then(|number| u32::try_from(number).ok());
    Share {
        max_concurrent: small("maxConcurrent"),
        min_interval_ms: number("minIntervalMs"),
        weight: small("weight").unwrap_or(WEIGHT_DEFAULT),
    }
}

#[cfg(test)]
mod tests {
    use crate::{parse_org_chart, parse_project};

    #[test]
    fn a_share_has_its_bounds() {
        for (field, is_allowed) in [
            ("maxConcurrent: 0", false),
            ("maxConcurrent: 1", true),
            ("maxConcurrent: 1000", true),
            ("maxConcurrent: 1001", false),
            ("minIntervalMs: 0", true),
            ("minIntervalMs: 86400000", true),
            ("minIntervalMs: 86400001", false),
            ("weight: 0", false),
            ("weight: 1", true),
            ("weight: 100", true),
            ("weight: 101", false),
        ] {
            let project = format!("id: p\ndispatch: {{{field}}}\n");
            let project = parse_project("projects/p/project.yaml", project.as_bytes());
            let chart = format!(
                "schemaVersion: 1\nagents: []\nteams: [{{id: t, name: T, dispatch: {{{field}}}}}]\n"
            );
            let chart = parse_org_chart("org/org-chart.yaml", chart.as_bytes());
            assert_eq!(
                (project.is_ok(), chart.is_ok()),
                (is_allowed, is_allowed),
                "{field}"
            );
        }
    }
}
