//! How much memory a large store takes inside the component.
//!
//! Invariant: linear memory is counted, not timed, and is the same on every machine.

use aof_disk::MemoryDisk;

use crate::stage::Stage;
use aof_tests::fixture::{Fixture, MADE_AT_MS, Mix};

const MIB: usize = 1 << 20;

fn memory_of(fixture: Fixture) -> usize {
    let disk = MemoryDisk::new();
    fixture.lay_in_memory(&disk).unwrap();
    let mut stage = Stage::over(disk, MADE_AT_MS);
    stage.instance().memory_bytes()
}

#[test]
fn a_hundred_thousand_cards_fit_into_64_mebibytes() {
    let bytes = memory_of(Fixture::new(100_000, Mix::PEER));
    println!("{} MiB", bytes / MIB);
    assert!(bytes <= 64 * MIB, "{bytes} bytes");
}
