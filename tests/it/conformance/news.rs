//! What `changes` reports, and what it does not.

use aof_host::contract::store::{EntryKind, Mode};

use super::hand::Hand;
use super::session::{
    Session, append, create, make_dir, remove, rename, rename_expecting, replace,
};

const NONE: [&str; 0] = [];

pub fn nothing_is_news_at_first(disk: &dyn Hand) {
    disk.put("d/a", b"one");
    let mut session = Session::watching(disk, &["d"]);
    assert_eq!(session.news(), NONE);
}

pub fn what_a_hand_creates_is_reported(disk: &dyn Hand) {
    disk.make_dir("d");
    let mut session = Session::watching(disk, &["d"]);
    disk.put("d/a", b"one");
    let page = session.backend.changes(0, 10).unwrap();
    let entry = page.changes[0].entry.as_ref().unwrap();
    assert_eq!(
        (page.changes[0].path.as_str(), entry.name.as_str()),
        ("d/a", "a")
    );
    assert_eq!((entry.kind, entry.stamp.size), (EntryKind::File, 3));
    assert!(
        session
            .backend
            .changes(page.cursor, 10)
            .unwrap()
            .changes
            .is_empty()
    );
}

pub fn what_a_hand_edits_is_reported(disk: &dyn Hand) {
    disk.put("d/a", b"one");
    disk.put("d/b", b"one");
    let mut session = Session::watching(disk, &["d"]);
    disk.put("d/a", b"edited");
    assert_eq!(session.news(), ["+d/a"]);
    assert_eq!(session.news(), NONE);
}

pub fn what_a_hand_moves_is_reported_in_both_directories(disk: &dyn Hand) {
    disk.put("d/a", b"one");
    disk.make_dir("e");
    let mut session = Session::watching(disk, &["d", "e"]);
    disk.rename("d/a", "e/a");
    assert_eq!(session.news(), ["+e/a", "-d/a"]);
}

pub fn what_a_hand_deletes_is_reported(disk: &dyn Hand) {
    disk.put("d/a", b"one");
    let mut session = Session::watching(disk, &["d"]);
    disk.remove("d/a");
    assert_eq!(session.news(), ["-d/a"]);
}

pub fn own_commits_are_not_reported(disk: &dyn Hand) {
    disk.put("d/old", b"one");
    disk.put("d/gone", b"one");
    disk.make_dir("e");
    let mut session = Session::watching(disk, &["d", "e"]);
    session.accept(&[
        create("d/a", "one"),
        replace("d/old", "second", None),
        rename("d/a", "e/a"),
        replace("e/a", "second", None),
        remove("d/gone"),
        make_dir("d/sub"),
        append("e/log", &["line"]),
        append("e/log", &["line"]),
    ]);
    assert_eq!(session.news(), NONE);
    session.accept(&[append("e/log", &["line"])]);
    assert_eq!(session.news(), NONE);
}

pub fn a_hand_between_own_commits_is_still_reported(disk: &dyn Hand) {
    disk.put("d/a", b"one");
    let mut session = Session::watching(disk, &["d"]);
    session.accept(&[create("d/mine", "")]);
    disk.put("d/theirs", b"");
    session.accept(&[create("d/mine-too", "")]);
    disk.put("d/a", b"edited");
    session.accept(&[append("d/log", &["line"])]);
    assert_eq!(session.news(), ["+d/a", "+d/theirs"]);
}

pub fn a_hand_on_an_own_file_is_reported(disk: &dyn Hand) {
    disk.make_dir("d");
    let mut session = Session::watching(disk, &["d"]);
    session.accept(&[create("d/a", "one"), create("d/b", "one")]);
    disk.put("d/a", b"edited");
    disk.remove("d/b");
    assert_eq!(session.news(), ["+d/a", "-d/b"]);
}

pub fn an_absent_directory_is_reported_when_it_appears(disk: &dyn Hand) {
    let mut session = Session::watching(disk, &["d/e"]);
    assert_eq!(session.news(), NONE);
    disk.put("d/e/a", b"one");
    assert_eq!(session.news(), ["+d/e/a"]);
}

pub fn an_absent_directory_made_by_an_own_commit_is_no_news(disk: &dyn Hand) {
    let mut session = Session::watching(disk, &["d", "d/e"]);
    session.accept(&[make_dir("d/e"), create("d/e/a", "one")]);
    assert_eq!(session.news(), NONE);
    disk.put("d/e/b", b"two");
    assert_eq!(session.news(), ["+d/e/b"]);
}

pub fn a_directory_that_vanishes_takes_its_entries_along(disk: &dyn Hand) {
    disk.put("d/e/a", b"one");
    disk.put("d/e/b", b"two");
    let mut session = Session::watching(disk, &["d", "d/e"]);
    disk.remove("d/e");
    assert_eq!(session.news(), ["-d/e", "-d/e/a", "-d/e/b"]);
    disk.put("d/e/b", b"again");
    assert_eq!(session.news(), ["+d/e", "+d/e/b"]);
}

pub fn hidden_files_are_no_news(disk: &dyn Hand) {
    disk.put("d/.a", b"one");
    let mut session = Session::watching(disk, &["d"]);
    disk.put("d/.b", b"one");
    disk.put("d/.a", b"edited");
    assert_eq!(session.news(), NONE);
    disk.rename("d/.b", "d/b");
    assert_eq!(session.news(), ["+d/b"]);
    disk.rename("d/b", "d/.b");
    assert_eq!(session.news(), ["-d/b"]);
}

pub fn what_was_never_listed_is_no_news(disk: &dyn Hand) {
    disk.make_dir("d/sub");
    let mut session = Session::watching(disk, &["d"]);
    disk.put("d/sub/a", b"one");
    disk.put("e/a", b"one");
    assert_eq!(session.news(), NONE);
}

pub fn a_directory_listed_without_watching_is_no_news(disk: &dyn Hand) {
    disk.make_dir("d");
    let mut session = Session::writer(disk);
    assert!(session.list_as(&["d"], false)[0].exists);
    disk.put("d/a", b"one");
    assert_eq!(session.news(), NONE);
}

pub fn listing_without_watching_keeps_the_watch_and_its_news(disk: &dyn Hand) {
    disk.make_dir("d");
    let mut session = Session::watching(disk, &["d"]);
    disk.put("d/a", b"one");
    assert_eq!(session.list_as(&["d"], false)[0].entries.len(), 1);
    assert_eq!(session.news(), ["+d/a"]);
}

pub fn a_new_directory_is_an_entry_of_its_parent(disk: &dyn Hand) {
    disk.make_dir("d");
    let mut session = Session::watching(disk, &["d"]);
    disk.make_dir("d/sub");
    let page = session.backend.changes(0, 10).unwrap();
    assert_eq!(
        page.changes[0].entry.as_ref().unwrap().kind,
        EntryKind::Directory
    );
    assert_eq!(page.changes[0].path, "d/sub");
}

pub fn changes_inside_a_directory_are_no_news_of_its_parent(disk: &dyn Hand) {
    disk.make_dir("d/sub");
    let mut session = Session::watching(disk, &["d"]);
    disk.put("d/sub/a", b"one");
    disk.put("d/a", b"one");
    assert_eq!(session.news(), ["+d/a"]);
}

pub fn pages_follow_the_cursor(disk: &dyn Hand) {
    disk.make_dir("d");
    let mut session = Session::watching(disk, &["d"]);
    for number in 0..5 {
        disk.put(&format!("d/{number}"), b"");
    }
    let mut cursor = 0;
    let mut seen = Vec::new();
    let mut sizes = Vec::new();
    loop {
        let page = session.backend.changes(cursor, 2).unwrap();
        assert!(page.cursor >= cursor);
        cursor = page.cursor;
        sizes.push(page.changes.len());
        seen.extend(page.changes.into_iter().map(|change| change.path));
        if !page.more {
            break;
        }
    }
    assert_eq!(sizes, [2, 2, 1]);
    assert_eq!(seen, ["d/0", "d/1", "d/2", "d/3", "d/4"]);
}

pub fn the_same_cursor_gives_the_same_page(disk: &dyn Hand) {
    disk.make_dir("d");
    let mut session = Session::watching(disk, &["d"]);
    disk.put("d/a", b"");
    let first = session.backend.changes(0, 10).unwrap();
    let again = session.backend.changes(0, 10).unwrap();
    assert_eq!(
        (first.cursor, first.changes.len()),
        (again.cursor, again.changes.len())
    );
    assert_eq!(first.changes[0].path, again.changes[0].path);
}

pub fn the_cursor_of_a_commit_skips_nothing(disk: &dyn Hand) {
    disk.make_dir("d");
    let mut session = Session::watching(disk, &["d"]);
    disk.put("d/a", b"");
    disk.put("d/b", b"");
    let page = session.backend.changes(0, 1).unwrap();
    assert!(page.more);
    let cursor = session.commit(&[create("d/mine", "")]).unwrap();
    assert_eq!(cursor, page.cursor);
    let rest = session.backend.changes(cursor, 10).unwrap();
    assert_eq!(rest.changes[0].path, "d/b");
}

pub fn opening_again_forgets_what_was_watched(disk: &dyn Hand) {
    disk.make_dir("d");
    let mut session = Session::watching(disk, &["d"]);
    disk.put("d/a", b"");
    session.backend.open(Mode::Writer).unwrap();
    assert_eq!(session.news(), NONE);
    session.list(&["d"]);
    disk.put("d/b", b"");
    assert_eq!(session.news(), ["+d/b"]);
}

pub fn listing_again_takes_the_news_in(disk: &dyn Hand) {
    disk.put("d/a", b"one");
    let mut session = Session::watching(disk, &["d"]);
    disk.put("d/a", b"edited");
    let stamp = session.entries("d")[0].stamp;
    assert_eq!(session.news(), NONE);
    disk.make_dir("e");
    session.accept(&[rename_expecting("d/a", "e/a", Some(stamp))]);
    assert_eq!(session.news(), NONE);
}
