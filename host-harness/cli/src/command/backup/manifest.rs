//! What a backup says of itself: every file with its checksum.
//!
//! Invariant: it is written last, so a backup without it is not whole.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Its name, beside [`DATA_DIR`].
pub const MANIFEST: &str = "manifest.json";
/// The folder of the copied files.
pub const DATA_DIR: &str = "data";
/// Bytes of a manifest that are read.
pub const MANIFEST_BYTES_MAX: u64 = 256 << 20;
/// Version of the format.
pub const SCHEMA_VERSION: u32 = 1;

/// The whole account.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// Version of the format: 1.
    pub schema_version: u32,
    /// The version of AOF that made it.
    pub aof: String,
    /// Milliseconds since 1970.
    pub created_at: u64,
    /// In the order of copying.
    pub files: Vec<FileRecord>,
    /// All, also empty ones.
    pub directories: Vec<String>,
    /// What was left out.
    pub skipped: Vec<Skipped>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileRecord {
    /// Relative to the data directory.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
}

/// Something that was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Skipped {
    /// Relative to the data directory.
    pub path: String,
    /// Why.
    pub why: String,
}

impl Manifest {
    /// The first difference between what is told and what was found.
    ///
    /// # Errors
    /// A file that is missing, unknown or different, in words.
    pub fn compare(&self, found: &BTreeMap<String, FileRecord>) -> Result<(), String> {
        for told in &self.files {
            match found.get(&told.path) {
                None => return Err(format!("{} is missing", told.path)),
                Some(file) if file != told => {
                    return Err(format!("{} is damaged: its checksum differs", told.path));
                }
                Some(_) => {}
            }
        }
        if found.len() != self.files.len() {
            return Err("it holds files that its manifest does not name".to_owned());
        }
        Ok(())
    }
}

/// Counts and hashes what passes through.
pub struct Hashing<T> {
    inner: T,
    hash: Sha256,
    bytes: u64,
}

impl<T> Hashing<T> {
    /// Around a reader.
    pub fn over(inner: T) -> Self {
        Hashing {
            inner,
            hash: Sha256::new(),
            bytes: 0,
        }
    }

    /// What passed, as the record of this file.
    pub fn record(self, path: &str) -> FileRecord {
        let sha256 = self
            .hash
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        FileRecord {
            path: path.to_owned(),
            bytes: self.bytes,
            sha256,
        }
    }
}

impl<T: std::io::Read> std::io::Read for Hashing<T> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hash.update(buffer.get(..count).unwrap_or_default());
        self.bytes = self.bytes.saturating_add(count as u64);
        Ok(count)
    }
}
