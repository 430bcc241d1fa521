//! Copies of a data directory, and data directories of copies.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::stand::{Said, Stand, binary, ls, say, wait_for};

fn restore(stand: &Stand, backup: &Path, to: &Path) -> Said {
    let (backup, to) = (backup.to_str().unwrap(), to.to_str().unwrap());
    stand.aof(&["restore", backup, "--data", to, "--json"])
}

/// Restored, sound, and with the same cards.
fn assert_same(stand: &Stand, restored: &Path) {
    assert_eq!(ls(restored), stand.ls());
    for check in ["doctor", "fsck"] {
        let said = stand.aof(&[check, "--json", "--data-dir", restored.to_str().unwrap()]);
        assert_eq!(said.code, 0, "{said:?}");
    }
}

fn places(stand: &Stand) -> (PathBuf, PathBuf) {
    (stand.home().join("copy.tar"), stand.home().join("restored"))
}

#[test]
fn a_backup_comes_back_as_it_was() {
    let stand = Stand::with_agent("true");
    let id = stand.task(&["Keep me"]);
    stand.aof(&["task", "cancel", &id]).ok();
    stand.task(&["Me too"]);
    stand.write("projects/_inbox/work/X/outputs/letter.txt", "Dear reader");
    for name in ["copy.tar", "copy"] {
        let backup = stand.home().join(name);
        let restored = stand.home().join(format!("{name}.restored"));
        stand
            .aof(&["backup", backup.to_str().unwrap(), "--json"])
            .ok();
        restore(&stand, &backup, &restored).ok();
        assert_same(&stand, &restored);
        let letter = restored.join("projects/_inbox/work/X/outputs/letter.txt");
        assert_eq!(fs::read_to_string(letter).unwrap(), "Dear reader");
        assert!(!restored.join("state/lock").exists() || restored.join("aof.yaml").exists());
    }
}

#[test]
fn a_backup_can_be_taken_while_a_daemon_commits() {
    let stand = Stand::idle();
    let _daemon = stand.start(&["daemon"]);
    wait_for("the daemon", || {
        std::os::unix::net::UnixStream::connect(stand.data().join("state/daemon.sock")).ok()
    });
    stand.task(&["Before"]);
    let mut busy: Vec<_> = (0..10)
        .map(|number| stand.start(&["task", "create", &format!("Meanwhile {number}")]))
        .collect();
    let (backup, restored) = places(&stand);
    stand
        .aof(&["backup", backup.to_str().unwrap(), "--json"])
        .ok();
    for one in &mut busy {
        assert_eq!(one.code(), 0, "nobody is refused because of a backup");
    }
    restore(&stand, &backup, &restored).ok();
    let said = stand.aof(&["fsck", "--json", "--data-dir", restored.to_str().unwrap()]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(stand.ls()["ready"].len(), 11);
}

#[test]
fn links_and_pipes_are_left_out_and_said() {
    let stand = Stand::idle();
    symlink("/etc/passwd", stand.data().join("org/passwd")).unwrap();
    let (backup, restored) = places(&stand);
    let said = stand
        .aof(&["backup", backup.to_str().unwrap(), "--json"])
        .ok();
    assert_eq!(said.json()["backup"]["skipped"][0]["path"], "org/passwd");
    restore(&stand, &backup, &restored).ok();
    assert!(restored.join("org/passwd").symlink_metadata().is_err());
}

#[test]
fn nothing_is_written_over() {
    let stand = Stand::idle();
    let (backup, restored) = places(&stand);
    let target = backup.to_str().unwrap().to_owned();
    stand.aof(&["backup", &target]).ok();
    let again = stand.aof(&["backup", &target, "--json"]);
    assert_eq!(
        (again.code, &again.json()["error"]["code"]),
        (3, &"AOF-1607".into())
    );
    let within = stand.aof(&["backup", "state/copy.tar", "--json"]);
    assert_eq!(
        (within.code, &within.json()["error"]["code"]),
        (3, &"AOF-1607".into())
    );
    fs::create_dir(&restored).unwrap();
    fs::write(restored.join("mine"), "mine").unwrap();
    let said = restore(&stand, &backup, &restored);
    assert_eq!(
        (said.code, &said.json()["error"]["code"]),
        (3, &"AOF-1607".into())
    );
    assert_eq!(fs::read_to_string(restored.join("mine")).unwrap(), "mine");
}

#[test]
fn a_damaged_backup_is_refused() {
    let stand = Stand::idle();
    stand.task(&["Precious words"]);
    let (backup, restored) = places(&stand);
    stand.aof(&["backup", backup.to_str().unwrap()]).ok();
    let whole = fs::read(&backup).unwrap();
    let at = whole
        .windows(14)
        .position(|it| it == b"Precious words")
        .unwrap();
    let mut bent = whole.clone();
    bent[at] = b'p';
    let cut = whole[..whole.len() / 2].to_vec();
    for damaged in [bent, cut, b"no tar at all".to_vec()] {
        fs::write(&backup, damaged).unwrap();
        let said = restore(&stand, &backup, &restored);
        assert_eq!(
            (said.code, &said.json()["error"]["code"]),
            (3, &"AOF-1608".into())
        );
        assert!(!restored.exists());
        assert!(
            fs::read_dir(stand.home())
                .unwrap()
                .flatten()
                .all(|entry| { !entry.file_name().to_string_lossy().ends_with(".part") })
        );
    }
}

#[test]
fn a_hostile_archive_writes_nowhere_else() {
    let stand = Stand::bare();
    let (backup, restored) = places(&stand);
    let plain = |name: &str, kind: tar::EntryType| {
        let mut header = tar::Header::new_gnu();
        let bytes = name.as_bytes();
        header.as_old_mut().name[..bytes.len()].copy_from_slice(bytes);
        header.set_size(0);
        header.set_mode(0o644);
        header.set_entry_type(kind);
        if kind != tar::EntryType::Regular {
            header.set_link_name("target").unwrap();
        }
        header.set_cksum();
        header
    };
    let hostile = [
        ("data/../../escaped", tar::EntryType::Regular),
        ("/tmp/escaped", tar::EntryType::Regular),
        ("data/link", tar::EntryType::Symlink),
        ("data/twin", tar::EntryType::Link),
        ("data/pipe", tar::EntryType::Fifo),
        ("elsewhere", tar::EntryType::Regular),
    ];
    for (name, kind) in hostile {
        let mut archive = tar::Builder::new(Vec::new());
        archive
            .append(&plain(name, kind), std::io::empty())
            .unwrap();
        fs::write(&backup, archive.into_inner().unwrap()).unwrap();
        let said = restore(&stand, &backup, &restored);
        assert_eq!(said.code, 3, "{name}: {said:?}");
        assert_eq!(said.json()["error"]["code"], "AOF-1608", "{name}");
        assert!(
            !restored.exists() && !stand.home().join("escaped").exists(),
            "{name}"
        );
    }
}

#[test]
fn a_large_file_is_not_held_in_memory() {
    let stand = Stand::idle();
    let log = fs::File::create(stand.data().join("events/2026-01-01.jsonl")).unwrap();
    log.set_len(96 << 20).unwrap();
    for name in ["copy.tar", "copy"] {
        let line = format!("ulimit -d 65536; exec \"$0\" backup ../{name}");
        let mut shell = std::process::Command::new("sh");
        shell.arg("-c").arg(line).arg(binary());
        let said = say(shell.current_dir(stand.data()));
        assert_eq!(said.code, 0, "{said:?}");
        assert!(said.out.contains("100"), "{said:?}");
    }
}
