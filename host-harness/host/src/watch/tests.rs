//! Real files under a real watcher.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use super::{Dirty, DirtySet, FileWatcher};
use aof_disk::contract::Mode;
use aof_disk::{LocalStore, StoreBackend};

/// Longer than anything here takes, so that only a notice that never comes fails.
const PATIENCE: Duration = Duration::from_secs(20);

struct Room {
    dir: tempfile::TempDir,
    dirty: DirtySet,
    woken: Receiver<()>,
    _watcher: FileWatcher,
}

fn room(wanted: &[&str]) -> Room {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("there")).unwrap();
    let dirty = DirtySet::default();
    for dir in wanted {
        dirty.want(dir);
    }
    let (sender, woken) = channel();
    let wake = move || {
        if sender.send(()).is_err() {
            tracing::trace!("the test is over");
        }
    };
    let watcher = FileWatcher::start(dir.path(), &dirty, Box::new(wake)).unwrap();
    assert_eq!(watcher.trouble(), None);
    Room {
        dir,
        dirty,
        woken,
        _watcher: watcher,
    }
}

impl Room {
    fn path(&self, path: &str) -> std::path::PathBuf {
        self.dir.path().join(path)
    }

    /// Takes what is dirty until it is what was waited for.
    fn wait(&self, is_it: impl Fn(&Dirty) -> bool) {
        loop {
            self.woken.recv_timeout(PATIENCE).unwrap();
            if is_it(&self.dirty.take()) {
                return;
            }
        }
    }

    fn wait_name(&self, dir: &str, name: &str) {
        self.wait(|dirty| dirty.names(dir).is_some_and(|names| names.contains(name)));
    }
}

fn write(path: &Path) {
    fs::write(path, "x").unwrap();
}

#[test]
fn a_directory_is_looked_at_as_a_whole_once_it_is_watched() {
    let room = room(&["there"]);
    room.wait(|dirty| dirty.is_whole("there"));
    write(&room.path("there/a.md"));
    room.wait_name("there", "a.md");
    fs::remove_file(room.path("there/a.md")).unwrap();
    room.wait_name("there", "a.md");
}

#[test]
fn a_directory_that_is_made_later_is_watched_from_then_on() {
    let room = room(&["there", "not/yet/there"]);
    room.wait(|dirty| dirty.is_whole("there"));
    fs::create_dir_all(room.path("not/yet/there")).unwrap();
    room.wait(|dirty| dirty.is_whole("not/yet/there"));
    write(&room.path("not/yet/there/b.md"));
    room.wait_name("not/yet/there", "b.md");
}

#[test]
fn a_directory_that_was_moved_away_and_made_again_is_watched_again() {
    let room = room(&["there"]);
    room.wait(|dirty| dirty.is_whole("there"));
    fs::rename(room.path("there"), room.path("gone")).unwrap();
    room.wait(|_| room.dirty.take_at_root().contains("gone"));
    fs::create_dir(room.path("there")).unwrap();
    room.wait(|dirty| dirty.is_whole("there"));
    write(&room.path("there/c.md"));
    room.wait_name("there", "c.md");
}

#[test]
fn a_wish_of_later_is_heard() {
    let room = room(&[]);
    room.dirty.want("there");
    room.wait(|dirty| dirty.is_whole("there"));
}

#[test]
fn hidden_names_and_unwanted_directories_wake_nobody() {
    let room = room(&["there"]);
    room.wait(|dirty| dirty.is_whole("there"));
    fs::create_dir(room.path("other")).unwrap();
    write(&room.path("there/.stage.tmp"));
    write(&room.path("other/x.md"));
    write(&room.path("there/last.md"));
    room.wait(|dirty| {
        assert!(dirty.names("other").is_none());
        dirty
            .names("there")
            .is_some_and(|names| *names == BTreeSet::from(["last.md".to_owned()]))
    });
}

#[test]
fn a_store_finds_an_edit_in_place_long_before_its_next_sweep() {
    let room = room(&[]);
    write(&room.path("there/a.md"));
    write(&room.path("there/b.md"));
    let mut store = LocalStore::new(room.dir.path())
        .unwrap()
        .sweep_interval(Duration::from_secs(3_600))
        .dirty_set(room.dirty.clone());
    store.open(Mode::Writer).unwrap();
    store.list(&["there".to_owned()], true).unwrap();
    // The first notice is of the directory as a whole: it comes with the watch.
    room.woken.recv_timeout(PATIENCE).unwrap();
    assert!(store.changes(0, 10).unwrap().changes.is_empty());
    fs::write(room.path("there/b.md"), "longer than before").unwrap();
    let page = loop {
        room.woken.recv_timeout(PATIENCE).unwrap();
        let page = store.changes(0, 10).unwrap();
        if !page.changes.is_empty() {
            break page;
        }
    };
    let paths: Vec<&str> = page.changes.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(paths, ["there/b.md"]);
    assert_eq!(room.dirty.reports(), 1);
}
