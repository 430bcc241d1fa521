//! The bounds of a store, each refused one past its value with `too-large`.
//!
//! Never adapts to the machine: the numbers are part of the behaviour and are tested as such.

use crate::contract::StoreError;
use crate::path::RelPath;

/// Operations in one batch.
pub const BATCH_OPS_MAX: usize = 10_000;

/// Bytes of contents and log lines in one batch.
pub const BATCH_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Bytes of one file that is read; a caller may ask for less, never for more.
pub const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Bytes that one `read` call returns in total: what the component's memory could hold.
pub const READ_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Entries in one listing.
pub const LISTING_ENTRIES_MAX: usize = 1_000_000;

/// Directories watched in one session.
pub const WATCHED_DIRECTORIES_MAX: usize = 100_000;

/// Changes in one page; a larger wish is cut to this.
pub const PAGE_CHANGES_MAX: u32 = 10_000;

/// Bytes of a path.
pub const PATH_BYTES_MAX: usize = 1_024;

/// Segments of a path.
pub const PATH_SEGMENTS_MAX: usize = 32;

/// Bytes of one segment, as every common file system has it.
pub const SEGMENT_BYTES_MAX: usize = 255;

/// Refuses a batch of more operations, or of more bytes, than one may have.
pub(super) fn admit_batch(ops: usize, bytes: u64) -> Result<(), StoreError> {
    if ops > BATCH_OPS_MAX {
        return Err(too_large(format!(
            "a batch of {ops} operations, over {BATCH_OPS_MAX}"
        )));
    }
    if bytes > BATCH_BYTES_MAX {
        return Err(too_large(format!(
            "a batch of {bytes} bytes, over {BATCH_BYTES_MAX}"
        )));
    }
    Ok(())
}

/// Refuses a listing that has grown to more entries than one may have.
pub(super) fn admit_listing(dir: RelPath<'_>, entries: usize) -> Result<(), StoreError> {
    if entries <= LISTING_ENTRIES_MAX {
        return Ok(());
    }
    Err(too_large(format!(
        "{} has over {LISTING_ENTRIES_MAX} entries",
        dir.as_str()
    )))
}

/// Refuses to watch one directory more than a session may.
pub(super) fn admit_watched(dir: RelPath<'_>, watched: usize) -> Result<(), StoreError> {
    if watched <= WATCHED_DIRECTORIES_MAX {
        return Ok(());
    }
    let text = format!(
        "over {WATCHED_DIRECTORIES_MAX} directories watched, at {}",
        dir.as_str()
    );
    Err(too_large(text))
}

/// Refuses a read that has grown to more bytes than one call may return.
pub(super) fn admit_read(path: RelPath<'_>, bytes: u64) -> Result<(), StoreError> {
    if bytes <= READ_BYTES_MAX {
        return Ok(());
    }
    let text = format!(
        "a read of over {READ_BYTES_MAX} bytes in one call, at {}",
        path.as_str()
    );
    Err(too_large(text))
}

fn too_large(text: String) -> StoreError {
    StoreError::TooLarge(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_holds_at_and_refuses_one_past() {
        let path = RelPath::parse("a/b").unwrap();
        assert!(admit_batch(BATCH_OPS_MAX, BATCH_BYTES_MAX).is_ok());
        assert!(admit_listing(path, LISTING_ENTRIES_MAX).is_ok());
        assert!(admit_watched(path, WATCHED_DIRECTORIES_MAX).is_ok());
        assert!(admit_read(path, READ_BYTES_MAX).is_ok());
        let refused = [
            admit_batch(BATCH_OPS_MAX + 1, 0),
            admit_batch(0, BATCH_BYTES_MAX + 1),
            admit_listing(path, LISTING_ENTRIES_MAX + 1),
            admit_watched(path, WATCHED_DIRECTORIES_MAX + 1),
            admit_read(path, READ_BYTES_MAX + 1),
        ];
        for outcome in refused {
            assert!(
                matches!(outcome, Err(StoreError::TooLarge(_))),
                "{outcome:?}"
            );
        }
    }
}
