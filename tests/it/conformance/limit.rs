//! Every bound at its value and one past it.

use aof_disk::limit::{
    BATCH_BYTES_MAX, BATCH_OPS_MAX, FILE_BYTES_MAX, PATH_BYTES_MAX, PATH_SEGMENTS_MAX,
    SEGMENT_BYTES_MAX,
};
use aof_host::contract::store::{Blob, StoreError};

use super::hand::Hand;
use super::session::{Session, append, create, make_dir, remove};

pub fn a_batch_has_its_most_operations(disk: &dyn Hand) {
    let mut session = Session::writer(disk);
    let mut batch = vec![remove("gone"); BATCH_OPS_MAX - 1];
    batch.push(create("a", ""));
    session.accept(&batch);
    batch.push(create("b", ""));
    assert!(matches!(session.refuse(&batch), StoreError::TooLarge(text) if text.contains("10000")));
    assert_eq!(disk.files().len(), 1);
}

pub fn a_batch_has_its_most_bytes(disk: &dyn Hand) {
    let mut session = Session::writer(disk);
    let bytes = usize::try_from(BATCH_BYTES_MAX).unwrap();
    // The line of the log is four bytes and its newline.
    let text = "x".repeat(bytes - 5);
    session.accept(&[create("a", &text), append("log", &["line"])]);
    let refused = session.refuse(&[create("b", &text), append("log", &["lines"])]);
    assert!(matches!(refused, StoreError::TooLarge(_)));
    assert_eq!(disk.files().len(), 2);
}

pub fn a_file_is_read_up_to_the_size_asked_for(disk: &dyn Hand) {
    disk.put("a", &[b'x'; 100]);
    let mut session = Session::writer(disk);
    let mut read = |bytes_max| {
        session
            .backend
            .read(&["a".to_owned()], bytes_max)
            .unwrap()
            .remove(0)
    };
    assert!(matches!(read(100), Blob::Content(_)));
    assert!(matches!(read(99), Blob::Refused(text) if text.contains("99")));
    assert!(matches!(read(0), Blob::Refused(_)));
}

pub fn a_file_is_never_read_beyond_the_limit(disk: &dyn Hand) {
    let bytes = vec![b'x'; usize::try_from(FILE_BYTES_MAX).unwrap() + 1];
    disk.put("at", &bytes[1..]);
    disk.put("past", &bytes);
    let mut session = Session::writer(disk);
    assert_eq!(session.content("at").bytes.len() as u64, FILE_BYTES_MAX);
    assert!(matches!(session.blob("past"), Blob::Refused(_)));
}

pub fn paths_have_their_limits(disk: &dyn Hand) {
    let mut session = Session::writer(disk);
    let deep = vec!["d"; PATH_SEGMENTS_MAX].join("/");
    let wide = "n".repeat(SEGMENT_BYTES_MAX);
    let parent = [wide.as_str(), &wide, &wide, "p"].join("/");
    let rest = PATH_BYTES_MAX - parent.len() - 1;
    let long = format!("{parent}/{}", "m".repeat(rest));
    session.accept(&[make_dir(&deep), create(&wide.replace('n', "f"), "")]);
    session.accept(&[make_dir(&parent), create(&long, "")]);
    assert!(!session.is_absent(&long));
    for path in [format!("{deep}/d"), format!("{wide}n"), format!("{long}m")] {
        assert!(matches!(
            session.refuse(&[make_dir(&path)]),
            StoreError::BadPath(_)
        ));
    }
}
