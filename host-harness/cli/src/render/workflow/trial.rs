//! Whether a condition holds, and what each part of it saw.

use serde_json::Value;

use crate::render::style::{BAD, DIM, GOOD};
use crate::render::text::clean;
use crate::shape::workflow::{Part, Trial};

use super::condition;

/// The verdict, then each part on a line of its own.
pub fn account(trial: &Trial) -> String {
    let (style, word) = match trial.holds {
        true => (GOOD, "holds"),
        false => (BAD, "does not hold"),
    };
    let whole = clean(&condition::words(&trial.condition));
    let mut text = format!("{style}{word}{style:#}: {whole}\n");
    part(&trial.condition, &trial.part, 1, &mut text);
    text
}

fn part(written: &Value, found: &Part, depth: usize, text: &mut String) {
    let (style, sign) = match found.holds {
        true => (GOOD, "yes"),
        false => (BAD, "no "),
    };
    let indent = "  ".repeat(depth);
    let words = clean(&condition::part(written));
    let saw = match (is_plain(written), &found.saw) {
        (true, _) => String::new(),
        (false, Value::Null) => format!("  {DIM}nothing is there{DIM:#}"),
        (false, saw) => format!("  {DIM}there is {}{DIM:#}", clean(&saw.to_string())),
    };
    *text += &format!("{indent}{style}{sign}{style:#} {words}{saw}\n");
    for (written, found) in condition::parts(written).into_iter().zip(&found.parts) {
        part(written, found, depth + 1, text);
    }
}

/// Whether it looks at nothing itself.
fn is_plain(written: &Value) -> bool {
    let op = written.get("op").and_then(Value::as_str);
    let plain = ["and", "or", "not", "true", "false"];
    op.is_none_or(|op| plain.contains(&op))
}
