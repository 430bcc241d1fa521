//! The system as the host gives it.
//!
//! Never keeps what can change. Invariant: a handle is closed once, when the last who uses it is
//! done.

use std::sync::Arc;

use aof_disk::contract::Stamp;
use aof_disk::contract::system as host;
use aof_disk::{Errno, Node, OpenHow, RawEntry, Reached, Status, Surveyed, System, Whole};

/// An open directory or file of the host.
#[derive(Debug)]
pub struct Handle {
    number: u32,
    is_root: bool,
}

impl Handle {
    fn opened(number: u32) -> Self {
        Self {
            number,
            is_root: false,
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if !self.is_root {
            host::close(self.number);
        }
    }
}

/// The system of the host.
#[derive(Debug)]
pub struct Imported {
    identity: host::Identity,
    root: Arc<Handle>,
}

impl Default for Imported {
    fn default() -> Self {
        let identity = host::identify();
        let root = Arc::new(Handle {
            number: identity.root,
            is_root: true,
        });
        Self { identity, root }
    }
}

impl Imported {
    /// What does not change.
    pub fn identity(&self) -> &host::Identity {
        &self.identity
    }
}

impl System for Imported {
    type Dir = Arc<Handle>;
    type File = Handle;

    fn root(&self) -> Result<Self::Dir, Errno> {
        Ok(Arc::clone(&self.root))
    }

    fn open_dir(&self, parent: &Self::Dir, name: &str) -> Result<Self::Dir, Errno> {
        let opened = host::open_dir(parent.number, name).map_err(errno)?;
        Ok(Arc::new(Handle::opened(opened)))
    }

    fn stat(&self, dir: &Self::Dir, name: &str) -> Result<Status, Errno> {
        host::stat(dir.number, name).map(status).map_err(errno)
    }

    /// Why it cannot be told nobody asks.
    fn glance(&self, path: &str) -> Result<Status, Errno> {
        let found = self.glances(&[path]).pop().flatten();
        found.ok_or(Errno::NOENT)
    }

    fn glances(&self, paths: &[&str]) -> Vec<Option<Status>> {
        let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
        let found = host::glances(&paths).into_iter();
        found.map(|found| found.map(status)).collect()
    }

    fn stat_dir(&self, dir: &Self::Dir) -> Result<Status, Errno> {
        host::stat_open(dir.number).map(status).map_err(errno)
    }

    /// Never asked, as `survey` answers.
    fn entries(&self, dir: &Self::Dir) -> Result<Vec<RawEntry>, Errno> {
        let found = host::survey(dir.number).map_err(errno)?;
        let entry = |entry: host::Surveyed| RawEntry {
            inode: entry.status.map_or(0, |status| status.inode),
            name: entry.name,
        };
        Ok(found.into_iter().map(entry).collect())
    }

    fn reach(&self, path: &str) -> Reached<Self::Dir> {
        match host::reach(path) {
            host::Reached::There(number) => Reached::There(Arc::new(Handle::opened(number))),
            host::Reached::Absent => Reached::Absent,
            host::Reached::Unclear => Reached::Unclear,
        }
    }

    fn survey(&self, dir: &Self::Dir) -> Option<Result<Vec<Surveyed>, Errno>> {
        let one = |found: host::Surveyed| (found.name, found.status.map(status));
        let all = host::survey(dir.number).map_err(errno);
        Some(all.map(|all| all.into_iter().map(one).collect()))
    }

    fn whole(&self, dir: &Self::Dir, name: &str, bytes_max: u64) -> Option<Result<Whole, Errno>> {
        let met = host::read_whole(dir.number, name, bytes_max);
        Some(met.map(whole).map_err(errno))
    }

    fn fetch(&self, path: &str, bytes_max: u64) -> Option<Whole> {
        host::fetch(path, bytes_max).map(whole)
    }

    fn make_dir(&self, dir: &Self::Dir, name: &str) -> Result<(), Errno> {
        host::make_dir(dir.number, name).map_err(errno)
    }

    fn unlink(&self, dir: &Self::Dir, name: &str) -> Result<(), Errno> {
        host::unlink(dir.number, name).map_err(errno)
    }

    fn rename(
        &self,
        from: (&Self::Dir, &str),
        to: (&Self::Dir, &str),
        exclusive: bool,
    ) -> Result<(), Errno> {
        host::rename(from.0.number, from.1, to.0.number, to.1, exclusive).map_err(errno)
    }

    fn sync_dir(&self, dir: &Self::Dir) -> Result<(), Errno> {
        host::sync_dir(dir.number).map_err(errno)
    }

    fn sync_all(&self) -> Result<(), Errno> {
        host::sync_all().map_err(errno)
    }

    fn open(&self, dir: &Self::Dir, name: &str, how: OpenHow) -> Result<Self::File, Errno> {
        let how = match how {
            OpenHow::Read => host::OpenHow::Read,
            OpenHow::CreateNew => host::OpenHow::CreateNew,
            OpenHow::Append => host::OpenHow::Append,
            OpenHow::AppendNew => host::OpenHow::AppendNew,
            OpenHow::Private => host::OpenHow::Private,
        };
        host::open(dir.number, name, how)
            .map(Handle::opened)
            .map_err(errno)
    }

    fn stat_file(&self, file: &Self::File) -> Result<Status, Errno> {
        host::stat_open(file.number).map(status).map_err(errno)
    }

    fn chmod(&self, file: &Self::File, mode: u32) -> Result<(), Errno> {
        host::chmod(file.number, mode).map_err(errno)
    }

    fn read(&self, file: &Self::File, offset: u64, bytes_max: u64) -> Result<Vec<u8>, Errno> {
        host::read(file.number, offset, bytes_max).map_err(errno)
    }

    fn write(&self, file: &Self::File, bytes: &[u8]) -> Result<(), Errno> {
        host::write(file.number, bytes).map_err(errno)
    }

    fn overwrite(&self, file: &Self::File, bytes: &[u8]) -> Result<(), Errno> {
        host::overwrite(file.number, bytes).map_err(errno)
    }

    fn truncate(&self, file: &Self::File, bytes: u64) -> Result<(), Errno> {
        host::truncate(file.number, bytes).map_err(errno)
    }

    fn sync_file(&self, file: &Self::File) -> Result<(), Errno> {
        host::sync_file(file.number).map_err(errno)
    }

    fn lock(&self, file: &Self::File) -> Result<(), Errno> {
        host::lock(file.number).map_err(errno)
    }

    fn now_ns(&self) -> u64 {
        host::now_ns()
    }

    fn monotonic_ns(&self) -> u64 {
        host::monotonic_ns()
    }

    fn pid(&self) -> u32 {
        self.identity.pid
    }

    fn host_name(&self) -> String {
        self.identity.host_name.clone()
    }

    fn boot(&self) -> u64 {
        self.identity.boot
    }
}

fn whole(met: host::Whole) -> Whole {
    match met {
        host::Whole::Absent => Whole::Seen(Node::Absent),
        host::Whole::Seen(found) => Whole::Seen(status(found).node),
        host::Whole::Read(reading) => Whole::Read {
            before: status(reading.before).node,
            bytes: reading.bytes,
            after: status(reading.after).node,
        },
    }
}

fn status(found: host::Status) -> Status {
    let stamp = Stamp {
        mtime_ns: found.mtime_ns,
        size: found.size,
        inode: found.inode,
    };
    let node = match found.kind {
        host::Kind::File => Node::File(stamp),
        host::Kind::Directory => Node::Directory(stamp),
        host::Kind::Other => Node::Other(stamp),
    };
    Status {
        node,
        mode: found.mode,
    }
}

fn errno(said: host::Errno) -> Errno {
    match said {
        host::Errno::Acces => Errno::ACCESS,
        host::Errno::Dquot => Errno::DQUOT,
        host::Errno::Exist => Errno::EXIST,
        host::Errno::Fbig => Errno::FBIG,
        host::Errno::Inval => Errno::INVAL,
        host::Errno::Io => Errno::IO,
        host::Errno::Isdir => Errno::ISDIR,
        host::Errno::Loop => Errno::LOOP,
        host::Errno::Mfile => Errno::MFILE,
        host::Errno::Mlink => Errno::MLINK,
        host::Errno::Nametoolong => Errno::NAMETOOLONG,
        host::Errno::Noent => Errno::NOENT,
        host::Errno::Nospc => Errno::NOSPC,
        host::Errno::Nosys => Errno::NOSYS,
        host::Errno::Notdir => Errno::NOTDIR,
        host::Errno::Notempty => Errno::NOTEMPTY,
        host::Errno::Notsup => Errno::NOTSUP,
        host::Errno::Perm => Errno::PERM,
        host::Errno::Rofs => Errno::ROFS,
        host::Errno::Stale => Errno::STALE,
        host::Errno::Wouldblock => Errno::WOULDBLOCK,
        host::Errno::Xdev => Errno::XDEV,
    }
}
