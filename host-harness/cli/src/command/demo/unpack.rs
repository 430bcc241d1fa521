//! Puts the example project into a directory.
//!
//! Invariant: once `aof.yaml` lies there, everything else does, and nothing is written again;
//! before that, only files of the example are replaced.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::command::init::unwritable;
use crate::exit::Failure;
use crate::place::MARK;

use super::material::{FILES, File};

/// A file that only this example has.
const SIGN: &str = "projects/gazette/project.yaml";
const NAMES_TRIED_MAX: u32 = 1_000;

/// What was found where the example should go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unpacked {
    /// Nothing, or the rest of an interrupted attempt.
    Fresh,
    /// The whole example, perhaps half worked off.
    Found,
}

/// Why the example could not be unpacked.
#[derive(Debug)]
pub enum UnpackError {
    /// Something else lies there.
    Occupied(PathBuf),
    /// It cannot be written.
    Unwritable(PathBuf, io::Error),
}

impl UnpackError {
    /// The error, ready to be shown.
    pub fn failure(&self) -> Failure {
        match self {
            UnpackError::Occupied(path) => Failure::refused(
                "AOF-1604",
                format!("{} holds something else than the demo", path.display()),
                "name a new directory, or none for a temporary one",
            ),
            UnpackError::Unwritable(path, error) => unwritable(path, error),
        }
    }
}

/// Makes a directory that did not exist, for this user alone.
///
/// # Errors
/// The directory for temporary files cannot be written.
pub fn fresh_dir() -> Result<PathBuf, Failure> {
    let base = std::env::temp_dir();
    let pid = std::process::id();
    for attempt in 0..NAMES_TRIED_MAX {
        let dir = base.join(format!("aof-demo-{pid}-{attempt}"));
        match DirBuilder::new().mode(0o700).create(&dir) {
            Ok(()) => return Ok(dir),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(unwritable(&dir, &error)),
        }
    }
    Err(unwritable(
        &base,
        &io::Error::from(io::ErrorKind::AlreadyExists),
    ))
}

/// Puts the example into `root`, or finds it there.
///
/// # Errors
/// Something else lies there, or it cannot be written.
pub fn into(root: &Path) -> Result<Unpacked, Failure> {
    if root.join(MARK).exists() {
        let occupied = || UnpackError::Occupied(root.to_path_buf());
        let is_ours = root.join(SIGN).is_file();
        return if is_ours {
            Ok(Unpacked::Found)
        } else {
            Err(occupied().into())
        };
    }
    if holds_strangers(root, root) {
        return Err(UnpackError::Occupied(root.to_path_buf()).into());
    }
    for file in FILES {
        write(root, file)?;
    }
    Ok(Unpacked::Fresh)
}

/// Whether a file lies there that does not belong to the example.
fn holds_strangers(root: &Path, dir: &Path) -> bool {
    let Ok(entries) = fs::read_dir(dir) else {
        return dir.exists() && !dir.is_dir();
    };
    entries.flatten().any(|entry| {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            return holds_strangers(root, &path);
        }
        let name = path.strip_prefix(root).ok().and_then(Path::to_str);
        !FILES.iter().any(|file| Some(file.path) == name)
    })
}

fn write(root: &Path, file: &File) -> Result<(), UnpackError> {
    let path = root.join(file.path);
    let fail = |error| UnpackError::Unwritable(path.clone(), error);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(fail)?;
    }
    let mode = if file.content.starts_with("#!") {
        0o755
    } else {
        0o644
    };
    let mut options = OpenOptions::new();
    let options = options.write(true).create(true).truncate(true).mode(mode);
    let mut open = options.open(&path).map_err(fail)?;
    open.write_all(file.content.as_bytes()).map_err(fail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interrupted_unpacking_is_finished() {
        let dir = tempfile::tempdir().unwrap();
        for file in FILES.iter().take(3) {
            write(dir.path(), file).unwrap();
        }
        assert_eq!(into(dir.path()).unwrap(), Unpacked::Fresh);
        assert!(
            FILES
                .iter()
                .all(|file| dir.path().join(file.path).is_file())
        );
    }

    #[test]
    fn a_card_that_moved_on_is_not_put_back() {
        let dir = tempfile::tempdir().unwrap();
        into(dir.path()).unwrap();
        let card = dir
            .path()
            .join("projects/gazette/tasks/ready/TASK-2026-11-20-001.md");
        fs::remove_file(&card).unwrap();
        assert_eq!(into(dir.path()).unwrap(), Unpacked::Found);
        assert!(!card.exists());
    }

    #[test]
    fn a_directory_with_something_else_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("diary.txt"), "dear diary").unwrap();
        assert_eq!(into(dir.path()).unwrap_err().fault().code, "AOF-1604");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        fs::remove_file(dir.path().join("diary.txt")).unwrap();
        fs::write(dir.path().join(MARK), "schemaVersion: 1\n").unwrap();
        assert_eq!(into(dir.path()).unwrap_err().fault().code, "AOF-1604");
    }

    #[test]
    fn agents_can_be_executed() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        into(dir.path()).unwrap();
        let mode = fs::metadata(dir.path().join("agents/clerk.sh"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o111, 0o111);
    }
}
