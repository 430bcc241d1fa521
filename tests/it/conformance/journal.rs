//! The line from which a batch can be done again, and the flush of everything.

use aof_host::contract::store::{Mode, StoreError};

use super::hand::Hand;
use super::session::{
    Session, append, create, journal, make_dir, remove, rename, rename_expecting, replace,
};

const JOURNAL: &str = "state/journal/000001-001.jsonl";

/// A writer with a journal, a card in one directory and another directory.
fn journaled(disk: &dyn Hand) -> Session {
    let mut session = Session::writer(disk);
    session.accept(&[
        make_dir("state/journal"),
        create(JOURNAL, "header\n"),
        make_dir("a"),
        make_dir("b"),
        create("a/X.md", "one"),
    ]);
    session
}

pub fn journal_lines_are_appended(disk: &dyn Hand) {
    let mut session = journaled(disk);
    session.accept(&[journal(JOURNAL, &["first"]), create("b/Y.md", "")]);
    session.accept(&[journal(JOURNAL, &["second", "third"])]);
    assert_eq!(session.text(JOURNAL), "header\nfirst\nsecond\nthird\n");
    assert_eq!(session.text("b/Y.md"), "");
}

pub fn a_torn_journal_line_is_completed_first(disk: &dyn Hand) {
    let mut session = journaled(disk);
    disk.put(JOURNAL, b"header\nto");
    session.accept(&[journal(JOURNAL, &["first"])]);
    assert_eq!(session.text(JOURNAL), "header\nto\nfirst\n");
}

pub fn the_line_comes_before_the_rest_wherever_it_stands(disk: &dyn Hand) {
    let mut session = journaled(disk);
    session.accept(&[append(JOURNAL, &["applied"]), journal(JOURNAL, &["record"])]);
    assert_eq!(session.text(JOURNAL), "header\nrecord\napplied\n");
}

pub fn a_missing_journal_is_stale(disk: &dyn Hand) {
    let mut session = journaled(disk);
    disk.remove(JOURNAL);
    let before = disk.files();
    for path in [JOURNAL, "gone/journal"] {
        let refused = session.refuse(&[journal(path, &["record"]), create("b/Y.md", "")]);
        assert!(
            matches!(refused, StoreError::StaleEpoch(epoch) if epoch == session.epoch),
            "{path}"
        );
    }
    let made_by_the_batch = [create(JOURNAL, ""), journal(JOURNAL, &["record"])];
    let refused = session.refuse(&made_by_the_batch);
    assert!(matches!(refused, StoreError::StaleEpoch(_)));
    assert_eq!(disk.files(), before);
}

pub fn a_journal_is_a_plain_file_inside_the_root(disk: &dyn Hand) {
    let mut session = journaled(disk);
    for path in [
        "a",
        "../journal",
        "state/lock",
        "state/epoch",
        "state/owner.json",
        "",
    ] {
        let refused = session.refuse(&[journal(path, &["record"])]);
        assert!(matches!(refused, StoreError::BadPath(_)), "{path}");
    }
}

pub fn a_refused_batch_leaves_no_line(disk: &dyn Hand) {
    let mut session = journaled(disk);
    let stamp = session.stamp("a/X.md");
    disk.put("a/X.md", b"edited by hand");
    let before = disk.files();
    let refused = [
        rename_expecting("a/X.md", "b/X.md", Some(stamp)),
        replace("a/X.md", "mine", Some(stamp)),
        create("a/X.md", ""),
        rename("a/gone.md", "b/gone.md"),
        create("gone/Y.md", ""),
        remove("../X.md"),
    ];
    for op in refused {
        session.refuse(&[journal(JOURNAL, &["record"]), create("b/Y.md", ""), op]);
        assert_eq!(disk.files(), before);
    }
}

pub fn a_later_writer_ends_a_former_one_by_its_journal(disk: &dyn Hand) {
    let former = journaled(disk);
    let epoch = former.epoch;
    drop(former);
    let mut later = Session::writer(disk);
    later.accept(&[
        remove(JOURNAL),
        create("state/journal/000002-001.jsonl", ""),
    ]);
    let refused = later.backend.commit(&[journal(JOURNAL, &["late"])], epoch);
    assert!(matches!(refused, Err(StoreError::StaleEpoch(now)) if now == later.epoch));
    let refused = later.refuse(&[journal(JOURNAL, &["late"])]);
    assert!(matches!(refused, StoreError::StaleEpoch(now) if now == later.epoch));
}

pub fn a_sync_is_fine_anywhere_in_a_batch(disk: &dyn Hand) {
    use aof_host::contract::store::Op::Sync;
    let mut session = journaled(disk);
    session.accept(&[Sync]);
    let checkpoint = [
        Sync,
        create("state/journal/000001-002.jsonl", "header\n"),
        append("log", &["one"]),
        Sync,
        remove(JOURNAL),
        append("log", &["two"]),
    ];
    session.accept(&checkpoint);
    assert!(session.is_absent(JOURNAL));
    assert_eq!(session.text("log"), "one\ntwo\n");
    assert!(matches!(
        session.refuse(&[Sync, create("a/X.md", "")]),
        StoreError::Exists(_)
    ));
}

pub fn sessions_of_one_start_have_one_boot(disk: &dyn Hand) {
    let first = disk.attach().open(Mode::Writer).unwrap().boot;
    let second = disk.attach().open(Mode::Writer).unwrap().boot;
    let reader = disk.attach().open(Mode::Reader).unwrap().boot;
    assert_eq!((first, first), (second, reader));
}

pub fn own_journal_lines_are_no_news(disk: &dyn Hand) {
    let mut session = journaled(disk);
    session.list(&["state/journal", "b"]);
    session.news();
    session.accept(&[journal(JOURNAL, &["record"]), create("b/Y.md", "")]);
    assert!(session.news().is_empty());
    disk.put(JOURNAL, b"by hand\n");
    assert_eq!(session.news(), [format!("+{JOURNAL}")]);
}
