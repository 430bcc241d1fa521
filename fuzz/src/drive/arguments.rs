//! Calls as text: one a line, a word and what follows it.

use aof_core::caller::Caller;
use aof_core::id::RunId;
use aof_core::refusal::Refusal;
use aof_engine::{BoardQuery, Ending, Engine, EventsQuery, Outcome, PollMode, SessionEnd, Start};

use super::super::disk::Disk;
use super::{CHART, context, open};

const CARD: &str = "---\nschemaVersion: 1\nid: TASK-2026-02-17-001\ntitle: One\nstatus: ready\n\
                    routing: {agent: writer}\n---\n\nDo it.\n";
/// Calls of one input that are made.
const CALLS: usize = 64;

/// A call that is refused says why and has changed no file; after whatever calls, everything that
/// was written can be read again.
///
/// # Panics
/// If that does not hold.
pub fn arguments(input: &[u8]) {
    let disk = Disk::default();
    disk.put("org/org-chart.yaml", CHART.as_bytes());
    disk.put(
        "projects/a/tasks/ready/TASK-2026-02-17-001.md",
        CARD.as_bytes(),
    );
    let Some(mut engine) = open(&disk) else {
        panic!("a good store opens");
    };
    let text = String::from_utf8_lossy(input);
    for (roll, line) in (1..).zip(text.split('\n').take(CALLS)) {
        let before = disk.tree();
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        if let Err(refusal) = call(&mut engine, roll, (word, rest)) {
            assert!(
                !refusal.code.is_empty() && !refusal.hint.is_empty(),
                "{line}"
            );
            assert!(refusal.message.len() <= 2_000, "{line}");
            assert_eq!(
                disk.tree(),
                before,
                "refused, but changed something: {line}"
            );
        }
    }
    drop(engine);
    let mut engine = open(&disk).unwrap_or_else(|| panic!("what we wrote can be opened"));
    let again = engine.open(&context(0, Caller::Host), &aof_engine::Config::default());
    let again = again.unwrap_or_else(|refusal| panic!("{refusal:?}"));
    assert_eq!(again.quarantined, [], "what we wrote can be read");
}

fn call(engine: &mut Engine<Disk>, roll: u64, (word, rest): (&str, &str)) -> Result<(), Refusal> {
    let person = context(roll, Caller::Human("ann".to_owned()));
    let host = context(roll, Caller::Host);
    let done = |outcome: Outcome| {
        let value = serde_json::from_str::<serde_json::Value>(&outcome.value);
        assert!(value.is_ok(), "an answer is JSON: {}", outcome.value);
    };
    let run = RunId::parse(rest);
    match (word, run) {
        ("poll", _) => engine.poll(&host, PollMode::Act).map(done),
        ("plan", _) => engine.poll(&host, PollMode::DryRun).map(done),
        ("explain", _) => engine.explain(&host, rest).map(drop),
        ("beat", Ok(run)) => engine.session_heartbeat(&host, &run).map(done),
        ("start", Ok(run)) => {
            let session = "s".to_owned();
            engine
                .session_started(&host, &[Start { run, session }])
                .map(done)
        }
        ("end", Ok(run)) => {
            let end = SessionEnd {
                ending: Ending::Exited(1),
                duration_ms: 1,
                output_tail: rest.to_owned(),
                usage: None,
            };
            engine.session_ended(&host, &run, &end).map(done)
        }
        ("mailbox", _) => engine.mailbox(rest).map(drop),
        ("board", _) => {
            let query = BoardQuery {
                project: Some(rest.to_owned()),
                limit: 10,
            };
            engine.board(&host, &query).map(drop)
        }
        ("events", _) => {
            let query = EventsQuery {
                day: Some(rest.to_owned()),
                ..EventsQuery::default()
            };
            engine.events(&host, &query).map(drop)
        }
        _ => engine.call(&person, word, rest).map(done),
    }
}
