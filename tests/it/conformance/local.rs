//! What only a local directory can hold: symlinks, FIFOs, odd names, files of others.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, symlink};

use aof_host::contract::store::{Blob, EntryKind, Mode, StoreError};
use rustix::fs::{CWD, FileType};
use tempfile::TempDir;

use super::hand::{Hand, LocalHand};
use super::session::{Session, append, create, journal, make_dir, remove, rename, replace};

/// A disk with a symlinked directory and file that lead outside, and a FIFO.
fn trapped() -> (LocalHand, TempDir) {
    let disk = LocalHand::new();
    let outside = TempDir::new().unwrap();
    fs::write(outside.path().join("secret"), "secret").unwrap();
    disk.make_dir("d");
    symlink(outside.path(), disk.path().join("d/dir")).unwrap();
    symlink(outside.path().join("secret"), disk.path().join("d/file")).unwrap();
    symlink("nowhere", disk.path().join("d/dangling")).unwrap();
    let mode = rustix::fs::Mode::from_raw_mode(0o666);
    rustix::fs::mknodat(CWD, disk.path().join("d/fifo"), FileType::Fifo, mode, 0).unwrap();
    (disk, outside)
}

#[test]
fn symlinks_and_fifos_are_listed_as_other() {
    let (disk, _outside) = trapped();
    let mut session = Session::writer(&disk);
    let kinds: Vec<_> = session
        .entries("d")
        .into_iter()
        .map(|e| (e.name, e.kind))
        .collect();
    let names = ["dangling", "dir", "fifo", "file"];
    assert_eq!(kinds, names.map(|name| (name.to_owned(), EntryKind::Other)));
}

#[test]
fn nothing_is_read_through_a_symlink_or_from_a_fifo() {
    let (disk, _outside) = trapped();
    let mut session = Session::writer(&disk);
    for path in ["d/file", "d/dir", "d/dir/secret", "d/dangling", "d/fifo"] {
        assert!(matches!(session.blob(path), Blob::Refused(_)), "{path}");
    }
}

#[test]
fn a_symlinked_directory_is_not_listed() {
    let (disk, _outside) = trapped();
    let mut session = Session::writer(&disk);
    assert!(
        session
            .list(&["d/dir", "d/dir/deep", "d/fifo"])
            .iter()
            .all(|l| !l.exists)
    );
}

#[test]
fn nothing_is_written_to_or_through_what_is_not_a_plain_file() {
    let (disk, outside) = trapped();
    disk.put("a", b"mine");
    let mut session = Session::writer(&disk);
    for path in [
        "d/file",
        "d/dir",
        "d/dir/secret",
        "d/dir/new",
        "d/dangling",
        "d/fifo",
    ] {
        let ops = [
            create(path, ""),
            replace(path, "", None),
            rename("a", path),
            rename(path, "b"),
            remove(path),
            append(path, &["line"]),
            journal(path, &["line"]),
            make_dir(&format!("{path}/sub")),
        ];
        for op in ops {
            let refused = session.commit(std::slice::from_ref(&op));
            let missing = path == "d/dir/new" || path == "d/dir/secret";
            assert!(
                matches!(refused, Err(StoreError::BadPath(_))),
                "{op:?} {missing} {refused:?}"
            );
        }
    }
    assert_eq!(
        fs::read_to_string(outside.path().join("secret")).unwrap(),
        "secret"
    );
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
    assert_eq!(disk.files(), [("a".into(), b"mine".into())]);
}

#[test]
fn a_directory_swapped_for_a_symlink_is_gone() {
    let (disk, outside) = trapped();
    disk.put("e/a", b"");
    let mut session = Session::watching(&disk, &["e"]);
    fs::rename(disk.path().join("e"), disk.path().join("f")).unwrap();
    symlink(outside.path(), disk.path().join("e")).unwrap();
    assert_eq!(session.news(), ["-e/a"]);
    assert!(matches!(
        session.refuse(&[create("e/b", "")]),
        StoreError::BadPath(_)
    ));
}

#[test]
fn names_that_are_not_utf8_are_counted_and_left_alone() {
    let disk = LocalHand::new();
    disk.put("d/a", b"");
    let odd = disk.path().join("d").join(OsStr::from_bytes(b"odd-\xff"));
    fs::write(&odd, "theirs").unwrap();
    let mut session = Session::writer(&disk);
    let listing = session.list(&["d"]).remove(0);
    assert_eq!((listing.entries.len(), listing.skipped), (1, 1));
    session.accept(&[create("d/b", "")]);
    assert_eq!(fs::read_to_string(odd).unwrap(), "theirs");
}

#[test]
fn a_commit_leaves_no_hidden_files() {
    let disk = LocalHand::new();
    let mut session = Session::writer(&disk);
    session.accept(&[
        make_dir("d"),
        create("d/a", "one"),
        replace("d/b", "two", None),
    ]);
    session.accept(&[
        remove("d/b"),
        rename("d/a", "d/b"),
        replace("d/b", "three", None),
    ]);
    let names: Vec<_> = session
        .entries("d")
        .into_iter()
        .map(|entry| entry.name)
        .collect();
    assert_eq!(names, ["b"]);
}

#[test]
fn a_replaced_file_is_a_new_one_and_an_open_reader_keeps_the_old() {
    let disk = LocalHand::new();
    let mut session = Session::writer(&disk);
    session.accept(&[create("a", "one")]);
    let before = fs::metadata(disk.path().join("a")).unwrap().ino();
    let open = fs::File::open(disk.path().join("a")).unwrap();
    session.accept(&[replace("a", "second", None)]);
    assert_ne!(fs::metadata(disk.path().join("a")).unwrap().ino(), before);
    assert_eq!(std::io::read_to_string(open).unwrap(), "one");
}

#[test]
fn a_log_is_appended_in_place() {
    let disk = LocalHand::new();
    let mut session = Session::writer(&disk);
    session.accept(&[append("log", &["one"])]);
    let before = fs::metadata(disk.path().join("log")).unwrap().ino();
    session.accept(&[append("log", &["two"])]);
    assert_eq!(fs::metadata(disk.path().join("log")).unwrap().ino(), before);
}

#[test]
fn a_reader_leaves_no_trace_in_an_empty_directory() {
    let disk = LocalHand::new();
    let mut reader = Session::open(&disk, Mode::Reader);
    reader.list(&["d"]);
    reader.news();
    assert_eq!(fs::read_dir(disk.path()).unwrap().count(), 0);
}

#[test]
fn the_owner_file_says_who_writes_since_when() {
    let disk = LocalHand::new();
    let session = Session::writer(&disk);
    let text = fs::read_to_string(disk.path().join("state/owner.json")).unwrap();
    let owner: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(owner["schemaVersion"], 1);
    assert_eq!(owner["epoch"], session.epoch);
    assert_eq!(owner["pid"], std::process::id());
    assert!(owner["since"].as_u64().unwrap() > 1_600_000_000_000);
    assert!(owner["host"].is_string());
}
