//! One writer, fenced by its epoch; any number of readers.

use aof_host::contract::store::{Mode, StoreError};

use super::hand::Hand;
use super::session::{Session, append, create};

pub fn a_second_writer_is_told_who_is_first(disk: &dyn Hand) {
    let first = Session::writer(disk);
    let refused = disk.attach().open(Mode::Writer);
    let Err(StoreError::Busy(owner)) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(owner.pid, disk.first_pid());
    assert!(!owner.host.is_empty());
    drop(first);
}

pub fn the_lock_ends_with_its_holder(disk: &dyn Hand) {
    let mut second = disk.attach();
    {
        let _first = Session::writer(disk);
        assert!(second.open(Mode::Writer).is_err());
    }
    assert!(second.open(Mode::Writer).is_ok());
}

pub fn a_reader_lives_beside_a_writer(disk: &dyn Hand) {
    let mut writer = Session::writer(disk);
    let mut reader = Session::open(disk, Mode::Reader);
    assert_eq!(reader.epoch, writer.epoch);
    reader.list(&["d"]);
    disk.make_dir("d");
    writer.accept(&[create("d/a", "one")]);
    assert_eq!(reader.text("d/a"), "one");
    assert_eq!(reader.news(), ["+d/a"]);
}

pub fn a_reader_cannot_commit(disk: &dyn Hand) {
    let mut reader = Session::open(disk, Mode::Reader);
    assert_eq!(reader.epoch, 0);
    for batch in [vec![create("a", "")], vec![append("a", &["x"])], vec![]] {
        assert!(matches!(reader.refuse(&batch), StoreError::ReadOnly(_)));
    }
    assert!(disk.files().is_empty());
}

pub fn a_backend_that_was_never_opened_cannot_commit(disk: &dyn Hand) {
    let mut backend = disk.attach();
    let refused = backend.commit(&[create("a", "")], 0);
    assert!(matches!(refused, Err(StoreError::ReadOnly(path)) if path == "a"));
}

pub fn the_epoch_grows_with_every_opening(disk: &dyn Hand) {
    let mut last = 0;
    for _ in 0..3 {
        let mut session = Session::writer(disk);
        assert!(session.epoch > last);
        let again = session.backend.open(Mode::Writer).unwrap().epoch;
        assert!(again > session.epoch);
        last = again;
    }
    assert_eq!(Session::open(disk, Mode::Reader).epoch, last);
}

pub fn other_epochs_are_stale(disk: &dyn Hand) {
    let mut session = Session::writer(disk);
    for epoch in [0, session.epoch + 1, u64::MAX] {
        let refused = session.backend.commit(&[create("a", "")], epoch);
        let current = session.epoch;
        assert!(matches!(refused, Err(StoreError::StaleEpoch(epoch)) if epoch == current));
    }
    session.backend.open(Mode::Writer).unwrap();
    assert!(matches!(
        session.refuse(&[create("a", "")]),
        StoreError::StaleEpoch(_)
    ));
    assert!(disk.files().is_empty());
}

pub fn opening_again_keeps_the_lock(disk: &dyn Hand) {
    let mut session = Session::writer(disk);
    session.epoch = session.backend.open(Mode::Writer).unwrap().epoch;
    assert!(matches!(
        disk.attach().open(Mode::Writer),
        Err(StoreError::Busy(_))
    ));
    session.accept(&[create("a", "")]);
}

pub fn a_writer_that_becomes_a_reader_lets_go(disk: &dyn Hand) {
    let mut session = Session::writer(disk);
    session.backend.open(Mode::Reader).unwrap();
    assert!(matches!(
        session.refuse(&[create("a", "")]),
        StoreError::ReadOnly(_)
    ));
    assert!(disk.attach().open(Mode::Writer).is_ok());
}

pub fn the_next_writer_finds_everything(disk: &dyn Hand) {
    let mut first = Session::writer(disk);
    first.accept(&[create("a", "one"), append("log", &["line"])]);
    drop(first);
    let mut second = Session::writer(disk);
    assert_eq!(second.text("a"), "one");
    second.accept(&[append("log", &["line"])]);
    assert_eq!(second.text("log"), "line\nline\n");
}
