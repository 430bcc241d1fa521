//! What a check found, a line each, with what to do about it below.

use crate::shape::Finding;

use super::style::{BAD, DIM, GOOD, WARN};
use super::text::clean;

/// One finding: how bad, where, what; then what to do.
pub fn finding(finding: &Finding) -> String {
    let (style, word) = match finding.level.as_str() {
        "error" => (BAD, "error"),
        "warning" => (WARN, "warn "),
        "ok" => (GOOD, "ok   "),
        _ => (DIM, "info "),
    };
    let place = clean(&finding.location);
    let message = clean(&finding.message);
    let code = finding.code.as_deref().filter(|code| !code.is_empty());
    let code = code.map_or(String::new(), |code| {
        format!(" {DIM}[{}]{DIM:#}", clean(code))
    });
    let colon = if place.is_empty() { "" } else { ": " };
    let mut text = format!("{style}{word}{style:#}  {place}{colon}{message}{code}\n");
    if !finding.hint.is_empty() {
        text += &format!("       {GOOD}hint{GOOD:#} {}\n", clean(&finding.hint));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_see_place_code_and_what_to_do() {
        let found = Finding {
            level: "error".to_owned(),
            code: Some("AOF-1142".to_owned()),
            location: "a.md:3".to_owned(),
            message: "lies in done/\u{1b}[2J".to_owned(),
            hint: "move it back".to_owned(),
            ..Finding::default()
        };
        let text = anstream::adapter::strip_str(&finding(&found)).to_string();
        insta::assert_snapshot!(text, @r"
        error  a.md:3: lies in done/·[2J [AOF-1142]
               hint move it back
        ");
    }
}
