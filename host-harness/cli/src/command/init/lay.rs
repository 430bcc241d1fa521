//! Lays directories and files down where nothing lies yet.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::exit::Failure;

/// What was laid down, and what was there before.
#[derive(Debug)]
pub struct Laid {
    root: PathBuf,
    made: Vec<String>,
    kept: Vec<String>,
}

impl Laid {
    /// Nothing yet, below `root`.
    pub fn below(root: &Path) -> Self {
        Laid {
            root: root.to_path_buf(),
            made: Vec::new(),
            kept: Vec::new(),
        }
    }

    /// Makes a directory with its parents.
    ///
    /// # Errors
    /// `AOF-1603` if it cannot be made.
    pub fn dir(&mut self, path: &str) -> Result<(), Failure> {
        let full = self.root.join(path);
        if full.is_dir() {
            self.kept.push(format!("{path}/"));
            return Ok(());
        }
        fs::create_dir_all(&full).map_err(|error| unwritable(&full, &error))?;
        self.made.push(format!("{path}/"));
        Ok(())
    }

    /// Makes a file, with the directory that it is in.
    ///
    /// # Errors
    /// `AOF-1603` if it cannot be made.
    pub fn file(&mut self, path: &str, content: &str) -> Result<(), Failure> {
        let full = self.root.join(path);
        if let Some(parent) = full.parent() {
            fs::create_dir_all(parent).map_err(|error| unwritable(parent, &error))?;
        }
        match create(&full, content, 0o644) {
            Ok(()) => self.made.push(path.to_owned()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                self.kept.push(path.to_owned());
            }
            Err(error) => return Err(unwritable(&full, &error)),
        }
        Ok(())
    }

    /// What was made.
    pub fn made(&self) -> &[String] {
        &self.made
    }

    /// What was there before.
    pub fn kept(&self) -> &[String] {
        &self.kept
    }
}

fn create(path: &Path, content: &str, mode: u32) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)?;
    file.write_all(content.as_bytes())?;
    file.sync_all()
}

/// The directory that cannot be written, with what to do.
pub fn unwritable(path: &Path, error: &io::Error) -> Failure {
    let message = format!("cannot write {}: {error}", path.display());
    Failure::refused(
        "AOF-1603",
        message,
        "choose a directory that you can write to",
    )
    .at(path.display().to_string())
}
