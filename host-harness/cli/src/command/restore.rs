//! `aof restore`: makes a data directory of a backup.
//!
//! Never writes over anything, and takes nothing from a backup but regular files and folders below
//! its own place. Invariant: the directory has its name only once every checksum was right.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};

use serde_json::json;

use crate::exit::{Ending, Failure};
use crate::render::style::GOOD;
use crate::render::text::{clean, counted};

use super::Session;
use super::backup::failed;
use super::backup::manifest::{
    DATA_DIR, FileRecord, Hashing, MANIFEST, MANIFEST_BYTES_MAX, Manifest, SCHEMA_VERSION,
};

/// From where, to where.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What `aof backup` made
    #[arg(value_name = "BACKUP")]
    backup: PathBuf,
    /// The data directory to make; it must not exist, or be empty [default: --data-dir]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// Restores.
///
/// # Errors
/// `AOF-1607` if the directory is not empty, `AOF-1608` if the backup is damaged or hostile.
pub fn run(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let Some(wanted) = args
        .data
        .clone()
        .or_else(|| session.global.data_dir.clone())
    else {
        let hint = "name a new directory with --data";
        return Err(Failure::refused("AOF-1607", "no directory to restore to", hint).into());
    };
    let target = std::path::absolute(wanted)?;
    refuse_target(&target)?;
    let part = part_of(&target);
    fs::create_dir(&part).map_err(|error| failed(&part, &error))?;
    let restored = unpack(&args.backup, &part).and_then(|manifest| {
        settle(&part, &target).map_err(|error| failed(&target, &error))?;
        Ok(manifest)
    });
    let manifest = restored.inspect_err(|_| discard(&part))?;
    let files = manifest.files.len() as u64;
    let document = json!({ "restore": {
        "dataDir": target, "backup": args.backup, "files": files,
        "createdAt": manifest.created_at, "aof": manifest.aof, "skipped": manifest.skipped,
    }});
    session.console.show(&document, |_| {
        let place = clean(&target.to_string_lossy());
        let count = counted(files, "file");
        format!("{GOOD}restored{GOOD:#} {count} to {place}; every checksum is right\n")
    })?;
    Ok(Ending::Done)
}

fn part_of(target: &Path) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    PathBuf::from(name)
}

fn refuse_target(target: &Path) -> Result<(), Failure> {
    let is_free = match target.symlink_metadata() {
        Err(error) => error.kind() == io::ErrorKind::NotFound,
        Ok(found) => {
            found.is_dir() && fs::read_dir(target).is_ok_and(|mut names| names.next().is_none())
        }
    };
    if is_free {
        return Ok(());
    }
    let message = "the directory to restore to is not empty";
    let hint = "name a new one; nothing is ever restored over what is there";
    Err(Failure::refused("AOF-1607", message, hint).at(target.display().to_string()))
}

fn discard(part: &Path) {
    if let Err(error) = fs::remove_dir_all(part) {
        tracing::warn!(%error, part = %part.display(), "an unfinished directory is left");
    }
}

/// Flushes, and gives the directory its name.
fn settle(part: &Path, target: &Path) -> io::Result<()> {
    let data = part.join(DATA_DIR);
    rustix::fs::syncfs(File::open(&data)?)?;
    // An empty directory gives way; one that was filled meanwhile does not.
    fs::rename(&data, target)?;
    super::backup::sync_parent(target)?;
    fs::remove_dir_all(part)
}

fn unpack(backup: &Path, part: &Path) -> Result<Manifest, Failure> {
    fs::create_dir(part.join(DATA_DIR)).map_err(|error| failed(part, &error))?;
    let mut intake = Intake {
        part,
        found: BTreeMap::new(),
        manifest: None,
    };
    let found = backup
        .metadata()
        .map_err(|error| unusable(backup, &error.to_string()))?;
    if found.is_dir() {
        intake.directory(backup, Path::new(""))?;
    } else {
        let file = File::open(backup).map_err(|error| unusable(backup, &error.to_string()))?;
        intake.archive(backup, file)?;
    }
    let manifest = intake.manifest.ok_or_else(|| {
        unusable(
            backup,
            "it has no manifest: it is cut off, or no backup of AOF",
        )
    })?;
    if manifest.schema_version != SCHEMA_VERSION {
        let version = manifest.schema_version;
        let whose = if version > SCHEMA_VERSION {
            ": it was made by a newer aof"
        } else {
            ""
        };
        return Err(unusable(
            backup,
            &format!("its format has version {version}{whose}"),
        ));
    }
    manifest
        .compare(&intake.found)
        .map_err(|what| unusable(backup, &what))?;
    for path in &manifest.directories {
        let path = checked(backup, Path::new(path))?;
        let full = part.join(DATA_DIR).join(path);
        fs::create_dir_all(&full).map_err(|error| failed(&full, &error))?;
    }
    Ok(manifest)
}

struct Intake<'a> {
    part: &'a Path,
    found: BTreeMap<String, FileRecord>,
    manifest: Option<Manifest>,
}

impl Intake<'_> {
    fn archive(&mut self, backup: &Path, file: File) -> Result<(), Failure> {
        let broken = |error: io::Error| unusable(backup, &error.to_string());
        let mut archive = tar::Archive::new(io::BufReader::new(file));
        for entry in archive.entries().map_err(broken)? {
            let entry = entry.map_err(broken)?;
            let path = entry.path().map_err(broken)?.into_owned();
            match entry.header().entry_type() {
                tar::EntryType::Regular => {
                    let mode = entry.header().mode().map_err(broken)?;
                    self.file(backup, &path, (mode, entry))?;
                }
                tar::EntryType::Directory => self.folder(backup, &path)?,
                other => {
                    let what = format!(
                        "{} is neither a file nor a folder: {other:?}",
                        path.display()
                    );
                    return Err(unusable(backup, &what));
                }
            }
        }
        Ok(())
    }

    fn directory(&mut self, backup: &Path, below: &Path) -> Result<(), Failure> {
        let full = backup.join(below);
        let broken = |error: io::Error| unusable(&full, &error.to_string());
        for entry in fs::read_dir(&full).map_err(broken)? {
            let path = below.join(entry.map_err(broken)?.file_name());
            let found = backup.join(&path).symlink_metadata().map_err(broken)?;
            if found.is_dir() {
                self.folder(backup, &path)?;
                self.directory(backup, &path)?;
            } else if found.is_file() {
                let file = File::open(backup.join(&path)).map_err(broken)?;
                self.file(backup, &path, (found.mode(), file))?;
            } else {
                let what = format!("{} is neither a file nor a folder", path.display());
                return Err(unusable(backup, &what));
            }
        }
        Ok(())
    }

    fn folder(&mut self, backup: &Path, path: &Path) -> Result<(), Failure> {
        let path = checked(backup, path)?;
        if path != Path::new(DATA_DIR) && !path.starts_with(DATA_DIR) {
            return Err(unusable(
                backup,
                &format!("{} does not belong in it", path.display()),
            ));
        }
        let full = self.part.join(path);
        fs::create_dir_all(&full).map_err(|error| failed(&full, &error))
    }

    fn file(
        &mut self,
        backup: &Path,
        path: &Path,
        (mode, content): (u32, impl Read),
    ) -> Result<(), Failure> {
        let path = checked(backup, path)?;
        if path == Path::new(MANIFEST) {
            let text = content.take(MANIFEST_BYTES_MAX);
            let manifest = serde_json::from_reader(io::BufReader::new(text));
            let manifest = manifest.map_err(|error| unusable(backup, &error.to_string()))?;
            self.manifest = Some(manifest);
            return Ok(());
        }
        let inside = path.strip_prefix(DATA_DIR).ok().and_then(Path::to_str);
        let Some(inside) = inside.filter(|inside| !inside.is_empty()) else {
            return Err(unusable(
                backup,
                &format!("{} does not belong in it", path.display()),
            ));
        };
        let full = self.part.join(path);
        let record =
            write(&full, mode, (inside, content)).map_err(|error| failed(&full, &error))?;
        self.found.insert(inside.to_owned(), record);
        Ok(())
    }
}

fn write(full: &Path, mode: u32, (inside, content): (&str, impl Read)) -> io::Result<FileRecord> {
    if let Some(parent) = full.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(mode & 0o777)
        .open(full)?;
    let mut content = Hashing::over(content);
    io::copy(&mut content, &mut file)?;
    Ok(content.record(inside))
}

/// A path that stays where it belongs.
fn checked<'a>(backup: &Path, path: &'a Path) -> Result<&'a Path, Failure> {
    let is_plain = |part: Component<'_>| matches!(part, Component::Normal(_));
    if path.components().all(is_plain) && path.components().next().is_some() {
        return Ok(path);
    }
    Err(unusable(
        backup,
        &format!("it wants to write to {}", path.display()),
    ))
}

fn unusable(backup: &Path, what: &str) -> Failure {
    let message = format!("the backup cannot be used: {what}");
    let hint = "nothing was restored; take another backup, or copy this one again";
    Failure::refused("AOF-1608", message, hint).at(backup.display().to_string())
}
