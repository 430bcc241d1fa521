//! Every bench, each beside its floor, and the tables of what came out.
//!
//! `cargo bench -p aof-benches` runs them all; a word after `--` runs those whose names contain
//! it. Build the binary first (`cargo build --release -p aof`), or its start is left out. Durable
//! benches measure the disk below `target/`.

#![expect(
    clippy::expect_used,
    reason = "a bench without its store has nothing to measure"
)]

mod change;
mod decide;
mod ground;
mod idle;
mod open;
mod single;
mod sustain;
mod workflow;

use std::path::{Path, PathBuf};
use std::time::Duration;

use aof_benches::fact::Facts;
use aof_benches::{machine, table};
use criterion::Criterion;
use ground::Grounds;

fn main() {
    let criterion_dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../criterion");
    let mut criterion = Criterion::default()
        .output_directory(&criterion_dir)
        .without_plots()
        .sample_size(15)
        .nresamples(2_000)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(500))
        .configure_from_args();
    single::benches(&mut criterion);
    decide::benches(&mut criterion);
    let grounds = Grounds::new();
    idle::benches(&mut criterion, &grounds);
    open::benches(&mut criterion, &grounds);
    drop(grounds);
    change::benches(&mut criterion);
    sustain::benches(&mut criterion);
    workflow::benches(&mut criterion);
    criterion.final_summary();
    if !std::env::args().any(|argument| argument == "--list" || argument == "--test") {
        report(&criterion_dir);
    }
}

/// Where the stores lie: on the disk of the build, or where `AOF_BENCH_DIR` says.
fn scratch() -> PathBuf {
    let asked = std::env::var_os("AOF_BENCH_DIR");
    asked.map_or_else(|| env!("CARGO_TARGET_TMPDIR").into(), PathBuf::from)
}

fn report(criterion_dir: &Path) {
    let root = tempfile::tempdir_in(scratch()).expect("a directory");
    let facts = Facts::gather(root.path()).expect("countable");
    println!("\n{}\n", machine::describe(&scratch()));
    println!("{}", table::promises(criterion_dir, &facts));
    println!("Median (minimum); ratios of the minima.\n");
    println!("{}", table::results(criterion_dir));
    println!("{}", table::counts(&facts));
}
