//! Conditions: what must hold for a hop to run or an edge to be live.
//!
//! Never runs code and never looks at anything itself. Invariant: what is not there makes a
//! comparison false, whatever it is compared with, except that it differs from everything.

use std::cmp::Ordering;
use std::fmt;

use serde_json::{Number, Value};

use crate::json::ToLine as _;

/// Conditions within one another. Source: AOF 1.20, "Conditions".
pub const DEPTH_MAX: usize = 5;
/// Parts of one condition. Source: AOF 1.20, "Conditions".
pub const NODES_MAX: usize = 50;

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// The same value.
    Equal,
    /// Another value, or none.
    Differs,
    /// A larger number.
    Greater,
    /// A number not smaller.
    AtLeast,
    /// A smaller number.
    Less,
    /// A number not larger.
    AtMost,
}

impl Comparison {
    /// Whether what stands in this order to a value compares so with it.
    #[must_use]
    pub const fn accepts(self, order: Ordering) -> bool {
        match self {
            Comparison::Equal => order.is_eq(),
            Comparison::Differs => order.is_ne(),
            Comparison::Greater => order.is_gt(),
            Comparison::AtLeast => order.is_ge(),
            Comparison::Less => order.is_lt(),
            Comparison::AtMost => order.is_le(),
        }
    }
}

/// Something that holds or does not.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// Always, or never.
    Constant(bool),
    /// A field compares with a value.
    Compare(String, Comparison, Value),
    /// A field is one of these values.
    In(String, Vec<Value>),
    /// The task has this tag.
    HasTag(String),
    /// A hop is in this state.
    HopStatus(String, String),
    /// Somebody reported this event.
    HasEvent(String),
    /// This file is there, below the task's work.
    FileExists(String),
    /// All of them.
    And(Vec<Condition>),
    /// At least one of them.
    Or(Vec<Condition>),
    /// The opposite.
    Not(Box<Condition>),
}

/// What conditions are about.
pub trait Facts {
    /// The value of a field such as `task.priority` or `hops.review.result.score`.
    fn field(&self, path: &str) -> Option<Value>;
    /// Whether the task has a tag, wherever it was given.
    fn has_tag(&self, tag: &str) -> bool;
    /// Whether an event was reported.
    fn has_event(&self, event: &str) -> bool;
    /// Whether a file is there.
    fn has_file(&self, path: &str) -> bool;
}

impl Condition {
    /// Whether it holds; `is_in` tells whether a hop is in a state.
    pub fn holds(&self, facts: &dyn Facts, is_in: &dyn Fn(&str, &str) -> bool) -> bool {
        match self {
            Condition::Constant(holds) => *holds,
            Condition::Compare(field, how, value) => {
                compares(facts.field(field).as_ref(), *how, value)
            }
            Condition::In(field, values) => {
                let found = facts.field(field);
                found.is_some_and(|found| values.iter().any(|value| is_same(&found, value)))
            }
            Condition::HasTag(tag) => facts.has_tag(tag),
            Condition::HopStatus(hop, status) => is_in(hop, status),
            Condition::HasEvent(event) => facts.has_event(event),
            Condition::FileExists(path) => facts.has_file(path),
            Condition::And(parts) => parts.iter().all(|part| part.holds(facts, is_in)),
            Condition::Or(parts) => parts.iter().any(|part| part.holds(facts, is_in)),
            Condition::Not(part) => !part.holds(facts, is_in),
        }
    }

    /// Its parts, itself included, outermost first.
    pub fn parts(&self) -> Vec<&Condition> {
        let mut found = vec![self];
        let mut at = 0;
        while let Some(part) = found.get(at) {
            let part: &Condition = part;
            match part {
                Condition::And(parts) | Condition::Or(parts) => found.extend(parts),
                Condition::Not(inner) => found.push(inner),
                _ => {}
            }
            at += 1;
        }
        found
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let several = |f: &mut fmt::Formatter<'_>, word: &str, parts: &[Condition]| {
            for (at, part) in parts.iter().enumerate() {
                let before = if at == 0 { "" } else { word };
                match part {
                    Condition::And(_) | Condition::Or(_) => write!(f, "{before}({part})")?,
                    _ => write!(f, "{before}{part}")?,
                }
            }
            Ok(())
        };
        match self {
            Condition::Constant(holds) => write!(f, "{holds}"),
            Condition::Compare(field, how, value) => {
                let sign = match how {
                    Comparison::Equal => "=",
                    Comparison::Differs => "≠",
                    Comparison::Greater => ">",
                    Comparison::AtLeast => "≥",
                    Comparison::Less => "<",
                    Comparison::AtMost => "≤",
                };
                write!(f, "{field} {sign} {}", value.to_line())
            }
            Condition::In(field, values) => {
                write!(f, "{field} in {}", Value::from(values.clone()).to_line())
            }
            Condition::HasTag(tag) => write!(f, "the tag {tag}"),
            Condition::HopStatus(hop, status) => write!(f, "{hop} is {status}"),
            Condition::HasEvent(event) => write!(f, "the event {event}"),
            Condition::FileExists(path) => write!(f, "the file {path}"),
            Condition::And(parts) => several(f, " and ", parts),
            Condition::Or(parts) => several(f, " or ", parts),
            Condition::Not(part) => write!(f, "not ({part})"),
        }
    }
}

fn compares(found: Option<&Value>, how: Comparison, value: &Value) -> bool {
    let Some(found) = found else {
        return how == Comparison::Differs;
    };
    let ordered = || match (found, value) {
        (Value::Number(found), Value::Number(value)) => order(found, value),
        _ => None,
    };
    match how {
        Comparison::Equal => is_same(found, value),
        Comparison::Differs => !is_same(found, value),
        _ => ordered().is_some_and(|order| how.accepts(order)),
    }
}

/// Numbers are the same if they are as large: `1` is `1.0`.
fn is_same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => order(left, right) == Some(Ordering::Equal),
        _ => left == right,
    }
}

/// Whole numbers are compared exactly, others as they are stored.
fn order(left: &Number, right: &Number) -> Option<Ordering> {
    match (whole(left), whole(right)) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}

fn whole(number: &Number) -> Option<i128> {
    let signed = number.as_i64().map(i128::from);
    signed.or_else(|| number.as_u64().map(i128::from))
}
