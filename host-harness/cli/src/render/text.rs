//! Small pieces of text: cleaning, cutting, counting.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The text in one line: control characters, line breaks included, become blanks or `·`.
pub fn clean(text: &str) -> String {
    let harmless = |c: char| match c {
        '\n' | '\r' | '\t' => ' ',
        c if is_treacherous(c) => '·',
        c => c,
    };
    text.chars().map(harmless).collect()
}

/// The text with its line breaks: continuation lines are indented, control characters become `·`.
pub fn clean_lines(text: &str) -> String {
    let lines: Vec<String> = text.trim_end().lines().map(clean).collect();
    lines.join("\n       ")
}

/// Controls, and the marks that reverse the direction of what follows.
fn is_treacherous(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Columns that the text takes on a terminal.
pub fn columns(text: &str) -> usize {
    text.width()
}

/// The text cut to at most that many columns, with an ellipsis if something is missing.
pub fn cut(text: &str, columns_max: usize) -> String {
    if columns(text) <= columns_max {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > columns_max {
            break;
        }
        kept.push(c);
    }
    kept.push('…');
    kept
}

/// The text as one word of a shell.
pub fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// `1 task`, `2 tasks`.
pub fn counted(count: u64, noun: &str) -> String {
    if count == 1 {
        format!("1 {noun}")
    } else {
        format!("{count} {noun}s")
    }
}

/// Millionths as a decimal number, exactly.
pub fn money(micros: u64) -> String {
    let (whole, micros) = (micros / 1_000_000, micros % 1_000_000);
    if micros % 10_000 == 0 {
        format!("{whole}.{:02}", micros / 10_000)
    } else {
        format!("{whole}.{micros:06}")
    }
}

/// `2026-11-20T07:12:33.123Z` as `2026-11-20 07:12:33`.
pub fn moment(timestamp: &str) -> String {
    match (timestamp.get(..10), timestamp.get(11..19)) {
        (Some(day), Some(time)) => format!("{} {}", clean(day), clean(time)),
        _ => clean(timestamp),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_moves_a_cursor_survives() {
        assert_eq!(clean("a\u{1b}[31mb\nc\td\u{9b}e"), "a·[31mb c d·e");
        assert_eq!(clean("user\u{202e}txt.exe"), "user·txt.exe");
    }

    #[test]
    fn wide_characters_are_cut_by_columns() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdefg", 6), "abcde…");
        assert_eq!(cut("漢字漢字", 5), "漢字…");
        assert_eq!(cut("漢字", 0), "…");
        assert_eq!(cut("", 0), "");
    }

    #[test]
    fn a_word_for_the_shell_stays_one_word() {
        for (text, word) in [
            ("red", "red"),
            ("looks good", "'looks good'"),
            ("it's", r"'it'\''s'"),
            ("$(id)", "'$(id)'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(text), word);
        }
    }

    #[test]
    fn a_moment_that_is_none_stays_as_it_is() {
        assert_eq!(moment("2026-11-20T07:12:33.123Z"), "2026-11-20 07:12:33");
        assert_eq!(moment("Tuesday"), "Tuesday");
        assert_eq!(moment(""), "");
    }
}
