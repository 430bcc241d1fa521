//! The work log of a task: a section of its card's body that entries are added to.
//!
//! Never changes what is written there: only a person with an editor does. Source: AOF 1.20, "Work
//! Log", which began a new section with every entry; here there is one.

use crate::instant::Instant;

/// The heading of the section.
pub const HEADING: &str = "## Work Log";

/// The body with one more entry in its work log.
#[must_use]
pub fn with_entry(body: &str, (actor, text): (&str, &str), now: Instant) -> String {
    let (before, log, after) = split(body);
    let mut next = before.trim_end().to_owned();
    let section = if log.is_empty() { HEADING } else { log };
    for part in [section, &entry(actor, text, now), after] {
        let part = part.trim_end();
        if part.is_empty() {
            continue;
        }
        let is_entry = part.starts_with("- ") && !next.ends_with(HEADING);
        next.push_str(match (next.is_empty(), is_entry) {
            (true, _) => "",
            (false, true) => "\n",
            (false, false) => "\n\n",
        });
        next.push_str(part);
    }
    next.push('\n');
    next
}

/// A new body with the work log of the old one. One that it brings itself gives way: it is a copy,
/// in which what was written meanwhile is missing.
#[must_use]
pub fn kept(old: &str, new: &str) -> String {
    let (_, log, _) = split(old);
    if log.is_empty() {
        return new.to_owned();
    }
    let (before, _, after) = split(new);
    let parts = [before, log, after].map(str::trim_end);
    let parts: Vec<&str> = parts.into_iter().filter(|it| !it.is_empty()).collect();
    format!("{}\n", parts.join("\n\n"))
}

/// The section with its heading; empty if there is none.
#[must_use]
pub fn section(body: &str) -> &str {
    split(body).1
}

/// What is before the last section of this name, the section, and what is behind it.
fn split(body: &str) -> (&str, &str, &str) {
    let mut at = 0;
    let (mut begin, mut end) = (None, body.len());
    for line in body.split_inclusive('\n') {
        if line.trim_end() == HEADING {
            (begin, end) = (Some(at), body.len());
        } else if begin.is_some() && end == body.len() && is_heading(line) {
            end = at;
        }
        at += line.len();
    }
    let begin = begin.unwrap_or(body.len());
    let part = |range: std::ops::Range<usize>| body.get(range).unwrap_or_default();
    (part(0..begin), part(begin..end), part(end..body.len()))
}

/// A heading that ends the section: of its own level or above.
fn is_heading(line: &str) -> bool {
    line.starts_with("## ") || line.starts_with("# ")
}

/// Later lines are indented, so that whatever they say belongs to the entry.
fn entry(actor: &str, text: &str, now: Instant) -> String {
    let text = text.trim().replace("\r\n", "\n").replace('\n', "\n  ");
    format!("- {now} {actor}: {text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant::from_ms(1_771_322_400_000);

    fn add(body: &str, text: &str) -> String {
        with_entry(body, ("ann", text), NOW)
    }

    #[test]
    fn entries_follow_one_another_in_one_section() {
        let once = add("Do it.\n", "begun");
        assert_eq!(
            once,
            "Do it.\n\n## Work Log\n\n- 2026-02-17T10:00:00.000Z ann: begun\n"
        );
        let twice = add(&once, "two\n## Work Log\n# lines");
        assert_eq!(
            twice,
            format!("{once}- 2026-02-17T10:00:00.000Z ann: two\n  ## Work Log\n  # lines\n")
        );
        assert_eq!(
            add(&twice, "x"),
            format!("{twice}- 2026-02-17T10:00:00.000Z ann: x\n")
        );
        assert_eq!(
            add("", "x"),
            "## Work Log\n\n- 2026-02-17T10:00:00.000Z ann: x\n"
        );
    }

    #[test]
    fn what_is_behind_the_section_stays_behind_it() {
        let body = "a\n\n## Work Log\n\n- old\n\n## Outputs\n\nb\n";
        let expected =
            "a\n\n## Work Log\n\n- old\n- 2026-02-17T10:00:00.000Z ann: x\n\n## Outputs\n\nb\n";
        assert_eq!(add(body, "x"), expected);
        assert_eq!(section(body), "## Work Log\n\n- old\n\n");
    }

    #[test]
    fn a_new_body_keeps_the_log_of_the_old_one() {
        let old = add("Do it.\n", "begun");
        assert_eq!(kept(&old, &old), old);
        let log = section(&old);
        assert_eq!(kept(&old, "New.\n"), format!("New.\n\n{log}"));
        assert_eq!(kept(&old, ""), log);
        assert_eq!(kept("Do it.\n", "New.\n"), "New.\n");
        let own = "New.\n\n## Work Log\n\n- mine\n\n## More\n\nx\n";
        assert_eq!(kept(&old, own), format!("New.\n\n{log}\n## More\n\nx\n"));
        assert_eq!(kept("Do it.\n", own), own, "there is no other");
    }
}
