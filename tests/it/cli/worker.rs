//! The daemon and `aof run`, alone and in each other's way.

use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use rustix::process::Signal;

use super::stand::{Running, Stand, say, wait_for};

fn daemon(stand: &Stand) -> Running {
    let daemon = stand.start(&["daemon"]);
    let socket = stand.data().join("state/daemon.sock");
    wait_for("the daemon's socket", || {
        std::os::unix::net::UnixStream::connect(&socket).ok()
    });
    daemon
}

#[test]
fn commands_go_through_the_daemon() {
    let stand = Stand::idle();
    let mut daemon = daemon(&stand);
    let socket = stand.data().join("state/daemon.sock");
    let mode = std::fs::metadata(&socket).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let id = stand.task(&["Through the socket"]);
    assert_eq!(stand.board()["ready"], [id]);
    assert!(daemon.is_alive());
}

#[test]
fn a_second_worker_is_refused_and_the_first_goes_on() {
    let stand = Stand::idle();
    let mut first = daemon(&stand);
    for command in ["daemon", "run"] {
        let said = stand.aof(&[command, "--json"]);
        assert_eq!(said.code, 4, "{said:?}");
        let error = &said.json()["error"];
        assert_eq!(error["code"], "AOF-3600");
        assert_eq!(error["kind"], "conflict");
    }
    assert!(first.is_alive());
    stand.task(&["Still served"]);
}

#[test]
fn a_worker_on_another_socket_is_found_by_its_lock() {
    let stand = Stand::idle();
    let _first = daemon(&stand);
    let said = stand.aof(&["run", "--socket", "other.sock", "--json"]);
    assert_eq!(said.code, 4, "{said:?}");
    let error = said.json()["error"].clone();
    assert!(
        error["code"].as_str().unwrap().starts_with("AOF-4"),
        "{error}"
    );
    assert!(
        error["message"].as_str().unwrap().contains("process"),
        "{error}"
    );
}

#[test]
fn sigterm_ends_the_daemon_cleanly() {
    for signal in [Signal::TERM, Signal::INT] {
        let stand = Stand::idle();
        let mut daemon = daemon(&stand);
        daemon.signal(signal);
        assert_eq!(daemon.code(), 0);
        assert!(!stand.data().join("state/daemon.sock").exists());
        stand.task(&["The lock is free"]);
    }
}

#[test]
fn the_daemon_starts_what_is_created_while_it_runs() {
    let stand = Stand::with_agent("aof task complete \"$AOF_TASK_ID\"");
    let _daemon = daemon(&stand);
    let id = stand.task(&["Later", "-a", "worker"]);
    wait_for("the task to be done", || {
        (stand.state(&id).0 == "done").then_some(())
    });
}

#[test]
fn a_card_that_a_person_puts_there_is_noticed() {
    let stand = Stand::with_agent("aof task complete \"$AOF_TASK_ID\"");
    let _daemon = daemon(&stand);
    let card = "---\nschemaVersion: 1\nid: TASK-2026-11-20-001\ntitle: By hand\nstatus: ready\n\
                routing: { agent: worker }\n---\nJust do it.\n";
    stand.write("projects/_inbox/tasks/ready/TASK-2026-11-20-001.md", card);
    wait_for("the task to be done", || {
        stand
            .ls()
            .get("done")
            .is_some_and(|ids| ids == &["TASK-2026-11-20-001"])
            .then_some(())
    });
}

#[test]
fn run_with_nothing_to_do_ends_at_once() {
    let said = Stand::idle().aof(&["run"]).ok();
    assert!(
        said.out.ends_with("at rest: 0 of 0 tasks done\n"),
        "{}",
        said.out
    );
}

#[test]
fn run_ends_after_its_timeout_and_agents_go_on() {
    let stand = Stand::with_agent(
        "while [ ! -e \"$AOF_DATA_DIR/go\" ]; do sleep 0.05; done\n\
         aof task complete \"$AOF_TASK_ID\"",
    );
    let id = stand.task(&["Slow", "-a", "worker"]);
    let said = stand.aof(&["run", "--timeout", "1s", "--json"]);
    assert_eq!(said.code, 5, "{said:?}");
    assert_eq!(said.json()["run"]["finish"], "stopped");
    assert_eq!(said.json()["run"]["leftRunning"], 1);
    assert_eq!(stand.state(&id).0, "in-progress");
    stand.write("go", "");
    let said = stand.aof(&["run"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(stand.state(&id).0, "done");
}

/// Something that listens like a daemon, and dies at the first question.
fn dying_daemon(stand: &Stand) -> std::thread::JoinHandle<()> {
    let socket = stand.data().join("dying.sock");
    let listener = std::os::unix::net::UnixListener::bind(socket).unwrap();
    std::thread::spawn(move || drop((listener.accept(), listener)))
}

#[test]
fn a_completion_survives_the_death_of_the_daemon() {
    let stand = Stand::idle();
    let id = stand.task(&["Lost in the mail"]);
    let dying = dying_daemon(&stand);
    let said = stand
        .aof(&["task", "complete", &id, "--socket", "dying.sock"])
        .ok();
    assert_eq!(said.text(), "TASK-… is done\n");
    assert_eq!(stand.ls()["done"], [id]);
    dying.join().unwrap();
}

#[test]
fn a_creation_survives_the_death_of_the_daemon_and_happens_once() {
    let stand = Stand::idle();
    let dying = dying_daemon(&stand);
    let create = ["task", "create", "Once", "--idempotency-key", "k", "--json"];
    let said = stand.aof(&[&create[..], &["--socket", "dying.sock"]].concat());
    let id = said.ok().json()["task"]["taskId"].clone();
    assert_eq!(stand.ls()["ready"].len(), 1);
    dying.join().unwrap();
    let again = stand.aof(&create).ok().json();
    assert_eq!(again["task"]["taskId"], id);
    assert_eq!(stand.ls()["ready"].len(), 1);
}

#[test]
fn a_run_explains_100_tasks_at_its_end() {
    for (tasks, explained) in [(100, 100), (101, 100)] {
        let stand = Stand::idle();
        for number in 1..=tasks {
            let id = format!("TASK-2026-02-{:02}-{:03}", number / 100 + 1, number % 100);
            let text = format!(
                "---\nschemaVersion: 1\nid: {id}\ntitle: Wait\nstatus: ready\nrouting: {{ agent: \
                 worker }}\n---\nWait.\n"
            );
            stand.write(&format!("projects/_inbox/tasks/ready/{id}.md"), &text);
        }
        let said = stand.aof(&["run", "--json"]);
        assert_eq!(said.code, 5, "{said:?}");
        let left = said.json()["run"]["remaining"].as_array().unwrap().len();
        assert_eq!(left, explained);
    }
}

#[test]
fn a_daemon_to_which_nobody_listens_any_more_goes_on() {
    let stand = Stand::idle();
    let mut command = stand.command(&["daemon", "-vv"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    drop((child.stdout.take(), child.stderr.take()));
    let mut daemon = Running::of(child);
    let socket = stand.data().join("state/daemon.sock");
    wait_for("the daemon's socket", || {
        assert!(daemon.is_alive(), "it ended because nobody listens");
        std::os::unix::net::UnixStream::connect(&socket).ok()
    });
    for title in ["Told to nobody", "And again"] {
        stand.task(&[title]);
    }
    stand.aof(&["poll"]).ok();
    assert!(daemon.is_alive());
    daemon.signal(Signal::TERM);
    assert_eq!(daemon.code(), 0);
}

#[test]
fn a_frozen_daemon_is_not_waited_for_longer_than_told() {
    let stand = Stand::idle();
    let daemon = daemon(&stand);
    daemon.signal(Signal::STOP);
    let told = ["board", "--answer-within", "200ms"];
    let mut by_environment = stand.command(&["board"]);
    by_environment.env("AOF_ANSWER_WITHIN", "1s");
    let said = stand.aof(&told);
    assert_eq!(said.code, 1, "{said:?}");
    insta::assert_snapshot!(said.err, @r"
    error [AOF-5310] the daemon has not answered for 200 ms
      hint it may have been stopped: `kill -CONT` lets it go on, `kill` ends it
    ");
    let said = say(&mut by_environment);
    assert!(said.err.contains("not answered for 1 s\n"), "{said:?}");
    daemon.signal(Signal::CONT);
    stand.aof(&["board"]).ok();
    assert_eq!(stand.aof(&["board", "--answer-within", "0s"]).code, 2);
}

#[test]
fn without_an_executor_tasks_wait_and_start_once_there_is_one() {
    let stand = Stand::with_agent("aof task complete \"$AOF_TASK_ID\"");
    let settings = std::fs::read_to_string(stand.data().join("aof.yaml")).unwrap();
    stand.write("aof.yaml", "schemaVersion: 1\n");
    let id = stand.task(&["Patience", "-a", "worker"]);
    let said = stand.aof(&["run"]);
    assert_eq!(said.code, 5, "{said:?}");
    assert!(said.out.contains("at rest: 0 of 1 task done"), "{said:?}");
    assert!(said.out.contains("no executor is configured"), "{said:?}");
    let mut daemon = daemon(&stand);
    let look = || {
        let told = stand.aof(&["events", "--json"]).out;
        told.contains("dispatch.held").then_some(())
    };
    wait_for("the daemon to say that it can start nothing", look);
    assert_eq!(stand.state(&id).0, "ready");
    let card = stand.aof(&["task", "show", &id, "--json"]).json();
    let metadata = card["task"]["metadata"].to_string();
    assert!(
        !metadata.contains("attempts"),
        "no try is consumed: {metadata}"
    );
    daemon.signal(Signal::TERM);
    assert_eq!(daemon.code(), 0);
    stand.write("aof.yaml", &settings);
    stand.aof(&["run"]).ok();
    assert_eq!(stand.state(&id).0, "done");
}
