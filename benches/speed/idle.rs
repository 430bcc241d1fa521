//! Polls with nothing to do, and with one change.

use std::cell::Cell;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use aof_benches::floor;
use aof_benches::subject::AnySubject;
use aof_tests::fixture::PROJECT;
use criterion::Criterion;

use crate::ground::{Grounds, LazyRoot, each, floor, local, local_sweeping, prepared, repeated};

pub fn benches(criterion: &mut Criterion, grounds: &Grounds) {
    for (name, root) in [
        ("idle-100", &grounds.hundred),
        ("idle-1000", &grounds.thousand),
        ("idle-10000", &grounds.ten_thousand),
        ("idle-10000-history", &grounds.history),
    ] {
        idle(criterion, name, root);
    }
    sweep(criterion, &grounds.ten_thousand);
    change(criterion, &grounds.ten_thousand);
}

fn idle(criterion: &mut Criterion, name: &str, root: &LazyRoot<'_>) {
    let mut group = criterion.benchmark_group(name);
    each(
        &mut group,
        || local(root.path()),
        |subject, times| repeated(times, || poll_idly(subject)),
    );
    let handle = std::cell::LazyCell::new(|| File::open(root.path()).expect("the root"));
    floor(&mut group, || floor::stat_directories(&handle));
    group.finish();
}

/// The dearest idle poll: every open card is looked at, too.
fn sweep(criterion: &mut Criterion, root: &LazyRoot<'_>) {
    let mut group = criterion.benchmark_group("idle-10000-sweep");
    each(
        &mut group,
        || local_sweeping(root.path()),
        |subject, times| repeated(times, || poll_idly(subject)),
    );
    let cards = std::cell::LazyCell::new(|| floor::open_cards(root.path()).expect("directories"));
    floor(&mut group, || floor::stat_cards(&cards));
    group.finish();
}

fn change(criterion: &mut Criterion, root: &LazyRoot<'_>) {
    let dir = std::cell::LazyCell::new(|| {
        root.path()
            .join(format!("projects/{PROJECT}/tasks/backlog"))
    });
    let edits = Cell::new(0_u64);
    let mut group = criterion.benchmark_group("change-10000");
    each(
        &mut group,
        || local(root.path()),
        |subject, times| {
            let edit = |_: &mut AnySubject| edit_one(&dir, &edits);
            prepared(times, subject, edit, |subject, ()| poll_idly(subject))
        },
    );
    let card = std::cell::LazyCell::new(|| first_card(&dir));
    floor(&mut group, || floor::take_in_one(&dir, &card));
    group.finish();
}

fn poll_idly(subject: &mut AnySubject) {
    assert_eq!(subject.poll(), 0, "effects of a poll without room");
}

/// Saves one card as an editor does: a new file under the old name.
fn edit_one(dir: &Path, edits: &Cell<u64>) {
    edits.set(edits.get() + 1);
    let card = dir.join(first_card(dir));
    let mut text = fs::read_to_string(&card).expect("a card");
    text.truncate(text.find("\nEdit ").unwrap_or(text.len()));
    text.push_str(&format!("\nEdit {}.\n", edits.get()));
    let temp: PathBuf = dir.join(".edit");
    fs::write(&temp, text).expect("written");
    fs::rename(&temp, &card).expect("renamed");
}

fn first_card(dir: &Path) -> String {
    let entries = fs::read_dir(dir).expect("a directory");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    let names = names.map(|name| name.to_string_lossy().into_owned());
    names
        .filter(|name| name.ends_with(".md"))
        .min()
        .expect("a card")
}
