//! A store as one text: `//- path` lines, each followed by the text of that file.
//!
//! Never writes outside of the directory that it makes.

use std::fs;
use std::io;
use std::path::{Component, Path};

use tempfile::TempDir;

const MARKER: &str = "//- ";

/// Makes a data root in a temporary directory out of `//- path` lines and what follows each.
///
/// # Errors
/// `InvalidInput` for text before the first marker or for a path that leaves the root; what the
/// system says.
pub fn store_of(files: &str) -> io::Result<TempDir> {
    let root = tempfile::tempdir()?;
    for (path, text) in files_of(files)? {
        let file = root.path().join(inside(path)?);
        if let Some(dir) = file.parent() {
            fs::create_dir_all(dir)?;
        }
        fs::write(file, text)?;
    }
    Ok(root)
}

/// Splits the text into paths and contents, in order.
///
/// # Errors
/// `InvalidInput` for text before the first marker.
pub fn files_of(files: &str) -> io::Result<Vec<(&str, String)>> {
    let mut found: Vec<(&str, String)> = Vec::new();
    for line in files.split_inclusive('\n') {
        match (line.strip_prefix(MARKER), found.last_mut()) {
            (Some(path), _) => found.push((path.trim(), String::new())),
            (None, Some((_, text))) => text.push_str(line),
            (None, None) if line.trim().is_empty() => {}
            (None, None) => return Err(refuse("text before the first `//- path`")),
        }
    }
    Ok(found)
}

fn inside(path: &str) -> io::Result<&Path> {
    let path = Path::new(path);
    let is_inside = path
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    if is_inside && path.file_name().is_some() {
        Ok(path)
    } else {
        Err(refuse("a path leaves the store"))
    }
}

fn refuse(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_marker_begins_a_file() {
        let root =
            store_of("\n//- aof.yaml\nschemaVersion: 1\n//- org/empty\n//- a/b/c.md\nx\n\ny\n")
                .expect("a store");
        let text = |path: &str| fs::read_to_string(root.path().join(path)).expect("a file");
        assert_eq!(text("aof.yaml"), "schemaVersion: 1\n");
        assert_eq!(text("org/empty"), "");
        assert_eq!(text("a/b/c.md"), "x\n\ny\n");
    }

    #[test]
    fn no_text_is_an_empty_store() {
        let root = store_of("").expect("a store");
        assert_eq!(fs::read_dir(root.path()).expect("a directory").count(), 0);
    }

    #[test]
    fn text_before_the_first_marker_is_refused() {
        assert!(store_of("lost\n//- a\n").is_err());
    }

    #[test]
    fn a_path_that_leaves_the_store_is_refused() {
        for path in ["../a", "/a", "a/../../b", "", "./a/.."] {
            assert!(store_of(&format!("//- {path}\nx\n")).is_err(), "{path}");
        }
    }
}
