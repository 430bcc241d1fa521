//! The machine as a test holds it: start and kill processes, cut the power, plan errors, set
//! clocks.
//!
//! Never decides what happens next. Invariant: two machines with the same past and the same seeds
//! have the same future; branches made by `fork` and `crash_states` share nothing.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aof_disk::Errno;

use super::clock::Clock;
use super::fate::Mode;
use super::hand::Hand;
use super::kernel::{Calls, Flushes, Kernel};
use super::process::Process;

type Action = Box<dyn FnOnce(&Machine) + Send>;

/// Something to happen right before a call.
struct Hook {
    pid: u32,
    call: u64,
    action: Action,
}

struct Shared {
    kernel: Mutex<Kernel>,
    hooks: Mutex<Vec<Hook>>,
    handles: AtomicU64,
}

/// A handle to a simulated machine; clones are the same machine.
#[derive(Clone)]
pub struct Machine(Arc<Shared>);

/// A machine at one moment.
#[derive(Debug, Clone)]
pub struct Snapshot(Kernel);

impl fmt::Debug for Machine {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_struct("Machine").finish_non_exhaustive()
    }
}

impl Default for Machine {
    fn default() -> Self {
        Self::new()
    }
}

impl Machine {
    /// A machine with an empty, flushed disk.
    #[must_use]
    pub fn new() -> Self {
        Self::running(Kernel::new())
    }

    fn running(kernel: Kernel) -> Self {
        Self(Arc::new(Shared {
            kernel: Mutex::new(kernel),
            hooks: Mutex::new(Vec::new()),
            handles: AtomicU64::new(1),
        }))
    }

    pub(super) fn kernel(&self) -> MutexGuard<'_, Kernel> {
        self.0.kernel.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hooks(&self) -> MutexGuard<'_, Vec<Hook>> {
        self.0.hooks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn next_handle(&self) -> u64 {
        self.0.handles.fetch_add(1, Ordering::Relaxed)
    }

    /// A process; one that is dead starts anew, without the errors planned for its former life.
    #[must_use]
    pub fn process(&self, pid: u32) -> Process {
        let number = self.kernel().start(pid);
        Process::new(self.clone(), pid, number)
    }

    /// The person at this machine.
    #[must_use]
    pub fn hand(&self) -> Hand {
        Hand::new(self.clone())
    }

    /// Kills a process: its locks go, what it wrote stays visible.
    pub fn kill(&self, pid: u32) {
        self.kernel().kill(pid);
    }

    /// Lets the `k`-th mutating call from now (1 is the next), and whatever comes after it, fail
    /// without effect.
    pub fn kill_after(&self, pid: u32, k: u64) {
        let mut kernel = self.kernel();
        let life = kernel.lives.entry(pid).or_default();
        life.last_call = Some(life.calls.mutating.saturating_add(k.max(1)));
    }

    /// Takes back `kill_after`.
    pub fn spare(&self, pid: u32) {
        self.kernel().lives.entry(pid).or_default().last_call = None;
    }

    /// True while a process lives.
    #[must_use]
    pub fn is_alive(&self, pid: u32) -> bool {
        let kernel = self.kernel();
        kernel.lives.get(&pid).is_some_and(|life| life.is_alive)
    }

    /// Lets the `n`-th call from now (1 is the next) fail with an error. A failed write leaves half
    /// of its bytes if the error is `ENOSPC` or `EIO`.
    pub fn fail_nth(&self, pid: u32, n: u64, error: Errno) {
        let mut kernel = self.kernel();
        let life = kernel.lives.entry(pid).or_default();
        let call = life.calls.all.saturating_add(n.max(1));
        life.faults.plan(call, error);
    }

    /// Lets about one call in `one_in` fail, by a seed; zero for none.
    pub fn fail_randomly(&self, pid: u32, one_in: u32, seed: u64) {
        let mut kernel = self.kernel();
        let life = kernel.lives.entry(pid).or_default();
        life.faults.draw(one_in, seed);
    }

    /// Takes back all planned errors of a process.
    pub fn stop_faults(&self, pid: u32) {
        self.kernel().lives.entry(pid).or_default().faults.clear();
    }

    /// Lets something happen right before the `n`-th call from now (1 is the next) of a process.
    pub fn before_nth(&self, pid: u32, n: u64, action: impl FnOnce(&Self) + Send + 'static) {
        let call = self.calls(pid).all.saturating_add(n.max(1));
        let action: Action = Box::new(action);
        self.hooks().push(Hook { pid, call, action });
    }

    /// Takes back what was to happen before calls and did not.
    pub fn clear_hooks(&self) {
        self.hooks().clear();
    }

    /// Runs what is due before the next call of a process.
    pub(super) fn run_hooks(&self, pid: u32) {
        let call = self.calls(pid).all.saturating_add(1);
        let due: Vec<Hook> = {
            let mut hooks = self.hooks();
            let is_due = |hook: &mut Hook| hook.pid == pid && hook.call <= call;
            hooks.extract_if(.., is_due).collect()
        };
        for hook in due {
            (hook.action)(self);
        }
    }

    /// Cuts the power and starts the machine again. What was not flushed survives as the seed says.
    pub fn power_cut(&self, mode: Mode, seed: u64) {
        self.hooks().clear();
        let mut kernel = self.kernel();
        let fate = kernel.disk.stake().draw(mode, seed);
        *kernel = kernel.rebooted(&fate);
    }

    /// The machines that the loss of power can make of this one: all if there are no more than
    /// `cap`, otherwise as many, among them none, all and each survivor alone.
    pub fn crash_states(&self, cap: usize, seed: u64) -> impl Iterator<Item = Self> + use<> {
        self.crash_states_in(Mode::Any, cap, seed)
    }

    /// The same, for either kind of file system.
    pub fn crash_states_in(
        &self,
        mode: Mode,
        cap: usize,
        seed: u64,
    ) -> impl Iterator<Item = Self> + use<> {
        let before = self.kernel().clone();
        let fates = before.disk.stake().enumerate(mode, cap, seed);
        let after = move |fate| Self::running(before.rebooted(&fate));
        fates.into_iter().map(after)
    }

    /// The machine as it is, to be brought back by `restore`.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot(self.kernel().clone())
    }

    /// Brings a moment back. Processes that lived then live again, under the handles of then.
    pub fn restore(&self, moment: &Snapshot) {
        *self.kernel() = moment.0.clone();
    }

    /// A machine of its own with the same past. Processes have to be started by `process`, which
    /// gives the life they had.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self::running(self.kernel().clone())
    }

    /// Flushes everything, as the system does by itself after a while; counts as no flush.
    pub fn write_back(&self) {
        let mut kernel = self.kernel();
        if !kernel.disk.is_read_only && kernel.disk.flush_all(None).is_err() {
            kernel.disk.is_read_only = true;
        }
    }

    /// Sets how many bytes fit on the disk; `None` for any number.
    pub fn set_capacity(&self, bytes: Option<u64>) {
        self.kernel().disk.capacity_bytes = bytes;
    }

    /// Bytes of all files.
    #[must_use]
    pub fn used_bytes(&self) -> u64 {
        self.kernel().disk.used_bytes()
    }

    /// True after a flush of names failed, until the next boot.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.kernel().disk.is_read_only
    }

    /// Makes the file system read-only, or writable again.
    pub fn set_read_only(&self, is_read_only: bool) {
        self.kernel().disk.is_read_only = is_read_only;
    }

    /// Sets the steps in which times of files move; 1 unless told.
    pub fn set_mtime_tick_ns(&self, ns: u64) {
        self.kernel().disk.tick_ns = ns.max(1);
    }

    /// Lets true time pass.
    pub fn advance_ms(&self, ms: u64) {
        self.kernel().advance(ms.saturating_mul(1_000_000));
    }

    /// True time, nanoseconds since 1970.
    #[must_use]
    pub fn true_ns(&self) -> u64 {
        self.kernel().disk.now_ns
    }

    /// Wall-clock time as a process sees it, nanoseconds since 1970.
    #[must_use]
    pub fn wall_ns(&self, pid: u32) -> u64 {
        self.kernel().wall_ns(pid)
    }

    /// Moves the wall clock of a process.
    pub fn jump_clock(&self, pid: u32, by_ms: i64) {
        self.set_clock(pid, |clock, _| clock.jump(i128::from(by_ms) * 1_000_000));
    }

    /// Stops the wall clock of a process, or lets it go again.
    pub fn freeze_clock(&self, pid: u32, is_frozen: bool) {
        self.set_clock(pid, |clock, now| clock.freeze(is_frozen, now));
    }

    /// Lets the wall clock of a process go faster or slower, in parts per million.
    pub fn drift_clock(&self, pid: u32, ppm: i64) {
        self.set_clock(pid, |clock, now| clock.drift(ppm, now));
    }

    /// Sets the wall clock of a process right.
    pub fn reset_clock(&self, pid: u32) {
        self.set_clock(pid, |clock, _| *clock = Clock::default());
    }

    fn set_clock(&self, pid: u32, change: impl FnOnce(&mut Clock, u64)) {
        let mut kernel = self.kernel();
        let now = kernel.disk.now_ns;
        change(&mut kernel.lives.entry(pid).or_default().clock, now);
    }

    /// Which start of the machine this is.
    #[must_use]
    pub fn boot(&self) -> u64 {
        self.kernel().boot
    }

    /// Calls of a process in all its lives.
    #[must_use]
    pub fn calls(&self, pid: u32) -> Calls {
        let kernel = self.kernel();
        kernel
            .lives
            .get(&pid)
            .map_or_else(Calls::default, |life| life.calls)
    }

    /// Flushes of all processes.
    #[must_use]
    pub fn flushes(&self) -> Flushes {
        self.kernel().flushes
    }
}
