//! One directory, two hosts: that of this repository and Node.
//!
//! Never asks both at once. Invariant: whoever has the lock is alone, and what a killed one left is
//! whole.

use std::collections::BTreeSet;
use std::fs;

use aof_disk::StoreBackend;
use aof_host::contract::store::{self, Mode, Op, StoreError};

use super::hand::{Directory, Hand, LocalHand};
use super::session::{Session, append, create, journal, make_dir, remove, rename, replace};
use crate::node::{NodeStore, Process};

fn attach(disk: &LocalHand) -> (Process, Box<dyn StoreBackend>) {
    let process = Process::start(disk.path());
    (process.clone(), Box::new(NodeStore::of(process)))
}

fn writer(disk: &LocalHand) -> (Process, Session) {
    let (process, backend) = attach(disk);
    (process, Session::of(backend, Mode::Writer))
}

/// Who has the lock, as a writer is told that comes too late.
fn owner(late: &mut dyn StoreBackend) -> u32 {
    named(late.open(Mode::Writer))
}

fn named(opened: Result<store::Session, StoreError>) -> u32 {
    match opened {
        Err(StoreError::Busy(owner)) => owner.pid,
        other => panic!("{other:?}"),
    }
}

/// One batch of each kind.
fn batches() -> Vec<Vec<Op>> {
    vec![
        vec![],
        vec![create("new", "")],
        vec![replace("a/X.md", "", None)],
        vec![rename("a/X.md", "b/X.md")],
        vec![remove("a/X.md")],
        vec![make_dir("c")],
        vec![append("log", &["line"])],
        vec![journal("journal", &["line"])],
        vec![Op::Sync],
    ]
}

fn furnished() -> LocalHand {
    let disk = LocalHand::new();
    disk.put("a/X.md", b"old");
    disk.make_dir("b");
    disk.put("journal", b"");
    disk
}

#[test]
#[cfg_attr(not(has_node), ignore = "needs AOF_NODE and AOF_NODE_STORE")]
fn each_host_keeps_the_other_out_and_says_who_it_is() {
    let disk = LocalHand::new();
    let ours = Session::writer(&disk);
    let (process, mut theirs) = attach(&disk);
    assert_eq!(owner(&mut *theirs), std::process::id());
    drop(ours);
    theirs.open(Mode::Writer).unwrap();
    assert_eq!(owner(&mut *disk.attach()), process.pid());
    let (_, mut third) = attach(&disk);
    assert_eq!(owner(&mut *third), process.pid());
}

#[test]
#[cfg_attr(not(has_node), ignore = "needs AOF_NODE and AOF_NODE_STORE")]
fn a_second_writer_in_the_same_process_is_kept_out_too_and_does_no_harm() {
    let disk = LocalHand::new();
    let (process, mut theirs) = writer(&disk);
    for path in ["a", "b"] {
        assert_eq!(named(process.rival()), process.pid());
        theirs.accept(&[create(path, "")]);
        assert_eq!(owner(&mut *disk.attach()), process.pid());
    }
    theirs.backend.open(Mode::Reader).unwrap();
    assert_eq!(process.rival().unwrap().epoch, 2);
    assert_eq!(owner(&mut *disk.attach()), process.pid());
}

#[test]
#[cfg_attr(not(has_node), ignore = "needs AOF_NODE and AOF_NODE_STORE")]
fn a_killed_process_has_no_lock_and_neither_has_one_that_ended() {
    let disk = LocalHand::new();
    for (round, end) in (1..).zip([Process::kill, Process::dismiss]) {
        let (process, theirs) = writer(&disk);
        assert_eq!(owner(&mut *disk.attach()), process.pid());
        end(&process);
        let ours = Session::writer(&disk);
        assert_eq!(ours.epoch, 2 * round);
        drop((ours, theirs));
    }
}

#[test]
#[cfg_attr(not(has_node), ignore = "needs AOF_NODE and AOF_NODE_STORE")]
fn whoever_opens_while_the_lock_file_is_replaced_has_the_lock_of_the_new_one_or_none() {
    for point in 1.. {
        let disk = LocalHand::new();
        disk.put("state/lock", b"");
        let (process, mut backend) = attach(&disk);
        process.meddle_at(point, "state/lock", "");
        let opened = backend.open(Mode::Writer);
        if !process.has_reached_it() {
            assert!(point > 10, "there was no such point");
            return;
        }
        let names = fs::read_dir(disk.path().join("state")).unwrap();
        let count = names.count();
        let is_whole = if opened.is_ok() {
            count == 3
        } else {
            count <= 3
        };
        assert!(
            is_whole,
            "point {point}: the lock and two epochs, not {count}"
        );
        let is_theirs = match opened {
            Ok(session) => backend.commit(&[create("a", "")], session.epoch).is_ok(),
            Err(refused) => {
                assert!(matches!(refused, StoreError::StaleEpoch(_)), "{refused:?}");
                false
            }
        };
        let is_ours = disk.attach().open(Mode::Writer).is_ok();
        assert_ne!(is_theirs, is_ours, "point {point}");
    }
}

#[test]
#[cfg_attr(not(has_node), ignore = "needs AOF_NODE and AOF_NODE_STORE")]
fn whoever_lost_the_lock_changes_nothing_and_may_take_it_again() {
    let disk = furnished();
    let before = disk.files();
    let (process, mut theirs) = writer(&disk);
    process.unlock_at(0);
    for batch in batches() {
        let refused = theirs.refuse(&batch);
        assert!(
            matches!(refused, StoreError::StaleEpoch(1)),
            "{batch:?} {refused:?}"
        );
        assert_eq!(disk.files(), before, "{batch:?}");
    }
    theirs.epoch = theirs.backend.open(Mode::Writer).unwrap().epoch;
    assert_eq!(owner(&mut *disk.attach()), process.pid());
    theirs.accept(&[create("new", "")]);
}

#[test]
#[cfg_attr(not(has_node), ignore = "needs AOF_NODE and AOF_NODE_STORE")]
fn whoever_lost_the_lock_to_another_one_stays_out() {
    let disk = furnished();
    let (process, mut theirs) = writer(&disk);
    process.unlock_at(0);
    let mut ours = Session::writer(&disk);
    let before = disk.files();
    for batch in batches() {
        let refused = theirs.refuse(&batch);
        assert!(
            matches!(refused, StoreError::StaleEpoch(2)),
            "{batch:?} {refused:?}"
        );
        assert_eq!(disk.files(), before, "{batch:?}");
    }
    assert_eq!(owner(&mut *theirs.backend), std::process::id());
    ours.accept(&[create("new", "")]);
}

#[test]
#[cfg_attr(not(has_node), ignore = "needs AOF_NODE and AOF_NODE_STORE")]
fn whoever_loses_the_lock_before_anything_can_be_seen_takes_the_commit_back() {
    let mut refusals = 0;
    for point in 1.. {
        let disk = furnished();
        let before = disk.files();
        let (process, mut theirs) = writer(&disk);
        process.unlock_at(point);
        let done = theirs.commit(&transition());
        let count = seen(&disk).into_iter().filter(|step| *step).count();
        match done {
            Err(StoreError::StaleEpoch(1)) => {
                assert_eq!(disk.files(), before, "point {point}");
                refusals += 1;
            }
            Ok(_) => assert_eq!(count, 7, "point {point}"),
            Err(other) => panic!("point {point}: {other:?}"),
        }
        if !process.has_reached_it() {
            assert!(refusals > 3, "there was no such point");
            return;
        }
    }
}

#[test]
#[cfg_attr(not(has_node), ignore = "needs AOF_NODE and AOF_NODE_STORE")]
fn no_call_leaves_anything_open() {
    let disk = furnished();
    let (process, mut theirs) = writer(&disk);
    let open = || fs::read_dir(format!("/proc/{}/fd", process.pid())).unwrap();
    let mut counts = BTreeSet::new();
    for _ in 0..5 {
        theirs.list(&["a", "b/none", "a/X.md/none"]);
        theirs.blob("a/X.md");
        theirs.blob("a/none");
        disk.put("a/Y.md", b"");
        theirs.news();
        theirs.accept(&transition());
        theirs.refuse(&transition());
        theirs.accept(&[rename("b/X.md", "a/X.md"), remove("a/Y.md"), Op::Sync]);
        theirs.epoch = theirs.backend.open(Mode::Writer).unwrap().epoch;
        counts.insert(open().count());
    }
    assert_eq!(counts.len(), 1, "{counts:?}");
}

const OLD: &str = "old";
const NEW: &str = "new content of the card";
const RECORD: &str = "{\"revision\":2}";
const APPLIED: &str = "{\"applied\":1}";
const RUN: &str = "{\"state\":\"requested\"}";

/// A card goes from one status to another one, as the component has it done.
fn transition() -> [Op; 7] {
    [
        journal("journal", &[RECORD]),
        make_dir("runs/X"),
        replace("runs/X/run.json", RUN, None),
        rename("a/X.md", "b/X.md"),
        replace("b/X.md", NEW, None),
        append("log", &["{\"moved\":\"X\"}"]),
        append("journal", &[APPLIED]),
    ]
}

/// Which of these steps can be seen.
fn seen(disk: &LocalHand) -> [bool; 7] {
    let read = |path: &str| fs::read_to_string(disk.path().join(path)).ok();
    let has_line = |path: &str, line: &str| {
        let text = read(path).unwrap_or_default();
        let lines = text.split_inclusive('\n');
        lines
            .into_iter()
            .any(|it| it.strip_suffix('\n') == Some(line))
    };
    let (from, to) = (read("a/X.md"), read("b/X.md"));
    let card = from.as_ref().xor(to.as_ref()).expect("one card");
    assert!([OLD, NEW].contains(&card.as_str()), "torn: {card:?}");
    let run = read("runs/X/run.json");
    assert!(run.as_ref().is_none_or(|run| run == RUN), "torn: {run:?}");
    [
        has_line("journal", RECORD),
        disk.path().join("runs/X").is_dir(),
        run.is_some(),
        to.is_some(),
        card == NEW,
        has_line("log", "{\"moved\":\"X\"}"),
        has_line("journal", APPLIED),
    ]
}

/// What is left is whole and in order, and the next writer of another kind works on with it.
fn take_over(disk: &LocalHand, point: u64) -> usize {
    let mut ours = Session::writer(disk);
    ours.list_once(&["a", "b", "runs/X"]);
    let steps = seen(disk);
    let count = steps.iter().take_while(|step| **step).count();
    let is_prefix = steps.iter().skip(count).all(|step| !step);
    assert!(is_prefix, "point {point}: {steps:?}");
    let hidden = disk
        .files()
        .into_iter()
        .find(|(path, _)| path.contains("/."));
    assert_eq!(hidden, None, "point {point}");
    ours.accept(&[journal("journal", &["after"]), append("log", &["after"])]);
    for path in ["journal", "log"] {
        assert!(
            ours.text(path).ends_with("\nafter\n") || count < 6,
            "{path}"
        );
    }
    assert_eq!(seen(disk), steps, "point {point}");
    count
}

#[test]
#[cfg_attr(not(has_node), ignore = "needs AOF_NODE and AOF_NODE_STORE")]
fn a_process_that_dies_at_any_call_of_a_batch_leaves_its_first_steps() {
    let mut counts = BTreeSet::new();
    for point in 1.. {
        let disk = furnished();
        let (process, mut theirs) = writer(&disk);
        process.die_at(point);
        let is_done = theirs.commit(&transition()).is_ok();
        drop(theirs);
        let count = take_over(&disk, point);
        counts.insert(count);
        if is_done {
            assert_eq!(count, 7, "point {point}: it was acknowledged");
            break;
        }
    }
    assert_eq!(counts, (0..=7).collect());
}

/// A file that appears at any moment of a commit is never written over, and refuses it whole.
fn never_written_over(batch: &[Op], path: &str) {
    let mut refusals = 0;
    for point in 1.. {
        let disk = furnished();
        let before = disk.files();
        let (process, mut session) = writer(&disk);
        process.meddle_at(point, path, "theirs");
        let done = session.commit(batch);
        if !process.has_reached_it() {
            assert!(refusals > 2, "there was no such point");
            return;
        }
        assert_eq!(session.text(path), "theirs", "point {point}");
        let Err(error) = done else { continue };
        assert!(
            matches!(&error, StoreError::Exists(at) if at == path),
            "point {point}: {error:?}"
        );
        refusals += 1;
        let mut left = disk.files();
        left.retain(|(name, _)| name != path);
        assert_eq!(left, before, "point {point}: refused, and not taken back");
    }
}

#[test]
#[cfg_attr(not(has_node), ignore = "needs AOF_NODE and AOF_NODE_STORE")]
fn what_a_person_puts_in_the_way_of_a_commit_is_kept_and_the_commit_taken_back() {
    let [record, line] = [journal("journal", &[RECORD]), append("log", &["line"])];
    let made = create("b/X.md", NEW);
    never_written_over(&[record.clone(), made, line.clone()], "b/X.md");
    never_written_over(&[record, rename("a/X.md", "b/X.md"), line], "b/X.md");
}
