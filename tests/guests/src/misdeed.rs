//! What a component must not do.

use std::sync::atomic::{AtomicU64, Ordering};

static CALLS: AtomicU64 = AtomicU64::new(0);

/// How often a misdeed was asked for since this instance began.
pub fn calls() -> u64 {
    CALLS.load(Ordering::Relaxed)
}

/// Misbehaves while the store is being opened, if the configuration names a misdeed.
pub fn commit_if_asked(name: Option<&str>) {
    if let Some(name) = name {
        commit(name, "");
    }
}

/// Does what the name says; none if the name says nothing.
pub fn commit(name: &str, arguments: &str) -> Option<String> {
    CALLS.fetch_add(1, Ordering::Relaxed);
    match name {
        "loop" => loop {
            std::hint::spin_loop();
        },
        "panic" => panic!("{arguments}"),
        "exit" => std::process::exit(3),
        "recurse" => Some(recurse(1).to_string()),
        "grow" => Some(grow()),
        "grow-gently" => Some(grow_gently()),
        "chatter" => Some(chatter()),
        "sleep" => Some(sleep()),
        "nothing" => Some(String::new()),
        _ => None,
    }
}

#[expect(unconditional_recursion, reason = "the stack must overflow")]
fn recurse(depth: u64) -> u64 {
    let frame = std::hint::black_box([depth; 64]);
    recurse(depth + 1).wrapping_add(frame[7])
}

/// Takes memory until it dies of it.
fn grow() -> String {
    let mut hoard: Vec<Vec<u8>> = Vec::new();
    loop {
        hoard.push(vec![1; 1 << 20]);
        std::hint::black_box(&hoard);
    }
}

/// Asks for memory and takes no for an answer.
fn grow_gently() -> String {
    let mut bytes: Vec<u8> = Vec::new();
    bytes.try_reserve(1 << 30).is_err().to_string()
}

fn chatter() -> String {
    for line in 0..100_000 {
        println!("{line} {}", "x".repeat(100));
    }
    eprint!("no newline at the end");
    "said".to_owned()
}

fn sleep() -> String {
    std::thread::sleep(std::time::Duration::from_secs(3_600));
    "woken".to_owned()
}
