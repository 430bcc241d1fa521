//! What the lines of the journal say.
//!
//! Invariant: a record holds contents, never differences, so that it can be done twice.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Version of the journal's format.
pub(super) const SCHEMA_VERSION: u32 = 1;

/// The first line of a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Header {
    pub(crate) schema_version: u32,
    /// The life of the machine in which the part began, 16 hexadecimal digits.
    pub(crate) boot: String,
    /// Bytes of each log that were flushed when the part began.
    pub(crate) logs: BTreeMap<String, u64>,
    /// Lines that were carried over from the former part. As long as one of them is not whole, the
    /// former part counts.
    #[serde(default)]
    pub(super) carried: u64,
}

/// One commit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Record {
    pub(crate) seq: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) dirs: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) runs: Vec<RunChange>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) cards: Vec<CardChange>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) logs: Vec<LogLines>,
}

/// The next content of a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CardChange {
    /// Where the card lay; none if it is new.
    pub(crate) from: Option<String>,
    pub(crate) to: String,
    pub(crate) revision: u64,
    /// Fingerprint of the file that the content was made from; none if the card is new.
    pub(crate) made_from: Option<String>,
    pub(crate) content: String,
}

/// The next content of the record of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RunChange {
    pub(crate) path: String,
    pub(crate) content: String,
}

/// Lines appended to a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct LogLines {
    pub(crate) path: String,
    pub(crate) lines: Vec<String>,
}

/// Says that a record was applied. Counts only as long as the machine was not started again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Mark {
    pub(super) applied: u64,
}

/// Any line after the first.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Line {
    Applied(Mark),
    Record(Record),
}

impl Header {
    pub(super) fn new(boot: u64, logs: BTreeMap<String, u64>) -> Self {
        Header {
            schema_version: SCHEMA_VERSION,
            boot: boot_name(boot),
            logs,
            carried: 0,
        }
    }

    /// Whether the machine has not been started again since.
    pub(crate) fn is_of_boot(&self, boot: u64) -> bool {
        self.boot == boot_name(boot)
    }
}

fn boot_name(boot: u64) -> String {
    format!("{boot:016x}")
}
