//! The person at the machine: editors, `mv`, `rm`, `cp`, on the same files at any moment.
//!
//! Never obeys planned errors or kills, only the disk itself. Invariant: nothing a hand does is
//! flushed unless it was told to flush.

use std::collections::BTreeMap;
use std::sync::Arc;

use aof_disk::{Errno, Node};

use super::disk::{Body, ROOT};
use super::handle::Machine;
use super::name::Ino;

/// Flushes that a hand does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Care {
    Flushes,
    LeavesIt,
}

/// What a name in a tree leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symlink or FIFO.
    Other,
}

/// One line of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Path from the root; bytes that are not UTF-8 are replaced.
    pub path: String,
    /// What is there.
    pub kind: Kind,
}

/// Somebody with access to the files.
#[derive(Debug, Clone)]
pub struct Hand {
    machine: Machine,
    care: Care,
}

#[expect(
    clippy::missing_errors_doc,
    reason = "every act fails with what the system says"
)]
impl Hand {
    pub(super) fn new(machine: Machine) -> Self {
        Self {
            machine,
            care: Care::LeavesIt,
        }
    }

    /// A hand that flushes what it did, names and content.
    #[must_use]
    pub fn flushing(mut self) -> Self {
        self.care = Care::Flushes;
        self
    }

    fn find(&self, path: &str) -> Result<Ino, Errno> {
        let kernel = self.machine.kernel();
        let mut node = ROOT;
        for name in names(path) {
            node = kernel.disk.find(node, name.as_bytes())?;
        }
        Ok(node)
    }

    fn place<'path>(&self, path: &'path str) -> Result<(Ino, &'path [u8]), Errno> {
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        Ok((self.find(parent)?, name.as_bytes()))
    }

    fn finish(&self, dirs: &[Ino], file: Option<Ino>) -> Result<(), Errno> {
        if self.care == Care::LeavesIt {
            return Ok(());
        }
        let mut kernel = self.machine.kernel();
        for dir in dirs {
            kernel.disk.flush_dir(*dir, None)?;
        }
        file.map_or(Ok(()), |node| kernel.disk.flush_file(node, None))
    }

    /// The bytes of a file.
    pub fn read(&self, path: &str) -> Result<Vec<u8>, Errno> {
        let node = self.find(path)?;
        self.machine.kernel().disk.read(node, 0, u64::MAX)
    }

    /// Every regular file with its bytes.
    #[must_use]
    pub fn files(&self) -> BTreeMap<String, Arc<Vec<u8>>> {
        let kernel = self.machine.kernel();
        let mut found = BTreeMap::new();
        let mut open = vec![(String::new(), ROOT)];
        while let Some((above, dir)) = open.pop() {
            for entry in kernel.disk.entries(dir).unwrap_or_default() {
                let path = format!("{above}{}", String::from_utf8_lossy(&entry.name));
                match kernel.disk.body(entry.inode) {
                    Ok(Body::File(content)) => {
                        found.insert(path, content.share());
                    }
                    Ok(Body::Directory) => open.push((path + "/", entry.inode)),
                    _ => {}
                }
            }
        }
        found
    }

    /// True if something has this name.
    #[must_use]
    pub fn exists(&self, path: &str) -> bool {
        self.find(path).is_ok()
    }

    /// Writes a file in place, made if it is absent: cut to nothing, then written.
    pub fn write(&self, path: &str, bytes: &[u8]) -> Result<(), Errno> {
        self.write_slowly(path, bytes, |_| ())
    }

    /// The same with something in between, while the file is empty.
    pub fn write_slowly(
        &self,
        path: &str,
        bytes: &[u8],
        between: impl FnOnce(&Machine),
    ) -> Result<(), Errno> {
        let (dir, name) = self.place(path)?;
        let node = {
            let mut kernel = self.machine.kernel();
            match kernel.disk.find(dir, name) {
                Ok(node) => {
                    kernel.disk.cut(node, 0)?;
                    node
                }
                Err(Errno::NOENT) => {
                    let body = Body::File(Default::default());
                    kernel.disk.make((dir, name), body, 0o644)?
                }
                Err(error) => return Err(error),
            }
        };
        between(&self.machine);
        self.machine.kernel().disk.write(node, None, bytes)?;
        self.finish(&[dir], Some(node))
    }

    /// Adds to the end of a file.
    pub fn append(&self, path: &str, bytes: &[u8]) -> Result<(), Errno> {
        let node = self.find(path)?;
        self.machine.kernel().disk.write(node, None, bytes)?;
        self.finish(&[], Some(node))
    }

    /// Saves as careful editors do: a new file beside it, renamed over it.
    pub fn save_over(&self, path: &str, bytes: &[u8]) -> Result<(), Errno> {
        let aside = format!("{path}.new");
        self.write(&aside, bytes)?;
        self.rename(&aside, path, false)
    }

    /// Saves as other editors do: the old file becomes `…~`, then a new one is written. The name is
    /// free for a moment, in which something may happen.
    pub fn save_with_backup(
        &self,
        path: &str,
        bytes: &[u8],
        between: impl FnOnce(&Machine),
    ) -> Result<(), Errno> {
        self.rename(path, &format!("{path}~"), false)?;
        between(&self.machine);
        self.write(path, bytes)
    }

    /// Moves a file or directory; a file in its place is replaced.
    pub fn mv(&self, from: &str, to: &str) -> Result<(), Errno> {
        self.rename(from, to, false)
    }

    fn rename(&self, from: &str, to: &str, exclusive: bool) -> Result<(), Errno> {
        let (from, to) = (self.place(from)?, self.place(to)?);
        self.machine.kernel().disk.rename(from, to, exclusive)?;
        self.finish(&[from.0, to.0], None)
    }

    /// Copies a file.
    pub fn cp(&self, from: &str, to: &str) -> Result<(), Errno> {
        let bytes = self.read(from)?;
        self.write(to, &bytes)
    }

    /// Removes a file, or a directory with everything in it.
    pub fn rm(&self, path: &str) -> Result<(), Errno> {
        let (dir, name) = self.place(path)?;
        let node = self.find(path)?;
        self.empty(node)?;
        self.machine.kernel().disk.unlink(dir, name)?;
        self.finish(&[dir], None)
    }

    fn empty(&self, node: Ino) -> Result<(), Errno> {
        let entries = self.machine.kernel().disk.entries(node);
        for entry in entries.unwrap_or_default() {
            self.empty(entry.inode)?;
            self.machine.kernel().disk.unlink(node, &entry.name)?;
        }
        Ok(())
    }

    /// Makes a directory, with those above it; one that exists is fine.
    pub fn mkdir(&self, path: &str) -> Result<(), Errno> {
        let mut dir = ROOT;
        for name in names(path) {
            let found = self.machine.kernel().disk.find(dir, name.as_bytes());
            dir = match found {
                Ok(node) => node,
                Err(Errno::NOENT) => self.make(dir, name.as_bytes(), Body::Directory)?,
                Err(error) => return Err(error),
            };
        }
        Ok(())
    }

    fn make(&self, dir: Ino, name: &[u8], body: Body) -> Result<Ino, Errno> {
        let mode = match body {
            Body::Directory => 0o755,
            _ => 0o644,
        };
        let node = self.machine.kernel().disk.make((dir, name), body, mode)?;
        self.finish(&[dir], None)?;
        Ok(node)
    }

    /// Makes a symlink; nobody ever learns where it leads.
    pub fn symlink(&self, path: &str) -> Result<(), Errno> {
        let (dir, name) = self.place(path)?;
        self.make(dir, name, Body::Symlink).map(|_| ())
    }

    /// Makes a FIFO.
    pub fn fifo(&self, path: &str) -> Result<(), Errno> {
        let (dir, name) = self.place(path)?;
        self.make(dir, name, Body::Fifo).map(|_| ())
    }

    /// Makes an empty file with a name that need not be UTF-8.
    pub fn touch_raw(&self, dir: &str, name: &[u8]) -> Result<(), Errno> {
        let dir = self.find(dir)?;
        self.make(dir, name, Body::File(Default::default()))
            .map(|_| ())
    }

    /// Changes permission bits.
    pub fn chmod(&self, path: &str, mode: u32) -> Result<(), Errno> {
        let node = self.find(path)?;
        self.machine.kernel().disk.chmod(node, mode)
    }

    /// Number and time of change of a node.
    pub fn stat(&self, path: &str) -> Result<Node, Errno> {
        let node = self.find(path)?;
        Ok(self.machine.kernel().disk.status(node)?.node)
    }

    /// Names in a directory, sorted.
    pub fn ls(&self, path: &str) -> Result<Vec<String>, Errno> {
        let node = self.find(path)?;
        let entries = self.machine.kernel().disk.entries(node)?;
        let name = |name: Vec<u8>| String::from_utf8_lossy(&name).into_owned();
        Ok(entries.into_iter().map(|entry| name(entry.name)).collect())
    }

    /// Everything beneath the root, sorted by path.
    #[must_use]
    pub fn tree(&self) -> Vec<Listed> {
        let kernel = self.machine.kernel();
        let mut found = Vec::new();
        let mut open = vec![(String::new(), ROOT)];
        while let Some((above, dir)) = open.pop() {
            for entry in kernel.disk.entries(dir).unwrap_or_default() {
                let name = String::from_utf8_lossy(&entry.name);
                let path = format!("{above}{name}");
                let kind = match kernel.disk.body(entry.inode) {
                    Ok(Body::File(_)) => Kind::File,
                    Ok(Body::Directory) => {
                        open.push((format!("{path}/"), entry.inode));
                        Kind::Directory
                    }
                    _ => Kind::Other,
                };
                found.push(Listed { path, kind });
            }
        }
        found.sort_by(|a, b| a.path.cmp(&b.path));
        found
    }
}

fn names(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|name| !matches!(*name, "" | "."))
}
