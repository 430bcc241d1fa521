//! What the operating system's errors mean in the words of the contract.
//!
//! Never hides an error: what has no word of its own is `io` with the system's text.

use rustix::io::Errno;

use crate::contract::{IoFailure, StoreError};

/// The contract's error for a failed call on a path.
pub(super) fn from_errno(path: &str, errno: Errno) -> StoreError {
    let path = path.to_owned();
    match errno {
        Errno::NOSPC | Errno::DQUOT => StoreError::NoSpace(path),
        Errno::ROFS | Errno::ACCESS | Errno::PERM => StoreError::ReadOnly(path),
        Errno::LOOP | Errno::NAMETOOLONG => StoreError::BadPath(path),
        Errno::NOENT => StoreError::NotFound(path),
        Errno::EXIST => StoreError::Exists(path),
        other => StoreError::Io(IoFailure {
            path,
            message: other.to_string(),
        }),
    }
}

/// An `io` error: looking failed, which says nothing about what may be written.
pub(super) fn broken(path: &str, message: String) -> StoreError {
    StoreError::Io(IoFailure {
        path: path.to_owned(),
        message,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_or_read_only_disk_has_a_word_of_its_own() {
        assert!(matches!(from_errno("a", Errno::NOSPC), StoreError::NoSpace(p) if p == "a"));
        assert!(matches!(
            from_errno("a", Errno::DQUOT),
            StoreError::NoSpace(_)
        ));
        assert!(matches!(
            from_errno("a", Errno::ROFS),
            StoreError::ReadOnly(_)
        ));
        assert!(matches!(
            from_errno("a", Errno::ACCESS),
            StoreError::ReadOnly(_)
        ));
    }

    #[test]
    fn the_rest_is_io_with_the_systems_text() {
        let StoreError::Io(failure) = from_errno("a/b", Errno::IO) else {
            panic!("mapped")
        };
        assert_eq!(failure.path, "a/b");
        assert!(!failure.message.is_empty());
    }
}
