//! What only a local directory can show: locks, epochs, flushes, leftovers and scans.

use std::fs;
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;

use super::*;
use crate::contract::store::{AppendOp, Change, PutOp, RenameOp};
use crate::store::flush::Meanwhile;

struct Room {
    dir: TempDir,
    store: LocalStore,
    epoch: u64,
}

fn store(dir: &Path) -> LocalStore {
    LocalStore::new(dir).unwrap().sweep_interval(Duration::ZERO)
}

fn room() -> Room {
    let dir = TempDir::new().unwrap();
    let mut store = store(dir.path());
    let epoch = store.open(Mode::Writer).unwrap().epoch;
    Room { dir, store, epoch }
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
            .changes(&Walk::new(&self.store.root), page.cursor, 1)
            .unwrap();
        page.changes
    }

    fn meanwhile(&self, act: fn(&Path)) -> Meanwhile {
        Meanwhile {
            act,
            place: self.dir.path().to_owned(),
        }
    }

    fn flushes(&self) -> (u64, u64) {
        let count = self.store.flush_count();
        (count.files(), count.directories())
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

fn rename(from: &str, to: &str, settle: bool) -> Op {
    Op::Rename(RenameOp {
        from: from.to_owned(),
        to: to.to_owned(),
        expect: None,
        settle,
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
        room.store = LocalStore::new(room.dir.path()).unwrap();
        assert_eq!(
            room.store.open(Mode::Writer).unwrap().epoch,
            2,
            "{damage:?}"
        );
    }
}

#[test]
fn the_epoch_survives_an_emptied_lock_file() {
    let mut room = room();
    fs::write(room.path("state/lock"), "").unwrap();
    room.store = store(room.dir.path());
    assert_eq!(room.store.open(Mode::Writer).unwrap().epoch, 2);
}

#[test]
fn the_higher_epoch_wins_after_a_crash_between_the_copies() {
    let mut room = room();
    fs::write(room.path("state/lock"), format!("{:020}\n", 41)).unwrap();
    room.store = store(room.dir.path());
    assert_eq!(room.store.open(Mode::Writer).unwrap().epoch, 42);
}

#[test]
fn opening_is_refused_with_a_remedy_if_no_copy_of_the_epoch_can_be_read() {
    let Room {
        dir, store: first, ..
    } = room();
    drop(first);
    fs::write(dir.path().join("state/owner.json"), "garbage").unwrap();
    fs::write(dir.path().join("state/lock"), "garbage").unwrap();
    let Err(StoreError::Io(failure)) = store(dir.path()).open(Mode::Writer) else {
        panic!("opened")
    };
    assert_eq!(failure.path, "state/owner.json");
    assert!(failure.message.contains("restore"), "{}", failure.message);
}

#[test]
fn an_epoch_at_its_end_refuses_instead_of_wrapping() {
    let mut room = room();
    fs::write(room.path("state/lock"), format!("{:020}\n", u64::MAX)).unwrap();
    room.store = store(room.dir.path());
    assert!(matches!(
        room.store.open(Mode::Writer),
        Err(StoreError::Io(_))
    ));
}

#[test]
fn a_lock_file_that_is_not_a_file_is_refused() {
    let dir = TempDir::new().unwrap();
    fs::create_dir_all(dir.path().join("state/lock")).unwrap();
    assert!(matches!(
        store(dir.path()).open(Mode::Writer),
        Err(StoreError::BadPath(_))
    ));
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
fn a_failed_flush_is_final_until_reopened() {
    let mut room = room();
    room.store.flusher.fail_after = Some(0);
    assert!(matches!(
        room.commit(&[create("a")]),
        Err(StoreError::Io(_))
    ));
    room.store.flusher.fail_after = None;
    let Err(StoreError::Io(failure)) = room.commit(&[create("b")]) else {
        panic!("accepted")
    };
    assert!(failure.message.contains("reopen"));
    assert!(hidden_files(room.dir.path()).is_empty());
    room.epoch = room.store.open(Mode::Writer).unwrap().epoch;
    room.commit(&[create("a")]).unwrap();
}

#[test]
fn a_flush_that_fails_at_any_point_leaves_no_temporary_files() {
    for point in 0..6 {
        let mut room = room();
        room.commit(&[make_dir("d")]).unwrap();
        room.store.flusher.fail_after = Some(point);
        let batch = [
            create("d/a"),
            create("d/b"),
            make_dir("e"),
            create("e/c"),
            append("log"),
        ];
        assert!(room.commit(&batch).is_err(), "{point}");
        assert!(hidden_files(&room.path("d")).is_empty(), "{point}");
        assert_eq!(
            room.path("d/a").exists(),
            point > 1,
            "contents come before names"
        );
    }
}

#[test]
fn one_create_costs_two_flushes() {
    let mut room = room();
    room.commit(&[make_dir("tasks/backlog")]).unwrap();
    let before = room.flushes();
    room.commit(&[create("tasks/backlog/X.md")]).unwrap();
    let after = room.flushes();
    assert_eq!((after.0 - before.0, after.1 - before.1), (1, 1));
}

#[test]
fn one_transition_costs_five_flushes() {
    let mut room = room();
    room.commit(&[
        make_dir("a"),
        make_dir("b"),
        create("a/X.md"),
        append("log"),
        append("box"),
    ])
    .unwrap();
    let before = room.flushes();
    let batch = [
        create("b/.X.md.2.tmp"),
        rename("a/X.md", "b/X.md", false),
        rename("b/.X.md.2.tmp", "b/X.md", true),
        append("log"),
        append("box"),
    ];
    room.commit(&batch).unwrap();
    let after = room.flushes();
    assert_eq!((after.0 - before.0, after.1 - before.1), (3, 2));
}

#[test]
fn many_transitions_share_their_directory_and_log_flushes() {
    let mut room = room();
    let cards: Vec<String> = (0..200).map(|number| format!("{number}.md")).collect();
    let mut batch = vec![make_dir("a"), make_dir("b"), append("log")];
    batch.extend(cards.iter().map(|card| create(&format!("a/{card}"))));
    room.commit(&batch).unwrap();
    let before = room.flushes();
    let mut batch = Vec::new();
    for card in &cards {
        batch.push(create(&format!("b/.{card}.tmp")));
        batch.push(rename(&format!("a/{card}"), &format!("b/{card}"), false));
        batch.push(rename(
            &format!("b/.{card}.tmp"),
            &format!("b/{card}"),
            true,
        ));
        batch.push(append("log"));
    }
    room.commit(&batch).unwrap();
    let after = room.flushes();
    assert_eq!((after.0 - before.0, after.1 - before.1), (201, 2));
}

#[test]
fn relaxed_commits_do_not_flush() {
    let dir = TempDir::new().unwrap();
    let mut store = LocalStore::new(dir.path())
        .unwrap()
        .durability(Durability::Relaxed);
    let epoch = store.open(Mode::Writer).unwrap().epoch;
    store.commit(&[create("a"), append("log")], epoch).unwrap();
    let count = store.flush_count();
    assert_eq!((count.files(), count.directories()), (0, 0));
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
    next.list(&["state".to_owned()], false).unwrap();
    assert!(hidden_files(&dir.path().join("state")).is_empty(), "swept");
}

#[test]
fn what_a_killed_writer_left_is_swept_at_the_first_listing() {
    let mut room = room();
    room.commit(&[make_dir("d")]).unwrap();
    for name in [".X.md.1-7.put", ".X.md.9-7.put", ".X.md.3.tmp"] {
        fs::write(room.path("d").join(name), "half").unwrap();
    }
    let listing = room.store.list(&["d".to_owned()], true).unwrap();
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
        reader.list(&["d".to_owned()], true).unwrap()[0]
            .entries
            .len(),
        3
    );
}

#[test]
fn replacing_keeps_the_permissions_of_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let mut room = room();
    room.commit(&[create("a")]).unwrap();
    fs::set_permissions(room.path("a"), fs::Permissions::from_mode(0o600)).unwrap();
    let replace = crate::contract::store::ReplaceOp {
        path: "a".to_owned(),
        content: b"new".to_vec(),
        expect: None,
    };
    room.commit(&[Op::Replace(replace)]).unwrap();
    let mode = fs::metadata(room.path("a")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
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
    room.store.watch = Watch::new(Duration::from_secs(3_600));
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
    room.commit(&[rename("ready/X.md", "done/X.md", false)])
        .unwrap();
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
    let walk = Walk::new(&room.store.root);
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
fn a_log_that_is_rotated_within_a_batch_keeps_its_lines() {
    let mut room = room();
    room.commit(&[
        append("log"),
        rename("log", "old", false),
        append("log"),
        append("log"),
    ])
    .unwrap();
    assert_eq!(fs::read_to_string(room.path("old")).unwrap(), "line\n");
    assert_eq!(
        fs::read_to_string(room.path("log")).unwrap(),
        "line\nline\n"
    );
}

#[test]
fn more_logs_than_open_files_fit_in_one_batch() {
    let mut room = room();
    let batch: Vec<Op> = (0..300)
        .map(|number| append(&format!("log-{number}")))
        .collect();
    room.commit(&batch).unwrap();
    assert_eq!(fs::read_to_string(room.path("log-299")).unwrap(), "line\n");
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

#[test]
fn an_edit_while_contents_are_flushed_refuses_the_whole_batch() {
    let mut room = room();
    room.commit(&[make_dir("d"), create("d/a"), create("d/b")])
        .unwrap();
    let read = room.store.read(&["d/a".to_owned()], 100).unwrap().remove(0);
    let Blob::Content(content) = read else {
        panic!("unreadable")
    };
    let edit = |dir: &Path| fs::write(dir.join("d/a"), "edited by hand").unwrap();
    room.store.flusher.meanwhile = Some(room.meanwhile(edit));
    let expecting = Op::Rename(RenameOp {
        from: "d/a".to_owned(),
        to: "d/c".to_owned(),
        expect: Some(content.stamp),
        settle: false,
    });
    let refused = room.commit(&[
        rename("d/b", "d/moved", false),
        create("d/.c.tmp"),
        expecting,
    ]);
    assert!(matches!(refused, Err(StoreError::Conflict(path)) if path == "d/a"));
    assert_eq!(
        fs::read_to_string(room.path("d/a")).unwrap(),
        "edited by hand"
    );
    assert!(room.path("d/b").exists() && hidden_files(&room.path("d")).is_empty());
}

#[test]
fn a_target_that_appears_while_contents_are_flushed_is_kept() {
    let mut room = room();
    let appear = |dir: &Path| fs::write(dir.join("a"), "by hand").unwrap();
    room.store.flusher.meanwhile = Some(room.meanwhile(appear));
    assert!(matches!(room.commit(&[create("a")]), Err(StoreError::Exists(path)) if path == "a"));
    assert_eq!(fs::read_to_string(room.path("a")).unwrap(), "by hand");
    assert!(hidden_files(room.dir.path()).is_empty());
}

#[test]
fn what_a_hand_does_while_a_commit_runs_is_reported() {
    let mut room = room();
    room.commit(&[make_dir("d"), create("d/a")]).unwrap();
    age(&room.path("d"));
    room.store.list(&["d".to_owned()], true).unwrap();
    let appear = |dir: &Path| fs::write(dir.join("d/by-hand"), "").unwrap();
    room.store.flusher.meanwhile = Some(room.meanwhile(appear));
    room.commit(&[create("d/b")]).unwrap();
    let changed: Vec<_> = room.news().into_iter().map(|change| change.path).collect();
    assert_eq!(changed, ["d/by-hand"]);
}

#[test]
fn a_batch_that_fails_half_way_reports_what_it_did() {
    let mut room = room();
    room.commit(&[make_dir("d")]).unwrap();
    room.store.list(&["d".to_owned()], true).unwrap();
    room.store.flusher.fail_after = Some(1);
    assert!(
        room.commit(&[create("d/a")]).is_err(),
        "the name could not be flushed"
    );
    let changed: Vec<_> = room.news().into_iter().map(|change| change.path).collect();
    assert_eq!(changed, ["d/a"]);
}

#[test]
fn logs_are_written_in_the_order_of_the_batch() {
    let mut room = room();
    // The first log's flush is the second of the batch, after that of its directory.
    room.store.flusher.fail_after = Some(1);
    assert!(
        room.commit(&[append("z"), append("a"), append("z")])
            .is_err()
    );
    assert_eq!(fs::read_to_string(room.path("z")).unwrap(), "line\nline\n");
    assert_eq!(fs::read_to_string(room.path("a")).unwrap(), "");
}

#[test]
fn an_exclusive_rename_never_replaces_even_if_the_check_came_too_early() {
    let room = room();
    fs::write(room.path("mine"), "mine").unwrap();
    fs::write(room.path("theirs"), "theirs").unwrap();
    let walk = Walk::new(&room.store.root);
    let theirs = RelPath::parse("theirs").unwrap();
    let published = place::publish(&walk, "mine", theirs);
    assert!(matches!(published, Err(StoreError::Exists(path)) if path == "theirs"));
    let renamed = place::rename(&walk, RelPath::parse("mine").unwrap(), theirs, false);
    assert!(matches!(renamed, Err(StoreError::Exists(path)) if path == "theirs"));
    assert_eq!(fs::read_to_string(room.path("theirs")).unwrap(), "theirs");
}
