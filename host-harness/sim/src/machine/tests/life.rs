//! Processes, locks, errors, clocks and branches.

use aof_disk::{Errno, OpenHow, System};

use super::{put, started};
use crate::machine::{Machine, Mode};

#[test]
fn a_killed_process_does_nothing_more_and_its_pages_stay() {
    let (machine, process, root) = started();
    let file = process.open(&root, "a", OpenHow::CreateNew).unwrap();
    machine.kill_after(7, 2);
    process.write(&file, b"1").unwrap();
    assert!(machine.is_alive(7));
    assert_eq!(process.write(&file, b"2"), Err(Errno::IO));
    assert_eq!(process.root().unwrap_err(), Errno::IO);
    assert!(!machine.is_alive(7));
    assert_eq!(machine.hand().read("a").unwrap(), b"1");
    let next = machine.process(7);
    next.root().unwrap();
    assert_eq!(
        process.root().unwrap_err(),
        Errno::IO,
        "a former life stays dead"
    );
}

#[test]
fn a_lock_excludes_others_until_it_is_closed_or_its_holder_dies() {
    let (machine, process, root) = started();
    let held = process.open(&root, "lock", OpenHow::Private).unwrap();
    process.lock(&held).unwrap();
    let other = machine.process(8);
    let wanted = other.open(&root, "lock", OpenHow::Private).unwrap();
    assert_eq!(other.lock(&wanted), Err(Errno::WOULDBLOCK));
    let again = process.open(&root, "lock", OpenHow::Private).unwrap();
    assert_eq!(process.lock(&again), Err(Errno::WOULDBLOCK));
    drop(held);
    other.lock(&wanted).unwrap();
    assert_eq!(process.lock(&again), Err(Errno::WOULDBLOCK));
    machine.kill(8);
    process.lock(&again).unwrap();
    drop(wanted);
    let third = machine.process(9);
    let file = third.open(&root, "lock", OpenHow::Private).unwrap();
    assert_eq!(
        third.lock(&file),
        Err(Errno::WOULDBLOCK),
        "a dead handle releases nothing"
    );
}

#[test]
fn a_lock_goes_with_the_power_and_the_boot_differs() {
    let (machine, process, root) = started();
    let held = process.open(&root, "lock", OpenHow::Private).unwrap();
    process.lock(&held).unwrap();
    process.sync_all().unwrap();
    let boot = process.boot();
    machine.power_cut(Mode::Ordered, 1);
    assert_eq!(process.root().unwrap_err(), Errno::IO);
    let next = machine.process(7);
    assert_ne!(next.boot(), boot);
    let file = next.open(&root, "lock", OpenHow::Private).unwrap();
    next.lock(&file).unwrap();
}

#[test]
fn the_nth_call_fails_once_with_the_planned_error() {
    let (machine, process, root) = started();
    machine.fail_nth(7, 2, Errno::ACCESS);
    process.entries(&root).unwrap();
    assert_eq!(process.make_dir(&root, "d"), Err(Errno::ACCESS));
    assert!(!machine.hand().exists("d"));
    process.make_dir(&root, "d").unwrap();
}

#[test]
fn a_failed_write_may_leave_a_part() {
    let (machine, process, root) = started();
    let file = process.open(&root, "a", OpenHow::CreateNew).unwrap();
    machine.fail_nth(7, 1, Errno::NOSPC);
    assert_eq!(process.write(&file, b"1234"), Err(Errno::NOSPC));
    assert_eq!(machine.hand().read("a").unwrap(), b"12");
}

#[test]
fn random_errors_follow_from_their_seed_and_stop_when_told() {
    let errors = |seed| {
        let (machine, process, root) = started();
        machine.fail_randomly(7, 5, seed);
        let calls = |_| process.entries(&root).err();
        let found: Vec<Option<Errno>> = (0..100).map(calls).collect();
        machine.stop_faults(7);
        assert!((0..100).all(|_| process.entries(&root).is_ok()));
        found
    };
    assert_eq!(errors(3), errors(3));
    assert_ne!(errors(3), errors(4));
    let count = errors(3).iter().flatten().count();
    assert!((8..40).contains(&count), "{count} of 100");
}

#[test]
fn something_may_happen_right_before_a_call() {
    let (machine, process, root) = started();
    put(&process, &root, "a", b"1", false);
    machine.before_nth(7, 2, |machine| machine.hand().rm("a").unwrap());
    process.stat(&root, "a").unwrap();
    assert_eq!(process.stat(&root, "a").unwrap_err(), Errno::NOENT);
    machine.before_nth(7, 1, |machine| machine.kill(7));
    assert_eq!(process.root().unwrap_err(), Errno::IO);
}

#[test]
fn calls_are_counted() {
    let (machine, process, root) = started();
    let before = machine.calls(7);
    put(&process, &root, "a", b"1", true);
    process.stat(&root, "a").unwrap();
    let after = machine.calls(7);
    assert_eq!(after.all - before.all, 4);
    assert_eq!(after.mutating - before.mutating, 3);
    assert_eq!(machine.flushes().files, 1);
    assert_eq!(machine.flushes().directories, 0);
}

#[test]
fn each_process_has_its_own_wall_clock_and_all_share_monotonic_time() {
    let machine = Machine::new();
    let (one, two) = (machine.process(1), machine.process(2));
    let start = one.now_ns();
    machine.jump_clock(1, -3_600_000);
    machine.drift_clock(2, 1_000);
    machine.advance_ms(1_000_000);
    assert_eq!(one.now_ns(), start + 1_000_000_000_000 - 3_600_000_000_000);
    assert_eq!(two.now_ns(), start + 1_001_000_000_000);
    assert_eq!(one.monotonic_ns(), two.monotonic_ns());
    assert_eq!(one.monotonic_ns(), 1_000_000_000_000);
    machine.freeze_clock(2, true);
    let frozen = two.now_ns();
    machine.advance_ms(50);
    assert_eq!(two.now_ns(), frozen);
    machine.freeze_clock(2, false);
    assert!(two.now_ns() > frozen);
    machine.drift_clock(2, 0);
    let drifted = two.now_ns();
    machine.advance_ms(5);
    assert_eq!(two.now_ns(), drifted + 5_000_000);
    machine.reset_clock(2);
    assert_eq!(two.now_ns(), machine.true_ns());
}

#[test]
fn branches_share_nothing_and_a_moment_can_be_brought_back() {
    let (machine, process, root) = started();
    put(&process, &root, "a", b"1", false);
    let moment = machine.snapshot();
    let branch = machine.fork();
    branch.hand().write("a", b"2").unwrap();
    assert_eq!(machine.hand().read("a").unwrap(), b"1");
    machine.hand().write("a", b"3").unwrap();
    machine.power_cut(Mode::Any, 1);
    machine.restore(&moment);
    assert_eq!(machine.hand().read("a").unwrap(), b"1");
    process.stat(&root, "a").unwrap();
    assert_eq!(branch.hand().read("a").unwrap(), b"2");
}

#[test]
fn a_flushing_hand_leaves_nothing_to_lose() {
    let (machine, _, _) = started();
    machine.hand().flushing().write("a", b"1").unwrap();
    machine.hand().flushing().mkdir("d").unwrap();
    machine.hand().flushing().mv("a", "d/a").unwrap();
    let kept = |state: Machine| state.hand().read("d/a").unwrap() == b"1";
    assert!(machine.crash_states(64, 1).all(kept));
}
