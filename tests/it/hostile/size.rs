//! Files and folders of silly sizes.

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use super::{GOOD, Ground, READY, codes, write};

const OTHER: &str = "TASK-2026-02-17-009";
const GIB: u64 = 1 << 30;
/// Files in one folder.
const CROWD: usize = 100_000;

/// A file of this size whose end is a hole.
fn sparse(path: &Path, begin: &[u8], bytes: u64) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut file = File::create(path).unwrap();
    file.write_all(begin).unwrap();
    file.set_len(bytes).unwrap();
}

#[test]
fn a_body_of_a_gibibyte_is_refused_by_its_size() {
    let begin = format!("---\nschemaVersion: 1\nid: {OTHER}\ntitle: t\nstatus: ready\n---\n\n");
    for bytes in [(1 << 20) + 1, 100_000_000, GIB, 1 << 40] {
        let path = format!("{READY}/{OTHER}.md");
        let mut ground = Ground::new(|root| sparse(&root.join(&path), begin.as_bytes(), bytes));
        let held = ground.endures();
        assert_eq!(codes(&held), [("AOF-1143", path.as_str())]);
        let expected = format!("has {bytes} bytes, over the limit of 1048576");
        assert_eq!(held[0].2, expected);
        assert!(ground.instance().memory_bytes() <= 16 << 20);
    }
}

#[test]
fn ten_million_lines_are_refused_by_their_size() {
    let mut ground = Ground::new(|root| {
        let path = format!("{READY}/{OTHER}.md");
        write(root, &path, &b"a\n".repeat(10_000_000));
    });
    assert_eq!(ground.endures()[0].0, "AOF-1143");
}

#[test]
fn a_chart_and_a_manifest_of_a_gibibyte_are_reported() {
    let mut ground = Ground::new(|root| {
        sparse(&root.join("projects/beta/project.yaml"), b"id: beta\n", GIB);
    });
    let held = ground.endures();
    assert_eq!(codes(&held), [("AOF-1120", "projects/beta/project.yaml")]);
    let mut ground = Ground::new(|root| {
        sparse(&root.join("org/org-chart.yaml"), b"agents: []\n", GIB);
    });
    ground.open().expect("opens without its chart");
    assert_eq!(ground.poll(), [""; 0], "nobody is known");
    let held = ground.held();
    assert_eq!(codes(&held), [("AOF-1110", "org/org-chart.yaml")]);
}

#[test]
fn a_configuration_of_a_gibibyte_closes_the_store_with_a_reason() {
    let mut ground = Ground::new(|root| sparse(&root.join("aof.yaml"), b"", GIB));
    let before = ground.theirs();
    let refused = ground.open().map(|_| ()).unwrap_err().to_error();
    assert_eq!(
        (refused.code.as_str(), refused.where_.as_deref()),
        ("AOF-1130", Some("aof.yaml"))
    );
    assert_eq!(ground.theirs(), before);
}

#[test]
fn a_hundred_thousand_strangers_in_one_folder_hinder_nobody() {
    let mut ground = Ground::new(|root| {
        for number in 0..CROWD {
            File::create(root.join(format!("{READY}/{number}.txt"))).unwrap();
        }
    });
    ground.open().expect("opens");
    assert_eq!(ground.poll(), [GOOD]);
    assert_eq!(ground.held(), []);
    let left = fs::read_dir(ground.root().join(READY)).unwrap().count();
    assert_eq!(left, CROWD);
}

#[test]
fn an_event_log_of_two_gibibytes_is_left_behind_and_goes_on_in_the_next_part() {
    let mut ground = Ground::new(|root| {
        sparse(&root.join("events/2026-02-17.jsonl"), b"{}\n", 2 * GIB);
    });
    ground.open().expect("opens");
    assert_eq!(ground.poll(), [GOOD]);
    let log = ground.root().join("events/2026-02-17.jsonl");
    assert_eq!(fs::metadata(log).unwrap().len(), 2 * GIB, "untouched");
    let next = ground.root().join("events/2026-02-17.001.jsonl");
    let text = fs::read_to_string(next).unwrap();
    assert!(text.contains("\"task.transitioned\""), "{text}");
}

#[test]
fn an_outbox_of_a_gibibyte_does_not_start_a_run_twice() {
    let mut ground = Ground::new(|_| ());
    ground.open().unwrap();
    assert_eq!(ground.poll(), [GOOD]);
    let path = ground.root().join("state/outbox.jsonl");
    let mut file = File::options().write(true).open(&path).unwrap();
    file.seek(SeekFrom::End(0)).unwrap();
    file.set_len(GIB).unwrap();
    drop(file);
    ground.open().expect("opens");
    assert_eq!(ground.poll(), [""; 0]);
    assert_eq!(ground.held(), []);
}
