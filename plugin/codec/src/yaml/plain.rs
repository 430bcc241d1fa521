//! Which text may stand without quotes.
//!
//! Never clever: a text that any YAML 1.1 or 1.2 reader could take for something else is quoted.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Words that some YAML version reads as a boolean or null.
const RESERVED: [&str; 13] = [
    "true",
    "false",
    "yes",
    "no",
    "on",
    "off",
    "y",
    "n",
    "null",
    "nan",
    "inf",
    "void",
    "undefined",
];

/// The text as a YAML scalar on one line, in double quotes if it needs them.
pub(crate) fn quote(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(double_quoted(text))
    }
}

fn is_plain(text: &str) -> bool {
    stands_alone(text)
        && !RESERVED.iter().any(|word| word.eq_ignore_ascii_case(text))
        && !looks_numeric(text)
}

/// Whether a text without quotes is read back as these characters, whatever they mean.
pub(crate) fn stands_alone(text: &str) -> bool {
    let first = text.chars().next().unwrap_or(' ');
    (first.is_alphanumeric() || "_/(".contains(first) || !first.is_ascii())
        && !text.ends_with([' ', ':'])
        && !text.chars().any(needs_escape)
        && !text.contains(": ")
        && !text.contains(" #")
}

/// Numbers in any notation, dates and times.
fn looks_numeric(text: &str) -> bool {
    let numeric = |byte: u8| byte.is_ascii_digit() || b"_.,:+-eETtZz ".contains(&byte);
    text.starts_with(|first: char| first.is_ascii_digit())
        && (text.bytes().all(numeric)
            || matches!(text.get(..2), Some("0x" | "0X" | "0o" | "0O" | "0b" | "0B")))
}

/// Characters that only an escape carries safely.
fn needs_escape(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}'
        )
}

fn double_quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\0' => quoted.push_str("\\0"),
            other if needs_escape(other) => {
                // Writing to a string cannot fail.
                write!(quoted, "\\u{:04X}", u32::from(other)).unwrap_or_default();
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harmless_text_stays_without_quotes() {
        for text in [
            "Fix the login",
            "TASK-2026-02-17-k7Qm2xYz",
            "a: b".trim_end_matches(": b"),
            "http://host:80/x#y",
            "78b39a6988f5f744",
            "“Quoted” — with dashes",
            "agent:main:swe",
            "3 tasks",
            "it's, [fine] {here}",
            "/workspace/a",
            "日本語",
        ] {
            assert_eq!(quote(text), text);
        }
    }

    #[test]
    fn what_reads_as_something_else_is_quoted() {
        for text in [
            "",
            " ",
            "no",
            "YES",
            "~",
            "null",
            "NaN",
            "-",
            "- a",
            "---",
            "...",
            "? a",
            ": b",
            "a:",
            "a: b",
            "a #b",
            "#a",
            "&a",
            "*a",
            "!a",
            "|",
            ">",
            "@a",
            "`a",
            "%a",
            "{a",
            "[a",
            "'a",
            "\"a",
            "<<",
            "=",
            "012",
            "1e3",
            "0o7",
            "0xFF",
            "1_000",
            "2026-01-01",
            "12:30:45",
            ".5",
            "+1",
            "-1",
            ".inf",
            "a ",
            " a",
            "2026-01-01 10:00:00",
            "1,000",
            "y",
        ] {
            assert_eq!(
                quote(text),
                format!("\"{}\"", text.replace('"', "\\\"")),
                "{text}"
            );
        }
    }

    #[test]
    fn what_cannot_be_seen_is_escaped() {
        assert_eq!(quote("a\nb\t\"c\"\\"), r#""a\nb\t\"c\"\\""#);
        assert_eq!(quote("\0\u{1b}\u{7f}\u{85}"), r#""\0\u001B\u007F\u0085""#);
        assert_eq!(quote("a\u{2028}\u{feff}"), r#""a\u2028\uFEFF""#);
    }
}
