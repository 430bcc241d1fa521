//! JSON as text.
//!
//! Never through `Display`, which goes through a formatter piece by piece. Invariant: what comes
//! out is one line.

use serde_json::Value;

/// A value that is written as JSON.
pub trait ToLine {
    /// The value on one line.
    fn to_line(&self) -> String;
}

impl ToLine for Value {
    fn to_line(&self) -> String {
        // Texts, numbers and keys of a value can always be written.
        serde_json::to_string(self).unwrap_or_default()
    }
}
