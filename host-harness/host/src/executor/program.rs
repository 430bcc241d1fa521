//! Finding the program of an agent before anything is started.
//!
//! Invariant: what is found is an absolute path of a file that we may execute, at that moment.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

/// Why a program cannot be started.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProgramError {
    /// There is no such file.
    #[error("agent program `{name}` not found {searched}")]
    Missing {
        /// As it was configured.
        name: String,
        /// Where it was looked for.
        searched: String,
    },
    /// It is a directory, or something else that is no program.
    #[error("agent program `{name}` is not a file: {path}")]
    Unsuitable {
        /// As it was configured.
        name: String,
        /// What it means.
        path: PathBuf,
    },
    /// It lacks the permission.
    #[error("agent program `{name}` is not executable: chmod +x {path}")]
    Forbidden {
        /// As it was configured.
        name: String,
        /// What it means.
        path: PathBuf,
    },
}

/// Resolves a name: with a `/` against the data root, a bare word through `path`.
///
/// # Errors
/// Says why there is nothing to execute.
pub fn resolve(root: &Path, name: &str, path: Option<&OsStr>) -> Result<PathBuf, ProgramError> {
    if name.contains('/') {
        return check(name, root.join(name));
    }
    let path = path.unwrap_or_default();
    let found = std::env::split_paths(path)
        .filter(|dir| dir.is_absolute())
        .map(|dir| dir.join(name))
        .find(|candidate| check(name, candidate.clone()).is_ok());
    found.ok_or_else(|| ProgramError::Missing {
        name: name.to_owned(),
        searched: format!("in PATH ({})", path.to_string_lossy()),
    })
}

fn check(name: &str, path: PathBuf) -> Result<PathBuf, ProgramError> {
    let name = name.to_owned();
    match std::fs::metadata(&path) {
        Err(_) => Err(ProgramError::Missing {
            name,
            searched: format!("at {}", path.display()),
        }),
        Ok(found) if !found.is_file() => Err(ProgramError::Unsuitable { name, path }),
        Ok(_) if access(&path, Access::EXEC_OK).is_err() => {
            Err(ProgramError::Forbidden { name, path })
        }
        Ok(_) => Ok(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn executable(path: &Path) {
        std::fs::write(path, "#!/bin/sh\n").unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn a_name_with_a_slash_counts_from_the_data_root() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("agents")).unwrap();
        let program = root.path().join("agents/a.sh");
        executable(&program);
        assert_eq!(resolve(root.path(), "agents/a.sh", None).unwrap(), program);
        assert_eq!(
            resolve(root.path(), &program.to_string_lossy(), None).unwrap(),
            program
        );
        let missing = resolve(root.path(), "agents/b.sh", None)
            .unwrap_err()
            .to_string();
        assert!(
            missing.starts_with("agent program `agents/b.sh` not found at "),
            "{missing}"
        );
    }

    #[test]
    fn a_bare_word_is_looked_up_in_the_path_only() {
        let root = tempfile::tempdir().unwrap();
        executable(&root.path().join("tool"));
        assert_eq!(
            resolve(Path::new("/nowhere"), "tool", Some(root.path().as_os_str())).unwrap(),
            root.path().join("tool")
        );
        let missing = resolve(root.path(), "tool", Some(OsStr::new(".:relative"))).unwrap_err();
        assert!(matches!(missing, ProgramError::Missing { .. }));
        assert!(resolve(root.path(), "tool", None).is_err());
    }

    #[test]
    fn a_directory_and_a_plain_file_are_no_programs() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("d")).unwrap();
        std::fs::write(root.path().join("f"), "x").unwrap();
        let of = |name: &str| resolve(root.path(), name, None).unwrap_err();
        assert!(matches!(of("./d"), ProgramError::Unsuitable { .. }));
        assert!(matches!(of("./f"), ProgramError::Forbidden { .. }));
    }
}
