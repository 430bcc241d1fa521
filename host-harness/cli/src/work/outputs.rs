//! What the agents made.

use std::path::{Path, PathBuf};

/// Files that are listed at most.
const FILES_MAX: usize = 1_000;
const DEPTH_MAX: usize = 6;

/// One file that an agent left as its result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Where, below the data directory.
    pub path: PathBuf,
    /// How large.
    pub bytes: u64,
}

/// The files below `projects/*/work/*/outputs`, in order. Symlinks are not followed.
pub fn list(root: &Path) -> Vec<Output> {
    let mut found = Vec::new();
    for project in ["projects", "Projects"]
        .iter()
        .flat_map(|name| entries(&root.join(name)))
    {
        for task in entries(&project.join("work")) {
            collect(root, &task.join("outputs"), DEPTH_MAX, &mut found);
        }
    }
    found
}

fn collect(root: &Path, dir: &Path, depth: usize, found: &mut Vec<Output>) {
    if depth == 0 {
        return;
    }
    for path in entries(dir) {
        let Ok(meta) = path.symlink_metadata() else {
            continue;
        };
        if meta.is_dir() {
            collect(root, &path, depth - 1, found);
        } else if meta.is_file() && found.len() < FILES_MAX {
            let path = path
                .strip_prefix(root)
                .map(Path::to_path_buf)
                .unwrap_or(path);
            found.push(Output {
                path,
                bytes: meta.len(),
            });
        }
    }
}

/// What a directory holds, in order; nothing if it cannot be read.
fn entries(dir: &Path) -> Vec<PathBuf> {
    let is_real = dir.symlink_metadata().is_ok_and(|meta| meta.is_dir());
    let Ok(listing) = std::fs::read_dir(dir) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = listing.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    if is_real { paths } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn only_real_files_of_outputs_are_listed() {
        let dir = tempfile::tempdir().unwrap();
        let outputs = dir.path().join("projects/p/work/TASK-1/outputs");
        fs::create_dir_all(outputs.join("deep")).unwrap();
        fs::write(outputs.join("b.csv"), "12").unwrap();
        fs::write(outputs.join("deep/a.csv"), "1").unwrap();
        fs::write(dir.path().join("projects/p/work/TASK-1/scratch"), "1").unwrap();
        std::os::unix::fs::symlink("/", outputs.join("everything")).unwrap();
        let listed: Vec<String> = list(dir.path())
            .iter()
            .map(|output| output.path.display().to_string())
            .collect();
        assert_eq!(
            listed,
            [
                "projects/p/work/TASK-1/outputs/b.csv",
                "projects/p/work/TASK-1/outputs/deep/a.csv"
            ]
        );
    }

    #[test]
    fn an_empty_directory_has_no_outputs() {
        let dir = tempfile::tempdir().unwrap();
        assert!(list(dir.path()).is_empty());
        assert!(list(&dir.path().join("missing")).is_empty());
    }
}
