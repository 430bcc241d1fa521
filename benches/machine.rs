//! On what it was measured: the least that a reader needs to judge a figure.
//!
//! Reads `/proc`; what is not there is told as unknown.

use std::fs;
use std::path::Path;
use std::process::Command;

const UNKNOWN: &str = "unknown";

/// A few lines of Markdown about this machine; `scratch` is where the stores of the benches lie.
#[must_use]
pub fn describe(scratch: &Path) -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let lines = [
        format!(
            "- processor: {}, {cores} cores",
            field("/proc/cpuinfo", "model name")
        ),
        format!("- memory: {}", field("/proc/meminfo", "MemTotal")),
        format!("- kernel: Linux {}", text("/proc/sys/kernel/osrelease")),
        format!("- file system of the stores: {}", file_system(scratch)),
        format!("- toolchain: {}", rustc()),
    ];
    lines.join("\n")
}

fn text(path: &str) -> String {
    let read = fs::read_to_string(path).ok();
    read.map_or_else(|| UNKNOWN.to_owned(), |text| text.trim().to_owned())
}

/// The value of the first `key : value` line.
fn field(path: &str, key: &str) -> String {
    let text = text(path);
    let found = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        (name.trim() == key).then(|| value.trim().to_owned())
    });
    found.unwrap_or_else(|| UNKNOWN.to_owned())
}

/// The type of the file system that the longest mount point above `path` has.
fn file_system(path: &Path) -> String {
    let mounts = text("/proc/mounts");
    let above = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        let (point, kind) = (words.next()?, words.next()?);
        path.starts_with(point).then_some((point.len(), kind))
    });
    let nearest = above.max_by_key(|(length, _)| *length);
    nearest.map_or_else(|| UNKNOWN.to_owned(), |(_, kind)| kind.to_owned())
}

fn rustc() -> String {
    let output = Command::new("rustc").arg("--version").output();
    output.map_or_else(
        |_| UNKNOWN.to_owned(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}
