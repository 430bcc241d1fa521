//! One line of the journal: a fingerprint and a JSON text.
//!
//! Never trusts a line whose fingerprint is wrong. Invariant: what was torn by a crash is no line.

use aof_core::json::ToLine as _;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Writes a line, without its newline.
pub(super) fn encode<T: Serialize>(value: &T) -> String {
    let json = value.to_line();
    let fingerprint = aof_codec::content_hash(&json);
    format!("{fingerprint} {json}")
}

/// Reads a line. None if it is torn or says something else.
pub(super) fn decode<T: DeserializeOwned>(line: &[u8]) -> Option<T> {
    let (fingerprint, json) = std::str::from_utf8(line).ok()?.split_once(' ')?;
    if aof_codec::content_hash(json) != fingerprint {
        return None;
    }
    serde_json::from_str(json).ok()
}
