//! Names of files and folders that nobody should give them.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use serde_json::json;

use super::{GOOD, Ground, READY, codes, write};
use crate::stage::CardText;

/// Names that are reported, because they look as if somebody meant a card.
const STRANGE: &[&str] = &[
    "CON.md",
    "nul.md",
    "COM1.md",
    "..md",
    "TASK-2026-02-17-009 .md",
    " TASK-2026-02-17-009.md",
    "task-2026-02-17-009.md",
    "\u{422}ASK-2026-02-17-009.md",
    "TASK\u{2010}2026-02-17-009.md",
    "TASK-2026-02-17-009\u{200b}.md",
    "\u{202e}dm.900-71-20-6202-KSAT.md",
    "caf\u{e9}.md",
    "cafe\u{301}.md",
    "TASK-2026-02-17-\u{661}\u{662}\u{663}.md",
    "TASK-2026-02-30-009.md",
    "TASK-2026-02-17-..%2f..%2fx.md",
    "TASK-2026-02-17-1e3.md",
    "TASK-2026-02-17-009.md.md",
    "-rf.md",
    "$(reboot).md",
    "'; rm -rf *.md",
];

/// Names that nobody takes for a card.
const IGNORED: &[&str] = &[
    "...md.",
    "TASK-2026-02-17-009.md.",
    "TASK-2026-02-17-009.md ",
    ".TASK-2026-02-17-009.md",
    "TASK-2026-02-17-009",
    "~",
    "con",
    "-",
];

#[test]
fn strange_names_are_reported_or_ignored_and_never_served() {
    let long = format!("{}.md", "n".repeat(252));
    let mut strange: Vec<&str> = STRANGE.to_vec();
    strange.push(&long);
    let text = CardText::new("TASK-2026-02-17-009", "ready")
        .agent("writer")
        .text();
    let mut ground = Ground::new(|root| {
        for name in strange.iter().chain(IGNORED) {
            write(root, &format!("{READY}/{name}"), text.as_bytes());
        }
    });
    let held = ground.endures();
    let hidden = |name: &&&str| !name.starts_with('.');
    let mut expected: Vec<(String, String)> = strange
        .iter()
        .filter(hidden)
        .map(|name| ("AOF-1141".to_owned(), format!("{READY}/{name}")))
        .collect();
    expected.sort();
    let mut found: Vec<(String, String)> = codes(&held)
        .iter()
        .map(|(code, path)| ((*code).to_owned(), (*path).to_owned()))
        .collect();
    found.sort();
    assert_eq!(found, expected);
}

#[test]
fn names_that_no_path_can_hold_hinder_nobody() {
    for name in [
        b"a\\b.md".as_slice(),
        b"..\\..\\x.md",
        b"line\nbreak.md",
        b"\x1b[2J.md",
        b"TASK-2026-02-17-009\x7f.md",
        b"\xff\xfe.md",
        b"TASK-2026-02-17-\xe4.md",
    ] {
        let mut ground = Ground::new(|root| {
            let path = root.join(READY).join(OsStr::from_bytes(name));
            fs::write(path, "mine").unwrap();
        });
        assert!(ground.endures().len() <= 1, "{name:?}");
    }
}

#[test]
fn folders_with_such_names_are_no_projects() {
    let names: [&[u8]; 10] = [
        b"a\\b",
        b"a b",
        b".hidden",
        b"-x",
        b"x.",
        b"\xff",
        b"x\ny",
        b"\xd1\x82",
        b"~",
        b"CON:",
    ];
    let card = CardText::new("TASK-2026-02-17-009", "ready").agent("reader");
    let mut ground = Ground::new(|root| {
        for name in names {
            let ready = root.join("projects").join(OsStr::from_bytes(name));
            let ready = ready.join("tasks/ready");
            fs::create_dir_all(&ready).unwrap();
            fs::write(ready.join("TASK-2026-02-17-009.md"), card.text()).unwrap();
        }
    });
    let held = ground.endures();
    assert!(held.len() >= 6, "{held:?}");
    for (code, ..) in held {
        assert_eq!(code, "AOF-1144");
    }
}

#[test]
fn ids_of_a_call_are_never_paths() {
    let mut ground = Ground::new(|_| ());
    ground.open().unwrap();
    let long = "x".repeat(300);
    let id_long = format!("{GOOD}{long}");
    for id in [
        "..",
        "../../etc/passwd",
        "/etc/passwd",
        "a\\b",
        ".hidden",
        "CON",
        "TASK-2026-02-17-009.",
        "TASK-2026-02-17-009 ",
        "TASK-2026-02-17-../../ab",
        "\u{422}ASK-2026-02-17-001",
        "task-2026-02-17-001",
        "TASK-2026-02-17-001\0",
        "",
        &long,
        &id_long,
    ] {
        let before = ground.theirs();
        for tool in ["aof_task_get", "aof_task_complete", "aof_task_cancel"] {
            let refused = ground.tool(tool, &json!({"taskId": id})).unwrap_err();
            let code = refused.code().to_owned();
            assert!(
                ["AOF-1002", "AOF-1003", "AOF-1005"].contains(&code.as_str()),
                "{id:?}: {code}"
            );
        }
        assert_eq!(ground.theirs(), before);
    }
    for project in ["..", "../x", "a/b", "a\\b", ".x", "x.", "x ", &long, ""] {
        let arguments = json!({"title": "t", "brief": "b", "agent": "writer", "project": project});
        let refused = ground.tool("aof_dispatch", &arguments).unwrap_err();
        assert_eq!(refused.code(), "AOF-1003", "{project:?}");
    }
}
