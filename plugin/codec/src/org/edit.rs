//! Sets one value in the text of a chart and leaves every other character as it is.
//!
//! Never guesses: the result is read again, and must say what was there before with nothing but the
//! value changed. Where the text does not allow that, there is no result.

mod splice;
mod step;

use aof_core::refusal::Refusal;
use serde_json::Value;

use crate::finding::{Findings, excerpt};
use crate::yaml::{Node, compose};

use super::form::CODES;
use splice::splice;
use step::steps;

/// A place that the chart does not have and that cannot be made.
const NO_PLACE: &str = "AOF-1117";

/// The text of a chart with a value set. The path is one of keys and, for lists, of positions or
/// `id`s: `agents.ada.capabilities.concurrency`; what is missing on the way is made. The value is
/// read as YAML: a number, `true`, `null`, a text with or without quotes, a `[list]` or `{map}`.
///
/// # Errors
/// `AOF-1117` for a path that leads nowhere, or a text that cannot be changed in one place.
pub fn set_in_chart(text: &str, path: &str, value: &str) -> Result<String, Refusal> {
    let mut findings = Findings::new("", &CODES);
    let root = compose(text, &mut findings).ok_or_else(|| no_place(path, "the chart is broken"))?;
    let value = read_value(value).ok_or_else(|| no_place(path, "the value is not YAML"))?;
    let steps = steps(path).ok_or_else(|| no_place(path, "it is no path"))?;
    let mut wanted = root.to_value();
    step::set(&mut wanted, &steps, &value).map_err(|why| no_place(path, &why))?;
    if wanted == root.to_value() {
        return Ok(text.to_owned());
    }
    let edited = splice(text, &root, &steps, &value);
    let edited = edited.filter(|edited| {
        let mut findings = Findings::new("", &CODES);
        compose(edited, &mut findings).is_some_and(|found| found.to_value() == wanted)
    });
    edited.ok_or_else(|| no_place(path, "the text cannot be changed in this one place"))
}

/// A value as people write it on a command line.
fn read_value(text: &str) -> Option<Value> {
    let line = text.trim();
    if line.contains(['\n', '\r']) {
        return None;
    }
    let document = format!("v: {line}");
    let mut findings = Findings::new("", &CODES);
    let node = compose(&document, &mut findings);
    let single = node.as_ref().filter(|root| root.entries().len() == 1);
    match single.and_then(|root| root.literal("v")) {
        // `#` begins a comment in YAML; on a command line it is meant.
        Some(node) if !line.contains('#') || !node.is_null() => Some(Node::to_value(node)),
        _ => Some(Value::String(line.to_owned())),
    }
}

fn no_place(path: &str, why: &str) -> Refusal {
    let message = format!("cannot set `{}`: {why}", excerpt(path));
    let hint = "give keys and ids, as in `agents.ada.active`, or use `aof org edit`";
    Refusal::refused(NO_PLACE, message, hint).at("path")
}

#[cfg(test)]
mod tests;
