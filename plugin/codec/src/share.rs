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
    optional("maxConcurrent", Integer(1, CONCURRENT_MAX)),
    optional("minIntervalMs", Integer(0, INTERVAL_MS_MAX)),
    optional("weight", Integer(1, WEIGHT_MAX)),
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
