//! What is read and listed.

use aof_host::contract::store::{Blob, EntryKind, StoreError};

use super::hand::Hand;
use super::session::{Session, create, make_dir, replace, same};

pub fn blobs_come_in_order(disk: &dyn Hand) {
    disk.put("d/a", b"one");
    disk.put("b", b"two");
    let mut session = Session::writer(disk);
    let paths = ["b", "gone", "d/a", "gone/too", "b"].map(str::to_owned);
    let blobs = session.backend.read(&paths, 100).unwrap();
    let bytes: Vec<_> = blobs
        .iter()
        .map(|blob| match blob {
            Blob::Content(content) => Some(content.bytes.as_slice()),
            _ => None,
        })
        .collect();
    assert_eq!(
        bytes,
        [Some(&b"two"[..]), None, Some(b"one"), None, Some(b"two")]
    );
    assert!(matches!(
        (&blobs[1], &blobs[3]),
        (Blob::Absent, Blob::Absent)
    ));
    assert!(session.backend.read(&[], 100).unwrap().is_empty());
}

pub fn bytes_come_back_as_they_are(disk: &dyn Hand) {
    let bytes: Vec<u8> = (0..=255_u8).cycle().take(300_000).collect();
    disk.put("binary", &bytes);
    disk.put("empty", b"");
    disk.put("crlf", b"\xef\xbb\xbfa\r\nb");
    let mut session = Session::writer(disk);
    assert_eq!(session.content("binary").bytes, bytes);
    assert_eq!(session.content("empty").bytes, b"");
    assert_eq!(session.content("crlf").bytes, b"\xef\xbb\xbfa\r\nb");
}

pub fn a_directory_is_refused(disk: &dyn Hand) {
    disk.make_dir("d");
    let mut session = Session::writer(disk);
    assert!(matches!(session.blob("d"), Blob::Refused(text) if text.contains("directory")));
}

pub fn hostile_paths_are_refused(disk: &dyn Hand) {
    let mut session = Session::writer(disk);
    for path in ["", "/", "..", "a/../b", "a\\b", "a\0"] {
        let paths = ["fine".to_owned(), path.to_owned()];
        let read = session.backend.read(&paths, 100);
        assert!(matches!(read, Err(StoreError::BadPath(_))), "{path:?}");
        let listed = session.backend.list(&paths, false);
        assert!(matches!(listed, Err(StoreError::BadPath(_))), "{path:?}");
    }
}

pub fn listings_are_sorted_and_name_kinds(disk: &dyn Hand) {
    for name in ["b", "a.md", "B", ".hidden", "ä", "a"] {
        disk.put(&format!("d/{name}"), b"x");
    }
    disk.put("d/sub/deep", b"");
    let mut session = Session::writer(disk);
    let entries = session.entries("d");
    let names: Vec<_> = entries.iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(names, [".hidden", "B", "a", "a.md", "b", "sub", "ä"]);
    for entry in entries {
        let kind = if entry.name == "sub" {
            EntryKind::Directory
        } else {
            EntryKind::File
        };
        assert_eq!(entry.kind, kind, "{}", entry.name);
    }
}

pub fn listings_come_in_order_with_absent_ones(disk: &dyn Hand) {
    disk.put("b/x", b"");
    disk.make_dir("a");
    let mut session = Session::writer(disk);
    let listings = session.list(&["b", "gone", "a", "gone/deep"]);
    let shape: Vec<_> = listings
        .iter()
        .map(|l| (l.dir.as_str(), l.exists, l.entries.len(), l.skipped))
        .collect();
    let expected = [("b", true, 1, 0), ("gone", false, 0, 0), ("a", true, 0, 0)];
    assert_eq!(shape[..3], expected);
    assert_eq!(shape[3], ("gone/deep", false, 0, 0));
}

pub fn a_file_is_not_a_directory(disk: &dyn Hand) {
    disk.put("a", b"");
    let mut session = Session::writer(disk);
    assert!(
        session
            .list(&["a", "a/b"])
            .iter()
            .all(|listing| !listing.exists)
    );
}

pub fn stamps_tell_versions_apart(disk: &dyn Hand) {
    let mut session = Session::writer(disk);
    session.accept(&[create("a", "one"), create("b", "one")]);
    let first = session.stamp("a");
    assert!(same(&first, &session.stamp("a")));
    assert!(!same(&first, &session.stamp("b")));
    session.accept(&[replace("a", "one", None)]);
    assert!(!same(&first, &session.stamp("a")));
    assert_eq!(session.stamp("a").size, 3);
}

pub fn a_listing_and_a_read_agree_on_the_stamp(disk: &dyn Hand) {
    let mut session = Session::writer(disk);
    session.accept(&[make_dir("d"), create("d/a", "one")]);
    let listed = session.entries("d")[0].stamp;
    assert!(same(&listed, &session.stamp("d/a")));
}
