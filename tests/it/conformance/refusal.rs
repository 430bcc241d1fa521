//! What is refused, and that a refusal leaves the disk as it was.

use aof_host::contract::store::{Op, StoreError};

use super::hand::Hand;
use super::session::{
    Session, append, create, journal, make_dir, remove, rename, rename_expecting, replace,
};

pub fn a_refused_batch_changes_nothing(disk: &dyn Hand) {
    let mut session = Session::writer(disk);
    session.accept(&[make_dir("d"), create("d/a", "one"), create("d/b", "two")]);
    let stale = session.stamp("d/b");
    let before = (disk.files(), session.entries("d").len());
    let refused_last = [
        create("d/b", ""),
        create("gone/x", ""),
        rename("gone", "d/x"),
        rename("d/b", "d/c"),
        rename_expecting("d/b", "d/x", Some(session.stamp("d/a"))),
        replace("d/a", "", Some(stale)),
        make_dir("d/b/x"),
        append("gone/log", &["line"]),
        remove("../x"),
    ];
    for last in refused_last {
        let batch = [
            make_dir("new/deep"),
            create("d/c", "three"),
            replace("d/b", "other", None),
            rename("d/a", "new/a"),
            append("d/log", &["line"]),
            remove("d/log"),
            last,
        ];
        let refused = session.commit(&batch);
        assert!(refused.is_err(), "{:?}", batch.last());
        assert_eq!(
            (disk.files(), session.entries("d").len()),
            before,
            "{:?}",
            batch.last()
        );
        assert!(!session.list(&["new"])[0].exists);
    }
}

pub fn a_missing_parent_is_not_found(disk: &dyn Hand) {
    let mut session = Session::writer(disk);
    session.accept(&[create("a", "")]);
    let batches = [
        create("gone/x", ""),
        replace("gone/x", "", None),
        rename("a", "gone/x"),
        append("gone/x", &["line"]),
    ];
    for op in batches {
        let refused = session.refuse(std::slice::from_ref(&op));
        assert!(
            matches!(refused, StoreError::NotFound(path) if path == "gone"),
            "{op:?}"
        );
    }
}

pub fn a_file_is_no_parent(disk: &dyn Hand) {
    disk.put("file", b"");
    let mut session = Session::writer(disk);
    let refused = session.refuse(&[create("file/x", "")]);
    assert!(matches!(refused, StoreError::NotFound(path) if path == "file"));
    let refused = session.refuse(&[create("file/x/y", "")]);
    assert!(matches!(refused, StoreError::NotFound(path) if path == "file/x"));
    assert!(session.is_absent("file/x"));
}

pub fn directories_are_neither_moved_nor_replaced_nor_removed(disk: &dyn Hand) {
    disk.put("d/a", b"one");
    let mut session = Session::writer(disk);
    let ops = [
        rename("d", "e"),
        replace("d", "", None),
        remove("d"),
        append("d", &["line"]),
    ];
    for op in ops {
        let refused = session.refuse(std::slice::from_ref(&op));
        assert!(
            matches!(refused, StoreError::BadPath(path) if path == "d"),
            "{op:?}"
        );
    }
    assert_eq!(disk.files(), [("d/a".into(), b"one".into())]);
}

pub fn hostile_paths_are_refused_everywhere(disk: &dyn Hand) {
    disk.put("a", b"one");
    let mut session = Session::writer(disk);
    for path in [
        "",
        "/etc/x",
        "../x",
        "d/../../x",
        "./x",
        "d//x",
        "d/",
        "d\\x",
        "d\0x",
        "d\nx",
    ] {
        let ops: [Op; 8] = [
            create(path, ""),
            replace(path, "", None),
            rename("a", path),
            rename(path, "b"),
            remove(path),
            make_dir(path),
            append(path, &["line"]),
            journal(path, &["line"]),
        ];
        for op in ops {
            let refused = session.refuse(std::slice::from_ref(&op));
            assert!(matches!(refused, StoreError::BadPath(_)), "{op:?}");
        }
    }
    assert_eq!(disk.files(), [("a".into(), b"one".into())]);
}

pub fn the_files_that_fence_writers_cannot_be_written(disk: &dyn Hand) {
    let mut session = Session::writer(disk);
    session.accept(&[make_dir("state"), create("state/ledger.jsonl", "")]);
    for path in ["state/lock", "state/epoch", "state/owner.json"] {
        for op in [
            replace(path, "", None),
            remove(path),
            rename("state/ledger.jsonl", path),
            append(path, &["line"]),
            journal(path, &["line"]),
        ] {
            let refused = session.refuse(std::slice::from_ref(&op));
            assert!(matches!(refused, StoreError::BadPath(_)), "{op:?}");
        }
    }
}

pub fn an_edit_by_hand_between_read_and_commit_is_kept(disk: &dyn Hand) {
    let mut session = Session::writer(disk);
    session.accept(&[create("a", "one"), make_dir("d")]);
    let read = session.stamp("a");
    disk.put("a", b"edited by hand");
    let ops = [
        replace("a", "mine", Some(read)),
        rename_expecting("a", "d/a", Some(read)),
    ];
    for op in ops {
        let refused = session.refuse(&[create("b", ""), op]);
        assert!(matches!(refused, StoreError::Conflict(path) if path == "a"));
    }
    assert_eq!(disk.files(), [("a".into(), b"edited by hand".into())]);
}

pub fn a_file_that_appeared_by_hand_is_kept(disk: &dyn Hand) {
    let mut session = Session::writer(disk);
    session.accept(&[make_dir("d"), create("a", "mine")]);
    disk.put("d/a", b"by hand");
    let refused = session.refuse(&[rename("a", "d/a")]);
    assert!(matches!(refused, StoreError::Exists(path) if path == "d/a"));
    assert!(matches!(
        session.refuse(&[create("d/a", "")]),
        StoreError::Exists(_)
    ));
    assert_eq!(session.text("d/a"), "by hand");
}

pub fn a_card_moved_by_hand_is_not_found(disk: &dyn Hand) {
    disk.put("ready/a", b"card");
    disk.make_dir("done");
    disk.make_dir("blocked");
    let mut session = Session::writer(disk);
    let stamp = session.stamp("ready/a");
    disk.rename("ready/a", "blocked/a");
    let refused = session.refuse(&[rename_expecting("ready/a", "done/a", Some(stamp))]);
    assert!(matches!(refused, StoreError::NotFound(path) if path == "ready/a"));
    assert_eq!(disk.files(), [("blocked/a".into(), b"card".into())]);
}

pub fn a_deleted_file_is_a_conflict_for_who_expects_it(disk: &dyn Hand) {
    let mut session = Session::writer(disk);
    session.accept(&[create("a", "one")]);
    let stamp = session.stamp("a");
    disk.remove("a");
    let refused = session.refuse(&[replace("a", "two", Some(stamp))]);
    assert!(matches!(refused, StoreError::Conflict(path) if path == "a"));
    assert!(disk.files().is_empty());
}

pub fn a_version_written_by_the_batch_itself_cannot_be_expected(disk: &dyn Hand) {
    let mut session = Session::writer(disk);
    session.accept(&[create("a", "one")]);
    let stamp = session.stamp("a");
    let refused = session.refuse(&[replace("a", "two", None), replace("a", "3", Some(stamp))]);
    assert!(matches!(refused, StoreError::Conflict(path) if path == "a"));
    assert_eq!(session.text("a"), "one");
}
