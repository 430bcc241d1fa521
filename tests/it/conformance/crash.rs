//! A writer killed in the middle of its work, as another process would find its directory.
//!
//! Never sleeps: the writer tells how far it is, and is killed while it goes on.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use aof_disk::{LocalStore, StoreBackend};
use aof_host::contract::store::{Mode, StoreError};

use super::hand::{Directory, Hand, LocalHand};
use super::session::{Session, append, create, journal, make_dir, rename, replace};

const ROOT_VARIABLE: &str = "AOF_CONFORMANCE_CRASH_ROOT";
const CARDS: usize = 3;

/// The killed process: does nothing unless a test started it for this.
#[test]
fn a_process_that_writes_until_it_is_killed() {
    let Some(root) = std::env::var_os(ROOT_VARIABLE) else {
        return;
    };
    let mut store = LocalStore::new(Path::new(&root)).unwrap();
    let epoch = store.open(Mode::Writer).unwrap().epoch;
    for round in 0.. {
        let card = round % CARDS;
        let (from, to) = if (round / CARDS).is_multiple_of(2) {
            ("a", "b")
        } else {
            ("b", "a")
        };
        let batch = [
            journal("journal", &[&format!("{{\"moves\":{card}}}")]),
            rename(&format!("{from}/{card}"), &format!("{to}/{card}")),
            replace(
                &format!("{to}/{card}"),
                &format!("{}{}", to, "x".repeat(10_000)),
                None,
            ),
            append("log", &[&format!("{{\"moved\":{card}}}")]),
        ];
        store.commit(&batch, epoch).unwrap();
        println!("\ncommitted {round}");
    }
}

fn start(disk: &LocalHand) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture"])
        .arg("conformance::crash::a_process_that_writes_until_it_is_killed")
        .env(ROOT_VARIABLE, disk.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn a_killed_writer_leaves_whole_files_a_free_lock_and_every_card_once() {
    for commits in [1, 7, 20] {
        let disk = LocalHand::new();
        let mut session = Session::writer(&disk);
        session.accept(&[make_dir("a"), make_dir("b"), create("journal", "")]);
        for card in 0..CARDS {
            session.accept(&[create(&format!("a/{card}"), "a")]);
        }
        drop(session);

        let mut child = start(&disk);
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut told = lines
            .map(Result::unwrap)
            .filter(|line| line.starts_with("committed"));
        assert_eq!(told.by_ref().take(commits).count(), commits);
        assert!(
            matches!(disk.attach().open(Mode::Writer), Err(StoreError::Busy(owner))
            if owner.pid == child.id())
        );
        child.kill().unwrap();
        child.wait().unwrap();
        // Only now: a writer without a listener would end by itself.
        drop(told);

        check(&disk, commits);
    }
}

fn check(disk: &LocalHand, commits: usize) {
    let mut session = Session::writer(disk);
    assert_eq!(session.epoch, 3);
    session.list_once(&["a", "b"]);
    let mut cards = Vec::new();
    for dir in ["a", "b"] {
        for entry in session.entries(dir) {
            let text = session.text(&format!("{dir}/{}", entry.name));
            assert!(matches!(text.len(), 1 | 10_001), "whole: {}", text.len());
            if !entry.name.starts_with('.') {
                cards.push(entry.name);
            }
        }
    }
    cards.sort();
    assert_eq!(cards, ["0", "1", "2"]);
    assert!(!disk.files().iter().any(|(path, _)| path.ends_with(".put")));
    session.accept(&[append("log", &["after"])]);
    let log = session.text("log");
    assert!(log.ends_with("\nafter\n"));
    assert!(
        log.lines()
            .filter(|line| *line != "after" && line.ends_with('}'))
            .count()
            >= commits
    );
    let told = session.text("journal").lines().count();
    let moved = log.lines().filter(|line| *line != "after").count();
    assert!(
        moved <= told && told <= moved + 1,
        "{told} lines for {moved} moves"
    );
}
