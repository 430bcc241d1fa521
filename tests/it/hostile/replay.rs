//! What the fuzzers kept, once more without their instruments.

#[path = "../../../fuzz/src/lib.rs"]
mod fuzz;

use std::fs;
use std::path::Path;

/// Files of all corpora together, and their bytes: they are read in every run of the tests.
const FILES: usize = 50;
const BYTES: usize = 200 * 1024;

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    let files = fs::read_dir(root.join(name)).unwrap();
    files
        .map(|file| fs::read(file.unwrap().path()).unwrap())
        .collect()
}

fn replay(name: &str, target: fn(&[u8])) {
    let inputs = corpus(name);
    assert!(!inputs.is_empty(), "{name} has a corpus");
    for input in inputs {
        target(&input);
    }
}

#[test]
fn the_corpora_of_the_fuzzers_hold() {
    replay("card", fuzz::card);
    replay("ids", fuzz::ids);
    replay("settings", fuzz::settings);
    replay("arguments", fuzz::arguments);
    replay("events", fuzz::events);
    replay("tree", fuzz::tree);
}

#[test]
fn the_corpora_of_the_fuzzers_stay_small() {
    let names = ["card", "ids", "settings", "arguments", "events", "tree"];
    let all: Vec<Vec<u8>> = names.iter().flat_map(|name| corpus(name)).collect();
    let bytes: usize = all.iter().map(Vec::len).sum();
    assert!(
        all.len() <= FILES && bytes <= BYTES,
        "{} files, {bytes} bytes",
        all.len()
    );
}
