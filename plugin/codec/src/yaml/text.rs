//! From bytes to text that may be parsed: UTF-8 without control characters.

use crate::finding::{Findings, LIMIT};

use super::Mark;

/// The text of a file of limited size; a finding says why there is none.
pub(crate) fn decode<'b>(
    bytes: &'b [u8],
    bytes_max: usize,
    findings: &mut Findings<'_>,
) -> Option<&'b str> {
    if bytes.len() > bytes_max {
        let message = format!(
            "the file has {} bytes, the limit is {bytes_max}",
            bytes.len()
        );
        findings.error(LIMIT, Mark::NOWHERE, message, "make the file smaller");
        return None;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) => {
            let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let at = mark_after(&String::from_utf8_lossy(valid));
            let message = "the file is not UTF-8".to_owned();
            findings.error(findings.codes.syntax, at, message, "save the file as UTF-8");
            None
        }
    }
}

/// The first character of a YAML text that YAML does not allow, and its place.
pub(crate) fn find_control(text: &str) -> Option<(char, Mark)> {
    // Almost every text is plain ASCII: look at bytes first, decode only when something is odd.
    let odd = |byte: &u8| *byte < b' ' && *byte != b'\n' || *byte >= 0x7F;
    let first = text.bytes().position(|byte| odd(&byte))?;
    let mut rest = text.get(first..)?.char_indices().peekable();
    while let Some((offset, found)) = rest.next() {
        let allowed = match found {
            '\t' | '\n' | '\u{85}' => true,
            '\r' => rest.peek().is_some_and(|(_, next)| *next == '\n'),
            '\u{FEFF}' => false,
            _ => !found.is_control(),
        };
        if !allowed {
            return Some((found, mark_after(text.get(..first + offset)?)));
        }
    }
    None
}

/// The place of the character that follows this text.
pub(crate) fn mark_after(text: &str) -> Mark {
    let line = text.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let tail = text.rsplit_once('\n').map_or(text, |(_, tail)| tail);
    let column = tail.chars().count() + 1;
    Mark {
        line: u32::try_from(line).unwrap_or(u32::MAX),
        column: small(column),
    }
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_found_where_they_stand() {
        for (text, place) in [
            ("a\0", Some((1, 2))),
            ("a\nbé\u{1b}[0m", Some((2, 3))),
            ("a\r\nb\rc", Some((2, 2))),
            ("x\r", Some((1, 2))),
            ("a: \u{feff}b", Some((1, 4))),
            ("a\u{9f}", Some((1, 2))),
            ("a:\tb\r\nc\u{85}ü\u{2028}\n", None),
            ("", None),
        ] {
            let found = find_control(text).map(|(_, mark)| (mark.line, mark.column));
            assert_eq!(found, place, "{text:?}");
        }
    }
}
