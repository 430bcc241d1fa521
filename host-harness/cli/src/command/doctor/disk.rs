//! The data directory as files: rights, room, folders, what was left behind.
//!
//! Only looks; never follows a link.

use std::fs;
use std::path::Path;

use rustix::fs::{Access, access, statvfs};

use crate::shape::STATUSES;

use super::{Check, Mend};

/// Less free room than this is an error: a commit may fail at any moment.
const FREE_BYTES_LOW: u64 = 64 << 20;
/// Less than this is worth a word.
const FREE_BYTES_SCARCE: u64 = 1 << 30;
const MIB: u64 = 1 << 20;

/// Rights, room and folders.
pub fn checks(root: &Path) -> Vec<Check> {
    let mut checks = vec![rights(root)];
    checks.extend(room(root));
    let missing = missing(root);
    let in_the_way = in_the_way(root);
    if missing.is_empty() && in_the_way.is_empty() {
        checks.push(Check::ok("folders", "every folder is there"));
    }
    checks.extend(in_the_way);
    checks.extend(of_aof_1(root));
    for folder in missing {
        let check = Check::warning("folders", "is missing").at(folder.clone());
        checks.push(check.mended_by(Mend::MakeDir(folder)));
    }
    checks
}

fn rights(root: &Path) -> Check {
    let shown = root.display().to_string();
    if access(root, Access::READ_OK | Access::EXEC_OK).is_err() {
        let hint = format!("give yourself the right: chmod u+rwx '{shown}'");
        return Check::error("rights", "cannot be read")
            .at(shown)
            .hint(hint);
    }
    if access(root, Access::WRITE_OK).is_err() {
        let hint = "work as the user who owns it, or give yourself the right to write";
        return Check::warning("rights", "cannot be written: look only")
            .at(shown)
            .hint(hint);
    }
    Check::ok("rights", "the data directory can be read and written")
}

fn room(root: &Path) -> Option<Check> {
    let found = statvfs(root).ok()?;
    let free_bytes = found.f_bavail.saturating_mul(found.f_frsize);
    let message = format!("{} MiB are free on the disk", free_bytes / MIB);
    let hint = "make room; a full disk refuses every change, and loses none";
    let is_out_of_names = found.f_files > 0 && found.f_favail == 0;
    Some(if free_bytes < FREE_BYTES_LOW {
        Check::error("room", message).hint(hint)
    } else if is_out_of_names {
        Check::error("room", "the disk can hold no further file").hint(hint)
    } else if free_bytes < FREE_BYTES_SCARCE {
        Check::warning("room", message).hint(hint)
    } else {
        Check::ok("room", "there is room on the disk")
    })
}

/// What must be a folder or a file of ours and is something else.
fn in_the_way(root: &Path) -> Vec<Check> {
    let mut folders = wanted(root);
    folders.extend(["projects", "state/journal"].map(str::to_owned));
    folders.extend(
        projects(root)
            .iter()
            .map(|project| format!("{project}/tasks")),
    );
    let mut files = vec![
        "state/owner.json".to_owned(),
        "state/outbox.jsonl".to_owned(),
    ];
    for folder in ["state/journal", "events"] {
        let names = names(&root.join(folder)).into_iter();
        let records = names.filter(|name| name.ends_with(".jsonl"));
        files.extend(records.map(|name| format!("{folder}/{name}")));
    }
    let kind = |path: &str| root.join(path).symlink_metadata();
    let strange = |path: &String, word: &str| {
        let hint =
            format!("nothing is read or written through it; move it away: mv '{path}' /tmp/");
        let check = Check::error("in-the-way", format!("is not a {word}"));
        check.at(path).hint(hint)
    };
    let is_no_folder = |path: &&String| kind(path).is_ok_and(|found| !found.is_dir());
    let is_no_file = |path: &&String| kind(path).is_ok_and(|found| !found.is_file());
    let folders = folders.iter().filter(is_no_folder);
    let files = files.iter().filter(is_no_file);
    let folders = folders.map(|path| strange(path, "directory"));
    folders
        .chain(files.map(|path| strange(path, "regular file")))
        .collect()
}

/// Cards in the place where AOF 1 has them are not served.
fn of_aof_1(root: &Path) -> Option<Check> {
    let is_old = root
        .join("tasks")
        .symlink_metadata()
        .is_ok_and(|found| found.is_dir());
    is_old.then(|| {
        Check::warning("aof-1", "holds tasks of AOF 1, which are not served")
            .at("tasks")
            .hint("`aof migrate --dry-run` shows what adopting them would do")
    })
}

fn missing(root: &Path) -> Vec<String> {
    let mut wanted = wanted(root);
    wanted.retain(|folder| root.join(folder).symlink_metadata().is_err());
    wanted
}

/// Every folder that a store has.
fn wanted(root: &Path) -> Vec<String> {
    let mut wanted: Vec<String> = ["org", "events", "state"].map(str::to_owned).to_vec();
    let mut projects = projects(root);
    if !projects.iter().any(|project| project.ends_with("/_inbox")) {
        projects.push("projects/_inbox".to_owned());
    }
    for project in projects {
        wanted.extend(
            STATUSES
                .iter()
                .map(|status| format!("{project}/tasks/{status}")),
        );
    }
    wanted
}

fn projects(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for parent in ["projects", "Projects"] {
        for name in names(&root.join(parent)) {
            let path = format!("{parent}/{name}");
            if root
                .join(&path)
                .symlink_metadata()
                .is_ok_and(|found| found.is_dir())
            {
                found.push(path);
            }
        }
    }
    found
}

fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}

/// Files that a killed writer left, and copies that recovery set beside edited cards.
pub fn leftovers(root: &Path, is_written: bool) -> Vec<Check> {
    let mut folders = vec![
        String::new(),
        "state".to_owned(),
        "events".to_owned(),
        "org".to_owned(),
    ];
    for project in projects(root) {
        folders.extend(
            STATUSES
                .iter()
                .map(|status| format!("{project}/tasks/{status}")),
        );
    }
    let mut checks = Vec::new();
    for folder in folders {
        for name in names(&root.join(&folder)) {
            let path = if folder.is_empty() {
                name.clone()
            } else {
                format!("{folder}/{name}")
            };
            // A live writer's unfinished file is no leftover.
            if !is_written && name.starts_with('.') && name.ends_with(".put") {
                let check = Check::warning("leftover", "was left by a writer that died").at(&path);
                checks.push(check.mended_by(Mend::RemoveLeftover(path)));
            } else if name.contains(".conflict-") {
                let original = name.split(".conflict-").next().unwrap_or_default();
                let message =
                    format!("is AOF's version of {original}.md, which was edited meanwhile");
                let hint = format!("compare the two, keep what you want, then: rm '{path}'");
                checks.push(Check::warning("conflict-copy", message).at(path).hint(hint));
            }
        }
    }
    checks
}
