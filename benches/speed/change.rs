//! Changes on disk: made, completed, started; with flushes and without.

use std::cell::RefCell;
use std::time::Duration;

use aof_benches::fact::{DRAFT, arguments_for, id_of};
use aof_benches::floor::Writer;
use aof_benches::subject::AnySubject;
use aof_benches::table::FLOOR;
use aof_disk::Durability;
use aof_tests::fixture::{Fixture, Mix, Room};
use criterion::{Criterion, SamplingMode};

use crate::decide::{start, ten_ready};
use crate::ground::{FreshGrounds, Group, each, empty_root, prepared, repeated};

const BOTH: [(Durability, &str); 2] = [
    (Durability::Full, "durable"),
    (Durability::Relaxed, "relaxed"),
];

pub fn benches(criterion: &mut Criterion) {
    for (durability, name) in BOTH {
        create(criterion, &format!("create-{name}"), durability);
        complete(criterion, &format!("complete-{name}"), durability);
        start_ten(criterion, &format!("start-ten-{name}"), durability);
    }
}

fn create(criterion: &mut Criterion, name: &str, durability: Durability) {
    let (fixture, grounds) = (Fixture::new(1_000, Mix::PEER), FreshGrounds::default());
    let mut group = slow_group(criterion, name);
    each(
        &mut group,
        || grounds.lay(&fixture, durability),
        |subject, times| repeated(times, || subject.tool("aof_dispatch", DRAFT)),
    );
    floor(&mut group, durability, |writer, times| {
        repeated(times, || writer.create(&CARD, &LINE).expect("written"))
    });
    group.finish();
}

fn complete(criterion: &mut Criterion, name: &str, durability: Durability) {
    let (fixture, grounds) = (Fixture::new(1_000, Mix::PEER), FreshGrounds::default());
    let mut group = slow_group(criterion, name);
    each(
        &mut group,
        || grounds.lay(&fixture, durability),
        |subject, times| {
            let make = |subject: &mut AnySubject| {
                arguments_for(&id_of(&subject.tool("aof_dispatch", DRAFT)))
            };
            prepared(times, subject, make, |subject, arguments| {
                subject.tool("aof_task_complete", &arguments)
            })
        },
    );
    floor(&mut group, durability, |writer, times| {
        let make = |writer: &mut Writer| writer.create(&CARD, &LINE).expect("written");
        prepared(times, writer, make, |writer, ()| {
            writer.transition(&CARD, &LINE).expect("written");
        })
    });
    group.finish();
}

fn start_ten(criterion: &mut Criterion, name: &str, durability: Durability) {
    let fixture = Fixture::new(1_000, Mix::PEER).room(Room::Free);
    let grounds = FreshGrounds::default();
    let mut group = slow_group(criterion, name);
    each(
        &mut group,
        || grounds.lay(&fixture, durability),
        |subject, times| prepared(times, subject, ten_ready, |subject, ()| start(subject)),
    );
    floor(&mut group, durability, |writer, times| {
        let make = |writer: &mut Writer| {
            (0..10).for_each(|_| writer.prepare(&CARD).expect("written"));
        };
        prepared(times, writer, make, |writer, ()| {
            writer.start_ten(&CARD, &LINE).expect("written");
        })
    });
    group.finish();
}

/// A card and a log line of the usual size.
const CARD: [u8; 1_000] = [b'x'; 1_000];
const LINE: [u8; 250] = [b'x'; 250];

fn slow_group<'a>(criterion: &'a mut Criterion, name: &str) -> Group<'a> {
    let mut group = criterion.benchmark_group(name);
    group
        .sampling_mode(SamplingMode::Flat)
        .measurement_time(Duration::from_millis(800));
    group
}

fn floor(
    group: &mut Group<'_>,
    durability: Durability,
    routine: impl Fn(&mut Writer, u64) -> Duration,
) {
    let root = empty_root();
    let writer = Writer::new(root.path(), durability == Durability::Full).expect("a directory");
    let writer = RefCell::new(writer);
    group.bench_function(FLOOR, |bencher| {
        bencher.iter_custom(|times| routine(&mut writer.borrow_mut(), times));
    });
}
