//! What is no regular file, or is one twice.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;

use aof_disk::{LocalStore, Native, StoreBackend};
use aof_host::contract::store::{Blob, Listing, Mode, Op, Page, Session, StoreError};

use super::{GOOD, Ground, READY, codes, write};
use crate::stage::CardText;

const OTHER: &str = "TASK-2026-02-17-009";

fn other() -> CardText {
    CardText::new(OTHER, "ready").agent("reader")
}

fn path_of_other() -> String {
    format!("{READY}/{OTHER}.md")
}

/// The node at the place of a card is set aside as what cannot be used as one.
fn no_card(lay: impl FnOnce(&Path)) {
    let mut ground = Ground::new(|root| lay(&root.join(path_of_other())));
    let held = ground.endures();
    assert_eq!(codes(&held), [("AOF-1143", path_of_other().as_str())]);
    assert!(held[0].2.contains("not a regular file"), "{}", held[0].2);
}

#[test]
fn a_symlink_in_place_of_a_card_is_not_followed() {
    let outside = tempfile::tempdir().unwrap();
    let secret = outside.path().join("secret.md");
    fs::write(&secret, other().text()).unwrap();
    no_card(|path| symlink(&secret, path).unwrap());
    no_card(|path| symlink("/dev/zero", path).unwrap());
    no_card(|path| symlink("/nowhere", path).unwrap());
    no_card(|path| symlink(path, path).unwrap());
    no_card(|path| symlink(format!("{GOOD}.md"), path).unwrap());
    assert_eq!(fs::read_to_string(secret).unwrap(), other().text());
}

#[test]
fn a_pipe_or_socket_in_place_of_a_card_is_never_opened() {
    no_card(|path| {
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    });
    no_card(|path| drop(UnixListener::bind(path).unwrap()));
}

#[test]
fn a_directory_named_like_a_card_is_left_alone() {
    let mut ground = Ground::new(|root| {
        write(root, &format!("{}/inner.md", path_of_other()), b"mine");
    });
    let held = ground.endures();
    assert_eq!(codes(&held), [("AOF-1143", path_of_other().as_str())]);
}

#[test]
fn what_lies_in_the_way_of_a_status_directory_stops_its_project_only() {
    let outside = tempfile::tempdir().unwrap();
    let card = CardText::new(OTHER, "ready").agent("reader");
    let text = card.text();
    let lay: [fn(&Path, &Path); 2] = [
        |way, outside| symlink(outside, way).unwrap(),
        |way, _| fs::write(way, "mine").unwrap(),
    ];
    for put in lay {
        let mut ground = Ground::new(|root| {
            let ready = root.join("projects/beta/tasks/ready");
            fs::create_dir_all(&ready).unwrap();
            fs::write(ready.join(format!("{OTHER}.md")), &text).unwrap();
            put(&root.join("projects/beta/tasks/cancelled"), outside.path());
        });
        let held = ground.endures();
        assert_eq!(
            codes(&held),
            [("AOF-1146", "projects/beta/tasks/cancelled")]
        );
        assert!(
            ground
                .root()
                .join(format!("projects/beta/tasks/ready/{OTHER}.md"))
                .exists()
        );
    }
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
}

#[test]
fn a_symlink_in_place_of_a_folder_is_not_followed() {
    let outside = tempfile::tempdir().unwrap();
    let card = outside.path().join(format!("{OTHER}.md"));
    fs::write(&card, other().text()).unwrap();
    let tasks = outside.path().join("tasks/ready");
    fs::create_dir_all(&tasks).unwrap();
    fs::write(tasks.join(format!("{OTHER}.md")), other().text()).unwrap();
    let mut ground = Ground::new(|root| {
        symlink(outside.path(), root.join("projects/beta")).unwrap();
        symlink(root.join("projects"), root.join("projects/alpha/loop")).unwrap();
        fs::create_dir_all(root.join("projects/alpha/work")).unwrap();
        symlink("/etc", root.join("projects/alpha/work/etc")).unwrap();
    });
    ground.endures();
    assert!(card.exists() && fs::read_dir(outside.path()).unwrap().count() == 2);
}

#[test]
fn a_symlink_in_place_of_a_status_folder_lets_its_project_rest() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join(format!("{OTHER}.md")), other().text()).unwrap();
    let mut ground = Ground::new(|root| {
        symlink(outside.path(), root.join("projects/alpha/tasks/blocked")).unwrap();
    });
    let before = ground.theirs();
    ground.open().unwrap();
    assert!(ground.poll().is_empty());
    let held = ground.held();
    assert_eq!(codes(&held), [("AOF-1146", "projects/alpha/tasks/blocked")]);
    assert_eq!(ground.theirs(), before);
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
}

#[test]
fn a_hard_link_is_a_card_here_and_the_file_outside_stays() {
    let outside = tempfile::tempdir().unwrap();
    let twin = outside.path().join("twin.md");
    fs::write(&twin, other().text()).unwrap();
    let mut ground = Ground::new(|root| {
        fs::hard_link(&twin, root.join(path_of_other())).unwrap();
    });
    ground.open().unwrap();
    let mut spawned = ground.poll();
    spawned.sort();
    assert_eq!(spawned, [GOOD, OTHER]);
    assert_eq!(fs::read_to_string(twin).unwrap(), other().text());
}

#[test]
fn a_hard_linked_twin_is_set_aside() {
    let blocked = CardText::new(OTHER, "blocked").agent("reader");
    let mut ground = Ground::new(|root| {
        write(root, &blocked.path(), blocked.text().as_bytes());
        fs::create_dir_all(root.join("projects/alpha/tasks/cancelled")).unwrap();
        let twin = format!("projects/alpha/tasks/cancelled/{OTHER}.md");
        fs::hard_link(root.join(blocked.path()), root.join(twin)).unwrap();
    });
    let held = ground.endures();
    assert_eq!(held.len(), 1, "{held:?}");
    assert_eq!(held[0].0, "AOF-1140");
}

#[test]
fn what_may_not_be_read_is_reported() {
    if rustix::process::geteuid().is_root() {
        // To root every file is readable.
        return;
    }
    let mut ground = Ground::new(|root| {
        write(root, &path_of_other(), other().text().as_bytes());
        let path = root.join(path_of_other());
        fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
    });
    ground.open().unwrap();
    assert_eq!(ground.poll(), [GOOD]);
    let held = ground.held();
    assert_eq!(codes(&held), [("AOF-1143", path_of_other().as_str())]);
}

/// A store whose cards of one folder vanish as soon as they have been listed.
struct Vanishing {
    inner: LocalStore<Native>,
    folder: std::path::PathBuf,
}

impl StoreBackend for Vanishing {
    fn open(&mut self, mode: Mode) -> Result<Session, StoreError> {
        self.inner.open(mode)
    }

    fn changes(&mut self, cursor: u64, limit: u32) -> Result<Page, StoreError> {
        self.inner.changes(cursor, limit)
    }

    fn list(&mut self, dirs: &[String], watch: bool) -> Result<Vec<Listing>, StoreError> {
        let listings = self.inner.list(dirs, watch);
        if dirs.iter().any(|dir| dir.ends_with("/ready")) && self.folder.exists() {
            fs::remove_dir_all(&self.folder).unwrap();
        }
        listings
    }

    fn read(&mut self, paths: &[String], bytes_max: u64) -> Result<Vec<Blob>, StoreError> {
        self.inner.read(paths, bytes_max)
    }

    fn commit(&mut self, batch: &[Op], epoch: u64) -> Result<u64, StoreError> {
        self.inner.commit(batch, epoch)
    }
}

#[test]
fn a_folder_that_is_removed_while_it_is_listed_hinders_nobody() {
    let card = other().text();
    let mut ground = Ground::new(|root| {
        let beta = format!("projects/beta/tasks/ready/{OTHER}.md");
        write(root, &beta, card.as_bytes());
    });
    let store = Vanishing {
        inner: LocalStore::new(ground.root()).unwrap(),
        folder: ground.root().join("projects/beta"),
    };
    ground.open_over(Box::new(store)).expect("opens");
    assert_eq!(ground.poll(), [GOOD]);
    ground.open().expect("opens again");
    assert_eq!(ground.poll(), [""; 0]);
}
