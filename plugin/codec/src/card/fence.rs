//! The outer form of a card: fence, frontmatter, fence, empty line, body.
//!
//! Never looks into the frontmatter. Invariant: the parts put together again are the file.

use std::borrow::Cow;

use crate::finding::{Findings, LIMIT};
use crate::limit::FRONTMATTER_BYTES_MAX;
use crate::yaml::Mark;

/// A card taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parts<'t> {
    /// Byte order mark, if any, and the first fence with its line end.
    pub head: &'t str,
    /// The YAML, with the line end of its last line.
    pub frontmatter: &'t str,
    /// The second fence with its line end, if it has one.
    pub fence: &'t str,
    /// The empty line between fence and body, if there is one.
    pub separator: &'t str,
    /// Everything else, as it stands.
    pub body: &'t str,
    /// The line end that the file uses.
    pub eol: &'static str,
}

impl<'t> Parts<'t> {
    /// Takes a card apart; a finding says why it cannot be done.
    pub(crate) fn split(text: &'t str, findings: &mut Findings<'_>) -> Option<Parts<'t>> {
        let Some(parts) = Parts::find(text) else {
            report_form(text, findings);
            return None;
        };
        findings.begin_after_lines(1);
        Some(parts)
    }

    /// Takes a card apart, if it has the form of one and its frontmatter is not too large.
    pub(crate) fn find(text: &'t str) -> Option<Parts<'t>> {
        let start = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        let first = start.split_inclusive('\n').next()?;
        if !is_fence(first) || !first.ends_with('\n') {
            return None;
        }
        let (head, rest) = text.split_at(text.len() - start.len() + first.len());
        let mut offset = 0;
        for line in rest.split_inclusive('\n') {
            if offset > FRONTMATTER_BYTES_MAX {
                return None;
            }
            if is_fence(line) {
                let (frontmatter, rest) = rest.split_at(offset);
                let (fence, rest) = rest.split_at(line.len());
                let (separator, body) = rest.split_at(empty_line_bytes(rest));
                let eol = if first.ends_with("\r\n") {
                    "\r\n"
                } else {
                    "\n"
                };
                return Some(Parts {
                    head,
                    frontmatter,
                    fence,
                    separator,
                    body,
                    eol,
                });
            }
            offset += line.len();
        }
        None
    }

    /// The body with `\n` line ends, as the domain has it.
    pub(crate) fn body_text(&self) -> Cow<'t, str> {
        if self.eol == "\r\n" && self.body.contains('\r') {
            Cow::Owned(self.body.replace("\r\n", "\n"))
        } else {
            Cow::Borrowed(self.body)
        }
    }

    /// Appends fence, separator and a new body.
    pub(crate) fn push_body(&self, text: &mut String, body: &str) {
        text.push_str(self.fence);
        if !self.fence.ends_with('\n') && !body.is_empty() {
            text.push_str(self.eol);
        }
        if self.separator.is_empty() && !body.is_empty() {
            text.push_str(self.eol);
        } else {
            text.push_str(self.separator);
        }
        if self.eol == "\n" {
            text.push_str(body);
        } else {
            text.push_str(&body.replace('\n', self.eol));
        }
    }
}

fn is_fence(line: &str) -> bool {
    line.strip_prefix("---")
        .is_some_and(|rest| rest.bytes().all(|byte| b" \t\r\n".contains(&byte)))
}

fn empty_line_bytes(text: &str) -> usize {
    if text.starts_with('\n') {
        1
    } else if text.starts_with("\r\n") {
        2
    } else {
        0
    }
}

fn report_form(text: &str, findings: &mut Findings<'_>) {
    let start = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let first = start.split_inclusive('\n').next().unwrap_or_default();
    let begin = "begin with a line `---`, then the fields, then `---`";
    if is_fence(first) && text.len() > FRONTMATTER_BYTES_MAX {
        let message = format!(
            "the frontmatter that opens here does not end within {FRONTMATTER_BYTES_MAX} bytes"
        );
        let hint = "end it with a line `---`, and keep long text in the body";
        return findings.error(LIMIT, Mark::START, message, hint);
    }
    let (message, hint) = if text.trim().is_empty() {
        ("the card is empty", begin)
    } else if is_fence(first) {
        let message = "the frontmatter that opens here is never closed";
        (message, "end it with a line `---`")
    } else {
        let message = "the card does not begin with frontmatter: line 1 must be `---`";
        (message, begin)
    };
    findings.error(findings.codes.syntax, Mark::START, message.to_owned(), hint);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, frontmatter: &str, separator: &str, body: &str) {
        let parts = Parts::find(text).unwrap_or_else(|| panic!("{text:?} is a card"));
        assert_eq!(
            (parts.frontmatter, parts.separator),
            (frontmatter, separator),
            "{text:?}"
        );
        assert_eq!(parts.body_text(), body, "{text:?}");
        let whole = [
            parts.head,
            parts.frontmatter,
            parts.fence,
            parts.separator,
            parts.body,
        ]
        .concat();
        assert_eq!(whole, text);
    }

    #[test]
    fn cards_are_taken_apart() {
        check("---\na: 1\n---\n\nx\n", "a: 1\n", "\n", "x\n");
        check("---\na: 1\n---\nx", "a: 1\n", "", "x");
        check("---\na: 1\n---", "a: 1\n", "", "");
        check("---\n---\n", "", "", "");
        check(
            "\u{FEFF}--- \r\na: 1\r\n---\t\r\n\r\nx\r\ny",
            "a: 1\r\n",
            "\r\n",
            "x\ny",
        );
        check(
            "---\na: 1\n---\n\n\nx\n---\ny\n",
            "a: 1\n",
            "\n",
            "\nx\n---\ny\n",
        );
        check(
            "---\na: |\n  ---\n ---\n----\n---\n",
            "a: |\n  ---\n ---\n----\n",
            "",
            "",
        );
        check("---\na: 1\n---\nx\r\n", "a: 1\n", "", "x\r\n");
    }

    #[test]
    fn what_has_no_fences_is_no_card() {
        for text in [
            "",
            "---",
            "---\n",
            "---\na: 1\n",
            "a\n---\n---\n",
            " ---\n---\n",
            "---x\n---\n",
        ] {
            assert_eq!(Parts::find(text), None, "{text:?}");
        }
    }
}
