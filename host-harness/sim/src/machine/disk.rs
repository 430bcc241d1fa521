//! The disk: nodes, their names, what is flushed, how much fits.
//!
//! Never knows processes. Invariant: a call that fails changes nothing, except that a write that
//! does not fit leaves what did.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aof_disk::{Errno, Node, RawEntry, Stamp, Status};

use super::content::Content;
use super::fate::{Fate, Stake};
use super::name::{Ino, NameTable, Set};

/// The data root.
pub(super) const ROOT: Ino = 1;

/// What a node is.
#[derive(Debug, Clone)]
pub(super) enum Body {
    File(Content),
    Directory,
    Symlink,
    Fifo,
}

#[derive(Debug, Clone)]
struct Inode {
    body: Body,
    mode: u32,
    mtime_ns: u64,
}

/// A disk with one file system.
#[derive(Debug, Clone)]
pub(super) struct Disk {
    inodes: BTreeMap<Ino, Arc<Inode>>,
    names: NameTable,
    next: Ino,
    /// Until the next boot: a flush of names failed.
    pub(super) is_read_only: bool,
    pub(super) capacity_bytes: Option<u64>,
    /// Steps of the times of files.
    pub(super) tick_ns: u64,
    pub(super) now_ns: u64,
}

impl Disk {
    pub(super) fn new(now_ns: u64) -> Self {
        let mut disk = Self {
            inodes: BTreeMap::new(),
            names: NameTable::default(),
            next: ROOT,
            is_read_only: false,
            capacity_bytes: None,
            tick_ns: 1,
            now_ns,
        };
        disk.add(Body::Directory, 0o755);
        disk
    }

    fn add(&mut self, body: Body, mode: u32) -> Ino {
        let number = self.next;
        self.next += 1;
        let mtime_ns = self.stamped_ns();
        let inode = Inode {
            body,
            mode,
            mtime_ns,
        };
        self.inodes.insert(number, Arc::new(inode));
        number
    }

    fn stamped_ns(&self) -> u64 {
        self.now_ns - self.now_ns % self.tick_ns.max(1)
    }

    fn inode(&self, node: Ino) -> Result<&Inode, Errno> {
        self.inodes
            .get(&node)
            .map(AsRef::as_ref)
            .ok_or(Errno::STALE)
    }

    pub(super) fn body(&self, node: Ino) -> Result<&Body, Errno> {
        Ok(&self.inode(node)?.body)
    }

    fn touch(&mut self, node: Ino) -> Result<&mut Inode, Errno> {
        let now = self.stamped_ns();
        let inode = self.inodes.get_mut(&node).ok_or(Errno::STALE)?;
        let inode = Arc::make_mut(inode);
        inode.mtime_ns = now;
        Ok(inode)
    }

    fn content_mut(&mut self, node: Ino) -> Result<&mut Content, Errno> {
        match &mut self.touch(node)?.body {
            Body::File(content) => Ok(content),
            Body::Directory => Err(Errno::ISDIR),
            Body::Symlink | Body::Fifo => Err(Errno::INVAL),
        }
    }

    fn writable(&self) -> Result<(), Errno> {
        if self.is_read_only {
            return Err(Errno::ROFS);
        }
        Ok(())
    }

    pub(super) fn find(&self, dir: Ino, name: &[u8]) -> Result<Ino, Errno> {
        match self.body(dir)? {
            Body::Directory => self.names.find(dir, name).ok_or(Errno::NOENT),
            Body::Symlink => Err(Errno::LOOP),
            Body::File(_) | Body::Fifo => Err(Errno::NOTDIR),
        }
    }

    pub(super) fn status(&self, node: Ino) -> Result<Status, Errno> {
        let inode = self.inode(node)?;
        let size = match &inode.body {
            Body::File(content) => content.size() as u64,
            Body::Directory => self.names.of(node).map_or(0, |names| names.len() as u64),
            Body::Symlink | Body::Fifo => 0,
        };
        let stamp = Stamp {
            mtime_ns: inode.mtime_ns,
            size,
            inode: node,
        };
        let shape = match &inode.body {
            Body::File(_) => Node::File(stamp),
            Body::Directory => Node::Directory(stamp),
            Body::Symlink | Body::Fifo => Node::Other(stamp),
        };
        Ok(Status {
            node: shape,
            mode: inode.mode,
        })
    }

    /// Bytes of a file; zero for anything else.
    pub(super) fn size(&self, node: Ino) -> Result<u64, Errno> {
        Ok(match self.body(node)? {
            Body::File(content) => content.size() as u64,
            Body::Directory | Body::Symlink | Body::Fifo => 0,
        })
    }

    pub(super) fn mode(&self, node: Ino) -> Result<u32, Errno> {
        Ok(self.inode(node)?.mode)
    }

    pub(super) fn chmod(&mut self, node: Ino, mode: u32) -> Result<(), Errno> {
        self.writable()?;
        let inode = self.inodes.get_mut(&node).ok_or(Errno::STALE)?;
        Arc::make_mut(inode).mode = mode;
        Ok(())
    }

    pub(super) fn entries(&self, dir: Ino) -> Result<Vec<RawEntry>, Errno> {
        if !matches!(self.body(dir)?, Body::Directory) {
            return Err(Errno::NOTDIR);
        }
        let names = self.names.of(dir).into_iter().flatten();
        let entry = |(name, inode): (&Vec<u8>, &Ino)| RawEntry {
            name: name.clone(),
            inode: *inode,
        };
        Ok(names.map(entry).collect())
    }

    /// Makes a node under a free name.
    pub(super) fn make(
        &mut self,
        (dir, name): (Ino, &[u8]),
        body: Body,
        mode: u32,
    ) -> Result<Ino, Errno> {
        self.free_name(dir, name)?;
        self.writable()?;
        let node = self.add(body, mode);
        self.set(vec![set(dir, name, Some(node))])?;
        Ok(node)
    }

    fn free_name(&self, dir: Ino, name: &[u8]) -> Result<(), Errno> {
        if name.is_empty() || name == b"." || name == b".." || name.contains(&b'/') {
            return Err(Errno::INVAL);
        }
        if name.len() > 255 {
            return Err(Errno::NAMETOOLONG);
        }
        match self.find(dir, name) {
            Ok(_) => Err(Errno::EXIST),
            // A directory that was taken away accepts no names.
            Err(Errno::NOENT) if dir == ROOT || self.names.is_named(dir) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn set(&mut self, sets: Vec<Set>) -> Result<(), Errno> {
        for set in &sets {
            self.touch(set.dir)?;
        }
        self.names.make(sets);
        Ok(())
    }

    pub(super) fn unlink(&mut self, dir: Ino, name: &[u8]) -> Result<(), Errno> {
        let node = self.find(dir, name)?;
        self.writable()?;
        let is_full = self.names.of(node).is_some_and(|names| !names.is_empty());
        if matches!(self.body(node)?, Body::Directory) && is_full {
            return Err(Errno::NOTEMPTY);
        }
        self.set(vec![set(dir, name, None)])
    }

    pub(super) fn rename(
        &mut self,
        from: (Ino, &[u8]),
        to: (Ino, &[u8]),
        exclusive: bool,
    ) -> Result<(), Errno> {
        let node = self.find(from.0, from.1)?;
        match self.free_name(to.0, to.1) {
            Err(Errno::EXIST) if !exclusive => self.may_replace(node, to)?,
            other => other?,
        }
        self.writable()?;
        if from == to {
            return Ok(());
        }
        let away = set(from.0, from.1, None);
        self.set(vec![away, set(to.0, to.1, Some(node))])
    }

    fn may_replace(&self, node: Ino, to: (Ino, &[u8])) -> Result<(), Errno> {
        let target = self.find(to.0, to.1)?;
        let is_dir = |node: Ino| Ok(matches!(self.body(node)?, Body::Directory));
        match (is_dir(node)?, is_dir(target)?) {
            (false, false) => Ok(()),
            (false, true) => Err(Errno::ISDIR),
            (true, false) => Err(Errno::NOTDIR),
            (true, true) => Err(Errno::NOTEMPTY),
        }
    }

    pub(super) fn read(&self, node: Ino, at: u64, bytes_max: u64) -> Result<Vec<u8>, Errno> {
        let bytes = match self.body(node)? {
            Body::File(content) => content.bytes(),
            Body::Directory => return Err(Errno::ISDIR),
            Body::Symlink | Body::Fifo => return Ok(Vec::new()),
        };
        let from = usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
        let count = usize::try_from(bytes_max).unwrap_or(usize::MAX);
        let to = from.saturating_add(count).min(bytes.len());
        Ok(bytes.get(from..to).unwrap_or_default().to_vec())
    }

    /// Writes; `None` for the end of the file.
    pub(super) fn write(&mut self, node: Ino, at: Option<u64>, bytes: &[u8]) -> Result<(), Errno> {
        self.writable()?;
        let size = match self.body(node)? {
            Body::File(content) => content.size(),
            Body::Directory => return Err(Errno::ISDIR),
            Body::Symlink | Body::Fifo => return Err(Errno::AGAIN),
        };
        let at = match at {
            Some(at) => usize::try_from(at).map_err(|_| Errno::FBIG)?,
            None => size,
        };
        let grows = at.saturating_add(bytes.len()).saturating_sub(size);
        let missing = grows.saturating_sub(usize::try_from(self.room()).unwrap_or(usize::MAX));
        let fits = bytes.len().saturating_sub(missing);
        let (written, left) = bytes.split_at(fits);
        if !written.is_empty() {
            self.content_mut(node)?.write(at, written);
        }
        if left.is_empty() {
            Ok(())
        } else {
            Err(Errno::NOSPC)
        }
    }

    pub(super) fn cut(&mut self, node: Ino, bytes: u64) -> Result<(), Errno> {
        self.writable()?;
        let to = usize::try_from(bytes).map_err(|_| Errno::FBIG)?;
        self.content_mut(node)?.cut(to);
        Ok(())
    }

    /// Bytes that still fit.
    fn room(&self) -> u64 {
        let Some(capacity) = self.capacity_bytes else {
            return u64::MAX;
        };
        capacity.saturating_sub(self.used_bytes())
    }

    /// Bytes of all files that have a name.
    pub(super) fn used_bytes(&self) -> u64 {
        let mut used = 0;
        let mut dirs = vec![ROOT];
        while let Some(dir) = dirs.pop() {
            for node in self
                .names
                .of(dir)
                .into_iter()
                .flat_map(|names| names.values())
            {
                match self.body(*node) {
                    Ok(Body::File(content)) => used += content.size() as u64,
                    Ok(Body::Directory) => dirs.push(*node),
                    _ => {}
                }
            }
        }
        used
    }

    pub(super) fn flush_file(&mut self, node: Ino, fault: Option<Errno>) -> Result<(), Errno> {
        self.writable()?;
        let inode = self.inodes.get_mut(&node).ok_or(Errno::STALE)?;
        if let Body::File(content) = &mut Arc::make_mut(inode).body {
            match fault {
                None => content.flush(),
                Some(_) => content.lose(),
            }
        }
        fault.map_or(Ok(()), Err)
    }

    pub(super) fn flush_dir(&mut self, dir: Ino, fault: Option<Errno>) -> Result<(), Errno> {
        self.writable()?;
        if let Some(error) = fault {
            self.is_read_only = true;
            return Err(error);
        }
        self.names.flush_dir(dir);
        Ok(())
    }

    pub(super) fn flush_all(&mut self, fault: Option<Errno>) -> Result<(), Errno> {
        self.writable()?;
        if let Some(error) = fault {
            self.is_read_only = true;
            return Err(error);
        }
        for inode in self.inodes.values_mut() {
            if matches!(&inode.body, Body::File(content) if content.open_edits() > 0)
                && let Body::File(content) = &mut Arc::make_mut(inode).body
            {
                content.flush();
            }
        }
        self.names.flush_all();
        Ok(())
    }

    /// How much the loss of power would decide.
    pub(super) fn stake(&self) -> Stake {
        let contents = self.contents();
        Stake {
            sure: self.names.sure(),
            edits: contents.map(|(_, content)| content.open_edits()).sum(),
        }
    }

    fn contents(&self) -> impl Iterator<Item = (Ino, &Content)> {
        let reachable: BTreeSet<Ino> = self.names.reachable().into_iter().collect();
        let reached = move |(node, _): &(&Ino, &Arc<Inode>)| reachable.contains(*node);
        let inodes = self.inodes.iter().filter(reached);
        inodes.filter_map(|(node, inode)| match &inode.body {
            Body::File(content) => Some((*node, content)),
            _ => None,
        })
    }

    /// The disk after the loss of power and the next start.
    pub(super) fn survivors(&self, fate: &Fate) -> Self {
        let mut fates = fate.edits.iter().copied();
        let mut inodes = BTreeMap::new();
        for (node, content) in self.contents() {
            if let Some(inode) = self.inodes.get(&node) {
                let mut inode = inode.as_ref().clone();
                inode.body = Body::File(Content::flushed(content.survivors(&mut fates)));
                inodes.insert(node, Arc::new(inode));
            }
        }
        let others = self.inodes.iter();
        let others = others.filter(|(_, inode)| !matches!(inode.body, Body::File(_)));
        inodes.extend(others.map(|(node, inode)| (*node, inode.clone())));
        let mut disk = Self {
            inodes,
            names: self.names.survivors(&fate.names),
            is_read_only: false,
            ..self.clone()
        };
        disk.sweep();
        disk
    }

    /// Forgets nodes that no name leads to. Only for when no file is open.
    fn sweep(&mut self) {
        loop {
            let reachable: BTreeSet<Ino> = self.names.reachable().into_iter().collect();
            let is_lost = |node: &&Ino| **node != ROOT && !reachable.contains(*node);
            let lost: Vec<Ino> = self.inodes.keys().filter(is_lost).copied().collect();
            if lost.is_empty() {
                return;
            }
            for node in lost {
                self.inodes.remove(&node);
                self.names.forget(node);
            }
        }
    }
}

fn set(dir: Ino, name: &[u8], to: Option<Ino>) -> Set {
    let name = name.to_vec();
    Set { dir, name, to }
}
