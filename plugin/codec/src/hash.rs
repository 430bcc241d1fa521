//! The fingerprint of a card's body.
//!
//! Never a defence against forgery: it only tells whether a body has changed.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// Bytes of the digest that are kept.
const KEPT_BYTES: usize = 8;

/// Returns the first 16 hexadecimal digits of the SHA-256 of the body.
#[must_use]
pub fn content_hash(body: &str) -> String {
    let digest = Sha256::digest(body.as_bytes());
    digest
        .iter()
        .take(KEPT_BYTES)
        .fold(String::with_capacity(KEPT_BYTES * 2), |mut text, byte| {
            // Writing to a string cannot fail.
            write!(text, "{byte:02x}").unwrap_or_default();
            text
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_bodies_have_known_fingerprints() {
        assert_eq!(content_hash(""), "e3b0c44298fc1c14");
        assert_eq!(content_hash("abc"), "ba7816bf8f01cfea");
    }
}
