//! Arguments of tool calls: parsed strictly, refused with the field that is wrong.

use aof_core::id::IdError;
use aof_core::refusal::Refusal;
use serde::de::DeserializeOwned;

use crate::tool::ARGUMENTS_BYTES_MAX;

/// Longest text of one line, in characters.
pub(super) const LINE_CHARS_MAX: usize = 500;
/// Largest body, in bytes: a card of 1 MiB holds it with room to spare.
pub(super) const BODY_BYTES_MAX: usize = 512 * 1024;

/// Parses arguments.
pub(super) fn parse<T: DeserializeOwned>(arguments: &str) -> Result<T, Refusal> {
    if arguments.len() > ARGUMENTS_BYTES_MAX {
        return Err(Refusal::refused(
            "AOF-1009",
            format!("the arguments have {} bytes", arguments.len()),
            "1 MiB is the limit; put large content into the work directory",
        ));
    }
    serde_json::from_str(arguments).map_err(|error| {
        let message = error.to_string();
        let refusal = Refusal::refused(
            "AOF-1002",
            format!("the arguments do not fit: {message}"),
            "see the tool's input schema (`aof tools`)",
        );
        // serde names the field between backticks: "unknown field `x`, …", "missing field `x`".
        match message
            .split('`')
            .nth(1)
            .filter(|_| message.contains("field"))
        {
            Some(field) => refusal.at(field),
            None => refusal,
        }
    })
}

/// A required text of one line.
pub(super) fn line<'a>(text: &'a str, field: &str) -> Result<&'a str, Refusal> {
    let trimmed = text.trim();
    let is_line = !trimmed.is_empty()
        && trimmed.chars().count() <= LINE_CHARS_MAX
        && !trimmed.chars().any(char::is_control);
    if is_line {
        return Ok(trimmed);
    }
    Err(Refusal::refused(
        "AOF-1004",
        format!("`{field}` is empty, has several lines, or is too long"),
        "give one line of 1 to 500 characters",
    )
    .at(field))
}

/// A text of any number of lines, bounded.
pub(super) fn body<'a>(text: &'a str, field: &str) -> Result<&'a str, Refusal> {
    let is_plain = !text
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'));
    if text.len() <= BODY_BYTES_MAX && is_plain {
        return Ok(text);
    }
    Err(Refusal::refused(
        "AOF-1009",
        format!("`{field}` is too large or has control characters"),
        "512 KiB of plain text is the limit; put large content into the work directory",
    )
    .at(field))
}

/// An optional name.
pub(super) fn name<T>(
    text: Option<&String>,
    parse: fn(&str) -> Result<T, IdError>,
    field: &str,
) -> Result<Option<T>, Refusal> {
    text.map(|text| parse(text))
        .transpose()
        .map_err(|error| Refusal::bad_id(&error, field))
}
