//! Arguments of tool calls: parsed strictly, refused with the field that is wrong.

use aof_core::card::TIMEOUT_MS_MAX;
use aof_core::gather::gathered;
use aof_core::id::IdError;
use aof_core::json::ToLine as _;
use aof_core::metadata;
use aof_core::priority::Priority;
use aof_core::refusal::Refusal;
use aof_core::status::Status;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::json;
use crate::tool::ARGUMENTS_BYTES_MAX;

/// Longest text of one line, in characters.
pub(super) const LINE_CHARS_MAX: usize = 500;
/// Largest body, in bytes: a card of 1 MiB holds it with room to spare.
pub(super) const BODY_BYTES_MAX: usize = 512 * 1024;

/// Dependencies and tags of one task, at most.
pub(super) const LIST_MAX: usize = 100;
const METADATA_BYTES_MAX: usize = 32 * 1024;
const LIMIT_DEFAULT: usize = 50;
const LIMIT_MAX: usize = 1_000;

/// Longest piece of an argument that a message repeats, in characters.
const SHOWN_CHARS_MAX: usize = 200;
const SEE_SCHEMA: &str = "see the tool's input schema (`aof tools`)";

/// Parses arguments.
pub(super) fn parse<T: DeserializeOwned>(arguments: &str) -> Result<T, Refusal> {
    if arguments.len() > ARGUMENTS_BYTES_MAX {
        return Err(Refusal::refused(
            "AOF-1009",
            format!("the arguments have {} bytes", arguments.len()),
            "1 MiB is the limit; put large content into the work directory",
        ));
    }
    let fields = json::object(arguments.as_bytes()).map_err(|why| misfit(&why, None))?;
    serde_json::from_value(Value::Object(fields)).map_err(|error| {
        let fields = json::object(arguments.as_bytes()).unwrap_or_default();
        misfit(&error.to_string(), field_at_fault::<T>(fields))
    })
}

fn misfit(message: &str, field: Option<String>) -> Refusal {
    let field = field.or_else(|| {
        let names_field = message.contains(" field `");
        message.split('`').nth(1).filter(|_| names_field).map(clip)
    });
    let message = format!("the arguments do not fit: {}", clip(message));
    let refusal = Refusal::refused("AOF-1002", message, SEE_SCHEMA);
    match field {
        Some(field) => refusal.at(field),
        None => refusal,
    }
}

/// The first field that cannot be read even on its own.
fn field_at_fault<T: DeserializeOwned>(fields: Map<String, Value>) -> Option<String> {
    fields.into_iter().find_map(|(name, value)| {
        let alone = Value::Object(gathered([(name.clone(), value)]));
        let error = serde_json::from_value::<T>(alone).err()?;
        let is_at_fault = !error.to_string().starts_with("missing field");
        is_at_fault.then(|| clip(&name))
    })
}

/// Parses arguments that are all texts, which takes less room in the component than a reader of
/// their own. What is not required may be null.
pub(super) fn texts(
    arguments: &str,
    required: &[&str],
    optional: &[&str],
) -> Result<Map<String, Value>, Refusal> {
    let fields: Map<String, Value> = parse(arguments)?;
    let refused = |what: &str, field: &str| {
        let field = clip(field);
        let message = format!("the arguments do not fit: {what} `{field}`");
        Refusal::refused("AOF-1002", message, SEE_SCHEMA).at(field)
    };
    for (field, value) in &fields {
        let is_required = required.contains(&field.as_str());
        if !is_required && !optional.contains(&field.as_str()) {
            return Err(refused("unknown field", field));
        }
        if !value.is_string() && (is_required || !value.is_null()) {
            return Err(refused("no text in field", field));
        }
    }
    match required.iter().find(|field| !fields.contains_key(**field)) {
        Some(field) => Err(refused("missing field", field)),
        None => Ok(fields),
    }
}

/// Keeps hostile arguments from flooding messages.
fn clip(text: &str) -> String {
    let shown = text.chars().filter(|c| !c.is_control());
    shown.take(SHOWN_CHARS_MAX).collect()
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

/// How many entries a list has, 50 if nobody says.
pub(super) fn limit(asked: Option<usize>) -> Result<usize, Refusal> {
    let limit = asked.unwrap_or(LIMIT_DEFAULT);
    if (1..=LIMIT_MAX).contains(&limit) {
        return Ok(limit);
    }
    let refusal = Refusal::refused("AOF-1004", format!("`limit` is {limit}"), "use 1 to 1000");
    Err(refusal.at("limit"))
}

/// A status by its name.
pub(super) fn status(text: &str) -> Result<Status, Refusal> {
    Status::parse(text).ok_or_else(|| {
        let names = Status::ALL.map(Status::as_str).join(", ");
        Refusal::refused(
            "AOF-1004",
            "`status` is not a status".to_owned(),
            &format!("use one of: {names}"),
        )
        .at("status")
    })
}

/// How urgent, by its name.
pub(super) fn priority(text: &str) -> Result<Priority, Refusal> {
    Priority::parse(text).ok_or_else(|| {
        Refusal::refused(
            "AOF-1004",
            "`priority` is not a priority".to_owned(),
            "use critical, high, normal, medium or low",
        )
        .at("priority")
    })
}

/// Words that describe work, each of one line.
pub(super) fn tags(texts: &[String]) -> Result<Vec<String>, Refusal> {
    bounded(texts.len(), "tags")?;
    let tags = texts.iter().map(|tag| line(tag, "tags").map(str::to_owned));
    tags.collect()
}

/// Refuses a list with too many entries.
pub(super) fn bounded(count: usize, field: &str) -> Result<(), Refusal> {
    if count <= LIST_MAX {
        return Ok(());
    }
    Err(Refusal::refused(
        "AOF-1009",
        format!("`{field}` has {count} entries"),
        "100 is the limit",
    )
    .at(field))
}

/// Entries for the open map of a card; none of them is the scheduler's own.
pub(super) fn metadata(entries: &Map<String, Value>) -> Result<(), Refusal> {
    let mut own = metadata::OWNED.iter();
    if let Some(key) = own.find(|key| entries.contains_key(**key)) {
        let refusal = Refusal::refused(
            "AOF-1004",
            format!("`metadata.{key}` is the scheduler's own"),
            "leave it out, or use another key",
        );
        return Err(refusal.at(format!("metadata.{key}")));
    }
    let bytes = Value::Object(entries.clone()).to_line().len();
    if bytes > METADATA_BYTES_MAX {
        let refusal = Refusal::refused(
            "AOF-1009",
            format!("`metadata` has {bytes} bytes"),
            "32 KiB is the limit",
        );
        return Err(refusal.at("metadata"));
    }
    Ok(())
}

/// The limit of one run.
pub(super) fn timeout(limit_ms: u64) -> Result<u64, Refusal> {
    if (1..=TIMEOUT_MS_MAX).contains(&limit_ms) {
        return Ok(limit_ms);
    }
    let refusal = Refusal::refused(
        "AOF-1004",
        format!("`timeoutMs` is {limit_ms}"),
        "use 1 to 14400000 (4 hours)",
    );
    Err(refusal.at("timeoutMs"))
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
