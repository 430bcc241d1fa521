//! Bounds that only a local directory has.

use std::io::Write;

use super::*;
use crate::contract::Blob;

fn unlink(path: &Path) {
    fs::remove_file(path).unwrap();
}

fn lengthen(path: &Path) {
    let mut file = fs::OpenOptions::new().append(true).open(path).unwrap();
    file.write_all(b"x").unwrap();
}

#[test]
fn the_lock_is_tried_eight_times_while_somebody_replaces_its_file() {
    for (replacements, is_taken) in [(7, true), (8, false)] {
        let dir = TempDir::new().unwrap();
        let rig = Rig::default();
        for _ in 0..replacements {
            rig.during("lock", unlink, &dir.path().join("state/lock"));
        }
        let opened = rigged(dir.path(), &rig).open(Mode::Writer);
        assert_eq!(opened.is_ok(), is_taken, "{replacements}: {opened:?}");
    }
}

#[test]
fn a_file_that_is_being_written_is_read_three_times() {
    for (writes, is_read) in [(2, true), (3, false)] {
        let mut room = room();
        room.commit(&[create("a")]).unwrap();
        for _ in 0..writes {
            room.rig.during("read", lengthen, &room.path("a"));
        }
        let blob = room.store.read(&["a".to_owned()], 100).unwrap().remove(0);
        match blob {
            Blob::Content(_) => assert!(is_read, "{writes}"),
            Blob::Refused(why) => {
                assert!(!is_read, "{writes}");
                assert_eq!(why, "is being written; read it again");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn the_owner_is_read_from_a_file_of_64_kib_at_the_most() {
    for (size, is_read) in [(64 << 10, true), ((64 << 10) + 1, false)] {
        let mut room = room();
        let owner = fs::read_to_string(room.path("state/owner.json")).unwrap();
        let blank = " ".repeat(size - owner.len());
        fs::write(room.path("state/owner.json"), owner + &blank).unwrap();
        fs::write(room.path("state/epoch"), "").unwrap();
        let opened = room.reopen();
        assert_eq!(opened.is_ok(), is_read, "{size}: {opened:?}");
    }
}

#[test]
fn a_directory_of_up_to_256_entries_is_listed_after_each_own_commit() {
    for (entries, is_listed) in [(256, true), (257, false)] {
        let mut room = room();
        room.store.watch = Watch::new(&room.store.system, Duration::from_secs(3_600));
        room.store.flusher = Flusher::new(Durability::Relaxed);
        let mut batch = vec![make_dir("done")];
        batch.extend((1..entries).map(|number| create(&format!("done/{number}.md"))));
        room.commit(&batch).unwrap();
        age(&room.path("done"));
        room.store.list(&["done".to_owned()], true).unwrap();
        assert!(room.news().is_empty());
        assert_eq!(room.store.watch.scans, 0, "idle");
        room.commit(&[create("done/last.md")]).unwrap();
        assert!(room.news().is_empty());
        assert_eq!(room.store.watch.scans > 0, is_listed, "{entries}");
    }
}
