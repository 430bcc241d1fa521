//! What is left of the disk when the power was cut.

use aof_disk::{Errno, OpenHow, System};

use super::{flushed_dirs, put, seen, started};
use crate::machine::{Machine, Mode};

fn read(path: &'static str) -> impl Fn(&Machine) -> Option<Vec<u8>> {
    move |machine| machine.hand().read(path).ok()
}

#[test]
fn a_flushed_content_without_a_flushed_name_may_vanish_and_is_never_torn() {
    let (machine, process, root) = started();
    put(&process, &root, "a", b"whole", true);
    assert_eq!(seen(&machine, read("a")), [None, Some(b"whole".to_vec())]);
    process.sync_dir(&root).unwrap();
    assert_eq!(seen(&machine, read("a")), [Some(b"whole".to_vec())]);
}

#[test]
fn a_flushed_name_without_a_flushed_content_may_be_empty_zeros_or_whole() {
    let (machine, process, root) = started();
    put(&process, &root, "a", b"xy", false);
    process.sync_dir(&root).unwrap();
    let states = seen(&machine, read("a"));
    assert!(states.contains(&Some(Vec::new())));
    assert!(states.contains(&Some(b"\0\0".to_vec())));
    assert!(states.contains(&Some(b"xy".to_vec())));
}

#[test]
fn an_unflushed_write_tears_at_blocks_only() {
    let (machine, process, root) = started();
    put(&process, &root, "a", &[b'o'; 1536], true);
    process.sync_dir(&root).unwrap();
    let file = process.open(&root, "a", OpenHow::Append).unwrap();
    process.overwrite(&file, &[b'n'; 2048]).unwrap();
    let mut torn = 0;
    for seed in 0..200 {
        let moment = machine.fork();
        moment.power_cut(Mode::Any, seed);
        let bytes = moment.hand().read("a").unwrap();
        let blocks: Vec<&[u8]> = bytes.chunks(512).collect();
        let uniform =
            |block: &&[u8]| block.len() == 512 && block.iter().all(|byte| *byte == block[0]);
        assert!(blocks.iter().all(uniform), "seed {seed} tore a block");
        torn += usize::from(blocks.iter().any(|block| block[0] != blocks[0][0]));
    }
    assert!(torn > 20, "only {torn} of 200 were torn");
}

#[test]
fn an_unflushed_cut_may_be_lost() {
    let (machine, process, root) = started();
    put(&process, &root, "a", b"long", true);
    process.sync_dir(&root).unwrap();
    let file = process.open(&root, "a", OpenHow::Append).unwrap();
    process.truncate(&file, 1).unwrap();
    let states = seen(&machine, read("a"));
    assert_eq!(states, [Some(b"l".to_vec()), Some(b"long".to_vec())]);
    process.sync_file(&file).unwrap();
    assert_eq!(seen(&machine, read("a")), [Some(b"l".to_vec())]);
}

#[test]
fn a_rename_is_one_operation_and_waits_for_the_directory_of_its_new_name() {
    let (machine, process, _) = started();
    let [from, to] = flushed_dirs(&process, ["from", "to"]);
    put(&process, &from, "x", b"1", true);
    process.sync_dir(&from).unwrap();
    process.rename((&from, "x"), (&to, "x"), true).unwrap();
    let both = |machine: &Machine| {
        (
            machine.hand().exists("from/x"),
            machine.hand().exists("to/x"),
        )
    };
    assert_eq!(seen(&machine, both), [(false, true), (true, false)]);
    process.sync_dir(&from).unwrap();
    assert_eq!(seen(&machine, both), [(false, true), (true, false)]);
    process.sync_dir(&to).unwrap();
    assert_eq!(seen(&machine, both), [(false, true)]);
}

#[test]
fn a_name_in_a_flushed_directory_lasts_however_the_file_came_there() {
    let (machine, process, _) = started();
    let [home, away] = flushed_dirs(&process, ["home", "away"]);
    put(&process, &home, "x", b"1", true);
    process.sync_dir(&home).unwrap();
    process.unlink(&home, "x").unwrap();
    put(&process, &away, "x", b"2", true);
    process.rename((&away, "x"), (&home, "x"), true).unwrap();
    process.sync_dir(&home).unwrap();
    for mode in [Mode::Any, Mode::Ordered] {
        for state in machine.crash_states_in(mode, 64, 1) {
            assert_eq!(state.hand().read("home/x").unwrap(), b"2", "{mode:?}");
        }
    }
}

#[test]
fn name_operations_survive_without_one_another_unless_the_file_system_orders_them() {
    let (machine, process, root) = started();
    put(&process, &root, "a", b"", true);
    put(&process, &root, "b", b"", true);
    let names = |machine: &Machine| machine.hand().ls("").unwrap().concat();
    assert_eq!(seen(&machine, names), ["", "a", "ab", "b"]);
    let mut ordered: Vec<String> = machine
        .crash_states_in(Mode::Ordered, 64, 1)
        .map(|state| names(&state))
        .collect();
    ordered.dedup();
    assert_eq!(ordered, ["", "a", "ab"]);
}

#[test]
fn a_lost_rename_and_a_kept_later_creation_leave_both_names() {
    let (machine, process, _) = started();
    let [from, to] = flushed_dirs(&process, ["from", "to"]);
    put(&process, &from, "x", b"1", true);
    process.sync_dir(&from).unwrap();
    process.rename((&from, "x"), (&to, "x"), true).unwrap();
    put(&process, &from, "x", b"2", true);
    process.sync_dir(&from).unwrap();
    let both = |machine: &Machine| (read("from/x")(machine), read("to/x")(machine));
    let (one, two) = (Some(b"1".to_vec()), Some(b"2".to_vec()));
    let expected = [(two.clone(), None), (two, one)];
    assert_eq!(seen(&machine, both), expected);
}

#[test]
fn flushing_everything_leaves_one_state() {
    let (machine, process, root) = started();
    put(&process, &root, "a", b"1", false);
    process.make_dir(&root, "d").unwrap();
    assert!(machine.crash_states(64, 1).count() > 1);
    process.sync_all().unwrap();
    assert_eq!(machine.crash_states(64, 1).count(), 1);
    let flushes = machine.flushes();
    assert_eq!((flushes.all, flushes.total()), (1, 1));
}

#[test]
fn the_system_writes_back_without_being_told_and_counts_no_flush() {
    let (machine, process, root) = started();
    put(&process, &root, "a", b"1", false);
    machine.write_back();
    assert_eq!(machine.crash_states(64, 1).count(), 1);
    assert_eq!(machine.flushes().total(), 0);
}

#[test]
fn what_a_failed_flush_left_is_never_flushed_by_a_later_one() {
    let (machine, process, root) = started();
    let file = process.open(&root, "a", OpenHow::CreateNew).unwrap();
    process.sync_dir(&root).unwrap();
    process.write(&file, b"lost").unwrap();
    machine.fail_nth(7, 1, Errno::IO);
    assert_eq!(process.sync_file(&file), Err(Errno::IO));
    process.sync_file(&file).unwrap();
    assert_eq!(machine.hand().read("a").unwrap(), b"lost");
    assert!(seen(&machine, read("a")).contains(&Some(Vec::new())));
    process.write(&file, b"+kept").unwrap();
    process.sync_file(&file).unwrap();
    let kept = |bytes: &Option<Vec<u8>>| bytes.as_ref().unwrap().ends_with(b"+kept");
    assert!(seen(&machine, read("a")).iter().all(kept));
}

#[test]
fn a_failed_flush_of_names_makes_the_file_system_read_only_until_the_next_boot() {
    for whole in [false, true] {
        let (machine, process, root) = started();
        put(&process, &root, "a", b"1", true);
        machine.fail_nth(7, 1, Errno::IO);
        let failed = if whole {
            process.sync_all()
        } else {
            process.sync_dir(&root)
        };
        assert_eq!(failed, Err(Errno::IO));
        assert_eq!(process.sync_dir(&root), Err(Errno::ROFS));
        assert_eq!(process.make_dir(&root, "d"), Err(Errno::ROFS));
        assert_eq!(machine.hand().write("a", b"2"), Err(Errno::ROFS));
        assert!(seen(&machine, read("a")).contains(&None));
        machine.power_cut(Mode::Any, 1);
        assert!(!machine.is_read_only());
        machine.hand().write("b", b"2").unwrap();
    }
}

#[test]
fn the_same_seed_cuts_the_same_way() {
    let (machine, process, root) = started();
    for name in ["a", "b", "c", "d"] {
        put(&process, &root, name, &[b'x'; 3000], false);
    }
    let cut = |seed| {
        let moment = machine.fork();
        moment.power_cut(Mode::Any, seed);
        let hand = moment.hand();
        let tree = hand.tree();
        let files: Vec<_> = tree
            .iter()
            .map(|line| (line.path.clone(), hand.read(&line.path)))
            .collect();
        format!("{files:?}")
    };
    let first: Vec<String> = (0..50).map(cut).collect();
    let second: Vec<String> = (0..50).map(cut).collect();
    assert_eq!(first, second);
    let different: std::collections::BTreeSet<&String> = first.iter().collect();
    assert!(different.len() > 20);
}

#[test]
fn too_many_states_are_sampled_with_none_all_and_each_alone() {
    let (machine, process, root) = started();
    let names: Vec<String> = (0..20).map(|number| format!("f{number:02}")).collect();
    for name in &names {
        put(&process, &root, name, b"", true);
    }
    let states: Vec<Vec<String>> = machine
        .crash_states(64, 3)
        .map(|state| state.hand().ls("").unwrap())
        .collect();
    assert!(states.len() <= 64);
    assert!(states.contains(&Vec::new()));
    assert!(states.contains(&names));
    for name in &names {
        assert!(
            states.contains(&vec![name.clone()]),
            "{name} alone is missing"
        );
        let without: Vec<String> = names
            .iter()
            .filter(|other| *other != name)
            .cloned()
            .collect();
        assert!(states.contains(&without), "all but {name} are missing");
    }
}
