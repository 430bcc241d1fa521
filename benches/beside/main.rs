//! The calls that the gateway plugin's bench times, in the wasmtime host over the same store, so
//! that both stand in one table.
//!
//! `beside <STORE> <TASK>` prints one line of JSON: microseconds, each a median and the least. It
//! is started by `plugin/openclaw/bench/bench.mjs` and by nobody else.

#![expect(
    clippy::expect_used,
    reason = "a bench without its subject has nothing to measure"
)]

use std::path::Path;
use std::time::{Duration, Instant};

use aof_benches::subject::{Kind, image};
use aof_disk::{LocalStore, StoreBackend};
use serde_json::{Value, json};

const CALLS: usize = 2_000;
const CREATES: usize = 200;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().expect("usage: beside <STORE> <TASK>");
    let (store, task) = (next(), next());
    image();
    let begun = Instant::now();
    let mut subject = Kind::Component.open(backend(Path::new(&store)));
    let get = json!({"taskId": task}).to_string();
    subject.tool("aof_task_get", &get);
    let ready = begun.elapsed();
    let result = json!({
        "readyMs": ready.as_millis(),
        "nextDue": sampled(CALLS, |_| {
            subject.next_due();
        }),
        "get": sampled(CALLS, |_| drop(subject.tool("aof_task_get", &get))),
        "tick": sampled(CALLS, |_| {
            subject.poll();
        }),
        "create": sampled(CREATES, |at| drop(subject.tool("aof_dispatch", &task_number(at)))),
    });
    println!("{result}");
}

fn backend(store: &Path) -> Box<dyn StoreBackend> {
    Box::new(LocalStore::new(store).expect("a store"))
}

fn task_number(at: usize) -> String {
    json!({"title": format!("t{at}"), "brief": "b", "agent": "a"}).to_string()
}

fn sampled(count: usize, mut act: impl FnMut(usize)) -> Value {
    let mut times: Vec<Duration> = (0..count)
        .map(|at| {
            let begun = Instant::now();
            act(at);
            begun.elapsed()
        })
        .collect();
    times.sort_unstable();
    let micros = |time: Option<&Duration>| time.map(|it| it.as_nanos() as f64 / 1_000.0);
    json!({"median": micros(times.get(count / 2)), "least": micros(times.first())})
}
