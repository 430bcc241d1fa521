//! The typed calls of the embedded world, each in an instance of its own, and beside them the whole
//! contract in one that stays.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tempfile::TempDir;
use wasmtime::Store;
use wasmtime::component::Component;

use super::bindings::Embedded;
use super::bindings::aof::orchestrator::types::{Caller, Ctx, Effect, Error};
use super::bindings::exports::aof::orchestrator::lifecycle::Config;
use super::bindings::exports::aof::orchestrator::scheduler::PollMode;
use super::bindings::exports::aof::orchestrator::tasks::{Guest, NewTask, Priority, Status};
use super::host::{Flushes, Host, Strings, engine, instance};
use crate::stage::CHART;

type Answer = Result<Value, Error>;
/// One typed call.
type Call<'a> = dyn Fn(&Guest, &mut Store<Host>) -> wasmtime::Result<Result<String, Error>> + 'a;

fn component() -> &'static Component {
    static COMPONENT: OnceLock<Component> = OnceLock::new();
    COMPONENT.get_or_init(|| {
        let bytes = aof_compose::portable(aof_compose::ORCHESTRATOR_WASM).unwrap();
        Component::new(engine(), bytes).unwrap()
    })
}

fn arrive(root: Option<&Path>, env: &[(&str, &str)]) -> (Store<Host>, Embedded, Strings) {
    let (mut store, instance, strings) = instance(component(), (root, Flushes::OfTheHost), env);
    let embedded = Embedded::new(&mut store, &instance).unwrap();
    (store, embedded, strings)
}

/// A directory with the org chart of the stage.
fn furnished() -> TempDir {
    let dir = TempDir::new().unwrap();
    fs::create_dir(dir.path().join("org")).unwrap();
    fs::write(dir.path().join("org/org-chart.yaml"), CHART).unwrap();
    dir
}

/// Makes a call as its host does: in an instance of its own.
fn call_as(env: &[(&str, &str)], dir: &TempDir, call: &Call<'_>) -> Answer {
    let (mut store, embedded, _) = arrive(Some(dir.path()), env);
    let answer = call(embedded.aof_orchestrator_tasks(), &mut store).unwrap();
    answer.map(|json| serde_json::from_str(&json).unwrap())
}

fn call(dir: &TempDir, call: &Call<'_>) -> Answer {
    call_as(&[], dir, call)
}

fn task(title: &str) -> NewTask {
    NewTask {
        title: title.to_owned(),
        brief: "what there is to know".to_owned(),
        priority: None,
        agent: Some("writer".to_owned()),
        project: None,
        depends_on: Vec::new(),
    }
}

fn dispatched(dir: &TempDir, task: &NewTask) -> String {
    let answer = call(dir, &|it, store| it.call_dispatch(store, task)).unwrap();
    answer["task"]["taskId"].as_str().unwrap().to_owned()
}

fn tool(dir: &TempDir, name: &str, arguments: &str) -> Answer {
    let arguments = arguments.to_owned();
    call(dir, &|it, store| it.call_call(store, name, &arguments))
}

fn status(dir: &TempDir, id: &str) -> String {
    let task = call(dir, &|it, store| it.call_get(store, id)).unwrap();
    task["task"]["status"].as_str().unwrap().to_owned()
}

/// Every file with its content, but for what tells how often the store was opened.
fn files(dir: &TempDir) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut dirs = vec![dir.path().to_owned()];
    while let Some(inner) = dirs.pop() {
        for entry in fs::read_dir(inner).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                dirs.push(path);
            } else {
                let name = path.strip_prefix(dir.path()).unwrap().display().to_string();
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    found.retain(|name, _| !["state/lock", "state/epoch", "state/owner.json"].contains(&&**name));
    found
}

/// The same without the log's lines of who opened the store when.
fn files_but_openings(dir: &TempDir) -> BTreeMap<String, Vec<u8>> {
    let mut found = files(dir);
    for (_, log) in found
        .iter_mut()
        .filter(|(path, _)| path.starts_with("events/"))
    {
        let text = String::from_utf8(std::mem::take(log)).unwrap();
        let lines = text.lines().filter(|line| !line.contains("system.startup"));
        *log = lines.collect::<Vec<_>>().join("\n").into_bytes();
    }
    found
}

fn code(answer: Answer) -> String {
    answer.unwrap_err().code
}

/// What a resident host says with a call.
fn by_host(now_ms: u64) -> Ctx {
    Ctx {
        now: now_ms,
        entropy: (now_ms, 1),
        caller: Caller::Host,
    }
}

/// An instance that has the store open, and its epoch.
fn resident(dir: &TempDir, now_ms: u64) -> (Store<Host>, Embedded, u64) {
    let (mut store, embedded, _) = arrive(Some(dir.path()), &[]);
    let config = Config {
        read_only: false,
        overrides: None,
        origins: None,
        projects: None,
    };
    let lifecycle = embedded.aof_orchestrator_lifecycle();
    let opened = lifecycle.call_open(&mut store, &by_host(now_ms), &config);
    let epoch = opened.unwrap().unwrap().epoch;
    (store, embedded, epoch)
}

#[test]
fn the_world_asks_for_nothing_but_wasi() {
    let ty = component().component_type();
    let mut imports: Vec<&str> = ty.imports(engine()).map(|(name, _)| name).collect();
    imports.retain(|name| !name.starts_with("wasi:"));
    assert_eq!(imports, ["aof:orchestrator/types@0.1.0"], "words only");
    let asked: Vec<&str> = ty.imports(engine()).map(|(name, _)| name).collect();
    let is_more = |name: &&str| name.contains("socket") || name.contains("http");
    assert!(!asked.iter().any(is_more), "{asked:?}");
    let exports: Vec<&str> = ty.exports(engine()).map(|(name, _)| name).collect();
    let world = ["hooks", "lifecycle", "scheduler", "tasks", "tools", "views"];
    for name in world {
        let name = format!("aof:orchestrator/{name}@0.1.0");
        assert!(exports.contains(&name.as_str()), "{name}: {exports:?}");
    }
}

#[test]
fn every_call_finds_what_the_one_before_it_left() {
    let dir = TempDir::new().unwrap();
    let first = dispatched(&dir, &task("First"));
    let second = NewTask {
        priority: Some(Priority::High),
        project: Some("_inbox".to_owned()),
        depends_on: vec![first.clone()],
        ..task("Second")
    };
    let second = dispatched(&dir, &second);
    let listed = call(&dir, &|it, store| it.call_list(store, &[])).unwrap();
    assert_eq!(
        listed["list"]["tasks"].as_array().unwrap().len(),
        2,
        "{listed}"
    );
    let got = call(&dir, &|it, store| it.call_get(store, &second)).unwrap();
    assert_eq!(got["task"]["priority"], "high");
    assert_eq!(got["task"]["dependsOn"][0], json!(first));

    call(&dir, &|it, store| it.call_block(store, &first, "no paper")).unwrap();
    assert_eq!(status(&dir, &first), "blocked");
    let blocked = [Status::Blocked];
    let listed = call(&dir, &|it, store| it.call_list(store, &blocked)).unwrap();
    assert_eq!(listed["list"]["tasks"].as_array().unwrap().len(), 1);
    call(&dir, &|it, store| it.call_unblock(store, &first)).unwrap();
    call(&dir, &|it, store| {
        it.call_complete(store, &first, "printed")
    })
    .unwrap();
    assert_eq!(status(&dir, &first), "done");
    call(&dir, &|it, store| {
        it.call_cancel(store, &second, "not wanted")
    })
    .unwrap();
    assert_eq!(status(&dir, &second), "cancelled");

    let card = dir
        .path()
        .join(format!("projects/_inbox/tasks/done/{first}.md"));
    assert!(fs::read_to_string(card).unwrap().contains("printed"));
    assert!(!dir.path().join("state/lock.held").exists(), "let go of");
    let journal = fs::read_dir(dir.path().join("state/journal"));
    assert_eq!(
        journal.map_or(0, Iterator::count),
        0,
        "closed in good order"
    );
}

#[test]
fn who_calls_is_what_the_host_says_in_its_environment() {
    let dir = furnished();
    let id = dispatched(&dir, &task("Theirs"));
    let as_writer = [("AOF_AGENT_ID", "writer"), ("AOF_RUN_ID", "")];
    let complete = |text: &'static str| {
        let id = id.clone();
        move |it: &Guest, store: &mut Store<Host>| it.call_complete(store, &id, text)
    };
    let refused = call_as(&[("AOF_AGENT_ID", "no such agent!")], &dir, &complete("x"));
    assert_eq!(code(refused), "AOF-1003");
    let answer = call_as(&as_writer, &dir, &|it, store| {
        it.call_dispatch(store, &task("Ours"))
    });
    let ours = answer.unwrap()["task"]["taskId"]
        .as_str()
        .unwrap()
        .to_owned();
    let actors: BTreeMap<String, String> = events(&dir)
        .into_iter()
        .filter(|event| event["type"] == "task.created")
        .map(|event| (text(&event["taskId"]), text(&event["actor"])))
        .collect();
    assert_eq!(actors[&id], "operator");
    assert_eq!(actors[&ours], "writer");
    let arguments = json!({"taskId": ours, "actor": "printer"}).to_string();
    let refused = call_as(&as_writer, &dir, &|it, store| {
        it.call_call(store, "aof_task_complete", &arguments)
    });
    assert_eq!(code(refused), "AOF-2006", "nobody speaks for another one");
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn events(dir: &TempDir) -> Vec<Value> {
    let mut found = Vec::new();
    for (path, bytes) in files(dir) {
        if path.starts_with("events/") {
            let lines = String::from_utf8(bytes).unwrap();
            found.extend(
                lines
                    .lines()
                    .map(|line| serde_json::from_str(line).unwrap()),
            );
        }
    }
    found
}

#[test]
fn what_is_refused_has_a_code_and_changes_nothing() {
    let dir = furnished();
    let id = dispatched(&dir, &task("There"));
    let untouched = files(&dir);
    assert!(tool(&dir, "aof_nonsense", "{}").is_err());
    assert!(tool(&dir, "aof_task_get", "{}").is_err());
    assert!(files(&dir) == untouched, "not even opened for writing");
    let before = files_but_openings(&dir);
    for (refused, expected) in [
        (tool(&dir, "aof_nonsense", "{}"), "AOF-1001"),
        (tool(&dir, "aof_task_get", "no json"), "AOF-1002"),
        (tool(&dir, "aof_dispatch", "{\"title\": 7}"), "AOF-1002"),
        (
            call(&dir, &|it, store| it.call_get(store, "TASK-none")),
            "AOF-1005",
        ),
        (
            call(&dir, &|it, store| it.call_block(store, &id, "")),
            "AOF-1004",
        ),
        (
            call(&dir, &|it, store| it.call_unblock(store, &id)),
            "AOF-2003",
        ),
    ] {
        let error = refused.unwrap_err();
        assert_eq!(error.code, expected, "{}", error.message);
        assert!(!error.hint.is_empty());
        assert!(files_but_openings(&dir) == before, "{expected}");
    }
}

#[test]
fn a_store_that_cannot_be_opened_is_free_again_at_once() {
    let dir = furnished();
    fs::write(dir.path().join("aof.yaml"), "schemaVersion: [").unwrap();
    let refused = call(&dir, &|it, store| it.call_dispatch(store, &task("x")));
    assert!(code(refused).starts_with("AOF-11"));
    fs::remove_file(dir.path().join("aof.yaml")).unwrap();
    dispatched(&dir, &task("x"));
}

#[test]
fn while_another_one_writes_calls_that_only_read_are_answered() {
    let dir = furnished();
    let id = dispatched(&dir, &task("There"));
    let (mut store, resident, _) = resident(&dir, 1_000);
    let lifecycle = resident.aof_orchestrator_lifecycle();
    let before = files(&dir);
    assert!(aof_disk::is_leased(dir.path()), "a backup waits for it");
    assert_eq!(status(&dir, &id), "ready");
    let refused = call(&dir, &|it, store| it.call_complete(store, &id, "x")).unwrap_err();
    assert_eq!(refused.code, "AOF-4001");
    let expected = "the store is in use by a host that gives no process number";
    assert_eq!(refused.message, expected);
    assert!(refused.hint.contains("wait a minute"), "{}", refused.hint);
    assert!(refused.retryable);
    assert!(files(&dir) == before);
    let closed = lifecycle.call_close(&mut store, &by_host(2_000));
    closed.unwrap().unwrap();
    call(&dir, &|it, store| it.call_complete(store, &id, "x")).unwrap();
}

#[test]
fn an_instance_that_stays_has_the_whole_contract() {
    let dir = furnished();
    let id = dispatched(&dir, &task("Write"));
    let now = 4_000_000_000_000;
    let (mut store, resident, epoch) = resident(&dir, now);
    assert_eq!(epoch, 2);
    let lifecycle = resident.aof_orchestrator_lifecycle();
    let scheduler = resident.aof_orchestrator_scheduler();
    let polled = scheduler.call_poll(&mut store, &by_host(now + 1), PollMode::Act);
    let polled = polled.unwrap().unwrap();
    let [Effect::Spawn(spawn)] = polled.effects.as_slice() else {
        panic!("{:?}", polled.effects)
    };
    assert_eq!(
        (spawn.task.as_str(), spawn.agent.as_str()),
        (&*id, "writer")
    );
    let tools = resident.aof_orchestrator_tools();
    assert!(tools.call_list(&mut store).unwrap().len() > 20);
    lifecycle
        .call_close(&mut store, &by_host(now + 2))
        .unwrap()
        .unwrap();
    assert_eq!(status(&dir, &id), "in-progress");
}

#[test]
fn a_call_that_was_killed_keeps_others_out_for_a_minute_and_leaves_the_old_or_the_new() {
    let dir = furnished();
    let id = dispatched(&dir, &task("There"));
    for calls in (1..).step_by(37) {
        let (mut store, embedded, strings) = arrive(Some(dir.path()), &[]);
        strings.count(true);
        strings.die_after(calls);
        let tasks = embedded.aof_orchestrator_tasks();
        let reason = format!("reason {calls}");
        let called = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            tasks.call_block(&mut store, &id, &reason)
        }));
        if called.is_ok() {
            assert_eq!(status(&dir, &id), "blocked");
            assert!(calls > 100, "{calls}");
            return;
        }
        let held = dir.path().join("state/lock.held");
        if let Ok(held) = fs::File::options().write(true).open(held) {
            let refused = call(&dir, &|it, store| it.call_unblock(store, &id));
            assert_eq!(code(refused), "AOF-4001", "{calls}");
            let long_ago = SystemTime::now() - Duration::from_secs(60);
            held.set_modified(long_ago).unwrap();
        }
        let listed = call(&dir, &|it, store| it.call_list(store, &[])).unwrap();
        assert_eq!(
            listed["list"]["tasks"].as_array().unwrap().len(),
            1,
            "{calls}"
        );
        let unblocked = call(&dir, &|it, store| it.call_unblock(store, &id));
        assert!(
            unblocked.is_ok() || code(unblocked) == "AOF-2003",
            "{calls}: old or new"
        );
        assert_eq!(status(&dir, &id), "ready", "{calls}");
    }
}

#[test]
fn a_host_that_gives_no_directory_is_told_so() {
    let (mut store, embedded, _) = arrive(None, &[]);
    let refused = embedded
        .aof_orchestrator_tasks()
        .call_list(&mut store, &[])
        .unwrap()
        .unwrap_err();
    assert_eq!(refused.code, "AOF-1130");
    assert!(
        refused.message.contains("not permitted"),
        "{}",
        refused.message
    );
}
