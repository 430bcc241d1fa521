//! The operating system as a store sees it: one method per call, nothing in between.
//!
//! Never decides, retries or orders anything; that is the store's work and is what a simulated
//! system puts to the test. Where a call itself is dear, as it is for a component, a system may
//! offer several at once. Invariant: a store reaches the disk, the clock and the lock only through
//! this.

use std::fmt::Debug;

use rustix::io::Errno;

use crate::stamp::Node;

/// How a file is opened. None of them follows a symlink.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenHow {
    /// For reading; what is not a regular file does not block.
    Read,
    /// For writing; refused with `EEXIST` if the name is taken.
    CreateNew,
    /// For appending and reading; refused with `ENOENT` if the name is free.
    Append,
    /// For appending and reading; refused with `EEXIST` if the name is taken.
    AppendNew,
    /// For reading and writing, made with mode 0600 if the name is free.
    Private,
}

/// One entry of a directory as the system lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawEntry {
    /// Its name; not always UTF-8.
    pub name: Vec<u8>,
    /// Its file number.
    pub inode: u64,
}

/// What a stat tells.
#[derive(Debug, Clone, Copy)]
pub struct Status {
    /// Kind and version; never [`Node::Absent`].
    pub node: Node,
    /// Permission bits.
    pub mode: u32,
}

/// What reading a file whole met.
#[derive(Debug)]
pub enum Whole {
    /// Not a regular file of at most the size asked for; it was not read.
    Seen(Node),
    /// It was read between two stats of the open file.
    Read {
        /// Before reading.
        before: Node,
        /// At most one byte more than the size asked for.
        bytes: Vec<u8>,
        /// After reading.
        after: Node,
    },
}

/// What lies at the end of a path beneath the root.
#[derive(Debug)]
pub enum Reached<D> {
    /// A directory, with no symlink on the way.
    There(D),
    /// Nothing, as far as directories lead that are no symlinks.
    Absent,
    /// It has to be reached step by step, if it can be reached at all.
    Unclear,
}

/// A name in a directory, and what lies there if it still does.
pub type Surveyed = (Vec<u8>, Option<Status>);

/// The operating system. Errors are its own numbers.
///
/// Dropping a file closes it; dropping the file that holds the lock releases it.
#[expect(
    clippy::missing_errors_doc,
    reason = "every call fails with what the system says"
)]
pub trait System: Debug + Send {
    /// An open directory.
    type Dir: Clone + Debug;
    /// An open file.
    type File: Debug + Send;

    /// The data root.
    fn root(&self) -> Result<Self::Dir, Errno>;
    /// Opens a directory beneath another; `ENOTDIR` or `ELOOP` for anything else of that name.
    fn open_dir(&self, parent: &Self::Dir, name: &str) -> Result<Self::Dir, Errno>;
    /// Stats an entry without following it; `ENOENT` if the name is free.
    fn stat(&self, dir: &Self::Dir, name: &str) -> Result<Status, Errno>;
    /// Stats a path beneath the root at once; only its last name is not followed.
    fn glance(&self, path: &str) -> Result<Status, Errno>;
    /// Stats an open directory.
    fn stat_dir(&self, dir: &Self::Dir) -> Result<Status, Errno>;
    /// Lists a directory without `.` and `..`, in any order.
    fn entries(&self, dir: &Self::Dir) -> Result<Vec<RawEntry>, Errno>;
    /// Makes a directory.
    fn make_dir(&self, dir: &Self::Dir, name: &str) -> Result<(), Errno>;
    /// Removes a file.
    fn unlink(&self, dir: &Self::Dir, name: &str) -> Result<(), Errno>;
    /// Renames a file; `exclusive` refuses a taken target with `EEXIST`, otherwise it is replaced.
    fn rename(
        &self,
        from: (&Self::Dir, &str),
        to: (&Self::Dir, &str),
        exclusive: bool,
    ) -> Result<(), Errno>;
    /// Flushes the names of a directory.
    fn sync_dir(&self, dir: &Self::Dir) -> Result<(), Errno>;
    /// Flushes everything on the file system of the root.
    fn sync_all(&self) -> Result<(), Errno>;

    /// Opens a file.
    fn open(&self, dir: &Self::Dir, name: &str, how: OpenHow) -> Result<Self::File, Errno>;
    /// Stats an open file.
    fn stat_file(&self, file: &Self::File) -> Result<Status, Errno>;
    /// Changes the permission bits of an open file.
    fn chmod(&self, file: &Self::File, mode: u32) -> Result<(), Errno>;
    /// Reads at most `bytes_max` bytes from an offset.
    fn read(&self, file: &Self::File, offset: u64, bytes_max: u64) -> Result<Vec<u8>, Errno>;
    /// Writes all bytes: at the end for an appending file, else where the last write ended. A
    /// failure may leave some of them written.
    fn write(&self, file: &Self::File, bytes: &[u8]) -> Result<(), Errno>;
    /// Writes all bytes from the start of the file.
    fn overwrite(&self, file: &Self::File, bytes: &[u8]) -> Result<(), Errno>;
    /// Cuts a file to a length.
    fn truncate(&self, file: &Self::File, bytes: u64) -> Result<(), Errno>;
    /// Flushes the content of a file.
    fn sync_file(&self, file: &Self::File) -> Result<(), Errno>;
    /// Takes the exclusive lock of an open file without waiting; `EWOULDBLOCK` if it is held.
    /// Nobody opens that file for anything else.
    fn lock(&self, file: &Self::File) -> Result<(), Errno>;

    /// `glance` at each of several paths; none where it fails.
    fn glances(&self, paths: &[&str]) -> Vec<Option<Status>> {
        paths.iter().map(|path| self.glance(path).ok()).collect()
    }
    /// `open_dir` all the way from the root.
    fn reach(&self, _path: &str) -> Reached<Self::Dir> {
        Reached::Unclear
    }
    /// `entries`, and `stat` of each; none where one after the other costs the same.
    fn survey(&self, _dir: &Self::Dir) -> Option<Result<Vec<Surveyed>, Errno>> {
        None
    }
    /// `stat`, `open`, `stat_file`, `read`, `stat_file`; none where one after the other costs the
    /// same.
    fn whole(
        &self,
        _dir: &Self::Dir,
        _name: &str,
        _bytes_max: u64,
    ) -> Option<Result<Whole, Errno>> {
        None
    }

    /// `whole` of a path beneath the root with no symlink on the way; none for anything else, which
    /// is then read step by step.
    fn fetch(&self, _path: &str, _bytes_max: u64) -> Option<Whole> {
        None
    }

    /// Wall-clock time, nanoseconds since 1970.
    fn now_ns(&self) -> u64;
    /// Time that never goes backward, nanoseconds from an unknown start.
    fn monotonic_ns(&self) -> u64;
    /// This process.
    fn pid(&self) -> u32;
    /// The name of the machine.
    fn host_name(&self) -> String;
    /// A number that differs after every start of the machine.
    fn boot(&self) -> u64;
}
