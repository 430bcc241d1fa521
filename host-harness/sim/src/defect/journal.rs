//! Lines of the journal, taken apart and put together again.
//!
//! Never decides what a defect is. Invariant: a line that comes out has the fingerprint of its
//! text.

use serde_json::Value;

/// Where the journal lies.
pub(crate) const DIR: &str = "state/journal/";

/// The records in a part, those that are whole.
pub(crate) fn records(bytes: &[u8]) -> Vec<Value> {
    let text = String::from_utf8_lossy(bytes);
    text.lines().filter_map(open).collect()
}

fn open(line: &str) -> Option<Value> {
    let (fingerprint, json) = line.split_once(' ')?;
    if aof_codec::content_hash(json) != fingerprint {
        return None;
    }
    serde_json::from_str(json).ok()
}

/// The same line with another text.
pub(super) fn rewritten(line: &str, change: impl FnOnce(&mut Value)) -> String {
    let Some(mut value) = open(line) else {
        return line.to_owned();
    };
    change(&mut value);
    let json = value.to_string();
    format!("{} {json}", aof_codec::content_hash(&json))
}
