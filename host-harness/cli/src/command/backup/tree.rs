//! What lies in a data directory, and what of it is copied.
//!
//! Never follows a link and never opens a file. Invariant: what is left out is named, except the
//! lock, the socket and what says which processes lived here.

use std::fs;
use std::path::Path;

use crate::exit::Failure;

use super::failed;
use super::manifest::Skipped;

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A folder.
    Directory,
    /// A regular file.
    File,
}

/// One entry.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Relative to the data directory, `/` between names.
    pub path: String,
    /// What it is.
    pub kind: Kind,
    /// Written by AOF, or read by it: copied while nothing is committed.
    pub is_ours: bool,
}

/// Everything that is copied, folders before what is in them.
#[derive(Debug, Default)]
pub struct Tree {
    /// In the order of copying.
    pub entries: Vec<Entry>,
    /// What is left out.
    pub skipped: Vec<Skipped>,
}

impl Tree {
    /// Looks at everything below `root`.
    ///
    /// # Errors
    /// A directory cannot be read.
    pub fn walk(root: &Path) -> Result<Self, Failure> {
        let mut tree = Tree::default();
        let mut folders = vec![String::new()];
        while let Some(folder) = folders.pop() {
            let full = root.join(&folder);
            let mut names = Vec::new();
            for entry in fs::read_dir(&full).map_err(|error| failed(&full, &error))? {
                names.push(entry.map_err(|error| failed(&full, &error))?.file_name());
            }
            names.sort();
            for name in names {
                let Some(name) = name.to_str() else {
                    let shown = full.join(&name).to_string_lossy().into_owned();
                    tree.skip(&shown, "its name is not UTF-8");
                    continue;
                };
                let path = if folder.is_empty() {
                    name.to_owned()
                } else {
                    format!("{folder}/{name}")
                };
                tree.take_in(root, path, &mut folders)?;
            }
        }
        Ok(tree)
    }

    fn take_in(
        &mut self,
        root: &Path,
        path: String,
        folders: &mut Vec<String>,
    ) -> Result<(), Failure> {
        if is_of_a_process(&path) {
            return Ok(());
        }
        let full = root.join(&path);
        let kind = match full.symlink_metadata() {
            Ok(found) if found.is_dir() => Kind::Directory,
            Ok(found) if found.is_file() => Kind::File,
            Ok(found) if found.is_symlink() => {
                self.skip(&path, "a symbolic link");
                return Ok(());
            }
            Ok(_) => {
                self.skip(&path, "not a regular file");
                return Ok(());
            }
            // Gone since it was listed.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(failed(&full, &error)),
        };
        if kind == Kind::Directory {
            folders.push(path.clone());
        }
        let is_ours = is_ours(&path);
        self.entries.push(Entry {
            path,
            kind,
            is_ours,
        });
        Ok(())
    }

    fn skip(&mut self, path: &str, why: &str) {
        let (path, why) = (path.to_owned(), why.to_owned());
        self.skipped.push(Skipped { path, why });
    }
}

/// The lock, the socket, unfinished files, and which process supervised a run: all of them would
/// be wrong in a copy, or would tie it to the processes of the original.
fn is_of_a_process(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_leftover = name.starts_with('.') && name.ends_with(".put");
    let parts: Vec<&str> = path.split('/').collect();
    let is_supervision = matches!(parts.as_slice(), [_, _, "runs", _, _, "process.json"]);
    let is_lock = [aof_disk::LOCK_PATH, aof_disk::HELD_PATH].contains(&path);
    is_lock || path == "state/daemon.sock" || is_leftover || is_supervision
}

fn is_ours(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        ["projects" | "Projects", _, "work", ..] => false,
        ["projects" | "Projects", _, "runs", rest @ ..] => {
            rest.len() < 3 || rest.last() == Some(&"run.json")
        }
        ["projects" | "Projects" | "events" | "state" | "org", ..] | ["aof.yaml"] => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_together_is_copied_together() {
        let ours = [
            "aof.yaml",
            "events/2026-01-01.jsonl",
            "state/outbox.jsonl",
            "projects/a/tasks/ready/x.md",
            "projects/a/runs/T/R/run.json",
        ];
        assert!(ours.iter().all(|path| is_ours(path)));
        let others = [
            "notes.txt",
            "projects/a/work/T/outputs/x",
            "projects/a/runs/T/R/output.log",
        ];
        assert!(!others.iter().any(|path| is_ours(path)));
    }

    #[test]
    fn a_copy_is_not_tied_to_the_processes_of_the_original() {
        for path in [
            "state/lock",
            "state/lock.held",
            "projects/a/runs/T/R/process.json",
            "state/.x.1.put",
        ] {
            assert!(is_of_a_process(path), "{path}");
        }
        assert!(!is_of_a_process("projects/a/work/T/process.json"));
    }
}
