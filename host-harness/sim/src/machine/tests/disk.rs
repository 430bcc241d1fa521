//! What a process sees on the disk while the power is on.

use aof_disk::{Errno, Node, OpenHow, System};

use super::{flushed_dirs, put, stamp, started};
use crate::machine::Kind;

#[test]
fn what_is_written_is_read_at_once_by_everybody() {
    let (machine, process, root) = started();
    put(&process, &root, "a", b"hello", false);
    let other = machine.process(8);
    let file = other.open(&root, "a", OpenHow::Read).unwrap();
    assert_eq!(other.read(&file, 1, 3).unwrap(), b"ell");
    assert_eq!(machine.hand().read("a").unwrap(), b"hello");
}

#[test]
fn an_exclusive_rename_refuses_a_taken_name_and_another_replaces_it() {
    let (machine, process, root) = started();
    put(&process, &root, "a", b"1", false);
    put(&process, &root, "b", b"2", false);
    let taken = process.rename((&root, "a"), (&root, "b"), true);
    assert_eq!(taken, Err(Errno::EXIST));
    assert_eq!(machine.hand().read("b").unwrap(), b"2");
    process.rename((&root, "a"), (&root, "b"), false).unwrap();
    assert_eq!(machine.hand().read("b").unwrap(), b"1");
    assert!(!machine.hand().exists("a"));
}

#[test]
fn names_are_opened_as_the_system_would() {
    let (machine, process, root) = started();
    machine.hand().symlink("link").unwrap();
    machine.hand().fifo("pipe").unwrap();
    machine.hand().mkdir("dir").unwrap();
    put(&process, &root, "file", b"", false);
    let open = |name, how| process.open(&root, name, how).map(|_| ());
    assert_eq!(open("link", OpenHow::Read), Err(Errno::LOOP));
    assert_eq!(open("pipe", OpenHow::Read), Ok(()));
    assert_eq!(open("dir", OpenHow::Append), Err(Errno::ISDIR));
    assert_eq!(open("none", OpenHow::Append), Err(Errno::NOENT));
    assert_eq!(open("file", OpenHow::CreateNew), Err(Errno::EXIST));
    assert_eq!(open("link", OpenHow::AppendNew), Err(Errno::EXIST));
    assert_eq!(process.open_dir(&root, "file").unwrap_err(), Errno::NOTDIR);
    assert_eq!(process.open_dir(&root, "link").unwrap_err(), Errno::LOOP);
    assert_eq!(process.unlink(&root, "dir"), Err(Errno::ISDIR));
    let link = process.stat(&root, "link").unwrap();
    assert!(matches!(link.node, Node::Other(_)));
    assert_eq!(process.glance("link/x").unwrap_err(), Errno::LOOP);
}

#[test]
fn an_appending_file_writes_at_the_end_that_others_made() {
    let (machine, process, root) = started();
    let file = process.open(&root, "log", OpenHow::AppendNew).unwrap();
    process.write(&file, b"one\n").unwrap();
    machine.hand().append("log", b"two\n").unwrap();
    process.write(&file, b"three\n").unwrap();
    assert_eq!(machine.hand().read("log").unwrap(), b"one\ntwo\nthree\n");
    process.truncate(&file, 4).unwrap();
    assert_eq!(machine.hand().read("log").unwrap(), b"one\n");
    process.overwrite(&file, b"ONE").unwrap();
    assert_eq!(machine.hand().read("log").unwrap(), b"ONE\n");
}

#[test]
fn a_file_number_is_never_used_twice() {
    let (_, process, root) = started();
    put(&process, &root, "a", b"1", false);
    let first = stamp(process.stat(&root, "a").unwrap()).inode;
    process.unlink(&root, "a").unwrap();
    put(&process, &root, "a", b"1", false);
    assert_ne!(stamp(process.stat(&root, "a").unwrap()).inode, first);
}

#[test]
fn an_open_file_outlives_its_name() {
    let (machine, process, root) = started();
    put(&process, &root, "a", b"kept", false);
    let file = process.open(&root, "a", OpenHow::Read).unwrap();
    machine.hand().rm("a").unwrap();
    assert_eq!(process.read(&file, 0, 9).unwrap(), b"kept");
}

#[test]
fn a_directory_that_was_taken_away_accepts_no_names() {
    let (machine, process, _) = started();
    let [dir] = flushed_dirs(&process, ["dir"]);
    machine.hand().rm("dir").unwrap();
    let refused = process.open(&dir, "a", OpenHow::CreateNew);
    assert_eq!(refused.unwrap_err(), Errno::NOENT);
}

#[test]
fn two_writes_in_one_tick_have_the_same_time() {
    let (machine, process, root) = started();
    machine.set_mtime_tick_ns(4_000_000);
    put(&process, &root, "a", b"1", false);
    let first = stamp(process.stat(&root, "a").unwrap());
    machine.advance_ms(1);
    machine.hand().write("a", b"2").unwrap();
    assert_eq!(
        stamp(process.stat(&root, "a").unwrap()).mtime_ns,
        first.mtime_ns
    );
    machine.advance_ms(4);
    machine.hand().write("a", b"3").unwrap();
    assert!(stamp(process.stat(&root, "a").unwrap()).mtime_ns > first.mtime_ns);
}

#[test]
fn a_full_disk_keeps_the_part_that_fits() {
    let (machine, process, root) = started();
    machine.set_capacity(Some(6));
    put(&process, &root, "a", b"1234", false);
    let file = process.open(&root, "b", OpenHow::CreateNew).unwrap();
    assert_eq!(process.write(&file, b"5678"), Err(Errno::NOSPC));
    assert_eq!(machine.hand().read("b").unwrap(), b"56");
    process.unlink(&root, "a").unwrap();
    process.write(&file, b"78").unwrap();
    assert_eq!(machine.used_bytes(), 4);
}

#[test]
fn permission_bits_are_kept_and_obeyed() {
    let (machine, process, root) = started();
    let file = process.open(&root, "lock", OpenHow::Private).unwrap();
    assert_eq!(process.stat_file(&file).unwrap().mode, 0o600);
    process.chmod(&file, 0o200).unwrap();
    let refused = process.open(&root, "lock", OpenHow::Read);
    assert_eq!(refused.unwrap_err(), Errno::ACCESS);
    machine.hand().chmod("lock", 0o400).unwrap();
    let refused = process.open(&root, "lock", OpenHow::Append);
    assert_eq!(refused.unwrap_err(), Errno::ACCESS);
}

#[test]
fn an_editor_leaves_the_file_empty_for_a_moment() {
    let (machine, process, root) = started();
    put(&process, &root, "a", b"old", false);
    let mut between = None;
    let hand = machine.hand();
    let look = |machine: &crate::machine::Machine| between = machine.hand().read("a").ok();
    hand.write_slowly("a", b"new", look).unwrap();
    assert_eq!(between, Some(Vec::new()));
    let number = stamp(process.stat(&root, "a").unwrap()).inode;
    hand.save_over("a", b"newer").unwrap();
    assert_ne!(stamp(process.stat(&root, "a").unwrap()).inode, number);
    let mut was_there = true;
    let look = |machine: &crate::machine::Machine| was_there = machine.hand().exists("a");
    hand.save_with_backup("a", b"newest", look).unwrap();
    assert!(!was_there);
    assert_eq!(hand.read("a~").unwrap(), b"newer");
    assert_eq!(hand.read("a").unwrap(), b"newest");
}

#[test]
fn a_hand_moves_copies_removes_and_lists() {
    let (machine, _, _) = started();
    let hand = machine.hand();
    hand.mkdir("a/b").unwrap();
    hand.write("a/b/x", b"1").unwrap();
    hand.cp("a/b/x", "a/y").unwrap();
    hand.mv("a/b", "c").unwrap();
    hand.fifo("pipe").unwrap();
    hand.touch_raw("c", b"\xff").unwrap();
    let tree = hand.tree();
    let lines: Vec<(&str, Kind)> = tree
        .iter()
        .map(|line| (line.path.as_str(), line.kind))
        .collect();
    let expected = [
        ("a", Kind::Directory),
        ("a/y", Kind::File),
        ("c", Kind::Directory),
        ("c/x", Kind::File),
        ("c/\u{fffd}", Kind::File),
        ("pipe", Kind::Other),
    ];
    assert_eq!(lines, expected);
    hand.rm("c").unwrap();
    assert_eq!(hand.ls("").unwrap(), ["a", "pipe"]);
}
