//! What the guest can do with the store: what the host would do for anybody, and within its root.

#![expect(clippy::expect_used, reason = "a broken stage fails its test")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use aof_disk::LocalStore;
use aof_host::contract::lifecycle::Config;
use aof_host::instance::{CallError, Instance, Limits};
use tempfile::TempDir;

use super::stage::{ask, config, ctx, guest, tight};

const SECRET: &str = "secret of the machine";

/// A store with a file to play with, beside a directory that is nobody's business.
fn ground() -> (TempDir, TempDir) {
    let outside = tempfile::tempdir().expect("outside");
    fs::write(outside.path().join("secret"), SECRET).expect("secret");
    let root = tempfile::tempdir().expect("root");
    fs::write(root.path().join("bait"), "bait").expect("bait");
    fs::create_dir(root.path().join("dir")).expect("dir");
    symlink(outside.path(), root.path().join("link")).expect("link");
    symlink(outside.path(), root.path().join("dir/link")).expect("link");
    symlink(outside.path().join("secret"), root.path().join("alias")).expect("alias");
    (root, outside)
}

fn open(root: &Path, limits: Limits, config: &Config) -> Result<Instance, CallError> {
    let store = Box::new(LocalStore::new(root).expect("root"));
    Instance::open(guest(), store, limits, &ctx((1, 2)), config).map(|(instance, _)| instance)
}

fn read_only() -> Config {
    Config {
        read_only: true,
        overrides: None,
        origins: None,
        projects: None,
    }
}

fn tell(instance: &mut Instance, name: &str, arguments: &str) -> Result<String, CallError> {
    use aof_host::contract::tools::Reply;
    let reply = instance.call_tool(&ctx((1, 2)), name, arguments)?;
    Ok(match reply {
        Reply::Done(outcome) => outcome.value,
        Reply::Pending(pending) => pending.token,
    })
}

#[test]
fn no_path_leads_out_of_the_store() {
    let (root, outside) = ground();
    let absolute = outside.path().join("secret");
    let name = outside.path().file_name().expect("name").to_string_lossy();
    let beside = format!("../{name}/secret");
    let paths = [
        "..",
        "../x",
        "dir/../../x",
        "/etc/passwd",
        "/tmp/x",
        "/proc/self/environ",
        "link/secret",
        "link/new",
        "dir/link/secret",
        "dir/link/new",
        "alias",
        "./bait",
        "dir//x",
        "dir/",
        "",
        ".",
        "a\\..\\x",
        "a\0b",
        "a\nb",
        &beside,
        &absolute.to_string_lossy(),
    ]
    .join("|");
    let mut instance = open(root.path(), Limits::default(), &config(None)).expect("opens");
    let done = tell(&mut instance, "escape", &paths).expect("answer");
    let ours: Vec<&str> = done
        .lines()
        .filter(|line| *line != "remove alias")
        .collect();
    assert_eq!(ours, [""; 0], "done: {done}");
    let secret = fs::read_to_string(absolute).expect("secret");
    assert_eq!(secret, SECRET);
    assert_eq!(fs::read_dir(outside.path()).expect("list").count(), 1);
    assert_eq!(
        fs::read_to_string(root.path().join("bait")).expect("bait"),
        "bait"
    );
}

#[test]
fn a_plain_path_is_written_when_the_store_is_granted() {
    let (root, _outside) = ground();
    let mut instance = open(root.path(), Limits::default(), &config(None)).expect("opens");
    assert_eq!(
        tell(&mut instance, "write", "dir/x").expect("answer"),
        "done"
    );
    assert_eq!(
        fs::read(root.path().join("dir/x")).expect("x"),
        b"by the guest"
    );
}

#[test]
fn a_reader_writes_nothing_and_cannot_make_itself_a_writer() {
    let (root, _outside) = ground();
    let mut instance = open(root.path(), Limits::default(), &read_only()).expect("opens");
    for _ in 0..2 {
        let refused = tell(&mut instance, "write", "dir/x").expect("answer");
        assert!(refused.contains("ReadOnly"), "{refused}");
        let refused = tell(&mut instance, "open-to-write", "").expect("answer");
        assert!(refused.contains("ReadOnly"), "{refused}");
    }
    ask(&mut instance, "panic").expect_err("trap");
    instance.recover(&ctx((1, 2))).expect("recovers");
    let refused = tell(&mut instance, "open-to-write", "").expect("answer");
    assert!(refused.contains("ReadOnly"), "still a reader: {refused}");
    assert!(!root.path().join("dir/x").exists());
}

#[test]
fn another_epoch_than_its_own_does_not_help() {
    let (root, _outside) = ground();
    let mut instance = open(root.path(), Limits::default(), &config(None)).expect("opens");
    let refused = tell(&mut instance, "write-as-another", "dir/x").expect("answer");
    assert!(refused.contains("StaleEpoch"), "{refused}");
    assert!(!root.path().join("dir/x").exists());
}

#[test]
fn a_batch_with_one_bad_path_writes_nothing() {
    let (root, _outside) = ground();
    let mut instance = open(root.path(), Limits::default(), &config(None)).expect("opens");
    let refused = tell(&mut instance, "write-half", "dir/x").expect("answer");
    assert!(refused.contains("BadPath"), "{refused}");
    assert!(!root.path().join("dir/x").exists());
}

#[test]
fn floods_of_calls_to_the_host_end_at_the_deadline() {
    for flood in ["flood", "flood-with-errors", "flood-with-paths"] {
        let (root, _outside) = ground();
        let mut instance = open(root.path(), tight(), &config(None)).expect("opens");
        let stopped = tell(&mut instance, flood, "bait").expect_err(flood);
        assert_eq!(stopped.code(), "AOF-5011", "{flood}: {stopped}");
        instance.recover(&ctx((1, 2))).expect("recovers");
        assert_eq!(
            tell(&mut instance, "write", "dir/x").expect("answer"),
            "done"
        );
    }
}

#[test]
fn a_guest_that_dies_after_a_commit_leaves_the_whole_commit_and_no_lock() {
    for death in ["recurse", "grow", "loop", "exit", "panic"] {
        let (root, _outside) = ground();
        let mut instance = open(root.path(), tight(), &config(None)).expect("opens");
        tell(&mut instance, "write-and-die", "dir/x").expect_err("trap");
        let written = fs::read(root.path().join("dir/x")).expect("the commit was done");
        assert_eq!(written, b"by the guest");
        instance.recover(&ctx((1, 2))).expect("recovers");
        tell(&mut instance, death, "").expect_err(death);
        instance.recover(&ctx((1, 2))).expect("recovers again");
        assert_eq!(
            tell(&mut instance, "write", "dir/y").expect("answer"),
            "done"
        );
        tell(&mut instance, death, "").expect_err(death);
        drop(instance);
        let mut next = open(root.path(), tight(), &config(None)).expect("no lock is left");
        assert_eq!(tell(&mut next, "write", "dir/z").expect("answer"), "done");
        let dir = fs::read_dir(root.path().join("dir")).expect("list");
        assert_eq!(dir.count(), 4, "x, y, z, the link, and nothing half done");
    }
}
