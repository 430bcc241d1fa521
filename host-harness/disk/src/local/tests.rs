//! What only a local directory can show: locks, epochs, flushes, leftovers and scans.

mod bound;
mod lease;
mod protocol;
mod rigged;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use self::rigged::{Rig, Rigged};
use super::*;
use crate::contract::{AppendOp, Change, PutOp, RenameOp};

struct Room {
    dir: TempDir,
    store: LocalStore<Rigged>,
    rig: Rig,
    epoch: u64,
}

fn store(dir: &Path) -> LocalStore<Native> {
    LocalStore::new(dir).unwrap().sweep_interval(Duration::ZERO)
}

fn rigged(dir: &Path, rig: &Rig) -> LocalStore<Rigged> {
    LocalStore::over(Rigged::new(dir, rig)).sweep_interval(Duration::ZERO)
}

fn room() -> Room {
    let dir = TempDir::new().unwrap();
    let rig = Rig::default();
    let mut store = rigged(dir.path(), &rig);
    let epoch = store.open(Mode::Writer).unwrap().epoch;
    rig.calls();
    Room {
        dir,
        store,
        rig,
        epoch,
    }
}

impl Room {
    fn commit(&mut self, batch: &[Op]) -> Result<u64, StoreError> {
        self.store.commit(batch, self.epoch)
    }

    fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    fn news(&mut self) -> Vec<Change> {
        let page = self.store.changes(u64::MAX, 1_000).unwrap();
        self.store
            .watch
            .changes(&Walk::new(&self.store.system), page.cursor, 1)
            .unwrap();
        page.changes
    }

    fn reopen(&mut self) -> Result<u64, StoreError> {
        self.store = rigged(self.dir.path(), &self.rig);
        self.epoch = self.store.open(Mode::Writer)?.epoch;
        Ok(self.epoch)
    }

    fn meanwhile(&self, act: fn(&Path)) {
        self.rig.meanwhile(act, self.dir.path());
    }
}

fn create(path: &str) -> Op {
    Op::Create(PutOp {
        path: path.to_owned(),
        content: b"text".to_vec(),
    })
}

fn make_dir(path: &str) -> Op {
    Op::MakeDir(path.to_owned())
}

fn rename(from: &str, to: &str) -> Op {
    Op::Rename(RenameOp {
        from: from.to_owned(),
        to: to.to_owned(),
        expect: None,
    })
}

fn append(path: &str) -> Op {
    Op::Append(AppendOp {
        path: path.to_owned(),
        lines: vec!["line".to_owned()],
    })
}

fn hidden_files(dir: &Path) -> Vec<String> {
    let names = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    let names = names.map(|name| name.into_string().unwrap());
    names.filter(|name| name.starts_with('.')).collect()
}

#[test]
fn a_missing_root_is_named() {
    let dir = TempDir::new().unwrap();
    let error = LocalStore::new(&dir.path().join("gone")).unwrap_err();
    assert_eq!(error.code(), "AOF-4101");
    assert!(error.to_string().contains("gone") && error.to_string().contains("aof init"));
}

#[test]
fn a_root_that_is_a_file_is_named() {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("file"), "").unwrap();
    let error = LocalStore::new(&dir.path().join("file")).unwrap_err();
    assert_eq!(error.code(), "AOF-4102");
}

#[test]
fn the_epoch_survives_a_lost_or_torn_owner_file() {
    for damage in [
        None,
        Some(""),
        Some("{\"schemaVersion\":1,\"epo"),
        Some("[]"),
    ] {
        let mut room = room();
        assert_eq!(room.epoch, 1);
        let owner = room.path("state/owner.json");
        match damage {
            None => fs::remove_file(owner).unwrap(),
            Some(text) => fs::write(owner, text).unwrap(),
        }
        assert_eq!(room.reopen().unwrap(), 2, "{damage:?}");
    }
}

#[test]
fn the_epoch_survives_an_emptied_copy() {
    let mut room = room();
    fs::write(room.path("state/epoch"), "").unwrap();
    assert_eq!(room.reopen().unwrap(), 2);
}

#[test]
fn the_higher_epoch_wins_after_a_crash_between_the_copies() {
    let mut room = room();
    fs::write(room.path("state/epoch"), format!("{:020}\n", 41)).unwrap();
    assert_eq!(room.reopen().unwrap(), 42);
}

#[test]
fn opening_is_refused_with_a_remedy_if_no_copy_of_the_epoch_can_be_read() {
    let Room {
        dir, store: first, ..
    } = room();
    drop(first);
    fs::write(dir.path().join("state/owner.json"), "garbage").unwrap();
    fs::write(dir.path().join("state/epoch"), "garbage").unwrap();
    let Err(StoreError::Io(failure)) = store(dir.path()).open(Mode::Writer) else {
        panic!("opened")
    };
    assert_eq!(failure.path, "state/owner.json");
    assert!(failure.message.contains("restore"), "{}", failure.message);
}

#[test]
fn an_epoch_at_its_end_refuses_instead_of_wrapping() {
    let mut room = room();
    fs::write(room.path("state/epoch"), format!("{:020}\n", u64::MAX)).unwrap();
    room.store = rigged(room.dir.path(), &room.rig);
    assert!(matches!(
        room.store.open(Mode::Writer),
        Err(StoreError::Io(_))
    ));
}

#[test]
fn a_lock_or_a_copy_that_is_not_a_file_is_refused() {
    let dir = TempDir::new().unwrap();
    fs::create_dir_all(dir.path().join("state/lock")).unwrap();
    let refused = store(dir.path()).open(Mode::Writer);
    assert!(matches!(refused, Err(StoreError::BadPath(path)) if path == "state/lock"));

    let mut room = room();
    fs::remove_file(room.path("state/epoch")).unwrap();
    fs::create_dir(room.path("state/epoch")).unwrap();
    let refused = room.reopen();
    assert!(matches!(refused, Err(StoreError::BadPath(path)) if path == "state/epoch"));
}

#[test]
fn the_lock_file_stays_empty() {
    let mut room = room();
    let size = |room: &Room| fs::metadata(room.path("state/lock")).unwrap().len();
    assert_eq!(size(&room), 0);
    fs::write(room.path("state/lock"), "not a database").unwrap();
    assert_eq!(room.reopen().unwrap(), 2);
    assert_eq!(size(&room), 0, "or Node could not lock it");
}

#[test]
fn a_symlinked_state_directory_is_refused() {
    let dir = TempDir::new().unwrap();
    let other = TempDir::new().unwrap();
    std::os::unix::fs::symlink(other.path(), dir.path().join("state")).unwrap();
    assert!(matches!(
        store(dir.path()).open(Mode::Writer),
        Err(StoreError::BadPath(_))
    ));
    assert_eq!(fs::read_dir(other.path()).unwrap().count(), 0);
}

#[test]
fn a_writer_whose_lock_file_was_replaced_is_stale() {
    let mut room = room();
    fs::remove_dir_all(room.path("state")).unwrap();
    assert!(matches!(
        room.commit(&[create("a")]),
        Err(StoreError::StaleEpoch(_))
    ));
    let mut second = store(room.dir.path());
    second.open(Mode::Writer).unwrap();
    assert!(matches!(
        room.commit(&[create("a")]),
        Err(StoreError::StaleEpoch(1))
    ));
    assert!(!room.path("a").exists());
    assert!(matches!(
        room.store.open(Mode::Writer),
        Err(StoreError::Busy(_))
    ));
    drop(second);
    assert_eq!(room.store.open(Mode::Writer).unwrap().epoch, 2);
}

#[test]
fn a_writer_that_was_killed_while_taking_over_does_not_lock_out_the_next() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("state")).unwrap();
    for made in [1, 2] {
        let name = format!("state/.owner.json.1-{made}.put");
        fs::write(dir.path().join(name), "half").unwrap();
    }
    let mut next = store(dir.path());
    assert_eq!(next.open(Mode::Writer).unwrap().epoch, 1);
    next.list(&["state".to_owned()], true).unwrap();
    assert!(!hidden_files(&dir.path().join("state")).is_empty(), "kept");
    next.list(&["state".to_owned()], false).unwrap();
    assert!(hidden_files(&dir.path().join("state")).is_empty(), "swept");
}

#[test]
fn what_a_killed_writer_left_is_swept_by_a_listing_that_is_not_watched() {
    let mut room = room();
    room.commit(&[make_dir("d")]).unwrap();
    for name in [".X.md.1-7.put", ".X.md.9-7.put", ".X.md.3.tmp"] {
        fs::write(room.path("d").join(name), "half").unwrap();
    }
    let listing = room.store.list(&["d".to_owned()], false).unwrap();
    let names: Vec<_> = listing[0]
        .entries
        .iter()
        .map(|entry| entry.name.as_str())
        .collect();
    assert_eq!(names, [".X.md.3.tmp", ".X.md.9-7.put"]);
    assert!(!room.path("d/.X.md.1-7.put").exists());
    let mut reader = store(room.dir.path());
    reader.open(Mode::Reader).unwrap();
    fs::write(room.path("d/.X.md.1-8.put"), "half").unwrap();
    assert_eq!(
        reader.list(&["d".to_owned()], false).unwrap()[0]
            .entries
            .len(),
        3
    );
}

/// Lets the directory's time lie far enough back that a listing of it is not racy.
fn age(path: &Path) {
    let long_ago = std::time::SystemTime::now() - Duration::from_secs(100);
    fs::File::open(path)
        .unwrap()
        .set_modified(long_ago)
        .unwrap();
}

#[test]
fn own_commits_do_not_cause_a_scan_of_a_big_directory() {
    let mut room = room();
    room.store.watch = Watch::new(&room.store.system, Duration::from_secs(3_600));
    room.store.flusher = Flusher::new(Durability::Relaxed);
    let mut batch = vec![make_dir("ready"), make_dir("done")];
    batch.extend((0..1_000).map(|number| create(&format!("done/{number}.md"))));
    batch.push(create("ready/X.md"));
    room.commit(&batch).unwrap();
    age(&room.path("ready"));
    age(&room.path("done"));
    room.store
        .list(&["ready".to_owned(), "done".to_owned()], true)
        .unwrap();
    assert!(room.news().is_empty());
    assert_eq!(room.store.watch.scans, 0, "idle");
    room.commit(&[rename("ready/X.md", "done/X.md")]).unwrap();
    let page = room.store.changes(0, 10).unwrap();
    assert!(page.changes.is_empty());
    assert_eq!(room.store.watch.scans, 1, "only the small one");
    fs::write(room.path("done/by-hand.md"), "").unwrap();
    let changed: Vec<_> = room.news().into_iter().map(|change| change.path).collect();
    assert_eq!(changed, ["done/by-hand.md"]);
}

#[test]
fn a_change_hidden_behind_an_own_commit_is_found_by_the_next_look() {
    let mut room = room();
    room.commit(&[make_dir("d"), create("d/a")]).unwrap();
    age(&room.path("d"));
    room.store.list(&["d".to_owned()], true).unwrap();
    // Given a file that appears while the commit runs: its mark already covers it.
    let walk = Walk::new(&room.store.system);
    fs::write(room.dir.path().join("d/by-hand"), "").unwrap();
    room.store
        .watch
        .absorb(&walk, &["d".to_owned()], Vec::new());
    let changed: Vec<_> = room.news().into_iter().map(|change| change.path).collect();
    assert_eq!(changed, ["d/by-hand"]);
}

#[test]
fn a_change_within_the_clock_tick_of_a_scan_is_found() {
    let mut room = room();
    room.commit(&[make_dir("d")]).unwrap();
    // In the future, so that the listing is too early to be sure however slow this machine is.
    let modified = std::time::SystemTime::now() + Duration::from_secs(3_600);
    fs::File::open(room.path("d"))
        .unwrap()
        .set_modified(modified)
        .unwrap();
    room.store.list(&["d".to_owned()], true).unwrap();
    fs::write(room.path("d/by-hand"), "").unwrap();
    fs::File::open(room.path("d"))
        .unwrap()
        .set_modified(modified)
        .unwrap();
    assert_eq!(room.news().len(), 1);
}

#[test]
fn finished_cards_are_not_swept_but_their_moves_are_seen() {
    let mut room = room();
    room.commit(&[
        make_dir("done"),
        make_dir("ready"),
        create("done/a"),
        create("ready/b"),
    ])
    .unwrap();
    age(&room.path("done"));
    age(&room.path("ready"));
    room.store
        .list(&["done".to_owned(), "ready".to_owned()], true)
        .unwrap();
    fs::write(room.path("done/a"), "edited in place").unwrap();
    fs::write(room.path("ready/b"), "edited in place").unwrap();
    let changed: Vec<_> = room.news().into_iter().map(|change| change.path).collect();
    assert_eq!(changed, ["ready/b"]);
    fs::rename(room.path("done/a"), room.path("ready/a")).unwrap();
    let changed: Vec<_> = room.news().into_iter().map(|change| change.path).collect();
    assert_eq!(changed, ["done/a", "ready/a"]);
}

#[test]
fn a_directory_without_write_permission_opens_for_reading_only() {
    use std::os::unix::fs::PermissionsExt;
    let dir = TempDir::new().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o555)).unwrap();
    let privileged = fs::write(dir.path().join("probe"), "").is_ok();
    let mut store = store(dir.path());
    assert!(store.open(Mode::Reader).is_ok());
    if !privileged {
        assert!(matches!(
            store.open(Mode::Writer),
            Err(StoreError::ReadOnly(_))
        ));
    }
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
}
