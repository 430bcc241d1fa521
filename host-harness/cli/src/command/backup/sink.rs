//! Where a backup goes: one tar file, or a directory.
//!
//! Invariant: everything is written under a temporary name and flushed before it gets its own.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::exit::Failure;

use super::failed;
use super::manifest::{DATA_DIR, FileRecord, Hashing, MANIFEST, Manifest, SCHEMA_VERSION};
use super::tree::Tree;

/// How often a file that changes while it is read gets another chance.
const ATTEMPTS_MAX: u32 = 5;

/// A backup that is being made.
pub struct Sink {
    target: PathBuf,
    form: Form,
    files: Vec<FileRecord>,
    directories: Vec<String>,
    /// What somebody does after each copy.
    #[cfg(test)]
    after_put: Option<Box<dyn FnMut()>>,
}

enum Form {
    Tar(Box<tar::Builder<File>>),
    Directory(PathBuf),
}

impl Sink {
    /// Begins; a name that ends in `.tar` becomes one file.
    ///
    /// # Errors
    /// `AOF-5601` if nothing can be written there.
    pub fn open(target: &Path) -> Result<Self, Failure> {
        let part = part_of(target);
        let opened = if target
            .extension()
            .is_some_and(|extension| extension == "tar")
        {
            let file = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&part);
            file.map(|file| Form::Tar(Box::new(tar::Builder::new(file))))
        } else {
            fs::create_dir(&part)
                .and_then(|()| fs::set_permissions(&part, fs::Permissions::from_mode(0o700)))
                .and_then(|()| fs::create_dir(part.join(DATA_DIR)))
                .map(|()| Form::Directory(part.clone()))
        };
        let form = opened.map_err(|error| failed(&part, &error))?;
        let target = target.to_path_buf();
        Ok(Sink {
            target,
            form,
            files: Vec::new(),
            directories: Vec::new(),
            #[cfg(test)]
            after_put: None,
        })
    }

    /// Takes back what was written of a backup that failed.
    pub fn discard(target: &Path) {
        let part = part_of(target);
        let removed = if part.is_dir() {
            fs::remove_dir_all(&part)
        } else {
            fs::remove_file(&part)
        };
        if let Err(error) = removed {
            tracing::warn!(%error, part = %part.display(), "an unfinished backup is left");
        }
    }

    /// A folder.
    ///
    /// # Errors
    /// `AOF-5601`.
    pub fn directory(&mut self, path: &str) -> Result<(), Failure> {
        let inside = format!("{DATA_DIR}/{path}");
        let made = match &mut self.form {
            Form::Directory(root) => fs::create_dir_all(root.join(&inside)),
            Form::Tar(tar) => {
                let mut header = header(0, 0o755);
                header.set_entry_type(tar::EntryType::Directory);
                tar.append_data(&mut header, format!("{inside}/"), io::empty())
            }
        };
        self.directories.push(path.to_owned());
        made.map_err(|error| failed(Path::new(path), &error))
    }

    /// A file that only people change now: it is read until it holds still.
    ///
    /// # Errors
    /// `AOF-5601`; a file that is gone is left out.
    pub fn steady_file(&mut self, root: &Path, path: &str) -> Result<(), Failure> {
        let full = root.join(path);
        for _ in 0..ATTEMPTS_MAX {
            let file = match open(&full) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                Err(error) => return Err(failed(&full, &error)),
            };
            let before = file.metadata().map_err(|error| failed(&full, &error))?;
            let begun = self.length().map_err(|error| failed(&full, &error))?;
            let size = before.len();
            let put = self.put(path, (size, before.mode()), file.take(size));
            if full
                .symlink_metadata()
                .is_ok_and(|now| stamp(&now) == stamp(&before))
            {
                return put;
            }
            self.take_back(path, (begun, put.is_ok()))
                .map_err(|error| failed(&full, &error))?;
        }
        Err(failed(&full, &io::Error::other("it does not hold still")))
    }

    /// A file that somebody may be writing: what it holds when it is met.
    ///
    /// # Errors
    /// `AOF-5601`; a file that is gone is left out.
    pub fn growing_file(&mut self, root: &Path, path: &str) -> Result<(), Failure> {
        let full = root.join(path);
        let file = match open(&full) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(failed(&full, &error)),
        };
        let found = file.metadata().map_err(|error| failed(&full, &error))?;
        if !found.is_file() {
            return Ok(());
        }
        self.put(path, (found.len(), found.mode()), file.take(found.len()))
    }

    /// Bytes of the archive so far.
    fn length(&mut self) -> io::Result<u64> {
        match &mut self.form {
            Form::Tar(tar) => tar.get_mut().stream_position(),
            Form::Directory(_) => Ok(0),
        }
    }

    /// Forgets the copy of a file that changed while it was copied.
    fn take_back(&mut self, path: &str, (length, is_recorded): (u64, bool)) -> io::Result<()> {
        if is_recorded {
            self.files.pop();
        }
        match &mut self.form {
            Form::Tar(tar) => {
                let archive = tar.get_mut();
                archive.set_len(length)?;
                archive.seek(SeekFrom::Start(length)).map(drop)
            }
            Form::Directory(root) => fs::remove_file(root.join(DATA_DIR).join(path)),
        }
    }

    fn put(
        &mut self,
        path: &str,
        (bytes, mode): (u64, u32),
        content: impl Read,
    ) -> Result<(), Failure> {
        let inside = format!("{DATA_DIR}/{path}");
        let mut content = Hashing::over(content);
        let written = match &mut self.form {
            Form::Tar(tar) => tar.append_data(&mut header(bytes, mode), &inside, &mut content),
            Form::Directory(root) => write(&root.join(&inside), mode, &mut content),
        };
        #[cfg(test)]
        if let Some(act) = &mut self.after_put {
            act();
        }
        written.map_err(|error| failed(Path::new(path), &error))?;
        let record = content.record(path);
        if record.bytes != bytes {
            let error = io::Error::other("it became shorter while it was copied");
            return Err(failed(Path::new(path), &error));
        }
        self.files.push(record);
        Ok(())
    }

    /// Writes the manifest and gives the backup its name.
    ///
    /// # Errors
    /// `AOF-5601`.
    pub fn finish(self, tree: &Tree) -> Result<Manifest, Failure> {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let manifest = Manifest {
            schema_version: SCHEMA_VERSION,
            aof: env!("CARGO_PKG_VERSION").to_owned(),
            created_at: u64::try_from(now.as_millis()).unwrap_or(u64::MAX),
            files: self.files,
            directories: self.directories,
            skipped: tree.skipped.clone(),
        };
        let part = part_of(&self.target);
        close(self.form, &manifest)
            .and_then(|()| fs::rename(&part, &self.target))
            .and_then(|()| sync_parent(&self.target))
            .map_err(|error| failed(&self.target, &error))?;
        Ok(manifest)
    }
}

fn close(form: Form, manifest: &Manifest) -> io::Result<()> {
    let text = serde_json::to_vec_pretty(manifest)?;
    match form {
        Form::Tar(mut tar) => {
            tar.append_data(&mut header(text.len() as u64, 0o644), MANIFEST, &text[..])?;
            tar.into_inner()?.sync_all()
        }
        Form::Directory(root) => {
            write(&root.join(MANIFEST), 0o644, &mut &text[..])?;
            let root = File::open(&root)?;
            Ok(rustix::fs::syncfs(&root)?)
        }
    }
}

/// Makes the new name durable.
pub fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}

fn part_of(target: &Path) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

fn header(bytes: u64, mode: u32) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes);
    header.set_mode(mode & 0o777);
    header
}

fn write(path: &Path, mode: u32, content: &mut impl Read) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(mode & 0o777)
        .open(path)?;
    io::copy(content, &mut file)?;
    file.flush()
}

/// Opens a regular file, never a link and without waiting for a pipe.
fn open(path: &Path) -> io::Result<File> {
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let flags = i32::try_from(flags.bits()).unwrap_or(0);
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

/// What tells whether a file is as it was.
fn stamp(found: &fs::Metadata) -> (u64, u64, i64, i64) {
    (found.ino(), found.len(), found.mtime(), found.mtime_nsec())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Copies a file that somebody makes longer so many times while it is copied.
    fn copied(target: &str, rewrites: u32) -> (PathBuf, tempfile::TempDir, Result<(), Failure>) {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join(target);
        let full = dir.path().join("log");
        fs::write(&full, "old\n").unwrap();
        let mut sink = Sink::open(&target).unwrap();
        let lengthen = full;
        let mut left = rewrites;
        sink.after_put = Some(Box::new(move || {
            if left > 0 {
                left -= 1;
                let mut file = OpenOptions::new().append(true).open(&lengthen).unwrap();
                file.write_all(b"new\n").unwrap();
            }
        }));
        let copied = sink.steady_file(dir.path(), "log");
        if copied.is_ok() {
            assert_eq!(sink.files.len(), 1);
            sink.finish(&Tree::default()).unwrap();
        }
        (target, dir, copied)
    }

    #[test]
    fn a_file_that_changes_is_copied_again_until_it_holds_still() {
        let (target, _dir, copied_ok) = copied("copy", 4);
        copied_ok.unwrap();
        let text = fs::read_to_string(target.join(DATA_DIR).join("log")).unwrap();
        assert_eq!(text, "old\n".to_owned() + &"new\n".repeat(4));
        let (target, _dir, copied_ok) = copied("copy.tar", 4);
        copied_ok.unwrap();
        let mut archive = tar::Archive::new(File::open(target).unwrap());
        let mut names = Vec::new();
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            let name = entry.path().unwrap().display().to_string();
            names.push((name, text.matches("new").count()));
        }
        assert_eq!(names[0], ("data/log".to_owned(), 4));
        assert_eq!(names.len(), 2, "the file once, and the manifest: {names:?}");
    }

    #[test]
    fn a_file_that_never_holds_still_is_refused() {
        for target in ["copy", "copy.tar"] {
            let (_, _dir, refused) = copied(target, ATTEMPTS_MAX);
            assert!(refused.unwrap_err().fault().message.contains("hold still"));
        }
    }
}
