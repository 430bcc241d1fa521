//! The hand of a person at the disk, behind the back of every backend.
//!
//! Never uses the port. Invariant: `files` leaves out what the backend keeps for itself.

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use aof_disk::{LocalStore, MemoryDisk, StoreBackend};
use tempfile::TempDir;

use crate::node::{NodeStore, Process};
use crate::portable::PortableStore;

/// One disk, with a person at it.
pub trait Hand {
    /// Attaches a backend, as a new process would.
    fn attach(&self) -> Box<dyn StoreBackend>;
    /// The process that the first backend lives in.
    fn first_pid(&self) -> u32 {
        std::process::id()
    }
    /// Writes a file in place, making its directories.
    fn put(&self, path: &str, bytes: &[u8]);
    /// Makes a directory with its parents.
    fn make_dir(&self, path: &str);
    /// Renames a file.
    fn rename(&self, from: &str, to: &str);
    /// Removes a file or a whole directory.
    fn remove(&self, path: &str);
    /// Every file with its content, sorted by path.
    fn files(&self) -> Vec<(String, Vec<u8>)>;
}

/// A disk that is a directory.
pub trait Directory: Hand {
    fn path(&self) -> &Path;
}

/// A temporary directory.
pub struct LocalHand(TempDir);

impl LocalHand {
    pub fn new() -> Self {
        Self(TempDir::new().unwrap())
    }
}

impl Directory for LocalHand {
    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Hand for LocalHand {
    fn attach(&self) -> Box<dyn StoreBackend> {
        let store = LocalStore::new(self.path()).unwrap();
        Box::new(store.sweep_interval(Duration::ZERO))
    }

    fn put(&self, path: &str, bytes: &[u8]) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn make_dir(&self, path: &str) {
        fs::create_dir_all(self.path().join(path)).unwrap();
    }

    fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path().join(from), self.path().join(to)).unwrap();
    }

    fn remove(&self, path: &str) {
        let path = self.path().join(path);
        if path.is_dir() {
            fs::remove_dir_all(path)
        } else {
            fs::remove_file(path)
        }
        .unwrap();
    }

    fn files(&self) -> Vec<(String, Vec<u8>)> {
        let mut files = Vec::new();
        collect(self.path(), "", &mut files);
        files.retain(|(path, _)| {
            !matches!(
                path.as_str(),
                "state/lock" | "state/lock.held" | "state/epoch" | "state/owner.json"
            )
        });
        files.sort();
        files
    }
}

fn collect(dir: &Path, prefix: &str, files: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            collect(&entry.path(), &format!("{path}/"), files);
        } else if kind.is_file() {
            files.push((path, fs::read(entry.path()).unwrap()));
        }
    }
}

/// A disk in memory.
pub struct MemoryHand(MemoryDisk);

impl MemoryHand {
    pub fn new() -> Self {
        Self(MemoryDisk::new())
    }
}

impl Hand for MemoryHand {
    fn attach(&self) -> Box<dyn StoreBackend> {
        Box::new(self.0.store())
    }

    fn put(&self, path: &str, bytes: &[u8]) {
        self.0.put_by_hand(path, bytes).unwrap();
    }

    fn make_dir(&self, path: &str) {
        self.0.make_dir_by_hand(path).unwrap();
    }

    fn rename(&self, from: &str, to: &str) {
        self.0.move_by_hand(from, to).unwrap();
    }

    fn remove(&self, path: &str) {
        self.0.remove_by_hand(path).unwrap();
    }

    fn files(&self) -> Vec<(String, Vec<u8>)> {
        self.0.files()
    }
}

/// A temporary directory, at which Node works: each backend in a process of its own.
pub struct NodeHand {
    local: LocalHand,
    pids: Mutex<Vec<u32>>,
}

impl NodeHand {
    pub fn new() -> Self {
        Self {
            local: LocalHand::new(),
            pids: Mutex::default(),
        }
    }
}

impl Directory for NodeHand {
    fn path(&self) -> &Path {
        self.local.path()
    }
}

impl Hand for NodeHand {
    fn attach(&self) -> Box<dyn StoreBackend> {
        let process = Process::start(self.local.path());
        self.pids.lock().unwrap().push(process.pid());
        Box::new(NodeStore::of(process))
    }

    fn first_pid(&self) -> u32 {
        self.pids.lock().unwrap()[0]
    }

    fn put(&self, path: &str, bytes: &[u8]) {
        self.local.put(path, bytes);
    }

    fn make_dir(&self, path: &str) {
        self.local.make_dir(path);
    }

    fn rename(&self, from: &str, to: &str) {
        self.local.rename(from, to);
    }

    fn remove(&self, path: &str) {
        self.local.remove(path);
    }

    fn files(&self) -> Vec<(String, Vec<u8>)> {
        self.local.files()
    }
}

/// A temporary directory, at which the portable build works: each backend in an instance of its
/// own.
pub struct PortableHand(LocalHand);

impl PortableHand {
    pub fn new() -> Self {
        Self(LocalHand::new())
    }
}

impl Directory for PortableHand {
    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Hand for PortableHand {
    fn attach(&self) -> Box<dyn StoreBackend> {
        Box::new(PortableStore::new(self.path()))
    }

    /// WASI does not tell it.
    fn first_pid(&self) -> u32 {
        0
    }

    fn put(&self, path: &str, bytes: &[u8]) {
        self.0.put(path, bytes);
    }

    fn make_dir(&self, path: &str) {
        self.0.make_dir(path);
    }

    fn rename(&self, from: &str, to: &str) {
        self.0.rename(from, to);
    }

    fn remove(&self, path: &str) {
        self.0.remove(path);
    }

    fn files(&self) -> Vec<(String, Vec<u8>)> {
        self.0.files()
    }
}
