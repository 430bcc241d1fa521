//! Waiting for the end of supervisors, one thread per live run.
//!
//! A child is waited for; a process that somebody else started is looked at now and then.
//! Invariant: every watch ends with exactly one piece of news.

use std::process::Child;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::contract::hooks::{Ending, SessionEnd};

use super::port::{News, Waker};
use super::process::Process;
use super::record::{self, ExitEnding, ExitRecord, ProcessRecord, RunFiles};

const LOOK_EVERY: Duration = Duration::from_millis(50);
/// What shells answer for a program that cannot be started.
const CODE_NOT_STARTED: i32 = 127;

/// Shared place for the waker, which is known only later.
pub type WakerSlot = Arc<Mutex<Option<Waker>>>;

/// What is watched.
#[derive(Debug)]
pub enum Target {
    /// A supervisor that we started.
    Child(Child),
    /// A supervisor that an earlier host started.
    Process(Process),
}

impl Target {
    fn pid(&self) -> u32 {
        match self {
            Self::Child(child) => child.id(),
            Self::Process(process) => process.pid,
        }
    }

    fn until_gone(&mut self) {
        match self {
            Self::Child(child) => {
                if let Err(error) = child.wait() {
                    tracing::warn!(%error, "cannot wait for a supervisor");
                }
            }
            Self::Process(process) => {
                while process.lives() {
                    std::thread::sleep(LOOK_EVERY);
                }
            }
        }
    }
}

/// A run that is watched.
#[derive(Debug)]
pub struct Watch {
    files: RunFiles,
    pid: Arc<AtomicU32>,
    start: Sender<Target>,
}

impl Watch {
    /// Prepares a watch, so that nothing is started that could not be watched.
    ///
    /// # Errors
    /// There is no room for another thread.
    pub fn prepare(
        run: &str,
        files: RunFiles,
        news: Sender<News>,
        waker: WakerSlot,
    ) -> std::io::Result<Self> {
        let (start, begun) = channel::<Target>();
        let pid = Arc::new(AtomicU32::new(0));
        let watch = Self {
            files: files.clone(),
            pid: Arc::clone(&pid),
            start,
        };
        let run = run.to_owned();
        let body = move || {
            let Ok(target) = begun.recv() else { return };
            let end = conclude(&run, target, &files, &pid);
            if news.send(News::Ended { run, end }).is_ok() {
                wake(&waker);
            }
        };
        std::thread::Builder::new()
            .name("aof-watch".to_owned())
            .stack_size(256 << 10)
            .spawn(body)?;
        Ok(watch)
    }

    /// Begins to watch.
    pub fn begin(&self, target: Target) {
        self.pid.store(target.pid(), Ordering::SeqCst);
        if self.start.send(target).is_err() {
            tracing::error!("a watch ended before it began");
        }
    }

    /// The supervisor's pid.
    pub fn pid(&self) -> u32 {
        self.pid.load(Ordering::SeqCst)
    }

    /// The files of the run.
    pub fn files(&self) -> &RunFiles {
        &self.files
    }
}

fn wake(slot: &WakerSlot) {
    let waker = slot.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some(waker) = waker {
        waker();
    }
}

fn conclude(run: &str, mut target: Target, files: &RunFiles, pid: &AtomicU32) -> SessionEnd {
    loop {
        target.until_gone();
        match settled_standing(run, files) {
            Standing::Ended(end) => return end,
            Standing::Supervised(process) => {
                pid.store(process.pid, Ordering::SeqCst);
                target = Target::Process(process);
            }
            Standing::Unclaimed => return lost("no supervisor started"),
            Standing::Lost(reason) => return lost(&reason),
        }
    }
}

/// Finds out how a run stands; one that nobody claimed is given up, so that nobody starts it late.
pub fn settled_standing(run: &str, files: &RunFiles) -> Standing {
    match standing(run, files) {
        Standing::Unclaimed => {}
        known => return known,
    }
    match record::claim(&files.process(), &ProcessRecord::nobody(run)) {
        Ok(true) => Standing::Lost("no supervisor started".to_owned()),
        Ok(false) => standing(run, files),
        Err(error) => {
            tracing::warn!(run, %error, "cannot give the run up");
            Standing::Unclaimed
        }
    }
}

/// How a run stands, by what lies in its directory.
#[derive(Debug)]
pub enum Standing {
    /// It is over.
    Ended(SessionEnd),
    /// Its supervisor lives.
    Supervised(Process),
    /// No supervisor claimed it yet.
    Unclaimed,
    /// Its supervisor is gone without a word, and whatever it left was killed.
    Lost(String),
}

/// Finds out how a run stands.
pub fn standing(run: &str, files: &RunFiles) -> Standing {
    let claimed = record::read::<ProcessRecord>(&files.process());
    let alive = match &claimed {
        Ok(Some(owner)) => owner.process().filter(Process::lives),
        _ => None,
    };
    if let Some(end) = ended(run, files) {
        return Standing::Ended(end);
    }
    match (claimed, alive) {
        (_, Some(process)) => Standing::Supervised(process),
        (Ok(None), None) => Standing::Unclaimed,
        (Ok(Some(owner)), None) => {
            let killed = owner.process().map_or(0, |process| process.kill_session());
            tracing::warn!(run, killed, "the supervisor is gone without a word");
            Standing::Lost("the supervisor is gone".to_owned())
        }
        (Err(error), None) => Standing::Lost(error.to_string()),
    }
}

fn ended(run: &str, files: &RunFiles) -> Option<SessionEnd> {
    match record::read::<ExitRecord>(&files.exit()) {
        Ok(found) => found.map(session_end),
        Err(error) => {
            tracing::warn!(run, %error, "cannot read how the run ended");
            None
        }
    }
}

/// An end of which nothing is known but a reason.
pub fn lost(reason: &str) -> SessionEnd {
    SessionEnd {
        ending: Ending::Lost,
        duration_ms: 0,
        output_tail: reason.to_owned(),
        usage: None,
    }
}

fn session_end(record: ExitRecord) -> SessionEnd {
    let ending = match record.ending {
        ExitEnding::Exited => Ending::Exited(record.code.unwrap_or(CODE_NOT_STARTED)),
        ExitEnding::Killed => Ending::Killed(record.reason.unwrap_or_default()),
        ExitEnding::TimedOut => Ending::TimedOut,
        ExitEnding::NotStarted => Ending::Exited(CODE_NOT_STARTED),
    };
    SessionEnd {
        ending,
        duration_ms: record.duration_ms,
        output_tail: record.output_tail,
        usage: None,
    }
}
