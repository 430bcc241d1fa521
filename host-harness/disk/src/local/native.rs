//! The system that a store really runs on, one call of the operating system per method.
//!
//! Never follows a symlink beneath the root, except in `glance`. Invariant: a directory handle was
//! opened by its own name from its parent's handle, so nothing reached through it lies outside.

mod hold;

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, RenameFlags, Stat};
use rustix::io::Errno;
use sha2::{Digest, Sha256};

use super::system::{OpenHow, RawEntry, Status, System};
use crate::contract::Stamp;
use crate::stamp::Node;

pub use hold::Hold;

const HOST_NAME_PATHS: [&str; 2] = ["/proc/sys/kernel/hostname", "/etc/hostname"];
const BOOT_ID_PATH: &str = "/proc/sys/kernel/random/boot_id";

const ROOT: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::CLOEXEC);
const DIRECTORY: OFlags = ROOT.union(OFlags::NOFOLLOW);

const PLAIN: OFlags = OFlags::NOFOLLOW
    .union(OFlags::NONBLOCK)
    .union(OFlags::CLOEXEC);

const FRESH: OFlags = OFlags::CREATE.union(OFlags::EXCL);
const APPEND: OFlags = OFlags::RDWR.union(OFlags::APPEND);

/// The operating system beneath one directory.
#[derive(Debug)]
pub struct Native {
    /// Open as long as the store is: `syncfs` tells only of errors since its handle was opened.
    root: Arc<OwnedFd>,
    started: Instant,
}

impl Native {
    /// Opens the directory that is the root.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn open(root: &Path) -> io::Result<Self> {
        Ok(Self {
            root: Arc::new(rustix::fs::openat(CWD, root, ROOT, Mode::empty())?),
            started: Instant::now(),
        })
    }
}

impl System for Native {
    type Dir = Arc<OwnedFd>;
    type File = File;

    fn root(&self) -> Result<Self::Dir, Errno> {
        Ok(Arc::clone(&self.root))
    }

    fn open_dir(&self, parent: &Self::Dir, name: &str) -> Result<Self::Dir, Errno> {
        rustix::fs::openat(parent, name, DIRECTORY, Mode::empty()).map(Arc::new)
    }

    fn stat(&self, dir: &Self::Dir, name: &str) -> Result<Status, Errno> {
        rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW).map(|stat| status(&stat))
    }

    fn glance(&self, path: &str) -> Result<Status, Errno> {
        rustix::fs::statat(&self.root, path, AtFlags::SYMLINK_NOFOLLOW).map(|stat| status(&stat))
    }

    fn stat_dir(&self, dir: &Self::Dir) -> Result<Status, Errno> {
        rustix::fs::fstat(dir).map(|stat| status(&stat))
    }

    fn entries(&self, dir: &Self::Dir) -> Result<Vec<RawEntry>, Errno> {
        let mut entries = Vec::new();
        for item in rustix::fs::Dir::read_from(dir)? {
            let item = item?;
            let name = item.file_name().to_bytes();
            if !matches!(name, b"." | b"..") {
                entries.push(RawEntry {
                    name: name.to_vec(),
                    inode: item.ino(),
                });
            }
        }
        Ok(entries)
    }

    fn make_dir(&self, dir: &Self::Dir, name: &str) -> Result<(), Errno> {
        rustix::fs::mkdirat(dir, name, Mode::from_raw_mode(0o777))
    }

    fn unlink(&self, dir: &Self::Dir, name: &str) -> Result<(), Errno> {
        rustix::fs::unlinkat(dir, name, AtFlags::empty())
    }

    fn rename(
        &self,
        from: (&Self::Dir, &str),
        to: (&Self::Dir, &str),
        exclusive: bool,
    ) -> Result<(), Errno> {
        if !exclusive {
            return rustix::fs::renameat(from.0, from.1, to.0, to.1);
        }
        match rustix::fs::renameat_with(from.0, from.1, to.0, to.1, RenameFlags::NOREPLACE) {
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => checked_rename(from, to),
            other => other,
        }
    }

    fn sync_dir(&self, dir: &Self::Dir) -> Result<(), Errno> {
        rustix::fs::fsync(dir)
    }

    fn sync_all(&self) -> Result<(), Errno> {
        rustix::fs::syncfs(&self.root)
    }

    fn open(&self, dir: &Self::Dir, name: &str, how: OpenHow) -> Result<Self::File, Errno> {
        let (flags, mode) = match how {
            OpenHow::Read => (OFlags::RDONLY, 0),
            OpenHow::CreateNew => (OFlags::WRONLY.union(FRESH), 0o666),
            OpenHow::Append => (APPEND, 0),
            OpenHow::AppendNew => (APPEND.union(FRESH), 0o666),
            // Whoever can open a lock can hold it: nobody else may.
            OpenHow::Private => (OFlags::RDWR.union(OFlags::CREATE), 0o600),
        };
        let mode = Mode::from_raw_mode(mode);
        rustix::fs::openat(dir, name, flags.union(PLAIN), mode).map(File::from)
    }

    fn stat_file(&self, file: &Self::File) -> Result<Status, Errno> {
        rustix::fs::fstat(file).map(|stat| status(&stat))
    }

    fn chmod(&self, file: &Self::File, mode: u32) -> Result<(), Errno> {
        rustix::fs::fchmod(file, Mode::from_raw_mode(mode))
    }

    fn read(&self, file: &Self::File, offset: u64, bytes_max: u64) -> Result<Vec<u8>, Errno> {
        let size = match self.stat_file(file)?.node {
            Node::File(stamp) => stamp.size.saturating_sub(offset),
            _ => 0,
        };
        // One byte more than the size says, so that the end is met without a second buffer.
        let first = size.saturating_add(1).min(bytes_max);
        let mut bytes = vec![0; usize::try_from(first).map_err(|_| Errno::FBIG)?];
        let mut filled = 0;
        while let Some(rest) = bytes.get_mut(filled..)
            && !rest.is_empty()
        {
            match file.read_at(rest, offset.saturating_add(filled as u64)) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(errno(&error)),
            }
        }
        bytes.truncate(filled);
        Ok(bytes)
    }

    fn write(&self, mut file: &Self::File, bytes: &[u8]) -> Result<(), Errno> {
        file.write_all(bytes).map_err(|error| errno(&error))
    }

    fn overwrite(&self, file: &Self::File, bytes: &[u8]) -> Result<(), Errno> {
        file.write_all_at(bytes, 0).map_err(|error| errno(&error))
    }

    fn truncate(&self, file: &Self::File, bytes: u64) -> Result<(), Errno> {
        rustix::fs::ftruncate(file, bytes)
    }

    fn sync_file(&self, file: &Self::File) -> Result<(), Errno> {
        rustix::fs::fdatasync(file)
    }

    fn lock(&self, file: &Self::File) -> Result<(), Errno> {
        Hold::Exclusive.take(file)
    }

    fn now_ns(&self) -> u64 {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
    }

    fn monotonic_ns(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn pid(&self) -> u32 {
        std::process::id()
    }

    fn host_name(&self) -> String {
        HOST_NAME_PATHS
            .iter()
            .find_map(|path| std::fs::read_to_string(path).ok())
            .map(|name| name.trim().to_owned())
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| "localhost".to_owned())
    }

    /// Where the system has no such number, every call counts as another start: recovery then
    /// trusts nothing that was not flushed.
    fn boot(&self) -> u64 {
        let id = std::fs::read(BOOT_ID_PATH).unwrap_or_else(|error| {
            tracing::debug!(%error, "the start of the machine has no number");
            format!("{} {}", self.pid(), self.now_ns()).into_bytes()
        });
        Sha256::digest(&id)
            .iter()
            .take(8)
            .fold(0, |number, byte| number << 8 | u64::from(*byte))
    }
}

/// For file systems without exclusive renames: the writer's lock is what keeps the target free.
fn checked_rename(from: (&Arc<OwnedFd>, &str), to: (&Arc<OwnedFd>, &str)) -> Result<(), Errno> {
    match rustix::fs::statat(to.0, to.1, AtFlags::SYMLINK_NOFOLLOW) {
        Err(Errno::NOENT) => rustix::fs::renameat(from.0, from.1, to.0, to.1),
        Ok(_) => Err(Errno::EXIST),
        Err(errno) => Err(errno),
    }
}

fn errno(error: &io::Error) -> Errno {
    Errno::from_io_error(error).unwrap_or(Errno::IO)
}

fn status(stat: &Stat) -> Status {
    let seconds = positive(stat.st_mtime);
    let nanos = positive(stat.st_mtime_nsec);
    // Times before 1970 count as 1970.
    let stamp = Stamp {
        mtime_ns: seconds.saturating_mul(1_000_000_000).saturating_add(nanos),
        size: positive(stat.st_size),
        inode: stat.st_ino,
    };
    let node = match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Node::File(stamp),
        FileType::Directory => Node::Directory(stamp),
        _ => Node::Other(stamp),
    };
    Status {
        node,
        mode: stat.st_mode & 0o7777,
    }
}

/// The fields of a stat differ in type from system to system.
fn positive(number: impl TryInto<u64>) -> u64 {
    number.try_into().unwrap_or(0)
}
