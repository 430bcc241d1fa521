//! Tests of the machine: each rule of disk, process and clock, by what a process or a person sees.

mod disk;
mod life;
mod power;

use aof_disk::{OpenHow, Stamp, Status, System};

use super::{DirHandle, Machine, Process};

/// A machine with one process and its root.
fn started() -> (Machine, Process, DirHandle) {
    let machine = Machine::new();
    let process = machine.process(7);
    let root = process.root().unwrap();
    (machine, process, root)
}

/// Writes a new file, flushed or not.
fn put(process: &Process, dir: &DirHandle, name: &str, bytes: &[u8], flushed: bool) {
    let file = process.open(dir, name, OpenHow::CreateNew).unwrap();
    process.write(&file, bytes).unwrap();
    if flushed {
        process.sync_file(&file).unwrap();
    }
}

/// Makes directories whose names are flushed.
fn flushed_dirs<const N: usize>(process: &Process, names: [&str; N]) -> [DirHandle; N] {
    let root = process.root().unwrap();
    let made = names.map(|name| {
        process.make_dir(&root, name).unwrap();
        process.open_dir(&root, name).unwrap()
    });
    process.sync_dir(&root).unwrap();
    made
}

/// The different things that a look at all crash states sees.
fn seen<T: Ord>(machine: &Machine, look: impl Fn(&Machine) -> T) -> Vec<T> {
    let mut all: Vec<T> = machine
        .crash_states(512, 1)
        .map(|state| look(&state))
        .collect();
    all.sort();
    all.dedup();
    all
}

fn stamp(status: Status) -> Stamp {
    match status.node {
        aof_disk::Node::File(stamp)
        | aof_disk::Node::Directory(stamp)
        | aof_disk::Node::Other(stamp) => stamp,
        aof_disk::Node::Absent => panic!("a stat never finds nothing"),
    }
}
