//! What only a local directory can hold: symlinks, FIFOs, odd names, files of others.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use aof_host::contract::store::{Blob, EntryKind, Mode, StoreError};
use rustix::fs::{CWD, FileType};
use tempfile::TempDir;

use super::hand::Directory;
use super::session::{Session, append, create, journal, make_dir, remove, rename, replace};

/// Puts a symlinked directory and file that lead outside, and a FIFO.
fn trapped(disk: &dyn Directory) -> TempDir {
    let outside = TempDir::new().unwrap();
    for dir in ["", "deep"] {
        fs::create_dir_all(outside.path().join(dir)).unwrap();
        fs::write(outside.path().join(dir).join("secret"), "secret").unwrap();
    }
    disk.make_dir("d");
    symlink(outside.path(), disk.path().join("d/dir")).unwrap();
    symlink(outside.path().join("secret"), disk.path().join("d/file")).unwrap();
    symlink("nowhere", disk.path().join("d/dangling")).unwrap();
    let mode = rustix::fs::Mode::from_raw_mode(0o666);
    rustix::fs::mknodat(CWD, disk.path().join("d/fifo"), FileType::Fifo, mode, 0).unwrap();
    outside
}

pub fn symlinks_and_fifos_are_listed_as_other(disk: &dyn Directory) {
    let _outside = trapped(disk);
    let mut session = Session::writer(disk);
    let kinds: Vec<_> = session
        .entries("d")
        .into_iter()
        .map(|e| (e.name, e.kind))
        .collect();
    let names = ["dangling", "dir", "fifo", "file"];
    assert_eq!(kinds, names.map(|name| (name.to_owned(), EntryKind::Other)));
}

pub fn nothing_is_read_through_a_symlink_or_from_a_fifo(disk: &dyn Directory) {
    let _outside = trapped(disk);
    let mut session = Session::writer(disk);
    for path in [
        "d/file",
        "d/dir",
        "d/dir/secret",
        "d/dir/deep/secret",
        // Nothing is there, and yet it is told that something leads away.
        "d/dir/none/secret",
        "d/dangling/none/secret",
        "d/dangling",
        "d/fifo",
    ] {
        assert!(matches!(session.blob(path), Blob::Refused(_)), "{path}");
    }
    assert!(matches!(session.blob("d/none/secret"), Blob::Absent));
}

pub fn a_symlinked_directory_is_not_listed(disk: &dyn Directory) {
    let _outside = trapped(disk);
    let mut session = Session::writer(disk);
    assert!(
        session
            .list(&["d/dir", "d/dir/deep", "d/fifo"])
            .iter()
            .all(|l| !l.exists)
    );
}

pub fn nothing_is_written_to_or_through_what_is_not_a_plain_file(disk: &dyn Directory) {
    let outside = trapped(disk);
    disk.put("a", b"mine");
    let mut session = Session::writer(disk);
    for path in [
        "d/file",
        "d/dir",
        "d/dir/secret",
        "d/dir/new",
        "d/dir/deep/new",
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
            let missing = path.starts_with("d/dir/");
            assert!(
                matches!(refused, Err(StoreError::BadPath(_))),
                "{op:?} {missing} {refused:?}"
            );
        }
    }
    for (dir, names) in [("", 2), ("deep", 1)] {
        let dir = outside.path().join(dir);
        assert_eq!(fs::read_to_string(dir.join("secret")).unwrap(), "secret");
        assert_eq!(fs::read_dir(dir).unwrap().count(), names);
    }
    assert_eq!(disk.files(), [("a".into(), b"mine".into())]);
}

pub fn a_directory_swapped_for_a_symlink_is_gone(disk: &dyn Directory) {
    let outside = trapped(disk);
    disk.put("e/a", b"");
    let mut session = Session::watching(disk, &["e"]);
    fs::rename(disk.path().join("e"), disk.path().join("f")).unwrap();
    symlink(outside.path(), disk.path().join("e")).unwrap();
    assert_eq!(session.news(), ["-e/a"]);
    assert!(matches!(
        session.refuse(&[create("e/b", "")]),
        StoreError::BadPath(_)
    ));
}

pub fn names_that_are_not_utf8_are_counted_and_left_alone(disk: &dyn Directory) {
    disk.put("d/a", b"");
    let odd = disk.path().join("d").join(OsStr::from_bytes(b"odd-\xff"));
    fs::write(&odd, "theirs").unwrap();
    let mut session = Session::writer(disk);
    let listing = session.list(&["d"]).remove(0);
    assert_eq!((listing.entries.len(), listing.skipped), (1, 1));
    session.accept(&[create("d/b", "")]);
    assert_eq!(fs::read_to_string(odd).unwrap(), "theirs");
}

pub fn a_commit_leaves_no_hidden_files(disk: &dyn Directory) {
    let mut session = Session::writer(disk);
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

pub fn a_replaced_file_is_a_new_one_and_an_open_reader_keeps_the_old(disk: &dyn Directory) {
    let mut session = Session::writer(disk);
    session.accept(&[create("a", "one")]);
    let before = fs::metadata(disk.path().join("a")).unwrap().ino();
    let open = fs::File::open(disk.path().join("a")).unwrap();
    session.accept(&[replace("a", "second", None)]);
    assert_ne!(fs::metadata(disk.path().join("a")).unwrap().ino(), before);
    assert_eq!(std::io::read_to_string(open).unwrap(), "one");
}

pub fn a_log_is_appended_in_place(disk: &dyn Directory) {
    let mut session = Session::writer(disk);
    session.accept(&[append("log", &["one"])]);
    let before = fs::metadata(disk.path().join("log")).unwrap().ino();
    session.accept(&[append("log", &["two"])]);
    assert_eq!(fs::metadata(disk.path().join("log")).unwrap().ino(), before);
}

pub fn a_reader_leaves_no_trace_in_an_empty_directory(disk: &dyn Directory) {
    let mut reader = Session::open(disk, Mode::Reader);
    reader.list(&["d"]);
    reader.news();
    assert_eq!(fs::read_dir(disk.path()).unwrap().count(), 0);
}

pub fn the_owner_file_says_who_writes_since_when(disk: &dyn Directory) {
    let session = Session::writer(disk);
    let text = fs::read_to_string(disk.path().join("state/owner.json")).unwrap();
    let owner: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(owner["schemaVersion"], 1);
    assert_eq!(owner["epoch"], session.epoch);
    assert_eq!(owner["pid"], disk.first_pid());
    assert!(owner["since"].as_u64().unwrap() > 1_600_000_000_000);
    assert!(owner["host"].is_string());
}

pub fn a_new_content_keeps_the_permissions_of_the_file_also_across_a_move(disk: &dyn Directory) {
    disk.put("a", b"one");
    let mut session = Session::writer(disk);
    let place = |name: &str| disk.path().join(name);
    fs::set_permissions(place("a"), fs::Permissions::from_mode(0o640)).unwrap();
    session.accept(&[replace("a", "second", None)]);
    session.accept(&[rename("a", "b"), replace("b", "third", None)]);
    let mode = fs::metadata(place("b")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
}

pub fn what_fences_writers_is_for_nobody_else(disk: &dyn Directory) {
    let _session = Session::writer(disk);
    for name in ["state/lock", "state/epoch"] {
        let found = fs::metadata(disk.path().join(name)).unwrap();
        assert_eq!(found.permissions().mode() & 0o777, 0o600, "{name}");
    }
}

pub fn a_writer_whose_lock_file_was_replaced_is_stale(disk: &dyn Directory) {
    disk.put("d/a", b"");
    let mut session = Session::writer(disk);
    disk.remove("state/lock");
    disk.put("state/lock", b"words of somebody");
    let refused = session.refuse(&[remove("d/a")]);
    assert!(matches!(refused, StoreError::StaleEpoch(1)), "{refused:?}");
    session.epoch = session.backend.open(Mode::Writer).unwrap().epoch;
    session.accept(&[remove("d/a")]);
    assert_eq!(fs::read(disk.path().join("state/lock")).unwrap(), b"");
    let names = session.entries("state").into_iter().map(|entry| entry.name);
    // Where there are no locks it is there as long as the writer.
    let names: Vec<String> = names.filter(|name| name != "lock.held").collect();
    assert_eq!(names, ["epoch", "lock", "owner.json"], "nothing beside it");
}
