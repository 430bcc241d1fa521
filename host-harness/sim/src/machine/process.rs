//! A process: the operating system as a store on the simulated machine sees it.
//!
//! Never retries or repairs anything. Invariant: every call is counted before it does anything, and
//! a dead process gets an error from each.

use std::sync::MutexGuard;
use std::sync::atomic::{AtomicU64, Ordering};

use aof_disk::{Errno, OpenHow, RawEntry, Status, System};

use super::disk::{Body, ROOT};
use super::handle::Machine;
use super::kernel::Kernel;
use super::name::Ino;

const HOST_NAME: &str = "simulated";

/// A living process, or what is left of it.
#[derive(Debug, Clone)]
pub struct Process {
    machine: Machine,
    pid: u32,
    life: u64,
}

/// An open directory.
#[derive(Debug, Clone)]
pub struct DirHandle(Ino);

/// An open file. Dropping it closes it and releases its lock.
#[derive(Debug)]
pub struct FileHandle {
    machine: Machine,
    handle: u64,
    node: Ino,
    appends: bool,
    written_to: AtomicU64,
}

impl Drop for FileHandle {
    fn drop(&mut self) {
        self.machine.kernel().unlock(self.node, self.handle);
    }
}

impl Process {
    pub(super) fn new(machine: Machine, pid: u32, life: u64) -> Self {
        Self { machine, pid, life }
    }

    /// The machine it runs on.
    #[must_use]
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// Counts a call; the second is the error that was planned for it.
    fn enter(&self, is_mutating: bool) -> Result<(MutexGuard<'_, Kernel>, Option<Errno>), Errno> {
        self.alive(&self.machine.kernel())?;
        self.machine.run_hooks(self.pid);
        let mut kernel = self.machine.kernel();
        self.alive(&kernel)?;
        let fault = kernel.count(self.pid, is_mutating)?;
        Ok((kernel, fault))
    }

    fn alive(&self, kernel: &Kernel) -> Result<(), Errno> {
        if kernel.is_alive(self.pid, self.life) {
            Ok(())
        } else {
            Err(Errno::IO)
        }
    }

    fn looking(&self) -> Result<MutexGuard<'_, Kernel>, Errno> {
        let (kernel, fault) = self.enter(false)?;
        fault.map_or(Ok(kernel), Err)
    }

    fn changing(&self) -> Result<MutexGuard<'_, Kernel>, Errno> {
        let (kernel, fault) = self.enter(true)?;
        fault.map_or(Ok(kernel), Err)
    }

    fn handle(&self, node: Ino, how: OpenHow) -> FileHandle {
        FileHandle {
            machine: self.machine.clone(),
            handle: self.machine.next_handle(),
            node,
            appends: matches!(how, OpenHow::Append | OpenHow::AppendNew),
            written_to: AtomicU64::new(0),
        }
    }

    fn put(&self, file: &FileHandle, at: Option<u64>, bytes: &[u8]) -> Result<(), Errno> {
        let (mut kernel, fault) = self.enter(true)?;
        let Some(error) = fault else {
            return kernel.write(file, at, bytes);
        };
        if matches!(error, Errno::NOSPC | Errno::IO) {
            let (half, _) = bytes.split_at(bytes.len() / 2);
            kernel.write(file, at, half)?;
        }
        Err(error)
    }
}

impl Kernel {
    /// Writes and remembers where that ended, also if not everything fitted.
    fn write(&mut self, file: &FileHandle, at: Option<u64>, bytes: &[u8]) -> Result<(), Errno> {
        let outcome = self.disk.write(file.node, at, bytes);
        if let Some(at) = at {
            let wanted = at.saturating_add(bytes.len() as u64);
            let size = self.disk.size(file.node)?;
            let end = if outcome.is_ok() {
                wanted
            } else {
                wanted.min(size).max(at)
            };
            file.written_to.store(end, Ordering::Relaxed);
        }
        outcome
    }
}

/// The node of a name, if it can be opened this way; `None` if the name is free.
fn opened(kernel: &Kernel, at: (Ino, &str), how: OpenHow) -> Result<Option<Ino>, Errno> {
    let node = match kernel.disk.find(at.0, at.1.as_bytes()) {
        Ok(node) => node,
        Err(Errno::NOENT) => return Ok(None),
        Err(error) => return Err(error),
    };
    let writes = how != OpenHow::Read;
    match kernel.disk.body(node)? {
        _ if matches!(how, OpenHow::CreateNew | OpenHow::AppendNew) => Err(Errno::EXIST),
        Body::Symlink => Err(Errno::LOOP),
        Body::Directory if writes => Err(Errno::ISDIR),
        _ => {
            let needed = if writes { 0o200 } else { 0o400 };
            if kernel.disk.mode(node)? & needed == 0 {
                return Err(Errno::ACCESS);
            }
            Ok(Some(node))
        }
    }
}

impl System for Process {
    type Dir = DirHandle;
    type File = FileHandle;

    fn root(&self) -> Result<DirHandle, Errno> {
        self.looking().map(|_| DirHandle(ROOT))
    }

    fn open_dir(&self, parent: &DirHandle, name: &str) -> Result<DirHandle, Errno> {
        let kernel = self.looking()?;
        let node = kernel.disk.find(parent.0, name.as_bytes())?;
        match kernel.disk.body(node)? {
            Body::Directory => Ok(DirHandle(node)),
            Body::Symlink => Err(Errno::LOOP),
            Body::File(_) | Body::Fifo => Err(Errno::NOTDIR),
        }
    }

    fn stat(&self, dir: &DirHandle, name: &str) -> Result<Status, Errno> {
        let kernel = self.looking()?;
        let node = kernel.disk.find(dir.0, name.as_bytes())?;
        kernel.disk.status(node)
    }

    fn glance(&self, path: &str) -> Result<Status, Errno> {
        let kernel = self.looking()?;
        let mut node = ROOT;
        for name in path.split('/').filter(|name| !matches!(*name, "" | ".")) {
            node = kernel.disk.find(node, name.as_bytes())?;
        }
        kernel.disk.status(node)
    }

    fn stat_dir(&self, dir: &DirHandle) -> Result<Status, Errno> {
        self.looking()?.disk.status(dir.0)
    }

    fn entries(&self, dir: &DirHandle) -> Result<Vec<RawEntry>, Errno> {
        self.looking()?.disk.entries(dir.0)
    }

    fn make_dir(&self, dir: &DirHandle, name: &str) -> Result<(), Errno> {
        let mut kernel = self.changing()?;
        let at = (dir.0, name.as_bytes());
        kernel.disk.make(at, Body::Directory, 0o755).map(|_| ())
    }

    fn unlink(&self, dir: &DirHandle, name: &str) -> Result<(), Errno> {
        let mut kernel = self.changing()?;
        let node = kernel.disk.find(dir.0, name.as_bytes())?;
        if matches!(kernel.disk.body(node)?, Body::Directory) {
            return Err(Errno::ISDIR);
        }
        kernel.disk.unlink(dir.0, name.as_bytes())
    }

    fn rename(
        &self,
        from: (&DirHandle, &str),
        to: (&DirHandle, &str),
        exclusive: bool,
    ) -> Result<(), Errno> {
        let mut kernel = self.changing()?;
        let from = (from.0.0, from.1.as_bytes());
        let to = (to.0.0, to.1.as_bytes());
        kernel.disk.rename(from, to, exclusive)
    }

    fn sync_dir(&self, dir: &DirHandle) -> Result<(), Errno> {
        let (mut kernel, fault) = self.enter(true)?;
        kernel.flushes.directories += 1;
        kernel.disk.flush_dir(dir.0, fault)
    }

    fn sync_all(&self) -> Result<(), Errno> {
        let (mut kernel, fault) = self.enter(true)?;
        kernel.flushes.all += 1;
        kernel.disk.flush_all(fault)
    }

    fn open(&self, dir: &DirHandle, name: &str, how: OpenHow) -> Result<FileHandle, Errno> {
        let mut kernel = match how {
            OpenHow::Read | OpenHow::Append => self.looking()?,
            OpenHow::CreateNew | OpenHow::AppendNew | OpenHow::Private => self.changing()?,
        };
        let at = (dir.0, name.as_bytes());
        let node = match (opened(&kernel, (dir.0, name), how)?, how) {
            (Some(node), _) => node,
            (None, OpenHow::Read | OpenHow::Append) => return Err(Errno::NOENT),
            (None, OpenHow::Private) => {
                kernel
                    .disk
                    .make(at, Body::File(Default::default()), 0o600)?
            }
            (None, _) => kernel
                .disk
                .make(at, Body::File(Default::default()), 0o644)?,
        };
        drop(kernel);
        Ok(self.handle(node, how))
    }

    fn stat_file(&self, file: &FileHandle) -> Result<Status, Errno> {
        self.looking()?.disk.status(file.node)
    }

    fn chmod(&self, file: &FileHandle, mode: u32) -> Result<(), Errno> {
        self.changing()?.disk.chmod(file.node, mode)
    }

    fn read(&self, file: &FileHandle, offset: u64, bytes_max: u64) -> Result<Vec<u8>, Errno> {
        self.looking()?.disk.read(file.node, offset, bytes_max)
    }

    fn write(&self, file: &FileHandle, bytes: &[u8]) -> Result<(), Errno> {
        if file.appends {
            return self.put(file, None, bytes);
        }
        let at = file.written_to.load(Ordering::Relaxed);
        self.put(file, Some(at), bytes)
    }

    fn overwrite(&self, file: &FileHandle, bytes: &[u8]) -> Result<(), Errno> {
        self.put(file, Some(0), bytes)
    }

    fn truncate(&self, file: &FileHandle, bytes: u64) -> Result<(), Errno> {
        self.changing()?.disk.cut(file.node, bytes)
    }

    fn sync_file(&self, file: &FileHandle) -> Result<(), Errno> {
        let (mut kernel, fault) = self.enter(true)?;
        kernel.flushes.files += 1;
        kernel.disk.flush_file(file.node, fault)
    }

    fn lock(&self, file: &FileHandle) -> Result<(), Errno> {
        let mut kernel = self.looking()?;
        kernel.lock(file.node, self.pid, file.handle)
    }

    fn now_ns(&self) -> u64 {
        self.machine.wall_ns(self.pid)
    }

    fn monotonic_ns(&self) -> u64 {
        self.machine.kernel().monotonic_ns
    }

    fn pid(&self) -> u32 {
        self.pid
    }

    fn host_name(&self) -> String {
        HOST_NAME.to_owned()
    }

    fn boot(&self) -> u64 {
        self.machine.boot()
    }
}
