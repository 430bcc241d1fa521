//! Records as bytes: the event log, the outbox, records of runs.

use aof_core::caller::Caller;
use aof_engine::{EventsQuery, PollMode};
use aof_store::event_log::Tail;
use aof_store::outbox::Outbox;
use aof_store::run_record;

use super::super::disk::Disk;
use super::{CHART, context, open};

const LOG: &str = "events/2026-02-17.jsonl";

/// Whatever lies where the records lie, the store opens, and the log is only ever appended to.
///
/// # Panics
/// If that does not hold.
pub fn events(input: &[u8]) {
    drop(Tail::read(input));
    // A line may name another key than its effect has; from then on the effect's own counts.
    let once = Outbox::read(Outbox::read(input).compact().as_bytes());
    let twice = Outbox::read(once.compact().as_bytes());
    assert!(
        once.open().eq(twice.open()),
        "compacting keeps what is open"
    );
    if let Some(run) = run_record::decode(input) {
        let again = run_record::decode(&run_record::encode(&run));
        assert_eq!(
            again.as_ref(),
            Some(&run),
            "a record reads as it was written"
        );
    }
    let disk = Disk::default();
    disk.put("org/org-chart.yaml", CHART.as_bytes());
    disk.put(LOG, input);
    disk.put("state/outbox.jsonl", input);
    let mut engine = open(&disk).unwrap_or_else(|| panic!("records never keep a store shut"));
    let polled = engine.poll(&context(1, Caller::Host), PollMode::Act);
    assert!(polled.is_ok(), "{polled:?}");
    let query = EventsQuery {
        limit: 1_000,
        ..EventsQuery::default()
    };
    let shown = engine.events(&context(2, Caller::Host), &query);
    assert!(shown.is_ok(), "{shown:?}");
    let log = disk.tree().remove(LOG).unwrap_or_default();
    assert!(log.starts_with(input), "the log was rewritten");
}
