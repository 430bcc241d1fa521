//! The example project, carried inside the program.
//!
//! Invariant: the same files as in `docs/examples/newsroom`; a test compares them.

/// One file of the example.
#[derive(Debug, Clone, Copy)]
pub struct File {
    /// Where it goes, below the data directory.
    pub path: &'static str,
    /// What is in it.
    pub content: &'static str,
}

macro_rules! files {
    ($($path:literal),* $(,)?) => {
        &[$(File {
            path: $path,
            content: include_str!(concat!("../../../../../docs/examples/newsroom/", $path)),
        }),*]
    };
}

/// All of them; the mark of a data directory comes last, so that it stands for the whole.
pub const FILES: &[File] = files![
    "agents/analyst.sh",
    "agents/clerk.sh",
    "agents/editor.sh",
    "agents/newsroom.sh",
    "agents/typesetter.sh",
    "agents/wordsmith.sh",
    "material/catch-north.csv",
    "material/catch-south.csv",
    "material/ferries.csv",
    "material/letters.txt",
    "material/prices.csv",
    "material/story.txt",
    "material/tides.csv",
    "material/weather.csv",
    "org/org-chart.yaml",
    "projects/gazette/project.yaml",
    "projects/gazette/tasks/backlog/TASK-2026-11-20-008.md",
    "projects/gazette/tasks/backlog/TASK-2026-11-20-009.md",
    "projects/gazette/tasks/backlog/TASK-2026-11-20-010.md",
    "projects/gazette/tasks/backlog/TASK-2026-11-20-011.md",
    "projects/gazette/tasks/backlog/TASK-2026-11-20-012.md",
    "projects/gazette/tasks/backlog/TASK-2026-11-20-013.md",
    "projects/gazette/tasks/backlog/TASK-2026-11-20-014.md",
    "projects/gazette/tasks/backlog/TASK-2026-11-20-015.md",
    "projects/gazette/tasks/backlog/TASK-2026-11-20-016.md",
    "projects/gazette/tasks/backlog/TASK-2026-11-20-017.md",
    "projects/gazette/tasks/ready/TASK-2026-11-20-001.md",
    "projects/gazette/tasks/ready/TASK-2026-11-20-002.md",
    "projects/gazette/tasks/ready/TASK-2026-11-20-003.md",
    "projects/gazette/tasks/ready/TASK-2026-11-20-004.md",
    "projects/gazette/tasks/ready/TASK-2026-11-20-005.md",
    "projects/gazette/tasks/ready/TASK-2026-11-20-006.md",
    "projects/gazette/tasks/ready/TASK-2026-11-20-007.md",
    "aof.yaml",
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    fn found(dir: &Path, root: &Path, into: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found(&path, root, into);
            } else {
                into.insert(path.strip_prefix(root).unwrap().display().to_string());
            }
        }
    }

    #[test]
    fn every_file_of_the_example_is_carried() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples/newsroom");
        let mut there = BTreeSet::new();
        found(&root, &root, &mut there);
        let carried: BTreeSet<String> = FILES.iter().map(|file| file.path.to_owned()).collect();
        assert_eq!(carried, there);
    }

    #[test]
    fn the_mark_comes_last() {
        assert_eq!(FILES.last().map(|file| file.path), Some(crate::place::MARK));
    }
}
