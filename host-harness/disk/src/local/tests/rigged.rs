//! A system under the hand of a test: it counts, fails and lets somebody in between.
//!
//! Never does anything of its own but that. Invariant: a call that is told to fail changes nothing,
//! except a write, which leaves half of its bytes.

use std::collections::VecDeque;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rustix::io::Errno;

use super::super::native::Native;
use super::super::system::{OpenHow, RawEntry, Status, System};

type Dir = <Native as System>::Dir;
pub type Act = fn(&Path);

/// What the test has in mind; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Rig(Arc<Mutex<Plan>>);

#[derive(Debug, Default)]
struct Plan {
    /// Flushes that still succeed.
    flushes_left: Option<u64>,
    /// The file whose writes fail for want of space.
    full: Option<String>,
    /// What somebody does at a directory while the next flush runs.
    meanwhile: VecDeque<(Act, PathBuf)>,
    /// The same for locks and reads.
    during: VecDeque<(&'static str, Act, PathBuf)>,
    /// Every call that changes or flushes something.
    calls: Vec<String>,
    /// The system has no locks.
    is_lockless: bool,
    /// The time of day, once it stands still.
    now_ns: Option<u64>,
    /// The time that never goes backward, once it stands still.
    monotonic_ns: Option<u64>,
}

impl Rig {
    pub fn fail_after(&self, flushes: u64) {
        self.0.lock().unwrap().flushes_left = Some(flushes);
    }

    pub fn fail_no_more(&self) {
        let mut plan = self.0.lock().unwrap();
        plan.flushes_left = None;
        plan.full = None;
    }

    pub fn fill_up(&self, name: &str) {
        self.0.lock().unwrap().full = Some(name.to_owned());
    }

    pub fn meanwhile(&self, act: Act, place: &Path) {
        let act = (act, place.to_owned());
        self.0.lock().unwrap().meanwhile.push_back(act);
    }

    /// Takes the locks away from the system.
    pub fn without_locks(&self) {
        self.0.lock().unwrap().is_lockless = true;
    }

    /// Lets the time of day stand still.
    pub fn stop_clock(&self, now_ns: u64) {
        self.0.lock().unwrap().now_ns = Some(now_ns);
    }

    /// Lets the time that never goes backward stand still.
    pub fn stop_watch(&self, monotonic_ns: u64) {
        self.0.lock().unwrap().monotonic_ns = Some(monotonic_ns);
    }

    /// Somebody acts just before the next `unlink`, while the next `read` runs, or once the next
    /// `lock` is taken.
    pub fn during(&self, call: &'static str, act: Act, place: &Path) {
        let act = (call, act, place.to_owned());
        self.0.lock().unwrap().during.push_back(act);
    }

    fn let_others_act(&self, call: &str) {
        let during = &mut self.0.lock().unwrap().during;
        if let Some((_, act, place)) = during.pop_front_if(|(of, ..)| *of == call) {
            act(&place);
        }
    }

    /// The calls since the last look.
    pub fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap().calls)
    }

    fn note(&self, call: &str, name: &str) {
        let call = format!("{call} {name}");
        self.0.lock().unwrap().calls.push(call);
    }

    fn is_full(&self, name: &str) -> bool {
        self.0.lock().unwrap().full.as_deref() == Some(name)
    }

    fn flush(&self, call: &str, name: &str) -> Result<(), Errno> {
        self.note(call, name);
        let meanwhile = self.0.lock().unwrap().meanwhile.pop_front();
        if let Some((act, place)) = meanwhile {
            act(&place);
        }
        match &mut self.0.lock().unwrap().flushes_left {
            Some(0) => Err(Errno::IO),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

/// The real system with a rig around it.
#[derive(Debug)]
pub struct Rigged {
    native: Native,
    rig: Rig,
}

impl Rigged {
    pub fn new(root: &Path, rig: &Rig) -> Self {
        Self {
            native: Native::open(root).unwrap(),
            rig: rig.clone(),
        }
    }
}

/// An open file that knows its name.
#[derive(Debug)]
pub struct NamedFile {
    name: String,
    file: File,
}

impl System for Rigged {
    type Dir = Dir;
    type File = NamedFile;

    fn root(&self) -> Result<Dir, Errno> {
        self.native.root()
    }

    fn open_dir(&self, parent: &Dir, name: &str) -> Result<Dir, Errno> {
        self.native.open_dir(parent, name)
    }

    fn stat(&self, dir: &Dir, name: &str) -> Result<Status, Errno> {
        self.native.stat(dir, name)
    }

    fn glance(&self, path: &str) -> Result<Status, Errno> {
        self.native.glance(path)
    }

    fn stat_dir(&self, dir: &Dir) -> Result<Status, Errno> {
        self.native.stat_dir(dir)
    }

    fn entries(&self, dir: &Dir) -> Result<Vec<RawEntry>, Errno> {
        self.native.entries(dir)
    }

    fn make_dir(&self, dir: &Dir, name: &str) -> Result<(), Errno> {
        self.rig.note("make-dir", name);
        self.native.make_dir(dir, name)
    }

    fn unlink(&self, dir: &Dir, name: &str) -> Result<(), Errno> {
        self.rig.note("unlink", name);
        self.rig.let_others_act("unlink");
        self.native.unlink(dir, name)
    }

    fn rename(&self, from: (&Dir, &str), to: (&Dir, &str), exclusive: bool) -> Result<(), Errno> {
        self.rig.note("rename", to.1);
        self.native.rename(from, to, exclusive)
    }

    fn sync_dir(&self, dir: &Dir) -> Result<(), Errno> {
        self.rig.flush("sync", "a directory")?;
        self.native.sync_dir(dir)
    }

    fn sync_all(&self) -> Result<(), Errno> {
        self.rig.flush("sync", "all")?;
        self.native.sync_all()
    }

    fn open(&self, dir: &Dir, name: &str, how: OpenHow) -> Result<NamedFile, Errno> {
        let file = self.native.open(dir, name, how)?;
        let name = name.to_owned();
        Ok(NamedFile { name, file })
    }

    fn stat_file(&self, file: &NamedFile) -> Result<Status, Errno> {
        self.native.stat_file(&file.file)
    }

    fn chmod(&self, file: &NamedFile, mode: u32) -> Result<(), Errno> {
        self.native.chmod(&file.file, mode)
    }

    fn read(&self, file: &NamedFile, offset: u64, bytes_max: u64) -> Result<Vec<u8>, Errno> {
        self.rig.let_others_act("read");
        self.native.read(&file.file, offset, bytes_max)
    }

    fn write(&self, file: &NamedFile, bytes: &[u8]) -> Result<(), Errno> {
        self.rig.note("write", &file.name);
        if self.rig.is_full(&file.name) {
            let half = bytes.get(..bytes.len() / 2).unwrap_or_default();
            self.native.write(&file.file, half)?;
            return Err(Errno::NOSPC);
        }
        self.native.write(&file.file, bytes)
    }

    fn overwrite(&self, file: &NamedFile, bytes: &[u8]) -> Result<(), Errno> {
        self.rig.note("write", &file.name);
        self.native.overwrite(&file.file, bytes)
    }

    fn truncate(&self, file: &NamedFile, bytes: u64) -> Result<(), Errno> {
        self.rig.note("truncate", &file.name);
        self.native.truncate(&file.file, bytes)
    }

    fn sync_file(&self, file: &NamedFile) -> Result<(), Errno> {
        self.rig.flush("sync", &file.name)?;
        self.native.sync_file(&file.file)
    }

    fn lock(&self, file: &NamedFile) -> Result<(), Errno> {
        if self.rig.0.lock().unwrap().is_lockless {
            return Err(Errno::NOTSUP);
        }
        self.native.lock(&file.file)?;
        self.rig.let_others_act("lock");
        Ok(())
    }

    fn now_ns(&self) -> u64 {
        let stopped = self.rig.0.lock().unwrap().now_ns;
        stopped.unwrap_or_else(|| self.native.now_ns())
    }

    fn monotonic_ns(&self) -> u64 {
        let stopped = self.rig.0.lock().unwrap().monotonic_ns;
        stopped.unwrap_or_else(|| self.native.monotonic_ns())
    }

    fn pid(&self) -> u32 {
        self.native.pid()
    }

    fn host_name(&self) -> String {
        self.native.host_name()
    }

    fn boot(&self) -> u64 {
        self.native.boot()
    }
}
