//! A daemon over a component that does what a test tells it, with real connections.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{CONNECTIONS_MAX, Client, ClientError, DaemonError, Finish, ServeOptions, ServeReport};
use super::{Until, serve};
use crate::clock::ManualClock;
use crate::contract::types::{Effect, ErrorKind};
use crate::executor::{Script, SimulatedExecutor, Step};
use crate::gateway::fake::{Act, Fake, spawn};

type Outcome = Result<ServeReport, DaemonError>;

/// Serves on its own thread while `talk` runs, then stops.
fn served(fake: &Fake, step: Step, until: Until, talk: impl FnOnce(&Path)) -> Outcome {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s");
    let stop = Arc::new(AtomicBool::new(false));
    let mut options = ServeOptions::new(Some(path.clone()), until);
    options.stop = Arc::clone(&stop);
    let fake = fake.clone();
    let daemon = std::thread::spawn(move || {
        let clock = ManualClock::at(1_000);
        let executor = SimulatedExecutor::new(Script::always(step), Arc::new(clock.clone()));
        let (mut gateway, _) = fake.gateway(executor, &clock);
        serve(&mut gateway, options)
    });
    wait_until(|| path.exists() || daemon.is_finished());
    talk(&path);
    stop.store(until == Until::Stopped, Ordering::SeqCst);
    let outcome = daemon.join().unwrap();
    assert!(!path.exists(), "the socket's file goes with the daemon");
    outcome
}

fn wait_until(mut condition: impl FnMut() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < Duration::from_secs(20), "waited in vain");
        std::thread::yield_now();
    }
}

fn client(path: &Path) -> Client {
    let mut found = None;
    wait_until(|| {
        found = Client::connect(path).unwrap();
        found.is_some()
    });
    found.unwrap()
}

fn code(answer: Result<Value, ClientError>) -> String {
    match answer {
        Ok(value) => value.to_string(),
        Err(error) => error.fault().code,
    }
}

fn live(fake: &Fake) {
    let started = |line: &String| line.starts_with("started R1");
    wait_until(|| fake.0.lock().unwrap().log.iter().any(started));
}

#[test]
fn requests_are_answered_one_after_the_other() {
    let fake = Fake::default();
    let report = served(&fake, Step::Hang, Until::Stopped, |path| {
        let mut client = client(path);
        assert_eq!(std::fs::metadata(path).unwrap().mode() & 0o777, 0o600);
        let mut ask = |method: &str, params: Value| code(client.request(method, params, None));
        assert_eq!(
            ask("tool", json!({"name": "x", "arguments": {"a": 1}})),
            r#"{"tool":true}"#
        );
        assert_eq!(ask("view", json!({"view": "board"})), r#"{"board":true}"#);
        assert_eq!(ask("explain", json!({"task": "T"})), r#"{"explain":true}"#);
        assert_eq!(ask("tools", Value::Null), r#"{"tools":[]}"#);
        assert!(ask("status", Value::Null).contains(r#""live":[]"#));
        assert!(ask("poll", json!({"dryRun": true})).contains("poll"));
        assert_eq!(ask("dance", Value::Null), "AOF-1903");
        assert_eq!(ask("explain", json!({"task": 7})), "AOF-1904");
    });
    let report = report.unwrap();
    assert_eq!((report.finish, report.requests), (Finish::Stopped, 8));
    assert!(
        fake.log()
            .contains(&r#"tool x {"a":1} by human"#.to_owned())
    );
}

#[test]
fn a_malformed_line_is_answered_and_the_connection_stays() {
    let outcome = served(&Fake::default(), Step::Hang, Until::Stopped, |path| {
        drop(client(path));
        let mut stream = UnixStream::connect(path).unwrap();
        let huge = "x".repeat(super::REQUEST_BYTES_MAX + 1);
        let good = r#"{"v":1,"id":"7","method":"status"}"#;
        stream
            .write_all(format!("{{nonsense\n{huge}\n{good}\n").as_bytes())
            .unwrap();
        let mut lines = BufReader::new(stream).lines().map(|line| line.unwrap());
        let mut answer = || serde_json::from_str::<Value>(&lines.next().unwrap()).unwrap();
        assert_eq!(answer().pointer("/error/code"), Some(&json!("AOF-1901")));
        assert_eq!(answer().pointer("/error/code"), Some(&json!("AOF-1902")));
        let answer = answer();
        assert_eq!(answer.get("id"), Some(&json!("7")));
        assert!(answer.pointer("/result/daemon").is_some());
    });
    assert!(outcome.is_ok());
}

#[test]
fn a_person_may_speak_as_a_live_run_and_then_has_its_rights_only() {
    let poll = Act::Effects(vec![Effect::Spawn(spawn("R1"))]);
    let fake = Fake::default().will("poll", [poll]);
    let report = served(&fake, Step::Hang, Until::Stopped, |path| {
        live(&fake);
        let mut client = client(path);
        let tool = json!({"name": "x"});
        assert!(client.request("tool", tool.clone(), Some("R1")).is_ok());
        assert_eq!(code(client.request("tool", tool, Some("R9"))), "AOF-2903");
        for method in ["stop", "poll"] {
            assert_eq!(
                code(client.request(method, Value::Null, Some("R1"))),
                "AOF-2905"
            );
        }
        let stopped = client.request("stop", Value::Null, None).unwrap();
        assert_eq!(stopped, json!({"daemon": {"stopping": true}}));
    });
    assert_eq!(report.unwrap().left_running, 1);
    assert!(fake.log().contains(&"tool x {} by agent a".to_owned()));
}

#[test]
fn a_run_to_the_end_comes_to_an_end() {
    let poll = Act::Effects(vec![Effect::Spawn(spawn("R1"))]);
    let fake = Fake::default().will("poll", [poll]);
    let step = Step::Complete {
        after_ms: 0,
        summary: "ok".to_owned(),
    };
    let report = served(&fake, step, Until::Idle, |_| {}).unwrap();
    assert_eq!(
        (report.finish, report.started, report.ended),
        (Finish::Idle, 1, 1)
    );
    assert_eq!(report.left_running, 0);
}

#[test]
fn what_is_overdue_for_ever_does_not_keep_a_run_going() {
    let fake = Fake::default();
    fake.0.lock().unwrap().next_due = Some(1);
    let report = served(&fake, Step::Hang, Until::Idle, |_| {}).unwrap();
    assert_eq!(report.finish, Finish::Idle);
    assert!(report.polls < 5, "{report:?}");
}

#[test]
fn an_error_does_not_end_the_daemon_but_losing_the_store_does() {
    let full = Act::Refuse("AOF-4004", ErrorKind::Broken);
    let stale = Act::Refuse("AOF-4002", ErrorKind::Conflict);
    let fake = Fake::default().will("poll", [full, Act::Trap, stale]);
    let outcome = served(&fake, Step::Hang, Until::Stopped, |path| {
        wait_until(|| !path.exists());
    });
    assert_eq!(outcome.unwrap_err().fault().code, "AOF-4002");
    let polls = fake
        .log()
        .into_iter()
        .filter(|line| line.starts_with("poll"))
        .count();
    assert_eq!(polls, 3);
}

#[test]
fn one_connection_too_many_is_turned_away_and_stopping_ends_the_others() {
    let mut open = Vec::new();
    let outcome = served(&Fake::default(), Step::Hang, Until::Stopped, |path| {
        for _ in 0..CONNECTIONS_MAX {
            let mut client = client(path);
            client.request("status", Value::Null, None).unwrap();
            open.push(client);
        }
        let mut text = String::new();
        UnixStream::connect(path)
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        assert!(text.contains("AOF-5305"), "{text}");
        open.pop();
        wait_until(|| client(path).request("status", Value::Null, None).is_ok());
    });
    assert!(outcome.is_ok());
    for mut client in open {
        assert_eq!(
            code(client.request("status", Value::Null, None)),
            "AOF-5310"
        );
    }
}

#[test]
fn nobody_listens_where_there_is_no_daemon() {
    let dir = tempfile::tempdir().unwrap();
    assert!(Client::connect(&dir.path().join("s")).unwrap().is_none());
    assert!(
        Client::connect(&dir.path().join("x".repeat(200)))
            .unwrap()
            .is_none()
    );
}
