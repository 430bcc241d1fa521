//! What a component can see of the machine that it runs on.

use std::hash::{BuildHasher, RandomState};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Answers what the name asks for; none if it asks for nothing.
pub fn look(name: &str) -> Option<String> {
    Some(match name {
        "environment" => std::env::vars_os().count().to_string(),
        "arguments" => std::env::args_os().count().to_string(),
        "files" => files(),
        "input" => input(),
        "wall-clock" => wall_clock_ms().to_string(),
        "elapsed" => Instant::now().elapsed().as_nanos().to_string(),
        "dice" => RandomState::new().hash_one(1).to_string(),
        _ => return None,
    })
}

/// Every path that could be opened, listed or created.
fn files() -> String {
    let tries = [
        "/",
        ".",
        "..",
        "/etc/passwd",
        "/tmp",
        "/proc/self/environ",
        "aof.yaml",
    ];
    let open = |path: &&&str| {
        std::fs::metadata(path).is_ok()
            || std::fs::read_dir(path).is_ok()
            || std::fs::File::open(path).is_ok()
            || std::fs::write(format!("{path}/made-by-guest"), "x").is_ok()
    };
    tries
        .iter()
        .filter(open)
        .copied()
        .collect::<Vec<_>>()
        .join(" ")
}

fn input() -> String {
    let mut text = String::new();
    let count = std::io::stdin().read_line(&mut text);
    format!("{:?}", count.ok())
}

fn wall_clock_ms() -> u128 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis())
}
