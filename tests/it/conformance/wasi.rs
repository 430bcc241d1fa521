//! What only the portable store can show: its hold on a directory that others lock, and flushes
//! without a call that flushes everything.

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use aof_host::contract::store::{self, Op, StoreError};
use rustix::fs::{CWD, FileType, Mode};

use super::hand::{Directory, Hand, LocalHand};
use super::session::{Session, append, create, journal, make_dir, rename, replace};
use crate::portable::{PortableStore, Strings};

fn writer(disk: &LocalHand) -> (Strings, Session) {
    let store = PortableStore::flushed_by_hand(disk.path());
    let strings = store.strings();
    (strings, Session::of(Box::new(store), store::Mode::Writer))
}

fn furnished() -> LocalHand {
    let disk = LocalHand::new();
    disk.put("a/X.md", b"old");
    disk.put("a/Y.md", b"old");
    disk.make_dir("b");
    disk.put("journal", b"");
    disk
}

/// What was flushed since the last look, beneath the root.
fn flushed(strings: &Strings, root: &Path) -> BTreeSet<String> {
    let root = root.canonicalize().unwrap();
    let inside = |path: &Path| path.strip_prefix(&root).unwrap().display().to_string();
    strings.flushed().iter().map(|path| inside(path)).collect()
}

#[test]
fn a_host_with_locks_stays_out_while_a_portable_one_writes() {
    let disk = LocalHand::new();
    let (_, theirs) = writer(&disk);
    let refused = disk.attach().open(store::Mode::Writer);
    let Err(StoreError::Busy(owner)) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!((owner.pid, owner.host.as_str()), (0, "wasi"));
    drop(theirs);
    assert_eq!(Session::writer(&disk).epoch, 2);
}

#[test]
fn a_host_with_locks_that_a_portable_one_cannot_see_changes_nothing_any_more() {
    let disk = furnished();
    let mut ours = Session::writer(&disk);
    let (_, mut theirs) = writer(&disk);
    let before = disk.files();
    for batch in [vec![create("new", "")], vec![journal("journal", &["line"])]] {
        let refused = ours.refuse(&batch);
        assert!(matches!(refused, StoreError::StaleEpoch(2)), "{refused:?}");
    }
    assert_eq!(disk.files(), before);
    theirs.accept(&[create("new", "")]);
}

#[test]
fn a_flush_of_everything_is_of_every_file_at_first_and_then_of_what_was_changed() {
    let disk = furnished();
    disk.put("deep/er/file", b"of somebody");
    disk.make_dir("e");
    let (strings, mut theirs) = writer(&disk);
    flushed(&strings, disk.path());
    theirs.accept(&[Op::Sync]);
    let all = flushed(&strings, disk.path());
    for path in [
        "",
        "a",
        "a/X.md",
        "a/Y.md",
        "deep/er",
        "deep/er/file",
        "journal",
    ] {
        assert!(all.contains(path), "{path}: {all:?}");
    }
    theirs.accept(&[Op::Sync]);
    assert!(flushed(&strings, disk.path()).is_empty(), "nothing changed");
    theirs.accept(&[
        make_dir("e/c"),
        rename("a/X.md", "b/X.md"),
        replace("b/X.md", "new", None),
        append("log", &["line"]),
    ]);
    assert!(
        flushed(&strings, disk.path()).is_empty(),
        "nothing asked for"
    );
    theirs.accept(&[Op::Sync]);
    let changed = flushed(&strings, disk.path());
    assert_eq!(
        changed,
        ["", "a", "b", "b/X.md", "e", "log"]
            .map(str::to_owned)
            .into()
    );
}

#[test]
fn what_was_flushed_by_itself_is_not_flushed_again() {
    let disk = furnished();
    let (strings, mut theirs) = writer(&disk);
    theirs.accept(&[Op::Sync]);
    flushed(&strings, disk.path());
    theirs.accept(&[journal("journal", &["line"])]);
    assert_eq!(
        flushed(&strings, disk.path()),
        ["journal".to_owned()].into()
    );
    theirs.accept(&[Op::Sync]);
    assert!(flushed(&strings, disk.path()).is_empty());
}

#[test]
fn every_file_is_flushed_if_one_that_was_changed_is_no_longer_where_it_was() {
    let disk = furnished();
    let (strings, mut theirs) = writer(&disk);
    theirs.accept(&[Op::Sync]);
    theirs.accept(&[replace("a/X.md", "new", None)]);
    disk.rename("a/X.md", "b/elsewhere.md");
    flushed(&strings, disk.path());
    theirs.accept(&[Op::Sync]);
    let all = flushed(&strings, disk.path());
    assert!(
        all.contains("b/elsewhere.md") && all.contains("a/Y.md"),
        "{all:?}"
    );
}

#[test]
fn a_flush_of_everything_goes_as_deep_as_paths_do() {
    let disk = LocalHand::new();
    let deepest = "d/".repeat(32) + "file";
    let too_deep = "d/".repeat(33) + "file";
    disk.put(&deepest, b"");
    disk.put(&too_deep, b"");
    let (strings, mut theirs) = writer(&disk);
    flushed(&strings, disk.path());
    theirs.accept(&[Op::Sync]);
    let all = flushed(&strings, disk.path());
    assert!(all.contains(&deepest) && !all.contains(&too_deep));
}

#[test]
fn a_file_that_may_not_be_read_does_not_stop_a_flush() {
    let disk = furnished();
    fs::set_permissions(disk.path().join("a/X.md"), Permissions::from_mode(0o000)).unwrap();
    let (strings, mut theirs) = writer(&disk);
    theirs.accept(&[Op::Sync]);
    assert!(flushed(&strings, disk.path()).contains("a/Y.md"));
}

/// Somebody puts a file in the way at each call of a move. WASI has no exclusive rename, so there
/// is one moment, between the last look and the rename, at which it is lost.
#[test]
fn a_file_that_is_put_in_the_way_of_a_move_is_kept_but_at_one_moment() {
    let mut lost = 0;
    for point in 1.. {
        let disk = furnished();
        let (strings, mut theirs) = writer(&disk);
        let theirs_to_be = disk.path().join("b/X.md");
        let put = theirs_to_be.clone();
        strings.meddle_at(point, move || fs::write(&put, "by hand").unwrap());
        let moved = theirs.commit(&[rename("a/X.md", "b/X.md")]).is_ok();
        if !strings.has_meddled() {
            assert!(point > 10, "there was no such point");
            break;
        }
        let is_kept = fs::read(&theirs_to_be).unwrap() == b"by hand";
        let is_moved = !disk.path().join("a/X.md").exists();
        assert_eq!(moved, is_moved, "point {point}");
        lost += u32::from(!is_kept);
    }
    assert_eq!(lost, 1);
}

/// Else it would wait for the other end.
#[test]
fn what_is_a_pipe_by_now_is_not_opened_to_be_flushed() {
    let disk = furnished();
    let (strings, mut theirs) = writer(&disk);
    theirs.accept(&[Op::Sync]);
    theirs.accept(&[replace("a/X.md", "new", None)]);
    disk.remove("a/X.md");
    let place = disk.path().join("a/X.md");
    rustix::fs::mknodat(CWD, &place, FileType::Fifo, Mode::RUSR.union(Mode::WUSR), 0).unwrap();
    flushed(&strings, disk.path());
    theirs.accept(&[Op::Sync]);
    assert!(flushed(&strings, disk.path()).contains("a/Y.md"));
}

#[test]
fn a_flush_that_fails_refuses_whatever_comes_after_it_until_it_is_opened_again() {
    let disk = furnished();
    let (strings, mut theirs) = writer(&disk);
    theirs.accept(&[Op::Sync]);
    strings.fail_flush_after(0);
    let refused = theirs.refuse(&[journal("journal", &["line"]), create("new", "")]);
    assert!(matches!(refused, StoreError::Unflushed(_)), "{refused:?}");
    assert!(theirs.commit(&[create("new", "")]).is_err());
    assert!(!disk.path().join("new").exists());
    assert_eq!(fs::read(disk.path().join("journal")).unwrap(), b"");
    theirs.epoch = theirs.backend.open(store::Mode::Writer).unwrap().epoch;
    theirs.accept(&[create("new", "")]);
}

#[test]
fn whichever_file_cannot_be_flushed_the_flush_of_everything_says_so() {
    for flushes in 0.. {
        let disk = furnished();
        let (strings, mut theirs) = writer(&disk);
        theirs.accept(&[Op::Sync]);
        theirs.accept(&[replace("a/X.md", "new", None), append("log", &["line"])]);
        strings.fail_flush_after(flushes);
        let flushed = theirs.commit(&[Op::Sync]);
        if !strings.has_failed_a_flush() {
            assert!(flushed.is_ok() && flushes > 3, "{flushes}");
            break;
        }
        let refused = flushed.unwrap_err();
        assert!(matches!(refused, StoreError::Unflushed(_)), "{refused:?}");
    }
}

#[test]
fn no_call_leaves_anything_open() {
    let disk = furnished();
    let (_, mut theirs) = writer(&disk);
    let root = disk.path().canonicalize().unwrap();
    let open = || {
        let all = fs::read_dir("/proc/self/fd").unwrap();
        let at = all.filter_map(|entry| fs::read_link(entry.unwrap().path()).ok());
        at.filter(|path| path.starts_with(&root)).count()
    };
    let mut counts = BTreeSet::new();
    for round in 0..5 {
        theirs.list(&["a", "b/none", "a/X.md/none"]);
        theirs.blob("a/X.md");
        theirs.blob("a/none");
        disk.put("a/Z.md", b"");
        theirs.news();
        let there = format!("b/{round}.md");
        theirs.accept(&[journal("journal", &["line"]), create(&there, ""), Op::Sync]);
        theirs.refuse(&[rename("a/none", "b/none")]);
        theirs.epoch = theirs.backend.open(store::Mode::Writer).unwrap().epoch;
        counts.insert(open());
    }
    assert_eq!(counts.len(), 1, "{counts:?}");
}
