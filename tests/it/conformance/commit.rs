//! What each operation does, alone and after others in its batch.

use aof_host::contract::store::{EntryKind, StoreError};

use super::hand::Hand;
use super::session::{
    Session, append, create, journal, make_dir, remove, rename, rename_expecting, replace, same,
};

pub fn a_created_file_has_its_content(disk: &dyn Hand) {
    let mut session = Session::writer(disk);
    session.accept(&[create("a", "one"), make_dir("d"), create("d/empty", "")]);
    assert_eq!(
        disk.files(),
        [("a".into(), b"one".into()), ("d/empty".into(), Vec::new())]
    );
}

pub fn creating_needs_a_free_name(disk: &dyn Hand) {
    let mut session = Session::writer(disk);
    session.accept(&[create("a", "one"), make_dir("d")]);
    assert!(matches!(session.refuse(&[create("a", "two")]), StoreError::Exists(p) if p == "a"));
    assert!(matches!(session.refuse(&[create("d", "two")]), StoreError::Exists(p) if p == "d"));
    let twice = [create("b", "one"), create("b", "two")];
    assert!(matches!(session.refuse(&twice), StoreError::Exists(p) if p == "b"));
    assert_eq!(disk.files(), [("a".into(), b"one".into())]);
}

pub fn replacing_writes_new_and_existing_files(disk: &dyn Hand) {
    let mut session = Session::writer(disk);
    session.accept(&[replace("a", "one", None)]);
    session.accept(&[replace("a", "second", None), replace("a", "third", None)]);
    assert_eq!(session.text("a"), "third");
}

pub fn replacing_the_expected_version_succeeds(disk: &dyn Hand) {
    let mut session = Session::writer(disk);
    session.accept(&[create("a", "one")]);
    let old = session.stamp("a");
    session.accept(&[replace("a", "second", Some(old))]);
    assert!(!same(&old, &session.stamp("a")));
    let again = session.refuse(&[replace("a", "third", Some(old))]);
    assert!(matches!(again, StoreError::Conflict(path) if path == "a"));
    assert_eq!(session.text("a"), "second");
}

pub fn a_rename_keeps_content_and_stamp(disk: &dyn Hand) {
    let mut session = Session::writer(disk);
    session.accept(&[make_dir("x"), make_dir("y"), create("x/a", "one")]);
    let before = session.stamp("x/a");
    session.accept(&[rename_expecting("x/a", "y/b", Some(before))]);
    assert!(session.is_absent("x/a"));
    let after = session.content("y/b");
    assert_eq!(after.bytes, b"one");
    assert!(same(&before, &after.stamp));
}

pub fn a_rename_needs_a_free_target(disk: &dyn Hand) {
    let mut session = Session::writer(disk);
    session.accept(&[create("a", "one"), create("b", "two"), make_dir("d")]);
    for target in ["b", "d", "a"] {
        let refused = session.refuse(&[rename("a", target)]);
        assert!(
            matches!(refused, StoreError::Exists(path) if path == target),
            "{target}"
        );
    }
    let gone = session.refuse(&[rename("c", "e")]);
    assert!(matches!(gone, StoreError::NotFound(path) if path == "c"));
}

pub fn removing_is_idempotent(disk: &dyn Hand) {
    let mut session = Session::writer(disk);
    session.accept(&[create("a", "one")]);
    session.accept(&[remove("a"), remove("a"), remove("never/there")]);
    session.accept(&[remove("a")]);
    assert!(disk.files().is_empty());
}

pub fn making_a_directory_makes_its_parents(disk: &dyn Hand) {
    let mut session = Session::writer(disk);
    session.accept(&[make_dir("x/y/z")]);
    session.accept(&[make_dir("x/y/z"), make_dir("x/y"), make_dir("x/w")]);
    let names: Vec<_> = session
        .entries("x")
        .into_iter()
        .map(|e| (e.name, e.kind))
        .collect();
    assert_eq!(
        names,
        [
            ("w".into(), EntryKind::Directory),
            ("y".into(), EntryKind::Directory)
        ]
    );
    assert!(session.list(&["x/y/z"])[0].exists);
    session.accept(&[create("file", "")]);
    let refused = session.refuse(&[make_dir("file/z")]);
    assert!(matches!(refused, StoreError::Exists(path) if path == "file"));
}

pub fn appending_creates_and_extends(disk: &dyn Hand) {
    let mut session = Session::writer(disk);
    session.accept(&[append("log", &["one", "two"]), append("log", &["three"])]);
    session.accept(&[append("log", &[]), append("log", &["", "four"])]);
    assert_eq!(session.text("log"), "one\ntwo\nthree\n\nfour\n");
}

pub fn a_torn_last_line_is_completed_first(disk: &dyn Hand) {
    disk.put("log", b"whole\nto");
    disk.put("empty", b"");
    let mut session = Session::writer(disk);
    session.accept(&[append("log", &["next"]), append("empty", &["first"])]);
    assert_eq!(session.text("log"), "whole\nto\nnext\n");
    assert_eq!(session.text("empty"), "first\n");
}

pub fn steps_see_what_the_steps_before_them_did(disk: &dyn Hand) {
    let mut session = Session::writer(disk);
    session.accept(&[
        make_dir("d/e"),
        create("d/e/a", "one"),
        rename("d/e/a", "d/b"),
        rename("d/b", "c"),
        replace("c", "second", None),
        append("d/log", &["line"]),
        create("d/e/a", "again"),
        remove("d/e/a"),
    ]);
    let files = [
        ("c".into(), b"second".to_vec()),
        ("d/log".into(), b"line\n".to_vec()),
    ];
    assert_eq!(disk.files(), files);
    let gone = session.refuse(&[rename("c", "e"), replace("f", "", None), rename("c", "g")]);
    assert!(matches!(gone, StoreError::NotFound(path) if path == "c"));
}

pub fn a_renamed_file_keeps_its_expected_version_within_the_batch(disk: &dyn Hand) {
    let mut session = Session::writer(disk);
    session.accept(&[create("a", "one")]);
    let stamp = session.stamp("a");
    let batch = [
        rename_expecting("a", "b", Some(stamp)),
        rename_expecting("b", "c", Some(stamp)),
        replace("c", "second", Some(stamp)),
    ];
    session.accept(&batch);
    assert_eq!(disk.files(), [("c".into(), b"second".into())]);
}

pub fn a_whole_transition_is_one_batch(disk: &dyn Hand) {
    let mut session = Session::writer(disk);
    session.accept(&[
        make_dir("ready"),
        make_dir("done"),
        create("ready/X.md", "ready"),
        create("journal", ""),
    ]);
    let stamp = session.stamp("ready/X.md");
    session.accept(&[
        journal("journal", &["X moves to done"]),
        rename_expecting("ready/X.md", "done/X.md", Some(stamp)),
        replace("done/X.md", "done", Some(stamp)),
        append("events", &["moved"]),
        append("outbox", &["notify"]),
        append("journal", &["applied"]),
    ]);
    let files = [
        ("done/X.md".into(), b"done".to_vec()),
        ("events".into(), b"moved\n".to_vec()),
        ("journal".into(), b"X moves to done\napplied\n".to_vec()),
        ("outbox".into(), b"notify\n".to_vec()),
    ];
    assert_eq!(disk.files(), files);
}

pub fn an_empty_batch_is_fine(disk: &dyn Hand) {
    let mut session = Session::writer(disk);
    session.accept(&[]);
    assert!(disk.files().is_empty());
}

pub fn a_name_freed_by_the_batch_can_be_taken_again(disk: &dyn Hand) {
    let mut session = Session::writer(disk);
    session.accept(&[create("a", "one"), create("b", "two")]);
    session.accept(&[rename("a", "c"), rename("b", "a"), rename("c", "b")]);
    assert_eq!(
        disk.files(),
        [("a".into(), b"two".into()), ("b".into(), b"one".into())]
    );
    session.accept(&[remove("a"), make_dir("a/d"), create("a/d/e", "")]);
    assert!(!session.is_absent("a/d/e"));
}
