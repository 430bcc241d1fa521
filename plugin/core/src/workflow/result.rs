//! What came of a hop, as whoever did it says.
//!
//! Never looks at the hop itself. Invariant: a result that comes out is within its bounds, so that
//! a thousand of them can be kept.

#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

use super::decimal::Decimal;
use crate::id::HopId;
use crate::json::ToLine as _;
use crate::suggest;

/// Bytes of a payload, written compactly.
pub const PAYLOAD_BYTES_MAX: usize = 32_768;
/// Flags that a result sets.
pub const FLAGS_MAX: usize = 32;
/// Events that a result reports.
pub const EVENTS_MAX: usize = 32;
/// Files that a result names.
pub const ARTIFACTS_MAX: usize = 64;
/// Bytes of the notes.
pub const NOTES_BYTES_MAX: usize = 8_192;
/// Bytes of a verdict, of the value of a flag and of the path of a file.
pub const TEXT_BYTES_MAX: usize = 512;

const KEYS: [&str; 8] = [
    "outcome",
    "verdict",
    "confidence",
    "payload",
    "flags",
    "events",
    "notes",
    "artifacts",
];

/// The result of a hop.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HopResult {
    /// How it ended: `done`, `needs_review`, `blocked`, `partial`, or a word of its own.
    pub outcome: Option<String>,
    /// What it says of its subject.
    pub verdict: Option<String>,
    /// How sure it is, from 0 to 1.
    pub confidence: Option<Decimal>,
    /// What it hands on.
    pub payload: Option<Value>,
    /// What it sets for the whole task.
    pub flags: Map<String, Value>,
    /// What it reports.
    pub events: Vec<String>,
    /// What it tells people and whoever comes next.
    pub notes: Option<String>,
    /// Files that it left in its directory.
    pub artifacts: Vec<String>,
}

/// What is wrong with a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The field.
    pub path: String,
    /// What is wrong with it.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl HopResult {
    /// Reads a result. Null stands for what is absent.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(map: &Map<String, Value>) -> Result<Self, Vec<Wrong>> {
        let mut reader = Reader {
            map,
            wrong: Vec::new(),
        };
        reader.keys();
        let result = HopResult {
            outcome: reader.outcome(),
            verdict: reader.text("verdict", TEXT_BYTES_MAX),
            confidence: reader.confidence(),
            payload: reader.payload(),
            flags: reader.flags(),
            events: reader.list("events", EVENTS_MAX, ("a word, as test_failed", is_word)),
            notes: reader.text("notes", NOTES_BYTES_MAX),
            artifacts: reader.list("artifacts", ARTIFACTS_MAX, (FILE, is_file)),
        };
        match reader.wrong.is_empty() {
            true => Ok(result),
            false => Err(reader.wrong),
        }
    }

    /// The result as JSON, without what is absent.
    #[must_use]
    pub fn to_map(&self) -> Map<String, Value> {
        let text = |text: &Option<String>| text.clone().map(Value::String);
        let list = |items: &[String]| {
            let values = items.iter().cloned().map(Value::String);
            (!items.is_empty()).then(|| Value::Array(values.collect()))
        };
        let mut map = Map::new();
        for (key, value) in KEYS.into_iter().zip([
            text(&self.outcome),
            text(&self.verdict),
            self.confidence
                .and_then(|it| it.number())
                .map(Value::Number),
            self.payload.clone(),
            (!self.flags.is_empty()).then(|| Value::Object(self.flags.clone())),
            list(&self.events),
            text(&self.notes),
            list(&self.artifacts),
        ]) {
            if let Some(value) = value {
                map.insert(key.to_owned(), value);
            }
        }
        map
    }
}

/// The value at the end of a path of keys with points between them, unless it is null.
#[must_use]
pub fn field<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    let mut keys = path.split('.');
    let found = keys.try_fold(value, |value, key| value.get(key))?;
    (!found.is_null()).then_some(found)
}

const FILE: &str = "a path below the directory of the hop, without `..`";

fn is_word(text: &str) -> bool {
    HopId::parse(text).is_ok()
}

fn is_file(text: &str) -> bool {
    let is_plain = |part: &str| !part.is_empty() && part != "." && part != "..";
    text.len() <= TEXT_BYTES_MAX && text.split('/').all(is_plain) && !text.contains(['\\', '\0'])
}

struct Reader<'m> {
    map: &'m Map<String, Value>,
    wrong: Vec<Wrong>,
}

/// What items of a list are, and whether a text is one.
type Item = (&'static str, fn(&str) -> bool);

impl<'m> Reader<'m> {
    fn get(&self, key: &str) -> Option<&'m Value> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    fn wrong(&mut self, path: &str, message: String, hint: &str) {
        self.wrong.push(Wrong {
            path: path.to_owned(),
            message,
            hint: hint.to_owned(),
        });
    }

    fn keys(&mut self) {
        for key in self.map.keys().filter(|key| !KEYS.contains(&key.as_str())) {
            let hint = match suggest::nearest(key, KEYS.into_iter()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("fields are {}; own data goes into payload", KEYS.join(", ")),
            };
            let short: String = key.chars().take(60).collect();
            self.wrong(&short, "is no field of a result".to_owned(), &hint);
        }
    }

    fn text(&mut self, key: &str, most: usize) -> Option<String> {
        let value = self.get(key)?;
        match value.as_str() {
            Some(text) if text.len() <= most => return Some(text.to_owned()),
            Some(text) => {
                let message = format!("has {} bytes, over {most}", text.len());
                self.wrong(key, message, "shorten it, or leave it in a file");
            }
            None => self.wrong(key, "is no text".to_owned(), "write it in quotes"),
        }
        None
    }

    fn outcome(&mut self) -> Option<String> {
        let text = self.text("outcome", TEXT_BYTES_MAX)?;
        let is_fine = is_word(&text);
        if !is_fine {
            let hint = "write done, needs_review, blocked, partial or a word of your own";
            self.wrong("outcome", "is no word".to_owned(), hint);
        }
        is_fine.then_some(text)
    }

    fn confidence(&mut self) -> Option<Decimal> {
        let value = self.get("confidence")?;
        let number = value.as_number().and_then(Decimal::of);
        let bounds = Decimal::default()..=Decimal::ONE;
        let number = number.filter(|number| bounds.contains(number));
        if number.is_none() {
            let message = "is no number from 0 to 1".to_owned();
            self.wrong("confidence", message, "write it like 0.8");
        }
        number
    }

    fn payload(&mut self) -> Option<Value> {
        let value = self.get("payload")?;
        let bytes = value.to_line().len();
        if bytes > PAYLOAD_BYTES_MAX {
            let message = format!("has {bytes} bytes, over {PAYLOAD_BYTES_MAX}");
            let hint = "write it to a file, and name the file in `artifacts`";
            self.wrong("payload", message, hint);
            return None;
        }
        Some(value.clone())
    }

    fn flags(&mut self) -> Map<String, Value> {
        let flags = match self.get("flags") {
            None => return Map::new(),
            Some(Value::Object(flags)) => flags,
            Some(_) => {
                let hint = "write names with values";
                self.wrong("flags", "is no mapping".to_owned(), hint);
                return Map::new();
            }
        };
        self.count("flags", flags.len(), FLAGS_MAX);
        for (name, value) in flags.iter().take(FLAGS_MAX) {
            let is_fine = match value {
                Value::String(text) => text.len() <= TEXT_BYTES_MAX,
                value => !value.is_array() && !value.is_object(),
            };
            let short: String = name.chars().take(60).collect();
            let path = format!("flags.{short}");
            if !is_word(name) {
                let hint = "use letters, digits, `_` and `-`";
                self.wrong(&path, "is no name".to_owned(), hint);
            } else if !is_fine {
                let message = "is no short value".to_owned();
                let hint = format!("write true, false, a number or up to {TEXT_BYTES_MAX} bytes");
                self.wrong(&path, message, &hint);
            }
        }
        flags.clone()
    }

    fn list(&mut self, key: &str, most: usize, (wanted, fits): Item) -> Vec<String> {
        let items = match self.get(key) {
            None => return Vec::new(),
            Some(Value::Array(items)) => items,
            Some(_) => {
                self.wrong(key, "is no list".to_owned(), "write it in brackets");
                return Vec::new();
            }
        };
        self.count(key, items.len(), most);
        let mut read = Vec::new();
        for (at, item) in items.iter().enumerate().take(most) {
            match item.as_str().filter(|text| fits(text)) {
                Some(text) => read.push(text.to_owned()),
                None => {
                    let path = format!("{key}[{at}]");
                    self.wrong(&path, "is none".to_owned(), &format!("write {wanted}"));
                }
            }
        }
        read
    }

    fn count(&mut self, key: &str, count: usize, most: usize) {
        if count > most {
            let message = format!("has {count} entries, over {most}");
            self.wrong(key, message, "keep those that somebody asks for");
        }
    }
}
