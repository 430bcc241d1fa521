//! A system without locks: a file that counts for a while keeps others out, the lock file fences.

use std::time::SystemTime;

use super::super::lease::TERM;
use super::*;

const HELD: &str = "state/lock.held";

fn lockless(dir: &Path) -> (Rig, LocalStore<Rigged>) {
    let rig = Rig::default();
    rig.without_locks();
    let store = rigged(dir, &rig);
    (rig, store)
}

/// Opens a store as a writer without locks, and lets it go on as if it were killed.
fn take_and_die(dir: &Path) {
    let (_, mut store) = lockless(dir);
    store.open(Mode::Writer).unwrap();
    std::mem::forget(store);
}

/// Lets the hold be this much older than the clock of `rig`, which stands still, or younger.
fn age(dir: &Path, rig: &Rig, age: Duration, is_older: bool) {
    let now = SystemTime::now();
    let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    rig.stop_clock(u64::try_from(since.as_nanos()).unwrap());
    let held = fs::File::options().write(true).open(dir.join(HELD));
    let written = if is_older { now - age } else { now + age };
    held.unwrap().set_modified(written).unwrap();
}

fn is_busy(opened: &Result<Session, StoreError>) -> bool {
    matches!(opened, Err(StoreError::Busy(owner)) if owner.pid == std::process::id())
}

fn is_stale(store: &mut LocalStore<Rigged>, epoch: u64) -> bool {
    let refused = store.commit(&[create("mine")], epoch);
    matches!(refused, Err(StoreError::StaleEpoch(_)))
}

#[test]
fn without_locks_a_writer_keeps_others_out_until_it_lets_go() {
    let dir = TempDir::new().unwrap();
    let [(_, mut first), (_, mut second)] = [lockless(dir.path()), lockless(dir.path())];
    let epoch = first.open(Mode::Writer).unwrap().epoch;
    assert!(is_busy(&second.open(Mode::Writer)));
    first.commit(&[create("a")], epoch).unwrap();
    first.open(Mode::Reader).unwrap();
    assert!(!dir.path().join(HELD).exists());
    second.open(Mode::Writer).unwrap();
    assert!(is_busy(&first.open(Mode::Writer)));
    drop(second);
    let again = first.open(Mode::Writer).unwrap().epoch;
    assert_eq!(again, 3);
    assert_eq!(first.open(Mode::Writer).unwrap().epoch, 4, "its own");
}

#[test]
fn what_a_killed_writer_held_counts_for_its_term_and_no_longer() {
    let almost = TERM - Duration::from_nanos(1);
    for (old, is_free) in [(Duration::ZERO, false), (almost, false), (TERM, true)] {
        for is_older in [true, false] {
            let dir = TempDir::new().unwrap();
            take_and_die(dir.path());
            let (rig, mut next) = lockless(dir.path());
            age(dir.path(), &rig, old, is_older);
            let opened = next.open(Mode::Writer);
            assert_eq!(opened.is_ok(), is_free, "{old:?} {opened:?}");
            assert!(is_free || is_busy(&opened), "{opened:?}");
        }
    }
}

#[test]
fn a_writer_whose_term_was_over_changes_nothing_once_another_one_came() {
    let dir = TempDir::new().unwrap();
    let [(_, mut late), (rig, mut next)] = [lockless(dir.path()), lockless(dir.path())];
    let epoch = late.open(Mode::Writer).unwrap().epoch;
    late.commit(&[create("before")], epoch).unwrap();
    age(dir.path(), &rig, TERM, true);
    let later = next.open(Mode::Writer).unwrap().epoch;
    assert!(is_stale(&mut late, epoch));
    assert!(!dir.path().join("mine").exists());
    drop(late);
    assert!(dir.path().join(HELD).exists(), "it is not the late one's");
    next.commit(&[create("after")], later).unwrap();
}

#[test]
fn a_writer_whose_term_is_over_changes_nothing_although_nobody_came() {
    let dir = TempDir::new().unwrap();
    let (rig, mut store) = lockless(dir.path());
    let epoch = store.open(Mode::Writer).unwrap().epoch;
    age(dir.path(), &rig, TERM, true);
    assert!(is_stale(&mut store, epoch));
    let epoch = store.open(Mode::Writer).unwrap().epoch;
    store.commit(&[create("mine")], epoch).unwrap();
}

#[test]
fn a_writer_with_locks_that_comes_after_the_term_fences_the_one_without() {
    let dir = TempDir::new().unwrap();
    let (_, mut late) = lockless(dir.path());
    let epoch = late.open(Mode::Writer).unwrap().epoch;
    let rig = Rig::default();
    age(dir.path(), &rig, TERM, true);
    let mut next = rigged(dir.path(), &rig);
    let later = next.open(Mode::Writer).unwrap().epoch;
    assert!(is_stale(&mut late, epoch));
    next.commit(&[create("after")], later).unwrap();
    assert!(is_busy(&store(dir.path()).open(Mode::Writer)));
}

#[test]
fn a_writer_whose_disk_cannot_be_written_any_more_reads_on() {
    let dir = TempDir::new().unwrap();
    let (rig, mut store) = lockless(dir.path());
    rig.stop_watch(0);
    store.open(Mode::Writer).unwrap();
    fs::create_dir(dir.path().join("a")).unwrap();
    fs::remove_file(dir.path().join(HELD)).unwrap();
    fs::create_dir(dir.path().join(HELD)).unwrap();
    rig.stop_watch(15_000_000_000);
    assert!(store.list(&["a".to_owned()], false).unwrap()[0].exists);
    assert!(store.commit(&[create("mine")], 1).is_err());
}

#[test]
fn a_writer_that_is_asked_for_something_renews_its_hold_every_quarter_of_its_term() {
    let dir = TempDir::new().unwrap();
    let (rig, mut store) = lockless(dir.path());
    rig.stop_watch(1_000);
    store.open(Mode::Writer).unwrap();
    let mut renews_after = |age: Duration, act: fn(&mut LocalStore<Rigged>)| {
        let now_ns = store.system.monotonic_ns();
        rig.stop_watch(now_ns + u64::try_from(age.as_nanos()).unwrap());
        rig.calls();
        act(&mut store);
        let is_renewed = rig.calls().contains(&"write lock.held".to_owned());
        rig.stop_watch(now_ns + if is_renewed { 15_000_000_000 } else { 0 });
        is_renewed
    };
    let acts: [fn(&mut LocalStore<Rigged>); 4] = [
        |store| drop(store.list(&["a".to_owned()], false).unwrap()),
        |store| drop(store.read(&[], 1).unwrap()),
        |store| drop(store.changes(0, 1).unwrap()),
        |store| assert_eq!(store.commit(&[], 1).unwrap(), 0),
    ];
    for act in acts {
        assert!(!renews_after(Duration::from_nanos(14_999_999_999), act));
        assert!(renews_after(Duration::from_secs(15), act));
    }
}

#[test]
fn of_two_who_take_what_is_over_the_later_one_has_it() {
    let dir = TempDir::new().unwrap();
    take_and_die(dir.path());
    let old = SystemTime::now() - 2 * TERM;
    let held = fs::File::options().write(true).open(dir.path().join(HELD));
    held.unwrap().set_modified(old).unwrap();
    let (rig, mut late) = lockless(dir.path());
    // The other one comes when this one has seen that it is over.
    rig.during("unlink", take_and_die, dir.path());
    let epoch = late.open(Mode::Writer).unwrap().epoch;
    assert_eq!(epoch, 3);
    late.commit(&[create("a")], epoch).unwrap();
}

/// Others come, one after the other, and leave word of the last epoch that they had.
fn overtake(dir: &Path) {
    for _ in 0..3 {
        fs::remove_file(dir.join(HELD)).unwrap();
        let (_, mut other) = lockless(dir);
        let epoch = other.open(Mode::Writer).unwrap().epoch;
        fs::write(dir.join("overtaken"), epoch.to_string()).unwrap();
        std::mem::forget(other);
    }
}

#[test]
fn an_epoch_never_goes_back_whenever_others_overtake_a_writer_that_begins() {
    for flushes in 0.. {
        let dir = TempDir::new().unwrap();
        take_and_die(dir.path());
        fs::remove_file(dir.path().join(HELD)).unwrap();
        let (rig, mut late) = lockless(dir.path());
        (0..flushes).for_each(|_| rig.meanwhile(|_| {}, dir.path()));
        rig.meanwhile(overtake, dir.path());
        let opened = late.open(Mode::Writer);
        let Ok(overtaken) = fs::read_to_string(dir.path().join("overtaken")) else {
            assert!(opened.is_ok() && flushes > 2, "{flushes}");
            break;
        };
        let is_late = opened.is_err() || is_stale(&mut late, opened.unwrap().epoch);
        assert!(is_late, "{flushes}");
        fs::remove_file(dir.path().join(HELD)).unwrap();
        let (_, mut next) = lockless(dir.path());
        let epoch = next.open(Mode::Writer).unwrap().epoch;
        assert!(epoch > overtaken.parse().unwrap(), "{flushes}: {epoch}");
    }
}

#[test]
fn a_writer_with_locks_stays_out_while_one_without_holds_the_store() {
    let dir = TempDir::new().unwrap();
    let (_, mut lockless) = lockless(dir.path());
    lockless.open(Mode::Writer).unwrap();
    assert!(is_busy(&store(dir.path()).open(Mode::Writer)));
    lockless.open(Mode::Reader).unwrap();
    store(dir.path()).open(Mode::Writer).unwrap();
}

#[test]
fn a_writer_with_locks_that_one_without_cannot_see_is_fenced() {
    let mut room = room();
    let (_, mut lockless) = lockless(room.dir.path());
    let epoch = lockless.open(Mode::Writer).unwrap().epoch;
    assert!(is_stale(&mut room.store, room.epoch));
    lockless.commit(&[create("a")], epoch).unwrap();
    assert!(is_busy(&room.store.open(Mode::Writer)));
}

#[test]
fn a_hold_that_is_no_file_is_refused() {
    for is_lockless in [true, false] {
        let dir = TempDir::new().unwrap();
        let rig = Rig::default();
        if is_lockless {
            rig.without_locks();
        }
        fs::create_dir_all(dir.path().join(HELD)).unwrap();
        let refused = rigged(dir.path(), &rig).open(Mode::Writer);
        assert!(matches!(refused, Err(StoreError::BadPath(path)) if path == HELD));
        assert!(dir.path().join(HELD).is_dir());
    }
}

#[test]
fn a_writer_that_fails_to_begin_gives_back_what_it_took() {
    let dir = TempDir::new().unwrap();
    for flushes in 0.. {
        let (rig, mut store) = lockless(dir.path());
        rig.fail_after(flushes);
        if store.open(Mode::Writer).is_ok() {
            assert!(flushes > 2, "{flushes}");
            break;
        }
        assert!(!dir.path().join(HELD).exists(), "{flushes}");
    }
}
