//! What runs on the disk: processes, their locks, calls and clocks, and the life of the machine.
//!
//! Never runs anything by itself. Invariant: a dead process changes nothing and holds nothing.

use std::collections::BTreeMap;

use aof_disk::Errno;

use super::clock::Clock;
use super::disk::Disk;
use super::fate::Fate;
use super::fault::Faults;
use super::name::Ino;

/// When every simulated history begins: 2026-01-01T00:00:00Z.
const START_NS: u64 = 1_767_225_600_000_000_000;

/// Calls that a process has made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Calls {
    /// All that reach the disk.
    pub all: u64,
    /// Those that change what is on it or flush it.
    pub mutating: u64,
}

/// Flushes since the machine was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flushes {
    /// Of the content of a file.
    pub files: u64,
    /// Of the names of a directory.
    pub directories: u64,
    /// Of everything.
    pub all: u64,
}

impl Flushes {
    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.files + self.directories + self.all
    }
}

/// One process.
#[derive(Debug, Clone, Default)]
pub(super) struct Life {
    /// Which life of this process number it is; handles of former ones are dead.
    pub(super) number: u64,
    pub(super) is_alive: bool,
    pub(super) calls: Calls,
    /// The mutating call that it does not survive.
    pub(super) last_call: Option<u64>,
    pub(super) faults: Faults,
    pub(super) clock: Clock,
}

/// A lock: which handle of which process holds it.
#[derive(Debug, Clone, Copy)]
struct Hold {
    pid: u32,
    handle: u64,
}

/// The state of a machine, all of it.
#[derive(Debug, Clone)]
pub(super) struct Kernel {
    pub(super) disk: Disk,
    pub(super) lives: BTreeMap<u32, Life>,
    locks: BTreeMap<Ino, Hold>,
    pub(super) flushes: Flushes,
    pub(super) boot: u64,
    pub(super) monotonic_ns: u64,
}

impl Kernel {
    pub(super) fn new() -> Self {
        Self {
            disk: Disk::new(START_NS),
            lives: BTreeMap::new(),
            locks: BTreeMap::new(),
            flushes: Flushes::default(),
            boot: 1,
            monotonic_ns: 0,
        }
    }

    pub(super) fn advance(&mut self, ns: u64) {
        self.monotonic_ns = self.monotonic_ns.saturating_add(ns);
        self.disk.now_ns = self.disk.now_ns.saturating_add(ns);
    }

    pub(super) fn wall_ns(&self, pid: u32) -> u64 {
        let true_ns = self.disk.now_ns;
        let life = self.lives.get(&pid);
        life.map_or(true_ns, |life| life.clock.wall_ns(true_ns))
    }

    /// The life of a process, begun if there is none.
    pub(super) fn start(&mut self, pid: u32) -> u64 {
        let life = self.lives.entry(pid).or_default();
        if !life.is_alive {
            life.is_alive = true;
            life.number += 1;
            life.last_call = None;
            life.faults.clear();
        }
        life.number
    }

    pub(super) fn kill(&mut self, pid: u32) {
        if let Some(life) = self.lives.get_mut(&pid) {
            life.is_alive = false;
        }
        self.locks.retain(|_, hold| hold.pid != pid);
    }

    pub(super) fn is_alive(&self, pid: u32, number: u64) -> bool {
        let life = self.lives.get(&pid);
        life.is_some_and(|life| life.is_alive && life.number == number)
    }

    /// Counts a call. The inner error is one that was planned for it.
    pub(super) fn count(&mut self, pid: u32, is_mutating: bool) -> Result<Option<Errno>, Errno> {
        let life = self.lives.entry(pid).or_default();
        life.calls.all += 1;
        if is_mutating {
            life.calls.mutating += 1;
            if life
                .last_call
                .is_some_and(|last| life.calls.mutating >= last)
            {
                self.kill(pid);
                return Err(Errno::IO);
            }
        }
        Ok(life.faults.take(life.calls.all))
    }

    pub(super) fn lock(&mut self, node: Ino, pid: u32, handle: u64) -> Result<(), Errno> {
        match self.locks.get(&node) {
            Some(hold) if hold.handle != handle => Err(Errno::WOULDBLOCK),
            _ => {
                self.locks.insert(node, Hold { pid, handle });
                Ok(())
            }
        }
    }

    pub(super) fn unlock(&mut self, node: Ino, handle: u64) {
        if self
            .locks
            .get(&node)
            .is_some_and(|hold| hold.handle == handle)
        {
            self.locks.remove(&node);
        }
    }

    /// The machine after the loss of power and the next start; nothing runs on it yet.
    pub(super) fn rebooted(&self, fate: &Fate) -> Self {
        let mut after = Self {
            disk: self.disk.survivors(fate),
            ..self.clone()
        };
        after.boot += 1;
        after.locks.clear();
        for life in after.lives.values_mut() {
            life.is_alive = false;
        }
        after
    }
}
